"""`stance read` as its user runs it: the three forms, with and without positions, and never a model."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from stance.cli.app import run
from stance.cli.reading_tables import print_reading
from stance.types import Position
from tests.pages.test_reading_page import hand_made, hostile_reading

_ROOT = Path(__file__).parent.parent.parent
_ARTICLE = '“The bridge is needed,” said Ana Ross. Leo Kent rejected the tunnel.\n\n"Nobody asked us," someone said.\n'
_POSITIONS = "positions:\n  - {id: bridge, name: the bridge}\n  - {id: tunnel, name: the tunnel}\n"


@pytest.fixture
def article(tmp_path: Path) -> Path:
    """An article, and its positions beside it."""
    (tmp_path / "p.yaml").write_text(_POSITIONS, encoding="utf-8")
    path = tmp_path / "a.txt"
    path.write_text(_ARTICLE, encoding="utf-8")
    return path


def _read(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    code = run(["read", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_records_have_the_fields_of_annotated_articles(article: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _read(capsys, article, "--positions", article.parent / "p.yaml", "--format", "jsonl")
    assert code == 0
    (line,) = out.splitlines()
    record = json.loads(line)
    assert list(record) == [
        "schema_version", "doc_id", "title", "lang", "date", "url", "source",
        "sentences", "quotes", "mentions", "positions", "candidates",
    ]  # fmt: skip
    (quote, *_) = record["quotes"]
    assert _ARTICLE[quote["start"] : quote["end"]] == "“The bridge is needed,”"
    assert quote["kind"] == "speech"
    (speaker,) = quote["speakers"]
    assert (speaker["name"], _ARTICLE[speaker["start"] : speaker["end"]]) == ("Ana Ross", "Ana Ross")
    assert {mention["actor"]["name"] for mention in record["mentions"]} >= {"Ana Ross", "Leo Kent"}
    named = {_ARTICLE[p["start"] : p["end"]]: (p["target"]["id"], p["source"]) for p in record["positions"]}
    assert {key for key, _ in named.values()} == {"bridge", "tunnel"}
    asked = [(c["actor"] and c["actor"]["name"], c["target"]["id"]) for c in record["candidates"]]
    assert ("Ana Ross", "bridge") in asked
    assert ("Leo Kent", "tunnel") in asked


def test_without_positions_there_are_no_candidates(article: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _read(capsys, article, "--format", "jsonl")
    record = json.loads(out)
    assert code == 0
    assert record["sentences"]
    assert record["quotes"]
    assert record["positions"] == record["candidates"] == []
    code, table, _ = _read(capsys, article)
    assert code == 0
    assert "No positions given" in table
    assert "Candidates" not in table


def test_files_are_written_in_every_form(article: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for shape, beginning in (("table", "“The bridge"), ("jsonl", '{"schema_version":1'), ("html", "<!DOCTYPE html>")):
        out = article.parent / f"out.{shape}"
        code, screen, err = _read(capsys, article, "--position", "the bridge", "--format", shape, "-o", out)
        assert code == 0
        assert screen == ""
        assert f"Wrote {out}" in err
        assert out.read_text(encoding="utf-8").startswith(beginning)


def test_several_articles_keep_their_order(article: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"doc_id": f"d{number}", "text": f"Ana Ross met {number} men."} for number in range(3)]
    lines = article.parent / "articles.jsonl"
    lines.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    code, out, _ = _read(capsys, lines, "--format", "jsonl")
    assert code == 0
    assert [json.loads(line)["doc_id"] for line in out.splitlines()] == ["d0", "d1", "d2"]


def test_no_model_and_no_torch_is_loaded(article: Path) -> None:
    code = (
        f"from stance.cli.app import run; import sys; "
        f"codes = [run(['read', {str(article)!r}, '--position', 'the bridge', '--format', shape, '-o', "
        f"{str(article.parent / 'out')!r}]) for shape in ('table', 'jsonl', 'html')]; "
        f"print(codes, [name for name in ('torch', 'transformers', 'datasets') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=_ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[0, 0, 0] []\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.txt"], "none.txt: no such file"),
        (["a.txt", "--positions", "p.yaml", "--select", "brige"], "did you mean bridge?"),
        (["a.txt", "--select", "bridge"], "--select bridge: there is nothing to select from"),
        (["a.txt", "--actors", "none.yaml"], "none.yaml"),
        (["a.txt", "--format", "xml"], "xml"),
    ],
)
def test_wrong_input_ends_in_one_paragraph_and_exit_2(
    arguments: list[str],
    message: str,
    article: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(article.parent)
    code, out, err = _read(capsys, *arguments)
    assert code == 2
    assert message in err
    assert "Traceback" not in err
    assert out == ""


def _printed(width: int, *, hostile: bool = False, colours: bool = False) -> str:
    console = Console(
        width=width, highlight=False, force_terminal=colours, color_system="standard" if colours else None
    )
    followed = [Position("bridge", "the bridge"), Position("airport", "the airport")]
    with console.capture() as captured:
        print_reading(hostile_reading() if hostile else hand_made(), followed, console=console)
    return captured.get()


@pytest.mark.parametrize("width", [80, 120, 160])
def test_tables_fit_the_terminal_and_hold_what_was_found(width: int) -> None:
    printed = _printed(width)
    assert max(map(len, printed.splitlines())) <= width
    for words in ("Ana Ross", "author 0.50", "context 0.75", "(boilerplate)", "scare", "Not in the text: airport"):
        assert words in printed
    squeezed = " ".join(printed.split())
    for title in ("Sentences", "Quotes", "Actors", "Positions", "Candidates"):
        assert title in squeezed


def test_a_table_that_would_be_empty_is_one_line(article: Path, capsys: pytest.CaptureFixture[str]) -> None:
    article.write_text("It rained all day.\n", encoding="utf-8")
    code, out, _ = _read(capsys, article, "--position", "the bridge")
    assert code == 0
    lines = [line.strip() for line in out.splitlines()]
    for line in ("Quotes: none.", "Actors: none.", "Positions: none.", "Candidates: none."):
        assert line in lines


def test_quotes_are_coloured_and_mentions_of_positions_underlined() -> None:
    printed = _printed(160, colours=True)
    assert "\x1b[36m„The " in printed
    assert "\x1b[4;36mbridge" in printed
    # The inner quote's own colour wins over that of the quote around it.
    assert "\x1b[35m“gift”" in printed


@pytest.mark.parametrize("width", [80, 160])
def test_hostile_words_steer_no_terminal(width: int) -> None:
    printed = _printed(width, hostile=True)
    assert "\x1b" not in printed
    assert "\u202e" not in printed
    assert max(map(len, printed.splitlines())) <= width

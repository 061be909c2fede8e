"""Positions, actors, rows and articles: what is right is read, what is wrong is named."""

import json
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from stance.data.articles import read_articles
from stance.data.defects import is_error
from stance.data.entities import load_actors, load_positions
from stance.data.lines import expand
from stance.data.rows import read_rows
from stance.data.schemas import load_schema
from stance.data.validation import check_file
from stance.data.writing import json_line, write_text
from stance.errors import DataError

_DATA = Path(__file__).parent.parent.parent / "data"
_LANGUAGES = {"en", "sr", "sq", "ru", "de", "fr"}


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_positions_are_complete() -> None:
    positions = load_positions(_DATA / "positions" / "kosovo.yaml")
    assert len(positions) >= 12
    for position in positions:
        assert position.statement, position.id
        assert set(position.aliases) >= _LANGUAGES, position.id


def test_every_shipped_position_has_an_opposite() -> None:
    followed = [p for name in ("kosovo", "public_life") for p in load_positions(_DATA / "positions" / f"{name}.yaml")]
    opposites = load_positions(_DATA / "positions" / "opposites.yaml")
    assert [f"not_{position.id}" for position in followed] == [position.id for position in opposites]
    assert not {p.statement for p in followed} & {p.statement for p in opposites}


def test_the_shipped_actors_are_read() -> None:
    actors = {actor.id: actor for actor in load_actors(_DATA / "actors" / "kosovo.yaml")}
    assert len(actors) >= 20
    assert len(actors) == len({actor.name for actor in actors.values()})


def test_invented_actors_are_marked() -> None:
    assert len(load_actors(_DATA / "actors" / "articles.yaml")) > 100
    path = _DATA / "actors" / "articles.yaml"
    assert "fictional: true" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", ["sentences", "heldout", "articles"])
def test_the_shipped_sentences_are_clean(folder: str) -> None:
    files = expand([_DATA / folder])
    assert files
    reports = [check_file(path) for path in files]
    assert all(report.n_rows > 0 for report in reports)
    assert [defect.at(report.path) for report in reports for defect in report.defects if is_error(defect.kind)] == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("positions: [", "no valid YAML"),
        ("positions: {}", "expected `positions:` with a list"),
        ("positions: []", "`positions` is empty"),
        ("- a", "found list"),
        ("positions: [{id: a}]", r"positions\[0\]: `name` is missing"),
        ("positions: [{id: a, nam: b}]", "unknown key `nam`; did you mean `name`"),
        ("positions: [{id: 1244, name: b}]", r"positions\[0\]\.id: 1244, expected text \(put numbers in quotes\)"),
        ("positions: [{id: a, name: b}, {id: a, name: c}]", "'a' is there twice"),
        ("positions: [{id: a, name: b, aliases: {english: [x]}}]", "'english' is no language key"),
        ("positions: [{id: a, name: b, aliases: {en: x}}]", "expected a list of texts"),
        ("positions: &a [{id: a, name: b}]", "anchors and aliases are not allowed"),
        ("!!python/object/apply:os.system [ls]", "no valid YAML|could not determine"),
        ("position: []", "found position"),
    ],
)
def test_a_broken_positions_file_is_named(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=rf"p\.yaml.*(?:{message})"):
        load_positions(_write(tmp_path / "p.yaml", text))


def test_rows_keep_every_column_and_name_every_fault(tmp_path: Path) -> None:
    good = {"id": "1", "text": "Ana hvali most.", "actor": "Ana", "target": {"start": 10, "end": 14}, "desk": "x"}
    rows = read_rows(_write(tmp_path / "r.jsonl", json.dumps(good) + "\n"), need_stance=False)
    assert rows[0].query.target.name == "most"
    assert rows[0].record["desk"] == "x"
    bad = {"id": "1", "text": "Ana", "actor": {"start": 1, "end": 50}, "target": "x"}
    path = _write(tmp_path / "bad.jsonl", json.dumps(good) + "\n" + json.dumps(bad) + "\n")
    with pytest.raises(DataError, match=r"bad\.jsonl:2: actor: span \[1, 50\) ends past the text"):
        read_rows(path, need_stance=False)
    with pytest.raises(DataError, match=r"r\.jsonl:1: stance: None, expected one of"):
        read_rows(tmp_path / "r.jsonl", need_stance=True)


def test_an_annotated_article_gives_a_row_per_gold_pair(tmp_path: Path) -> None:
    gold = {"actor": "Ana", "target": "the bridge", "stance": "favor", "evidence": [{"start": 5, "end": 26}]}
    article = {"doc_id": "d", "lang": "en", "text": "One. Ana wants the bridge.", "gold": [gold]}
    rows = read_rows(_write(tmp_path / "d.json", json.dumps(article)), need_stance=True)
    context = rows[0].query.context
    assert context.evidence.of(context.text) == "Ana wants the bridge."
    assert rows[0].stance == "favor"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"  \n ", "the article is empty"),
        ("a.txt", b"\x89PNG\0", "binary file"),
        ("a.txt", b"\xff\xfeabc", "begins as UTF-16, but byte 5 is not"),
        ("a.pdf", b"%PDF", "articles are .txt, .md, .html or .jsonl"),
        ("a.jsonl", b'{"text": 3}\n', r"a\.jsonl:1: text: 3"),
        ("a.jsonl", b"", "the file is empty"),
        ("a.jsonl", b"[1]\n", "a JSON list"),
    ],
)
def test_a_bad_article_is_named(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        list(read_articles([str(tmp_path / name)]))


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        list(read_articles([str(tmp_path / "none.txt")]))
    with pytest.raises(DataError, match="this is a folder"):
        list(read_articles([str(tmp_path)]))


def test_articles_come_with_their_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = {"text": "Ана.", "doc_id": "7", "date": "2026-01-02", "extra": 1}
    path = _write(tmp_path / "a.jsonl", json.dumps(record) + "\n")
    article = next(read_articles([str(path)]))
    assert (article.doc_id, article.date, article.title) == ("7", "2026-01-02", None)
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO("Зрно.".encode())))
    piped = next(read_articles(["-"]))
    assert piped.text == "Зрно."
    assert len(piped.doc_id) == 16


def test_json_lines_hold_no_control_character() -> None:
    line = json_line({"a": "\x1b[31m\x9b\u2028\u202e🙂č"})
    assert line.rstrip("\n").isprintable()
    assert json.loads(line) == {"a": "\x1b[31m\x9b\u2028\u202e🙂č"}


def test_writing_replaces_a_file_only_when_complete(tmp_path: Path) -> None:
    path = _write(tmp_path / "out.txt", "old")

    def chunks() -> object:
        yield "new"
        raise RuntimeError("broken off")

    with pytest.raises(RuntimeError, match="broken off"):
        write_text(path, chunks())  # type: ignore[arg-type]
    assert path.read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["out.txt"]


def test_schemas_are_found_by_name() -> None:
    assert load_schema("statement")["title"] == "Statement record"
    with pytest.raises(ValueError, match="no schema 'x'"):
        load_schema("x")

"""`stance report` as its user runs it: what the page says of a job, and what it says where there is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stance.batch.report import job_report
from stance.batch_config import PartitionBy, Sink
from stance.cli.app import run
from tests.batch.articles import POSITIONS
from tests.batch.report.jobs import carried, composed, shards_of, statement, write_job

Report = Callable[..., tuple[int, str, str]]


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Report:
    """Runs `stance report` in this process; exit code, stdout, stderr."""

    def call(*arguments: object) -> tuple[int, str, str]:
        code = run(["report", *map(str, arguments)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def _by_hand() -> list[list[dict[str, Any]]]:
    return [
        [
            statement("ana", doc_id="d0"),
            statement("ana", doc_id="d1", date="2024-05-03"),
            statement("ana", stance="against", doc_id="d1", date="2024-05-03", text="No bridge."),
            statement("bo", stance="neutral", doc_id="d1"),
        ],
        [
            statement("ana", "dam", None, doc_id="d2", date=None),
            statement(None, stance=None, reason="no_speaker", doc_id="d3", date="2024-05-04"),
        ],
    ]


def test_cells_and_their_course_are_those_worked_out_by_hand(report: Report, tmp_path: Path) -> None:
    root = write_job(tmp_path / "job", _by_hand())
    code, out, err = report(root)
    assert (code, out) == (0, "")
    assert "6 statements, 5 of them with their words" in err
    summary = carried((root / "report.html").read_text(encoding="utf-8"), "job-summary")
    assert summary["actors"] == ["Ana", "Bo"]
    assert summary["positions"] == ["the bridge", "the dam"]
    assert summary["periods"] == {"unit": "day", "names": ["2024-05-01", "2024-05-02", "2024-05-03", "2024-05-04"]}
    # Ana on the bridge: articles with 1 and 2 sides are worth 9/5; 2 of 3 in favor; Wilson: 0.148 to 0.958.
    assert summary["cells"] == {
        "actor": [0, 0, 1], "position": [0, 1, 0], "level": [0, None, None],
        "favor": [2, 0, 0], "neutral": [0, 0, 1], "against": [1, 0, 0], "withheld": [0, 1, 0],
        "articles": [2, 0, 0], "value": [33, None, None], "low": [-70, None, None], "high": [92, None, None],
    }  # fmt: skip
    series = summary["series"]
    lines = list(zip(*(series[name] for name in ("actor", "position", "period", "favor", "against")), strict=True))
    # Of all positions (-1) and of each; -1 again is the period of what has no date.
    assert lines == [
        (0, -1, -1, 0, 0), (0, -1, 0, 1, 0), (0, -1, 2, 1, 1), (0, 0, 0, 1, 0), (0, 0, 2, 1, 1), (0, 1, -1, 0, 0),
        (1, -1, 0, 0, 0), (1, 0, 0, 0, 0),
    ]  # fmt: skip


def test_the_head_says_what_was_read_and_what_is_not_known(report: Report, tmp_path: Path) -> None:
    failed = [("DataError", "text is null"), ("DataError", "again"), ("UnicodeError", "no UTF-8")]
    root = write_job(tmp_path / "job", _by_hand(), failed=failed, duplicates=2, done=False)
    code, _, err = report(root)
    assert code == 0
    assert "The job is not finished (stopped)" in err
    page = (root / "report.html").read_text(encoding="utf-8")
    for words in (
        "4, 4 of them with a statement",
        "2024-05-01 to 2024-05-04",
        "2 favor, 1 against",
        "1 neutral, 2 withheld",
        "The job is not finished (stopped)",
        "3 rows failed",
        "Of 6 statements the side of 2 (33 %) is withheld: low confidence 1, no speaker 1.",
        "The speaker of 1 statement was not found",
        "1 article without a date",
        "tiny@0",
        "in.jsonl:7: text is null",
    ):
        assert words in page, words
    assert "have no id" not in page
    assert "left out" not in page


@pytest.mark.parametrize("partition", [PartitionBy.none, PartitionBy.month])
@pytest.mark.parametrize("sink", [Sink.parquet, Sink.jsonl])
def test_the_words_are_those_of_their_statements(
    report: Report, tmp_path: Path, sink: Sink, partition: PartitionBy
) -> None:
    rows = list(composed(200, n_actors=20))
    root = write_job(tmp_path / "job", shards_of(iter(rows), size=70), sink=sink, partition=partition)
    assert report(root)[0] == 0
    html = (root / "report.html").read_text(encoding="utf-8")
    said, summary = carried(html, "job-statements"), carried(html, "job-summary")
    found = {
        (
            summary["actors"][said["actor"][i]],
            summary["positions"][said["position"][i]],
            said["stance"][i],
            said["texts"][said["text"][i]],
            said["articles"]["url"][said["article"][i]],
            said["articles"]["date"][said["article"][i]],
        )
        for i in range(200)
    }
    stances = ("favor", "neutral", "against", None)
    assert found == {
        (
            row["actor"]["name"],
            row["target"]["name"],
            stances.index(row["stance"]),
            " ".join(row["evidence"][0]["text"].split()),
            row["url"],
            row["date"] or "",
        )
        for row in rows
    }


def test_a_page_holds_as_many_words_as_asked_for_and_says_what_is_left_out(report: Report, tmp_path: Path) -> None:
    root = write_job(tmp_path / "job", shards_of(composed(300, n_actors=20)))
    out = tmp_path / "small.html"
    code, _, err = report(root, "--max-statements", 100, "--out", out)
    assert code == 0
    assert "300 statements, 100 of them with their words" in err
    html = out.read_text(encoding="utf-8")
    assert len(carried(html, "job-statements")["actor"]) == 100
    cells = carried(html, "job-summary")["cells"]
    assert sum(sum(cells[name]) for name in ("favor", "neutral", "against", "withheld")) == 300
    assert "the words of 200 of 300 are left out" in html


def test_a_page_that_would_be_too_large_holds_fewer_words(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_job(tmp_path / "job", shards_of(composed(600, n_actors=20)))
    monkeypatch.setattr(job_report, "MAX_BYTES", 100_000)
    assert report(root)[0] == 0
    html = (root / "report.html").read_bytes()
    assert 60_000 < len(html) <= 100_000
    assert 0 < len(carried(html.decode(), "job-statements")["actor"]) < 600


def test_shards_that_no_manifest_names_are_not_read(report: Report, tmp_path: Path) -> None:
    root = write_job(tmp_path / "job", _by_hand(), done=False)
    (root / "manifest" / "part-000001.json").unlink()
    assert report(root)[0] == 0
    summary = carried((root / "report.html").read_text(encoding="utf-8"), "job-summary")
    assert summary["counts"] == [3, 1]


def test_actors_who_agree_are_drawn_and_told(report: Report, tmp_path: Path) -> None:
    camps = {"ana": "favor", "bo": "favor", "cy": "against"}
    rows = [
        statement(actor, target, stance, doc_id=f"{actor}{target}{number}")
        for actor, stance in camps.items()
        for target in ("bridge", "dam")
        for number in range(2)
    ]
    root = write_job(tmp_path / "job", [rows])
    assert report(root)[0] == 0
    page = (root / "report.html").read_text(encoding="utf-8")
    assert page.count('<path class="same"') == 1
    assert page.count('<path class="opposite"') == 2
    assert page.count('<g class="node"') == 3
    assert report(root, "--min-shared", 3)[0] == 0
    assert "No two actors are so" in (root / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("shards", [[], [[]]])
def test_a_job_without_statements_has_a_page_too(
    report: Report, tmp_path: Path, shards: list[list[dict[str, Any]]]
) -> None:
    root = write_job(tmp_path / "job", shards, done=bool(shards))
    code, _, err = report(root)
    assert code == 0, err
    assert "There are no statements." in (root / "report.html").read_text(encoding="utf-8")


def test_the_same_job_gives_the_same_page(report: Report, tmp_path: Path) -> None:
    root = write_job(tmp_path / "job", shards_of(composed(300, n_actors=20)))
    pages = []
    for name in ("one.html", "other.html"):
        assert report(root, "--out", tmp_path / name)[0] == 0
        pages.append((tmp_path / name).read_bytes())
    assert pages[0] == pages[1]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda root: (root / "manifest" / "job.json").unlink(), "there is no job of stance in this folder"),
        (lambda root: (root / "statements" / "part-000000.parquet").unlink(), "its shard is finished"),
        (lambda root: (root / "statements" / "part-000000.parquet").write_bytes(b"half"), "has 4 bytes where"),
        (
            lambda root: (root / "statements" / "part-000000.parquet").write_bytes(
                b"x" * (root / "statements" / "part-000000.parquet").stat().st_size
            ),
            "cannot be read as statements of a job",
        ),
        (lambda root: (root / "report.html").mkdir(), "cannot be written"),
    ],
)
def test_what_cannot_be_read_or_written_ends_in_one_paragraph_and_exit_2(
    damage: Callable[[Path], object], message: str, report: Report, tmp_path: Path
) -> None:
    root = write_job(tmp_path / "job", _by_hand())
    damage(root)
    code, out, err = report(root)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


def test_a_folder_that_is_not_there_is_no_job(report: Report, tmp_path: Path) -> None:
    code, _, err = report(tmp_path / "nowhere")
    assert code == 2
    assert "there is no job of stance in this folder" in err


def test_a_job_of_stance_batch_is_reported_and_a_restart_takes_the_report_away(
    report: Report, batch: Callable[..., tuple[int, str, str]], workplace: Path
) -> None:
    assert batch("in.jsonl", "out", "--partition", "date")[0] == 0
    assert report("out")[0] == 0
    page = workplace / "out" / "report.html"
    summary = carried(page.read_text(encoding="utf-8"), "job-summary")
    assert (summary["actors"], summary["positions"]) == (["Ana Ross"], ["the bridge"])
    assert summary["periods"]["names"] == ["2024-01-01", "2024-01-02", "2024-01-03"]
    code, text, _ = batch("status", "out", "--format", "jsonl", model=False)
    assert (code, json.loads(text)["state"]) == (0, "finished")
    (workplace / "p.yaml").write_text(POSITIONS + "  - {id: dam, name: the dam}\n", encoding="utf-8")
    assert batch("in.jsonl", "out", "--restart")[0] == 0
    assert not page.exists()

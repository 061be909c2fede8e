"""Jobs as their users run them: gone on with, refused, stopped; every shard whole or not there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from stance.batch import output
from stance.batch.records import TABLES
from stance.cli.app import run
from tests.batch.articles import POSITIONS, article_line, files_of

_BAD = ['{"text": null}', "not json"]
Batch = Callable[..., tuple[int, str, str]]


def _tables(root: Path) -> dict[str, list[dict[str, Any]]]:
    found = {}
    for table in TABLES:
        paths = sorted((root / table).rglob("*.parquet"))
        found[table] = [row for path in paths for row in pq.read_table(path, partitioning=None).to_pylist()]
    return found


def test_a_job_writes_every_article_once_with_a_manifest(batch: Batch, workplace: Path) -> None:
    code, _, err = batch("in.jsonl", "out")
    assert code == 0, err
    assert "10 articles, 10 statements, in 4 shards" in err
    found = _tables(workplace / "out")
    assert [row["doc_id"] for row in found["documents"]] == [f"d{i}" for i in range(10)]
    assert {row["target"]["id"] for row in found["statements"]} == {"bridge"}
    shard = json.loads((workplace / "out" / "manifest" / "part-000003.json").read_text())
    assert (shard["first_row"], shard["n_rows"], shard["counts"]["documents"]) == (9, 1, 1)
    assert shard["model_id"] == found["statements"][0]["model_id"]
    assert shard["files"] == {
        path: len(content) for path, content in files_of(workplace / "out").items() if "003" in path
    }
    job = json.loads((workplace / "out" / "manifest" / "job.json").read_text())
    assert job["inputs"][0]["n_bytes"] == (workplace / "in.jsonl").stat().st_size
    assert not (workplace / "out" / output.SCRATCH).exists()


def test_what_a_kill_left_is_mended_and_nothing_is_made_twice(batch: Batch, workplace: Path) -> None:
    batch("in.jsonl", "out")
    root, whole = workplace / "out", files_of(workplace / "out")
    # Killed between the files of shard 2 and its manifest, and in the middle of writing shard 3.
    (root / "manifest" / "done.json").unlink()
    (root / "manifest" / "part-000002.json").unlink()
    (root / "manifest" / "part-000003.json").unlink()
    (root / "documents" / "part-000002.parquet").unlink()
    (root / "statements" / "part-000003.parquet").write_bytes(b"half")
    (root / "manifest" / ".77-part-000003.json").write_text("{")
    (root / output.SCRATCH).mkdir()
    (root / output.SCRATCH / "3-1-abc").write_bytes(b"half")
    kept = (root / "statements" / "part-000001.parquet").stat().st_mtime_ns
    code, out, _ = batch("status", "out", model=False)
    assert code == 0
    assert "stopped" in out
    code, _, err = batch("in.jsonl", "out")
    assert code == 0, err
    assert files_of(root) == whole
    assert {path.name for path in (root / "manifest").iterdir()} == {
        "job.json", "done.json", *(f"part-{number:06d}.json" for number in range(4))
    }  # fmt: skip
    assert (root / "statements" / "part-000001.parquet").stat().st_mtime_ns == kept
    code, out, _ = batch("status", "out", "--format", "jsonl", model=False)
    figures = json.loads(out)
    assert (figures["state"], figures["shards"], figures["articles"]) == ("finished", 4, 10)


def test_a_shard_whose_file_is_gone_is_made_again(batch: Batch, workplace: Path) -> None:
    batch("in.jsonl", "out")
    whole = files_of(workplace / "out")
    (workplace / "out" / "articles" / "part-000001.parquet").write_bytes(b"")
    assert batch("in.jsonl", "out")[0] == 0
    assert files_of(workplace / "out") == whole


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda: Path("in.jsonl").write_text(article_line(77) + "\n"), "the input in.jsonl has changed"),
        (lambda: Path("p.yaml").write_text(POSITIONS + "  - {id: dam, name: the dam}\n"), "positions was"),
        (lambda: Path("more.jsonl").write_text(article_line(77) + "\n"), "the input more.jsonl is new"),
    ],
)
def test_another_job_in_the_same_folder_is_refused(
    change: Callable[[], None], message: str, batch: Batch, workplace: Path
) -> None:
    assert batch("*.jsonl", "out")[0] == 0
    whole = files_of(workplace / "out")
    change()
    code, _, err = batch("*.jsonl", "out")
    assert code == 2
    assert message in err
    assert "--restart" in err
    assert "--into NEW" in err
    assert files_of(workplace / "out") == whole
    assert batch("*.jsonl", "out", "--into", "new")[0] == 0
    assert files_of(workplace / "out") == whole
    assert batch("*.jsonl", "out", "--restart")[0] == 0
    assert files_of(workplace / "out") == files_of(workplace / "new")


def test_a_file_that_was_only_touched_is_the_same(batch: Batch, workplace: Path) -> None:
    assert batch("in.jsonl", "out")[0] == 0
    (workplace / "out" / "manifest" / "done.json").unlink()
    os.utime(workplace / "in.jsonl", (1, 1))
    assert batch("in.jsonl", "out")[0] == 0


def test_standard_input_is_gone_on_with_where_it_is_the_same(
    batch: Batch, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def feed(text: str) -> None:
        source = workplace / "stdin"
        source.write_text(text, encoding="utf-8")
        monkeypatch.setattr("sys.stdin", source.open(encoding="utf-8"))

    lines = (workplace / "in.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    feed("".join(lines))
    assert batch("-", "out")[0] == 0
    whole = files_of(workplace / "out")
    for name in ("done", "part-000001"):
        (workplace / "out" / "manifest" / f"{name}.json").unlink()
    for other, message in (("".join(lines[1:]), "the rows from -:1 on"), (lines[0], "the rows from -:1 on")):
        feed(other)
        code, _, err = batch("-", "out")
        assert code == 2
        assert message in err
    feed("".join(lines))
    assert batch("-", "out")[0] == 0
    assert files_of(workplace / "out") == whole


def test_bad_rows_end_in_quarantine_and_exit_1(batch: Batch, workplace: Path) -> None:
    lines = (workplace / "in.jsonl").read_text(encoding="utf-8").splitlines()
    (workplace / "bad.jsonl").write_text("\n".join([lines[0], *_BAD, *lines[1:]]), encoding="utf-8")
    code, _, err = batch("bad.jsonl", "out")
    assert code == 1
    assert "2 rows are in quarantine" in err
    found = _tables(workplace / "out")
    assert [row["error"]["row"] for row in found["quarantine"]] == [2, 3]
    assert len(found["documents"]) == 10
    assert batch("bad.jsonl", "out")[0] == 1
    code, _, err = batch("bad.jsonl", "stopped", "--max-errors", "1")
    assert code == 1
    assert "more than --max-errors 1" in err
    assert len(_tables(workplace / "stopped")["documents"]) == 1
    assert batch("bad.jsonl", "stopped", "--max-errors", "2")[0] == 1
    assert files_of(workplace / "stopped") == files_of(workplace / "out")


def test_columns_of_other_names_are_mapped(batch: Batch, workplace: Path) -> None:
    (workplace / "a.csv").write_text("key,body\nk1,Ana Ross backs the bridge.\n", encoding="utf-8")
    assert batch("a.csv", "out", "--column", "text=body", "--column", "doc_id=key")[0] == 0
    assert [row["doc_id"] for row in _tables(workplace / "out")["statements"]] == ["k1"]


def test_near_duplicates_are_scored_once(batch: Batch, workplace: Path) -> None:
    words = " ".join(f"word{i}" for i in range(60))
    lines = [json.dumps({"doc_id": f"s{i}", "text": f"Ana Ross backs the bridge. {words} {i}"}) for i in range(2)]
    with (workplace / "twice.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in (article_line(1), lines[0], *_BAD, lines[1]))
    code, _, err = batch("twice.jsonl", "out", "--deduplicate")
    assert code == 1
    assert "1 near-duplicate not scored" in err
    found = _tables(workplace / "out")
    assert {row["doc_id"]: row["duplicate_of"] for row in found["documents"] if row["duplicate_of"]} == {"s1": "s0"}
    assert {row["doc_id"] for row in found["statements"]} == {"d1", "s0"}


def test_the_database_holds_all_tables(batch: Batch, workplace: Path) -> None:
    code, _, err = batch("in.jsonl", "out", "--sink", "duckdb", "--partition", "date")
    assert code == 0, err
    assert {path.parent.name for path in (workplace / "out" / "statements").rglob("*.parquet")} == {
        "day=2024-01-01",
        "day=2024-01-02",
        "day=2024-01-03",
    }
    with duckdb.connect(str(workplace / "out" / "stance.duckdb"), read_only=True) as database:
        counts = {table: database.sql(f"SELECT count(*) FROM {table}").fetchall() for table in TABLES}
        names = database.sql("SELECT actor.name FROM statements ORDER BY doc_id").fetchall()
    assert counts == {"statements": [(10,)], "articles": [(10,)], "documents": [(10,)], "quarantine": [(0,)]}
    assert set(names) == {("Ana Ross",)}


def test_two_jobs_in_one_folder_exclude_each_other(batch: Batch, workplace: Path) -> None:
    with output.locked(workplace / "out"):
        code, _, err = batch("in.jsonl", "out")
    assert code == 2
    assert "another job is at work in this folder" in err
    assert batch("in.jsonl", "out")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.jsonl", "out", "--dry-run"], "none.jsonl: no such file, folder or pattern"),
        (["in.jsonl", "full", "--dry-run"], "holds 'x' and no job of stance"),
        (["in.jsonl", "p.yaml", "--dry-run"], "p.yaml: cannot be written (File exists)"),
        (["in.jsonl", "out"], "Nothing to score on"),
        (["in.jsonl", "out", "--dry-run", "--column", "body=text"], "--column body=...: no such field"),
        (["in.jsonl", "in.jsonl", "out", "--dry-run"], "named twice"),
        (["-", "out", "--dry-run", "--deduplicate"], "reads the articles twice"),
        (["in.jsonl", "out", "--dry-run", "--sink", "xml"], "xml"),
        ([".", "out", "--dry-run"], "out: this lies in the source ."),
        (["status", "nowhere"], "nowhere: there is no job of stance in this folder"),
    ],
)
def test_wrong_use_ends_in_one_paragraph_and_exit_2(
    arguments: list[str], message: str, batch: Batch, workplace: Path
) -> None:
    (workplace / "full").mkdir()
    (workplace / "full" / "x").touch()
    code, out, err = batch(*arguments, model=False)
    assert (code, out) == (2, ""), err
    assert message in err
    assert "Traceback" not in err


def _started(*arguments: str, cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "stance", "batch", *arguments],
        cwd=cwd,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that runs the tests in the background has its children ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


@pytest.mark.parametrize(
    ("number", "code", "processes"), [(signal.SIGTERM, 143, "1"), (signal.SIGINT, 130, "1"), (signal.SIGTERM, 143, "2")]
)
def test_a_signal_ends_a_job_cleanly_and_the_next_run_goes_on(
    number: int, code: int, processes: str, workplace: Path
) -> None:
    arguments = ("-", "out", "--dry-run", "--processes", processes)
    lines = (workplace / "in.jsonl").read_text(encoding="utf-8") * 200
    job = _started(*arguments, cwd=workplace)
    assert job.stdin is not None
    job.stdin.write(lines)
    job.stdin.flush()
    root = workplace / "out"
    while not list((root / "manifest").glob("part-*.json")):
        assert job.poll() is None
        time.sleep(0.02)
    job.send_signal(number)
    _, err = job.communicate()
    assert job.returncode == code, err
    assert "Traceback" not in err
    assert not (root / output.SCRATCH).exists()
    assert not (root / "manifest" / "done.json").exists()
    again = _started(*arguments, cwd=workplace)
    _, err = again.communicate(lines)
    assert again.returncode == 0, err
    assert len(_tables(root)["documents"]) == 2000


def test_the_number_of_processes_changes_nothing(batch: Batch, workplace: Path, tiny_checkpoint: Path) -> None:
    assert batch("in.jsonl", "one")[0] == 0
    more = ("--positions", "p.yaml", "--model", str(tiny_checkpoint), "--processes", "2", "--status-every", "0.1")
    code, _, err = batch("in.jsonl", "two", *more, model=False)
    assert code == 0, err
    assert files_of(workplace / "one") == files_of(workplace / "two")
    lines = [json.loads(line) for line in err.splitlines() if line.startswith("{")]
    assert lines
    assert set(lines[0]) >= {"articles", "statements", "errors", "articles_per_second", "remaining_seconds"}


def test_the_script_is_the_same_job_from_a_config(batch: Batch, workplace: Path, tiny_checkpoint: Path) -> None:
    assert batch("in.jsonl", "out")[0] == 0
    overrides = ("sources=[in.jsonl]", "output_dir=config", "positions=p.yaml", f"model={tiny_checkpoint}")
    assert run(["batch-config", *overrides, "processes=1"]) == 0
    assert files_of(workplace / "config") == files_of(workplace / "out")
    assert run(["batch-config", "sources=[in.jsonl]"]) == 2
    assert run(["batch-config", *overrides, "colour=red"]) == 2


def test_an_exported_model_gives_the_same_job(batch: Batch, workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STANCE_CACHE", str(workplace / "cache"))
    assert batch("in.jsonl", "torch")[0] == 0
    code, _, err = batch("in.jsonl", "onnx", "--runtime", "onnx")
    assert code == 0, err
    one, other = (_tables(workplace / name)["statements"] for name in ("torch", "onnx"))
    assert [row["statement_id"] for row in one] == [row["statement_id"] for row in other]
    for first, second in zip(one, other, strict=True):
        assert first["probabilities"] == pytest.approx(second["probabilities"], abs=1e-4)
    code, _, err = batch("in.jsonl", "torch", "--runtime", "onnx")
    assert code == 2
    assert 'runtime was "auto" and is "onnx"' in err

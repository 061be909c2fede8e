"""Kill a batch job again and again, and show that nothing is lost and nothing there twice.

python scripts/chaos_batch.py --runs 200
python scripts/chaos_batch.py --engine ray --runs 20

An unbroken run of the same articles is the reference. Then a job is started, killed with SIGKILL at a random moment
after the first shard that it finished, and started again in the same folder, over and over; whenever a job gets to its
end, its output is compared with the reference row by row, and a new folder is begun. Every other kill hits the whole
process group, the rest only the job's own process, whose workers must die by themselves. With `--engine ray` every
third kill hits one of Ray's workers instead, and the job has to come to its end all the same. Printed is a line per
kill: the second after the start, the shards that were done before the run and at the kill, and those at the end where a
worker was hit; then the verdict. Exit code 1: rows were lost, doubled or changed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from speed.articles import write_articles

from stance.batch.records import TABLES

_POLL_SECONDS = 0.005
_PATIENCE_SECONDS = 300.0
# Kills fall between the first shard that a run finishes and about its third.
_MOST_SHARDS_LATER = 2.0


@dataclass(frozen=True, slots=True)
class _Job:
    """What is run: the articles, the positions, the checkpoint and the size of a shard."""

    articles: Path
    positions: Path
    model: Path
    processes: int
    shard_rows: int
    engine: str

    def start(self, folder: Path) -> subprocess.Popen[bytes]:
        """Start the job in a process group of its own."""
        overrides = {
            "sources": f"[{self.articles}]",
            "output_dir": folder,
            "positions": self.positions,
            "model": self.model,
            "processes": self.processes,
            "shard_rows": self.shard_rows,
            "engine": self.engine,
            "device": "cpu",
        }
        script = Path(__file__).with_name("predict.py")
        arguments = [f"{name}={value}" for name, value in overrides.items()]
        log = folder.with_suffix(".log").open("ab")
        # As Ray has them, its workers give way to all else, and what else runs would decide how long this takes.
        environment = {**os.environ, "RAY_worker_niceness": "0"}
        command = [sys.executable, str(script), *arguments]
        with log:
            return subprocess.Popen(command, stderr=log, start_new_session=True, env=environment)


def main() -> int:
    """Run it; the exit code."""
    options = _options()
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="chaos-", dir=options.folder) as name:
        folder = Path(name)
        model = options.model or _tiny_checkpoint(folder)
        articles = folder / "articles.jsonl"
        write_articles(articles, n_articles=options.articles, seed=options.seed)
        job = _Job(articles, options.positions, model, options.processes, options.shard_rows, options.engine)
        sizes = f"{options.articles} articles in shards of {options.shard_rows}, {options.processes} processes"
        print(f"{sizes}, engine {options.engine}", flush=True)
        reference = _unbroken(job, folder / "reference")
        wrong = _torment(job, folder, reference, runs=options.runs, rng=rng)
    print(f"{options.runs} kills, {len(reference['documents'])} articles: {wrong or 'nothing lost, nothing twice'}")
    return 1 if wrong else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Kill a batch job again and again; see the head of the script.")
    parser.add_argument("--runs", type=int, default=200, help="runs that are killed")
    parser.add_argument("--articles", type=int, default=240)
    parser.add_argument("--shard-rows", type=int, default=6)
    parser.add_argument("--engine", choices=["local", "ray"], default="local")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument(
        "--model", type=Path, help="checkpoint folder; without it a random one of a few thousand weights"
    )
    parser.add_argument("--positions", type=Path, default=Path("data/positions/kosovo.yaml"))
    parser.add_argument("--folder", type=Path, help="where the work is done; without it the folder for temporary files")
    parser.add_argument("--seed", type=int, default=13)
    return parser.parse_args()


def _torment(job: _Job, folder: Path, reference: dict[str, list[str]], *, runs: int, rng: random.Random) -> str:
    """What differs from the reference after all kills; empty where nothing does."""
    victims = ("group", "process", "worker") if job.engine == "ray" else ("group", "process")
    n_kills = n_jobs = 0
    while n_kills < runs:
        n_jobs += 1
        output = folder / f"job-{n_jobs}"
        # The last kill is gone on from too: a job always comes to its end.
        while not _is_done(output):
            victim = victims[n_kills % len(victims)]
            if n_kills < runs and _kill_once(job, output, n_kills + 1, victim=victim, rng=rng):
                n_kills += 1
            elif not _is_done(output):
                _finish(job, output)
        wrong = _difference(reference, _rows(output))
        print(f"job {n_jobs} came to its end after {n_kills} kills in all: {wrong or 'equal, row by row'}", flush=True)
        if wrong:
            return f"job {n_jobs}: {wrong}"
        shutil.rmtree(output)
    return ""


def _kill_once(job: _Job, output: Path, number: int, *, victim: str, rng: random.Random) -> bool:
    """Whether the kill fell into the work; False where the job was faster. After that of a worker the job is done."""
    before = _n_shards(output)
    begun = time.monotonic()
    process = job.start(output)
    try:
        if not _reached(process, output, before + 1):
            return False
        first = time.monotonic()
        pace = (first - begun) / 4
        _sleep(process, rng.uniform(0, _MOST_SHARDS_LATER) * min(pace, 1.0))
        if process.poll() is not None:
            return False
        workers = _ray_workers(process.pid) if victim == "worker" else []
        moment, during = time.monotonic() - begun, _n_shards(output)
        if victim == "worker":
            if not workers or _is_done(output):
                return False
            os.kill(rng.choice(workers), signal.SIGKILL)
            if process.wait() != 0:
                raise SystemExit(f"The job did not survive it:\n{output.with_suffix('.log').read_text()}")
        else:
            (os.killpg if victim == "group" else os.kill)(process.pid, signal.SIGKILL)
            process.wait()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    shards = f"{before} -> {during}" + (f" -> {_n_shards(output)}" if victim == "worker" else "")
    print(f"kill {number}: {victim}, {moment:.3f} s after the start, shards {shards}", flush=True)
    return True


def _reached(process: subprocess.Popen[bytes], output: Path, n_shards: int) -> bool:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while _n_shards(output) < n_shards:
        if process.poll() is not None:
            if process.returncode:
                raise SystemExit(f"The job failed by itself:\n{output.with_suffix('.log').read_text()}")
            return False
        if time.monotonic() > deadline:
            raise SystemExit(f"No shard was finished in {_PATIENCE_SECONDS:.0f} s.")
        time.sleep(_POLL_SECONDS)
    return True


def _sleep(process: subprocess.Popen[bytes], seconds: float) -> None:
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return


def _ray_workers(pid: int) -> list[int]:
    """The workers of Ray below a process, in the order of their ids."""
    found = []
    # Processes end while they are looked at.
    with suppress(FileNotFoundError, ProcessLookupError):
        for path in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in map(int, path.read_text().split()):
                found += _ray_workers(child)
                if Path(f"/proc/{child}/cmdline").read_bytes().startswith(b"ray::Worker"):
                    found.append(child)
    return sorted(found)


def _finish(job: _Job, output: Path) -> None:
    process = job.start(output)
    if process.wait() != 0:
        raise SystemExit(f"The job failed by itself:\n{output.with_suffix('.log').read_text()}")


def _unbroken(job: _Job, output: Path) -> dict[str, list[str]]:
    _finish(job, output)
    return _rows(output)


def _n_shards(output: Path) -> int:
    return len(list((output / "manifest").glob("part-*.json")))


def _is_done(output: Path) -> bool:
    return (output / "manifest" / "done.json").exists()


def _rows(output: Path) -> dict[str, list[str]]:
    """Every row of every table as JSON, in the order of the shards; files that no reader should meet are an error."""
    strays = [path for path in output.rglob("*") if path.is_file() and not _is_expected(path, output)]
    if strays:
        raise SystemExit(f"Left behind: {strays[0]}")
    return {table: [json.dumps(row) for row in _records(output / table)] for table in TABLES}


def _records(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.rglob("*.parquet")):
        yield from pq.read_table(path, partitioning=None).to_pylist()


def _is_expected(path: Path, output: Path) -> bool:
    return path.name == ".lock" or (path.parent.name in (*TABLES, "manifest") and not path.name.startswith("."))


def _difference(reference: dict[str, list[str]], found: dict[str, list[str]]) -> str:
    for table, rows in reference.items():
        lost, twice = Counter(rows) - Counter(found[table]), Counter(found[table]) - Counter(rows)
        if lost or twice:
            return f"{table}: {lost.total()} rows lost or changed, {twice.total()} too many"
        if rows != found[table]:
            return f"{table}: the rows stand in another order"
    return ""


def _tiny_checkpoint(folder: Path) -> Path:
    """A checkpoint of random weights, trained for a moment as the tests' is."""
    from stance.experiment import run
    from stance.hydra_schema import compose_experiment

    rows = [
        {
            "id": f"{name}-{stance}",
            "text": f"{name} {verb} the bridge.",
            "annotations": [{"actor": {"name": name}, "target": {"name": "the bridge"}, "stance": stance}],
            "split": "dev" if name == "Leo" else "train",
        }
        for name in ("Ana", "Bo", "Leo")
        for stance, verb in (("favor", "backs"), ("against", "rejects"), ("neutral", "mentions"))
    ]
    (folder / "sentences.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    overrides = [
        "debug=tiny",
        "data=own",
        "data.random_actor=0.0",
        f"data.root={folder}",
        f"output_dir={folder / 'tiny'}",
    ]
    return run(compose_experiment(overrides), command="chaos_batch.py", log=lambda _: None).folder


if __name__ == "__main__":
    sys.exit(main())

"""Jobs on a real Ray: the same files as of the engine of one machine, whatever is killed on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

from stance.batch import output
from stance.batch.rows import Kind, RawRow
from stance.batch.shards import cut
from stance.batch.spec import NO_MODEL, scoring_spec
from stance.batch.work import ShardTask, Work
from stance.batch.workers import ShardScorer
from stance.batch_config import BatchConfig
from stance.errors import CheckpointError, EnvironmentMissing, StanceError
from stance.hydra_schema import compose_batch
from tests.batch.articles import article_line, files_of

Batch = Callable[..., tuple[int, str, str]]
_needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="the extra ray is not installed")
_ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _ray_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    # As Ray has them, its workers give way to all else: on a busy machine they would hardly get to work.
    monkeypatch.setenv("RAY_worker_niceness", "0")


@pytest.fixture
def started(workplace: Path, tiny_checkpoint: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a job over 400 articles in shards of four: long enough to be killed amid its work."""
    (workplace / "many.jsonl").write_text("".join(article_line(i) + "\n" for i in range(400)), encoding="utf-8")
    jobs = []

    def start(folder: str, *overrides: str, **environment: str) -> subprocess.Popen[str]:
        given = ("sources=[many.jsonl]", f"output_dir={folder}", "positions=p.yaml", "shard_rows=4", "processes=2")
        job = subprocess.Popen(
            [sys.executable, _ROOT / "scripts" / "predict.py", *given, f"model={tiny_checkpoint}", *overrides],
            cwd=workplace, env={**os.environ, "PYTHONPATH": str(_ROOT), **environment}, stderr=subprocess.PIPE,
            text=True, start_new_session=True,
        )  # fmt: skip
        jobs.append(job)
        return job

    yield start
    for job in jobs:
        if job.poll() is None:
            os.killpg(job.pid, signal.SIGKILL)
        job.wait()


def _ended(job: subprocess.Popen[str]) -> str:
    _, err = job.communicate()
    assert job.returncode == 0, err
    return err


def _n_shards(root: Path) -> int:
    return len(list((root / "manifest").glob("part-*.json")))


def _wait(condition: Callable[[], bool], job: subprocess.Popen[str] | None = None) -> None:
    while not condition():
        assert job is None or job.poll() is None, job.communicate()[1]
        time.sleep(0.02)


def _below(pid: int) -> Iterator[int]:
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, path.read_text().split()):
            yield child
            yield from _below(child)


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def _workers(pid: int) -> list[int]:
    return [child for child in _below(pid) if _command(child).startswith(b"ray::Worker")]


@_needs_ray
def test_ray_goes_on_with_a_job_and_writes_the_same_files(
    batch: Batch, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    lines = [*(workplace / "in.jsonl").read_text(encoding="utf-8").splitlines(), '{"text": null}']
    (workplace / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert batch("in.jsonl", "local")[0] == 1
    assert batch("in.jsonl", "ray", "--max-errors", "0")[0] == 1
    for name in ("part-000001", "part-000003"):
        (workplace / "ray" / "manifest" / f"{name}.json").unlink()
    kept = (workplace / "ray" / "documents" / "part-000002.parquet").stat().st_mtime_ns
    code, _, err = batch("in.jsonl", "ray", "--engine", "ray", "--worker-cpus", "0.5", "--status-every", "0.1")
    assert code == 1, err
    assert files_of(workplace / "ray") == files_of(workplace / "local")
    assert (workplace / "ray" / "documents" / "part-000002.parquet").stat().st_mtime_ns == kept
    assert not (workplace / "ray" / output.SCRATCH).exists()
    assert any(json.loads(line)["shards"] < 4 for line in err.splitlines() if line.startswith("{"))
    assert signal.getsignal(signal.SIGTERM) is before


@_needs_ray
@pytest.mark.long
def test_a_worker_that_is_killed_amid_its_shards_costs_none(
    started: Callable[..., subprocess.Popen[str]], workplace: Path
) -> None:
    _ended(started("local"))
    job, root = started("ray", "engine=ray"), workplace / "ray"
    _wait(lambda: _n_shards(root) > 0 and len(_workers(job.pid)) == 2, job)
    victim = _workers(job.pid)[0]
    # Halted, it is handed shards and does not finish them: three more done by the other one, it certainly holds some.
    os.kill(victim, signal.SIGSTOP)
    seen = _n_shards(root)
    _wait(lambda: _n_shards(root) >= seen + 3, job)
    os.kill(victim, signal.SIGKILL)
    assert not (root / "manifest" / "done.json").exists()
    _ended(job)
    assert files_of(root) == files_of(workplace / "local")


@_needs_ray
@pytest.mark.long
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)])
def test_workers_end_with_the_job_and_the_next_run_goes_on(
    number: int, code: int, started: Callable[..., subprocess.Popen[str]], workplace: Path
) -> None:
    _ended(started("local"))
    job, root = started("ray", "engine=ray"), workplace / "ray"
    _wait(lambda: _n_shards(root) > 0 and len(_workers(job.pid)) == 2, job)
    workers = _workers(job.pid)
    job.send_signal(number)
    _, err = job.communicate()
    assert job.returncode == code, err
    assert "Traceback" not in err
    assert not (root / "manifest" / "done.json").exists()
    assert number == signal.SIGKILL or not (root / output.SCRATCH).exists()
    _wait(lambda: not any(_command(pid).startswith(b"ray::Worker") for pid in workers))
    _ended(started("ray"))
    assert files_of(root) == files_of(workplace / "local")


@_needs_ray
@pytest.mark.long
def test_a_node_that_is_lost_amid_its_shards_costs_none(
    started: Callable[..., subprocess.Popen[str]], workplace: Path
) -> None:
    from ray.cluster_utils import Cluster

    _ended(started("local"))
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        node = cluster.add_node(num_cpus=1)
        job, root = started("ray", "engine=ray", RAY_ADDRESS=cluster.address), workplace / "ray"

        def workers() -> list[int]:
            return [pid for pid in _below(os.getpid()) if _command(pid).startswith(b"ray::Worker")]

        _wait(lambda: _n_shards(root) > 0 and len(workers()) == 2, job)
        raylet = node.all_processes["raylet"][0].process.pid
        victim = next(pid for pid in workers() if pid in _below(raylet))
        os.kill(victim, signal.SIGSTOP)
        seen = _n_shards(root)
        _wait(lambda: _n_shards(root) >= seen + 3, job)
        cluster.remove_node(node, allow_graceful=False)
        assert not (root / "manifest" / "done.json").exists()
        _ended(job)
    finally:
        cluster.shutdown()
    assert files_of(root) == files_of(workplace / "local")


@_needs_ray
@pytest.mark.parametrize(
    ("arguments", "address", "message"),
    [
        (["--worker-gpus", "1"], "", "No node has 1 CPUs and 1 GPUs for a worker; there are:"),
        ([], "127.0.0.1:1", "RAY_ADDRESS=127.0.0.1:1: no Ray cluster is reached (["),
        ([], "ray://127.0.0.1:10001", "not through a Ray client"),
    ],
)
def test_what_ray_cannot_give_is_told(
    arguments: list[str], address: str, message: str, batch: Batch, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", address)
    code, _, err = batch("in.jsonl", "out", "--dry-run", "--engine", "ray", *arguments, model=False)
    assert code == 2
    assert message in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--worker-gpus", "1"], "they need --engine ray"),
        (["--engine", "ray", "--worker-cpus", "1.5"], "worker_cpus is 1.5"),
        (["--engine", "ray", "--worker-cpus", "0"], "worker_cpus is 0"),
        (["--engine", "ray", "--worker-gpus", "2"], "worker_gpus is 2; it must be from 0 to 1"),
        (["--engine", "ray", "--device", "cuda:1"], "device is cuda:1, but with worker_gpus 0"),
        (["--engine", "ray", "--device", "cpu", "--worker-gpus", "0.5"], "device is cpu, but with worker_gpus 0.5"),
    ],
)
def test_options_that_do_not_fit_are_refused(arguments: list[str], message: str, batch: Batch, workplace: Path) -> None:
    code, _, err = batch("in.jsonl", "out", "--dry-run", *arguments, model=False)
    assert code == 2
    assert message in err
    assert not (workplace / "out").exists()


def test_without_ray_its_package_is_named(batch: Batch, workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    code, _, err = batch("in.jsonl", "out", "--dry-run", "--engine", "ray", model=False)
    assert code == 2
    assert "pip install 'stance-news[ray]'" in err


@pytest.mark.parametrize(
    ("stance_version", "model_id", "model", "error", "message"),
    [
        ("0.0.1", NO_MODEL, None, EnvironmentMissing, f"stance-news is {version('stance-news')}, but 0.0.1 in the job"),
        (version("stance-news"), "m@1", None, EnvironmentMissing, f"the model is {NO_MODEL}, but m@1 in the job"),
        (version("stance-news"), "m@1", "nowhere", CheckpointError, "nowhere: no such folder"),
    ],
)
def test_a_node_with_something_else_is_named(
    stance_version: str, model_id: str, model: str | None, error: type[StanceError], message: str
) -> None:
    config: BatchConfig = compose_batch(
        {"sources": ["in"], "output_dir": "out", "model": model, "dry_run": model is None, "device": "cpu"}
    )
    work = Work(Path("out"), scoring_spec(config, [], None), config.sink, config.partition, "0" * 16)
    shard = next(cut([(RawRow("in", 1, Kind.TEXT, b"Ana."), 4)], max_rows=1, max_bytes=9))
    with pytest.raises(error) as raised:
        ShardScorer(work, model_id, stance_version).score(ShardTask(shard, {}))
    assert message in str(raised.value)
    assert os.uname().nodename in str(raised.value)

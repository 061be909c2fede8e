"""What the machine does to a job: full and read-only disks, inputs that vanish, workers that are killed."""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stance.batch import job as job_module
from stance.batch import local, output
from stance.batch.shards import Shard
from stance.batch.work import ShardTask
from stance.errors import EnvironmentMissing
from tests.batch.articles import article_line, files_of

Batch = Callable[..., tuple[int, str, str]]
Mount = Callable[[str], Path]
_DRY = ("--dry-run", "--processes", "1")


@pytest.fixture
def mount(workplace: Path) -> Iterator[Mount]:
    """Mounts a small file system of its own, again with other options where it is there."""
    place = workplace / "disk"
    place.mkdir()

    def call(options: str) -> Path:
        again = "remount," if place.is_mount() else ""
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", again + options, "tmpfs", place], check=False)
        if done.returncode:
            pytest.skip("mounting needs root")
        return place

    yield call
    if place.is_mount():
        subprocess.run(["umount", place], check=True)


def _assert_resumable(batch: Batch, root: Path) -> None:
    """Only whole shards are there, and the next run comes to the same end as an unbroken one."""
    done = output.read_shards(root)
    listed = {path for shard in done.values() for path in shard.files}
    assert listed <= set(files_of(root))
    assert not (root / output.SCRATCH).exists()
    code, _, err = batch("in.jsonl", str(root), *_DRY, model=False)
    assert code == 0, err
    assert batch("in.jsonl", "unbroken", *_DRY, model=False)[0] == 0
    assert files_of(root) == files_of(Path("unbroken"))


@pytest.mark.parametrize("room", ["44k", "72k", "88k"])
def test_a_full_disk_ends_in_one_paragraph_and_the_job_goes_on_later(room: str, batch: Batch, mount: Mount) -> None:
    root = mount(f"size={room}") / "out"
    code, _, err = batch("in.jsonl", str(root), *_DRY, model=False)
    assert code == 2
    assert "cannot be written (No space left on device)" in err
    assert "run the same command again" in err
    assert "Traceback" not in err
    mount("size=4m")
    _assert_resumable(batch, root)


def test_a_read_only_disk_is_told(batch: Batch, mount: Mount) -> None:
    root = mount("size=1m") / "out"
    mount("ro")
    code, _, err = batch("in.jsonl", str(root), *_DRY, model=False)
    assert code == 2
    assert "Read-only file system" in err
    mount("rw")
    _assert_resumable(batch, root)


def _while_reading(monkeypatch: pytest.MonkeyPatch, event: Callable[[], Any]) -> None:
    """Lets something happen once the first shard is cut, at the next call only."""
    cut = job_module.cut

    def eventful(rows: Any, **sizes: Any) -> Any:
        monkeypatch.setattr(job_module, "cut", cut)
        for number, shard in enumerate(cut(rows, **sizes)):
            yield shard
            if number == 0:
                event()

    monkeypatch.setattr(job_module, "cut", eventful)


def test_an_input_that_vanishes_is_told_and_may_come_back(
    batch: Batch, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = workplace / "more.jsonl"
    second.write_text("".join(article_line(i) + "\n" for i in range(20, 24)), encoding="utf-8")
    stays = second.read_bytes()
    _while_reading(monkeypatch, second.unlink)
    code, _, err = batch("in.jsonl", "more.jsonl", "out", *_DRY, model=False)
    assert code == 2
    assert "more.jsonl: cannot be read (No such file or directory). What is done is kept" in err
    second.write_bytes(stays)
    assert batch("in.jsonl", "more.jsonl", "out", *_DRY, model=False)[0] == 0
    assert batch("in.jsonl", "more.jsonl", "unbroken", *_DRY, model=False)[0] == 0
    assert files_of(workplace / "out") == files_of(workplace / "unbroken")


def test_an_input_that_grows_while_it_is_read_is_refused(
    batch: Batch, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def grow() -> None:
        with (workplace / "in.jsonl").open("a", encoding="utf-8") as file:
            file.write(article_line(99) + "\n")

    _while_reading(monkeypatch, grow)
    code, _, err = batch("in.jsonl", "out", *_DRY, model=False)
    assert code == 2
    assert "in.jsonl: this file was changed while it was read" in err
    assert not (workplace / "out" / "manifest" / "done.json").exists()
    assert batch("in.jsonl", "out", *_DRY, model=False)[0] == 2
    assert batch("in.jsonl", "out", *_DRY, "--restart", model=False)[0] == 0


def test_a_worker_that_is_killed_is_told(workplace: Path) -> None:
    job = subprocess.Popen(
        [sys.executable, "-m", "stance", "batch", "-", "out", "--dry-run", "--processes", "2"],
        cwd=workplace, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert job.stdin is not None
    job.stdin.write((workplace / "in.jsonl").read_text(encoding="utf-8") * 200)
    job.stdin.flush()
    while not list((workplace / "out" / "manifest").glob("part-*.json")):
        assert job.poll() is None
        time.sleep(0.02)
    children = Path(f"/proc/{job.pid}/task/{job.pid}/children").read_text().split()
    workers = [pid for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    for pid in workers:
        subprocess.run(["kill", f"-{signal.SIGKILL.value}", pid], check=True)
    _, err = job.communicate()
    assert job.returncode == 2, err
    assert "A worker process was killed from outside" in err
    assert "Traceback" not in err


@pytest.mark.timeout(60)
def test_of_a_killed_worker_is_told_on_the_next_shard_too_and_nobody_waits_for_the_others(tmp_path: Path) -> None:
    begun = [tmp_path / name for name in ("one", "two")]

    def tasks() -> Iterator[ShardTask]:
        yield from (_task(path) for path in begun)
        while not all(path.exists() for path in begun):
            time.sleep(0.02)
        multiprocessing.active_children()[0].kill()
        time.sleep(0.5)  # until the pool knows
        yield _task(tmp_path / "three")

    shards = local.run_shards(tasks(), _never_done, processes=2, in_flight_bytes=1, tick=lambda: None)  # type: ignore[arg-type]
    with pytest.raises(EnvironmentMissing, match="A worker process was killed from outside"):
        list(shards)


def _task(path: Path) -> ShardTask:
    return ShardTask(Shard(0, 0, (), str(path), 0), {})


def _never_done(task: ShardTask) -> None:
    Path(task.shard.sha256).touch()
    time.sleep(600)

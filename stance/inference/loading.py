"""Open a checkpoint in torch, or its exported form in onnxruntime, whichever is asked for or suits."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from stance.errors import ConfigError, EnvironmentMissing
from stance.modeling.checkpoint import (
    DEFAULT_NAME,
    EXPORTED,
    Checkpoint,
    CheckpointInfo,
    load_checkpoint,
    read_info,
    shipped_checkpoint,
)
from stance.modeling.engine import Bar, ExportedCheckpoint, cached_export, load_exported, no_bar, require_engine

DTYPES = ("fp32", "bf16")
ENGINES = ("auto", "torch", "onnx")


def open_checkpoint(
    folder: Path,
    *,
    engine: str,
    device: str,
    dtype: str,
    log: Callable[[str], None] | None = None,
    n_callers: int | None = None,
    bar: Bar = no_bar,
) -> Checkpoint | ExportedCheckpoint:
    """A checkpoint that is ready to answer.

    `onnx` runs the fp32 export of a checkpoint, which is made once and kept in the cache; torch is not loaded then.
    `auto` takes onnx on a CPU, in fp32, for an exported folder, the default model, and what has an export in the cache;
    any other checkpoint runs in torch, since an export takes minutes.

    Args:
        log: is told what is made at first use. bar: shows how far that is.
        n_callers: threads that call an exported model, each on one core; None takes one per core.

    Raises:
        CheckpointError: no checkpoint, damaged, on another base, or not to be exported.
        EnvironmentMissing: its base or engine is not installed.
        ConfigError: unknown device, dtype or engine, or one that does not fit the folder.
    """
    if dtype not in DTYPES:
        raise ConfigError(f"dtype is {dtype!r}; there are {' and '.join(DTYPES)}.")
    if engine not in ENGINES:
        raise ConfigError(f"engine is {engine!r}; there are {', '.join(ENGINES)}.")
    info = read_info(folder)
    exported = info.kind == EXPORTED
    if exported and engine == "torch":
        raise ConfigError(f"{folder}: an exported model has no torch weights; take engine onnx or auto.")
    if not exported and engine == "auto" and _suits_onnx(folder, info, device=device, dtype=dtype):
        try:
            return load_exported(_exported(folder, cached_export(folder, info), log=log, bar=bar), n_callers=n_callers)
        except EnvironmentMissing as error:
            (log or _silent)(f"{error} torch is taken instead, which is slower.")
    if not exported and engine != "onnx":
        return load_checkpoint(folder, device=resolve_device(device))
    _require_cpu(device=device, dtype=dtype)
    exported_folder = folder if exported else _exported(folder, cached_export(folder, info), log=log, bar=bar)
    return load_exported(exported_folder, n_callers=n_callers)


def _suits_onnx(folder: Path, info: CheckpointInfo, *, device: str, dtype: str) -> bool:
    """Whether the faster engine gives the same answers here, and at most once needs a minute or two to be prepared."""
    # Asking torch for a GPU would take seconds; where there is one, torch is asked later.
    on_cpu = device == "cpu" or (device == "auto" and shutil.which("nvidia-smi") is None)
    if not on_cpu or dtype != "fp32" or find_spec("onnxruntime") is None:
        return False
    made = cached_export(folder, info).is_dir()
    return made or (folder == shipped_checkpoint(DEFAULT_NAME) and find_spec("onnx") is not None)


def _silent(message: str) -> None:
    """Nobody wants to be told."""


def _exported(checkpoint: Path, folder: Path, *, log: Callable[[str], None] | None, bar: Bar) -> Path:
    if not folder.is_dir():
        require_engine(to_write=True)
        from stance.exporting.onnx import export_into_cache

        export_into_cache(checkpoint, folder, log=log or _silent, bar=bar)
    return folder


def _require_cpu(*, device: str, dtype: str) -> None:
    if device not in ("auto", "cpu"):
        raise ConfigError(f"device is {device!r}, but engine onnx runs on the cpu; take engine torch.")
    if dtype != "fp32":
        raise ConfigError(f"dtype is {dtype!r}, but an exported model has a precision of its own; take engine torch.")


def resolve_device(device: str) -> str:
    """`auto` becomes `cuda` where there is one, else `cpu`.

    Raises:
        ConfigError: unknown, or there is no such GPU.
    """
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    kind, _, number = device.partition(":")
    if kind not in ("cpu", "cuda") or (number and not number.isdigit()):
        raise ConfigError(f"device is {device!r}; there are auto, cpu, cuda and cuda:N.")
    if kind == "cuda" and int(number or 0) >= torch.cuda.device_count():
        raise ConfigError(f"device is {device!r}, but {torch.cuda.device_count()} GPUs are visible here; use cpu.")
    return device

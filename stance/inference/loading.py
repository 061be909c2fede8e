"""Open a checkpoint in torch, or an export of it in onnxruntime or OpenVINO, whichever is asked for or suits."""

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
from stance.modeling.engine import (
    WRITERS,
    Bar,
    ExportedCheckpoint,
    Form,
    cached_export,
    exported_form,
    load_exported,
    no_bar,
    require_engine,
)
from stance.modeling.processor import processor_flags

DTYPES = ("auto", "fp32", "bf16")
ENGINES = ("auto", "torch", "onnx")
# What a processor calls its units for bf16, of matrices or of vectors.
_BF16 = ("amx_bf16", "avx512_bf16")


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

    `onnx` runs an export of a checkpoint, which is made once and kept in the cache; torch is not loaded then. `auto`
    takes onnx on a CPU for the default model and what has such an export in the cache; any other checkpoint runs in
    torch, since an export takes minutes. An exported folder runs as what it is.

    In `auto` the numbers are those of an exported folder, else fp32, with which answers are the same on every machine.

    Args:
        log: is told what is made at first use. bar: shows how far that is.
        n_callers: threads that call an exported model, each on one core; None takes one per core.

    Raises:
        CheckpointError: no checkpoint, damaged, on another base, or not to be exported.
        EnvironmentMissing: its base or engine is not installed.
        ConfigError: unknown device, dtype or engine, or one that does not fit the folder.
    """
    if dtype not in DTYPES:
        raise ConfigError(f"dtype is {dtype!r}; there are {', '.join(DTYPES)}.")
    if engine not in ENGINES:
        raise ConfigError(f"engine is {engine!r}; there are {', '.join(ENGINES)}.")
    info = read_info(folder)
    if info.kind == EXPORTED:
        _require_fit(folder, exported_form(info), engine=engine, dtype=dtype)
        _require_cpu(device)
        return load_exported(folder, n_callers=n_callers)
    form = Form.fp32 if dtype == "auto" else Form(dtype)
    if engine == "auto" and _suits(folder, cached_export(folder, info, form), form, device=device):
        try:
            return load_exported(_exported(folder, info, form, log=log or _silent, bar=bar), n_callers=n_callers)
        except EnvironmentMissing as error:
            (log or _silent)(f"{error} torch is taken instead, which is slower.")
    if engine in ("auto", "torch"):
        return load_checkpoint(folder, device=resolve_device(device))
    _require_cpu(device)
    return load_exported(_exported(folder, info, form, log=log or _silent, bar=bar), n_callers=n_callers)


def _suits(folder: Path, export: Path, form: Form, *, device: str) -> bool:
    """Whether an export can be taken unasked: it is there, or it is that of the default model and can be made."""
    # Asking torch for a GPU would take seconds; where there is one, torch is asked later.
    on_cpu = device == "cpu" or (device == "auto" and shutil.which("nvidia-smi") is None)
    if not on_cpu or find_spec(form.package) is None:
        return False
    return export.is_dir() or (folder == shipped_checkpoint(DEFAULT_NAME) and all(map(find_spec, WRITERS)))


def _require_fit(folder: Path, form: Form, *, engine: str, dtype: str) -> None:
    if engine == "torch":
        raise ConfigError(f"{folder}: an exported model has no torch weights; take engine onnx or auto.")
    if dtype not in ("auto", form):
        raise ConfigError(f"{folder}: an export in {form}, but dtype is {dtype!r}; take auto, or export it in {dtype}.")


def _silent(message: str) -> None:
    """Nobody wants to be told."""


def _exported(checkpoint: Path, info: CheckpointInfo, form: Form, *, log: Callable[[str], None], bar: Bar) -> Path:
    if form is Form.bf16 and processor_flags().isdisjoint(_BF16):
        log("This processor has no units for bf16, so it will not be faster than fp32.")
    folder = cached_export(checkpoint, info, form)
    if not folder.is_dir():
        require_engine(form, to_write=True)
        from stance.exporting.onnx import export_into_cache

        export_into_cache(checkpoint, folder, form=form, log=log, bar=bar)
    return folder


def _require_cpu(device: str) -> None:
    if device not in ("auto", "cpu"):
        raise ConfigError(f"device is {device!r}, but an exported model runs on the cpu; take engine torch.")


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

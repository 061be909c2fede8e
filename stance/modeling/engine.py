"""Run an exported model with onnxruntime: neither torch nor transformers is loaded."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stance.errors import CheckpointError, EnvironmentMissing
from stance.modeling.cache import cache_dir
from stance.modeling.checkpoint import CheckpointInfo, model_id, read_info
from stance.modeling.encoding import EncodedQuery
from stance.modeling.model import load_tokenizer
from stance.modeling.packing import make_stream, pack_queries

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

# Opens a progress bar for so many items, which is told how many more are done.
Bar = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]

EXPORT_VERSION = 3  # raised whenever exports come out otherwise; older ones in the cache are then made anew
GRAPH_FILE, WEIGHTS_FILE = "model.onnx", "weights.bin"
# Attention costs in the square of a stream and every token sees but a part of it: a longer one would be slower.
STREAM_TOKENS = 256
# So that a sum is taken in the same order whatever stands beside it, to the last bit: the processor's vector loops then
# leave no remainder, which they would compute in another way, and onnxruntime cuts no product of matrices otherwise,
# as it does for one of 64 columns or fewer.
_MULTIPLE, _LEAST = 4, 68


@contextmanager
def no_bar(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """Shows nothing."""
    yield lambda n_done: None


@dataclass(frozen=True, slots=True)
class ExportedCheckpoint:
    """An exported model with all that turns a query into calibrated probabilities."""

    info: CheckpointInfo
    model: OnnxModel
    tokenizer: Tokenizer
    model_id: str


@dataclass(frozen=True, slots=True)
class OnnxModel:
    """An open graph, how many threads call it at a time, each of them on one core, and how long its streams may be."""

    session: Any
    n_callers: int
    stream_tokens: int = STREAM_TOKENS


def load_exported(folder: Path, *, n_callers: int | None = None) -> ExportedCheckpoint:
    """Load a folder that `stance export onnx` wrote; see `load_engine`.

    Raises:
        CheckpointError: the folder is none, or damaged.
        EnvironmentMissing: onnxruntime is not installed.
    """
    from concurrent.futures import ThreadPoolExecutor

    info = read_info(folder)
    # Graph and tokenizer take about as long, and neither needs Python's lock.
    with ThreadPoolExecutor(1) as opener:
        opening = opener.submit(load_engine, folder, n_callers=n_callers)
        tokenizer = load_tokenizer(folder)
        return ExportedCheckpoint(info, opening.result(), tokenizer, model_id(folder, info))


def cached_export(checkpoint: Path, info: CheckpointInfo) -> Path:
    """Where the fp32 export of a checkpoint lies in the cache, or would."""
    name = model_id(checkpoint, info).replace("@", "-")
    return cache_dir() / "exports" / f"{name}-fp32-{EXPORT_VERSION}"


def require_engine(*, to_write: bool = False) -> None:
    """Make sure that what runs an exported model, or writes one, is installed; it is not imported for that.

    Raises:
        EnvironmentMissing: gives the command that installs it.
    """
    for package in ("onnxruntime", "onnx") if to_write else ("onnxruntime",):
        if find_spec(package) is None:
            raise EnvironmentMissing(
                f"The engine for exported models needs {package}, which is not installed: "
                "pip install 'stance-news[onnx]', or take --engine torch with a checkpoint."
            )


def load_engine(folder: Path, *, n_callers: int | None = None) -> OnnxModel:
    """Open the graph of an exported folder; its weights are mapped into memory.

    Args:
        n_callers: None takes as many as this process has cores.

    Raises:
        EnvironmentMissing: onnxruntime is not installed.
        CheckpointError: the graph or its weights are missing or damaged.
    """
    require_engine()
    for name in (GRAPH_FILE, WEIGHTS_FILE):
        if not (folder / name).is_file():
            raise CheckpointError(f"{folder}: no {name} in it; write it anew with `stance export onnx`.")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    defects = onnxruntime.capi.onnxruntime_pybind11_state
    try:
        session = onnxruntime.InferenceSession(folder / GRAPH_FILE, options, providers=["CPUExecutionProvider"])
    except (defects.Fail, defects.InvalidGraph, defects.InvalidProtobuf, defects.RuntimeException) as error:
        raise CheckpointError(f"{folder / GRAPH_FILE}: cannot be opened ({str(error).splitlines()[0]}).") from error
    return OnnxModel(session, n_callers or len(os.sched_getaffinity(0)))


def run_packed(
    model: OnnxModel, queries: Sequence[EncodedQuery], *, max_tokens: int
) -> Iterator[tuple[list[EncodedQuery], NDArray[np.float32]]]:
    """Yield queries and their logits [queries, 3], a stream at a time, in an order that is always the same.

    Args:
        max_tokens: of a stream; no longer than `model.stream_tokens` all the same.
    """
    packs = pack_queries(queries, max_tokens=min(max_tokens, model.stream_tokens))

    def run(pack: list[EncodedQuery]) -> tuple[list[EncodedQuery], NDArray[np.float32]]:
        stream, ordered = make_stream(pack, multiple=_MULTIPLE, least=_LEAST)
        feed = {"ids": stream.ids, "position": stream.position, "end": stream.end, "last": stream.last}
        return ordered, model.session.run(None, feed)[0]

    if model.n_callers == 1 or len(packs) == 1:
        yield from map(run, packs)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(model.n_callers) as callers:
        yield from callers.map(run, packs)

"""Run an exported model with onnxruntime or OpenVINO: neither torch nor transformers is loaded."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from queue import SimpleQueue
from types import ModuleType
from typing import TYPE_CHECKING, Any

from stance.errors import CheckpointError, EnvironmentMissing
from stance.modeling.cache import cache_dir
from stance.modeling.checkpoint import CheckpointInfo, model_id, read_info
from stance.modeling.embeddings import EMBEDDINGS_FILE, EmbeddingTable, open_embeddings
from stance.modeling.encoding import EncodedQuery, TextTokenizer
from stance.modeling.model import TOKENIZER_FILE, load_tokenizer
from stance.modeling.packing import Pack, batch_packs, make_stream, pack_queries, stack_streams
from stance.modeling.pieces import PIECES_FILE, PieceTokenizer, load_pieces

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Opens a progress bar for so many items, which is told how many more are done.
Bar = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]

# What answers inputs by name with logits; several threads may call it at a time.
Answer = Callable[[dict[str, "NDArray[Any]"]], "NDArray[np.float32]"]

WRITERS = ("onnx", "sentencepiece")  # the packages that an export is written with
EXPORT_VERSION = 8  # raised whenever exports come out otherwise; older ones in the cache are then made anew
GRAPH_FILE, WEIGHTS_FILE = "model.onnx", "weights.bin"
# Attention costs in the square of a stream, and every token sees but a part of it; products want many tokens.
STREAM_TOKENS, BATCH_TOKENS = 128, 1024
# What a stream is filled up to. Few lengths, for an engine keeps what it has prepared for each. And so that a sum is
# taken in the same order whatever stands beside it, to the last bit: the processor's vector loops then leave no
# remainder, which they would compute in another way, and onnxruntime cuts no product of matrices otherwise, as it does
# for one of 64 columns or fewer.
_MULTIPLE, _LEAST = 32, 96


class Form(StrEnum):
    """The numbers that an exported model calculates with."""

    fp32 = "fp32"
    bf16 = "bf16"
    int8 = "int8"

    @property
    def package(self) -> str:
        """What runs it: OpenVINO has bf16, and eight bits with a scale for each token; onnxruntime has neither."""
        return "onnxruntime" if self is Form.fp32 else "openvino"


@contextmanager
def no_bar(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """Shows nothing."""
    yield lambda n_done: None


@dataclass(frozen=True, slots=True)
class ExportedCheckpoint:
    """An exported model with all that turns a query into calibrated probabilities."""

    info: CheckpointInfo
    model: ExportedModel
    tokenizer: TextTokenizer
    model_id: str


@dataclass(frozen=True, slots=True)
class ExportedModel:
    """An open graph and its embeddings, how many threads call it at a time, each of them on one core, and what it is
    given at most."""

    answer: Answer
    embeddings: EmbeddingTable
    n_callers: int
    stream_tokens: int = STREAM_TOKENS
    batch_tokens: int = BATCH_TOKENS


def load_exported(folder: Path, *, n_callers: int | None = None) -> ExportedCheckpoint:
    """Load a folder that `stance export onnx` wrote; see `load_engine`.

    Raises:
        CheckpointError: the folder is none, or damaged.
        EnvironmentMissing: what runs it is not installed.
    """
    info = read_info(folder)
    model, tokenizer = load_engine(folder, exported_form(info), n_callers=n_callers), load_exported_tokenizer(folder)
    if isinstance(tokenizer, PieceTokenizer) and tokenizer.n_pieces != model.embeddings.n_rows:
        raise CheckpointError(
            f"{folder}: {tokenizer.n_pieces} pieces, but {model.embeddings.n_rows} embeddings; its files are of two "
            "exports. Write it anew with `stance export onnx`."
        )
    return ExportedCheckpoint(info, model, tokenizer, model_id(folder, info))


def load_exported_tokenizer(folder: Path) -> TextTokenizer:
    """The tokenizer of an exported folder, of whichever kind it is.

    Raises:
        CheckpointError: it is missing or damaged.
        EnvironmentMissing: what runs it is not installed.
    """
    if (folder / PIECES_FILE).is_file():
        return load_pieces(folder)
    if not (folder / TOKENIZER_FILE).is_file():
        raise CheckpointError(f"{folder}: no {PIECES_FILE} in it; write it anew with `stance export onnx`.")
    return load_tokenizer(folder)


def exported_form(info: CheckpointInfo) -> Form:
    """What an exported model calculates with.

    Raises:
        CheckpointError: its description says nothing that is known here.
    """
    form = (info.export or {}).get("precision")
    if form not in set(Form):
        raise CheckpointError(
            f"{info.name}: its stance.json names the precision {form!r}; there are {', '.join(Form)}."
        )
    return Form(form)


def cached_export(checkpoint: Path, info: CheckpointInfo, form: Form) -> Path:
    """Where the export of a checkpoint lies in the cache, or would."""
    name = model_id(checkpoint, info).replace("@", "-")
    return cache_dir() / "exports" / f"{name}-{form}-{EXPORT_VERSION}"


def require_engine(form: Form, *, to_write: bool = False) -> None:
    """Make sure that what runs an exported model, or writes one, is installed; it is not imported for that.

    Raises:
        EnvironmentMissing: gives the command that installs it.
    """
    for package in (form.package, *WRITERS) if to_write else (form.package,):
        if find_spec(package) is None:
            raise EnvironmentMissing(
                f"The engine for exported models needs {package}, which is not installed: "
                "pip install 'stance-news[onnx]', or take --engine torch with a checkpoint."
            )


def load_engine(folder: Path, form: Form, *, n_callers: int | None = None) -> ExportedModel:
    """Open graph and embeddings of an exported folder; the weights are mapped into memory.

    Args:
        n_callers: None takes as many as this process has cores.

    Raises:
        EnvironmentMissing: what runs it is not installed.
        CheckpointError: the graph, its weights or its embeddings are missing or damaged.
    """
    require_engine(form)
    for name in (GRAPH_FILE, WEIGHTS_FILE, EMBEDDINGS_FILE):
        if not (folder / name).is_file():
            raise CheckpointError(f"{folder}: no {name} in it; write it anew with `stance export onnx`.")
    n_callers = n_callers or len(os.sched_getaffinity(0))
    graph = folder / GRAPH_FILE
    answer = _with_onnxruntime(graph) if form is Form.fp32 else _with_openvino(graph, n_callers=n_callers)
    return ExportedModel(answer, open_embeddings(folder), n_callers)


def _with_onnxruntime(graph: Path) -> Answer:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Weights that are rearranged beforehand are copies: each process had its own, and waited for them. Without, a pass
    # takes somewhat longer.
    options.add_session_config_entry("session.disable_prepacking", "1")
    defects = onnxruntime.capi.onnxruntime_pybind11_state
    try:
        session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except (defects.Fail, defects.InvalidGraph, defects.InvalidProtobuf, defects.RuntimeException) as error:
        raise _damaged(graph, error) from error
    return lambda inputs: session.run(None, inputs)[0]


def _with_openvino(graph: Path, *, n_callers: int) -> Answer:
    """Where the processor has nothing for bf16, OpenVINO calculates in fp32."""
    options = {
        "INFERENCE_PRECISION_HINT": "bf16",
        "NUM_STREAMS": n_callers,
        "INFERENCE_NUM_THREADS": n_callers,
        # Several processes would be bound to the same cores.
        "ENABLE_CPU_PINNING": False,
    }
    try:
        compiled = _core().compile_model(graph, "CPU", options)
    except RuntimeError as error:
        raise _damaged(graph, error) from error
    idle: SimpleQueue[Any] = SimpleQueue()
    for _ in range(n_callers):
        idle.put(compiled.create_infer_request())

    def answer(inputs: dict[str, NDArray[Any]]) -> NDArray[np.float32]:
        request = idle.get()
        try:
            logits: NDArray[np.float32] = request.infer(inputs)[0].copy()
            return logits
        finally:
            idle.put(request)

    return answer


@cache
def _core() -> Any:
    """OpenVINO's core, one for all models and for as long as the process lives.

    Each gives the thread another stack for its signals and puts the former one back when it goes, even if that has been
    freed meanwhile: after two cores the next signal, Ctrl-C too, ended the process.
    """
    openvino = _openvino()
    # It makes its table of number types when an array is first asked of it, behind a lock; a second thread that comes
    # there meanwhile waits with Python's lock in its hands, which the first one needs. So it is asked here already.
    _ = openvino.Tensor(openvino.Type.f32, openvino.Shape([1])).data
    return openvino.Core()


def _openvino() -> Any:
    """The package without its converter of models, which brings telemetry and takes half of the time of importing.

    A process that had loaded it could lose its standard streams when it trained later.
    """
    converter = "openvino.tools.ovc"
    if "openvino" in sys.modules:
        return import_module("openvino")
    stand_in = ModuleType(converter)
    stand_in.convert_model = None  # type: ignore[attr-defined]
    sys.modules[converter] = stand_in
    try:
        return import_module("openvino")
    finally:
        del sys.modules[converter]


def _damaged(graph: Path, error: Exception) -> CheckpointError:
    return CheckpointError(f"{graph}: cannot be opened ({str(error).strip().splitlines()[0]}).")


def run_packed(
    model: ExportedModel, queries: Sequence[EncodedQuery], *, max_tokens: int
) -> Iterator[tuple[list[EncodedQuery], NDArray[np.float32]]]:
    """Yield queries and their logits [queries, 3], a batch at a time, in an order that is always the same.

    Args:
        max_tokens: of a batch, about; no more than `model.batch_tokens` all the same.
    """
    packs = pack_queries(queries, max_tokens=min(max_tokens, model.stream_tokens))
    limit = min(max_tokens, model.batch_tokens)
    batches = list(batch_packs(packs, max_tokens=limit, n_callers=model.n_callers))

    def run(together: list[Pack]) -> tuple[list[EncodedQuery], NDArray[np.float32]]:
        streams = [make_stream(pack.queries) for pack in together]
        batch = stack_streams(streams, multiple=_MULTIPLE, least=_LEAST)
        return batch.answers(model.answer({"embedded": model.embeddings.rows(batch.ids), **batch.places}))

    if model.n_callers == 1 or len(batches) == 1:
        yield from map(run, batches)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(model.n_callers) as callers:
        yield from callers.map(run, batches)

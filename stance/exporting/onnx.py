"""A checkpoint as a folder that runs without torch: graph, weights, tokenizer and description."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from stance.data.rows import Row, read_rows
from stance.data.shipped import shipped_folder
from stance.data.training_texts import TrainingTexts
from stance.data.transliteration import latin_query
from stance.errors import CheckpointError
from stance.evaluation.metrics import macro_f1
from stance.exporting.corpus import shipped_texts
from stance.exporting.gemma import check_architecture, write_gemma_graph
from stance.exporting.pieces import sentencepiece_model
from stance.exporting.vocabulary import Scope, Vocabulary, trim_vocabulary
from stance.modeling.cache import ensure_folder
from stance.modeling.card import render_card
from stance.modeling.checkpoint import CARD_FILE, EXPORTED, Checkpoint, CheckpointInfo, load_checkpoint, write_info
from stance.modeling.encoding import EncodedQuery, EncodingOptions, TextTokenizer, encode_queries
from stance.modeling.engine import (
    Bar,
    ExportedModel,
    Form,
    load_engine,
    load_exported_tokenizer,
    no_bar,
)
from stance.modeling.model import TOKENIZER_FILE
from stance.modeling.notices import is_gemma, write_gemma_notices
from stance.modeling.pieces import PIECES_FILE
from stance.modeling.runtime import predict_logits
from stance.types import STANCES, Stance

if TYPE_CHECKING:
    from transformers import PreTrainedModel

MIN_AGREEMENT = 0.985
MAX_MACRO_F1_LOSS = 0.005
COMPARED_ROWS, FIRST_USE_ROWS, CALIBRATION_ROWS = 1000, 100, 200
_NEEDED_BYTES = 1_400_000_000  # embeddings that were trained are kept in fp32
_BATCH_TOKENS = 2048


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the exported model answers held-out rows beside the checkpoint in torch.

    agreement: share of rows with the same most probable stance; macro_f1: of the exported one, and of torch.
    """

    rows: int
    agreement: float
    macro_f1: float
    torch_macro_f1: float

    @property
    def good(self) -> bool:
        """Whether it is near enough to take the checkpoint's place."""
        lost = self.torch_macro_f1 - self.macro_f1
        return self.agreement >= MIN_AGREEMENT and lost <= MAX_MACRO_F1_LOSS

    def __str__(self) -> str:
        return (
            f"of {self.rows} held-out rows {self.agreement:.2%} have the same stance as in torch; macro-F1 "
            f"{self.macro_f1:.4f}, in torch {self.torch_macro_f1:.4f}"
        )


def export_onnx(
    checkpoint: Path,
    destination: Path,
    *,
    form: Form = Form.fp32,
    scope: Scope = Scope.ALL,
    force: bool = False,
    n_rows: int = COMPARED_ROWS,
    log: Callable[[str], None],
    bar: Bar = no_bar,
) -> Comparison:
    """Write the folder and return how it compares on rows of the shipped test split.

    Args:
        form: what it calculates with; int8 is calibrated on rows of the shipped dev split.
        scope: which pieces of the vocabulary are kept, with their embeddings; see `trim_vocabulary`.
        force: keep the folder even if it compares badly; its description says so.
        n_rows: to compare on, at even distances in the files, so that each language has its share.

    Raises:
        CheckpointError: the destination exists, the checkpoint cannot be loaded or is no Gemma 3, or the exported
            model is not good enough.
        EnvironmentMissing: its base or what runs the export is not installed.
    """
    if destination.exists():
        raise CheckpointError(f"{destination}: exists already; name a new folder.")
    destination.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{destination.name}.part-", dir=destination.parent))
    try:
        comparison = fill_folder(part, checkpoint, form=form, scope=scope, force=force, n_rows=n_rows, log=log, bar=bar)
        part.chmod(0o755)
        os.replace(part, destination)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return comparison


def export_into_cache(checkpoint: Path, folder: Path, *, form: Form, log: Callable[[str], None], bar: Bar) -> None:
    """Make the export of a checkpoint in the cache, unless another process has made it meanwhile.

    It keeps what texts in the scripts of our languages need, which changes nothing for these, and is compared on fewer
    rows than `export_onnx` does, as somebody is waiting.

    Raises:
        CheckpointError: the checkpoint cannot be loaded or is no Gemma 3, or its export is not good enough.
        EnvironmentMissing: its base or the engine is not installed, or the cache has no room.
    """

    def fill(part: Path) -> None:
        log("Preparing the engine; this is done once and takes a minute or two.")
        comparison = fill_folder(
            part,
            checkpoint,
            form=form,
            scope=None,
            force=False,
            n_rows=FIRST_USE_ROWS,
            log=log,
            bar=bar,
        )
        log(f"It is ready: {comparison}.")

    ensure_folder(folder, fill, needed_bytes=_NEEDED_BYTES)


def fill_folder(
    folder: Path,
    checkpoint: Path,
    *,
    form: Form,
    scope: Scope | None,
    force: bool,
    n_rows: int,
    log: Callable[[str], None],
    bar: Bar,
) -> Comparison:
    """Write the files of an export into an existing folder; see `export_onnx`."""
    loaded = load_checkpoint(checkpoint)
    check_architecture(loaded.model)
    shipped = read_rows(shipped_folder("sentences"), need_stance=True)
    rows = _evenly(shipped, split="test", n_rows=n_rows)
    # First, for it is the untouched model that the export has to be like.
    with bar("Asking torch", len(rows)) as advance:
        expected = _answers(loaded.model, _encode(rows, loaded.tokenizer, loaded.info), advance)
    vocabulary = trim_vocabulary(
        loaded.tokenizer, scope, texts=lambda: shipped_texts(shipped, options=loaded.info.encoding)
    )
    _write_tokenizer(folder, vocabulary)
    loaded = _with_vocabulary(loaded, vocabulary)
    calibrated_on = _evenly(shipped, split="dev", n_rows=CALIBRATION_ROWS if form is Form.int8 else 0)
    calibration = _encode(calibrated_on, loaded.tokenizer, loaded.info)
    log(f"Writing the graph of {loaded.model_id} ({form}, {vocabulary}) ...")
    longest = _longest(loaded.info.encoding)
    rounding = write_gemma_graph(folder, loaded.model, form=form, max_tokens=longest, calibration=calibration)
    if rounding is not None:
        log(f"{rounding}.")
    encoded = _encode(rows, load_exported_tokenizer(folder), loaded.info)
    with bar("Comparing the engine", len(rows)) as advance:
        found = _answers(load_engine(folder, form), encoded, advance)
    comparison = _compare(rows, found, expected)
    if not comparison.good and not force:
        raise CheckpointError(
            f"{loaded.model_id}: {comparison}. At least {MIN_AGREEMENT:.1%} agreement and at most "
            f"{MAX_MACRO_F1_LOSS} lost macro-F1 are wanted, so nothing was written; --force writes it all the same."
        )
    _describe(folder, loaded, comparison, vocabulary, form=form, forced=not comparison.good)
    trained_on = TrainingTexts.read(checkpoint)
    if trained_on is not None:
        trained_on.write(folder)
    return comparison


def _write_tokenizer(folder: Path, vocabulary: Vocabulary) -> None:
    pieces = sentencepiece_model(vocabulary.file)
    if pieces is None:
        (folder / TOKENIZER_FILE).write_text(vocabulary.file, encoding="utf-8")
    else:
        (folder / PIECES_FILE).write_bytes(pieces)


def _answers(
    model: PreTrainedModel | ExportedModel, encoded: Sequence[EncodedQuery], progress: Callable[[int], None]
) -> list[Stance]:
    best = predict_logits(model, encoded, batch_tokens=_BATCH_TOKENS, progress=progress).argmax(axis=1)
    return [STANCES[index] for index in best]


def _compare(rows: Sequence[Row], found: Sequence[Stance], expected: Sequence[Stance]) -> Comparison:
    gold = [row.stance for row in rows if row.stance is not None]
    agreement = float(np.mean([one == other for one, other in zip(found, expected, strict=True)]))
    return Comparison(len(rows), agreement, macro_f1(gold, found), macro_f1(gold, expected))


def _with_vocabulary(loaded: Checkpoint, vocabulary: Vocabulary) -> Checkpoint:
    """The checkpoint with the embeddings and ids of these pieces only; its model is changed in place."""
    import torch

    model = loaded.model
    embeddings = model.get_input_embeddings()
    embeddings.weight = torch.nn.Parameter(embeddings.weight[torch.from_numpy(vocabulary.kept)], requires_grad=False)
    model.config.pad_token_id = vocabulary.new_id(model.config.pad_token_id)
    encoding = replace(loaded.info.encoding, frame=vocabulary.frame(loaded.info.encoding.frame))
    return replace(loaded, info=replace(loaded.info, encoding=encoding), tokenizer=vocabulary.tokenizer)


def _describe(
    folder: Path, loaded: Checkpoint, comparison: Comparison, vocabulary: Vocabulary, *, form: Form, forced: bool
) -> None:
    kept = {"scope": vocabulary.scope.value, "pieces": len(vocabulary.kept), "of": vocabulary.n_before}
    export = {
        "model_id": loaded.model_id,
        "precision": form.value,
        "vocabulary": kept,
        "forced": forced,
        **asdict(comparison),
    }
    info = replace(loaded.info, kind=EXPORTED, export=export)
    write_info(folder, info)
    trim = f" --trim-vocab {vocabulary.scope}" if vocabulary.scope is not Scope.ALL else ""
    command = f"stance export onnx {loaded.info.name} DESTINATION" + ("" if form is Form.fp32 else f" --{form}") + trim
    lines = [
        render_card(info, command=command),
        f"## Export\n\nFrom `{loaded.model_id}` in {form} with {vocabulary}: {comparison}.",
    ]
    if forced:
        lines.append("**It is not as near to the checkpoint as an export should be and was written with --force.**")
    (folder / CARD_FILE).write_text("\n".join([*lines, ""]), encoding="utf-8")
    if is_gemma(loaded.model.config.model_type):
        done = f"a stance checkpoint was merged into full weights and written as an ONNX graph in {form}."
        write_gemma_notices(folder, modification=done)


def _evenly(rows: Sequence[Row], *, split: str, n_rows: int) -> list[Row]:
    """So many rows of a split, at even distances, so that every language has its share."""
    of_split = [row for row in rows if row.record.get("split") == split]
    chosen = np.linspace(0, len(of_split) - 1, min(n_rows, len(of_split))).astype(int)
    return [of_split[index] for index in chosen]


def _encode(rows: Sequence[Row], tokenizer: TextTokenizer, info: CheckpointInfo) -> list[EncodedQuery]:
    return encode_queries([latin_query(row.query) for row in rows], tokenizer, options=info.encoding)


def _longest(options: EncodingOptions) -> int:
    """Tokens of the longest query that the options allow."""
    frame = options.frame
    around = len(frame.prefix) + len(frame.separator) + len(frame.suffix)
    # A question whose wording alone is longer than its limit is kept whole, so there is room for as much again.
    return around + options.max_text_tokens + 2 * options.max_question_tokens

"""Score queries and rows with a checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from stance.data.rows import Row, parse_row
from stance.errors import ConfigError
from stance.inference.loading import open_checkpoint
from stance.modeling.asking import DEFAULT_BATCH_TOKENS, answer
from stance.modeling.calibration import prediction_set
from stance.modeling.checkpoint import Checkpoint, CheckpointInfo, checkpoint_folder
from stance.modeling.engine import Bar, ExportedCheckpoint, no_bar
from stance.types import STANCES, Reason, Stance, StancePrediction, StanceQuery


@dataclass(frozen=True, slots=True)
class StanceClassifier:
    """A loaded model with the settings of its inference.

    batch_tokens: at most so many tokens in a batch, padding included; it changes speed, never a result.
    dtype: `fp32`, `bf16` (probabilities move by about 0.01), or `auto`; see `stance.inference.loading.open_checkpoint`.
    latin: whether the model is given Serbian Cyrillic in Latin letters, which the default one reads better. A model
        that asks for a script of its own is given that one.
    """

    checkpoint: Checkpoint | ExportedCheckpoint
    batch_tokens: int = DEFAULT_BATCH_TOKENS
    dtype: str = "auto"
    latin: bool = True

    @classmethod
    def from_pretrained(
        cls,
        model: str | Path | None = None,
        *,
        device: str = "auto",
        batch_tokens: int = DEFAULT_BATCH_TOKENS,
        dtype: str = "auto",
        latin: bool = True,
        engine: str = "auto",
        log: Callable[[str], None] | None = None,
        n_callers: int | None = None,
        bar: Bar = no_bar,
    ) -> Self:
        """Load a checkpoint folder or an exported one; None loads the default model that ships with the package.

        Args:
            device: `auto`, `cpu`, `cuda` or `cuda:N`.
            engine: `torch`, `onnx` or `auto`; see `stance.inference.loading.open_checkpoint`.
            log: is told what is made at first use, as it may take minutes. bar: shows how far that is.
            n_callers: threads that call an exported model; None takes one per core.

        Raises:
            CheckpointError: no checkpoint, damaged, or on another base.
            EnvironmentMissing: its base or engine is not installed.
            ConfigError: unknown device, dtype or engine, or one that does not fit the folder.
        """
        if batch_tokens < 1:
            raise ConfigError(f"batch_tokens is {batch_tokens}; it must be at least 1.")
        return cls(
            open_checkpoint(
                checkpoint_folder(model),
                engine=engine,
                device=device,
                dtype=dtype,
                log=log,
                n_callers=n_callers,
                bar=bar,
            ),
            batch_tokens=batch_tokens,
            dtype=dtype,
            latin=latin,
        )

    @property
    def info(self) -> CheckpointInfo:
        return self.checkpoint.info

    @property
    def model_id(self) -> str:
        return self.checkpoint.model_id

    def predict(
        self, rows: Iterable[StanceQuery | Row | Mapping[str, Any]], *, progress: Callable[[int], None] | None = None
    ) -> list[StancePrediction]:
        """One prediction per row, input order; how a row is put to the model: see `stance.modeling.asking.answer`.

        Args:
            rows: queries, or mappings `{"text", "actor", "target"}` with actor None for the text's own voice.
            progress: called with the number of rows done after each batch.

        Raises:
            DataError: a mapping is no row.
        """
        queries = [as_query(row, index=index) for index, row in enumerate(rows)]
        logits, encoded = answer(
            self.checkpoint,
            queries,
            batch_tokens=self.batch_tokens,
            latin=self.latin,
            bf16=self.dtype == "bf16",
            progress=progress,
        )
        info = self.info
        probabilities = info.probabilities(logits, langs=[query.lang for query in queries])
        in_set = info.thresholds.get("set_probability")
        return [
            StancePrediction(
                query=query,
                probabilities=(float(row[0]), float(row[1]), float(row[2])),
                stance=STANCES[int(row.argmax())],
                calibrated=info.temperature is not None,
                truncated=encoding.truncated,
                prediction_set=None if in_set is None else prediction_set(row.tolist(), threshold=in_set),
            )
            for query, row, encoding in zip(queries, probabilities, encoded, strict=True)
        ]


def as_query(row: StanceQuery | Row | Mapping[str, Any], *, index: int) -> StanceQuery:
    """The query of a row in any of its three forms.

    Raises:
        DataError: a mapping is no row.
    """
    if isinstance(row, StanceQuery):
        return row
    if isinstance(row, Row):
        return row.query
    return parse_row(row, place=f"rows[{index}]", need_stance=False).query


def abstain(predictions: Sequence[StancePrediction], *, min_probability: float) -> list[StancePrediction]:
    """The predictions, with a reason where no side may be given.

    A statement without a holder abstains with `no_speaker`; a side below `min_probability` with `low_confidence`.
    """
    return [_with_reason(prediction, min_probability=min_probability) for prediction in predictions]


def _with_reason(prediction: StancePrediction, *, min_probability: float) -> StancePrediction:
    statement = prediction.query.statement
    if statement is not None and statement.speaker is None:
        return replace(prediction, reason=Reason.NO_SPEAKER)
    if prediction.stance is not Stance.NEUTRAL and prediction.probability < min_probability:
        return replace(prediction, reason=Reason.LOW_CONFIDENCE)
    return prediction

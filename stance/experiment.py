"""One training run: read -> split -> encode -> train -> compress -> calibrate -> evaluate -> save."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stance.config import (
    CheckpointKind,
    EncodingConfig,
    ExperimentConfig,
    Method,
    check_experiment,
)
from stance.data.dataset import Dataset, load_dataset
from stance.data.training_texts import TrainingTexts
from stance.errors import ConfigError, DataError
from stance.modeling.asking import answer
from stance.modeling.bases import locate_base
from stance.modeling.card import render_card
from stance.modeling.checkpoint import (
    DELTA,
    FULL,
    INFO_FILE,
    Checkpoint,
    CheckpointInfo,
    checkpoint_folder,
    load_checkpoint,
    patch_model,
    save_checkpoint,
)
from stance.modeling.delta import compress
from stance.modeling.encoding import EncodingOptions, Frame
from stance.modeling.fingerprint import base_fingerprint
from stance.modeling.model import (
    frame_for,
    head_from_words,
    load_classifier,
    load_config,
    load_tokenizer,
    reset_head,
    script_for,
)
from stance.training.calibrate import DEFAULT_MIN_PROBABILITY, MIN_DEV_ROWS, calibrate, inherit
from stance.training.figures import figures, target_names
from stance.training.fit import Watch, fit, gold_labels
from stance.training.processes import by_first, require_even_shares
from stance.training.rows import dev_rows, training_rows
from stance.training.tracking import require_tracker
from stance.types import StanceExample

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tokenizers import Tokenizer
    from torch import Tensor
    from transformers import PreTrainedModel


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where the checkpoint lies, and what it scores on dev and on the held-out test split.

    dev: the dev rows; dev_probabilities: what the checkpoint gives them, [rows, 3], in the order of STANCES.
    """

    folder: Path
    metrics: dict[str, Any]
    dev: Sequence[StanceExample]
    dev_probabilities: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Start:
    """The model that a run starts from: a bare base with a fresh head, or a checkpoint, its `parent`.

    calibrated: the checkpoint whose calibration stays where dev has too few rows for one; None where there is none.
    averaged: descriptions of the checkpoints whose mean the model is.
    trained_on: sentences that the model has seen so far, but for those of the base; None where they are not known.
    """

    model: PreTrainedModel
    tokenizer: Tokenizer
    base: str
    base_folder: Path
    num_layers: int | None
    frame: Frame
    parent: Checkpoint | None = None
    calibrated: CheckpointInfo | None = None
    averaged: tuple[dict[str, Any], ...] = ()
    trained_on: TrainingTexts | None = None


def run(config: ExperimentConfig, *, command: str, log: Callable[[str], None], watch: Watch | None = None) -> Outcome:
    """Train as `config` says and write `output_dir/checkpoint`.

    Of several processes the first one writes; all return what it does.

    Args:
        command: how the user started this, for the model card.
        log: takes the lines that say how far the run is.
        watch: see `fit`.

    Raises:
        ConfigError, DataError, CheckpointError, EnvironmentMissing: the user's input does not fit.
    """
    check_experiment(config)
    require_tracker(config.training.tracker)
    require_even_shares(config.training.batch_size)
    dataset = load_dataset(config.data, seed=config.seed, seen=_seen_before(config))
    goes_on = (checkpoint_folder(config.model.base) / INFO_FILE).is_file()
    if not dataset.train or not (dataset.dev or goes_on):
        raise DataError(
            f"data: {len(dataset.train)} training rows and {len(dataset.dev)} dev rows are left after the split; both "
            "are needed, but for dev where training goes on from a checkpoint, whose calibration is kept then. Give "
            "more sentences or change data.dev_fraction."
        )
    output_dir = Path(config.output_dir)
    output_dir.mkdir(parents=True, exist_ok=True)
    start = _start(config, log=log)
    options = encoding_options(config.encoding, frame=start.frame, script=script_for(start.model.config))
    base_weights = snapshot(start) if config.checkpoint.kind is CheckpointKind.delta else None
    model = fit(
        start.model,
        training_rows(dataset.train, start.tokenizer, options, config=config, log=log),
        dev_rows(dataset.dev[: config.data.max_dev_rows], start.tokenizer, options),
        training=config.training,
        adaptation=config.model,
        output_dir=output_dir,
        seed=config.seed,
        resume=config.resume,
        log=log,
        watch=watch,
    )

    def save() -> Outcome:
        delta = None if base_weights is None else compress_into(model, base_weights, rank=delta_rank(config))
        folder = output_dir / "checkpoint"
        return finish(
            config, dataset, start, options, model=model, delta=delta, folder=folder, command=command, log=log
        )

    return by_first(save)


def encoding_options(config: EncodingConfig, *, frame: Frame, script: str) -> EncodingOptions:
    """The options that the checkpoint keeps."""
    return EncodingOptions(
        max_text_tokens=config.max_text_tokens,
        max_question_tokens=config.max_question_tokens,
        max_context_sentences=config.max_context_sentences,
        question=config.question,
        author_question=config.author_question,
        position_text=config.position_text.value,
        frame=frame,
        script=script,
    )


def config_sha256(config: ExperimentConfig) -> str:
    """Hash of every value that the weights may depend on: the places read from and written to are left out."""
    values = {key: value for key, value in asdict(config).items() if key not in ("output_dir", "resume", "sweep")}
    values["data"].pop("root")
    values["training"].pop("tracker")
    text = json.dumps(values, sort_keys=True, default=lambda v: v.value if isinstance(v, Enum) else str(v))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _seen_before(config: ExperimentConfig) -> TrainingTexts | None:
    """The sentences that the checkpoint a run starts from was trained on, where not all are to be taken again."""
    if config.data.seen_fraction == 1.0:
        return None
    seen = TrainingTexts.read(checkpoint_folder(config.model.base))
    if seen is None:
        raise ConfigError(
            f"data.seen_fraction is {config.data.seen_fraction}, but {config.model.base} is no checkpoint that says "
            "which sentences it has seen. Leave it at 1."
        )
    return seen


def _start(config: ExperimentConfig, *, log: Callable[[str], None]) -> Start:
    folder = checkpoint_folder(config.model.base)
    if (folder / INFO_FILE).is_file():
        if config.model.label_words is not None:
            raise ConfigError(
                f"model.label_words starts a fresh head, but {config.model.base} is a checkpoint with its own."
            )
        checkpoint = load_checkpoint(folder)
        info = checkpoint.info
        base_folder = folder if info.kind == FULL else locate_base(info.base)
        base = str(folder) if info.kind == FULL else info.base
        frame = info.encoding.frame
        return Start(
            checkpoint.model,
            checkpoint.tokenizer,
            base,
            base_folder,
            info.num_layers,
            frame,
            checkpoint,
            calibrated=info,
            trained_on=TrainingTexts.read(folder),
        )
    base_folder = locate_base(config.model.base, log=log)
    base_config = load_config(base_folder, num_layers=config.model.num_layers)
    tokenizer = load_tokenizer(base_folder)
    model = load_classifier(base_folder, config=base_config, seed=config.seed)
    if config.model.label_words is None:
        reset_head(model, std=config.model.head_init_std, seed=config.seed)
    else:
        head_from_words(model, tokenizer, config.model.label_words)
    frame = frame_for(base_config, tokenizer)
    return Start(
        model,
        tokenizer,
        config.model.base,
        base_folder,
        config.model.num_layers,
        frame,
        trained_on=TrainingTexts.of(()),
    )


def described(checkpoint: Checkpoint) -> dict[str, Any]:
    """What a checkpoint's descendants keep of it."""
    info = checkpoint.info
    return {
        "name": info.name,
        "model_id": checkpoint.model_id,
        "seed": info.seed,
        "data_sha256": info.data_sha256,
        "config_sha256": info.config_sha256,
    }


def snapshot(start: Start) -> dict[str, Tensor]:
    """The base's weights before training, without the head; embeddings are shared, not copied, when frozen."""
    bare = load_classifier(start.base_folder, config=start.model.config)
    prefix = bare.base_model_prefix + "."
    return {name: weight for name, weight in bare.state_dict().items() if name.startswith(prefix)}


def delta_rank(config: ExperimentConfig) -> int:
    """The rank per matrix of a run's delta."""
    return config.model.lora_rank if config.model.method is Method.lora else config.checkpoint.delta_rank


def compress_into(model: PreTrainedModel, base_weights: dict[str, Tensor], *, rank: int) -> dict[str, Tensor]:
    """The delta, put into the model at once: what is calibrated and evaluated is what is shipped."""
    delta = compress(model.state_dict(), base_weights, rank=rank)
    model.load_state_dict(base_weights, strict=False)
    patch_model(model, delta)
    return delta


def finish(
    config: ExperimentConfig,
    dataset: Dataset,
    start: Start,
    options: EncodingOptions,
    *,
    model: PreTrainedModel,
    delta: dict[str, Tensor] | None,
    folder: Path,
    command: str,
    log: Callable[[str], None],
) -> Outcome:
    """Calibrate a model on dev, evaluate it, and write it to `folder`."""
    info = CheckpointInfo(
        kind=FULL if delta is None else DELTA,
        name=config.name,
        base=start.base,
        base_sha256=None if delta is None else base_fingerprint(start.base_folder),
        num_layers=start.num_layers,
        encoding=options,
        temperature=None,
        thresholds={"min_probability": DEFAULT_MIN_PROBABILITY},
        data_sha256=dataset.sha256,
        config_sha256=config_sha256(config),
        seed=config.seed,
        parent=None if start.parent is None else described(start.parent),
        averaged=start.averaged,
        use=config.data.use.value,
    )
    checkpoint = Checkpoint(info=info, model=model, tokenizer=start.tokenizer, model_id="unsaved")
    dev_logits, dev_gold = _logits(checkpoint, dataset.dev)
    if start.calibrated is not None and len(dataset.dev) < MIN_DEV_ROWS:
        whose = "the parent's" if start.parent is not None else f"those of {start.calibrated.name}, the first"
        log(f"{len(dataset.dev)} dev rows are too few to calibrate: temperatures and thresholds stay {whose}")
        info = inherit(info, start.calibrated)
    else:
        info = calibrate(info, dev_logits, dev_gold, langs=_langs(dataset.dev), config=config.checkpoint)
    dev_probabilities = info.probabilities(dev_logits, langs=_langs(dataset.dev))
    known = target_names(dataset.train)
    metrics: dict[str, Any] = {
        "dev": figures(dataset.dev, dev_probabilities, known_targets=known) if dataset.dev else None,
        "test": None,
        "rows": dataset.counts,
        "licences": dataset.licences,
    }
    if dataset.test and config.evaluate_test:
        test_logits, _ = _logits(checkpoint, dataset.test)
        test_probabilities = info.probabilities(test_logits, langs=_langs(dataset.test))
        metrics["test"] = figures(dataset.test, test_probabilities, known_targets=known)
    info = replace(info, metrics=metrics)
    save_checkpoint(
        folder,
        info=info,
        card=render_card(info, command=command),
        model=model,
        delta=delta,
        tokenizer_folder=start.base_folder,
        modification=_modification(config, start),
        trained_on=_trained_on(dataset, start),
    )
    return Outcome(folder, metrics, dev=dataset.dev, dev_probabilities=dev_probabilities)


def _trained_on(dataset: Dataset, start: Start) -> TrainingTexts | None:
    if start.trained_on is None:
        return None
    return TrainingTexts.of(example.query.context.text for example in dataset.train).with_those_of(start.trained_on)


def _modification(config: ExperimentConfig, start: Start) -> str:
    layers = "all layers" if start.num_layers is None else f"the first {start.num_layers} layers"
    way = "full fine-tuning" if config.model.method is Method.full else "low-rank adapters"
    kept = " and stored as low-rank differences" if config.checkpoint.kind is CheckpointKind.delta else ""
    mean = f" The weights of {len(start.averaged)} such models were averaged." if start.averaged else ""
    return (
        f"{layers} were kept, given a three-way classification head, trained by {way} for stance detection{kept}.{mean}"
    )


def _langs(examples: Sequence[StanceExample]) -> list[str | None]:
    return [example.query.lang for example in examples]


def _logits(checkpoint: Checkpoint, examples: Sequence[StanceExample]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    logits, _ = answer(checkpoint, [example.query for example in examples])
    return logits, np.array(gold_labels([example.stance for example in examples]), dtype=np.int64)

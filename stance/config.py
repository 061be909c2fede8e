"""The shape and limits of every configuration; the values live in `configs/` only.

Plain dataclasses without defaults: a key missing from the YAML files is an error, not a silent default.
They are not frozen because OmegaConf merges into them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from stance.errors import ConfigError
from stance.types import STANCES


class Method(Enum):
    """How the base is adapted: all weights, or low-rank adapters beside them; DoRA scales these by column."""

    full = "full"
    lora = "lora"
    dora = "dora"


class CheckpointKind(Enum):
    """What is written: all weights, or a low-rank difference to the base."""

    full = "full"
    delta = "delta"


class PositionText(Enum):
    """Which text of a position the model is asked about."""

    name = "name"
    statement = "statement"


class Use(Enum):
    """What a trained model is for: to be given away, or for research inside the house."""

    ship = "ship"
    research = "research"


class Precision(Enum):
    """Number format of matrix products in training; `auto` takes bf16 where there are matrix units for it."""

    auto = "auto"
    bf16 = "bf16"
    fp32 = "fp32"


class Loss(Enum):
    """What a wrong answer costs; see `stance.training.losses`."""

    cross_entropy = "cross_entropy"
    focal = "focal"
    ordinal = "ordinal"


class Tracker(Enum):
    """What keeps a run's curves: nothing, TensorBoard's event files, or an MLflow store."""

    none = "none"
    tensorboard = "tensorboard"
    mlflow = "mlflow"


@dataclass
class SourceConfig:
    """One annotated file.

    path: below `data.root` unless absolute; `shipped:sentences` are the sentences that come with stance.
    format: a name from the table of `docs/data.md`.
    keep_neutral: share of neutral rows that is kept, in [0, 1].
    max_rows: a random sample of so many training rows; null takes all.
    weight: how often each training row is seen per epoch; 1.5 sees half of them twice.
    choices: what annotators could choose from; null is all three stances. A set of two classes says nothing about the
        third.
    labels, columns: what the file's labels mean, and its columns' names, as `stance data convert` takes them.
    licence: of rows that name none themselves.
    """

    path: str
    format: str
    keep_neutral: float
    max_rows: int | None
    weight: float
    choices: list[str] | None
    labels: dict[str, str]
    columns: dict[str, str]
    licence: str | None


@dataclass
class LeaveOutConfig:
    """Languages and target names that a model is to meet for the first time when it is tested."""

    lang: list[str]
    target: list[str]


@dataclass
class DataConfig:
    """Which rows, how they are split, and what is done against the actor shortcut.

    root: folder of the files named in `sources`; relative to the working directory.
    use: what the model is for; a source whose licence forbids it is refused.
    dev_fraction, test_fraction: shares of the sentences, by hash of the sentence, that are kept from training.
    reversed_neutral: share of the unlisted pairs of marked entities that become neutral rows, in sets that list every
        opinion.
    random_actor: share of rows without an actor that get the name of an actor from another row.
    actor_dropout: share of polar rows of public sets whose actor is left out.
    latin_copies: every Serbian Cyrillic training sentence is seen in Latin script too.
    seen_fraction: share of the sentences that the checkpoint a run starts from was trained on which are taken again.
    max_dev_rows: rows of dev that early stopping looks at.
    leave_out: what training and dev do without; where that is anything, test holds nothing else.
    folds: into so many parts train and dev together are divided anew; each is dev of one run. null keeps the split.
    fold: which part is dev, from 1; null makes a run of each.
    """

    root: str
    use: Use
    sources: list[SourceConfig]
    dev_fraction: float
    test_fraction: float
    reversed_neutral: float
    random_actor: float
    actor_dropout: float
    latin_copies: bool
    seen_fraction: float
    max_train_rows: int | None
    max_dev_rows: int
    leave_out: LeaveOutConfig
    folds: int | None
    fold: int | None


@dataclass
class EncodingConfig:
    """How a query becomes token ids; see `stance.modeling.encoding`.

    max_text_tokens, max_question_tokens: limits of the two parts.
    max_context_sentences: at most so many preceding sentences stand before the evidence.
    question: wording with `{actor}` and `{target}`; author_question: the wording for the text's own voice.
    """

    max_text_tokens: int
    max_question_tokens: int
    max_context_sentences: int
    question: str
    author_question: str
    position_text: PositionText


@dataclass
class ModelConfig:
    """Base and adaptation.

    base: a name from `stance models` (`default` is the shipped checkpoint), a folder, a hub id, or a checkpoint to go
    on from.
    num_layers: keep only the first so many layers of a decoder; null keeps all.
    frozen_layers: the first so many layers stay as they are, which saves their share of the backward pass.
    dropout: while it learns, wherever the base can have it (decoders in their attention); null keeps the base's rates.
    head_init_std: of a base's fresh head.
    label_words: one for each stance (favor, neutral, against), whose embeddings a decoder's fresh head starts from;
        null draws it at random.
    """

    base: str
    num_layers: int | None
    method: Method
    lora_rank: int
    lora_alpha: int
    lora_dropout: float
    freeze_embeddings: bool
    frozen_layers: int
    dropout: float | None
    head_init_std: float
    label_words: list[str] | None


@dataclass
class TrainingConfig:
    """The optimiser's and the loop's numbers.

    head_learning_rate: for the classification head alone, which starts from noise.
    evaluations: how often dev is looked at during the run, evenly spaced.
    patience: evaluations without a better dev macro-F1 before the run stops.
    batch_size: rows of a batch, on average where texts are shared; of all processes together, each takes its part.
    class_weights: weight the loss by the square root of the inverse class frequency.
    threads: of each process; null takes what torch does, of several processes each its part of the machine's cores.
    accumulate: batches whose gradients are added before a step; a step sees `batch_size` rows times this.
    label_smoothing: share of each row's goal that goes evenly to all stances.
    loss: of the answers.
    pair_loss: weight, beside the answers', of the loss of minimal pairs that are not told apart or alike; for decoders,
        0 for none.
    text_loss: weight, beside the answers', of the loss of guessing the texts' next tokens; for decoders, 0 for none.
    r_drop: weight, beside the answers', of how far they are from those of a second pass with other dropout; 0 for none,
        else a step takes twice as long.
    teacher: a checkpoint whose probabilities are learnt beside the labels (distillation); null for none.
    teacher_weight: their share of each row's goal.
    gradient_checkpointing: compute activations anew in the backward pass; a third slower, a fraction of the memory.
    tracker: where loss and dev figures are written too, below `output_dir`.
    """

    epochs: float
    learning_rate: float
    head_learning_rate: float
    warmup_ratio: float
    weight_decay: float
    batch_size: int
    eval_batch_size: int
    precision: Precision
    class_weights: bool
    evaluations: int
    patience: int
    threads: int | None
    accumulate: int
    label_smoothing: float
    loss: Loss
    pair_loss: float
    text_loss: float
    r_drop: float
    teacher: str | None
    teacher_weight: float
    gradient_checkpointing: bool
    tracker: Tracker


@dataclass
class CheckpointConfig:
    """What is written at the end.

    delta_rank: rank per matrix of a delta.
    error_rate: share of the sides given that may be wrong; below the probability where dev keeps it, no side is given.
    set_coverage: how often the prediction set shall hold the truth.
    """

    kind: CheckpointKind
    delta_rank: int
    error_rate: float
    set_coverage: float


class SweepMethod(Enum):
    """How good values of options are looked for: not at all, or by Optuna's sampler."""

    none = "none"
    optuna = "optuna"


@dataclass
class FloatRange:
    """An option's values from `low` to `high`, evenly or, with `log`, by their order of magnitude."""

    key: str
    low: float
    high: float
    log: bool


@dataclass
class IntRange:
    """An option's whole values from `low` to `high`, both included."""

    key: str
    low: int
    high: int


@dataclass
class Choice:
    """An option's values, in no order."""

    key: str
    values: list[Any]


@dataclass
class SweepConfig:
    """A search for the values with the best dev macro-F1; keys are options such as `training.learning_rate`.

    n_trials: runs of the whole search, those stopped early included.
    n_random: of these the first, drawn blindly; only then do earlier ones guide the sampler and stop poor runs early.
    """

    method: SweepMethod
    n_trials: int
    n_random: int
    floats: list[FloatRange]
    ints: list[IntRange]
    choices: list[Choice]


@dataclass
class ExperimentConfig:
    """One training run from rows to a checkpoint folder.

    evaluate_test: report the test split too; runs that are compared with each other should leave it alone.
    """

    name: str
    seed: int
    output_dir: str
    resume: bool
    evaluate_test: bool
    data: DataConfig
    model: ModelConfig
    encoding: EncodingConfig
    training: TrainingConfig
    checkpoint: CheckpointConfig
    sweep: SweepConfig


def check_experiment(config: ExperimentConfig) -> None:
    """Check the limits that types cannot express.

    Raises:
        ConfigError: names the field, the value found and what is allowed.
    """
    data, encoding = config.data, config.encoding
    shares = {
        "data.dev_fraction": data.dev_fraction,
        "data.test_fraction": data.test_fraction,
        "data.reversed_neutral": data.reversed_neutral,
        "data.random_actor": data.random_actor,
        "data.actor_dropout": data.actor_dropout,
        "data.seen_fraction": data.seen_fraction,
        "training.label_smoothing": config.training.label_smoothing,
        "training.teacher_weight": config.training.teacher_weight,
        **{f"data.sources[{i}].keep_neutral": s.keep_neutral for i, s in enumerate(data.sources)},
    }
    for name, value in shares.items():
        if not 0.0 <= value <= 1.0:
            raise ConfigError(f"{name} is {value}; a share lies in [0, 1].")
    for name, value in (("error_rate", config.checkpoint.error_rate), ("set_coverage", config.checkpoint.set_coverage)):
        if not 0.0 < value < 1.0:
            raise ConfigError(f"checkpoint.{name} is {value}; it lies between 0 and 1.")
    if data.dev_fraction + data.test_fraction >= 1.0:
        raise ConfigError("data.dev_fraction and data.test_fraction leave nothing to train on (their sum is >= 1).")
    positive = {
        "encoding.max_text_tokens": encoding.max_text_tokens,
        "encoding.max_question_tokens": encoding.max_question_tokens,
        "training.batch_size": config.training.batch_size,
        "training.eval_batch_size": config.training.eval_batch_size,
        "training.evaluations": config.training.evaluations,
        "training.accumulate": config.training.accumulate,
        "checkpoint.delta_rank": config.checkpoint.delta_rank,
        "model.lora_rank": config.model.lora_rank,
    }
    for name in ("text_loss", "pair_loss", "r_drop"):
        if (weight := getattr(config.training, name)) < 0:
            raise ConfigError(f"training.{name} is {weight}; a weight must not be negative.")
    if config.model.dropout is not None and not 0.0 <= config.model.dropout < 1.0:
        raise ConfigError(f"model.dropout is {config.model.dropout}; it lies in [0, 1).")
    if config.model.label_words is not None and len(config.model.label_words) != len(STANCES):
        raise ConfigError(
            f"model.label_words is {config.model.label_words}; one is needed for each of {', '.join(STANCES)}."
        )
    if config.model.frozen_layers < 0:
        raise ConfigError(f"model.frozen_layers is {config.model.frozen_layers}; it must not be negative.")
    for name, number in positive.items():
        if number < 1:
            raise ConfigError(f"{name} is {number}; it must be at least 1.")
    _check_folds(data)
    for index, source in enumerate(data.sources):
        if source.weight <= 0:
            raise ConfigError(f"data.sources[{index}].weight is {source.weight}; it must be above 0.")
        wrong = sorted(set(source.choices or ()) - set(STANCES))
        if wrong or (source.choices is not None and len(set(source.choices)) < 2):
            raise ConfigError(
                f"data.sources[{index}].choices is {source.choices}; it holds two or three of {', '.join(STANCES)}."
            )
    if config.model.frozen_layers and not config.model.freeze_embeddings:
        raise ConfigError("model.frozen_layers needs model.freeze_embeddings=true: embeddings lie below every layer.")
    if "{target}" not in encoding.question or "{actor}" not in encoding.question:
        raise ConfigError(f"encoding.question is {encoding.question!r}; it must contain {{actor}} and {{target}}.")
    if "{target}" not in encoding.author_question:
        raise ConfigError(f"encoding.author_question is {encoding.author_question!r}; it must contain {{target}}.")


def _check_folds(data: DataConfig) -> None:
    if data.folds is None:
        if data.fold is not None:
            raise ConfigError(f"data.fold is {data.fold}, but data.folds does not say of how many.")
    elif data.folds < 2:
        raise ConfigError(f"data.folds is {data.folds}; it must be at least 2.")
    elif data.fold is None:
        raise ConfigError(f"data.folds={data.folds} makes several runs; one of them needs data.fold, from 1.")
    elif not 1 <= data.fold <= data.folds:
        raise ConfigError(f"data.fold is {data.fold}; it must lie between 1 and data.folds, which is {data.folds}.")

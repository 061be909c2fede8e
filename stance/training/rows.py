"""Examples as rows to train on or to watch a run by: encoded, each with its goal."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from stance.config import ExperimentConfig
from stance.modeling.asking import answer, as_asked
from stance.modeling.checkpoint import checkpoint_folder, load_checkpoint
from stance.modeling.encoding import EncodingOptions, encode_queries
from stance.training.feed import TrainingRow
from stance.training.fit import gold_labels
from stance.training.goals import follow, goal, soften
from stance.types import STANCES, Stance, StanceExample

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from tokenizers import Tokenizer


def training_rows(
    examples: Sequence[StanceExample],
    tokenizer: Tokenizer,
    options: EncodingOptions,
    *,
    config: ExperimentConfig,
    log: Callable[[str], None],
) -> list[TrainingRow]:
    """Rows as they are written, with goals that follow the teacher and are smoothed, if the config says so."""
    training = config.training
    choices = {s.path: tuple(map(Stance, s.choices)) for s in config.data.sources if s.choices is not None}
    rows = _rows(examples, tokenizer, options, choices=choices)
    goals = [row.goal for row in rows]
    if training.teacher is not None:
        log(f"Asking the teacher {training.teacher} about {len(rows)} training rows")
        goals = follow(goals, _taught(examples, training.teacher), weight=training.teacher_weight)
    if training.label_smoothing:
        goals = soften(goals, smoothing=training.label_smoothing)
    return [replace(row, goal=goal) for row, goal in zip(rows, goals, strict=True)]


def dev_rows(examples: Sequence[StanceExample], tokenizer: Tokenizer, options: EncodingOptions) -> list[TrainingRow]:
    """Rows as the classifier will be given them (`as_asked`): what picks the best state is what users will see."""
    asked, turned = as_asked([example.query for example in examples], options=options)
    given = [
        replace(example, query=query, stance=STANCES[::-1][STANCES.index(example.stance)] if turn else example.stance)
        for example, query, turn in zip(examples, asked, turned, strict=True)
    ]
    return _rows(given, tokenizer, options, choices={})


def _rows(
    examples: Sequence[StanceExample],
    tokenizer: Tokenizer,
    options: EncodingOptions,
    *,
    choices: Mapping[str, Sequence[Stance]],
) -> list[TrainingRow]:
    """Args: choices: what there was to choose from in a source, by its path; where it isn't named, all stances."""
    encoded = encode_queries([example.query for example in examples], tokenizer, options=options)
    labels = gold_labels([example.stance for example in examples])
    open_to = [choices.get(example.origin.extra["_path"], STANCES) for example in examples]
    twins = [_twin(example) for example in examples]
    return [
        TrainingRow(query, label, goal(label, choices=among), twin)
        for query, label, among, twin in zip(encoded, labels, open_to, twins, strict=True)
    ]


def _twin(example: StanceExample) -> str | None:
    pair_id, query = example.origin.pair_id, example.query
    return None if pair_id is None else json.dumps([pair_id, query.actor and query.actor.key, query.target.key])


def _taught(examples: Sequence[StanceExample], teacher: str) -> NDArray[np.float64]:
    """What a checkpoint gives the rows: [rows, 3], calibrated."""
    checkpoint = load_checkpoint(checkpoint_folder(teacher))
    logits, _ = answer(checkpoint, [example.query for example in examples])
    return checkpoint.info.probabilities(logits, langs=[example.query.lang for example in examples])

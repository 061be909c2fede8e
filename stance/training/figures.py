"""What a model scores on the rows of a split: the figures that its checkpoint keeps and its card shows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from stance.evaluation.minimal_pairs import Member, member, pair_scores
from stance.evaluation.slices import evaluate_slices
from stance.modeling.calibration import language_group
from stance.types import STANCES, Stance, StanceExample

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

UNKNOWN = "unknown"


def figures(
    examples: Sequence[StanceExample], probabilities: NDArray[np.float64], *, known_targets: Collection[str]
) -> dict[str, Any]:
    """Scores over all and by language, group, source, actor, phenomenon and target, and of the minimal pairs.

    Args:
        probabilities: [rows, 3]. known_targets: names that training saw, case folded.
    """
    predicted = [STANCES[int(index)] for index in probabilities.argmax(axis=1)]
    columns = [_columns(example, known_targets) for example in examples]
    scores = evaluate_slices([e.stance for e in examples], probabilities, columns=columns)
    pairs = pair_scores(_members(examples, predicted))
    return {**scores, "minimal_pairs": {name: found._asdict() for name, found in pairs.items()}}


def target_names(examples: Sequence[StanceExample]) -> frozenset[str]:
    """The names of all targets, case folded."""
    return frozenset(example.query.target.name.casefold() for example in examples)


def _columns(example: StanceExample, known_targets: Collection[str]) -> dict[str, str | tuple[str, ...]]:
    lang = example.query.lang or UNKNOWN
    return {
        "lang": lang,
        "group": language_group(lang) or UNKNOWN,
        "source": example.origin.source or UNKNOWN,
        "lang_with_actor": f"{lang}{'' if example.query.actor else ' (no actor)'}",
        "phenomenon": example.origin.phenomena,
        "target": "met in training" if example.query.target.name.casefold() in known_targets else "never met",
    }


def _members(examples: Sequence[StanceExample], predicted: Sequence[Stance]) -> list[Member]:
    return [
        member(e.origin.pair_id, e.origin.relation, e.query, gold=e.stance, predicted=stance)
        for e, stance in zip(examples, predicted, strict=True)
        if e.origin.pair_id is not None and e.origin.relation is not None
    ]

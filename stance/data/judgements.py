"""Several judgements of one pair: which label counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from stance.types import Annotation

ADJUDICATOR = "adjudicated"


def settle(annotations: Sequence[Annotation]) -> list[Annotation]:
    """One annotation per (actor, target), in the order of first appearance: the label that most annotators gave.

    A pair without a most frequent label is left out: nobody has decided it.
    """
    by_pair: dict[tuple[str | None, str], list[Annotation]] = {}
    for annotation in annotations:
        by_pair.setdefault(pair_key(annotation), []).append(annotation)
    settled = []
    for group in by_pair.values():
        ranked = Counter(annotation.stance for annotation in group).most_common(2)
        if len(ranked) == 1 or ranked[0][1] > ranked[1][1]:
            settled.append(next(a for a in group if a.stance is ranked[0][0]))
    return settled


def pair_key(annotation: Annotation) -> tuple[str | None, str]:
    """What an annotation judges: the actor (None: the author) and the target."""
    return None if annotation.actor is None else annotation.actor.key, annotation.target.key

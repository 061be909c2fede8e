"""Several annotators of one pair: how far they agree, and which label counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

from stance.types import AnnotatedSentence, Annotation, Stance

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


def ratings(sentences: Iterable[AnnotatedSentence]) -> list[dict[str, Stance]]:
    """Per pair that at least two annotators judged: annotator -> stance; an adjudicator is none of them."""
    found = []
    for sentence in sentences:
        pairs: dict[tuple[str | None, str], dict[str, Stance]] = {}
        for annotation in sentence.annotations:
            if annotation.annotator not in (None, ADJUDICATOR):
                pairs.setdefault(pair_key(annotation), {})[str(annotation.annotator)] = annotation.stance
        found += [given for given in pairs.values() if len(given) >= 2]
    return found


def krippendorff_alpha(units: Iterable[Sequence[Hashable]]) -> float:
    """Nominal alpha, 1 - observed / expected disagreement; 1 is full agreement, 0 what chance gives.

    Source: Krippendorff 2011, Computing Krippendorff's Alpha-Reliability. Units with one value are left out. Where all
    values are equal there is nothing to disagree on, and alpha is 1.

    Args:
        units: the values that each unit got, missing ones left out.

    Raises:
        ValueError: no unit has two values.
    """
    coincidences: Counter[tuple[Hashable, Hashable]] = Counter()
    for values in units:
        for i, one in enumerate(values):
            for j, other in enumerate(values):
                if i != j:
                    coincidences[one, other] += 1 / (len(values) - 1)  # type: ignore[assignment]
    total = sum(coincidences.values())
    if not total:
        raise ValueError("alpha needs at least one unit with two values")
    margin: Counter[Hashable] = Counter()
    for (one, _), count in coincidences.items():
        margin[one] += count
    observed = sum(count for (one, other), count in coincidences.items() if one != other) / total
    expected = (total**2 - sum(count**2 for count in margin.values())) / (total * (total - 1))
    return 1.0 if expected == 0 else 1 - observed / expected

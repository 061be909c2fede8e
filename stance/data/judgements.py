"""Several judgements of one pair: which label counts, and the examples that follow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from stance.types import AnnotatedSentence, Annotation, Context, Span, StanceExample, StanceQuery

ADJUDICATOR = "adjudicated"
MAJORITY, DROP = "majority", "drop"


def settle(annotations: Sequence[Annotation]) -> list[Annotation]:
    """One annotation per (actor, target), in the order of first appearance: the label that most annotators gave.

    A pair without a most frequent label is left out: nobody has decided it.
    """
    settled = []
    for group in by_pair(annotations):
        ranked = Counter(annotation.stance for annotation in group).most_common(2)
        if len(ranked) == 1 or ranked[0][1] > ranked[1][1]:
            settled.append(next(a for a in group if a.stance is ranked[0][0]))
    return settled


def examples_of(sentence: AnnotatedSentence) -> list[StanceExample]:
    """One example per (actor, target) that the annotators settle, with the whole sentence as evidence."""
    context = Context(text=sentence.text, evidence=Span(0, len(sentence.text)))
    return [
        StanceExample(
            query=StanceQuery(context=context, actor=a.actor, target=a.target, lang=sentence.lang),
            stance=a.stance,
            origin=sentence,
        )
        for a in settle(sentence.annotations)
    ]


def resolve(annotations: Sequence[Annotation], *, rule: str, expert: str | None = None) -> list[Annotation]:
    """One annotation per (actor, target), said to be adjudicated where several judged it.

    Args:
        rule: `majority`, as `settle`; `drop`, only pairs on which all agree; `expert`, what the expert gave, else the
            only judgement there is.
    """
    resolved = []
    for group in by_pair(annotations):
        stances = {annotation.stance for annotation in group}
        if rule == MAJORITY:
            chosen = settle(group)
        elif rule == DROP:
            chosen = group[:1] if len(stances) == 1 else []
        else:
            own = [annotation for annotation in group if annotation.annotator == expert]
            chosen = own[:1] or (group[:1] if len(stances) == 1 else [])
        resolved += [replace(a, annotator=ADJUDICATOR) if len(group) > 1 else a for a in chosen]
    return resolved


def by_pair(annotations: Sequence[Annotation]) -> list[list[Annotation]]:
    """The judgements of each pair, pairs in the order of first appearance."""
    found: dict[tuple[str | None, str], list[Annotation]] = {}
    for annotation in annotations:
        found.setdefault(pair_key(annotation), []).append(annotation)
    return list(found.values())


def pair_key(annotation: Annotation) -> tuple[str | None, str]:
    """What an annotation judges: the actor (None: the author) and the target."""
    return None if annotation.actor is None else annotation.actor.key, annotation.target.key

"""Against the actor shortcut: rows that keep "an actor is given" from meaning "so a side is taken".

Public sets list polar pairs with their holder and neutral targets without one. Trained on that alone, a model given
any actor stops answering `neutral`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import permutations

from stance.data.transliteration import to_latin
from stance.types import AnnotatedSentence, Annotation, Reference, Stance, StanceExample


def unlisted_neutral_pairs(sentence: AnnotatedSentence, *, probability: float, rng: random.Random) -> list[Annotation]:
    """Neutral (actor, target) pairs of entities that the annotators saw and did not list.

    Only for sets that list every opinion of a sentence. Two entities of one sentence make a pair if neither the pair
    nor, where the target is listed without a holder, a side towards it is annotated.
    """
    listed = {(_key(a.actor), _key(a.target)) for a in sentence.annotations if a.actor is not None}
    sided = {_key(a.target) for a in sentence.annotations if a.actor is None and a.stance is not Stance.NEUTRAL}
    pairs = []
    for actor, target in permutations(_entities(sentence), 2):
        unlisted = (_key(actor), _key(target)) not in listed and _key(target) not in sided
        if unlisted and not _overlap(actor, target) and rng.random() < probability:
            pairs.append(Annotation(actor=actor, target=target, stance=Stance.NEUTRAL))
    return pairs


def give_actors(
    examples: Sequence[StanceExample], *, probability: float, rng: random.Random
) -> Iterator[StanceExample]:
    """Each example, a share of those without an actor given a name that the text does not hold.

    Whatever their stance: an actor from outside is whoever speaks the text, as in a bare quote, and says nothing
    about whether a side is taken. Names come from other rows of the same language.
    """
    pool: dict[str | None, list[Reference]] = {}
    for example in examples:
        if example.query.actor is not None:
            pool.setdefault(example.query.lang, []).append(Reference(example.query.actor.name))
    for example in examples:
        names = pool.get(example.query.lang)
        if example.query.actor is None and names and rng.random() < probability:
            name = rng.choice(names)
            outside = name.name not in example.query.context.text
            yield replace(example, query=replace(example.query, actor=name)) if outside else example
        else:
            yield example


def latin_copy(sentence: AnnotatedSentence) -> AnnotatedSentence:
    """A Serbian Cyrillic sentence in Latin script; spans are dropped, names are written in Latin too."""

    def rewrite(reference: Reference | None) -> Reference | None:
        return reference and Reference(to_latin(reference.name), reference.id)

    annotations = tuple(
        replace(a, actor=rewrite(a.actor), target=Reference(to_latin(a.target.name), a.target.id))
        for a in sentence.annotations
    )
    return replace(
        sentence, id=sentence.id + "-latn", text=to_latin(sentence.text), lang="sr-Latn", annotations=annotations
    )


def drop_actors(
    examples: Sequence[StanceExample], *, probability: float, rng: random.Random
) -> Iterator[StanceExample]:
    """Each example, a share of those with a side asked without their actor, where the text has one stance only."""
    for example in examples:
        alone = len({a.stance for a in example.origin.annotations}) == 1
        if example.stance is not Stance.NEUTRAL and alone and rng.random() < probability:
            yield replace(example, query=replace(example.query, actor=None))
        else:
            yield example


def _entities(sentence: AnnotatedSentence) -> list[Reference]:
    found: dict[str, Reference] = {}
    for annotation in sentence.annotations:
        for reference in (annotation.actor, annotation.target):
            if reference is not None and reference.span is not None:
                found.setdefault(_key(reference), reference)
    return list(found.values())


def _key(reference: Reference | None) -> str:
    return "" if reference is None else reference.name.casefold()


def _overlap(one: Reference, other: Reference) -> bool:
    return one.span is not None and other.span is not None and one.span.overlaps(other.span)

"""What a set of annotated sentences holds, in counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from stance.data.judgements import examples_of
from stance.types import STANCES, AnnotatedSentence, StanceExample

# Upper ends of the length classes, in words.
_LENGTHS = (10, 20, 30, 40, 60, 100)


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts of one language (or of all).

    n_several: sentences with two or more (actor, target) pairs; n_mixed: those of them with different stances; n_hard:
    sentences that list a phenomenon; n_paired: members of minimal pairs. splits: sentences by split.
    """

    n_sentences: int
    n_pairs: int
    stances: dict[str, int]
    n_targets: int
    n_actors: int
    n_several: int
    n_mixed: int
    n_hard: int
    n_paired: int
    splits: dict[str, int]


def count(sentences: Iterable[AnnotatedSentence]) -> Stats:
    """The counts of these sentences; a pair that several annotators judged counts once."""
    sentences = list(sentences)
    by_sentence = [examples_of(sentence) for sentence in sentences]
    examples = [example for found in by_sentence for example in found]
    several = [found for found in by_sentence if len(found) > 1]
    stances = Counter(example.stance for example in examples)
    splits = Counter(sentence.split.value if sentence.split else "none" for sentence in sentences)
    return Stats(
        n_sentences=len(sentences),
        n_pairs=len(examples),
        stances={stance.value: stances[stance] for stance in STANCES},
        n_targets=len({example.query.target.key for example in examples}),
        n_actors=len({example.query.actor.key for example in examples if example.query.actor}),
        n_several=len(several),
        n_mixed=sum(len({example.stance for example in found}) > 1 for found in several),
        n_hard=sum(bool(sentence.phenomena) for sentence in sentences),
        n_paired=sum(sentence.pair_id is not None for sentence in sentences),
        splits=dict(sorted(splits.items())),
    )


def by_language(sentences: Sequence[AnnotatedSentence]) -> dict[str, list[AnnotatedSentence]]:
    """Sentences by language tag, in order of name."""
    found: dict[str, list[AnnotatedSentence]] = {}
    for sentence in sentences:
        found.setdefault(sentence.lang or "not given", []).append(sentence)
    return dict(sorted(found.items()))


def stances_by(
    sentences: Iterable[AnnotatedSentence], what: Callable[[StanceExample], str | None]
) -> dict[str, Counter[str]]:
    """Stances per value (a target, an actor, a length class), the most frequent value first."""
    found: dict[str, Counter[str]] = {}
    for sentence in sentences:
        for example in examples_of(sentence):
            value = what(example)
            if value is not None:
                found.setdefault(value, Counter())[example.stance.value] += 1
    return dict(sorted(found.items(), key=lambda item: -item[1].total()))


def target_of(example: StanceExample) -> str:
    """The target's name."""
    return example.query.target.name


def actor_of(example: StanceExample) -> str:
    """The actor's name, `(author)` for the text's own voice."""
    return example.query.actor.name if example.query.actor else "(author)"


def length_of(example: StanceExample) -> str:
    """The length class of the sentence, in words."""
    n_words = len(example.query.context.text.split())
    low = 1
    for high in _LENGTHS:
        if n_words <= high:
            return f"{low}-{high} words"
        low = high + 1
    return f"over {_LENGTHS[-1]} words"


def length_order(label: str) -> int:
    """The place of a length class in a chart."""
    return int("".join(filter(str.isdigit, label.partition("-")[0])) or 0) + (10**6 if label.startswith("over") else 0)

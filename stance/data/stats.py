"""What a set of annotated sentences holds, in counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from stance.data.dataset import examples_of
from stance.types import STANCES, AnnotatedSentence


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

"""Divide a set into train, dev and test for good: by hash, or balanced; and what had to be left out.

Each assignment is a pair (sentence, split); None leaves the sentence out, because any place would tear a group apart.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from stance.data.grouping import GroupBy, components, keys_of, normalise
from stance.data.near_duplicates import NearDuplicateFinder
from stance.data.splits import hashed_split
from stance.errors import ConfigError
from stance.types import AnnotatedSentence, Annotation, Split

Assigned = Iterator[tuple[AnnotatedSentence, Split | None]]
LANG = "lang"


@dataclass(frozen=True, slots=True)
class Shares:
    """The parts of a set that go to dev and test, each in [0, 1)."""

    dev: float
    test: float

    def of(self, split: Split) -> float:
        """The share of a split."""
        return {Split.DEV: self.dev, Split.TEST: self.test}.get(split, 1.0 - self.dev - self.test)


@dataclass(frozen=True, slots=True)
class HoldOut:
    """What only the test part may show: targets, actors or languages.

    values: which ones; empty takes a share of them, by hash.
    """

    by: str
    values: frozenset[str] = frozenset()

    def held(self, value: str, *, test_share: float, seed: int) -> bool:
        """Whether a target, actor or language is held out."""
        if self.values:
            return value in self.values
        return hashed_split(f"{self.by}:{value}", dev_fraction=0.0, test_fraction=test_share, seed=seed) is Split.TEST

    def value_of(self, annotation: Annotation, sentence: AnnotatedSentence) -> str | None:
        """What counts of an annotation: its target, actor, or the sentence's language."""
        if self.by == LANG:
            return sentence.lang
        reference = annotation.target if self.by == GroupBy.TARGET else annotation.actor
        return None if reference is None else reference.key


@dataclass(slots=True)
class Notes:
    """What a split had to do that its user should know; counts by reason, and sentences that join two old groups."""

    counts: Counter[str] = field(default_factory=Counter)
    bridges: list[str] = field(default_factory=list)


def by_hash(
    read: Callable[[], Iterable[AnnotatedSentence]],
    *,
    group: GroupBy,
    shares: Shares,
    seed: int,
    hold_out: HoldOut | None,
    notes: Notes,
) -> Assigned:
    """Each sentence in the split that the hash of its key says; adding rows never moves old ones.

    A sentence with several targets (or actors) of different splits is left out.

    Args:
        read: reads the set from its beginning; twice where something is held out.

    Raises:
        ConfigError: near-duplicates have no key of their own.
    """
    if group is GroupBy.NEAR_DUPLICATE:
        raise ConfigError(
            "--group near-duplicate: which sentences are alike changes as rows are added; use --by stratify with it."
        )
    held = set() if hold_out is None else _held_keys(read(), group, hold_out, shares=shares, seed=seed)
    for sentence in read():
        keys = keys_of(sentence, group)
        if hold_out is not None and not held.isdisjoint(map(_digest, keys)):
            yield _zero_shot(sentence, hold_out, shares=shares, seed=seed, notes=notes)
            continue
        split_of = _split_of if hold_out is None else _trained_split_of
        found = {split_of(key, shares, seed) for key in keys}
        if len(found) > 1:
            notes.counts[f"sentence whose {group.value}s lie in different splits, left out"] += 1
        yield sentence, found.pop() if len(found) == 1 else None


def _split_of(key: str, shares: Shares, seed: int) -> Split:
    return hashed_split(key, dev_fraction=shares.dev, test_fraction=shares.test, seed=seed)


def _trained_split_of(key: str, shares: Shares, seed: int) -> Split:
    """Train or dev: where something is held out, test has nothing else."""
    return hashed_split(key, dev_fraction=shares.dev / (1.0 - shares.test), test_fraction=0.0, seed=seed)


def _held_keys(
    sentences: Iterable[AnnotatedSentence], group: GroupBy, hold_out: HoldOut, *, shares: Shares, seed: int
) -> set[bytes]:
    """Digests of the group keys with anything held out in them."""
    return {
        _digest(key)
        for sentence in sentences
        if _is_held(sentence, hold_out, shares=shares, seed=seed)
        for key in keys_of(sentence, group)
    }


def _digest(key: str) -> bytes:
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _is_held(sentence: AnnotatedSentence, hold_out: HoldOut, *, shares: Shares, seed: int) -> bool:
    if hold_out.by == LANG:
        return sentence.lang is not None and hold_out.held(sentence.lang, test_share=shares.test, seed=seed)
    return bool(_held_annotations(sentence, hold_out, shares=shares, seed=seed))


def _held_annotations(
    sentence: AnnotatedSentence, hold_out: HoldOut, *, shares: Shares, seed: int
) -> tuple[Annotation, ...]:
    values = ((annotation, hold_out.value_of(annotation, sentence)) for annotation in sentence.annotations)
    return tuple(
        annotation
        for annotation, value in values
        if value is not None and hold_out.held(value, test_share=shares.test, seed=seed)
    )


def _zero_shot(
    sentence: AnnotatedSentence, hold_out: HoldOut, *, shares: Shares, seed: int, notes: Notes
) -> tuple[AnnotatedSentence, Split | None]:
    """A sentence of a group with something held out: in test, with nothing but that."""
    kept = _held_annotations(sentence, hold_out, shares=shares, seed=seed)
    others = f"annotation of another {hold_out.by} beside one held out, left out of test"
    notes.counts[others] += len(sentence.annotations) - len(kept)
    if not _is_held(sentence, hold_out, shares=shares, seed=seed):
        notes.counts["sentence grouped with one held out, left out"] += 1
        return sentence, None
    return replace(sentence, annotations=kept), Split.TEST


def stratified(
    sentences: Sequence[AnnotatedSentence],
    *,
    groups: Sequence[GroupBy],
    shares: Shares,
    seed: int,
    keep: Kept,
    hold_out: HoldOut | None,
    notes: Notes,
) -> Assigned:
    """Each sentence with its group in the split that most needs its languages and stances.

    Groups are taken the largest first, then by hash; each goes where its rows fill the largest part of what is still
    missing. Source: Sechidis et al. 2011, On the stratification of multi-label data.

    Args:
        keep: splits of an earlier division; they never change. A sentence that joins groups of different old splits is
            left out and noted.
    """
    keys = [[key for group in groups for key in _stratified_keys(sentence, group)] for sentence in sentences]
    if GroupBy.NEAR_DUPLICATE in groups:
        _add_near_duplicates(sentences, keys)
    numbers = components(keys)
    members: dict[int, list[int]] = {}
    for index, number in enumerate(numbers):
        members.setdefault(number, []).append(index)
    ids = {sentence.id for sentence in sentences}
    old = [keep.split_of(sentence, present=ids) for sentence in sentences]
    placed: dict[int, Split | None] = {}
    missing = _Missing(sentences, shares)
    free = []
    for number, indices in members.items():
        known = {split for index in indices if (split := old[index]) is not None}
        if known:
            _keep_old(indices, old, known, sentences, placed, missing, notes)
        else:
            free.append(number)
    for number in sorted(free, key=lambda n: (-len(members[n]), _digest(f"{seed}:{min(keys[members[n][0]])}"))):
        rows = [sentences[index] for index in members[number]]
        split = _free_split(rows, keys[members[number][0]], hold_out, missing, shares=shares, seed=seed)
        placed.update(dict.fromkeys(members[number], split))
        missing.take(rows, split)
    for index, sentence in enumerate(sentences):
        split = placed[index]
        if hold_out is not None and old[index] is None and split is Split.TEST:
            yield _zero_shot(sentence, hold_out, shares=shares, seed=seed, notes=notes)
        else:
            yield sentence, split


def _stratified_keys(sentence: AnnotatedSentence, group: GroupBy) -> list[str]:
    pair = [] if sentence.pair_id is None else [f"pair:{sentence.source or ''}:{sentence.pair_id}"]
    return keys_of(sentence, group) + pair


def _add_near_duplicates(sentences: Sequence[AnnotatedSentence], keys: list[list[str]]) -> None:
    """Give every two sentences that are alike a key in common."""
    finder = NearDuplicateFinder()
    for sentence in sentences:
        finder.add(sentence.text)
    for pair in finder.pairs():
        keys[pair.later].append(f"{GroupBy.NEAR_DUPLICATE.value}:{pair.later}")
        keys[pair.earlier].append(f"{GroupBy.NEAR_DUPLICATE.value}:{pair.later}")


class Kept:
    """The splits of an earlier division, by id, and by text for sentences whose id has changed."""

    def __init__(self, sentences: Iterable[AnnotatedSentence] = ()) -> None:
        self._by_id: dict[str, Split] = {}
        self._by_text: dict[str, tuple[str, Split]] = {}
        for sentence in sentences:
            if sentence.split is not None:
                self._by_id[sentence.id] = sentence.split
                self._by_text.setdefault(normalise(sentence.text), (sentence.id, sentence.split))

    def split_of(self, sentence: AnnotatedSentence, *, present: Set[str]) -> Split | None:
        """The split that a sentence had; None for a new one, also if an old one that is `present` has its text."""
        if sentence.id in self._by_id:
            return self._by_id[sentence.id]
        identifier, split = self._by_text.get(normalise(sentence.text), ("", None))
        return None if identifier in present else split


def _keep_old(
    indices: Sequence[int],
    old: Sequence[Split | None],
    known: set[Split],
    sentences: Sequence[AnnotatedSentence],
    placed: dict[int, Split | None],
    missing: _Missing,
    notes: Notes,
) -> None:
    """Old sentences stay; new ones follow their group, unless it has come to reach over two splits."""
    only = next(iter(known)) if len(known) == 1 else None
    for index in indices:
        split = old[index] or only
        placed[index] = split
        missing.take([sentences[index]], split)
        if split is None:
            joined = " and ".join(sorted(known))
            notes.bridges.append(f"{sentences[index].id} joins groups of {joined}")


def _free_split(
    rows: Sequence[AnnotatedSentence],
    keys: Sequence[str],
    hold_out: HoldOut | None,
    missing: _Missing,
    *,
    shares: Shares,
    seed: int,
) -> Split:
    if hold_out is None:
        return missing.neediest(rows)
    if any(_is_held(row, hold_out, shares=shares, seed=seed) for row in rows):
        return Split.TEST
    return _trained_split_of(min(keys), shares, seed)


class _Missing:
    """How many rows of each language and stance each split still lacks."""

    def __init__(self, sentences: Sequence[AnnotatedSentence], shares: Shares) -> None:
        totals = _strata(sentences)
        self._wanted = {split: {s: n * shares.of(split) for s, n in totals.items()} for split in Split}
        self._left = {split: dict(wanted) for split, wanted in self._wanted.items()}

    def neediest(self, rows: Sequence[AnnotatedSentence]) -> Split:
        """The split in which the rows fill the largest part of what is missing."""
        strata = _strata(rows)
        return max(Split, key=lambda split: self._need(split, strata))

    def take(self, rows: Sequence[AnnotatedSentence], split: Split | None) -> None:
        """Count rows as given to a split."""
        if split is not None:
            for stratum, count in _strata(rows).items():
                self._left[split][stratum] -= count

    def _need(self, split: Split, strata: Mapping[str, int]) -> float:
        wanted, left = self._wanted[split], self._left[split]
        return sum(count * left[s] / wanted[s] if wanted[s] else -count for s, count in strata.items())


def _strata(sentences: Iterable[AnnotatedSentence]) -> Counter[str]:
    """Rows by language, and by language and stance."""
    counts: Counter[str] = Counter()
    for sentence in sentences:
        lang = sentence.lang or ""
        counts[lang] += 1
        counts.update(f"{lang}/{annotation.stance.value}" for annotation in sentence.annotations)
    return counts

"""A split in which no sentence, pair or document stands on two sides."""

from __future__ import annotations

import hashlib
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence

from stance.data.grouping import components, normalise
from stance.data.judgements import settle
from stance.errors import DataError
from stance.types import AnnotatedSentence, Split


def split_sentences(
    sentences: Sequence[AnnotatedSentence], *, dev_fraction: float, test_fraction: float, seed: int
) -> dict[Split, list[AnnotatedSentence]]:
    """Sentences by split, input order kept.

    Sentences that share a normalised text, a `pair_id` or a `doc_id` go together. Their split is the one a row of
    theirs names (train, if rows name several), else it follows from a hash of their smallest text and the seed: the
    same sentence lands on the same side whatever else is in the data.
    """
    groups = components([_keys(sentence) for sentence in sentences])
    smallest: dict[int, str] = {}
    named: dict[int, Counter[Split]] = {}
    for sentence, group in zip(sentences, groups, strict=True):
        text = normalise(sentence.text)
        smallest[group] = min(smallest.get(group, text), text)
        if sentence.split is not None:
            named.setdefault(group, Counter())[sentence.split] += 1
    result: dict[Split, list[AnnotatedSentence]] = {split: [] for split in Split}
    for sentence, group in zip(sentences, groups, strict=True):
        split = _named_split(named.get(group)) or hashed_split(
            smallest[group], dev_fraction=dev_fraction, test_fraction=test_fraction, seed=seed
        )
        result[split].append(sentence)
    return result


def with_fold(
    split: Mapping[Split, list[AnnotatedSentence]], *, fold: int, n_folds: int, seed: int
) -> dict[Split, list[AnnotatedSentence]]:
    """The split with train and dev divided anew: one of `n_folds` parts of both is dev, the others train; test stays.

    Sentences that go together stay together; within that, every part has about as much of each stance.

    Args:
        fold: from 1.

    Raises:
        DataError: there are not enough groups of sentences, or of any stance, to give each part one.
    """
    sentences = [*split[Split.TRAIN], *split[Split.DEV]]
    numbers = _fold_numbers(sentences, n_folds=n_folds, seed=seed)
    parts: dict[Split, list[AnnotatedSentence]] = {Split.TRAIN: [], Split.DEV: [], Split.TEST: split[Split.TEST]}
    for sentence, number in zip(sentences, numbers, strict=True):
        parts[Split.DEV if number == fold else Split.TRAIN].append(sentence)
    return parts


def _fold_numbers(sentences: Sequence[AnnotatedSentence], *, n_folds: int, seed: int) -> list[int]:
    """The part of each sentence, from 1; 0 for one without a settled annotation, which makes no row."""
    from sklearn.model_selection import StratifiedGroupKFold

    groups = components([_keys(sentence) for sentence in sentences])
    rows = [(index, a.stance.value) for index, sentence in enumerate(sentences) for a in settle(sentence.annotations)]
    row_groups, stances = [groups[index] for index, _ in rows], [stance for _, stance in rows]
    n_groups, most = len(set(row_groups)), max(Counter(stances).values(), default=0)
    if n_folds > min(n_groups, most):
        raise DataError(
            f"data.folds is {n_folds}, but train and dev have only {n_groups} groups of sentences that may be parted, "
            f"and {most} rows of their most frequent stance. Take fewer folds or give more sentences."
        )
    numbers = [0] * len(sentences)
    folds = StratifiedGroupKFold(n_splits=n_folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a stance too rare for every part is no error
        for number, (_, chosen) in enumerate(folds.split(stances, stances, row_groups), start=1):
            for row in chosen.tolist():
                numbers[rows[row][0]] = number
    return numbers


def _named_split(counts: Counter[Split] | None) -> Split | None:
    if not counts:
        return None
    return next(iter(counts)) if len(counts) == 1 else Split.TRAIN


def hashed_split(text: str, *, dev_fraction: float, test_fraction: float, seed: int) -> Split:
    """The split of a key, by its hash alone: the same whatever else is in the data."""
    digest = hashlib.sha256(f"{seed}:{text}".encode("utf-8", "surrogatepass")).digest()
    share = int.from_bytes(digest[:8], "big") / 2**64
    if share < test_fraction:
        return Split.TEST
    return Split.DEV if share < test_fraction + dev_fraction else Split.TRAIN


def _keys(sentence: AnnotatedSentence) -> list[tuple[str, str]]:
    keys = [("text", normalise(sentence.text))]
    source = sentence.source or ""
    if sentence.pair_id is not None:
        keys.append(("pair", f"{source}:{sentence.pair_id}"))
    if sentence.doc_id is not None:
        keys.append(("doc", f"{source}:{sentence.doc_id}"))
    return keys

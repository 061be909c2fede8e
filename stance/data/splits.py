"""A split in which no sentence, pair or document stands on two sides."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

from stance.data.grouping import components, normalise
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

"""A split in which no sentence, pair or document stands on two sides."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from stance.types import AnnotatedSentence, Split

_SEPARATORS = re.compile(r"[\W_]+")


def normalise(text: str) -> str:
    """The text for telling equal sentences: NFKC, case-folded, every run of non-letters one space."""
    return _SEPARATORS.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def split_sentences(
    sentences: Sequence[AnnotatedSentence], *, dev_fraction: float, test_fraction: float, seed: int
) -> dict[Split, list[AnnotatedSentence]]:
    """Sentences by split, input order kept.

    Sentences that share a normalised text, a `pair_id` or a `doc_id` go together. Their split is the one a row of
    theirs names (train, if rows name several), else it follows from a hash of their smallest text and the seed: the
    same sentence lands on the same side whatever else is in the data.
    """
    groups = _groups(sentences)
    smallest: dict[int, str] = {}
    named: dict[int, Counter[Split]] = {}
    for sentence, group in zip(sentences, groups, strict=True):
        text = normalise(sentence.text)
        smallest[group] = min(smallest.get(group, text), text)
        if sentence.split is not None:
            named.setdefault(group, Counter())[sentence.split] += 1
    result: dict[Split, list[AnnotatedSentence]] = {split: [] for split in Split}
    for sentence, group in zip(sentences, groups, strict=True):
        split = _named_split(named.get(group)) or _hashed_split(
            smallest[group], dev_fraction=dev_fraction, test_fraction=test_fraction, seed=seed
        )
        result[split].append(sentence)
    return result


def _named_split(counts: Counter[Split] | None) -> Split | None:
    if not counts:
        return None
    return next(iter(counts)) if len(counts) == 1 else Split.TRAIN


def _hashed_split(text: str, *, dev_fraction: float, test_fraction: float, seed: int) -> Split:
    digest = hashlib.sha256(f"{seed}:{text}".encode("utf-8", "surrogatepass")).digest()
    share = int.from_bytes(digest[:8], "big") / 2**64
    if share < test_fraction:
        return Split.TEST
    return Split.DEV if share < test_fraction + dev_fraction else Split.TRAIN


def _groups(sentences: Sequence[AnnotatedSentence]) -> list[int]:
    """The number of each sentence's connected component (union-find over shared keys)."""
    parent = list(range(len(sentences)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    first: dict[tuple[str, str], int] = {}
    for index, sentence in enumerate(sentences):
        for key in _keys(sentence):
            other = first.setdefault(key, index)
            parent[root(index)] = root(other)
    return [root(index) for index in range(len(sentences))]


def _keys(sentence: AnnotatedSentence) -> list[tuple[str, str]]:
    keys = [("text", normalise(sentence.text))]
    source = sentence.source or ""
    if sentence.pair_id is not None:
        keys.append(("pair", f"{source}:{sentence.pair_id}"))
    if sentence.doc_id is not None:
        keys.append(("doc", f"{source}:{sentence.doc_id}"))
    return keys

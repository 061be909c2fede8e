"""What must not be torn apart: sentences that share a document, a text, a target ... belong to one group."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Sequence
from enum import StrEnum

from stance.types import AnnotatedSentence

_SEPARATORS = re.compile(r"[\W_]+")
_ASCII_PUNCTUATION = bytes(code for code in range(128) if not chr(code).isalnum())
# In UTF-8: the block General Punctuation, and « » and their like in Latin-1.
_WIDE_PUNCTUATION = re.compile(rb"\xe2[\x80\x81][\x80-\xbf]|\xc2[\xa0-\xa9\xab-\xb4\xb6-\xb9\xbb-\xbf]")


def normalise(text: str) -> str:
    """The text for telling equal sentences: NFKC, case-folded, every run of non-letters one space."""
    return _SEPARATORS.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def fingerprint(text: str) -> bytes:
    """The letters and digits of a text in bytes, case folded: equal where `normalise` is, but for its spaces.

    Four times as fast, for looking at millions of sentences.
    """
    folded = unicodedata.normalize("NFKC", text).casefold().encode("utf-8", "surrogatepass")
    return _WIDE_PUNCTUATION.sub(b"", folded.translate(None, _ASCII_PUNCTUATION))


class GroupBy(StrEnum):
    """By what sentences are kept together."""

    DOCUMENT = "document"
    SENTENCE = "sentence"
    NEAR_DUPLICATE = "near-duplicate"
    TARGET = "target"
    ACTOR = "actor"
    DATE = "date"


def keys_of(sentence: AnnotatedSentence, group: GroupBy) -> list[str]:
    """The sentence's keys of one kind: several targets or actors, one of anything else.

    A sentence without a document belongs to its minimal pair, one without that or a date to those of equal text.
    Near-duplicates have no key of their own: whether two sentences are alike is found between them.
    """
    if group is GroupBy.DOCUMENT and sentence.doc_id is not None:
        return [f"document:{sentence.source or ''}:{sentence.doc_id}"]
    if group is GroupBy.TARGET:
        found = [annotation.target.key for annotation in sentence.annotations]
    elif group is GroupBy.ACTOR:
        found = [annotation.actor.key for annotation in sentence.annotations if annotation.actor is not None]
    elif group is GroupBy.DOCUMENT:
        if sentence.pair_id is not None:
            return [f"pair:{sentence.source or ''}:{sentence.pair_id}"]
        found = []
    elif group is GroupBy.DATE:
        date = sentence.extra.get("date")
        found = [str(date)] if date else []
    else:
        found = [normalise(sentence.text)]
    prefixed = [f"{group.value}:{key}" for key in dict.fromkeys(found)]
    return prefixed or [f"{GroupBy.SENTENCE.value}:{normalise(sentence.text)}"]


def components(keys: Sequence[Sequence[Hashable]]) -> list[int]:
    """The number of the connected component of each item; items that share a key are connected (union-find)."""
    parent = list(range(len(keys)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    first: dict[Hashable, int] = {}
    for index, own in enumerate(keys):
        for key in own:
            parent[root(index)] = root(first.setdefault(key, index))
    return [root(index) for index in range(len(keys))]

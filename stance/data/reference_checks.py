"""Whether a span is the mention of the actor or target that it is said to be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rapidfuzz import fuzz

from stance.data.defects import Defect, Kind, shown
from stance.data.records import cuts_word, tidy_name
from stance.text.script import fold
from stance.types import Annotation, Reference

_WORD = re.compile(r"[^\W\d_]+")
_STEM_LETTERS = 6
_MIN_RATIO = 60


def reference_defects(record: Mapping[str, Any], judgements: Sequence[Annotation]) -> Iterator[Defect]:
    """What is odd about the names and spans of a sentence or row; certain mistakes are found when the record is parsed.

    Args:
        record: the raw sentence or row, which still tells whether a name was given.
    """
    text = record["text"]
    raw = record.get("annotations", [record])
    for index, (item, judgement) in enumerate(zip(raw, judgements, strict=True)):
        for role, reference in (("actor", judgement.actor), ("target", judgement.target)):
            if reference is None:
                continue
            field = f"annotations[{index}].{role}" if "annotations" in record else role
            if reference.name != tidy_name(reference.name):
                expected = "expected single blanks between its words and none at its ends"
                yield Defect(Kind.WHITE_SPACE, field, shown(reference.name), expected, repr(tidy_name(reference.name)))
            if reference.span is None:
                continue
            words, named = reference.span.of(text), bool(item[role].get("name"))
            if named and words == reference.name:
                continue
            found = f"span [{reference.span.start}, {reference.span.end}) {shown(words)}"
            if not named:
                # A name that stands inside a word may be meant ("Kosovofrage"); offsets alone are more often wrong.
                if cuts_word(reference.span, text):
                    yield Defect(Kind.CUT_WORD, field, found, "it begins or ends inside a word")
            elif role == "actor" and _is_other_name(reference, words):
                yield Defect(Kind.NAME_DIFFERS, field, found, f"no word is like one of {shown(reference.name)}")


def _is_other_name(reference: Reference, words: str) -> bool:
    """Whether both are names of two or more capitalised words and no word of one is like a word of the other.

    Everything else may name the same actor: "he", "the minister", "Moscow" for Russia, an inflected form.
    """
    name, mention = _WORD.findall(reference.name), _WORD.findall(words)
    full = all(len(part) >= 2 and all(word[0].isupper() for word in part) for part in (name, mention))
    return full and not any(_alike(one, other) for one in name for other in mention)


def _alike(one: str, other: str) -> bool:
    first, second = fold(one)[:_STEM_LETTERS], fold(other)[:_STEM_LETTERS]
    return first[:1] == second[:1] and fuzz.ratio(first, second) >= _MIN_RATIO

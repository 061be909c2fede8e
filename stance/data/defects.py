"""What can be wrong with annotated data, as values: kind, place, what was found, what was expected, how to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from stance.errors import DataError

_MAX_SHOWN = 20
_MAX_VALUE = 120


class Kind(StrEnum):
    """Every kind of defect that is looked for; the order is that of reports, errors first."""

    ENCODING = "encoding"
    NOT_JSON = "not_json"
    MISSING = "missing"
    WRONG_TYPE = "wrong_type"
    UNKNOWN_VALUE = "unknown_value"
    BLANK_TEXT = "blank_text"
    DUPLICATE_ID = "duplicate_id"
    BAD_SPAN = "bad_span"
    PAST_END = "past_end"
    UTF16_OFFSETS = "utf16_offsets"
    BYTE_OFFSETS = "byte_offsets"
    UNTRIMMED_SPAN = "untrimmed_span"
    SPAN_TEXT = "span_text"
    CONTRADICTION = "contradiction"
    NAME_DIFFERS = "name_differs"
    CUT_WORD = "cut_word"
    NOT_NFC = "not_nfc"
    WHITE_SPACE = "white_space"
    HOMOGLYPH = "homoglyph"
    CONTROL_CHARACTER = "control_character"
    DUPLICATE = "duplicate"
    NEAR_DUPLICATE = "near_duplicate"
    OTHER_LANGUAGE = "other_language"
    FEW_ROWS = "few_rows"


# How to mend each kind; a reader of a report sees it once per kind.
MENDS = {
    Kind.ENCODING: "Save the file as UTF-8.",
    Kind.NOT_JSON: "Each line is one JSON object; write it with a JSON library.",
    Kind.MISSING: "Add the field.",
    Kind.WRONG_TYPE: "Write the value in the type that is expected.",
    Kind.UNKNOWN_VALUE: "Write one of the allowed values.",
    Kind.BLANK_TEXT: "Remove the row or give it its sentence.",
    Kind.DUPLICATE_ID: "Give each row an id of its own.",
    Kind.BAD_SPAN: "start counts from 0 and lies before end; end is the offset after the last character.",
    Kind.PAST_END: "Offsets count code points of `text`, not bytes and not UTF-16 units.",
    Kind.UTF16_OFFSETS: "The offsets count UTF-16 units (JavaScript, Java); --fix converts them to code points.",
    Kind.BYTE_OFFSETS: "The offsets count UTF-8 bytes; --fix converts them to code points.",
    Kind.UNTRIMMED_SPAN: "A span begins and ends with a character that is no white space; --fix trims it.",
    Kind.SPAN_TEXT: "Correct the offsets or the name; the words under the span are not the ones named.",
    Kind.CONTRADICTION: "Decide for one stance, or name the annotators so that the two are two judgements.",
    Kind.NAME_DIFFERS: "Check that the span is this actor's mention.",
    Kind.CUT_WORD: "Check the offsets; a mention seldom begins or ends inside a word.",
    Kind.NOT_NFC: "--fix composes the text (Unicode NFC) and moves the offsets along.",
    Kind.WHITE_SPACE: "--fix removes it; a name with a blank more is the name of another actor.",
    Kind.HOMOGLYPH: "Write the word in one script; the letters look alike, a model does not see them so.",
    Kind.CONTROL_CHARACTER: "Remove the invisible character from the text and correct the offsets behind it.",
    Kind.DUPLICATE: "Remove one of the rows; repeated rows weigh twice and leak between splits.",
    Kind.NEAR_DUPLICATE: "Keep such rows in one split (stance data split --by stratify --group near-duplicate).",
    Kind.OTHER_LANGUAGE: "Correct `lang` or remove the row.",
    Kind.FEW_ROWS: "Add rows; a model cannot learn a class or a language from so few.",
}
_FIRST_WARNING = list(Kind).index(Kind.NAME_DIFFERS)


def is_error(kind: Kind) -> bool:
    """Whether the kind makes a file unusable (exit code 2); the others are warnings."""
    return list(Kind).index(kind) < _FIRST_WARNING


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing that is wrong.

    line counts from 1, None where the defect concerns a whole file. nearest: the allowed value, or the right words,
    that come closest. other_line: the row that this one repeats or contradicts.
    """

    kind: Kind
    field: str
    found: str
    expected: str
    nearest: str | None = None
    line: int | None = None
    other_line: int | None = None

    @property
    def message(self) -> str:
        """`field: found, expected; did you mean ...?`, without the place."""
        hint = "." if self.nearest is None else f"; did you mean {self.nearest}?"
        return f"{self.field}: {self.found}, {self.expected}".rstrip(".") + hint

    def at(self, path: Path) -> str:
        """The message with its place in front, as editors and CI logs link it."""
        return f"{path}: {self.message}" if self.line is None else f"{path}:{self.line}: {self.message}"


class Defective(DataError):
    """A record has defects; `defects` are all of them, their lines not set."""

    def __init__(self, defects: Sequence[Defect], *, place: str) -> None:
        super().__init__("\n".join(f"{place}: {defect.message}" for defect in defects))
        self.defects = tuple(defects)


def on_line(defects: Iterable[Defect], line: int) -> list[Defect]:
    """The same defects with their line."""
    return [replace(defect, line=line) for defect in defects]


def shown(value: Any) -> str:
    """A found value as a message shows it: its repr, a long one shortened."""
    text = repr(value)
    return text if len(text) <= _MAX_VALUE else text[: _MAX_VALUE - 1] + "…"


def unknown_value(field: str, value: Any, allowed: Sequence[str]) -> Defect:
    """The defect of a value that is none of `allowed`, with the nearest one."""
    nearest = difflib.get_close_matches(str(value).lower(), allowed, n=1, cutoff=0.5)
    return Defect(
        Kind.UNKNOWN_VALUE,
        field,
        shown(value),
        f"expected one of {', '.join(allowed)}",
        nearest=repr(nearest[0]) if nearest else None,
    )


def raise_problems(problems: Sequence[str]) -> None:
    """Raise all problems as one error, the first twenty in words.

    Raises:
        DataError: if there is any.
    """
    if problems:
        rest = len(problems) - _MAX_SHOWN
        more = [f"... and {rest} more."] if rest > 0 else []
        raise DataError("\n".join([*problems[:_MAX_SHOWN], *more]))

"""Words of a text with their folded forms and their offsets in the unmodified text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stance.text.script import fold
from stance.types import Span

_WORD = re.compile(r"[^\W_]+")
_APOSTROPHES = "'’ʼ`"


@dataclass(frozen=True, slots=True)
class Token:
    """A word: `folded` for matching, `raw` as it stands. A possessive `s` after an apostrophe is no word."""

    span: Span
    raw: str
    folded: str

    @property
    def capitalised(self) -> bool:
        return self.raw[0].isupper()

    @property
    def acronym(self) -> bool:
        return len(self.raw) >= 2 and self.raw[:2].isupper()


def tokenise(text: str) -> list[Token]:
    """Runs of letters and digits, in order."""
    tokens = []
    for match in _WORD.finditer(text):
        start, end = match.span()
        if match.group() in ("s", "S") and start > 0 and text[start - 1] in _APOSTROPHES:
            continue
        tokens.append(Token(Span(start, end), match.group(), fold(match.group())))
    return tokens

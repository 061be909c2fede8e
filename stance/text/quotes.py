"""Pair quotation marks by evidence: what stands around a mark decides whether it opens or closes.

English text in „Serbian“ marks, »reversed« ones, a straight mark that closes a low one, a quote that runs on over
paragraphs: all occur in one newspaper. A stray mark costs its own paragraph at most.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from stance.types import Quote, QuoteKind, Span

_CLOSERS = {
    "„": '“”"',
    "“": '”“"',
    "”": '”"',
    "«": "»",
    "»": "«",
    '"': '"”“',
    "‚": "‘’'",
    "‘": "’'",
    "‹": "›",
    "›": "‹",
}
_MARK = re.compile("[„“”«»\"‚‘’‹›']")
_LINE = re.compile(r"[^\n\r\u2028\u2029]+")
_DIRECTIONAL = "„«‚"
_SPEECH_WORDS, _PARTIAL_WORDS = 5, 3


@dataclass(frozen=True, slots=True)
class _Pair:
    span: Span
    mark: str
    closed: bool


def find_quotes(text: str) -> list[Quote]:
    """Quotes in order of their start; a quote inside another is left out."""
    quotes: list[Quote] = []
    pending: str | None = None  # the mark of a quote that ran to the end of the line before
    for line in _LINE.finditer(text):
        if not line.group().strip():
            continue
        for pair in _pairs(text, Span(*line.span())):
            first = not text[line.start() : pair.span.start].strip()
            continues = len(quotes) - 1 if pending == pair.mark and first and quotes else None
            quotes.append(_quote(text, pair, continues=continues))
        last = quotes[-1] if quotes else None
        open_end = last is not None and not last.closed and last.span.end >= len(text[: line.end()].rstrip())
        pending = text[last.span.start] if last is not None and open_end else None
    return quotes


def _pairs(text: str, line: Span) -> list[_Pair]:
    pairs: list[_Pair] = []
    opened: int | None = None
    for match in _MARK.finditer(text, line.start, line.end):
        position = match.start()
        if opened is None:
            if _may_open(text, position, line):
                opened = position
        elif _may_close(text, position, line, opener=text[opened]):
            pairs.append(_Pair(Span(opened, position + 1), text[opened], closed=True))
            opened = None
        elif text[position] == text[opened] and text[opened] in "„«" and _may_open(text, position, line):
            # The same low mark again before any closing one: the first was stray.
            opened = position
    if opened is not None and _runs_on(text, opened, line):
        end = opened + len(text[opened : line.end].rstrip())
        pairs.append(_Pair(Span(opened, end), text[opened], closed=False))
    return pairs


def _may_open(text: str, position: int, line: Span) -> bool:
    mark = text[position]
    if mark not in _CLOSERS or position + 1 >= line.end:
        return False
    if text[position + 1].isspace() and not _french_opening(text, position, line):
        return False
    before = text[position - 1] if position > line.start else " "
    if mark == "‘" or mark == "‚":
        return not before.isalnum() and text[position + 1].isalnum()
    if mark == "'":
        return False
    return mark in "„«" or not before.isalnum()


def _french_opening(text: str, position: int, line: Span) -> bool:
    """`« Non »`: the one style that puts a space inside its marks, after white space or at the start."""
    outside = position == line.start or text[position - 1].isspace() or text[position - 1] in "([’'"
    return text[position] == "«" and outside and text[position + 1 : line.end].strip() != ""


def _may_close(text: str, position: int, line: Span, *, opener: str) -> bool:
    if text[position] not in _CLOSERS[opener]:
        return False
    after = text[position + 1] if position + 1 < line.end else " "
    before = text[position - 1]
    if text[position] in "'’":
        return not after.isalnum() and not before.isspace()
    # A mark of both directions between space and letter opens something new inside.
    return not (before.isspace() and after.isalnum()) and not (
        text[position] in '“"' and after.isalpha() and before.isspace()
    )


def _runs_on(text: str, opened: int, line: Span) -> bool:
    """Whether an unclosed mark is a quote to the end of its line, not a stray one."""
    at_start = not text[line.start : opened].strip()
    return at_start or text[opened] in _DIRECTIONAL


def _quote(text: str, pair: _Pair, *, continues: int | None) -> Quote:
    inner = Span(pair.span.start + 1, pair.span.end - 1 if pair.closed else pair.span.end)
    n_words = len(inner.of(text).split())
    if n_words >= _SPEECH_WORDS:
        kind = QuoteKind.SPEECH
    else:
        kind = QuoteKind.PARTIAL if n_words >= _PARTIAL_WORDS else QuoteKind.SCARE
    if pair.mark in "‚‘" and kind is not QuoteKind.SPEECH:
        kind = QuoteKind.SCARE
    return Quote(pair.span, inner, kind, closed=pair.closed, continues=continues)

"""Pair quotation marks by evidence: what stands around a mark decides whether it opens or closes.

English text in „Serbian“ marks, »reversed« ones, a straight mark that closes a low one, a quote that runs on over
paragraphs, dialogue after dashes: all occur in one newspaper. A stray mark costs its own paragraph at most.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from stance.text.dialogue import find_asides, find_turns
from stance.text.intervals import SpanIndex
from stance.text.languages import Language, Trait
from stance.text.script import fold
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
    "'": "'’",
}
_MARK = re.compile("[„“”«»\"‚‘’‹›']")
_WORD_BEFORE = re.compile(r"([^\W_]+)\s$")
_LINE = re.compile(r"[^\n\r\u2028\u2029]+")
_DIRECTIONAL = "„«‚"
_SPEECH_WORDS, _SCARE_WORDS, _NAME_WORDS = 5, 2, 4
_MAX_WORD = 30
_MAX_AHEAD, _COLON_REACH = 12, 4
_SMALL = 4
_WORDS, _INK = re.compile(r"[^\W_]+"), re.compile(r"\S")
_TO_VERB, _WORDS_TO_VERB = 60, 4


@dataclass(frozen=True, slots=True)
class _Pair:
    span: Span
    closed: bool


def find_quotes(text: str, language: Language, *, skip: Sequence[Span] = ()) -> list[Quote]:
    """Quotes in order of their start; a quote inside another is left out, and so is a name in marks.

    Args:
        skip: stretches of the text that are not read.
    """
    skipped = SpanIndex(skip)
    lines = [Span(*line.span()) for line in _LINE.finditer(text) if line.group().strip()]
    lines = [line for line in lines if not skipped.touching(line)]
    marked = [quote for quote in _marked(text, lines) if not _is_name(text, quote.inner, language)]
    marked = [replace(quote, asides=find_asides(text, quote.inner, language)) for quote in marked]
    turns = find_turns(text, lines, language)
    spoken = [Quote(turn.span, turn.span, QuoteKind.SPEECH, asides=turn.asides) for turn in turns]
    return _linked(text, _apart(sorted([*marked, *spoken], key=lambda quote: (quote.span.start, -quote.span.end))))


def _marked(text: str, lines: Sequence[Span]) -> list[Quote]:
    quotes: list[Quote] = []
    for line, following in zip_longest(lines, lines[1:]):
        opener = text[quotes[-1].span.start] if quotes and _ends_open(text, quotes[-1], line) else None
        for pair in _pairs(text, line, following=following, before=opener):
            bare = pair.span.start == line.start and text[line.start] not in _CLOSERS
            inner = Span(pair.span.start + (not bare), pair.span.end - pair.closed)
            quotes.append(Quote(pair.span, inner, _kind(text, pair.span, inner), closed=pair.closed))
    return quotes


def _ends_open(text: str, quote: Quote, line: Span) -> bool:
    """Whether a quote ran to the end of the line before without a closing mark."""
    return not quote.closed and not text[quote.span.end : line.start].strip()


def _apart(quotes: Sequence[Quote]) -> list[Quote]:
    kept: list[Quote] = []
    for quote in quotes:
        if not kept or kept[-1].span.end <= quote.span.start:
            kept.append(quote)
    return kept


def _linked(text: str, quotes: Sequence[Quote]) -> list[Quote]:
    """The quotes with the one that each carries on: an open one before, the same mark at the next line's start."""
    linked: list[Quote] = []
    for number, quote in enumerate(quotes):
        before = quotes[number - 1] if number else None
        between = text[before.span.end : quote.span.start] if before else ""
        mark = text[quote.span.start]
        same = before is not None and not before.closed and (text[before.span.start] == mark or mark not in _CLOSERS)
        continues = same and not between.strip() and "\n" in between.replace("\r", "\n")
        linked.append(replace(quote, continues=number - 1) if continues else quote)
    return linked


def _pairs(text: str, line: Span, *, following: Span | None, before: str | None) -> list[_Pair]:
    """The quotes of a line.

    Args:
        before: the mark of a quote that the line before left open; its end may come here without a new opening mark.
    """
    pairs: list[_Pair] = []
    marks = [match.start() for match in _MARK.finditer(text, line.start, line.end)]
    opened: int | None = None
    depth = 0
    if before is not None and marks and text[line.start] not in _CLOSERS:
        first = marks[0]
        if _may_close(text, first, line, opener=before):
            pairs.append(_Pair(Span(line.start, first + 1), closed=True))
            marks = marks[1:]
    for number, position in enumerate(marks):
        if opened is None:
            if _may_open(text, position, line):
                opened, depth = position, 1
        elif _may_close(text, position, line, opener=text[opened]) and not _apostrophe(text, marks, number, line):
            depth -= 1
            if depth == 0:
                pairs.append(_Pair(Span(opened, position + 1), closed=True))
                opened = None
        elif text[position] == text[opened] and text[opened] in "„«" and _may_open(text, position, line):
            # The same mark again: a quote inside the quote if both can be closed, else the first was stray.
            if _closers_ahead(text, marks[number + 1 :], line, opener=text[opened]) > depth:
                depth += 1
            else:
                opened, depth = position, 1
        elif _was_apostrophe(text, marks[number:], line, opened=opened):
            opened, depth = position, 1
    if opened is not None and _runs_on(text, opened, line, following=following):
        end = opened + len(text[opened : line.end].rstrip())
        pairs.append(_Pair(Span(opened, end), closed=False))
    return pairs


def _was_apostrophe(text: str, marks: Sequence[int], line: Span, *, opened: int) -> bool:
    """Whether a single mark only looked like an opening one: another opens here, and nothing ahead closes the first."""
    single = text[opened] in "'‘" and text[marks[0]] not in "'‘’"
    return single and _may_open(text, marks[0], line) and not _closers_ahead(text, marks[1:], line, opener=text[opened])


def _closers_ahead(text: str, marks: Sequence[int], line: Span, *, opener: str) -> int:
    """How many of the next marks can close a quote, up to one that opens another."""
    count = 0
    for position in marks[:_MAX_AHEAD]:
        if _may_close(text, position, line, opener=opener):
            count += 1
        elif text[position] == opener:
            break
    return count


def _apostrophe(text: str, marks: Sequence[int], number: int, line: Span) -> bool:
    """Whether a single mark after an `s` is that of a possessive: a better closing one comes before the next opening.

    `‘We back the workers’ demands,’ she said.`
    """
    position = marks[number]
    if text[position] not in "'’" or text[position - 1] not in "sS" or not text[position + 1 : position + 3].strip():
        return False
    if not text[position + 1 : position + 3].strip()[:1].islower():
        return False
    for later in marks[number + 1 : number + _MAX_AHEAD]:
        if text[later] in "'’" and not text[later + 1 : later + 2].isalnum():
            return text[later - 1] in ".,!?…"
        if text[later] in "‘„“" and _may_open(text, later, line):
            return False
    return False


def _may_open(text: str, position: int, line: Span) -> bool:
    mark = text[position]
    if mark not in _CLOSERS or position + 1 >= line.end:
        return False
    if text[position + 1].isspace() and not _french_opening(text, position, line):
        return False
    before = text[position - 1] if position > line.start else " "
    if mark in "‘‚'":
        return not before.isalnum() and before not in ".,!?" and text[position + 1].isalnum()
    return mark in "„«" or not before.isalnum()


def _french_opening(text: str, position: int, line: Span) -> bool:
    """`« Non »`: the one style that puts a space inside its marks, after white space or at the start."""
    outside = position == line.start or text[position - 1].isspace() or text[position - 1] in "([’'"
    return text[position] == "«" and outside and _INK.search(text, position + 1, line.end) is not None


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


def _runs_on(text: str, opened: int, line: Span, *, following: Span | None) -> bool:
    """Whether an unclosed mark is a quote to the end of its line, not a stray one: the next line opens with it too."""
    if text[opened] == "'":
        return False
    at_start = not text[line.start : opened].strip()
    taken_up = following is not None and text[following.start] == text[opened]
    return at_start or taken_up or text[opened] in _DIRECTIONAL


def _kind(text: str, span: Span, inner: Span) -> QuoteKind:
    """A whole utterance, some words of one, or one or two words that the author keeps at a distance."""
    words = inner.of(text).strip()
    n_words = len(words.split())
    whole = (
        words[-1:] in tuple(".!?…,")
        or text[max(0, span.start - _COLON_REACH) : span.start].rstrip()[-1:] == ":"
        or text[span.end : span.end + 1] == ","
    )
    if n_words >= _SPEECH_WORDS or (n_words > _SCARE_WORDS and whole and words[:1].isupper()):
        return QuoteKind.SPEECH
    return QuoteKind.SCARE if n_words <= _SCARE_WORDS else QuoteKind.PARTIAL


def _is_name(text: str, inner: Span, language: Language) -> bool:
    """Whether the marks stand around a name inside a sentence: `the party „Our Town“`, `Udruženje „Merkat“`."""
    words = inner.of(text).split()
    if not words or len(words) > _NAME_WORDS or not words[0][0].isupper() or not words[-1].strip(",")[-1:].isalnum():
        return False
    before = _WORD_BEFORE.search(text, max(0, inner.start - _MAX_WORD), inner.start - 1)
    title_case = len(words) > 1 and all(word[0].isupper() or len(word) < _SMALL for word in words)
    noun = fold(before.group(1)) if before else ""
    if noun in language.body_nouns or noun in language.group_nouns:
        return True
    if before is None or _said_after(text, inner.end + 1, language):
        return title_case and before is None and _after_comma(text, inner) and not language.has(Trait.NOUN_CAPITALS)
    if language.has(Trait.NOUN_CAPITALS) or language.is_verb(noun) or noun in language.subordinators:
        return False
    small = [fold(word) for word in words[1:]]
    return title_case or not any(word in language.particles or language.is_verb(word) for word in small)


def _said_after(text: str, end: int, language: Language) -> bool:
    """Whether a comma and a verb of saying follow: the marks stand around words said."""
    if text[end : end + 1] != ",":
        return False
    following = _WORDS.findall(text, end, end + _TO_VERB)[:_WORDS_TO_VERB]
    return any(fold(word) in language.speech_verbs for word in following)


def _after_comma(text: str, inner: Span) -> bool:
    return text[max(0, inner.start - 3) : inner.start - 1].strip() == ","

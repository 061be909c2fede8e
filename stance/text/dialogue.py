"""Reporting clauses that no quotation mark sets apart: dialogue after dashes, and `« Non, dit-elle, jamais »`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from stance.text.languages import Language, Trait
from stance.text.script import fold
from stance.types import Span

_DASHES = "–—-"
_TURN = re.compile(r"(?:(?<![^\n\r\u2028\u2029])|(?<=[.!?…:»”“\"]\s))[–—-]\s*(?=[^\W_]|[«„“\"‘¿¡])")
_DASH_TAG = re.compile(
    r"(?P<mark>[,?!…]?)\s+[–—-]\s+(?P<clause>[^\W\d_][^.?!…–—\n]{2,120}?)(?P<end>[.!?…]|,?\s[–—-](?=\s)|$)"
)
_COMMA_TAG = re.compile(
    r"(?P<mark>[,?!…])\s+(?P<clause>[^\W\d_][^,.?!…–—„“”«»\"\n]{2,80})(?=(?P<end>[,.?!…]|\s[–—-]|$))"
)
_SENTENCE_END = re.compile(r"[.!?…]+[”“»\"’]?(?=\s|$)")
_DATELINE = re.compile(r"^[^\W\d_]*[A-ZČĆĐŠŽЀ-Я]{3}[^.!?]{0,30}\.?\s$")
_WORD = re.compile(r"[^\W_]+")
_VERB_REACH, _NAME_REACH, _CLITIC, _MAX_CLITICS = 3, 6, 2, 3
_MAX_TO_TAG, _MAX_DATELINE = 1500, 80  # characters


@dataclass(frozen=True, slots=True)
class Turn:
    """The words that somebody says after a dash, with the reporting clauses among them."""

    span: Span
    asides: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class _Tag:
    """A reporting clause: where the words before it end, where it stands, where it is over."""

    said: int
    clause: Span
    end: int


def find_turns(text: str, lines: Sequence[Span], language: Language) -> list[Turn]:
    """The words said after dashes, at the start of a line or after a sentence; dashes that list things give none.

    A turn without a reporting clause counts where the text has one with such a clause.
    """
    starts = [
        (Span(match.start(), line.end), match.start() == line.start) for line in lines for match in _opened(text, line)
    ]
    tagged = [(span, first, _tag(text, span, language)) for span, first in starts]
    if not any(tag for _, _, tag in tagged):
        return []
    turns: list[Turn] = []
    for span, _, tag in tagged:
        if not turns or turns[-1].span.end <= span.start:
            turns += _turns(text, span, tag, language)
    return turns


def find_asides(text: str, inner: Span, language: Language) -> tuple[Span, ...]:
    """The reporting clauses inside the marks of a quote: `«Да, — сказал он. — Нет»`, `« Non, dit-elle, jamais »`."""
    found: list[Span] = []
    for pattern in (_DASH_TAG, _COMMA_TAG):
        for match in pattern.finditer(text, inner.start, inner.end):
            clause = Span(*match.span("clause"))
            if not any(clause.overlaps(other) for other in found) and _reports(text, clause, language, pattern=pattern):
                found.append(clause)
    return tuple(sorted(found))


def _opened(text: str, line: Span) -> Iterator[re.Match[str]]:
    for match in _TURN.finditer(text, line.start, line.end):
        # `... komšija? – pita vlasnik` is a reporting clause: inside a line a turn begins with a capital.
        inside = not text[match.end()].islower() and not _is_dateline(text, Span(line.start, match.start()))
        if match.start() == line.start or inside:
            yield match


def _is_dateline(text: str, before: Span) -> bool:
    return len(before) <= _MAX_DATELINE and _DATELINE.search(before.of(text)) is not None


def _turns(text: str, span: Span, tag: _Tag | None, language: Language) -> Iterator[Turn]:
    """The words up to the reporting clause; what follows it in small letters goes on in the same turn."""
    start = span.start
    asides: list[Span] = []
    while tag is not None and _goes_on(text, tag, span.end, language):
        asides.append(tag.clause)
        tag = _tag(text, Span(tag.end, span.end), language)
    if tag is None:
        said_from = asides[-1].end if asides else start
        yield Turn(Span(start, _narrative_start(text, Span(said_from, span.end), language)), tuple(asides))
        return
    yield Turn(Span(start, tag.said), tuple(asides))


def _goes_on(text: str, tag: _Tag, end: int, language: Language) -> bool:
    """Whether the words go on after a reporting clause: `– kaže on – i`, `, répond-elle, mais`.

    After a comma they go on in French; elsewhere who that is follows (`, kaže Ana Rot, gradonačelnica`).
    """
    mark = text[tag.end - 1 : tag.end]
    if mark == "," and not language.has(Trait.ASIDES_BETWEEN_COMMAS):
        return False
    return mark in _DASHES + "," and text[tag.end : end].lstrip()[:1].islower()


def _narrative_start(text: str, span: Span, language: Language) -> int:
    """Where the words said end: at a sentence that tells of somebody, or at the end of the line."""
    end = span.start + len(text[span.start : span.end].rstrip())
    stops = (match.end() for match in _SENTENCE_END.finditer(text, span.start, span.end))
    for stop, following in pairwise(stops):
        if _is_narrative([word.group() for word in _WORD.finditer(text, stop, following)], language):
            return stop
    return end


def _is_narrative(raw: Sequence[str], language: Language) -> bool:
    """Whether a sentence tells of somebody and speaks neither of `me` nor to `you`."""
    words = [fold(word) for word in raw]
    if any(word in language.own_words for word in words):
        return False
    named = any(word[0].isupper() for word in raw[1:]) and not language.has(Trait.NOUN_CAPITALS)
    return named or any(word in language.title_heads or word in language.pronouns for word in words)


def _tag(text: str, span: Span, language: Language) -> _Tag | None:
    """The first reporting clause of a turn; one after a dash goes before one after a comma."""
    end = min(span.end, span.start + _MAX_TO_TAG)
    for pattern in (_DASH_TAG, _COMMA_TAG):
        for match in pattern.finditer(text, span.start + 1, end):
            clause = Span(*match.span("clause"))
            cut = match.end() == end < span.end
            if not cut and clause.of(text)[0].islower() and _reports(text, clause, language, pattern=pattern):
                mark = match.group("mark")
                kept = mark in tuple("?!…") or (mark == "," and language.has(Trait.COMMA_INSIDE_QUOTES))
                return _Tag(match.start() + (len(mark) if kept else 0), clause, match.end("end"))
    return None


def _reports(text: str, clause: Span, language: Language, *, pattern: re.Pattern[str]) -> bool:
    """Whether a clause tells who says the words around it: a verb of saying early, and somebody who says it.

    After a dash any verb will do that a name, an office or a pronoun follows: `— кивнула Ладейщикова`.
    """
    raw = [word.group() for word in _WORD.finditer(text, clause.start, clause.end)]
    words = [fold(word) for word in raw]
    told = words[0] in language.speech_verbs and pattern is _DASH_TAG  # `– thotë, dhe na betohet` goes on to tell
    if any(word in language.own_words for word in words) and not told:
        return False
    verb = next((i for i, w in enumerate(words[: _VERB_REACH + 1]) if w in language.speech_verbs), None)
    somebody = any(
        (word in language.pronouns and raw[i][0].islower())
        or word in language.title_heads
        or (raw[i][0].isupper() and not language.has(Trait.NOUN_CAPITALS))
        for i, word in enumerate(words[:_NAME_REACH])
        if i or not raw[i][0].isupper()
    )
    asked = text[clause.start - 2 : clause.start].strip() in ("?", "!")
    if verb is None and asked and somebody:
        # In running speech a capital follows a question: a small letter there begins what is told.
        return raw[0][0].islower()
    if pattern is _DASH_TAG:
        known = words[0] in language.not_names or words[0] in language.prepositions or words[0] in language.conjunctions
        return raw[0][0].islower() and (verb is not None or (somebody and not known))
    if verb is None or not (somebody or language.has(Trait.NOUN_CAPITALS)):
        return False
    if any(word in language.subordinators for word in words):
        return False  # `stated that ...` tells of somebody else
    before = words[:verb]
    small = all(len(word) <= _CLITIC or word in language.particles or word in language.pronouns for word in before)
    return small and len(before) <= _MAX_CLITICS

"""Paragraphs and sentences; every character that is not white space lies in exactly one sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from stance.text.languages import Language, Trait
from stance.text.script import fold
from stance.types import Sentence, Span

_UPPER = r"[A-ZÀ-ÖØ-ÞČĆĐŠŽЀ-Я]"
_LINE = re.compile(r"[^\n\r\u2028\u2029]+")
_TERMINATOR = re.compile(r"[.!?…]+(?:[\"”“’'»«)\]]|[ \u00a0\u202f]»(?![^\W_]))*+(?=\s|$)")
_RUN_ON = re.compile(r"(?<=[^\W\d_]) (?=[^\W\d_]+ [^\W\d_])")
_LAST_WORD = re.compile(r"[^\W_]+(?:\.[^\W_]+)*$")
_CAPITALS = re.compile(rf"(?:(?<!\S){_UPPER}+ ){{3,}}{_UPPER}{{4,}}(?= (?!{_UPPER}+\b)\w)")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_OPENERS = "„“\"«»‚‘'(–—-[”"
_MAX_ABBREVIATION = 12
_INITIALS = frozenset({"Lj", "Nj", "Dž", "Dj"})  # one letter each in Cyrillic


def segment(text: str, language: Language) -> list[Sentence]:
    """Sentences in order; a line break always ends one."""
    sentences: list[Sentence] = []
    paragraph = 0
    for line in _LINE.finditer(text):
        spans = _split_line(text, Span(*line.span()), language)
        sentences += [Sentence(span, len(sentences) + i, paragraph) for i, span in enumerate(spans)]
        paragraph += bool(spans)
    return sentences


def paragraphs(sentences: Sequence[Sentence]) -> list[Span]:
    """From the first to the last sentence of each paragraph, in order."""
    groups = groupby(sentences, key=lambda sentence: sentence.paragraph)
    spans = ([sentence.span for sentence in group] for _, group in groups)
    return [Span(group[0].start, group[-1].end) for group in spans]


def is_headline(sentence: Sentence, text: str, *, alone: bool) -> bool:
    """Whether a sentence stands alone in its line, is short, and ends without a full stop or a quote mark."""
    words = sentence.span.of(text)
    return alone and len(words.split()) <= 20 and words[-1] not in ".!?…:,;\"“”»«’'"


def _split_line(text: str, line: Span, language: Language) -> list[Span]:
    spans = []
    start = line.start
    run_on = set(_run_on_ends(text, line, language))
    stops = {match.end(): match for match in _TERMINATOR.finditer(text, line.start, line.end)}
    for end in sorted({*stops, *run_on}):
        match = stops.get(end)
        if match is None or _ends_sentence(text, match, line=line, start=start, language=language):
            spans.append(_trim(text, Span(start, end)))
            start = end
    spans.append(_trim(text, Span(start, line.end)))
    return [span for span in spans if len(span)]


def _run_on_ends(text: str, line: Span, language: Language) -> Iterator[int]:
    """Where a headline without a full stop runs into the next sentence: after a line of capitals, or before a small
    word or a noun such as `players` that has a capital."""
    for match in _CAPITALS.finditer(text, line.start, line.end):
        yield match.end()
    if not language.sentence_openers:
        return
    for match in _RUN_ON.finditer(text, line.start, line.end):
        following = _FIRST_WORD.match(text, match.end())
        assert following is not None
        if not following.group()[0].isupper() or following.group()[1:].isupper():
            continue
        after = text[following.end() + 1]
        if (
            text[match.start() - 1].islower()
            and after.islower()
            and fold(following.group()) in language.sentence_openers
        ):
            yield match.start()


def _ends_sentence(text: str, match: re.Match[str], *, line: Span, start: int, language: Language) -> bool:
    position = match.end()
    while position < line.end and text[position].isspace():
        position += 1
    if position >= line.end:
        return True
    following = text[position]
    if following in _OPENERS and following not in "–—-":
        # A dash after a quoted full stop leads on to the reporting clause: «...!» - said X.
        following = text[position + 1 : position + 3].lstrip()[:1] or following
    if following in "–—-":
        # `Be kind. - Well, well`: a dash opens the next turn of a dialogue, unless it leads on from a quote.
        rest = text[position + 1 : line.end].lstrip()
        return match.group() == "." and rest[:1].isupper()
    if not (following.isupper() or following.isdigit() or following in _OPENERS[:-1]):
        return False
    if match.group().startswith(".") and len(match.group().rstrip("\"”“’'»«)] \u00a0\u202f")) == 1:
        return not _is_abbreviation(text, match.start(), start=start, language=language, following=following)
    return True


def _is_abbreviation(text: str, dot: int, *, start: int, language: Language, following: str) -> bool:
    word = _LAST_WORD.search(text, max(start, dot - _MAX_ABBREVIATION), dot)
    if word is None:
        return False
    raw = word.group()
    # An initial ("J. Borrell") or an ordinal ("9. oktobra"); a number that ends a sentence is rarer than that.
    if raw in _INITIALS or (len(raw) == 1 and raw.isupper()):
        # After a number a capital is a unit: `between 10 and 15 C.`
        return not text[start : word.start()].rstrip()[-1:].isdigit()
    if raw.isdigit() and len(raw) <= 2:
        # `5. His remarks` at the start counts a list. `9. Oktober` in German, where nouns have a capital; elsewhere a
        # capital after a number opens a sentence.
        counts = not text[start : word.start()].strip()
        return counts or language.has(Trait.NOUN_CAPITALS) or not following.isupper()
    folded = fold(raw)
    if following.isupper() and folded in language.closing_abbreviations:
        return False
    return folded in language.abbreviations


def _trim(text: str, span: Span) -> Span:
    start, end = span.start, span.end
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end)

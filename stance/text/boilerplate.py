"""Lines that are no part of an article: byline, photo credit, copyright, invitations to read on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from stance.text.language import sentence_language
from stance.text.languages import Language, language_of
from stance.text.script import fold
from stance.types import Sentence

_RIGHTS = re.compile(r"©|\(c\)\s*\d{0,4}|\bcopyright\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
_MAX_CREDIT_WORDS, _MAX_RIGHTS_WORDS, _EDGE = 14, 45, 3


def mark_sentences(text: str, sentences: Sequence[Sentence], lang: str) -> list[Sentence]:
    """The sentences with their own language where it is another, and with those marked that are boilerplate.

    Args:
        lang: tag of the article's language.
    """
    paragraphs = [list(group) for _, group in groupby(sentences, key=lambda sentence: sentence.paragraph)]
    marked: list[Sentence] = []
    for number, paragraph in enumerate(paragraphs):
        edge = number < _EDGE or number >= len(paragraphs) - _EDGE
        own = [_with_language(text, sentence, lang) for sentence in paragraph]
        tags = {sentence.lang or lang for sentence in own}
        words = text[paragraph[0].span.start : paragraph[-1].span.end]
        boilerplate = _is_boilerplate(words, [language_of(tag) for tag in sorted(tags)], edge=edge)
        marked += [replace(sentence, boilerplate=True) for sentence in own] if boilerplate else own
    return marked


def _with_language(text: str, sentence: Sentence, lang: str) -> Sentence:
    own = sentence_language(sentence.span.of(text), lang)
    return sentence if own == lang else replace(sentence, lang=own)


def _is_boilerplate(paragraph: str, languages: Iterable[Language], *, edge: bool) -> bool:
    """Whether a paragraph states rights, credits somebody near the start or end of the text, or has a set phrase."""
    words = _WORD.findall(paragraph[: _MAX_RIGHTS_WORDS * 12])
    if not words or len(words) > _MAX_RIGHTS_WORDS:
        return False
    if _RIGHTS.search(paragraph):
        return True
    folded = [fold(word) for word in words]
    return any(
        _has_phrase(folded, language) or (edge and _is_credit(paragraph, words, folded, language))
        for language in languages
    )


def _has_phrase(folded: Sequence[str], language: Language) -> bool:
    for index, word in enumerate(folded):
        for phrase in language.boilerplate.starting(word):
            if tuple(folded[index : index + len(phrase)]) == phrase:
                return True
    return False


def _is_credit(paragraph: str, words: Sequence[str], folded: Sequence[str], language: Language) -> bool:
    """`Photo: ...`, `By Ann Smith, reporter`: no full sentence, a name or a colon after its first word."""
    if len(words) > _MAX_CREDIT_WORDS or folded[0] not in language.credits:
        return False
    rest = paragraph.split(words[0], 1)[1].lstrip()
    colon = rest[:1] in tuple(":/|")
    named = len(words) > 1 and words[1][0].isupper() and not paragraph.rstrip().endswith((".", "!", "?", "“", "”", '"'))
    return colon or (named and not any(language.is_verb(word) for word in folded[1:]))

"""Serbian Cyrillic and Latin, as the 1998 orthography pairs them; letters of other alphabets stay."""

from __future__ import annotations

import re
from dataclasses import replace

from stance.text.script import script_of
from stance.types import Context, Reference, Span, StanceQuery

_PAIRS = dict(zip("абвгдђежзијклмнопрстћуфхцчш", "abvgdđežzijklmnoprstćufhcčš", strict=True))
_DIGRAPHS = {"љ": "lj", "њ": "nj", "џ": "dž"}
_CYRILLIC = {latin: cyrillic for cyrillic, latin in (*_DIGRAPHS.items(), *_PAIRS.items())}
_LATIN_LETTER = re.compile("lj|nj|dž|[a-zčćđšž]", re.IGNORECASE)
_LATIN_WORD = re.compile(r"[^\W\d_]+")
_FOREIGN = re.compile("[qwxy]", re.IGNORECASE)
_WIDENED = "".join(_DIGRAPHS) + "".join(_DIGRAPHS).upper()


def to_latin(text: str) -> str:
    """The text in Latin script. A digraph in a word of capitals is all capitals: ЊЕГОШ -> NJEGOŠ."""
    pieces = []
    for index, character in enumerate(text):
        lower = character.lower()
        if lower in _DIGRAPHS:
            pieces.append(_digraph(text, index))
        elif lower in _PAIRS:
            pieces.append(_PAIRS[lower] if character == lower else _PAIRS[lower].upper())
        else:
            pieces.append(character)
    return "".join(pieces)


def to_cyrillic(text: str) -> str:
    """The text in Cyrillic script; words with q, w, x or y are foreign and stay.

    `lj`, `nj` and `dž` are taken for one letter each, which is wrong in a few words: injekcija, konjunktura, nadživeti.
    """
    return _LATIN_WORD.sub(lambda word: word[0] if _FOREIGN.search(word[0]) else _cyrillic_word(word[0]), text)


def _cyrillic_word(word: str) -> str:
    return _LATIN_LETTER.sub(lambda letter: _cyrillic_letter(letter[0]), word)


def _cyrillic_letter(latin: str) -> str:
    cyrillic = _CYRILLIC[latin.lower()]
    return cyrillic.upper() if latin[0].isupper() else cyrillic


def _digraph(text: str, index: int) -> str:
    latin = _DIGRAPHS[text[index].lower()]
    if text[index].islower():
        return latin
    neighbours = text[max(0, index - 1) : index] + text[index + 1 : index + 2]
    letters = [neighbour for neighbour in neighbours if neighbour.isalpha()]
    return latin.upper() if letters and all(letter.isupper() for letter in letters) else latin.capitalize()


def latin_query(query: StanceQuery) -> StanceQuery:
    """A query about a Serbian Cyrillic text with text and names in Latin script; any other one as it is.

    The context is cut to what a model may see of it, so that its offsets count from another place.
    """
    evidence = query.context.evidence
    words = evidence.of(query.context.text)
    if (query.lang or "").partition("-")[0] != "sr" or script_of(words) != "Cyrl":
        return query
    starts = query.context.starts
    first = min((*starts, evidence.start))

    def moved(offset: int) -> int:
        before = query.context.text[first:offset]
        return len(before) + sum(before.count(letter) for letter in _WIDENED)

    context = Context(
        to_latin(query.context.text[first : evidence.end]),
        Span(moved(evidence.start), moved(evidence.end)),
        tuple(moved(start) for start in starts),
    )
    actor = query.actor and Reference(to_latin(query.actor.name), query.actor.id)
    target = Reference(to_latin(query.target.name), query.target.id)
    return replace(query, context=context, actor=actor, target=target)

"""Serbian from one script to the other, as the 1998 orthography pairs them; letters of other alphabets stay."""

from __future__ import annotations

from dataclasses import replace

from stance.text.script import script_of
from stance.types import Context, Reference, Span, StanceQuery

_PAIRS = dict(zip("абвгдђежзијклмнопрстћуфхцчш", "abvgdđežzijklmnoprstćufhcčš", strict=True))
_DIGRAPHS = {"љ": "lj", "њ": "nj", "џ": "dž"}
_BACK = {latin: cyrillic for cyrillic, latin in (*_PAIRS.items(), *_DIGRAPHS.items())}
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
    """The text in Cyrillic script; `lj`, `nj` and `dž` become one letter, also where two meet (`injekcija`)."""
    pieces = []
    place = 0
    while place < len(text):
        wide = 2 if text[place : place + 2].lower() in _BACK else 1
        latin = text[place : place + wide]
        cyrillic = _BACK.get(latin.lower(), latin)
        pieces.append(cyrillic.upper() if latin[0].isupper() else cyrillic)
        place += wide
    return "".join(pieces)


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

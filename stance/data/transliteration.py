"""Serbian Cyrillic to Latin, as the 1998 orthography pairs them; letters of other alphabets stay."""

from __future__ import annotations

_PAIRS = dict(zip("абвгдђежзијклмнопрстћуфхцчш", "abvgdđežzijklmnoprstćufhcčš", strict=True))
_DIGRAPHS = {"љ": "lj", "њ": "nj", "џ": "dž"}


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


def _digraph(text: str, index: int) -> str:
    latin = _DIGRAPHS[text[index].lower()]
    if text[index].islower():
        return latin
    neighbours = text[max(0, index - 1) : index] + text[index + 1 : index + 2]
    letters = [neighbour for neighbour in neighbours if neighbour.isalpha()]
    return latin.upper() if letters and all(letter.isupper() for letter in letters) else latin.capitalize()

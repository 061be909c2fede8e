"""Positions are found by aliases, inflected, in both scripts, with a gap, and never inside a longer name."""

import pytest

from stance.text.languages import language_of
from stance.text.positions import PositionIndex
from stance.text.tokens import tokenise
from stance.types import Position, Span

_POSITIONS = (
    Position(
        "res1244",
        "Resolution 1244",
        aliases={"sr": ("Rezolucija 1244",), "sq": ("Rezoluta 1244",), "ru": ("резолюция 1244",)},
    ),
    Position("nato", "NATO"),
    Position("membership", "membership in NATO", aliases={"en": ("join … NATO",), "sr": ("članstvo u NATO",)}),
    Position("asm", "Association of Towns", aliases={"en": ("ASM",), "sq": ("Asociacioni i qyteteve",)}),
)


def _found(text: str, tag: str) -> list[tuple[str | None, str]]:
    index = PositionIndex(_POSITIONS, language_of(tag), tag=tag)
    return [(m.reference.id, m.span.of(text)) for m in index.find(tokenise(text), [Span(0, len(text))], [])]


@pytest.mark.parametrize(
    ("tag", "text", "expected"),
    [
        ("en", "The resolution 1244 stands.", [("res1244", "resolution 1244")]),
        ("sr-Latn", "Pozvao se na Rezoluciju 1244.", [("res1244", "Rezoluciju 1244")]),
        ("sr-Cyrl", "Позвао се на Резолуцију 1244.", [("res1244", "Резолуцију 1244")]),
        ("sq", "Sipas Rezolutës 1244, po.", [("res1244", "Rezolutës 1244")]),
        ("sq", "Foli për Asociacionin e qyteteve.", [("asm", "Asociacionin e qyteteve")]),
        ("en", "They want to join the alliance called NATO.", [("membership", "join the alliance called NATO")]),
        ("en", "Membership in NATO is far.", [("membership", "Membership in NATO")]),
        ("ru", "Он снова вспомнил про резолюцию 1244.", [("res1244", "резолюцию 1244")]),
        ("ru", "Дождь идёт второй день, и рыбаки сидят дома.", []),
        ("en", "It happened in 1244.", []),
        ("en", "An asm is a file.", []),
    ],
)
def test_mentions(tag: str, text: str, expected: list[tuple[str, str]]) -> None:
    assert [m for m in _found(text, tag) if m[0] != "nato"] == expected


def test_a_bare_number_counts_once_the_position_was_named() -> None:
    positions = (Position("res1244", "Resolution 1244", aliases={"en": ("1244",)}),)
    index = PositionIndex(positions, language_of("en"), tag="en")
    text = "Resolution 1244 stands. Without 1244 nothing does."
    units = [Span(0, len(text))]
    assert len(index.find(tokenise(text), units, [])) == 2
    assert index.find(tokenise("In 1244 a castle was built."), units, []) == []


def test_a_longer_name_hides_the_shorter_one() -> None:
    assert ("nato", "NATO") not in _found("Membership in NATO is far.", "en")


@pytest.mark.parametrize("code", ["en", "sr", "mk", "sq", "ru", "de", "fr"])
def test_stemming_leaves_something_of_every_word(code: str) -> None:
    language = language_of(code)
    for word in ("a", "to", "most", "dozd", "rezoljucija", "kostic"):
        assert len(language.stem(word)) >= min(3, len(word))

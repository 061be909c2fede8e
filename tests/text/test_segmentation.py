"""Sentences: exact offsets, nothing lost, abbreviations and ordinals kept together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.text.languages import language_of
from stance.text.segmentation import segment


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        ("sr", "Sastanak je 9. oktobra. Biće ih još.", ["Sastanak je 9. oktobra.", "Biće ih još."]),
        ("sr", "Рекао је „Не!“ и отишао. Сви су ћутали.", ["Рекао је „Не!“ и отишао.", "Сви су ћутали."]),
        ("en", "Mr. Ross agreed. Dr. Kent did not.", ["Mr. Ross agreed.", "Dr. Kent did not."]),
        ("en", "Headline without a stop\n\nThe text.", ["Headline without a stop", "The text."]),
        ("de", "„Nein.“ Das war alles.", ["„Nein.“", "Das war alles."]),
        ("fr", "« Non ! » a-t-il dit. Puis rien.", ["« Non ! » a-t-il dit.", "Puis rien."]),
        ("ru", "«Всё решено!» — сказал он. Спора нет.", ["«Всё решено!» — сказал он.", "Спора нет."]),
        ("sq", "Votimi u shty. Pse?", ["Votimi u shty.", "Pse?"]),
        ("hr", "Dobila je 7-5, 6-4. Slavila je.", ["Dobila je 7-5, 6-4.", "Slavila je."]),
        ("de", "Am 9. Oktober kam er. Nein.", ["Am 9. Oktober kam er.", "Nein."]),
        ("hr", "Bilo je 15 C. Padalo je.", ["Bilo je 15 C.", "Padalo je."]),
        ("sr", "Kupili su hleb, mleko itd. Ostalo čeka.", ["Kupili su hleb, mleko itd.", "Ostalo čeka."]),
        ("hr", "Budimo ljubazni. - Dobro, rekao je.", ["Budimo ljubazni.", "- Dobro, rekao je."]),
        ("hr", "5. Svoju nevjeru krije. Kraj.", ["5. Svoju nevjeru krije.", "Kraj."]),
        ("en", "", []),
        ("en", " \n\t\n ", []),
    ],
)
def test_sentences(lang: str, text: str, expected: list[str]) -> None:
    assert [s.span.of(text) for s in segment(text, language_of(lang))] == expected


def test_paragraphs_are_numbered_without_gaps() -> None:
    found = segment("One. Two.\n\n\n\nThree.", language_of("en"))
    assert [(s.index, s.paragraph) for s in found] == [(0, 0), (1, 0), (2, 1)]


@given(st.text(alphabet="aB9.!? \n„“\"'«»—…😀я\u0301\u200f", max_size=80))
def test_every_character_but_white_space_lies_in_exactly_one_sentence(text: str) -> None:
    spans = [s.span for s in segment(text, language_of("en"))]
    covered = [index for span in spans for index in range(span.start, span.end)]
    assert len(covered) == len(set(covered))
    missed = set(range(len(text))) - set(covered)
    assert all(text[index].isspace() for index in missed)

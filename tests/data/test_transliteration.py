"""Serbian Cyrillic in Latin letters, with the offsets of what the model is asked about."""

import pytest

from stance.data.transliteration import latin_query, to_cyrillic, to_latin
from stance.types import Context, Reference, Span, StanceQuery

_TEXT = "Овога не треба. Љиљана Ђукић рекла је да Његош и Џезва не долазе. „Нећу је“, каже Љиљана."
_SENTENCES = (Span(0, 15), Span(16, 65), Span(66, len(_TEXT)))


def _query(text: str, *, lang: str | None) -> StanceQuery:
    context = Context(text, _SENTENCES[2], starts=(_SENTENCES[1].start,))
    return StanceQuery(context, Reference("Љиљана Ђукић", span=Span(16, 28)), Reference("Његошева награда"), lang=lang)


def test_a_serbian_query_is_asked_in_latin_with_the_same_sentences() -> None:
    query = latin_query(_query(_TEXT, lang="sr-Cyrl"))
    latin = [to_latin(span.of(_TEXT)) for span in _SENTENCES]
    assert query.context.evidence.of(query.context.text) == latin[2]
    assert [query.context.text[start:] for start in query.context.starts] == [f"{latin[1]} {latin[2]}"]
    assert (query.actor, query.target) == (Reference("Ljiljana Đukić"), Reference("Njegoševa nagrada"))


def test_other_languages_and_latin_texts_stay_as_they_are() -> None:
    for query in (_query(_TEXT, lang="mk"), _query(_TEXT, lang=None), _query(to_latin(_TEXT), lang="sr-Cyrl")):
        assert latin_query(query) is query


@pytest.mark.parametrize(
    "text", ["Његош и Љубица Џамоња", "НАЏАК, ЊИВА И ЉУБАВ", "Đorđe", "Ђорђе је рекао: „Шта ћу?“ 😀", "", "123"]
)
def test_cyrillic_comes_back_from_latin_as_it_was(text: str) -> None:
    cyrillic = to_cyrillic(text)
    assert to_cyrillic(to_latin(cyrillic)) == cyrillic
    assert not any("a" <= letter.lower() <= "z" for letter in cyrillic)


@pytest.mark.parametrize(
    ("latin", "cyrillic"),
    [("NJEGOŠ", "ЊЕГОШ"), ("Džezva", "Џезва"), ("New York i WiFi", "New York и WiFi"), ("Đ. Ljubić 2.", "Ђ. Љубић 2.")],
)
def test_latin_becomes_cyrillic_but_foreign_words_stay(latin: str, cyrillic: str) -> None:
    assert to_cyrillic(latin) == cyrillic

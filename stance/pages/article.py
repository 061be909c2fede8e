"""The page of scored articles: who takes which side, and the text with its evidence highlighted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stance.pages.clean import visible
from stance.pages.cut import cut
from stance.pages.render import render_page
from stance.types import Article, ArticleStance, StancePrediction

_MAX_LABEL = 120


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text under the same statements; `kind` colours it, `note` tells what it proves."""

    text: str
    kind: str
    note: str
    anchor: str


def article_page(articles: Sequence[tuple[Article, str, Sequence[ArticleStance]]], *, model_id: str) -> str:
    """One page for all articles.

    Args:
        articles: each with its language tag and its stances.
    """
    views = [_view(article, lang, stances, number) for number, (article, lang, stances) in enumerate(articles)]
    return render_page("article.html", {"articles": views, "model_id": model_id}, title="Stances")


def segments(article: Article, predictions: Sequence[StancePrediction], *, prefix: str) -> list[Segment]:
    """The whole text, cut where evidence begins and ends."""
    marks = [(span, p) for p in predictions if p.query.statement for span in p.query.statement.evidence]
    return [
        Segment(
            text=visible(span.of(article.text)),
            kind=_kind(covering),
            note="; ".join(dict.fromkeys(_note(p) for p in covering)),
            anchor=f"{prefix}-{span.start}" if covering else "",
        )
        for span, covering in cut(len(article.text), marks)
    ]


def _view(article: Article, lang: str, stances: Sequence[ArticleStance], number: int) -> dict[str, Any]:
    predictions = [p for stance in stances for p in stance.predictions]
    prefix = f"a{number}"
    return {
        "title": article_label(article),
        "lang": lang,
        "date": article.date and visible(article.date, one_line=True),
        "source": article.source and visible(article.source, one_line=True),
        "rows": [_row(stance, prefix) for stance in stances],
        "segments": segments(article, predictions, prefix=prefix),
    }


def _row(stance: ArticleStance, prefix: str) -> dict[str, Any]:
    best = max(stance.predictions, key=lambda p: (not p.abstained, p.stance == stance.stance, p.probability))
    statement = best.query.statement
    assert statement is not None
    evidence = statement.evidence[0]
    return {
        "actor": actor_label(stance),
        "target": visible(stance.target.name, one_line=True),
        "stance": stance.stance.value if stance.stance else "abstained",
        "reason": stance.reason.value.replace("_", " ") if stance.reason else "",
        "score": stance.score,
        "probability": best.probability,
        "n_statements": len(stance.predictions),
        "evidence": visible(evidence.of(stance.article.text), one_line=True),
        "anchor": f"{prefix}-{evidence.start}",
    }


def article_label(article: Article) -> str:
    """What an article is called where people look at it: its title, else its first line."""
    first_line = article.text.strip().partition("\n")[0]
    label = visible(article.title or first_line, one_line=True)
    return label if len(label) <= _MAX_LABEL else label[: _MAX_LABEL - 1] + "…"


def actor_label(stance: ArticleStance) -> str:
    """The actor's name, or what stands for it: the author, or a speaker who was not found."""
    if stance.actor is not None:
        return visible(stance.actor.name, one_line=True)
    return "(speaker not found)" if stance.reason == "no_speaker" else "(author)"


def _kind(covering: Sequence[StancePrediction]) -> str:
    kinds = {"abstained" if p.abstained else p.stance.value for p in covering}
    if not kinds:
        return ""
    sides = kinds & {"favor", "against"}
    if len(sides) == 2:
        return "mixed"
    return sides.pop() if sides else min(kinds, key=("neutral", "abstained").index)


def _note(prediction: StancePrediction) -> str:
    query = prediction.query
    speaker = query.statement.speaker if query.statement else None
    holder = query.actor.name if query.actor else ("author" if speaker else "speaker not found")
    verdict = f"no side ({prediction.reason.value})" if prediction.reason else prediction.stance.value
    words = f"{holder} → {query.target.name}: {verdict}, {prediction.probability:.2f}"
    return visible(words, one_line=True)

"""What annotators and a system say of whole articles, as the opinions that other work counts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from stance.evaluation.opinions import AUTHOR, Opinion, opinion_figures
from stance.evaluation.read_article import ReadArticle, key_of, shown_figure
from stance.types import ArticleStance, Span, Stance


def opinion_report(articles: Sequence[ReadArticle]) -> dict[str, Any]:
    """The figures of `opinion_figures` over the pairs that the annotators judged, as `report.json` holds them.

    Without `triple_f1`: it is the `f1` of the stages.

    Raises:
        ValueError: there are no articles.
    """
    gold, given = ([make(article) for article in articles] for make in (gold_opinions, given_opinions))
    figures = opinion_figures(gold, given)
    return {name: shown_figure(*figure) for name, figure in figures.items() if name != "triple_f1"}


def gold_opinions(article: ReadArticle) -> list[Opinion]:
    """The gold pairs of an article with the words of their evidence."""
    words = _word_spans(article.record["text"])
    return [
        Opinion(
            frozenset({key_of(pair["actor"]) or AUTHOR}),
            frozenset({key_of(pair["target"])}),
            _words_in(words, [Span(part["start"], part["end"]) for part in pair["evidence"]]),
            Stance(pair["stance"]),
        )
        for pair in article.record["gold"]
    ]


def given_opinions(article: ReadArticle) -> list[Opinion]:
    """The stances given to pairs that the annotators judged, with the words of the statements that carry them."""
    words = _word_spans(article.record["text"])
    found = []
    for given in article.judged_stances():
        holder = frozenset({given.actor.key if given.actor else AUTHOR})
        evidence = _words_in(words, _evidence(given))
        assert given.stance is not None
        found.append(Opinion(holder, frozenset({given.target.key}), evidence, given.stance, given.score))
    return found


def _evidence(given: ArticleStance) -> list[Span]:
    """The spans of the statements that have the article's stance; of all where none has it alone."""
    answered = [prediction for prediction in given.predictions if not prediction.abstained]
    carrying = [prediction for prediction in answered if prediction.stance is given.stance] or answered
    statements = [p.query.statement for p in carrying if p.query.statement is not None]
    return [span for statement in statements for span in statement.evidence]


def _word_spans(text: str) -> list[Span]:
    """The words of a text, as white space parts them."""
    return [Span(found.start(), found.end()) for found in re.finditer(r"\S+", text)]


def _words_in(words: Sequence[Span], spans: Sequence[Span]) -> frozenset[int]:
    """The numbers of the words that any of the spans touches."""
    return frozenset(number for number, word in enumerate(words) if any(word.overlaps(span) for span in spans))

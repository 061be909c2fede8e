"""Who takes which side on what, in the news.

    >>> from stance import ArticleScorer, StanceClassifier

Names are loaded when they are first used: importing stance loads neither torch nor transformers.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stance.data.articles import read_articles
    from stance.data.entities import load_actors, load_positions
    from stance.inference.classifier import StanceClassifier
    from stance.inference.scorer import ArticleScorer, ScoredArticle
    from stance.text.reading import read_article
    from stance.types import Actor, Article, ArticleStance, Position, Reading, Stance, StancePrediction, StanceQuery

__version__ = "0.1.0"

_HOMES = {
    "Actor": "stance.types",
    "Article": "stance.types",
    "ArticleStance": "stance.types",
    "Position": "stance.types",
    "Reading": "stance.types",
    "Stance": "stance.types",
    "StancePrediction": "stance.types",
    "StanceQuery": "stance.types",
    "ArticleScorer": "stance.inference.scorer",
    "ScoredArticle": "stance.inference.scorer",
    "StanceClassifier": "stance.inference.classifier",
    "load_actors": "stance.data.entities",
    "load_positions": "stance.data.entities",
    "read_article": "stance.text.reading",
    "read_articles": "stance.data.articles",
}

__all__ = [
    "Actor",
    "Article",
    "ArticleScorer",
    "ArticleStance",
    "Position",
    "Reading",
    "ScoredArticle",
    "Stance",
    "StanceClassifier",
    "StancePrediction",
    "StanceQuery",
    "load_actors",
    "load_positions",
    "read_article",
    "read_articles",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'stance' has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])

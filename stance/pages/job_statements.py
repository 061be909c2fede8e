"""The statements of a job as columns for a page's script: each text and each article once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from stance.pages.clean import visible

_MAX_TEXT, _MAX_LABEL, _MAX_URL = 700, 160, 2_000
_COLUMNS = ("actor", "position", "stance", "sure", "period", "article", "text", "reason")
_ARTICLE = ("label", "date", "source", "lang", "url")


@dataclass(frozen=True, slots=True)
class StatementWords:
    """What a record says in words, as it came."""

    doc_id: str
    text: str
    title: str | None
    date: str | None
    url: str | None
    source: str | None
    lang: str | None
    reason: str | None
    most_probable: str | None


@dataclass(frozen=True, slots=True)
class ShownStatement:
    """A statement by numbers: of its actor, position, stance, period (-1 without a date) and article.

    sure: probability of the stance, or of the most probable one where the side is withheld; None: not given.
    """

    actor: int
    position: int
    stance: int
    sure: float | None
    period: int
    article: int
    words: StatementWords


@dataclass(slots=True)
class _Distinct:
    """Each value once, in the order in which they came."""

    numbers: dict[Any, int] = field(default_factory=dict)

    def number(self, value: Any) -> int:
        return self.numbers.setdefault(value, len(self.numbers))


def statement_columns(shown: Iterable[ShownStatement]) -> dict[str, Any]:
    """Columns of equal length, with the lists that their numbers point into; `sure` in thousandths, -1 for None."""
    texts, reasons, articles = _Distinct(), _Distinct(), _Distinct()
    columns: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
    described: list[tuple[str, ...]] = []
    for statement in shown:
        words = statement.words
        article = articles.number(statement.article)
        if article == len(described):
            described.append(_article(words))
        row = (
            statement.actor,
            statement.position,
            statement.stance,
            -1 if statement.sure is None else round(1000 * statement.sure),
            statement.period,
            article,
            texts.number(shortened(words.text, _MAX_TEXT)),
            reasons.number(_why(words)),
        )
        for name, value in zip(_COLUMNS, row, strict=True):
            columns[name].append(value)
    by_column = list(zip(*described, strict=True)) or [()] * len(_ARTICLE)
    return {
        **columns,
        "articles": dict(zip(_ARTICLE, by_column, strict=True)),
        "texts": list(texts.numbers),
        "reasons": list(reasons.numbers),
    }


def shortened(text: str | None, limit: int = _MAX_LABEL) -> str:
    """A text on one line, harmless where it is shown, and not longer than `limit`."""
    cut = visible((text or "")[: 4 * limit], one_line=True)
    return cut if len(cut) <= limit else cut[: limit - 1] + "…"


def safe_url(url: str | None) -> str:
    """An address that a reader may follow: http or https, with a host; empty for any other."""
    if not url or len(url) > _MAX_URL or visible(url, one_line=True) != url:
        return ""
    try:
        parts = urlsplit(url)
        return url if parts.scheme in ("http", "https") and parts.hostname else ""
    except ValueError:
        return ""


def _article(words: StatementWords) -> tuple[str, ...]:
    label = shortened(words.title) or shortened(words.doc_id)
    return label, shortened(words.date, 40), shortened(words.source), shortened(words.lang, 20), safe_url(words.url)


def _why(words: StatementWords) -> str:
    """`low confidence, most probable: favor` of a withheld side; empty of a given one."""
    if words.reason is None:
        return ""
    reason = shortened(words.reason.replace("_", " "), 40)
    return f"{reason}, most probable: {shortened(words.most_probable, 20)}" if words.most_probable else reason

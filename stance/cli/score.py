"""`stance score`: articles in, who takes which side on what out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from stance.cli.options import (
    Actors,
    Articles,
    BatchTokens,
    Device,
    Dtype,
    Engine,
    Format,
    Latin,
    MinProbability,
    Model,
    Out,
    OutputFormat,
    Positions,
    PositionWords,
    Select,
    Semantic,
)
from stance.errors import ConfigError

if TYPE_CHECKING:
    from stance.inference.scorer import ScoredArticle

_TOGETHER = 16  # articles that the model is asked about at a time: the statements of one fill no batch


def score(
    articles: Articles,
    positions: Positions = None,
    position: PositionWords = None,
    select: Select = None,
    actors: Actors = None,
    model: Model = None,
    format: OutputFormat = Format.table,  # noqa: A002
    summary: Annotated[
        bool, typer.Option("--summary", help="One line per actor and position, not per statement.")
    ] = False,
    min_probability: MinProbability = None,
    in_context: Annotated[
        bool,
        typer.Option(
            "--in-context", help="Also ask who speaks of a position without naming it: finds more, errs more."
        ),
    ] = False,
    semantic: Semantic = False,
    out: Out = None,
    device: Device = "auto",
    batch_tokens: BatchTokens = 4096,
    dtype: Dtype = "auto",
    engine: Engine = "auto",
    latin: Latin = True,
) -> None:
    """Score articles: who takes which side on which position, with the words that prove it.

    Example: stance score article.txt --positions positions.yaml --summary
    """
    from stance.cli.output import emit, note, progress
    from stance.cli.positions import followed_positions, note_unread_by_meaning
    from stance.data.articles import read_articles
    from stance.data.entities import load_actors
    from stance.inference.classifier import StanceClassifier
    from stance.inference.scorer import ArticleScorer

    followed = followed_positions(positions, position or [], select or [])
    if not followed:
        raise ConfigError("Nothing to score on: give --positions FILE, or --position TEXT.")
    known = load_actors(actors) if actors else None
    read = list(read_articles(articles))
    classifier = StanceClassifier.from_pretrained(
        model, device=device, batch_tokens=batch_tokens, dtype=dtype, latin=latin, engine=engine, log=note, bar=progress
    )
    scorer = ArticleScorer(
        classifier, actors=known, min_probability=min_probability, in_context=in_context, semantic=semantic
    )
    scored: list[ScoredArticle] = []
    with progress("Articles", len(read)) as advance:
        for start in range(0, len(read), _TOGETHER):
            readings = [scorer.read(article, followed) for article in read[start : start + _TOGETHER]]
            scored += scorer.judge(readings, followed)
            advance(len(readings))
    if format is Format.table and out is None:
        _print(scored, summary=summary)
    else:
        emit(_render(scored, scorer, format=format, summary=summary), out=out)
    if semantic:
        note_unread_by_meaning([result.reading.lang for result in scored])
    truncated = sum(p.truncated for result in scored for p in result.predictions)
    if truncated:
        note(f"{truncated} statements were longer than the model reads; their records say `truncated`.")


def _render(
    scored: Sequence[ScoredArticle],
    scorer: object,
    *,
    format: Format,  # noqa: A002
    summary: bool,
) -> list[str]:
    from stance.data.writing import json_line
    from stance.inference.records import article_records, statement_records
    from stance.inference.scorer import ArticleScorer
    from stance.pages.article import article_page

    assert isinstance(scorer, ArticleScorer)
    model_id, config_hash = scorer.classifier.model_id, scorer.classifier.info.config_sha256
    if format is Format.html:
        return [article_page([(r.article, r.reading.lang, r.stances) for r in scored], model_id=model_id)]
    if format is Format.table:
        return [_plain_line(row) for row in _rows(scored, summary=summary)]
    if summary:
        return [json_line(record) for r in scored for record in article_records(r, model_id=model_id)]
    return [
        json_line(record) for r in scored for record in statement_records(r, model_id=model_id, config_hash=config_hash)
    ]


def _print(scored: Sequence[ScoredArticle], *, summary: bool) -> None:
    from stance.cli.output import note, print_table
    from stance.pages.article import article_label

    for result in scored:
        title = f"{article_label(result.article)}  ({result.reading.lang})"
        rows = list(_rows([result], summary=summary))
        if rows:
            print_table(title, ("Actor", "Position", "Stance", "Probability", "Evidence"), rows, wide="Evidence")
        else:
            note(f"{title}: none of the positions is discussed.")


def _rows(scored: Sequence[ScoredArticle], *, summary: bool) -> list[tuple[str, str, str, str, str]]:
    from stance.pages.article import actor_label

    rows = []
    for result in scored:
        for stance in result.stances:
            best = max(stance.predictions, key=lambda p: (not p.abstained, p.stance == stance.stance, p.probability))
            for prediction in [best] if summary else stance.predictions:
                statement = prediction.query.statement
                assert statement is not None
                if summary:
                    side = stance.stance.value if stance.stance else f"- ({stance.reason})"
                else:
                    side = f"- ({prediction.reason})" if prediction.reason else prediction.stance.value
                evidence = " ".join(span.of(result.article.text) for span in statement.evidence)
                rows.append((actor_label(stance), stance.target.name, side, f"{prediction.probability:.2f}", evidence))
    return rows


def _plain_line(row: Sequence[str]) -> str:
    from stance.pages.clean import visible

    return "\t".join(visible(cell, one_line=True) for cell in row) + "\n"

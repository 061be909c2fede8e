"""What is counted of a job as a whole, over its shards, documents, statements and quarantine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from stance.batch.manifest import ShardRecord
from stance.batch.report.overview import failures_of, reach_of
from stance.batch.report.statements import AGAINST, FAVOR, NEUTRAL, STANCES, UNKNOWN, WITHHELD, Statements
from stance.batch.report.summary import Summary
from stance.batch.totals import Status, totals_of
from stance.pages.job_statements import shortened
from stance.pages.job_words import JobFigures


def figures_of(
    root: Path,
    status: Status,
    shards: Sequence[ShardRecord],
    *,
    files: Mapping[str, Sequence[Path]],
    statements: Statements,
    summary: Summary,
) -> JobFigures:
    """The figures of a job's shards; of no statement the words are shown yet.

    Raises:
        DataError: a file cannot be read.
    """
    totals, reach = totals_of(shards), reach_of(files["documents"])
    by_stance = np.bincount(statements.stance, minlength=len(STANCES)).tolist()
    return JobFigures(
        name=root.resolve().name,
        model_id=str(status.job.identity["model_id"]),
        config_hash=status.job.config_hash,
        state=status.state,
        begun=status.job.created,
        last=status.finished or max((shard.finished for shard in shards), default=""),
        n_articles=totals.articles,
        n_duplicates=totals.duplicates,
        n_failed=totals.errors,
        languages={shortened(lang): count for lang, count in reach.languages.items()},
        n_speaking=reach.n_speaking,
        n_dated=reach.n_dated,
        first_date=reach.first,
        last_date=reach.last,
        n_statements=len(statements),
        favor=by_stance[FAVOR],
        neutral=by_stance[NEUTRAL],
        against=by_stance[AGAINST],
        withheld=by_stance[WITHHELD],
        reasons=dict(sorted(statements.reasons.items(), key=lambda item: (-item[1], item[0]))),
        n_unknown_speaker=int((statements.actor == UNKNOWN).sum()),
        n_uncalibrated=statements.n_uncalibrated,
        n_truncated=statements.n_truncated,
        n_actors=len(statements.actors),
        n_unnamed=sum(actor.key.startswith("n") for actor in statements.actors),
        n_positions=len(statements.positions),
        n_actors_shown=summary.n_actors,
        n_others=int(summary.n_statements[summary.n_actors :].sum()),
        n_statements_shown=0,
        failures=failures_of(files["quarantine"]),
    )

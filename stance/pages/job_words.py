"""What a job's page says of the job in words: what was read, and what the page doesn't know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stance.pages.wording import counted, percent

_MAX_LANGUAGES = 12


@dataclass(frozen=True, slots=True)
class Failed:
    """A kind of error with the number of rows, and one of its messages."""

    type: str
    count: int
    example: str


@dataclass(frozen=True, slots=True)
class JobFigures:
    """Counts of a job.

    state: finished, running or stopped. last: when its last shard was done, empty before the first.
    first_date, last_date: of the articles; n_dated and n_speaking of them have a date, and hold a statement.
    favor, neutral, against, withheld: add up to n_statements. reasons: of those withheld.
    n_unknown_speaker: statements whose speaker was not found; they belong to no actor.
    n_unnamed: of the actors, those without an id. n_others: statements of the actors that are not in the page.
    """

    name: str
    model_id: str
    config_hash: str
    state: str
    begun: str
    last: str
    n_articles: int
    n_duplicates: int
    n_failed: int
    languages: Mapping[str, int]
    n_speaking: int
    n_dated: int
    first_date: str
    last_date: str
    n_statements: int
    favor: int
    neutral: int
    against: int
    withheld: int
    reasons: Mapping[str, int]
    n_unknown_speaker: int
    n_uncalibrated: int
    n_truncated: int
    n_actors: int
    n_unnamed: int
    n_positions: int
    n_actors_shown: int
    n_others: int
    n_statements_shown: int
    failures: Sequence[Failed]


def facts(job: JobFigures) -> list[tuple[str, str]]:
    """(what, how many) of the job, for a table."""
    speaking = f"{job.n_articles:,}, {job.n_speaking:,} of them with a statement"
    found = [
        ("Articles scored", speaking),
        ("Languages", _languages(job.languages)),
        ("Dates", f"{job.first_date} to {job.last_date}" if job.first_date else "none"),
        ("Statements", f"{job.n_statements:,}"),
        ("Sides", f"{job.favor:,} favor, {job.against:,} against"),
        ("No side", f"{job.neutral:,} neutral, {job.withheld:,} withheld"),
        ("Actors, positions", f"{job.n_actors:,}, {job.n_positions:,}"),
        ("Rows that failed", f"{job.n_failed:,}"),
        ("Near-duplicates not scored", f"{job.n_duplicates:,}"),
        ("Model", job.model_id),
        ("Config hash", job.config_hash),
        ("Begun", job.begun),
    ]
    return [*found, ("Finished" if job.state == "finished" else "Last shard done", job.last or "–")]


def remarks(job: JobFigures) -> list[str]:
    """What a reader must know before believing the figures, a sentence or two each."""
    return [words for holds, words in (*_gaps(job), *_doubts(job), *_bounds(job)) if holds]


def _gaps(job: JobFigures) -> list[tuple[bool, str]]:
    """(whether it holds, what to say) of what is missing in the result."""
    n_undated = job.n_articles - job.n_dated
    reasons = ", ".join(f"{reason.replace('_', ' ')} {count:,}" for reason, count in job.reasons.items())
    share = percent(job.withheld / max(1, job.n_statements))
    return [
        (
            job.state != "finished",
            f"The job is not finished ({job.state}): this is what its finished shards hold.",
        ),
        (job.n_statements == 0, "There are no statements."),
        (job.n_failed > 0, f"{counted(job.n_failed, 'row')} failed and are in none of these figures."),
        (
            job.withheld > 0,
            f"Of {counted(job.n_statements, 'statement')} the side of {job.withheld:,} ({share}) is withheld: "
            f"{reasons}.",
        ),
        (
            job.n_unknown_speaker > 0,
            f"The speaker of {counted(job.n_unknown_speaker, 'statement')} was not found. They belong to no actor and "
            "are not in the heat map.",
        ),
        (
            n_undated > 0,
            f"{counted(n_undated, 'article')} without a date, or with one that does not begin as 2024-05-01 does: "
            "counted everywhere but in the course over time.",
        ),
    ]


def _doubts(job: JobFigures) -> list[tuple[bool, str]]:
    """(whether it holds, what to say) of what may be wrong in it."""
    return [
        (
            job.n_truncated > 0,
            f"Of {counted(job.n_truncated, 'statement')} the model saw a part only: the text was too long.",
        ),
        (
            job.n_uncalibrated > 0,
            f"The probabilities of {counted(job.n_uncalibrated, 'statement')} are not calibrated: they order "
            "statements, but are no rates.",
        ),
        (
            job.n_unnamed > 0,
            f"{job.n_unnamed:,} of {counted(job.n_actors, 'actor')} have no id and are told apart by name only: one "
            "person under two names is two actors.",
        ),
        (
            job.n_statements > 0,
            "Intervals tell how far a mean could be off because few articles were read. They know nothing of the "
            "mistakes of the model itself; stance evaluate measures those.",
        ),
    ]


def _bounds(job: JobFigures) -> list[tuple[bool, str]]:
    """(whether it holds, what to say) of what is left out to keep the page small."""
    n_hidden, n_here = job.n_actors - job.n_actors_shown, job.n_statements - job.n_unknown_speaker - job.n_others
    n_left_out = n_here - job.n_statements_shown
    return [
        (
            n_hidden > 0,
            f"The page holds the {job.n_actors_shown:,} most spoken-of actors; {counted(n_hidden, 'further actor')} "
            f"with {counted(job.n_others, 'statement')} are counted at the top only.",
        ),
        (
            n_left_out > 0,
            f"All statements are counted, but the words of {n_left_out:,} of {n_here:,} are left out: of each actor "
            "and position the surest are here, the rest is in the folder statements.",
        ),
    ]


def _languages(languages: Mapping[str, int]) -> str:
    shown = [f"{lang or 'unknown'} {count:,}" for lang, count in list(languages.items())[:_MAX_LANGUAGES]]
    more = len(languages) - len(shown)
    return ", ".join(shown + ([f"{more} more"] if more > 0 else [])) or "none"

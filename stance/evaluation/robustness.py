"""Metamorphic tests: rows changed so that it is known how the answer must change or stay, whatever the right one is.

Source: Ribeiro et al. 2020, Beyond Accuracy: Behavioral Testing of NLP Models with CheckList (invariance and
directional expectation tests); Ma et al. 2018 for the term metamorphic in tests of classifiers of text.
"""

from __future__ import annotations

import hashlib
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple

from stance.data.rows import Row
from stance.evaluation import rewriting
from stance.evaluation.names import NamePool
from stance.text.script import script_of
from stance.types import STANCES, Context, Reference, Span, Stance, StancePrediction, StanceQuery

SEED = 13
ALL = "all"
NOT_GIVEN = "not given"
_MAX_EXAMPLES = 3
_OPPOSITE = {Stance.FAVOR: Stance.AGAINST, Stance.AGAINST: Stance.FAVOR, Stance.NEUTRAL: Stance.NEUTRAL}


class Expectation(StrEnum):
    """What must hold of the answers before and after a change."""

    SAME = "the same stance"
    OPPOSITE = "the opposite side, or neutral as before"
    LESS = "not the same side at the same or a higher probability"


@dataclass(frozen=True, slots=True)
class Case:
    """A row asked twice: `before` as it stands, without its context, and `after` a change."""

    test: str
    expectation: Expectation
    row: Row
    before: StanceQuery
    after: StanceQuery


class Outcome(NamedTuple):
    """What was said to a case, or to a minimal pair, in the words of a report."""

    test: str
    lang: str
    violated: bool
    example: Mapping[str, Any]


def robustness_cases(rows: Sequence[Row], *, per_test: int, seed: int = SEED) -> list[Case]:
    """Of every test the cases that the rows give, a sample of at most `per_test`; the same for the same rows and seed.

    The sample is drawn by a hash of the rows' ids, so that the tests share most of their rows.
    """
    ordered = sorted(rows, key=lambda row: sample_rank(row.id, seed))
    makers = _makers(rows)
    cases = []
    for test, (expectation, make) in makers.items():
        found = 0
        for row in ordered:
            if found == per_test:
                break
            before = _bare(row.query)
            after = make(row, before, random.Random(f"{seed}:{test}:{row.id}"))
            if after is not None:
                cases.append(Case(test, expectation, row, before, after))
                found += 1
    return cases


def outcomes(
    cases: Sequence[Case], before: Sequence[StancePrediction], after: Sequence[StancePrediction]
) -> Iterator[Outcome]:
    """What the answers to the cases come to, in order."""
    for case, first, second in zip(cases, before, after, strict=True):
        yield Outcome(
            case.test,
            case.row.query.lang or NOT_GIVEN,
            _violated(case.expectation, first, second),
            {
                "id": case.row.id,
                "before": _told(case.before, case.after),
                "after": _told(case.after, case.before),
                "said_before": first.stance.value,
                "said_after": second.stance.value,
                "expected": case.expectation.value,
            },
        )


def robustness_report(found: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Of every test, over all languages and in each, the share of violated expectations with its interval.

    Tests in their order of appearance; `low` and `high` are the 95 % interval of Wilson 1927; at most three examples.
    """
    groups: dict[str, dict[str, list[Outcome]]] = defaultdict(lambda: defaultdict(list))
    for outcome in found:
        groups[outcome.test][outcome.lang].append(outcome)
    entries = []
    for test, by_lang in groups.items():
        everything = [outcome for same in by_lang.values() for outcome in same]
        entries.append(_entry(test, ALL, everything))
        entries += [_entry(test, lang, by_lang[lang]) for lang in sorted(by_lang)]
    return entries


def wilson(n_hits: int, n_trials: int, *, level: float = 0.95) -> tuple[float, float]:
    """The score interval of a share. Source: Wilson 1927, Probable Inference, the Law of Succession.

    Raises:
        ValueError: there are no trials.
    """
    from scipy.stats import binomtest

    if n_trials < 1:
        raise ValueError(f"{n_trials} trials; a share needs one")
    interval = binomtest(n_hits, n_trials).proportion_ci(confidence_level=level, method="wilson")
    return float(interval.low), float(interval.high)


def _entry(test: str, lang: str, found: Sequence[Outcome]) -> dict[str, Any]:
    violated = [outcome for outcome in found if outcome.violated]
    low, high = wilson(len(violated), len(found))
    return {
        "test": test,
        "lang": lang,
        "cases": len(found),
        "violated": len(violated),
        "share": round(len(violated) / len(found), 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "examples": [dict(outcome.example) for outcome in violated[:_MAX_EXAMPLES]],
    }


def _violated(expectation: Expectation, before: StancePrediction, after: StancePrediction) -> bool:
    if expectation is Expectation.SAME:
        return after.stance is not before.stance
    if expectation is Expectation.OPPOSITE:
        return after.stance is not _OPPOSITE[before.stance]
    side = STANCES.index(before.stance)
    kept = before.stance is not Stance.NEUTRAL and after.stance is before.stance
    return kept and after.probabilities[side] >= before.probabilities[side]


Make = Callable[[Row, StanceQuery, random.Random], StanceQuery | None]


def _makers(rows: Sequence[Row]) -> dict[str, tuple[Expectation, Make]]:
    pool, listed = NamePool(rows), _listed(rows)

    def renamed(row: Row, query: StanceQuery, rng: random.Random) -> StanceQuery | None:
        return pool.renamed(query, rng)

    def swapped(row: Row, query: StanceQuery, rng: random.Random) -> StanceQuery | None:
        return _swapped(row, query, listed)

    def negated(row: Row, query: StanceQuery, rng: random.Random) -> StanceQuery | None:
        words = rewriting.rejected(query.target.name, query.lang, query.context.text)
        return None if words is None else replace(query, target=Reference(words))

    same = {
        "script": lambda row, query, rng: _in_other_script(query),
        "quote style": _rewritten(lambda query, rng: rewriting.other_quotes(query.context.text, query.lang)),
        "diacritics": _rewritten(lambda query, rng: rewriting.without_diacritics(query.context.text)),
        "typos": _rewritten(lambda query, rng: rewriting.with_typos(query.context.text, _named(query), rng)),
        "name": renamed,
        "sentence before": _rewritten(lambda query, rng: rewriting.sentence_before(query.context.text, query.lang)),
        "sentence after": _rewritten(lambda query, rng: rewriting.sentence_after(query.context.text, query.lang)),
        "capitals": _rewritten(lambda query, rng: rewriting.in_capitals(query.context.text)),
        "small letters": _rewritten(lambda query, rng: rewriting.in_small_letters(query.context.text)),
        "homoglyphs": _rewritten(lambda query, rng: rewriting.with_homoglyphs(query.context.text, _named(query), rng)),
        "white space": _rewritten(lambda query, rng: rewriting.loosely_spaced(query.context.text)),
    }
    makers: dict[str, tuple[Expectation, Make]] = {name: (Expectation.SAME, make) for name, make in same.items()}
    return makers | {"swapped": (Expectation.LESS, swapped), "negated": (Expectation.OPPOSITE, negated)}


def _rewritten(change: Callable[[StanceQuery, random.Random], str | None]) -> Make:
    """Makes the same question of a changed text; names are asked as before."""

    def make(row: Row, query: StanceQuery, rng: random.Random) -> StanceQuery | None:
        text = change(query, rng)
        return None if text is None else replace(without_spans(query), context=Context(text, Span(0, len(text))))

    return make


def _in_other_script(query: StanceQuery) -> StanceQuery | None:
    """Text and names in the other script; a name that the text does not hold, in whatever language, stays Latin."""
    text = rewriting.other_script(query.context.text, query.lang)
    if text is None:
        return None

    def named(reference: Reference) -> Reference:
        foreign = reference.span is None and script_of(reference.name) == "Latn"
        words = None if foreign else rewriting.other_script(reference.name, query.lang)
        return Reference(reference.name if words is None else words, reference.id)

    actor = query.actor and named(query.actor)
    return replace(query, context=Context(text, Span(0, len(text))), actor=actor, target=named(query.target))


def _swapped(row: Row, query: StanceQuery, listed: set[tuple[str, str, str]]) -> StanceQuery | None:
    """Actor and target changed over, where a side is taken, the text names both and nobody has judged it so."""
    actor, target = query.actor, query.target
    if actor is None or actor.span is None or target.span is None or row.stance is Stance.NEUTRAL:
        return None
    if (query.context.text, target.key, actor.key) in listed or actor.key == target.key:
        return None
    return replace(query, actor=target, target=actor)


def _listed(rows: Sequence[Row]) -> set[tuple[str, str, str]]:
    queries = (_bare(row.query) for row in rows)
    return {(query.context.text, query.actor.key, query.target.key) for query in queries if query.actor}


def _bare(query: StanceQuery) -> StanceQuery:
    """The query about its evidence alone; a mention outside it loses its place."""
    evidence = query.context.evidence
    words = evidence.of(query.context.text)

    def moved(reference: Reference) -> Reference:
        span = reference.span
        inside = span is not None and evidence.contains(span)
        place = Span(span.start - evidence.start, span.end - evidence.start) if span and inside else None
        return replace(reference, span=place)

    actor = query.actor and moved(query.actor)
    return StanceQuery(Context(words, Span(0, len(words))), actor, moved(query.target), lang=query.lang)


def without_spans(query: StanceQuery) -> StanceQuery:
    """The query with names alone: its text is about to change."""
    actor = query.actor and replace(query.actor, span=None)
    return replace(query, actor=actor, target=replace(query.target, span=None))


def _named(query: StanceQuery) -> list[Span]:
    references = (query.actor, query.target)
    return [reference.span for reference in references if reference is not None and reference.span is not None]


def _told(query: StanceQuery, other: StanceQuery) -> str:
    """The text, or the question where that is what was changed."""
    if query.context.text != other.context.text:
        return query.context.text
    return f"{query.actor.name if query.actor else 'the text'} on {query.target.name}: {query.context.text}"


def sample_rank(identifier: str, seed: int) -> bytes:
    """By what samples are ordered: a hash, so that other rows do not change which are drawn first."""
    return hashlib.sha256(f"{seed}:{identifier}".encode("utf-8", "surrogatepass")).digest()

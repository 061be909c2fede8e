"""What more questions cost, and how long a token stream should be."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from speed.rows import Workload, long_article, parted
from speed.timing import Timing, spread, timed
from stance.data.entities import load_positions
from stance.data.shipped import shipped_folder
from stance.inference.classifier import StanceClassifier
from stance.inference.scorer import ArticleScorer, ScoredArticle
from stance.modeling.engine import ExportedCheckpoint
from stance.types import Reference, Stance, StanceQuery

ARTICLE_WORDS = 600
STREAM_LENGTHS = (64, 96, 128, 192, 256, 512)
_N_SENTENCES = 24
_N_SPOKEN, _N_ALL = 4, 16
_LEAST_ROUNDS = 5


def ratios(
    exported: Mapping[str, Path], rows: Sequence[tuple[StanceQuery, Stance]], *, rounds: int
) -> list[dict[str, Any]]:
    """Per engine: 16 targets of a sentence and actor against 1, and 16 positions of an article against 4 of them."""
    positions = [p for path in sorted(shipped_folder("positions").glob("*.yaml")) for p in load_positions(path)]
    article = long_article(ARTICLE_WORDS)
    found = []
    for name, folder in exported.items():
        classifier = StanceClassifier.from_pretrained(folder)
        one, many = (_with_targets(rows, n) for n in (1, _N_ALL))
        times = _in_turns(classifier.predict, one, many, rounds=rounds)
        found.append({"engine": name, "what": "predict: 16 targets / 1", **_ratio(times)})
        scorer = ArticleScorer(classifier)
        spoken = {query.target.id or "" for query in scorer.score(article, positions).reading.queries}
        four, sixteen = (parted(positions, spoken, n_spoken=_N_SPOKEN, n_all=n) for n in (_N_SPOKEN, _N_ALL))
        times = _in_turns(partial(scorer.score, article), four, sixteen, rounds=rounds)
        same = _told(scorer.score(article, four)) == _told(scorer.score(article, sixteen))
        what = "article: 16 positions / the 4 spoken of"
        found.append({"engine": name, "what": what, **_ratio(times), "same_statements": same})
    return found


def _with_targets(rows: Sequence[tuple[StanceQuery, Stance]], n_targets: int) -> list[StanceQuery]:
    """Some sentences, each with one actor and so many targets."""
    queries = [query for query, _ in rows[:_N_SENTENCES]]
    names = list(dict.fromkeys(query.target.name for query, _ in rows))
    return [
        replace(query, actor=Reference(names[number]), target=Reference(names[number + 1 + k]))
        for number, query in enumerate(queries)
        for k in range(n_targets)
    ]


def _told(scored: ScoredArticle) -> list[tuple[Any, ...]]:
    return [
        (p.query.statement and p.query.statement.evidence, p.query.actor, p.query.target, p.stance, p.probabilities)
        for p in scored.predictions
    ]


def _in_turns(work: Callable[[Any], object], small: Any, large: Any, *, rounds: int) -> list[tuple[Timing, Timing]]:
    work(small)
    return [(timed(lambda: work(small)), timed(lambda: work(large))) for _ in range(max(_LEAST_ROUNDS, rounds))]


def _ratio(times: Sequence[tuple[Timing, Timing]]) -> dict[str, float]:
    return {
        "seconds_of_smaller": statistics.median(small.wall for small, _ in times),
        **spread("ratio", [large.wall / small.wall for small, large in times]),
        "ratio_cpu": statistics.median(large.cpu / small.cpu for small, large in times),
    }


def streams(exported: Mapping[str, Path], loads: Sequence[Workload], *, rounds: int) -> list[dict[str, Any]]:
    """Rows per second of processor time, for each exported model and length of a stream."""
    found = []
    for name, folder in exported.items():
        classifier = StanceClassifier.from_pretrained(folder)
        checkpoint = classifier.checkpoint
        assert isinstance(checkpoint, ExportedCheckpoint)
        seconds: dict[tuple[int, int], list[float]] = defaultdict(list)
        for _ in range(rounds):
            for length in STREAM_LENGTHS:
                model = replace(checkpoint.model, stream_tokens=length)
                trying = replace(classifier, checkpoint=replace(checkpoint, model=model))
                for load in loads:
                    timing = timed(partial(trying.predict, load.queries))
                    seconds[length, load.questions].append(timing.cpu)
        for length in STREAM_LENGTHS:
            speeds = {
                f"{load.questions}_questions": len(load.queries) / statistics.median(seconds[length, load.questions])
                for load in loads
            }
            found.append({"engine": name, "tokens": length, **speeds})
    return found

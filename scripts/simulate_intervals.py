"""Whether intervals and gates hold what they promise, on simulated rows whose truth is known.

python scripts/simulate_intervals.py [--simulations 1000] [--documents 300] [--rows 5]

Rows of one document share its difficulty, so that they err together. The first table counts how often the 95 % interval
of `stance evaluate` holds the true figure (of millions of rows), once for many documents and once for few. The second
counts how often a paired comparison of macro-F1 finds a system worse (by more than a margin), where it is as good
(false alarms) and where it is three points of accuracy worse; a tenth of the rows change their verdict in both cases,
mostly together with others of their document. A system is found worse where the upper bound of the 95 % interval lies
below minus the margin. Beside it: an unpaired z test of two proportions that takes rows as independent, on the same
data.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from stance.evaluation.answers import Answers
from stance.evaluation.blocks import blocks
from stance.evaluation.bootstrap import LEVEL
from stance.evaluation.comparison import paired_difference
from stance.evaluation.features import STANCE_METRICS, probability_values
from stance.evaluation.metrics import LABEL_METRICS, per_stance
from stance.evaluation.sample import Sample
from stance.types import STANCES

ACCURACY, CHANGED, DROP = 0.72, 0.10, 0.03
MARGINS = (0.0, 0.01)
# Correlation of the rows of a document: of how hard they are, and of how another system answers them.
_TOGETHER = 0.3
_N = len(STANCES)
_MANY, _ROUNDS = 50_000, 10


def main(arguments: Sequence[str]) -> None:
    """Print both tables in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=1000)
    parser.add_argument("--documents", type=int, default=300)
    parser.add_argument("--few-documents", type=int, default=30, help="the same again with so many documents")
    parser.add_argument("--rows", type=int, default=5, help="rows of each document")
    parser.add_argument("--seed", type=int, default=13)
    options = parser.parse_args(arguments)
    size = {"n_rows": options.rows, "simulations": options.simulations, "seed": options.seed}
    _print_coverage([options.documents, options.few_documents], **size)
    _print_alarms(options.documents, **size)


def _print_coverage(sizes: Sequence[int], *, n_rows: int, simulations: int, seed: int) -> None:
    truth = true_figures(n_rows=n_rows, seed=seed)
    shares = [coverage(truth, n, n_rows=n_rows, simulations=simulations, seed=seed) for n in sizes]
    print(f"| figure | truth | {' | '.join(f'covered, {n} documents of {n_rows} rows' for n in sizes)} |")
    print("|---|---|" + "---|" * len(sizes))
    for name, value in truth.items():
        print(f"| {name} | {value:.4f} | {' | '.join(f'{100 * found[name]:.1f} %' for found in shares)} |")
    known = 196 * np.sqrt(LEVEL * (1 - LEVEL) / simulations)
    print(f"\n{simulations} simulations each; coverage is known to +-{known:.1f} points.\n")


def _print_alarms(n_documents: int, *, n_rows: int, simulations: int, seed: int) -> None:
    columns = [*(f"paired, margin {margin:.2f}" for margin in MARGINS), "unpaired z test"]
    print(f"| n = {n_documents * n_rows}, {n_rows} rows per document | {' | '.join(columns)} |")
    print("|---|" + "---|" * len(columns))
    for title, drop in (("as good: false alarms", 0.0), (f"{100 * DROP:.0f} points worse: found", DROP)):
        found = alarms(n_documents, drop=drop, n_rows=n_rows, simulations=simulations, seed=seed)
        print(f"| {title} | {' | '.join(f'{100 * share:.1f} %' for share in found)} |", flush=True)


def true_figures(*, n_rows: int, seed: int) -> dict[str, float]:
    """The figures of so many documents that they are those of all; the mean of some rounds, to save memory."""
    rng = np.random.default_rng(seed)
    rounds = [_point_figures(simulate(rng, _MANY, n_rows)) for _ in range(_ROUNDS)]
    return {name: float(np.mean([found[name] for found in rounds])) for name in rounds[0]}


def coverage(
    truth: Mapping[str, float], n_documents: int, *, n_rows: int, simulations: int, seed: int
) -> dict[str, float]:
    """Of each figure the share of simulations whose interval holds the truth."""
    rng = np.random.default_rng(seed + n_documents)
    hits: Counter[str] = Counter()
    for _ in range(simulations):
        for name, (low, high) in _intervals(simulate(rng, n_documents, n_rows)).items():
            hits[name] += low <= truth[name] <= high
    return {name: hits[name] / simulations for name in truth}


def alarms(n_documents: int, *, drop: float, n_rows: int, simulations: int, seed: int) -> list[float]:
    """The share of simulations in which the second system is found worse: for each of MARGINS, then by the z test."""
    rng = np.random.default_rng(seed)
    found = np.zeros(len(MARGINS) + 1)
    for _ in range(simulations):
        first, second = systems(rng, n_documents, n_rows, drop=drop)
        high = paired_difference(first, second).high
        unpaired = _unpaired_z(first, second) < norm.ppf((1 - LEVEL) / 2)
        found += [*(high < -margin for margin in MARGINS), unpaired]
    return [float(share) for share in found / simulations]


def _intervals(sample: Sample) -> dict[str, tuple[float, float]]:
    (block,) = blocks(sample, [np.arange(len(sample.gold))])
    found = {name: (figure["low"], figure["high"]) for name, figure in block.figures["metrics"].items()}
    for stance, scores in block.figures["per_stance"].items():
        found |= {f"{name} {stance}": tuple(bounds) for name, bounds in scores["intervals"].items()}
    return found


def _point_figures(sample: Sample) -> dict[str, float]:
    counts = np.zeros((_N, _N))
    np.add.at(counts, (sample.gold, sample.predicted), 1)
    found = {name: float(metric(counts)) for name, metric in LABEL_METRICS.items()}
    found |= probability_values(sample, np.arange(len(sample.gold)))
    for stance, scores in per_stance(counts).items():
        found |= {f"{name} {stance.value}": scores[name] for name in STANCE_METRICS}
    return found


def simulate(rng: np.random.Generator, n_documents: int, n_rows: int) -> Sample:
    """Rows with probabilities that are a little too sure, easier or harder by document."""
    clusters = np.repeat(np.arange(n_documents), n_rows)
    gold = rng.choice(_N, len(clusters), p=[0.35, 0.40, 0.25])
    ease = rng.normal(0.0, 1.0, n_documents)[clusters]
    logits = rng.normal(0.0, 1.0, (len(clusters), _N))
    logits[np.arange(len(clusters)), gold] += 1.3 + ease
    probabilities = np.exp(1.2 * logits)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return Sample(gold, probabilities.argmax(axis=1), probabilities, None, clusters)


def systems(rng: np.random.Generator, n_documents: int, n_rows: int, *, drop: float) -> tuple[Answers, Answers]:
    """Two systems; a tenth of the rows is right in one alone, `drop` of all rows more in the first."""
    clusters = np.repeat(np.arange(n_documents), n_rows)
    gold = rng.integers(0, _N, len(clusters))
    place = norm.cdf(_together(rng, clusters))
    broken, fixed = place < (CHANGED + drop) / 2, place > 1 - (CHANGED - drop) / 2
    right = norm.cdf(_together(rng, clusters)) < ACCURACY
    other = (gold + rng.integers(1, _N, len(gold))) % _N
    return (
        _answers(gold, np.where((right | broken) & ~fixed, gold, other), clusters),
        _answers(gold, np.where((right | fixed) & ~broken, gold, other), clusters),
    )


def _together(rng: np.random.Generator, clusters: NDArray[np.int64]) -> NDArray[np.float64]:
    """[rows]: standard normal, correlated in a document."""
    shared = rng.normal(size=clusters.max() + 1)[clusters]
    normal: NDArray[np.float64] = np.sqrt(_TOGETHER) * shared + np.sqrt(1 - _TOGETHER) * rng.normal(size=len(clusters))
    return normal


def _answers(gold: NDArray[np.int64], predicted: NDArray[np.int64], clusters: NDArray[np.int64]) -> Answers:
    return Answers("simulated", "simulated", "", [], Sample(gold, predicted, None, None, clusters), None)


def _unpaired_z(first: Answers, second: Answers) -> float:
    """Of two proportions, as if the second system had been asked about other rows."""
    before, after = (float((one.sample.predicted == one.sample.gold).mean()) for one in (first, second))
    pooled = (before + after) / 2
    return float((after - before) / np.sqrt(2 * pooled * (1 - pooled) / len(first.sample.gold)))


if __name__ == "__main__":
    main(sys.argv[1:])

"""How far annotators agree: three coefficients, each from sums over units, so that a bootstrap is a matrix product."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from stance.data.ratings import Unit, annotators_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

N_RESAMPLES = 2000
_SEED = 13


@dataclass(frozen=True, slots=True)
class Coefficient:
    """An agreement coefficient with its 95 % percentile bootstrap interval over sentences; n_units it rests on.

    value: 1 full agreement, 0 what chance gives; NaN where it is not defined.
    """

    value: float
    low: float
    high: float
    n_units: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the units of one language or target (or all) say.

    agreed: share of units on which all annotators agree. cohen: by pair of annotators. fleiss: over the units judged by
    the most frequent number of annotators.
    """

    n_units: int
    agreed: float
    alpha: Coefficient
    fleiss: Coefficient
    cohen: dict[tuple[str, str], Coefficient]


def agreement_of(units: Sequence[Unit], *, n_resamples: int = N_RESAMPLES) -> Agreement:
    """All coefficients of some units.

    Raises:
        ValueError: there is none.
    """
    if not units:
        raise ValueError("agreement needs at least one unit with two values")
    values = sorted({value for unit in units for value in unit.given.values()})
    counts = np.array([[list(u.given.values()).count(value) for value in values] for u in units], dtype=np.float64)
    sources = [unit.source for unit in units]
    raters = counts.sum(axis=1)
    usual = Counter(raters.tolist()).most_common(1)[0][0]
    same = raters == usual
    pairs = {
        pair: _cohen(units, pair, values, n_resamples=n_resamples) for pair in combinations(annotators_of(units), 2)
    }
    return Agreement(
        n_units=len(units),
        agreed=float(np.mean(counts.max(axis=1) == raters)),
        alpha=_bootstrap(_alpha_terms(counts), sources, _alpha, n_resamples=n_resamples),
        fleiss=_bootstrap(_fleiss_terms(counts[same]), _kept(sources, same), _fleiss, n_resamples=n_resamples),
        cohen={pair: found for pair, found in pairs.items() if found is not None},
    )


def krippendorff_alpha(units: Iterable[Sequence[Hashable]]) -> float:
    """Nominal alpha, 1 - observed / expected disagreement; 1 is full agreement, 0 what chance gives.

    Source: Krippendorff 2011, Computing Krippendorff's Alpha-Reliability. Units with one value are left out. Where all
    values are equal there is nothing to disagree on, and alpha is 1.

    Args:
        units: the values that each unit got, missing ones left out.

    Raises:
        ValueError: no unit has two values.
    """
    judged = [list(values) for values in units if len(values) >= 2]
    if not judged:
        raise ValueError("alpha needs at least one unit with two values")
    names = sorted({value for values in judged for value in values}, key=repr)
    counts = np.array([[values.count(name) for name in names] for values in judged], dtype=np.float64)
    return float(_alpha(_alpha_terms(counts).sum(axis=0)))


def fleiss_kappa(counts: NDArray[np.float64]) -> float:
    """Fleiss' kappa of units that all have the same number of raters. Source: Fleiss 1971.

    Args:
        counts: [units, values], how many raters gave each value.
    """
    return float(_fleiss(_fleiss_terms(counts).sum(axis=0)))


def cohen_kappa(confusion: NDArray[np.float64]) -> float:
    """Cohen's kappa of two annotators. Source: Cohen 1960.

    Args:
        confusion: [values, values], counts of (first's value, second's value).
    """
    return float(_cohen_statistic(confusion.ravel()))


def confusion_of(units: Sequence[Unit], first: str, second: str) -> tuple[list[str], NDArray[np.float64]]:
    """The values, and [values, values] counts of what two annotators gave the same units."""
    values = sorted({value for unit in units for value in unit.given.values()})
    numbers = {value: number for number, value in enumerate(values)}
    confusion = np.zeros((len(values), len(values)))
    for unit in units:
        if first in unit.given and second in unit.given:
            confusion[numbers[unit.given[first]], numbers[unit.given[second]]] += 1
    return values, confusion


def most_disputed(units: Iterable[Unit], *, n: int) -> list[Unit]:
    """The units whose annotators disagree most: by the share of pairs of annotators that differ, then by how many."""

    def dispute(unit: Unit) -> tuple[float, int]:
        given = list(unit.given.values())
        differing = sum(one != other for one, other in combinations(given, 2))
        return differing / (len(given) * (len(given) - 1) / 2), differing

    ranked = sorted(units, key=dispute, reverse=True)
    return [unit for unit in ranked[:n] if len(set(unit.given.values())) > 1]


def _alpha_terms(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Per unit: agreeing pairs over (raters - 1), raters, and the counts. [units, 2 + values]"""
    raters = counts.sum(axis=1)
    agreeing = (counts * (counts - 1)).sum(axis=1) / (raters - 1)
    return np.column_stack([agreeing, raters, counts])


def _alpha(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    agreeing, total, counts = sums[..., 0], sums[..., 1], sums[..., 2:]
    observed = 1 - agreeing / total
    expected = 1 - (counts * (counts - 1)).sum(axis=-1) / (total * (total - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(expected > 0, 1 - observed / expected, 1.0)


def _fleiss_terms(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Per unit: share of agreeing pairs, 1, and the shares of each value. [units, 2 + values]"""
    raters = counts.sum(axis=1)
    agreeing = (counts * (counts - 1)).sum(axis=1) / (raters * (raters - 1))
    return np.column_stack([agreeing, np.ones(len(counts)), counts / raters[:, None]])


def _fleiss(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    n_units = sums[..., 1]
    observed = sums[..., 0] / n_units
    expected = ((sums[..., 2:] / n_units[..., None]) ** 2).sum(axis=-1)
    return _beyond_chance(observed, expected)


def _cohen(
    units: Sequence[Unit], pair: tuple[str, str], values: Sequence[str], *, n_resamples: int
) -> Coefficient | None:
    both = [unit for unit in units if pair[0] in unit.given and pair[1] in unit.given]
    if not both:
        return None
    terms = np.zeros((len(both), len(values) ** 2))
    for row, unit in enumerate(both):
        terms[row, values.index(unit.given[pair[0]]) * len(values) + values.index(unit.given[pair[1]])] = 1
    return _bootstrap(terms, [unit.source for unit in both], _cohen_statistic, n_resamples=n_resamples)


def _cohen_statistic(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    size = int(np.sqrt(sums.shape[-1]))
    confusion = sums.reshape(*sums.shape[:-1], size, size)
    total = confusion.sum(axis=(-1, -2))
    observed = np.trace(confusion, axis1=-2, axis2=-1) / total
    expected = (confusion.sum(axis=-1) * confusion.sum(axis=-2)).sum(axis=-1) / total**2
    return _beyond_chance(observed, expected)


def _beyond_chance(observed: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """(observed - expected) / (1 - expected); 1 where only one value was ever given."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(expected < 1, (observed - expected) / (1 - expected), 1.0)


def _bootstrap(
    terms: NDArray[np.float64],
    sources: Sequence[str],
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    *,
    n_resamples: int,
) -> Coefficient:
    """A statistic of summed terms, with its interval over resampled sources (sentences or articles)."""
    names = {source: number for number, source in enumerate(dict.fromkeys(sources))}
    by_source = np.zeros((len(names), terms.shape[1]))
    np.add.at(by_source, [names[source] for source in sources], terms)
    rng = np.random.default_rng(_SEED)
    weights = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=n_resamples)
    resampled = statistic(weights @ by_source)
    low, high = np.quantile(resampled, [0.025, 0.975])
    return Coefficient(float(statistic(terms.sum(axis=0))), float(low), float(high), len(terms))


def _kept(items: Sequence[str], mask: NDArray[np.bool_]) -> list[str]:
    return [item for item, keep in zip(items, mask.tolist(), strict=True) if keep]

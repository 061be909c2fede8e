"""The slices with the lowest scores, and whether each is lower than the rest of the rows by more than chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from stance.evaluation.blocks import Block
from stance.evaluation.metrics import Floats

MAX_WORST = 20
_DIGITS = 4


class Slice(NamedTuple):
    """One value of a column with its figures."""

    column: str
    value: str
    block: Block


def worst_slices(slices: Sequence[Slice]) -> list[dict[str, Any]]:
    """The slices that score lower in macro-F1 than the rest of the rows, lowest score first, at most 20.

    Small slices, those of one document and those that are all rows are left out. `p` is two-sided, of a t test of the
    difference over its bootstrap standard error with the slice's documents less one degrees of freedom; `p_holm` is
    corrected for all slices that were tested, listed or not.
    """
    from scipy.stats import t

    tested = [found for found in slices if _testable(found.block)]
    if not tested:
        return []
    differences = np.array([found.block.to_rest.value for found in tested])
    errors = np.array([found.block.to_rest_error for found in tested])
    documents = np.array([found.block.figures["documents"] for found in tested])
    # Where all or none is right no resample differs; a document more or less would.
    p = 2 * t.sf(np.abs(differences) / np.maximum(errors, 1 / documents), documents - 1)
    corrected = holm(p)
    lower = [index for index in range(len(tested)) if differences[index] < 0]
    lower.sort(key=lambda index: (tested[index].block.figures["metrics"]["macro_f1"]["value"], index))
    return [_entry(tested[index], float(p[index]), float(corrected[index])) for index in lower[:MAX_WORST]]


def holm(p: Floats) -> Floats:
    """[tests]: p-values that may each be set against the level of all tests together. Source: Holm 1979."""
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(stepped, 1.0)
    return corrected


def _testable(block: Block) -> bool:
    return not block.figures["small"] and block.figures["documents"] > 1 and bool(np.isfinite(block.to_rest.value))


def _entry(found: Slice, p: float, p_holm: float) -> dict[str, Any]:
    block = found.block
    score = block.figures["metrics"]["macro_f1"]
    difference, low, high = block.to_rest
    return {
        "column": found.column,
        "value": found.value,
        "rows": block.figures["rows"],
        "metric": "macro_f1",
        "value_of_metric": score["value"],
        "low": score["low"],
        "high": score["high"],
        "difference": round(difference, _DIGITS),
        "difference_low": round(low, _DIGITS),
        "difference_high": round(high, _DIGITS),
        "p": _rounded(p),
        "p_holm": _rounded(p_holm),
    }


def _rounded(p: float) -> float:
    """Three significant digits."""
    return float(f"{p:.3g}")

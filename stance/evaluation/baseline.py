"""Whether an evaluation is worse than an earlier one of the same rows, by more than chance and a margin allow."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from stance.errors import ConfigError
from stance.evaluation.answers import answers_of, read_answers
from stance.evaluation.check import Check
from stance.evaluation.comparison import paired_difference
from stance.evaluation.gate_file import Baseline
from stance.evaluation.judging import Judged


def regression(baseline: Baseline, report: Mapping[str, Any], judged: Sequence[Judged]) -> Check:
    """Failed where the 95 % interval of the difference to the baseline ends below minus the margin.

    A difference that chance may have made fails nothing: a paired bootstrap draws the same documents for both.

    Raises:
        DataError: the folder holds no report, or one of other rows.
        ConfigError: there is one document only.
    """
    before, after = read_answers(baseline.report), answers_of(report, judged, name="this evaluation")
    found = paired_difference(before, after, metric=baseline.metric)
    if math.isnan(found.high):
        raise ConfigError(f"{baseline.report}: its rows are of one document, so that nothing is known of the spread.")
    bounds = f"95 % interval {found.low:+.4f} to {found.high:+.4f}; {before.model_id} in {baseline.report}"
    return Check(
        name=f"{baseline.metric} against the baseline",
        passed=not found.high < -baseline.margin,
        found=f"{found.value:+.4f}",
        wanted=f"no significant fall by more than {baseline.margin:g}",
        detail=bounds,
    )

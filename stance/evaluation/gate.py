"""Whether an evaluation meets its gate: every demand is checked and told, also after one has failed."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from stance.data.rows import Row
from stance.data.training_texts import TrainingTexts
from stance.errors import ConfigError
from stance.evaluation.baseline import regression
from stance.evaluation.check import Check
from stance.evaluation.columns import columns_of
from stance.evaluation.gate_file import MAXIMA, METRICS, Gate
from stance.evaluation.judging import Judged
from stance.types import STANCES

_MAX_NAMED = 5
_SHORT = 12  # hex digits of a hash that are shown
_PROBABILITIES = "the predictions have no probabilities"
_ABSTENTIONS = "the predictions do not say `abstained`"


class Figure(NamedTuple):
    """A metric with its interval; the bounds are None where nothing is known of the spread."""

    value: float
    low: float | None
    high: float | None


def require_slices(gate: Gate, rows: Sequence[Row]) -> None:
    """Check that the rows have the slices that a gate demands something of, before a model is asked.

    Raises:
        ConfigError: a column or a value does not occur.
    """
    for column, asked in zip(gate.slices, gate.columns, strict=True):
        place = f"{gate.path}: slices.{column}"
        try:
            single, crossed = columns_of(rows, [asked])
        except ConfigError as error:
            raise ConfigError(f"{place}: {str(error).partition(': ')[2]}") from error
        known = crossed[" x ".join(asked.split(","))] if "," in asked else single[asked]
        for value in gate.slices[column]:
            if value not in known.values:
                raise ConfigError(f"{place}: no row has the value {value!r}; {_nearest(value, list(known.values))}")


def check_gate(
    gate: Gate,
    report: Mapping[str, Any],
    judged: Sequence[Judged],
    *,
    pinned: Sequence[Judged] = (),
    trained_on: TrainingTexts | None = None,
) -> dict[str, Any]:
    """`passed` and the list of `checks`, as `report.json` holds them.

    Args:
        report: of `judged`, sliced by `gate.columns`; see `require_slices`.
        pinned: what was answered to the rows of `gate.pinned`.
        trained_on: the training sentences of the model that answered; None where they are not known.

    Raises:
        ConfigError: a demand cannot be judged: the metric or its interval is not there, or the training sentences are
            not known. Such a gate neither passes nor fails.
        DataError: the baseline is no report, or one of other rows.
    """
    checks = [
        *_threshold_checks(gate, report),
        *([regression(gate.baseline, report, judged)] if gate.baseline else []),
        *([_pinned_check(pinned)] if gate.pinned else []),
        *([_sha256_check(gate.sha256, report)] if gate.sha256 else []),
        *([_leak_check(gate, judged, trained_on)] if gate.no_leak else []),
    ]
    return {"passed": all(check.passed for check in checks), "checks": [check._asdict() for check in checks]}


def metric_figures(block: Mapping[str, Any]) -> dict[str, Figure]:
    """Every metric that a gate may name, of one block of a report, by name."""
    named = {name: _figure(found) for name, found in block["metrics"].items()}
    for stance in STANCES:
        scores = block["per_stance"][stance.value]
        for score, bounds in scores["intervals"].items():
            named[f"{stance.value}_{score}"] = Figure(scores[score], *bounds)
    selective = block["selective"]
    if selective is not None:
        named["coverage"] = Figure(selective["coverage"], *selective["coverage_interval"])
        named |= {f"selective_{name}": _figure(found) for name, found in selective["metrics"].items()}
    return named


def _threshold_checks(gate: Gate, report: Mapping[str, Any]) -> Iterator[Check]:
    overall = report["overall"]
    for name, bound in gate.thresholds.items():
        yield _threshold(name, bound, overall, place=f"{gate.path}: thresholds")
    for name, bound in gate.lower_bounds.items():
        yield _bound(name, bound, overall, place=f"{gate.path}: lower_bounds")
    for column, asked in zip(gate.slices, gate.columns, strict=True):
        values = report["two_way"][" x ".join(asked.split(","))] if "," in asked else report["slices"][asked]
        for value, thresholds in gate.slices[column].items():
            place = f"{gate.path}: slices.{column}"
            for name, bound in thresholds.items():
                check = _threshold(name, bound, values[value], place=f"{place}.{value}")
                yield check._replace(name=f"{name} of {column} {value}")


def _threshold(name: str, bound: float, block: Mapping[str, Any], *, place: str) -> Check:
    figure = _known(name, block, place=place)
    return Check(name, _meets(name, figure.value, bound), figure.value, _wanted(name, bound), _told(figure, block))


def _bound(name: str, bound: float, block: Mapping[str, Any], *, place: str) -> Check:
    figure = _known(name, block, place=place)
    worse = figure.high if name in MAXIMA else figure.low
    if worse is None:
        raise ConfigError(
            f"{place}.{name}: its interval is not known ({block['documents']} documents, {block['rows']} rows); "
            "set a threshold on the metric itself, or evaluate more rows."
        )
    end = "upper" if name in MAXIMA else "lower"
    return Check(
        f"{end} bound of {name}", _meets(name, worse, bound), worse, _wanted(name, bound), _told(figure, block)
    )


def _known(name: str, block: Mapping[str, Any], *, place: str) -> Figure:
    figures = metric_figures(block)
    if name not in figures:
        assert name in METRICS
        why = _ABSTENTIONS if name == "coverage" or name.startswith("selective_") else _PROBABILITIES
        raise ConfigError(f"{place}.{name}: this evaluation has no such figure: {why}, or no row that it counts.")
    return figures[name]


def _figure(found: Mapping[str, Any]) -> Figure:
    return Figure(found["value"], found["low"], found["high"])


def _meets(name: str, value: float, bound: float) -> bool:
    return value <= bound if name in MAXIMA else value >= bound


def _wanted(name: str, bound: float) -> str:
    return f"at most {bound:g}" if name in MAXIMA else f"at least {bound:g}"


def _told(figure: Figure, block: Mapping[str, Any]) -> str:
    interval = "" if figure.low is None or figure.high is None else f", 95 % interval {figure.low:g} to {figure.high:g}"
    return f"{figure.value:g} on {block['rows']} rows of {block['documents']} documents{interval}"


def _pinned_check(pinned: Sequence[Judged]) -> Check:
    wrong = [item for item in pinned if item.stance is not item.gold]
    cases = [f"{item.row.id} (said {item.stance.value}, must be {item.gold.value})" for item in wrong]
    right = f"{len(pinned) - len(wrong)} of {len(pinned)} right"
    return Check("pinned cases", not wrong, right, "all right", _listed(cases) or "none is wrong")


def _sha256_check(wanted: str, report: Mapping[str, Any]) -> Check:
    found = report["rows_sha256"]
    same = found == wanted
    detail = f"{report['n_rows']} rows of {report['rows_file']}"
    if not same:
        detail = f"other rows than the gate expects: {detail}, {found}"
    return Check("rows_sha256", same, found[:_SHORT], f"{wanted[:_SHORT]} ...", detail)


def _leak_check(gate: Gate, judged: Sequence[Judged], trained_on: TrainingTexts | None) -> Check:
    if trained_on is None:
        raise ConfigError(
            f"{gate.path}: data.no_leak: the training sentences are not known. They are kept in checkpoints that this "
            "version of stance trained; a file of predictions has none."
        )
    contexts = [(item.row.id, item.row.query.context) for item in judged]
    leaked = [name for name, context in contexts if trained_on.holds(context.evidence.of(context.text))]
    detail = _listed(leaked) or f"none of {len(judged)} rows among {len(trained_on)} training sentences"
    return Check("no_leak", not leaked, float(len(leaked)), "0 rows trained on", detail)


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - _MAX_NAMED
    return ", ".join(names[:_MAX_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _nearest(value: str, known: Sequence[str]) -> str:
    found = difflib.get_close_matches(value, known, n=1)
    listed = ", ".join(known[:_MAX_NAMED]) + (" ..." if len(known) > _MAX_NAMED else "")
    return f"did you mean {found[0]}?" if found else f"there are {listed}."

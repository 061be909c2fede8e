"""Two systems on the same rows: what is told of their difference, and what is not claimed."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stance.data.rows import parse_row
from stance.errors import DataError
from stance.evaluation.answers import Answers, answers_of, read_answers
from stance.evaluation.comparison import compare, compare_all, mcnemar, paired_difference
from stance.evaluation.judging import Judged
from stance.evaluation.report import build_report, write_report
from stance.types import STANCES

_NOW = datetime(2026, 11, 26, tzinfo=UTC)


def _judged(right: float, *, n: int = 400, seed: int, text: str = "Ana said so. Ана је то рекла.") -> list[Judged]:
    """Rows in documents of four; a system that is right so often, always with a probability of 0.8."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(n):
        gold = number % 3
        said = gold if rng.random() < right else (gold + rng.integers(1, 3)) % 3
        record = {"id": f"r{number}", "doc_id": f"d{number // 4}", "text": text, "actor": None, "target": "it"}
        row = parse_row(record | {"stance": STANCES[gold].value}, place="test", need_stance=True)
        given = tuple(0.8 if index == said else 0.1 for index in range(3))
        found.append(Judged(row, STANCES[said], given, {}))
    return found


def _answers(judged: list[Judged], name: str = "x") -> Answers:
    report = build_report(judged, model_id="m", rows_path=Path("rows"), created=_NOW)
    return answers_of(report, judged, name=name)


def test_a_better_system_is_told_apart() -> None:
    first, second = _judged(0.6, seed=1), _judged(0.8, seed=2)
    found = compare(_answers(first), _answers(second))
    macro = found["metrics"]["macro_f1"]
    assert macro["difference"] == pytest.approx(macro["second"] - macro["first"], abs=2e-4)
    assert 0 < macro["low"] < macro["difference"] < macro["high"]
    assert macro["p"] < 0.05
    assert macro["verdict"] == "better"
    # A lower loss is better.
    assert found["metrics"]["brier"]["difference"] < 0
    assert found["metrics"]["brier"]["verdict"] == "better"
    assert compare(_answers(second), _answers(first))["metrics"]["macro_f1"]["verdict"] == "worse"
    assert found["flips"]["randomisation_p"] < 0.05
    assert found["flips"]["mcnemar_p"] < 0.05


def test_flips_are_listed_with_their_texts() -> None:
    first, second = _judged(0.6, n=40, seed=1), _judged(0.6, n=40, seed=2)
    found = compare(_answers(first), _answers(second))
    for row in found["rows_that_flip"]:
        kind = "fixed" if row["after"] == row["gold"] else "broken" if row["before"] == row["gold"] else "other"
        assert row["kind"] == kind
        assert row["before"] != row["after"]
        assert row["text"][row["start"] : row["end"]] == "Ana said so. Ана је то рекла."
    changed = [a.row.id for a, b in zip(first, second, strict=True) if a.stance is not b.stance]
    assert sorted(row["id"] for row in found["rows_that_flip"]) == sorted(changed)
    assert sum(found["flips"][kind] for kind in ("fixed", "broken", "other")) == len(changed)


def test_no_difference_is_said_with_what_would_show() -> None:
    first = _judged(0.7, seed=1)
    found = compare(_answers(first), _answers(_judged(0.7, seed=2)))["metrics"]["accuracy"]
    assert found["verdict"] == "no difference"
    assert found["p"] > 0.05
    # (1.98 + 0.84) standard errors; rows are independent here: sqrt(2 * 0.7 * 0.3 / 400)
    assert found["detectable"] == pytest.approx(2.83 * 0.0324, rel=0.2)
    same = compare(_answers(first), _answers(first))
    assert same["metrics"]["accuracy"]["detectable"] == 6 / 100  # six of a hundred documents
    assert same["metrics"]["accuracy"]["p"] == same["flips"]["mcnemar_p"] == same["flips"]["randomisation_p"] == 1.0
    assert same["metrics"]["brier"]["detectable"] is None
    json.dumps(same, allow_nan=False)


def test_the_test_of_mcnemar_by_hand() -> None:
    assert mcnemar(0, 6) == pytest.approx(2 / 64, abs=1e-4)
    assert mcnemar(1, 4) == pytest.approx(2 * (1 + 5) / 32)
    assert mcnemar(0, 0) == mcnemar(3, 3) == 1.0


@pytest.mark.parametrize("seed", range(5))
def test_p_and_interval_agree(seed: int) -> None:
    """A difference near the border: p is below the level exactly where the interval leaves 0 out."""
    found = compare(_answers(_judged(0.7, seed=seed)), _answers(_judged(0.76, seed=seed + 50)))
    for name, metric in found["metrics"].items():
        without_zero = metric["low"] > 0 or metric["high"] < 0
        assert (metric["p"] < 0.05) is without_zero is (metric["verdict"] != "no difference"), name


def test_several_systems_are_corrected_for_their_number() -> None:
    systems = [_answers(_judged(right, seed=seed)) for seed, right in enumerate((0.6, 0.67, 0.68))]
    found = [one["metrics"]["accuracy"] for one in compare_all(systems)]
    lower, higher = sorted(found, key=lambda metric: metric["p"])
    assert lower["p_holm"] == pytest.approx(2 * lower["p"], rel=0.01)
    assert higher["p_holm"] == max(higher["p"], lower["p_holm"])
    (alone,) = compare_all(systems[:2])
    assert alone["metrics"]["accuracy"]["p_holm"] == alone["metrics"]["accuracy"]["p"]


def test_a_difference_can_be_asked_for_alone() -> None:
    first, second = _answers(_judged(0.6, seed=1)), _answers(_judged(0.8, seed=2))
    found, metric = paired_difference(first, second, metric="nll"), compare(first, second)["metrics"]["nll"]
    assert found == pytest.approx((metric["difference"], metric["low"], metric["high"]), abs=1e-4)
    with pytest.raises(ValueError, match="metric 'aurc'; there are macro_f1"):
        paired_difference(first, second, metric="aurc")


def test_written_reports_are_joined_by_id(tmp_path: Path) -> None:
    first, second = _judged(0.6, seed=1), _judged(0.8, seed=2)
    for name, judged in (("a", first), ("b", second[::-1])):
        write_report(tmp_path / name, build_report(judged, model_id="m", rows_path=Path("r"), created=_NOW), judged)
    found = compare(read_answers(tmp_path / "a"), read_answers(tmp_path / "b"))
    assert found["second"] == {"name": str(tmp_path / "b"), "model_id": "m"}
    assert found["metrics"] == compare(_answers(first), _answers(second))["metrics"]


def test_other_rows_are_refused() -> None:
    with pytest.raises(DataError, match="10 rows were judged, in a 12; 10 have the same id"):
        compare(_answers(_judged(0.6, n=12, seed=1), "a"), _answers(_judged(0.6, n=10, seed=1), "b"))
    with pytest.raises(DataError, match="must be the same in both"):
        compare(_answers(_judged(0.6, n=10, seed=1)), _answers(_judged(0.6, n=10, seed=1, text="Other.")))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / "report.json").unlink(), "no such file; a folder that `stance evaluate"),
        (lambda folder: (folder / "report.json").write_text('{"report_version": 1}'), "report_version 1, expected 2"),
        (lambda folder: (folder / "report.json").write_text("[]"), "report_version None"),
        (lambda folder: (folder / "report.json").write_text("{"), "not JSON"),
        (lambda folder: (folder / "predictions.parquet").write_text("x"), "no readable Parquet file"),
        (lambda folder: (folder / "predictions.parquet").unlink(), "no such file; a report folder holds it"),
        (
            lambda folder: pq.write_table(pa.table({"id": ["0"]}), folder / "predictions.parquet"),
            "columns doc_id, lang",
        ),
    ],
)
def test_a_damaged_report_is_refused(spoil, message: str, tmp_path: Path) -> None:
    judged = _judged(0.6, n=4, seed=1)
    write_report(tmp_path, build_report(judged, model_id="m", rows_path=Path("r"), created=_NOW), judged)
    spoil(tmp_path)
    with pytest.raises(DataError, match=message):
        read_answers(tmp_path)

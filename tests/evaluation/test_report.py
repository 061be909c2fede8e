"""A report's figures, slices and files, on rows whose answers are known."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import f1_score

from stance.data.rows import Row, parse_row
from stance.errors import ConfigError, DataError
from stance.evaluation.judging import Judged, judge_file
from stance.evaluation.report import build_report, rows_sha256, write_report
from stance.types import STANCES, Stance

_NOW = datetime(2026, 11, 26, 18, tzinfo=UTC)
_TEXTS = {
    "en": "Ana backs the dam.",
    "sr-Cyrl": "Ана подржава брану.",
    "ar": "آنا تؤيد السد.",
    "zh": "安娜支持大坝。🙂",
}


def _row(number: int, **more: Any) -> Row:
    lang = list(_TEXTS)[number % len(_TEXTS)]
    record = {"id": f"r{number}", "doc_id": f"d{number // 5}", "lang": lang, "text": _TEXTS[lang], "actor": "Ana"}
    record |= {"target": f"t{number % 3}", "stance": STANCES[number % 3].value, **more}
    return parse_row(record, place="test", need_stance=True)


def _judged(n: int, *, seed: int = 0, abstained: bool | None = None, **more: Any) -> list[Judged]:
    rng = np.random.default_rng(seed)
    found = []
    for number in range(n):
        row = _row(number, **more)
        given = rng.dirichlet([1.0, 1.0, 1.0]) * 0.6
        given[STANCES.index(row.stance)] += 0.4 * (rng.random() < 0.7)
        given /= given.sum()
        fields = {} if abstained is None else {"abstained": bool(given.max() < 0.5)}
        stance = STANCES[int(given.argmax())]
        found.append(Judged(row, stance, tuple(map(float, given)), fields))
    return found


def _report(judged: list[Judged], *slices: str) -> dict[str, Any]:
    return build_report(judged, model_id="m", rows_path=Path("rows.jsonl"), created=_NOW, slices=slices)


def test_every_figure_has_an_interval_around_it() -> None:
    judged = _judged(200, abstained=True)
    overall = _report(judged)["overall"]
    assert (overall["rows"], overall["documents"]) == (200, 40)
    assert overall["metrics"].keys() == {
        *("macro_f1", "accuracy", "balanced_accuracy", "mcc", "favor_against_f1", "side_error"),
        *("ece", "brier", "nll", "aurc", "error_at_80"),
    }
    for name, figure in overall["metrics"].items():
        assert figure["low"] <= figure["value"] <= figure["high"], name
        assert figure["low"] < figure["high"], name
    gold, said = [item.gold for item in judged], [item.stance for item in judged]
    assert overall["metrics"]["macro_f1"]["value"] == pytest.approx(f1_score(gold, said, average="macro"), abs=5e-5)
    answered = [item for item in judged if not item.abstained]
    selective = overall["selective"]
    assert selective["abstained"] == 200 - len(answered)
    assert selective["coverage"] == pytest.approx(len(answered) / 200)
    assert selective["sides"] == sum(item.stance is not Stance.NEUTRAL for item in answered)
    right = sum(item.stance is item.gold for item in answered)
    assert selective["metrics"]["accuracy"]["value"] == pytest.approx(right / len(answered), abs=5e-5)
    assert selective["metrics"]["accuracy"]["value"] > overall["metrics"]["accuracy"]["value"]
    assert [point["coverage"] for point in overall["risk_coverage"]] == [n / 20 for n in range(1, 21)]
    assert sum(bin_["rows"] for bin_ in overall["reliability"]) == 200


def test_rows_are_sliced_by_what_they_say_of_themselves() -> None:
    judged = _judged(60, phenomena=["irony", "negation"], source="own", topic="dams", year=2024)
    report = _report(judged, "topic", "year", "lang,target", "target,actor_name")
    assert report["slices"].keys() == {"lang", "script", "target", "actor", "length", *("source", "phenomenon")} | {
        "topic",
        "year",
    }
    assert {value: block["rows"] for value, block in report["slices"]["lang"].items()} == dict.fromkeys(
        sorted(_TEXTS), 15
    )
    assert {value: block["rows"] for value, block in report["slices"]["script"].items()} == {"Cyrl": 15, "Latn": 45}
    assert {value: block["rows"] for value, block in report["slices"]["phenomenon"].items()} == {
        "irony": 60,
        "negation": 60,
    }
    assert report["slices"]["year"]["2024"] == report["slices"]["topic"]["dams"]
    assert len(report["two_way"]["lang x target"]) == 12
    assert report["two_way"]["lang x target"]["en x t0"]["small"] is True
    assert report["two_way"]["target x actor_name"].keys() == {"t0 x Ana", "t1 x Ana", "t2 x Ana"}


def test_a_slice_has_the_figures_of_its_rows_alone() -> None:
    judged = _judged(240)
    part = [item for item in judged if item.row.query.lang == "en"]
    block, alone = _report(judged)["slices"]["lang"]["en"], _report(part)["overall"]
    assert block["confusion"] == alone["confusion"]
    for name, figure in alone["metrics"].items():
        assert block["metrics"][name]["value"] == figure["value"]
        # Other draws, of all documents and of these: the same width but for chance.
        width = figure["high"] - figure["low"]
        assert block["metrics"][name]["high"] - block["metrics"][name]["low"] == pytest.approx(width, rel=0.25), name


def test_a_bad_slice_is_found_among_the_good() -> None:
    judged = _judged(400)
    spoilt = [
        Judged(item.row, STANCES[(STANCES.index(item.gold) + 1) % 3], None, {})
        if item.row.query.lang == "ar"
        else Judged(item.row, item.gold, None, {})
        for item in judged
    ]
    worst = _report(spoilt)["worst"]
    assert (worst[0]["column"], worst[0]["value"], worst[0]["value_of_metric"]) == ("lang", "ar", 0.0)
    assert worst[0]["difference"] == -1.0
    assert all(found["p"] <= found["p_holm"] <= 1 for found in worst)
    assert not any(found["column"] == "lang" for found in worst[1:])


def test_nothing_is_claimed_of_one_document_and_no_error_is_no_certainty() -> None:
    alone = [Judged(_row(n), _row(n).stance, None, {}) for n in range(4)]
    figure = _report(alone)["overall"]["metrics"]["accuracy"]
    assert figure == {"value": 1.0, "low": None, "high": None}
    several = [Judged(_row(5 * n), _row(5 * n).stance, None, {}) for n in range(20)]
    figure = _report(several)["overall"]["metrics"]["accuracy"]
    # Clopper and Pearson: 0.025 ** (1 / 20)
    assert figure == {"value": 1.0, "low": pytest.approx(0.8316, abs=1e-4), "high": 1.0}


def test_values_past_the_hundredth_are_counted_and_left_out() -> None:
    judged = [Judged(_row(n, target=f"t{n:03}"), Stance.FAVOR, None, {}) for n in range(130)]
    report = _report(judged)
    assert len(report["slices"]["target"]) == 100
    assert report["slices_left_out"] == {"target": {"values": 30, "rows": 30}}


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("topc", "did you mean topic"),
        ("a,b,c", "one column, or two"),
        ("lang,lang", "two different"),
        ("", "one column"),
    ],
)
def test_a_slice_that_is_no_column_is_refused(wanted: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        _report(_judged(5, topic="x"), wanted)


def test_two_reports_differ_in_their_time_alone(tmp_path: Path) -> None:
    for name, now in (("a", _NOW), ("b", _NOW.replace(hour=19))):
        judged = _judged(50, abstained=True, pair_id="p", relation="same")
        report = build_report(judged, model_id="m", rows_path=Path("r"), created=now, slices=["target"])
        write_report(tmp_path / name, report, judged)
    first, second = ((tmp_path / name / "report.json").read_text(encoding="utf-8") for name in "ab")
    assert first != second
    assert first.replace("T18:00", "T19:00") == second
    assert (tmp_path / "a/predictions.parquet").read_bytes() == (tmp_path / "b/predictions.parquet").read_bytes()
    json.loads(first, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_predictions_keep_the_columns_of_the_rows(tmp_path: Path) -> None:
    judged = [Judged(_row(0, topic="dams", tags=["a", "б"], start=3), Stance.AGAINST, (0.2, 0.3, 0.5), {})]
    write_report(tmp_path, _report(judged), judged)
    (record,) = pq.read_table(tmp_path / "predictions.parquet").to_pylist()
    assert record == {
        **{"id": "r0", "doc_id": "d0", "lang": "en", "actor": "Ana", "target": "t0", "text": _TEXTS["en"]},
        **{"start": 0, "end": 18, "gold": "favor", "stance": "against", "correct": False, "abstained": None},
        **{"p_favor": 0.2, "p_neutral": 0.3, "p_against": 0.5, "topic": "dams", "tags": '["a", "б"]'},
    }


def test_the_digest_of_the_rows_tells_what_was_asked() -> None:
    rows = [_row(n) for n in range(3)]
    assert rows_sha256(rows) == rows_sha256([_row(n, topic="x") for n in range(3)])
    for other in (
        {"doc_id": "x"},
        {"actor": "Bo"},
        {"target": "x"},
        {"stance": "neutral"},
        {"text": "Other."},
        {"id": "x"},
    ):
        assert rows_sha256([_row(0, **other), *rows[1:]]) != rows_sha256(rows)


def _predictions(path: Path, *records: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def test_ids_that_do_not_match_are_counted(tmp_path: Path) -> None:
    rows = [_row(n) for n in range(10)]
    said = [{"id": f"r{n}", "stance": "favor"} for n in (0, 1, 1, 2, 2, 98, 99)]
    with pytest.raises(DataError) as caught:
        judge_file(rows, _predictions(tmp_path / "p.jsonl", *said))
    first, second, third = str(caught.value).splitlines()
    assert "7 of 10 rows have no prediction, e.g. 'r3', 'r4', 'r5'." in first
    assert "2 ids are there more than once, e.g. 'r1' (lines 2, 3), 'r2' (lines 4, 5)." in second
    assert "2 ids are no row of the gold file, e.g. '98' (line 6), 'r99' (line 7)." in third.replace("'r98'", "'98'")


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"stance": "favour"}, "did you mean 'favor'"),
        ({"stance": None}, "expected one of favor, neutral, against"),
        ({"stance": None, "abstained": True}, "expected one of favor"),
        ({"stance": "favor", "probabilities": {"favor": 0.9, "neutral": 0.8, "against": 0.9}}, "sum 2.600"),
        ({"stance": "favor", "probabilities": {"favor": 1.0}}, "expected favor, neutral and against"),
    ],
)
def test_a_wrong_prediction_is_refused_with_its_place(record: dict[str, Any], message: str, tmp_path: Path) -> None:
    path = _predictions(tmp_path / "p.jsonl", {"id": "r0", **record})
    with pytest.raises(DataError, match=r"p\.jsonl:1: .*" + message):
        judge_file([_row(0)], path)


def test_an_abstention_counts_as_its_most_probable_stance(tmp_path: Path) -> None:
    given = {"favor": 0.2, "neutral": 0.3, "against": 0.5}
    path = _predictions(tmp_path / "p.jsonl", {"id": "r0", "stance": None, "abstained": True, "probabilities": given})
    (item,) = judge_file([_row(0)], path)
    assert (item.stance, item.abstained) == (Stance.AGAINST, True)

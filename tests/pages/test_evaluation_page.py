"""The page of an evaluation shows what the report says, keeps within bounds, and trusts no name and no text."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from stance.evaluation.judging import Judged
from stance.pages import mistakes as mistakes_module
from stance.pages.evaluation import Before, evaluation_page
from stance.pages.mistakes import Mistakes, mistakes
from stance.pages.plots import Axis, confusion_cells, difference_axis, share_axis, whisker
from tests.evaluation.reports import compared_of, judged_rows, records_of, report_of

_TAKE = "document.title='taken'"
EVIL = f'</script><script>{_TAKE}</script><img src=x onerror="{_TAKE}"> \x1b[31m \u202e & <!--'


def page_of(judged: list[Judged], **report: Any) -> str:
    return evaluation_page(report_of(judged, model_id=EVIL) | report, records_of(judged))


def hostile_page() -> str:
    return page_of(judged_rows(120, target=EVIL, text=f"Ana, who waits, backs it. {EVIL}", right=0.4))


def comparison_page(first: list[Judged], second: list[Judged]) -> str:
    before = Before(report_of(first, model_id="old"), records_of(first), compared_of(first, second))
    return evaluation_page(report_of(second, model_id="new"), records_of(second), before=before)


def _data(found: Mistakes) -> list[dict[str, Any]]:
    data = json.loads(found.data)
    rows = [dict(zip(data["fields"], row, strict=True)) for row in data["rows"]]
    return [row | {"text": data["texts"][row["text"]]} for row in rows]


def test_wrong_answers_are_all_there_the_surest_first_with_their_evidence() -> None:
    judged = judged_rows(60, right=0.5)
    wrong = [item for item in judged if item.stance is not item.gold]
    rows = _data(mistakes(records_of(judged)))
    assert {row["id"] for row in rows} == {item.row.id for item in wrong}
    sure = [row["sure"] for row in rows]
    assert sure == sorted(sure, reverse=True)
    assert all(row["text"] == ["Ana, ", "who waits", ", backs it."] for row in rows)


def test_of_two_systems_what_broke_comes_first_then_what_was_fixed() -> None:
    first, second = judged_rows(90, seed=1, right=0.6), judged_rows(90, seed=2, right=0.6)
    right = [({a.row.id: a.stance is a.gold for a in each}) for each in (first, second)]
    expected = {
        kind: {key for key in right[0] if (right[0][key], right[1][key]) == pair}
        for kind, pair in (("broken", (True, False)), ("fixed", (False, True)), ("still wrong", (False, False)))
    }
    found = mistakes(records_of(second), records_of(first))
    rows = _data(found)
    assert [row["change"] for row in rows] == [kind for kind, ids in expected.items() for _ in ids]
    assert {kind: {row["id"] for row in rows if row["change"] == kind} for kind in expected} == expected
    assert found.counts == {kind: len(ids) for kind, ids in expected.items()}
    before = {item.row.id: item.stance.value for item in first}
    assert all(row["before"] == before[row["id"]] for row in rows)


def test_a_long_article_is_shown_around_its_evidence() -> None:
    record = {
        "id": "a", "lang": "en", "actor": None, "target": "t", "text": "x" * 5000 + "The evidence." + "y" * 5000,
        "start": 5000, "end": 5013, "gold": "favor", "stance": "against", "p_against": 0.5, "correct": False,
    }  # fmt: skip
    (row,) = _data(mistakes([record]))
    lead, evidence, tail = row["text"]
    assert evidence == "The evidence."
    assert (lead[0], tail[-1]) == ("…", "…")
    assert len(lead + tail) < 1000
    assert row["actor"] == "(author)"


@pytest.mark.parametrize(("limit", "value"), [("MAX_ROWS", 7), ("MAX_BYTES", 1500)])
def test_a_page_stays_small_and_says_what_is_left_out(monkeypatch: pytest.MonkeyPatch, limit: str, value: int) -> None:
    judged = judged_rows(200, right=0.4)
    n_wrong = sum(item.stance is not item.gold for item in judged)
    monkeypatch.setattr(mistakes_module, limit, value)
    found = mistakes(records_of(judged))
    assert 0 < found.n_shown < found.n_all == n_wrong
    assert len(found.data) <= 1700
    assert f"{found.n_shown} of {n_wrong} rows are in this page" in page_of(judged)


def test_hostile_names_and_texts_come_out_harmless() -> None:
    page = hostile_page()
    assert page.count("</script>") == page.count("<script") == 2
    assert "<img" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert not re.search(r'\s(?:src|href|style|on\w+)="(?!#)', page)


def test_the_verdict_is_the_gates() -> None:
    judged = judged_rows(60)
    check = {"name": "macro_f1", "passed": False, "found": 0.5, "wanted": "at least 0.700", "detail": EVIL}
    page = page_of(judged, gate={"passed": False, "checks": [check]})
    assert '<p class="verdict failed">Gate failed: 1 of 1 check</p>' in page
    assert '<span class="chip failed">failed</span>' in page
    assert '<p class="verdict none">No gate: figures only</p>' in page_of(judged)


def test_figures_and_slices_are_those_of_the_report() -> None:
    judged = judged_rows(150)
    report = report_of(judged)
    page = page_of(judged)
    for block in (report["overall"], *report["slices"]["lang"].values()):
        found = block["metrics"]["macro_f1"]
        assert f"{found['value']:.3f}" in page
        assert f"[{found['low']:.3f}, {found['high']:.3f}]" in page


def test_a_comparison_shows_both_sides_and_what_flipped() -> None:
    first, second = judged_rows(120, seed=1, right=0.5), judged_rows(120, seed=2, right=0.9)
    page = comparison_page(first, second)
    assert '<span class="key before">before: old</span><span class="key after">after: new</span>' in page
    assert page.count('<table class="confusion">') == 2
    assert page.count("<polyline") == 4
    assert '<th role="columnheader" scope="col" data-field="before">' in page


def test_a_column_with_many_values_shows_those_with_the_most_rows() -> None:
    judged = [item for n in range(15) for item in judged_rows(30 + n, target=f"target {n:02}")]
    report = report_of(judged)
    page = evaluation_page(report, records_of(judged))
    assert "target 14" in page
    assert "<td>target 03</td>" in page
    assert "<td>target 02</td>" not in page
    assert "and 3 more with fewer rows" in page


def test_predictions_without_probabilities_and_without_mistakes_make_a_page() -> None:
    judged = [Judged(item.row, item.gold, None, {"stance": item.gold.value}) for item in judged_rows(40)]
    page = page_of(judged)
    assert "Reliability" not in page
    assert "<p>None.</p>" in page


def test_robustness_shows_its_shares_to_scale_and_its_examples() -> None:
    example = dict.fromkeys(("id", "before", "after", "said_before", "said_after", "expected"), EVIL)
    shares = [("all", 20, 5, 0.25), ("sq", 10, 4, 0.4)]
    tests = [
        {"test": "typos", "lang": lang, "cases": n, "violated": bad, "share": share, "low": 0.1, "high": 0.5}
        | {"examples": [example]}
        for lang, n, bad, share in shares
    ]
    page = page_of(judged_rows(60), robustness=tests)
    # The axis ends at 0.5: bars of half and of four fifths of its 200 units.
    assert re.findall(r'<rect class="bar" y="2" width="([\d.]+)"', page) == ["100.0", "160.0"]
    assert "<summary>By language</summary>" in page
    assert page.count("<img") == 0
    assert page.count("&lt;img src=x") == 6 + 1


def test_stages_of_whole_articles_sum_to_the_gold_triples() -> None:
    figure = {"value": 0.5, "low": 0.4, "high": 0.6}
    lost = {"segmentation": 1, "speaker": 4, "stance": 3}
    entry = {"articles": 2, "gold": 20, "right": 12, "lost": lost, "precision": figure, "recall": figure, "f1": figure}
    fate = {"doc_id": "d", "actor": None, "target": EVIL, "stance": "favor", "said": None, "evidence": "Ana."}
    opinions = {"tuple_f1": {"value": 0.25, "low": None, "high": None}}
    stages = {**entry, "opinions": opinions, "by_lang": {"sq": entry}, "examples": {"speaker": [fate], "stance": []}}
    page = page_of(judged_rows(60), stages=stages)
    found = re.findall(r"<td>(\w+)</td><td>(\d+)</td><td>(\d+) %</td><td><svg", page)
    assert found == [("found", "12", "60"), ("segmentation", "1", "5"), ("speaker", "4", "20"), ("stance", "3", "15")]
    assert sum(int(count) for _, count, _ in found) == 20
    assert "<td>sq</td><td>2</td><td>20</td><td>12</td><td>0.500 [0.400, 0.600]</td>" in page
    assert "<td>Tuple F1 of sides with their words (RuOpinionNE)</td><td>0.250</td>" in page
    assert "<td>speaker</td><td>d</td><td>–</td>" in page


def test_two_calls_give_the_same_page() -> None:
    assert hostile_page() == hostile_page()


def test_intervals_lie_to_scale_on_their_axis() -> None:
    axis = Axis(0.5, 1.0, 200)
    assert whisker(axis, 0.75, 0.6, 1.2) == {"at": 100.0, "start": 40.0, "end": 200.0}
    assert whisker(axis, 0.75, None, None) == {"at": 100.0, "start": 100.0, "end": 100.0}
    assert whisker(axis, None, None, None) is None
    assert share_axis([0.42, 0.87], 200).marks == ("0.4", "0.9")
    assert share_axis([0.5, 0.5], 200).marks == ("0.5", "0.6")
    assert share_axis([], 200).marks == ("0.0", "1.0")
    assert difference_axis([-0.021, 0.01], 200).marks == ("-0.03", "0.03")


def test_shades_follow_the_share_of_each_gold_stance() -> None:
    cells = confusion_cells({"labels": ["favor", "against"], "counts": [[3, 1], [0, 0]]})
    assert [[(c["count"], c["share"], c["shade"]) for c in row["cells"]] for row in cells] == [
        [(3, "75 %", 7), (1, "25 %", 2)],
        [(0, "0 %", 0), (0, "0 %", 0)],
    ]

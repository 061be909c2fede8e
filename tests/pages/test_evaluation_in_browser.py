"""The page of an evaluation in a real browser: search, sort and paging work, nothing leaves the page or overflows."""

from __future__ import annotations

from pathlib import Path

import pytest

from stance.pages.evaluation import evaluation_page
from stance.pages.mistakes import MAX_ROWS
from tests.evaluation.reports import judged_rows, records_of, report_of
from tests.pages.chromium import Tab
from tests.pages.test_evaluation_page import comparison_page, hostile_page, page_of

_ROWS = "[...document.querySelectorAll('#mistakes tbody [data-field={}]')].map(cell => cell.textContent)"
_TOLD = "document.getElementById('told').textContent"
# Of every element with words of its own whose contrast is below 4.5 (WCAG 2.2, 1.4.3): what it says, and the contrast.
FAINT = """(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const painted = new Map();
  const remembered = (key, make) => painted.get(key) ?? (painted.set(key, make()), painted.get(key));
  const paint = (colour, under) => remembered(colour + under, () => {
    canvas.fillStyle = under; canvas.fillRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data; return `rgb(${r} ${g} ${b})`;
  });
  const back = e => e ? paint(getComputedStyle(e).backgroundColor, back(e.parentElement)) : "white";
  const light = colour => colour.match(/\\d+/g).map(Number).map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const worded = e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
  const seen = e => e.getClientRects().length && !e.disabled;
  return [...document.querySelectorAll("body *")].filter(e => worded(e) && seen(e)).map(e => {
    const under = back(e), style = getComputedStyle(e);
    const [x, y] = [light(paint(e.ownerSVGElement ? style.fill : style.color, under)), light(under)];
    return [e.textContent.trim().slice(0, 40), (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05)];
  }).filter(([, contrast]) => contrast < 4.5);
})()"""


def _search(tab: Tab, words: str) -> None:
    tab.value(
        f"(e => {{ e.value = {words!r}; e.dispatchEvent(new Event('input')); }})(document.getElementById('find'))"
    )


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with as many wrong answers as a page holds; the figures are those of fewer rows, since they take long."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    records = records_of(judged_rows(MAX_ROWS + 200, right=0.0))
    path.write_text(evaluation_page(report_of(judged_rows(60)), records), encoding="utf-8")
    return path


def test_ten_thousand_wrong_answers_are_searched_sorted_and_turned(tab: Tab, large: Path) -> None:
    tab.open(large, width=1280)
    assert tab.value(_TOLD) == f"Rows 1 to 50 of {MAX_ROWS}"
    tab.value("document.querySelector('[data-field=id] button').click()")
    assert tab.value(_ROWS.format("id"))[:3] == ["r0", "r1", "r2"]
    tab.value("document.querySelector('[data-field=id] button').click()")
    assert tab.value("document.querySelector('[data-field=id]').ariaSort") == "descending"
    last = tab.value(_ROWS.format("id"))
    assert [int(name[1:]) for name in last] == sorted((int(name[1:]) for name in last), reverse=True)
    tab.value("on.click()")
    assert tab.value(_TOLD) == f"Rows 51 to 100 of {MAX_ROWS}"
    assert int(tab.value(_ROWS.format("id"))[0][1:]) < int(last[-1][1:])
    tab.value("back.click()")
    assert tab.value(_ROWS.format("id")) == last
    _search(tab, "R777")
    found = tab.value(_ROWS.format("id"))
    assert found
    assert all("r777" in name for name in found)
    _search(tab, "nothing of the kind")
    assert tab.value(_TOLD) == "No such row"
    assert tab.value("[back.disabled, on.disabled]") == [True, True]
    assert tab.problems == []


def test_lists_narrow_the_table_and_work_together_with_the_search(tab: Tab, tmp_path: Path) -> None:
    judged = judged_rows(300, right=0.5)
    path = tmp_path / "report.html"
    path.write_text(page_of(judged), encoding="utf-8")
    tab.open(path, width=1280)
    kind = "favor → against"
    expected = sum(
        (item.row.query.lang, item.gold.value, item.stance.value) == ("sq", "favor", "against") for item in judged
    )
    assert expected
    for select, word in (("only-lang", "sq"), ("only-kind", kind)):
        tab.value(
            f"(s => {{ s.value = [...s.options].find(o => o.dataset.word === {word!r}).value;"
            f" s.dispatchEvent(new Event('change')); }})(document.getElementById({select!r}))"
        )
    assert tab.value(_TOLD) == f"Rows 1 to {expected} of {expected}"
    _search(tab, "no such words")
    assert tab.value(_TOLD) == "No such row"
    assert tab.problems == []


def test_evidence_is_marked_and_flips_stand_beside_what_was_said_before(tab: Tab, tmp_path: Path) -> None:
    first, second = judged_rows(90, seed=1, right=0.6), judged_rows(90, seed=2, right=0.6)
    path = tmp_path / "report.html"
    path.write_text(comparison_page(first, second), encoding="utf-8")
    tab.open(path, width=1280)
    assert set(tab.value("[...document.querySelectorAll('#mistakes mark')].map(e => e.textContent)")) == {"who waits"}
    shown = zip(*(tab.value(_ROWS.format(name)) for name in ("change", "gold", "before")), strict=True)
    assert all(gold == before for change, gold, before in shown if change == "broken")
    assert tab.problems == []


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [400, 1280])
def test_hostile_names_run_nothing_ask_for_nothing_and_overflow_nothing(
    tab: Tab, tmp_path: Path, width: int, dark: bool
) -> None:
    path = tmp_path / "report.html"
    path.write_text(hostile_page(), encoding="utf-8")
    tab.open(path, width=width, dark=dark)
    assert tab.value("document.title") == "Evaluation"
    assert tab.value("document.documentElement.scrollWidth") == width
    assert tab.value("document.querySelectorAll('#mistakes tbody tr').length") == 50
    assert tab.requests == [path.as_uri()]
    assert tab.problems == []


@pytest.mark.parametrize("dark", [False, True])
def test_all_words_can_be_told_from_what_is_behind_them(tab: Tab, tmp_path: Path, dark: bool) -> None:
    first, second = judged_rows(90, seed=1, right=0.6), judged_rows(90, seed=2, right=0.6)
    path = tmp_path / "report.html"
    path.write_text(comparison_page(first, second), encoding="utf-8")
    tab.open(path, width=1280, dark=dark)
    assert tab.value(FAINT) == []


def test_inputs_and_heads_have_names_and_the_keyboard_reaches_them(tab: Tab, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(page_of(judged_rows(60, right=0.5)), encoding="utf-8")
    tab.open(path, width=1280)
    names = tab.value("[...document.querySelectorAll('input, select')].map(e => e.labels[0]?.textContent.trim() || '')")
    assert len(names) == 3
    assert all(names)
    assert tab.value("[...document.querySelectorAll('svg[role=img]')].every(e => e.ariaLabel)")
    tab.value("document.querySelector('[data-field=sure] button').focus()")
    for kind in ("keyDown", "keyUp"):
        tab.call("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r")
    assert tab.value("document.querySelector('[data-field=sure]').ariaSort") == "ascending"
    sure = [float(value) for value in tab.value(_ROWS.format("sure"))]
    assert sure == sorted(sure)
    assert tab.problems == []


def test_records_without_probabilities_are_shown_without_a_sureness(tab: Tab, tmp_path: Path) -> None:
    judged = judged_rows(60, right=0.5)
    bare = [type(item)(item.row, item.stance, None, {"stance": item.stance.value}) for item in judged]
    assert all(record["p_favor"] is None for record in records_of(bare))
    path = tmp_path / "report.html"
    path.write_text(page_of(bare), encoding="utf-8")
    tab.open(path, width=400)
    assert set(tab.value(_ROWS.format("sure"))) == {"–"}
    assert tab.problems == []

"""The page of a job in a real browser: heat map, course, statements and circle work, with 50,000 statements too."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stance.cli.app import run
from tests.batch.report.jobs import composed, shards_of, statement, write_job
from tests.pages.chromium import Tab
from tests.pages.test_evaluation_in_browser import FAINT
from tests.pages.test_job_page import hostile_job

_READY = """new Promise((done, fail) => (function wait() {
  const told = document.getElementById("reading");
  if (told.textContent.includes("damaged")) fail(told.textContent);
  else if (told.hidden) done(1); else setTimeout(wait, 5);
})())"""
_TOLD = "document.getElementById('told').textContent"
_LIMITS = "[...document.querySelectorAll('#limits button')].map(e => e.textContent)"
_ROWS = (
    "[...document.querySelectorAll('#heat tbody th')].map(e => e.querySelector('button').firstChild.textContent.trim())"
)
_QUOTES = "[...document.querySelectorAll('#said blockquote')].map(e => e.textContent)"
_WIDTH = "document.documentElement.scrollWidth"


def _open(tab: Tab, page: Path, *, width: int = 1280, dark: bool = False) -> None:
    tab.open(page, width=width, dark=dark)
    tab.value(_READY)


def _type(tab: Tab, field: str, words: str) -> None:
    event = f"e.value = {json.dumps(words)}; e.dispatchEvent(new Event('input')); e.dispatchEvent(new Event('change'))"
    tab.value(f"(e => {{ {event} }})(document.getElementById('{field}'))")


def _click_cell(tab: Tab, row: int, column: int) -> None:
    tab.value(f"document.querySelectorAll('#heat tbody tr')[{row}].cells[{column + 1}].querySelector('button').click()")


def _report(root: Path, rows: Iterator[dict[str, Any]] | list[dict[str, Any]], *more: str) -> Path:
    assert run(["report", str(write_job(root, shards_of(iter(rows)))), *more]) == 0
    return root / "report.html"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two thousand composed statements of 60 actors on 12 positions."""
    return _report(tmp_path_factory.mktemp("job") / "job", composed(2000, n_actors=60))


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Ana for the bridge in two articles and against the dam in one; Bo once for the dam, without a date."""
    rows = [
        statement(
            "ana", doc_id="d0", date="2024-01-10", text="We need the bridge.", url="https://a.example/1", title="One"
        ),
        statement("ana", doc_id="d1", date="2024-01-12", sure=0.6, text="The bridge must come.", title="Two"),
        statement("ana", "dam", "against", doc_id="d1", date="2024-01-12", text="No dam."),
        statement("ana", None, stance=None, doc_id="d2", date="2024-01-12", text="Perhaps.", sure=0.45)
        | {"target": {"id": "dam", "name": "the dam"}},
        statement("bo", "dam", doc_id="d3", date=None, text="A dam at last."),
    ]
    return _report(tmp_path / "job", rows)


def test_a_cell_opens_its_statements_with_evidence_date_link_and_probability(tab: Tab, small: Path) -> None:
    _open(tab, small)
    _click_cell(tab, 0, 1)
    assert tab.value(_LIMITS) == ["Ana ✕", "the bridge ✕"]
    assert tab.value(_TOLD) == "Statements 1 to 2 of 2."
    assert tab.value(_QUOTES) == ["The bridge must come.", "We need the bridge."]
    items = tab.value("[...document.querySelectorAll('#said li')].map(e => e.innerText)")
    assert "favor 0.60" in items[0]
    assert "2024-01-12" in items[0]
    links = "[...document.querySelectorAll('#said a')].map(e => [e.href, e.textContent, e.rel])"
    assert tab.value(links) == [["https://a.example/1", "One", "noopener noreferrer nofollow"]]
    _click_cell(tab, 0, 0)
    assert tab.value(_QUOTES) == ["Perhaps.", "No dam."] or tab.value(_QUOTES) == ["No dam.", "Perhaps."]
    assert "withheld 0.45" in tab.value("document.getElementById('said').innerText")
    assert "low confidence, most probable: neutral" in tab.value("document.getElementById('said').innerText")
    assert tab.problems == []


def test_the_course_of_a_cell_counts_its_sides_and_opens_a_period(tab: Tab, small: Path) -> None:
    _open(tab, small)
    # The most spoken-of actor is chosen to begin with.
    assert "Ana, all positions, by day" in tab.value("document.getElementById('course-told').textContent")
    _click_cell(tab, 0, 1)
    titles = tab.value("[...document.querySelectorAll('#course .period title')].map(e => e.textContent)")
    assert [title.partition(";")[0] for title in titles] == [
        "2024-01-10: 1 favor, 0 against, 0 neutral, 0 withheld",
        "2024-01-12: 1 favor, 0 against, 0 neutral, 0 withheld",
    ]
    cells = "[...document.querySelectorAll('#course-table tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
    # One of one: Wilson's interval of the share is 0.207 to 1.
    assert tab.value(cells)[0] == ["2024-01-10", "1", "0", "0", "0", "+1.00", "−0.59 to +1.00", "1"]
    tab.value("document.querySelector('#course .period').dispatchEvent(new MouseEvent('click'))")
    assert tab.value(_LIMITS) == ["Ana ✕", "the bridge ✕", "2024-01-10 ✕"]
    assert tab.value(_QUOTES) == ["We need the bridge."]
    tab.value("document.querySelectorAll('#limits button')[2].click()")
    assert tab.value(_TOLD) == "Statements 1 to 2 of 2."
    tab.value("document.querySelectorAll('#heat tbody th button')[1].click()")
    assert "1 statement has no date" in tab.value("document.getElementById('course-told').textContent")
    assert tab.problems == []


def test_the_heat_map_is_searched_widened_and_sorted(tab: Tab, page: Path) -> None:
    _open(tab, page)
    rows = tab.value(_ROWS)
    assert len(rows) == 20
    tab.value("document.getElementById('more-actors').click()")
    assert len(tab.value(_ROWS)) == 50
    tab.value("document.getElementById('more-positions').click()")
    assert tab.value("document.querySelectorAll('#heat thead th').length") == 13
    _type(tab, "find-actor", rows[3].upper())
    assert set(tab.value(_ROWS)) == {rows[3]}
    _type(tab, "find-actor", "nobody of this name")
    assert tab.value(_ROWS) == []
    _type(tab, "find-actor", "")
    tab.value("document.querySelectorAll('#heat thead button')[0].click()")
    assert tab.value("document.querySelectorAll('#heat thead th')[1].ariaSort") == "descending"
    shown = tab.value("[...document.querySelectorAll('#heat tbody tr')].map(r => r.cells[1].innerText.split('\\n')[0])")
    means = [float(text.rstrip("?").replace("−", "-")) for text in shown if text not in ("", "–")]
    assert means == sorted(means, reverse=True)
    assert len(means) > 10
    assert tab.problems == []


def test_statements_are_searched_narrowed_ordered_and_turned(tab: Tab, page: Path) -> None:
    _open(tab, page)
    tab.value("document.querySelector('#limits button').click()")
    assert tab.value(_TOLD) == "Statements 1 to 25 of 2,000."
    first = tab.value(_QUOTES)
    tab.value("on.click()")
    assert tab.value(_TOLD) == "Statements 26 to 50 of 2,000."
    tab.value("back.click()")
    assert tab.value(_QUOTES) == first
    _type(tab, "only-side", "2")
    chips = tab.value("[...document.querySelectorAll('#said .chip')].map(e => e.textContent.split(' ')[0])")
    assert set(chips) == {"against"}
    _type(tab, "order", "surest")
    sure = [
        float(text)
        for text in tab.value("[...document.querySelectorAll('#said .chip')].map(e => e.textContent.split(' ')[1])")
    ]
    assert sure == sorted(sure, reverse=True)
    word = first[0].split()[0]
    _type(tab, "only-side", "")
    _type(tab, "find", word.upper())
    assert first[0] in tab.value(_QUOTES) or int(tab.value(_TOLD).split()[-1].rstrip(".").replace(",", "")) > 25
    _type(tab, "find", "nothing of the kind")
    assert tab.value(_TOLD) == "No such statement in this page."
    assert tab.value("[back.disabled, on.disabled]") == [True, True]
    assert tab.problems == []


def test_what_is_counted_but_not_in_the_page_is_said(tab: Tab, tmp_path: Path) -> None:
    path = _report(tmp_path / "job", composed(400, n_actors=1, n_positions=1), "--max-statements", "150")
    _open(tab, path)
    _click_cell(tab, 0, 0)
    assert tab.value(_TOLD) == "Statements 1 to 25 of 150. 250 more are counted and not in this page."
    assert tab.problems == []


def test_pointing_at_an_actor_of_the_circle_shows_its_lines_and_the_keyboard_opens_it(tab: Tab, page: Path) -> None:
    _open(tab, page)
    tab.value("document.querySelector('.node').focus()")
    actor = tab.value("document.activeElement.dataset.actor")
    lines = tab.value("[...document.querySelectorAll('#circle path.on')].map(e => e.dataset.ends.split(' '))")
    assert lines
    assert all(actor in ends for ends in lines)
    for kind in ("keyDown", "keyUp"):
        tab.call("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r")
    name = tab.value(f"document.querySelector('.node[data-actor=\"{actor}\"] title').textContent")
    assert tab.value(_LIMITS) == [f"{name} ✕"]
    assert tab.value("document.activeElement.id") == "course-head"
    assert tab.problems == []


def test_the_keyboard_reaches_cells_and_inputs_have_names(tab: Tab, small: Path) -> None:
    _open(tab, small)
    tab.value("document.querySelectorAll('#heat tbody td button')[1].focus()")
    for kind in ("keyDown", "keyUp"):
        tab.call("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r")
    assert tab.value(_LIMITS) == ["Ana ✕", "the bridge ✕"]
    label = tab.value("document.querySelectorAll('#heat tbody td button')[1].ariaLabel")
    assert label.startswith("Ana on the bridge: 2 favor, 0 against")
    names = tab.value("[...document.querySelectorAll('input, select')].map(e => e.labels[0]?.textContent.trim() || '')")
    assert len(names) == 5
    assert all(names)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [400, 1280])
def test_hostile_names_run_nothing_ask_for_nothing_and_overflow_nothing(
    tab: Tab, tmp_path: Path, width: int, dark: bool
) -> None:
    path = hostile_job(tmp_path / "job")
    _open(tab, path, width=width, dark=dark)
    _click_cell(tab, 0, 0)
    assert tab.value("document.title").startswith("Stances:")
    assert tab.value(_WIDTH) == width
    assert tab.value("document.querySelectorAll('#said li').length") == 2
    assert tab.value("document.querySelectorAll('#said a').length") == 0
    assert tab.value("document.scripts.length") == 3
    assert tab.requests == [path.as_uri()]
    assert tab.problems == []


@pytest.mark.parametrize("dark", [False, True])
def test_all_words_can_be_told_from_what_is_behind_them(tab: Tab, page: Path, dark: bool) -> None:
    _open(tab, page, dark=dark)
    _click_cell(tab, 0, 0)
    assert tab.value(FAINT) == []


def test_a_job_without_statements_shows_its_page(tab: Tab, tmp_path: Path) -> None:
    path = _report(tmp_path / "job", [])
    _open(tab, path)
    assert tab.value(_TOLD) == "No such statement in this page."
    assert tab.problems == []


@pytest.mark.parametrize("width", [400, 1280])
def test_without_a_script_the_totals_and_the_heat_map_are_there(tab: Tab, page: Path, width: int) -> None:
    tab.open(page, width=width)
    tab.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        tab.call("Page.reload")
        # The button for the colours stays hidden where no script runs.
        while not tab.value("document.readyState === 'complete' && document.getElementById('theme').hidden"):
            time.sleep(0.02)
    finally:
        tab.call("Emulation.setScriptExecutionDisabled", value=False)
    assert tab.value("document.getElementById('chosen').hidden") is True
    assert tab.value("document.querySelectorAll('#heat tbody tr').length") == 20
    assert "need a browser with JavaScript" in tab.value("document.getElementById('reading').innerText")


@pytest.mark.long
def test_fifty_thousand_statements_are_interactive_within_three_seconds(tab: Tab, tmp_path: Path) -> None:
    path = _report(tmp_path / "job", composed(50_000))
    assert path.stat().st_size < 15_000_000
    seconds = []
    for width, dark in ((1280, False), (400, True)):
        begun = time.monotonic()
        _open(tab, path, width=width, dark=dark)
        _click_cell(tab, 0, 0)
        assert len(tab.value(_QUOTES)) == 25
        seconds.append(time.monotonic() - begun)
        tab.value("document.querySelector('#limits button').click(); document.querySelector('#limits button').click()")
        assert tab.value(_TOLD) == "Statements 1 to 25 of 50,000."
        assert tab.value("document.querySelectorAll('#course .period').length") == 0
    print(f"\n{path.stat().st_size / 1e6:.1f} MB; seconds to a cell's statements: {seconds}")
    assert max(seconds) < 3
    assert tab.problems == []

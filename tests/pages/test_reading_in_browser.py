"""The reading page in a real browser: arrows lead from quotes to speakers, and nothing overflows or complains."""

from __future__ import annotations

from pathlib import Path

import pytest

from stance.pages.reading import reading_page
from tests.pages.chromium import Tab
from tests.pages.test_reading_page import hand_made, hostile_reading

# Of each quote's arrow: where it begins and ends, and the rectangles that it should touch, in the page's coordinates.
_ARROWS = """[...document.querySelectorAll("svg.arrows path.of-quote")].map(path => {
  const frame = path.ownerSVGElement.getBoundingClientRect(), article = path.closest("article");
  const numbers = path.getAttribute("d").match(/-?[\\d.]+/g).map(Number);
  const box = e => { const r = e.getClientRects()[0]; return [r.left, r.top, r.right, r.bottom]; };
  return {
    from: [numbers[0] + frame.left, numbers[1] + frame.top], to: [numbers[6] + frame.left, numbers[7] + frame.top],
    quote: box(article.querySelector("[data-quotes~='1']")),
    speaker: box(article.querySelector("[data-places~='" + path.dataset.place + "']")),
  };
})"""
_HIGHLIGHTED = "[...document.querySelectorAll('span.says')].map(e => e.textContent)"
_TOLD = "document.getElementById('told').textContent"
_WIDTH = "document.documentElement.scrollWidth"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """Two articles on one page, so that a mix-up of their quotes would show."""
    path = tmp_path / "reading.html"
    path.write_text(reading_page([hand_made(), hand_made()], []), encoding="utf-8")
    return path


def _touches(point: list[float], box: list[float], *, slack: float = 3.0) -> bool:
    (x, y), (left, top, right, bottom) = point, box
    return left - slack <= x <= right + slack and top - slack <= y <= bottom + slack


@pytest.mark.parametrize("width", [400, 1300])
def test_an_arrow_leads_from_each_quote_to_its_speakers_mention(tab: Tab, page: Path, width: int) -> None:
    tab.open(page, width=width)
    arrows = tab.value(_ARROWS)
    assert len(arrows) == 2
    for arrow in arrows:
        assert _touches(arrow["from"], arrow["quote"])
        assert _touches(arrow["to"], arrow["speaker"])
    assert tab.problems == []


def test_arrows_follow_when_the_window_changes(tab: Tab, page: Path) -> None:
    tab.open(page, width=1300)
    before = tab.value(_ARROWS)
    tab.resize(320)
    tab.settle()
    after = tab.value(_ARROWS)
    assert after != before
    for arrow in after:
        assert _touches(arrow["from"], arrow["quote"])
        assert _touches(arrow["to"], arrow["speaker"])


def test_pointing_at_a_quote_shows_its_speaker_source_and_confidence(tab: Tab, page: Path) -> None:
    tab.open(page, width=1000)
    assert tab.value(_HIGHLIGHTED) == []
    tab.point_at("[data-quotes='1']")
    assert tab.value(_HIGHLIGHTED) == ["Ana Ross"]
    assert "Ana Ross" in tab.value(_TOLD)
    assert "context 0.75" in tab.value(_TOLD)
    tab.point_at("h1")
    assert tab.value(_HIGHLIGHTED) == []
    assert tab.value(_TOLD) == ""


def test_the_keyboard_shows_the_same(tab: Tab, page: Path) -> None:
    tab.open(page, width=1000)
    tab.value("document.getElementById('a1-q1').focus()")
    assert tab.value(_HIGHLIGHTED) == ["Ana Ross"]
    assert tab.value("document.querySelector('span.says').closest('article').dataset.prefix") == "a1"


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [400, 1300])
def test_hostile_text_runs_nothing_and_overflows_nothing(tab: Tab, tmp_path: Path, width: int, dark: bool) -> None:
    path = tmp_path / "hostile.html"
    path.write_text(reading_page([hostile_reading()], []), encoding="utf-8")
    tab.open(path, width=width, dark=dark)
    assert tab.value(_WIDTH) == width
    assert tab.value("document.scripts.length") == 1
    assert tab.value("document.title") == "Reading"
    background = tab.value("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, background.removeprefix("rgb(").removesuffix(")").split(","))) < 200) is dark
    assert tab.problems == []

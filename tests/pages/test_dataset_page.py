"""The page of a set: bars to scale, hostile names harmless."""

from __future__ import annotations

import re

from stance.pages.dataset import BAR_UNITS, Chart, dataset_page


def _page(**values: dict[str, int]) -> str:
    return dataset_page(
        title="a <set>", columns=("Language", "Pairs"), rows=[("en", "3")], charts=[Chart("Targets", values)]
    )


def test_the_longest_bar_fills_the_width_and_the_others_are_to_scale() -> None:
    page = _page(long={"favor": 6, "neutral": 2, "against": 0}, short={"favor": 2, "neutral": 0, "against": 0})
    widths = [float(width) for width in re.findall(r'width="([\d.]+)" height="18"', page)]
    assert widths == [BAR_UNITS * share for share in (0.75, 0.25, 0.0, 0.25, 0.0, 0.0)]


def test_names_are_escaped_and_control_characters_shown() -> None:
    page = _page(**{'<script>alert("x")</script>\x1b[31m': {"favor": 1}})
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "\x1b" not in page
    assert "a &lt;set&gt;" in page


def test_a_chart_without_values_is_left_out() -> None:
    assert "<svg" not in _page()

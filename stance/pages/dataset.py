"""The page of a set: how many of what, as tables and bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stance.pages.render import render_page

BAR_UNITS = 520
_ROW_UNITS = 24


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars of stance counts; values in the order in which they are drawn, the rest is summed up in `n_more`."""

    title: str
    values: Mapping[str, Mapping[str, int]]
    n_more: int = 0


def dataset_page(*, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], charts: Sequence[Chart]) -> str:
    """One page with a sortable table and a bar chart per aspect; all names are escaped."""
    views = [_view(chart) for chart in charts if chart.values]
    return render_page("dataset.html", {"title": title, "columns": columns, "rows": rows, "charts": views}, title=title)


def _view(chart: Chart) -> dict[str, Any]:
    largest = max((sum(counts.values()) for counts in chart.values.values()), default=1) or 1
    bars = [
        _bar(label, counts, largest=largest, top=number * _ROW_UNITS)
        for number, (label, counts) in enumerate(chart.values.items())
    ]
    return {"title": chart.title, "bars": bars, "n_more": chart.n_more, "height": len(bars) * _ROW_UNITS}


def _bar(label: str, counts: Mapping[str, int], *, largest: int, top: int) -> dict[str, Any]:
    """The rectangles of one bar, scaled to the longest."""
    parts, left = [], 0.0
    for kind, count in counts.items():
        width = BAR_UNITS * count / largest
        parts.append({"kind": kind, "count": count, "x": round(left, 2), "width": round(width, 2)})
        left += width
    return {"label": label, "parts": parts, "total": sum(counts.values()), "top": top, "end": round(left + 6, 2)}

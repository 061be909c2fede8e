"""What was measured as drawings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jinja2

_WIDTH, _BAR, _GAP = 460, 14, 20
_LABELS = 170
_TEMPLATE = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{ width }} {{ height }}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<text x="10" y="20" font-size="14" font-weight="bold">Rows a second, as a multiple of {{ baseline }}</text>
{% for group in groups %}
<text x="10" y="{{ group.top - 6 }}" fill="#555">{{ group.title }}</text>
{% for bar in group.bars %}
<text x="{{ labels - 8 }}" y="{{ bar.top + 11 }}" text-anchor="end">{{ bar.label }}</text>
<rect x="{{ labels }}" y="{{ bar.top }}" width="{{ bar.width }}" height="{{ bar_height }}" fill="{{ bar.colour }}"/>
<text x="{{ labels + bar.width + 6 }}" y="{{ bar.top + 11 }}">{{ bar.value }}</text>
{% endfor %}
{% endfor %}
</svg>
"""


def speed_plot(rows: Sequence[Mapping[str, Any]], *, baseline: str) -> str:
    """An SVG with a bar per contender, for each number of questions."""
    most = max(row["times_baseline"] for row in rows)
    groups, top = [], 50
    for questions in dict.fromkeys(row["questions"] for row in rows):
        bars = []
        for number, row in enumerate(row for row in rows if row["questions"] == questions):
            times = row["times_baseline"]
            bars.append(
                {
                    "label": row["engine"],
                    "top": top + number * (_BAR + 4),
                    "width": round(_WIDTH * times / most, 1),
                    "value": f"{times:.1f}",
                    "colour": "#2563eb" if row["engine"].startswith(("onnx", "openvino")) else "#9ca3af",
                }
            )
        title = f"{questions} questions a sentence" if questions > 1 else "1 question a sentence"
        groups.append({"title": title, "top": top, "bars": bars})
        top += len(bars) * (_BAR + 4) + _GAP + 10
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    sizes = {"width": _LABELS + _WIDTH + 60, "height": top - _GAP, "labels": _LABELS, "bar_height": _BAR}
    return environment.from_string(_TEMPLATE).render(groups=groups, baseline=baseline, **sizes)


_LINE = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{ width }} {{ height }}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<text x="10" y="20" font-size="14" font-weight="bold">Memory of all processes, MiB</text>
<text x="{{ left - 8 }}" y="{{ top + 4 }}" text-anchor="end">{{ most }}</text>
<text x="{{ left - 8 }}" y="{{ bottom }}" text-anchor="end">0</text>
<text x="{{ right }}" y="{{ bottom + 18 }}" text-anchor="end">{{ seconds }} s</text>
<path d="M{{ left }} {{ top }}V{{ bottom }}H{{ right }}" fill="none" stroke="#9ca3af"/>
<polyline points="{{ points }}" fill="none" stroke="#2563eb" stroke-width="1.5"/>
</svg>
"""
_LEFT, _TOP, _HEIGHT = 60, 40, 220


def line_plot(seconds: Sequence[float], mib: Sequence[float]) -> str:
    """An SVG of memory over time, from 0 on both axes."""
    most, whole = max(mib), max(seconds)
    places = zip(seconds, mib, strict=True)
    points = [f"{_LEFT + _WIDTH * t / whole:.1f},{_TOP + _HEIGHT * (1 - value / most):.1f}" for t, value in places]
    drawing: str = jinja2.Template(_LINE, autoescape=True).render(
        points=" ".join(points),
        width=_LEFT + _WIDTH + 20,
        height=_TOP + _HEIGHT + 30,
        left=_LEFT,
        right=_LEFT + _WIDTH,
        top=_TOP,
        bottom=_TOP + _HEIGHT,
        most=round(most),
        seconds=round(whole),
    )
    return drawing

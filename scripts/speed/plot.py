"""The speeds as a drawing."""

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
                    "colour": "#2563eb" if row["engine"].startswith("onnx") else "#9ca3af",
                }
            )
        title = f"{questions} questions a sentence" if questions > 1 else "1 question a sentence"
        groups.append({"title": title, "top": top, "bars": bars})
        top += len(bars) * (_BAR + 4) + _GAP + 10
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    sizes = {"width": _LABELS + _WIDTH + 60, "height": top - _GAP, "labels": _LABELS, "bar_height": _BAR}
    return environment.from_string(_TEMPLATE).render(groups=groups, baseline=baseline, **sizes)

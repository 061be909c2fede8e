"""Actors on a circle, with lines between those who agree and those who don't."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stance.pages.clean import visible

SIDE, RADIUS = 800, 190
_CENTRE, _STRAIGHT = SIDE / 2, 0.65
_MAX_NAME = 26
_AGREE, _DIFFER = 0.5, -0.5
_MAX_PAIRS = 60


@dataclass(frozen=True, slots=True)
class Node:
    """An actor by number at its point, and its name along the radius: turned by degrees, upside down nowhere."""

    actor: int
    name: str
    label: str
    x: float
    y: float
    label_x: float
    label_y: float
    turn: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line between two actors by number; `kind` is same or opposite."""

    first: int
    second: int
    kind: str
    path: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two actors by number, the positions that both take a side on, and their agreement in [-1, 1]."""

    first: int
    second: int
    shared: int
    value: float


@dataclass(frozen=True, slots=True)
class Circle:
    """The drawing and, as a table, the pairs of the largest agreement and disagreement; `note` says how it is made."""

    nodes: Sequence[Node]
    lines: Sequence[Line]
    pairs: Sequence[Mapping[str, str]]
    n_pairs: int
    note: str


def circle(order: Sequence[int], names: Mapping[int, str], pairs: Sequence[Agreement], *, note: str) -> Circle:
    """Draw actors in an order around a circle.

    Args:
        order: numbers of the actors. names: by number. pairs: sorted by agreement, the largest first.
    """
    angles = {actor: 2 * math.pi * place / max(1, len(order)) - math.pi / 2 for place, actor in enumerate(order)}
    lines = [_line(pair, angles) for pair in pairs if not _DIFFER < pair.value < _AGREE]
    return Circle(
        nodes=[_node(actor, visible(names[actor], one_line=True), angle) for actor, angle in angles.items()],
        lines=lines,
        pairs=[_pair(pair, names) for pair in _ends(pairs)],
        n_pairs=len(pairs),
        note=note,
    )


def _node(actor: int, name: str, angle: float) -> Node:
    x, y = _point(angle, RADIUS)
    label_x, label_y = _point(angle, RADIUS + 14)
    label = name if len(name) <= _MAX_NAME else name[: _MAX_NAME - 1] + "…"
    left = math.cos(angle) < -1e-9
    turn = round(math.degrees(angle) + (180 if left else 0), 1)
    return Node(actor, name, label, x, y, label_x, label_y, turn, "end" if left else "start")


def _line(pair: Agreement, angles: Mapping[int, float]) -> Line:
    (x, y), (to_x, to_y) = (_point(angles[actor], RADIUS) for actor in (pair.first, pair.second))
    # Bent towards the middle, so that a line between neighbours is seen and long ones don't hide it.
    by_x, by_y = (round(_CENTRE + (middle / 2 - _CENTRE) * _STRAIGHT, 1) for middle in (x + to_x, y + to_y))
    kind = "same" if pair.value > 0 else "opposite"
    return Line(pair.first, pair.second, kind, f"M{x} {y}Q{by_x} {by_y} {to_x} {to_y}")


def _point(angle: float, radius: float) -> tuple[float, float]:
    return round(_CENTRE + radius * math.cos(angle), 1), round(_CENTRE + radius * math.sin(angle), 1)


def _ends(pairs: Sequence[Agreement]) -> Sequence[Agreement]:
    """All pairs, or as many of the most and the least agreement."""
    if len(pairs) <= _MAX_PAIRS:
        return pairs
    half = _MAX_PAIRS // 2
    return [*pairs[:half], *pairs[-half:]]


def _pair(pair: Agreement, names: Mapping[int, str]) -> Mapping[str, str]:
    sign = "+" if pair.value >= 0.005 else "−" if pair.value <= -0.005 else ""
    return {
        "first": names[pair.first],
        "second": names[pair.second],
        "agreement": f"{sign}{abs(pair.value):.2f}",
        "sort": f"{pair.value:.4f}",
        "shared": str(pair.shared),
    }

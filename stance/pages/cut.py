"""Cut a text where marks begin and end, so that overlapping marks can be shown without nesting."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

from stance.types import Span

T = TypeVar("T")


def cut(n_chars: int, marks: Sequence[tuple[Span, T]]) -> list[tuple[Span, list[T]]]:
    """The stretches [0, n_chars) falls into, each with the marks that cover it, in the order given.

    Costs the number of marks times the depth of their nesting. An empty mark covers nothing.
    """
    begins: dict[int, list[int]] = defaultdict(list)
    ends: dict[int, list[int]] = defaultdict(list)
    for number, (span, _) in enumerate(marks):
        begins[span.start].append(number)
        ends[span.end].append(number)
    stretches = []
    open_marks: set[int] = set()
    for start, end in pairwise(sorted({0, n_chars, *begins, *ends})):
        open_marks.update(begins[start])
        open_marks.difference_update(ends[start])
        stretches.append((Span(start, end), [marks[number][1] for number in sorted(open_marks)]))
    return stretches

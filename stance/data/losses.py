"""What a reader could not carry over: nothing is dropped silently."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

_MAX_EXAMPLES = 3


@dataclass(slots=True)
class LossReport:
    """Counts by reason, with the first places where each happened."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, reason: str, place: str) -> None:
        """Count one loss; `place` is `file:line`."""
        self.counts[reason] += 1
        known = self.examples.setdefault(reason, [])
        if len(known) < _MAX_EXAMPLES:
            known.append(place)

    def summary(self) -> str:
        """One line per reason, the most frequent first; empty if nothing was lost."""
        return "\n".join(
            f"{count:,} x {reason} (e.g. {', '.join(dict.fromkeys(self.examples[reason]))})"
            for reason, count in self.counts.most_common()
        )

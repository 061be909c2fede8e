"""From the labels of a file to stances: declared by the user, never guessed."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from stance.errors import DataError
from stance.types import STANCES, Stance

DROP = "drop"
_OWN = {stance.value: stance.value for stance in STANCES}
# Labels that say what a span is for; no stance can be meant by them.
_ROLES = frozenset({"", "actor", "target", "mention", "source", "holder", "sentence", "statement"})
_MAX_SHOWN = 30


class LabelMap:
    """A label map with the labels met so far; favor, neutral and against stand for themselves."""

    def __init__(self, declared: Mapping[str, str], *, fixed: bool = False) -> None:
        self._map = {**_OWN, **declared}
        self._declared = {} if fixed else declared
        self._unmapped: Counter[str] = Counter()
        self._mentions: Counter[str] = Counter()
        self._met: set[str] = set()

    def knows(self, label: str) -> bool:
        """Whether the label has a stance or is to be dropped."""
        return label in self._map

    @staticmethod
    def is_stance(names: Sequence[str]) -> bool:
        """Whether the first name is one of the three stances itself."""
        return bool(names) and names[0] in _OWN

    def stance(self, label: str) -> Stance | None:
        """The stance of a label; None for one to drop and for one that nobody declared, which is counted."""
        mapped = self._map.get(label)
        if mapped is None:
            self._unmapped[label] += 1
            return None
        self._met.add(label)
        return None if mapped == DROP else Stance(mapped)

    def mention(self, label: str) -> None:
        """Take note of a span that bears no stance and takes part in none."""
        if label.casefold() not in _ROLES:
            self._mentions[label] += 1

    def require_all_mapped(self, path: Path) -> None:
        """Check, once all is read, that every label had a stance and every declared label was there.

        Labels of mere mentions need a stance only where the file gave no annotation at all: then they must be it.

        Raises:
            DataError: shows the labels without a stance, with counts, and how to declare them.
        """
        if not self._met:
            self._unmapped += self._mentions
        if self._unmapped:
            raise DataError(f"{path}: {_unmapped_message(self._unmapped, self._map)}")
        unused = [label for label in self._declared if label not in self._met]
        if unused:
            raise DataError(
                f"{path}: no row has the label {', '.join(map(repr, unused))} of the label map; "
                f"there are {', '.join(map(repr, sorted(self._met))) or 'none'}."
            )


def _unmapped_message(counts: Counter[str], known: Mapping[str, str]) -> str:
    shown = ", ".join(f"{label!r} {count:,}" for label, count in counts.most_common(_MAX_SHOWN))
    rest = len(counts) - _MAX_SHOWN
    more = f" and {rest} more" if rest > 0 else ""
    first = counts.most_common(1)[0][0]
    quoted = shlex.quote(first)
    # The same label in other letters most likely means the same; that stays the user's to say.
    alike = next((label for label in known if label.casefold() == first.casefold()), None)
    example = "favor (or neutral, against)" if alike is None else f"{known[alike]} (as {alike!r} is)"
    return (
        f"labels without a stance: {shown}{more}. Declare each: --label {quoted}={example}, "
        f"or leave its rows out with --label {quoted}={DROP}; in a config by `labels` of the source."
    )

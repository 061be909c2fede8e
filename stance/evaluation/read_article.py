"""An annotated article beside what was made of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stance.types import ArticleStance, Reading, StancePrediction

_DIGITS = 4


@dataclass(frozen=True, slots=True)
class ReadArticle:
    """The record of an annotated article, the reading of its text, what was answered to its questions, and in all."""

    record: Mapping[str, Any]
    reading: Reading
    predictions: Sequence[StancePrediction]
    stances: Sequence[ArticleStance]

    def given_stances(self) -> list[ArticleStance]:
        """Those that are given, not withheld."""
        return [stance for stance in self.stances if stance.stance is not None]

    def judged_stances(self) -> list[ArticleStance]:
        """Those given to pairs that the annotators judged: nothing is known of the others."""
        pairs = [*self.record["gold"], *(self.record.get("absent") or ())]
        judged = {(key_of(pair.get("actor")), key_of(pair["target"])) for pair in pairs}
        return [s for s in self.given_stances() if (s.actor.key if s.actor else None, s.target.key) in judged]


def key_of(reference: Any) -> str | None:
    """The key of an actor or target as records name it, None for the author."""
    if reference is None or isinstance(reference, str):
        return reference
    return str(reference.get("id") or reference.get("name"))


def shown_figure(value: float, low: float, high: float) -> dict[str, float | None]:
    """A figure with its interval as reports hold it; None for what is not defined."""
    parts = zip(("value", "low", "high"), (value, low, high), strict=True)
    return {name: None if math.isnan(part) else round(float(part), _DIGITS) for name, part in parts}

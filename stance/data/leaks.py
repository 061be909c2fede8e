"""Sentences that stand in two files, or in two splits of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from stance.data.formats import Detected, detect_format, read_sentences
from stance.data.grouping import normalise
from stance.data.lines import expand, text_lines
from stance.data.losses import LossReport
from stance.data.rows import article_record
from stance.errors import DataError

_CONLLU_TEXT = "# text = "
# A headline of two words that two files share is no leak.
MIN_CHARACTERS = 20


@dataclass(frozen=True, slots=True)
class Leak:
    """How many normalised sentences two places share, with one of them."""

    first: str
    second: str
    n_shared: int
    example: str


def find_leaks(paths: Sequence[Path]) -> list[Leak]:
    """Shared sentences of every two paths, and of every two splits inside one path.

    Sentences count as equal when their letters and digits are (case folded, punctuation aside); shorter ones than
    MIN_CHARACTERS are passed over. Files in no annotation format are taken as one sentence per line.

    Raises:
        DataError: a path is missing or no text.
    """
    places: dict[str, dict[str, str]] = {}
    for path in paths:
        by_split: dict[str, dict[str, str]] = {}
        for split, text in _texts(path):
            key = normalise(text)
            if len(key) >= MIN_CHARACTERS:
                by_split.setdefault(split, {}).setdefault(key, text)
        places |= {f"{path} ({split})" if split else str(path): found for split, found in by_split.items()}
    leaks = []
    for (first, texts), (second, others) in combinations(places.items(), 2):
        shared = sorted(texts.keys() & others.keys())
        if shared:
            leaks.append(Leak(first, second, len(shared), texts[shared[0]]))
    return leaks


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    """Split (empty where there is none) and text of every sentence below a path."""
    for part in expand([path]):
        if part.suffix == ".json":
            record = article_record(part)
            spans = record.get("sentences") or [{"start": 0, "end": len(record["text"])}]
            for span in spans:
                yield str(record.get("split") or ""), record["text"][span["start"] : span["end"]]
        elif _format(part) is None:
            for _, line in text_lines(part):
                if not line.startswith("#") or line.startswith(_CONLLU_TEXT):
                    yield "", line.removeprefix(_CONLLU_TEXT)
        else:
            for sentence in read_sentences(part, format=None, losses=LossReport()):
                yield sentence.split.value if sentence.split else "", sentence.text


def _format(path: Path) -> Detected | None:
    try:
        return detect_format(path)
    except DataError:
        return None

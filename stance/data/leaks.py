"""Sentences that stand in two files, or in two splits of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from stance.data.formats import Detected, detect_format, read_sentences
from stance.data.grouping import normalise
from stance.data.lines import expand, text_lines
from stance.data.losses import LossReport
from stance.data.near_duplicates import NearDuplicateFinder
from stance.data.rows import article_record
from stance.errors import DataError

_CONLLU_TEXT = "# text = "
# A headline of two words that two files share is no leak.
MIN_CHARACTERS = 20


@dataclass(frozen=True, slots=True)
class Leak:
    """How many normalised sentences two places share, with one of them, and how many each holds.

    n_near: sentences of the second place that are like one of the first in all but a word or two; None where that was
    not looked for.
    """

    first: str
    second: str
    n_shared: int
    n_near: int | None
    n_first: int
    n_second: int
    example: str


def find_leaks(paths: Sequence[Path], *, near: bool = False) -> list[Leak]:
    """Shared sentences of every two paths, and of every two splits inside one path.

    Sentences count as equal when their letters and digits are (case folded, punctuation aside); shorter ones than
    MIN_CHARACTERS are passed over. Files in no annotation format are taken as one sentence per line.

    Args:
        near: look for near-duplicates too.

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
        alike = _near(texts, others) if near else []
        if shared or alike:
            example = texts[shared[0]] if shared else alike[0]
            n_near = len(alike) if near else None
            leaks.append(Leak(first, second, len(shared), n_near, len(texts), len(others), example))
    return leaks


def _near(texts: Mapping[str, str], others: Mapping[str, str]) -> list[str]:
    """Sentences of the second place that are near-duplicates of one of the first, and equal to none."""
    finder = NearDuplicateFinder()
    for text in texts.values():
        finder.add(text)
    rest = [text for key, text in others.items() if key not in texts]
    for text in rest:
        finder.add(text)
    return [rest[pair.later - len(texts)] for pair in finder.pairs() if pair.earlier < len(texts) <= pair.later]


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    """Split (empty where there is none) and text of every sentence below a path."""
    known = _format(path) if path.is_dir() else None
    if known is not None and known.format.name != "native":
        for sentence in read_sentences(path, format=known.format.name, losses=LossReport()):
            yield sentence.split.value if sentence.split else "", sentence.text
        return
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

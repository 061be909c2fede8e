"""The judgements that several annotators gave of the same pair."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stance.data.formats import NO_OPTIONS, read_sentences
from stance.data.formats.format import Peek, ReadOptions
from stance.data.judgements import ADJUDICATOR, pair_key
from stance.data.lines import expand
from stance.data.losses import LossReport
from stance.data.rows import article_record
from stance.types import AnnotatedSentence

ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Unit:
    """One pair that at least two annotators judged.

    given: annotator -> stance (in articles also `absent`). source: the sentence or article, whose units are resampled
    together.
    """

    given: Mapping[str, str]
    source: str
    lang: str
    actor: str | None
    target: str
    text: str


def read_units(
    paths: Sequence[Path],
    *,
    format: str | None = None,  # noqa: A002
    options: ReadOptions = NO_OPTIONS,
) -> list[Unit]:
    """The units of annotated sentences (in any format) and articles alike.

    Raises:
        DataError: a path is missing or holds something else.
    """
    files = expand(paths) if format is None else paths
    return [unit for path in files for unit in _file_units(path, format, options)]


def _file_units(path: Path, format: str | None, options: ReadOptions) -> Iterator[Unit]:  # noqa: A002
    if path.suffix == ".json" and Peek(path).has("text", "gold"):
        yield from article_units(article_record(path), name=path.stem)
    else:
        for sentence in read_sentences(path, format=format, losses=LossReport(), options=options):
            yield from sentence_units(sentence)


def sentence_units(sentence: AnnotatedSentence) -> Iterator[Unit]:
    """The pairs of a sentence that were judged twice; an adjudicator is no annotator."""
    pairs: dict[tuple[str | None, str], dict[str, str]] = {}
    for annotation in sentence.annotations:
        if annotation.annotator not in (None, ADJUDICATOR):
            pairs.setdefault(pair_key(annotation), {})[str(annotation.annotator)] = annotation.stance.value
    for (actor, target), given in pairs.items():
        if len(given) >= 2:
            yield Unit(given, sentence.id, sentence.lang or "not given", actor, target, sentence.text)


def article_units(record: Mapping[str, Any], *, name: str) -> Iterator[Unit]:
    """The pairs of an annotated article that its `judgements` judge again."""
    first: dict[tuple[str | None, str], dict[str, str]] = {}
    for pair in record["gold"]:
        first[_article_pair(pair)] = {str(pair.get("annotator")): pair["stance"]}
    # Absent pairs name no annotator: they are the work of whoever listed the others.
    author = next((str(pair.get("annotator")) for pair in record["gold"]), "first")
    for pair in record.get("absent") or ():
        first[_article_pair(pair)] = {author: ABSENT}
    for judgement in record.get("judgements") or ():
        given = first.get((judgement["actor"], judgement["target"]))
        if given is not None:
            given[judgement["annotator"]] = judgement["stance"]
    for (actor, target), given in first.items():
        if len(given) >= 2:
            yield Unit(given, name, record.get("lang") or "not given", actor, target, str(record.get("title") or name))


def _article_pair(pair: Mapping[str, Any]) -> tuple[str | None, str]:
    actor = pair["actor"]
    return None if actor is None else actor["name"], pair["target"]["id"]


def annotators_of(units: Iterable[Unit]) -> list[str]:
    """The annotators, by name."""
    return sorted({name for unit in units for name in unit.given})

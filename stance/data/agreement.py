"""How far annotators agree who judged the same pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from stance.data.formats import read_sentences
from stance.data.judgements import ADJUDICATOR, pair_key
from stance.data.lines import expand
from stance.data.losses import LossReport
from stance.data.rows import article_record
from stance.types import AnnotatedSentence, Stance

ABSENT = "absent"


def ratings_by_language(paths: Sequence[Path]) -> dict[str, list[list[str]]]:
    """The values of every unit that was judged twice, of annotated sentences and articles alike.

    Raises:
        DataError: a path is missing or holds something else.
    """
    found: dict[str, list[list[str]]] = {}
    for path in expand(paths):
        if path.suffix == ".json":
            record = article_record(path)
            units = [list(given.values()) for given in article_ratings(record)]
            found.setdefault(record.get("lang") or "not given", []).extend(units)
            continue
        for sentence in read_sentences(path, format=None, losses=LossReport()):
            units = [[stance.value for stance in given.values()] for given in ratings([sentence])]
            found.setdefault(sentence.lang or "not given", []).extend(units)
    return {lang: units for lang, units in found.items() if units}


def ratings(sentences: Iterable[AnnotatedSentence]) -> list[dict[str, Stance]]:
    """Per pair that at least two annotators judged: annotator -> stance; an adjudicator is none of them."""
    found = []
    for sentence in sentences:
        pairs: dict[tuple[str | None, str], dict[str, Stance]] = {}
        for annotation in sentence.annotations:
            if annotation.annotator not in (None, ADJUDICATOR):
                pairs.setdefault(pair_key(annotation), {})[str(annotation.annotator)] = annotation.stance
        found += [given for given in pairs.values() if len(given) >= 2]
    return found


def article_ratings(record: Mapping[str, Any]) -> list[dict[str, str]]:
    """Per pair of an annotated article that its `judgements` judge again: annotator -> stance, or `absent`."""
    first: dict[tuple[str | None, str], dict[str, str]] = {}
    for pair in record["gold"]:
        first[_article_pair(pair)] = {str(pair.get("annotator")): pair["stance"]}
    for pair in record.get("absent") or ():
        first[_article_pair(pair)] = {"absent": ABSENT}
    for judgement in record.get("judgements") or ():
        given = first.get((judgement["actor"], judgement["target"]))
        if given is not None:
            given[judgement["annotator"]] = judgement["stance"]
    return [given for given in first.values() if len(given) >= 2]


def _article_pair(pair: Mapping[str, Any]) -> tuple[str | None, str]:
    actor = pair["actor"]
    return None if actor is None else actor["name"], pair["target"]["id"]


def krippendorff_alpha(units: Iterable[Sequence[Hashable]]) -> float:
    """Nominal alpha, 1 - observed / expected disagreement; 1 is full agreement, 0 what chance gives.

    Source: Krippendorff 2011, Computing Krippendorff's Alpha-Reliability. Units with one value are left out. Where all
    values are equal there is nothing to disagree on, and alpha is 1.

    Args:
        units: the values that each unit got, missing ones left out.

    Raises:
        ValueError: no unit has two values.
    """
    coincidences: Counter[tuple[Hashable, Hashable]] = Counter()
    for values in units:
        for i, one in enumerate(values):
            for j, other in enumerate(values):
                if i != j:
                    coincidences[one, other] += 1 / (len(values) - 1)  # type: ignore[assignment]
    total = sum(coincidences.values())
    if not total:
        raise ValueError("alpha needs at least one unit with two values")
    margin: Counter[Hashable] = Counter()
    for (one, _), count in coincidences.items():
        margin[one] += count
    observed = sum(count for (one, other), count in coincidences.items() if one != other) / total
    expected = (total**2 - sum(count**2 for count in margin.values())) / (total * (total - 1))
    return 1.0 if expected == 0 else 1 - observed / expected

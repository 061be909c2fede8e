"""SemEval-2022 Task 10, structured sentiment (Barnes et al. 2022): a JSON list of sentences with opinion tuples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from stance.data.formats.format import Format, Peek, ReadOptions
from stance.data.formats.opinions import annotations_of
from stance.data.lines import object_list
from stance.data.losses import LossReport
from stance.types import AnnotatedSentence, Stance

_STANCES = {"Positive": Stance.FAVOR, "Negative": Stance.AGAINST, "Neutral": Stance.NEUTRAL}


def read(path: Path, *, options: ReadOptions, losses: LossReport) -> Iterator[AnnotatedSentence]:
    """One sentence per item, also those without opinions; an opinion without a target is counted as lost.

    The task's files say neither language nor licence, which differ from set to set.

    Raises:
        DataError: the file is no JSON list of objects.
    """
    del options
    for number, record in object_list(path):
        place = f"{path}: item {number}"
        text = record.get("text")
        if not isinstance(text, str) or not text.strip():
            losses.add("item without text", place)
            continue
        yield AnnotatedSentence(
            id=str(record.get("sent_id", number)),
            text=text,
            annotations=annotations_of(record.get("opinions"), text, stances=_STANCES, place=place, losses=losses),
            source=path.parent.name or None,
        )


def detect(peek: Peek) -> str | None:
    """A JSON list with `sent_id` and `opinions`."""
    listed = peek.names is None and peek.text.lstrip().startswith("[")
    return "it is a list of items with `sent_id` and `opinions`" if listed and peek.has("sent_id", "opinions") else None


FORMAT = Format("structured-sentiment", "SemEval-2022 Task 10, JSON", read, detect, own_labels=True)

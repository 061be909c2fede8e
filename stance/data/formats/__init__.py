"""One module per annotation format, found through the entry points `stance.formats`."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import NamedTuple

from stance.data.formats.format import Format, Peek, ReadOptions
from stance.data.formats.labels import DROP
from stance.data.losses import LossReport
from stance.errors import ConfigError, DataError, EnvironmentMissing
from stance.types import STANCES, AnnotatedSentence

GROUP = "stance.formats"
NO_OPTIONS = ReadOptions()


class Detected(NamedTuple):
    """A format and why a path is taken to be in it."""

    format: Format
    reason: str


@lru_cache(maxsize=1)
def formats() -> Mapping[str, Format]:
    """Every installed format by name, those of other packages too.

    Raises:
        EnvironmentMissing: a package offers a format that cannot be loaded, or none is installed at all.
    """
    found = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        try:
            offered = point.load()
        except Exception as error:  # whatever the module of another package does when it is imported
            package = point.dist.name if point.dist else "an unknown package"
            raise EnvironmentMissing(
                f"The format {point.name!r} of {package} cannot be loaded ({type(error).__name__}: {error}). "
                "Repair or uninstall that package."
            ) from error
        if not isinstance(offered, Format):
            raise EnvironmentMissing(f"The entry point {point.name!r} of {GROUP} is no Format but {offered!r}.")
        if offered.name in found:
            package = point.dist.name if point.dist else "an unknown package"
            raise EnvironmentMissing(
                f"{package} offers a format {offered.name!r}, which is there already; uninstall it."
            )
        found[offered.name] = offered
    if not found:
        raise EnvironmentMissing("No annotation format is installed; install stance again (make, or pip install).")
    return found


def named_format(name: str) -> Format:
    """The format of a name.

    Raises:
        DataError: there is none, with the nearest one.
    """
    known = formats()
    if name not in known:
        nearest = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {nearest[0]}?" if nearest else "."
        raise DataError(f"format {name!r} is not known{hint} There are: {', '.join(known)}.")
    return known[name]


def detect_format(path: Path) -> Detected:
    """The one format whose sign a path bears.

    Raises:
        DataError: none fits, or several do; says which and why.
    """
    if not path.exists():
        raise DataError(f"{path}: no such file.")
    peek = Peek(path)
    found = [Detected(known, reason) for known in formats().values() if (reason := known.detect(peek))]
    found = [one for one in found if not one.format.fallback] or found
    if len(found) == 1:
        return found[0]
    if found:
        several = "; ".join(f"{known.name} ({reason})" for known, reason in found)
        raise DataError(f"{path}: this could be {several}. Name one with --format.")
    raise DataError(
        f"{path}: the format cannot be told from its beginning. Name it with --format: {', '.join(formats())}."
    )


def is_table(path: Path, name: str | None) -> bool:
    """Whether a path is a plain CSV or TSV file, and no public set that is one too.

    Args:
        name: the format that the user names; None detects it.
    """
    suffixes = (".csv", ".tsv")
    return name == "csv" or (
        name is None and path.suffix.lower() in suffixes and detect_format(path).format.name == "csv"
    )


def read_sentences(
    path: Path,
    *,
    format: str | None,  # noqa: A002
    losses: LossReport,
    options: ReadOptions = NO_OPTIONS,
) -> Iterator[AnnotatedSentence]:
    """Every annotated sentence of a file or folder, one by one.

    Args:
        format: a name from `formats()`; None detects it.

    Raises:
        DataError: unknown format, or the file is not of that format (some of it only after the last good sentence).
        ConfigError: a label map for a format whose labels are fixed, or to something that is no stance.
    """
    known = detect_format(path).format if format is None else named_format(format)
    check_labels(options.labels, known)
    for sentence in known.read(path, options=options, losses=losses):
        yield replace(sentence, lang=options.lang) if sentence.lang is None and options.lang else sentence


def check_labels(labels: Mapping[str, str], known: Format) -> None:
    """Check that a label map fits a format.

    Raises:
        ConfigError: the format's labels are fixed, or the map leads to something that is no stance.
    """
    if labels and known.own_labels:
        raise ConfigError(f"The labels of {known.name} are fixed by the format; a label map has no effect there.")
    allowed = (*(stance.value for stance in STANCES), DROP)
    for label, stance in labels.items():
        if stance not in allowed:
            raise ConfigError(f"label {label!r}: {stance!r}, expected one of {', '.join(allowed)}.")

"""The positions that a command is asked to follow: of a file, in words, or both."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stance.errors import ConfigError

if TYPE_CHECKING:
    from stance.types import Position


def followed_positions(path: Path | None, words: Sequence[str], selected: Sequence[str]) -> tuple[Position, ...]:
    """The positions of a file, only those `selected` where any are, then those given in words; maybe none.

    Raises:
        ConfigError: a selected id is not in the file, or there is no file to select from.
        DataError: the file is missing or wrong.
    """
    from stance.data.entities import load_positions
    from stance.types import Position

    if selected and path is None:
        raise ConfigError(f"--select {selected[0]}: there is nothing to select from; give --positions FILE too.")
    listed = load_positions(path) if path else ()
    followed = tuple(_chosen(listed, selected, path)) if selected else listed
    return followed + tuple(Position(id=text, name=text) for text in words if text.strip())


def _chosen(listed: Sequence[Position], selected: Sequence[str], path: Path | None) -> Iterator[Position]:
    known = {position.id: position for position in listed}
    for key in dict.fromkeys(selected):
        if key not in known:
            nearest = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {nearest[0]}?" if nearest else f"there are {', '.join(known) or 'none'}."
            raise ConfigError(f"--select {key}: {path} has no position of this id; {hint}")
        yield known[key]


def note_unread_by_meaning(langs: Sequence[str]) -> None:
    """Say of how many articles the language is not among those that --semantic reads."""
    from stance.cli.output import note
    from stance.text.semantic import LANGUAGES

    other = sum(lang.partition("-")[0] not in LANGUAGES for lang in langs)
    if other:
        read = ", ".join(sorted(LANGUAGES))
        note(f"{other} of {len(langs)} articles were read by words alone: --semantic reads {read}.")

"""What a user declares about a file: its format, labels, columns and language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from stance.errors import ConfigError

if TYPE_CHECKING:
    from stance.data.formats.format import ReadOptions

Format = Annotated[
    str | None,
    typer.Option(
        "--format", help="Format of the source; without it, told from the file. An unknown name lists them all."
    ),
]
Labels = Annotated[
    list[str] | None,
    typer.Option(
        "--label", metavar="LABEL=STANCE", help="What a label means: positive=favor or unclear=drop; repeat it."
    ),
]
Columns = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="FIELD=COLUMN", help="The column of a field: text=Sentence; repeat it."),
]
Lang = Annotated[str | None, typer.Option("--lang", help="Language of sentences that name none, such as sr-Latn.")]


def read_options(labels: list[str] | None, columns: list[str] | None, lang: str | None) -> ReadOptions:
    """The options in one value.

    Raises:
        ConfigError: one of them is no NAME=VALUE.
    """
    from stance.data.formats.format import ReadOptions

    return ReadOptions(_pairs("--label", labels), _pairs("--column", columns), lang)


def column_pairs(given: list[str] | None) -> dict[str, str]:
    """The columns of `--column`, by field.

    Raises:
        ConfigError: one of them is no NAME=VALUE.
    """
    return _pairs("--column", given)


def _pairs(option: str, given: list[str] | None) -> dict[str, str]:
    pairs = {}
    for item in given or ():
        # The last sign: a label may hold one, a stance or column never does.
        name, sign, value = item.rpartition("=") if option == "--label" else item.partition("=")
        if not sign or not name or not value:
            raise ConfigError(f"{option} {item!r}: expected NAME=VALUE, such as {_EXAMPLES[option]}.")
        pairs[name] = value
    return pairs


_EXAMPLES = {"--label": "positive=favor", "--column": "text=Sentence"}

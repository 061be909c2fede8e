"""`stance data stats`: what a set holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stance.cli.data.options import Columns, Format, Labels, Lang, read_options

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from stance.data.formats.format import ReadOptions
    from stance.types import AnnotatedSentence

_COLUMNS = ("Language", "Sentences", "Pairs", "Favor", "Neutral", "Against", "Targets", "Actors", "2+ pairs (mixed)",
            "Hard", "In pairs", "Splits")  # fmt: skip
_TOP_TABLE, _TOP_CHART = 10, 25


def stats(
    paths: Annotated[list[Path], typer.Argument(help="Annotated sentences in any format: files or folders.")],
    html: Annotated[Path | None, typer.Option("--html", help="Write a page with tables and charts here.")] = None,
    format: Format = None,  # noqa: A002
    label: Labels = None,
    column: Columns = None,
    lang: Lang = None,
) -> None:
    """Count sentences, pairs, stances, targets, actors, lengths, hard rows and splits, per language."""
    from stance.cli.output import emit, print_table
    from stance.data.stats import actor_of, length_of, length_order, stances_by, target_of

    sentences = _read(paths, format, read_options(label, column, lang))
    rows = _language_rows(sentences)
    print_table(None, _COLUMNS, rows, wide="Splits")
    targets, actors = stances_by(sentences, target_of), stances_by(sentences, actor_of)
    lengths = stances_by(sentences, length_of)
    lengths = {name: lengths[name] for name in sorted(lengths, key=length_order)}
    for title, found in (("Targets", targets), ("Actors", actors), ("Length", lengths)):
        _print_stances(title, found)
    if html is not None:
        emit([_page(paths, rows, targets, actors, lengths, sentences)], out=html)


def _read(paths: list[Path], format: str | None, options: ReadOptions) -> list[AnnotatedSentence]:  # noqa: A002
    from stance.data.formats import read_sentences
    from stance.data.losses import LossReport

    return [s for path in paths for s in read_sentences(path, format=format, losses=LossReport(), options=options)]


def _language_rows(sentences: Sequence[AnnotatedSentence]) -> list[tuple[str, ...]]:
    from stance.data.stats import by_language, count

    rows = []
    for name, part in [*by_language(sentences).items(), ("all", sentences)]:
        c = count(part)
        shares = (f"{n / max(1, c.n_pairs):.0%}" for n in c.stances.values())
        more = (c.n_targets, c.n_actors, f"{c.n_several} ({c.n_mixed})", c.n_hard, c.n_paired)
        splits = ", ".join(f"{split} {n}" for split, n in c.splits.items())
        rows.append((name, str(c.n_sentences), str(c.n_pairs), *shares, *map(str, more), splits))
    return rows


def _print_stances(title: str, found: dict[str, Counter[str]]) -> None:
    from stance.cli.output import print_table
    from stance.types import STANCES

    shown = list(found.items())[:_TOP_TABLE]
    rows = [(name, str(counts.total()), *(str(counts[stance.value]) for stance in STANCES)) for name, counts in shown]
    if len(found) > len(shown):
        rest = sum((counts for _, counts in list(found.items())[_TOP_TABLE:]), start=type(shown[0][1])())
        numbers = (str(rest[stance.value]) for stance in STANCES)
        rows.append((f"{len(found) - len(shown):,} more", str(rest.total()), *numbers))
    print_table(None, (title, "Pairs", "Favor", "Neutral", "Against"), rows, wide=title)


def _page(
    paths: Sequence[Path],
    rows: Sequence[Sequence[str]],
    targets: dict[str, Counter[str]],
    actors: dict[str, Counter[str]],
    lengths: dict[str, Counter[str]],
    sentences: Sequence[AnnotatedSentence],
) -> str:
    from stance.data.stats import by_language, count
    from stance.pages.dataset import Chart, dataset_page
    from stance.types import STANCES

    def chart(title: str, found: dict[str, Counter[str]]) -> Chart:
        values = {
            name: {stance.value: counts[stance.value] for stance in STANCES}
            for name, counts in list(found.items())[:_TOP_CHART]
        }
        return Chart(title, values, n_more=max(0, len(found) - _TOP_CHART))

    languages = {name: count(part).stances for name, part in by_language(sentences).items()}
    charts = [
        Chart("Stances by language", languages),
        chart("Most frequent targets", targets),
        chart("Most frequent actors", actors),
        chart("Length of sentences", lengths),
    ]
    title = "What is in " + ", ".join(path.name for path in paths)
    return dataset_page(title=title, columns=_COLUMNS, rows=rows, charts=charts)

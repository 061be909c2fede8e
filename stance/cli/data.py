"""`stance data`: check, count, compare and convert annotated files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from stance.types import AnnotatedSentence

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Check, count, compare and convert annotated files."
)
_FORMATS = "native, newsmtsc, dse, rusentne, ruopinionne, xstance"


@app.command("check")
def check(
    paths: Annotated[list[Path], typer.Argument(help="Annotated sentences, rows or articles: files or folders.")],
) -> None:
    """Check annotated files; every bad row is named as file:line, with what was found and what was expected."""
    from stance.cli.output import print_table
    from stance.data.lines import expand
    from stance.data.validation import check_file
    from stance.errors import DataError

    reports, problems = [], []
    for path in expand(paths):
        try:
            reports.append(check_file(path))
        except DataError as error:
            problems.append(str(error))
    if problems:
        raise DataError("\n".join(problems))
    rows = [
        (
            str(r.path),
            str(r.n_rows),
            *map(str, r.stances.values()),
            ", ".join(f"{k} {n}" for k, n in r.languages.items()),
        )
        for r in reports
    ]
    print_table(None, ("File", "Rows", "Favor", "Neutral", "Against", "Languages"), rows, wide="File")


@app.command("convert")
def convert(
    source: Annotated[Path, typer.Argument(help="The annotated file, or a folder of native *.jsonl.")],
    destination: Annotated[Path, typer.Argument(help="Where to write native JSON Lines.")],
    format: Annotated[  # noqa: A002
        str | None, typer.Option("--format", help=f"{_FORMATS}; without it, told from the first line.")
    ] = None,
) -> None:
    """Turn an annotated file into the native format, and say what could not be carried over."""
    from stance.cli.output import note
    from stance.data.formats import read_sentences
    from stance.data.losses import LossReport
    from stance.data.writing import write_native

    losses = LossReport()
    n_written = write_native(destination, read_sentences(source, format=format, losses=losses))
    note(f"Wrote {n_written} sentences to {destination}")
    note("Not carried over:\n" + losses.summary() if losses.counts else "Nothing was lost.")


@app.command("stats")
def stats(
    paths: Annotated[list[Path], typer.Argument(help="Annotated sentences: files or folders.")],
) -> None:
    """Count sentences, pairs, stances, targets, actors, hard rows and splits, per language."""
    from stance.cli.output import print_table
    from stance.data.stats import count

    sentences = _read(paths)
    languages = sorted({sentence.lang or "not given" for sentence in sentences})
    parts = [(lang, [s for s in sentences if (s.lang or "not given") == lang]) for lang in languages]
    rows = []
    for name, part in [*parts, ("all", sentences)]:
        c = count(part)
        shares = (f"{n / max(1, c.n_pairs):.0%}" for n in c.stances.values())
        more = (c.n_targets, c.n_actors, f"{c.n_several} ({c.n_mixed})", c.n_hard, c.n_paired)
        splits = ", ".join(f"{split} {n}" for split, n in c.splits.items())
        rows.append((name, str(c.n_sentences), str(c.n_pairs), *shares, *map(str, more), splits))
    columns = ("Language", "Sentences", "Pairs", "Favor", "Neutral", "Against", "Targets", "Actors")
    print_table(None, (*columns, "2+ pairs (mixed)", "Hard", "In pairs", "Splits"), rows, wide="Splits")


@app.command("agreement")
def agreement(
    paths: Annotated[list[Path], typer.Argument(help="Annotated sentences or articles: files or folders.")],
) -> None:
    """How far annotators agree on the pairs that two or more of them judged: Krippendorff's alpha, per language."""
    from stance.cli.output import print_table
    from stance.data.agreement import krippendorff_alpha, ratings_by_language
    from stance.errors import DataError

    by_language = ratings_by_language(paths)
    everything = [unit for units in by_language.values() for unit in units]
    if not everything:
        raise DataError("No pair was judged by two annotators; the field `annotator` names who judged.")
    rows = []
    for lang, units in [*sorted(by_language.items()), ("all", everything)]:
        agreed = sum(len(set(unit)) == 1 for unit in units) / len(units)
        rows.append((lang, str(len(units)), f"{agreed:.3f}", f"{krippendorff_alpha(units):.3f}"))
    print_table(None, ("Language", "Pairs judged twice", "Agreement", "Krippendorff's alpha"), rows, wide="")


@app.command("leaks")
def leaks(
    paths: Annotated[list[Path], typer.Argument(help="Annotated files, plain text files or folders.")],
) -> None:
    """Sentences that stand in two of the files, or in two splits of one. Exit code 1 if there are any."""
    from stance.cli.output import note, print_table
    from stance.data.leaks import find_leaks

    found = find_leaks(paths)
    if not found:
        note("No sentence stands in two places.")
        return
    rows = [(leak.first, leak.second, str(leak.n_shared), leak.example) for leak in found]
    print_table(None, ("In", "And in", "Sentences", "For example"), rows, wide="For example")
    raise typer.Exit(1)


def _read(paths: list[Path]) -> list[AnnotatedSentence]:
    from stance.data.formats import read_sentences
    from stance.data.losses import LossReport

    return [sentence for path in paths for sentence in read_sentences(path, format=None, losses=LossReport())]

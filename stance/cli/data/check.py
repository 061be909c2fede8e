"""`stance data check`: all that is wrong with annotated files, at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stance.cli.data.options import Columns, Format, Labels, Lang, read_options
from stance.pages.clean import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stance.data.defects import Defect
    from stance.data.validation import CheckReport

_MAX_SHOWN = 10


def check(
    paths: Annotated[list[Path], typer.Argument(help="Annotated sentences, rows, articles, or files of other tools.")],
    quick: Annotated[
        bool, typer.Option("--quick", help="Leave out near-duplicates and languages: much faster.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per defect, for other programs.")] = False,
    fix: Annotated[
        Path | None,
        typer.Option(
            "--fix",
            metavar="COPY",
            help="Write a copy with offsets, white space and Unicode mended: of one .jsonl file, or of a CSV or TSV "
            "file as .jsonl rows with our names of columns and stances.",
        ),
    ] = None,
    format: Format = None,  # noqa: A002
    label: Labels = None,
    column: Columns = None,
    lang: Lang = None,
) -> None:
    """Find all that is wrong with annotated files: file:line, field, what was found, what was expected, how to mend it.

    Exit code 2 if there are errors; warnings alone leave it at 0.
    """
    from stance.cli.output import note, print_error, watched
    from stance.data.lines import count_lines
    from stance.data.mending import write_mended
    from stance.data.validation import check_file

    if fix is not None:
        _require_mendable(paths, fix, format)
    reports = []
    options = read_options(label, column, lang)
    for path in (file for given in paths for file in _files(given, format)):
        with watched("rows", total=count_lines(path)) as watch:
            reports.append(check_file(path, quick=quick, format=format, options=options, watch=watch))
    if as_json:
        _print_json(reports)
    else:
        _print_defects(reports)
        _print_counts(reports)
    if fix is not None:
        mended = write_mended(paths[0], fix, format=format, options=options)
        told = ", ".join(f"{count} x {kind.value}" for kind, count in mended.most_common()) or "nothing to mend"
        note(f"Wrote {fix}: {told}. Check it again.")
    n_errors = sum(report.n_errors for report in reports)
    if n_errors:
        print_error(f"{_counted(n_errors, 'error')} in {_counted(sum(r.n_errors > 0 for r in reports), 'file')}.")
        raise typer.Exit(2)


def _require_mendable(paths: Sequence[Path], fix: Path, format: str | None) -> None:  # noqa: A002
    from stance.data.formats import is_table
    from stance.errors import ConfigError

    table = len(paths) == 1 and paths[0].is_file() and is_table(paths[0], format)
    if len(paths) != 1 or not (table or paths[0].suffix == ".jsonl") or fix.absolute() == paths[0].absolute():
        raise ConfigError(
            "--fix: name one .jsonl, CSV or TSV file to check, and another file for its mended copy; convert files of "
            "other tools first (stance data convert)."
        )
    if table and fix.suffix != ".jsonl":
        raise ConfigError(f"--fix {fix}: the mended copy of a table is written as JSON Lines; name a .jsonl file.")


def _files(path: Path, format: str | None) -> list[Path]:  # noqa: A002
    """A folder of another tool as it is, any other one by its files."""
    from stance.data.formats import detect_format
    from stance.data.lines import expand
    from stance.errors import DataError

    if not path.is_dir() or format is not None:
        return [path]
    try:
        foreign = detect_format(path).format.name != "native"
    except DataError:
        foreign = False
    return [path] if foreign else expand([path])


def _print_json(reports: Sequence[CheckReport]) -> None:
    from stance.cli.output import emit
    from stance.data.writing import json_line

    emit((json_line(record) for report in reports for record in _records(report)), out=None)


def _records(report: CheckReport) -> Iterator[dict[str, Any]]:
    from stance.data.defects import MENDS, is_error

    for defect in report.defects:
        yield {
            "file": str(report.path),
            "line": defect.line,
            "kind": defect.kind.value,
            "level": "error" if is_error(defect.kind) else "warning",
            "field": defect.field,
            "found": defect.found,
            "expected": defect.expected,
            "nearest": defect.nearest,
            "other_line": defect.other_line,
            "mend": MENDS[defect.kind],
        }


def _print_defects(reports: Sequence[CheckReport]) -> None:
    """Grouped by kind, errors first; the first ones of each in words."""
    from stance.data.defects import MENDS, Kind, is_error

    by_kind: dict[Kind, list[tuple[Path, Defect]]] = {}
    for report in reports:
        for defect in report.defects:
            by_kind.setdefault(defect.kind, []).append((report.path, defect))
    for kind in Kind:
        found = by_kind.get(kind)
        if found:
            level = "error" if is_error(kind) else "warning"
            typer.echo(f"{level}: {kind.value} ({len(found):,}). {MENDS[kind]}")
            for path, defect in found[:_MAX_SHOWN]:
                typer.echo("  " + visible(defect.at(path), one_line=True))
            if len(found) > _MAX_SHOWN:
                typer.echo(f"  ... and {len(found) - _MAX_SHOWN:,} more; --json lists all.")
            typer.echo()


def _print_counts(reports: Sequence[CheckReport]) -> None:
    for report in reports:
        stances = ", ".join(f"{stance} {count:,}" for stance, count in report.stances.items())
        languages = ", ".join(f"{lang} {count:,}" for lang, count in report.languages.items()) or "none"
        typer.echo(
            f"{visible(str(report.path))}: {_counted(report.n_rows, 'judgement')} ({stances}); rows by language: "
            f"{visible(languages)}; {_counted(report.n_errors, 'error')}, {_counted(report.n_warnings, 'warning')}"
        )
        if report.losses:
            typer.echo("  not read: " + visible(report.losses).replace("\n", "\n            "))


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"

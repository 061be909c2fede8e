"""`stance compare`: report folders of the same rows, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from stance.pages.wording import metric_label

_MAX_FLIPS = 10


def compare(
    first: Annotated[Path, typer.Argument(help="A report folder: what the others are compared with.")],
    others: Annotated[list[Path], typer.Argument(help="Report folders of the same rows.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per comparison, with every flip.")] = False,
    report: Annotated[
        Path | None,
        typer.Option(
            help="Write report.html, report.md and comparison.json into this folder; of several comparisons into "
            "folders 1, 2, ... in it."
        ),
    ] = None,
) -> None:
    """Tell whether systems differ by more than chance, from reports of `stance evaluate --report`.

    Intervals and p come from drawing whole documents for both systems at once; with several systems p is corrected
    (Holm). Exit code 0 whatever is found.
    """
    from stance.cli.output import emit, note
    from stance.data.writing import json_line
    from stance.evaluation.answers import read_answers, read_report
    from stance.evaluation.comparison import compare_all
    from stance.evaluation.report import PAGE, write_comparison

    folders = (first, *others)
    answers = [read_answers(folder) for folder in folders]
    found = compare_all(answers)
    if as_json:
        emit(map(json_line, found), out=None)
    else:
        for compared in found:
            _print(compared)
    if report is None:
        return
    # A gate judged a report when it was made; here the reports are judged against each other.
    before, *after = [
        ({**read_report(folder), "gate": None}, one) for folder, one in zip(folders, answers, strict=True)
    ]
    for number, (one, compared) in enumerate(zip(after, found, strict=True), start=1):
        folder = report if len(found) == 1 else report / str(number)
        write_comparison(folder, before, one, compared)
        note(f"Wrote {folder / PAGE}, and beside it report.md and comparison.json")


def _print(compared: Mapping[str, Any]) -> None:
    from stance.cli.output import print_table

    before, after = (f"{compared[name]['name']} ({compared[name]['model_id']})" for name in ("first", "second"))
    title = f"{after} against {before}: {compared['rows']} rows of {compared['documents']} documents"
    columns = ("Figure", "First", "Second", "Difference", "95 % interval", "p", "Verdict")
    print_table(title, columns, [_row(name, found) for name, found in compared["metrics"].items()], wide="Verdict")
    flips = compared["flips"]
    print(
        f"{flips['fixed']} rows fixed, {flips['broken']} broken, {flips['other']} wrong in another way; "
        f"McNemar p = {flips['mcnemar_p']:.3g} (rows as independent), "
        f"exchanging documents p = {flips['randomisation_p']:.3g} (macro-F1)\n"
    )
    for kind in ("fixed", "broken"):
        rows = [row for row in compared["rows_that_flip"] if row["kind"] == kind]
        more = f" ({len(rows) - _MAX_FLIPS} more with --json)" if len(rows) > _MAX_FLIPS else ""
        if rows:
            columns = ("Id", "Text", "Actor", "Target", "Gold", "First", "Second")
            print_table(f"{kind.capitalize()}{more}", columns, map(_flip, rows[:_MAX_FLIPS]), wide="Text")


def _row(name: str, found: Mapping[str, Any]) -> tuple[str, ...]:
    bounds = "one document" if found["low"] is None else f"{found['low']:+.3f} to {found['high']:+.3f}"
    verdict = found["verdict"]
    if verdict == "no difference" and found["detectable"] is not None:
        verdict += f"; one of {found['detectable']:.3f} would show"
    return (
        metric_label(name),
        f"{found['first']:.3f}",
        f"{found['second']:.3f}",
        f"{found['difference']:+.3f}",
        bounds,
        f"{found['p_holm']:.3g}",
        verdict,
    )


def _flip(row: Mapping[str, Any]) -> tuple[str, ...]:
    evidence = row["text"][row["start"] : row["end"]]
    return row["id"], evidence, row["actor"] or "-", row["target"], row["gold"], row["before"], row["after"]

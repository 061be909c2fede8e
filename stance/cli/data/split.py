"""`stance data split` and `stance data leaks`: parts of a set that share nothing, and proof of it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stance.cli.data.options import Columns, Format, Labels, Lang, read_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stance.data.grouping import GroupBy
    from stance.data.partition import HoldOut, Notes
    from stance.data.split_folder import SplitReport
    from stance.types import AnnotatedSentence

_MAX_BRIDGES = 10
_ORDER = ("train", "dev", "test", "left_out")


class By(StrEnum):
    """How a set is divided."""

    HASH = "hash"
    STRATIFY = "stratify"


def split(
    source: Annotated[Path, typer.Argument(help="The annotated file or folder, in any format.")],
    destination: Annotated[Path, typer.Argument(help="Folder for train.jsonl, dev.jsonl and test.jsonl.")],
    by: Annotated[
        By,
        typer.Option(
            "--by",
            help="hash: by the hash of a group alone, so that adding rows never moves old ones. "
            "stratify: balanced by language and stance, within memory.",
        ),
    ] = By.HASH,
    group: Annotated[
        list[str] | None,
        typer.Option(
            "--group",
            help="Keep together what shares its document, sentence, near-duplicate, target, actor or "
            "date. hash takes one (document); stratify takes several (document and sentence).",
        ),
    ] = None,
    dev: Annotated[float, typer.Option("--dev", min=0, max=0.9, help="Share of dev.")] = 0.1,
    test: Annotated[float, typer.Option("--test", min=0, max=0.9, help="Share of test.")] = 0.1,
    seed: Annotated[int, typer.Option("--seed", help="Another seed, another split.")] = 13,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", metavar="OLD", help="stratify: an earlier split; what it assigned stays where it is."),
    ] = None,
    hold_out: Annotated[
        str | None,
        typer.Option(
            "--hold-out",
            metavar="KIND[=VALUE,...]",
            help="A zero-shot test: targets, actors or languages that "
            "only test shows, as target, actor or lang=sq,mk. Without values a share of them.",
        ),
    ] = None,
    format: Format = None,  # noqa: A002
    label: Labels = None,
    column: Columns = None,
    lang: Lang = None,
) -> None:
    """Divide a set into train, dev and test, so that no group stands on two sides.

    Exit code 1 if sentences stand in two splits all the same.
    """
    from stance.cli.output import note, watched
    from stance.data.formats import detect_format, read_sentences
    from stance.data.lines import count_lines
    from stance.data.losses import LossReport
    from stance.data.partition import Kept, Notes, Shares, by_hash, stratified
    from stance.data.split_folder import write_split
    from stance.errors import ConfigError

    if dev + test >= 1:
        raise ConfigError(f"--dev {dev} and --test {test} leave nothing to train on.")
    if keep is not None and by is By.HASH:
        raise ConfigError("--keep: a split by hash never moves a row; use --keep with --by stratify.")
    groups = _groups(group, by)
    options = read_options(label, column, lang)
    name = format or detect_format(source).format.name
    notes, shares = Notes(), Shares(dev=dev, test=test)
    losses = LossReport()

    def read() -> Iterator[AnnotatedSentence]:
        yield from read_sentences(source, format=name, losses=losses, options=options)

    held = _hold_out(hold_out)
    with watched("sentences", total=count_lines(source)) as watch:
        if by is By.HASH:
            assigned = by_hash(read, group=groups[0], shares=shares, seed=seed, hold_out=held, notes=notes)
        else:
            old = Kept(read_sentences(keep, format=None, losses=losses) if keep else ())
            assigned = stratified(
                list(read()), groups=groups, shares=shares, seed=seed, keep=old, hold_out=held, notes=notes
            )
        report = write_split(destination, watch(assigned))
    _print_report(report)
    _print_notes(notes)
    note(f"Wrote {destination}")
    if report.n_shared:
        note(f"{report.n_shared:,} sentences stand in two splits: --by stratify keeps equal sentences together.")
        raise typer.Exit(1)


def _groups(names: list[str] | None, by: By) -> list[GroupBy]:
    from stance.data.grouping import GroupBy
    from stance.errors import ConfigError

    default = [GroupBy.DOCUMENT] if by is By.HASH else [GroupBy.DOCUMENT, GroupBy.SENTENCE]
    known = {group.value: group for group in GroupBy}
    for name in names or ():
        if name not in known:
            raise ConfigError(f"--group {name!r}: expected one of {', '.join(known)}.")
    if by is By.HASH and len(names or ()) > 1:
        raise ConfigError("--group: a split by hash rests on one kind of group; use --by stratify for several.")
    return [known[name] for name in names] if names else default


def _hold_out(given: str | None) -> HoldOut | None:
    from stance.data.partition import LANG, HoldOut
    from stance.errors import ConfigError

    if given is None:
        return None
    kind, _, values = given.partition("=")
    kinds = ("target", "actor", LANG)
    if kind not in kinds:
        raise ConfigError(f"--hold-out {kind!r}: expected one of {', '.join(kinds)}.")
    return HoldOut(kind, frozenset(value.strip() for value in values.split(",") if value.strip()))


def _print_report(report: SplitReport) -> None:
    from stance.cli.output import print_table
    from stance.types import STANCES

    rows = []
    for name in sorted(report.n_sentences, key=_ORDER.index):
        n_sentences, n_annotations = report.n_sentences[name], report.n_annotations[name]
        shares = [f"{report.stances[name][stance.value] / max(1, n_annotations):.0%}" for stance in STANCES]
        languages = ", ".join(f"{lang} {count:,}" for lang, count in report.languages[name].most_common())
        rows.append((name, f"{n_sentences:,}", f"{n_annotations:,}", *shares, languages))
    columns = ("Part", "Sentences", "Annotations", "Favor", "Neutral", "Against", "Languages")
    print_table(None, columns, rows, wide="Languages")


def _print_notes(notes: Notes) -> None:
    from stance.cli.output import note

    for reason, count in notes.counts.most_common():
        if count:
            note(f"{count:,} x {reason}")
    for bridge in notes.bridges[:_MAX_BRIDGES]:
        note(f"Left out, so that no old row moves: {bridge}")
    if len(notes.bridges) > _MAX_BRIDGES:
        note(f"... and {len(notes.bridges) - _MAX_BRIDGES:,} more.")


def leaks(
    paths: Annotated[list[Path], typer.Argument(help="Annotated files, plain text files or folders.")],
    near: Annotated[bool, typer.Option("--near", help="Near-duplicates too: all but a word or two is equal.")] = False,
) -> None:
    """Sentences that stand in two of the files, or in two splits of one. Exit code 1 if there are any."""
    from stance.cli.output import note, print_table
    from stance.data.leaks import find_leaks

    found = find_leaks(paths, near=near)
    if not found:
        note("No sentence stands in two places.")
        return
    rows = [
        (
            f"{leak.first} ({leak.n_first:,})",
            f"{leak.second} ({leak.n_second:,})",
            f"{leak.n_shared:,}",
            *([] if leak.n_near is None else [f"{leak.n_near:,}"]),
            leak.example,
        )
        for leak in found
    ]
    columns = ("In (sentences)", "And in", "Shared", *(["Alike"] if near else []), "For example")
    print_table(None, columns, rows, wide="For example")
    raise typer.Exit(1)

"""`stance data agreement`: how far annotators agree, what they dispute, and one label for each pair."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stance.cli.data.options import Columns, Format, Labels, Lang, read_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stance.data.agreement import Agreement, Coefficient
    from stance.data.formats.format import ReadOptions
    from stance.data.ratings import Unit
    from stance.types import AnnotatedSentence

_MIN_UNITS = 10
_MAX_TARGETS = 12
_EXPERT = "expert="


def agreement(
    paths: Annotated[list[Path], typer.Argument(help="Annotated sentences or articles: files or folders.")],
    disputed: Annotated[int, typer.Option("--disputed", min=0, help="Show so many of the most disputed pairs.")] = 5,
    suspects: Annotated[
        int, typer.Option("--suspects", min=0, help="Show so many labels that a cross-validated model doubts.")
    ] = 0,
    resolve: Annotated[
        str | None,
        typer.Option(
            "--resolve",
            metavar="RULE",
            help="One label per pair, written to --out: majority, drop (only where all agree) or expert=NAME.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Where --resolve writes its sentences (.jsonl).")
    ] = None,
    format: Format = None,  # noqa: A002
    label: Labels = None,
    column: Columns = None,
    lang: Lang = None,
) -> None:
    """How far annotators agree on the pairs that two or more of them judged, with 95 % bootstrap intervals.

    Krippendorff's alpha, Fleiss' and Cohen's kappa, per language and per target; who confuses what; the most disputed
    pairs.
    """
    from stance.data.ratings import read_units
    from stance.errors import ConfigError, DataError

    if (resolve is None) != (out is None):
        raise ConfigError("--resolve and --out belong together: a rule, and the file to write.")
    options = read_options(label, column, lang)
    units = read_units(paths, format=format, options=options)
    if not units and not suspects and resolve is None:
        raise DataError(
            "No pair was judged by two annotators. `annotator` says who judged; a pair is the same where the ids, or "
            "else the names, of its actor and target are."
        )
    if units:
        _print_agreement(units)
        _print_confusions(units)
        _print_disputed(units, disputed)
    if suspects:
        _print_suspects(_sentences(paths, format, options), suspects)
    if resolve is not None and out is not None:
        _write_resolved(_sentences(paths, format, options), resolve, out)


def _sentences(paths: Sequence[Path], format: str | None, options: ReadOptions) -> list[AnnotatedSentence]:  # noqa: A002
    from stance.data.formats import read_sentences
    from stance.data.losses import LossReport

    return [s for path in paths for s in read_sentences(path, format=format, losses=LossReport(), options=options)]


def _print_agreement(units: Sequence[Unit]) -> None:
    from stance.cli.output import print_table
    from stance.data.agreement import agreement_of

    by_lang: dict[str, list[Unit]] = {}
    by_target: dict[str, list[Unit]] = {}
    for unit in units:
        by_lang.setdefault(unit.lang, []).append(unit)
        by_target.setdefault(unit.target, []).append(unit)
    rows = [_row(lang, agreement_of(part)) for lang, part in sorted(by_lang.items())]
    rows.append(_row("all", agreement_of(units)))
    columns = ("Language", "Pairs", "Agreement", "Krippendorff's alpha", "Fleiss' kappa", "Cohen's kappa")
    print_table(None, columns, rows, wide="Cohen's kappa")
    frequent = [item for item in by_target.items() if len(item[1]) >= _MIN_UNITS]
    frequent.sort(key=lambda item: -len(item[1]))
    if frequent:
        rows = [_row(target, agreement_of(part)) for target, part in frequent[:_MAX_TARGETS]]
        print_table(f"Targets with {_MIN_UNITS} pairs or more", ("Target", *columns[1:]), rows, wide="Target")


def _row(name: str, found: Agreement) -> tuple[str, ...]:
    cohen = ", ".join(f"{one}/{other} {_shown(value)}" for (one, other), value in found.cohen.items())
    return (name, str(found.n_units), f"{found.agreed:.3f}", _shown(found.alpha), _shown(found.fleiss), cohen)


def _shown(coefficient: Coefficient) -> str:
    return f"{coefficient.value:.3f} [{coefficient.low:.3f}, {coefficient.high:.3f}]"


def _print_confusions(units: Sequence[Unit]) -> None:
    from itertools import combinations

    from stance.cli.output import print_table
    from stance.data.agreement import confusion_of
    from stance.data.ratings import annotators_of

    for first, second in combinations(annotators_of(units), 2):
        values, confusion = confusion_of(units, first, second)
        if confusion.any():
            rows = [
                (f"{first}: {value}", *(str(int(count)) for count in line))
                for value, line in zip(values, confusion, strict=True)
            ]
            print_table(None, ("", *(f"{second}: {value}" for value in values)), rows, wide="")


def _print_disputed(units: Sequence[Unit], n: int) -> None:
    from stance.cli.output import print_table
    from stance.data.agreement import most_disputed

    found = most_disputed(units, n=n)
    if found:
        rows = [
            (
                u.source,
                u.actor or "(author)",
                u.target,
                ", ".join(f"{who} {said}" for who, said in u.given.items()),
                u.text,
            )
            for u in found
        ]
        print_table("Most disputed", ("In", "Actor", "Target", "Said", "Text"), rows, wide="Text")


def _print_suspects(sentences: Sequence[AnnotatedSentence], n: int) -> None:
    from stance.cli.output import print_table
    from stance.data.judgements import examples_of
    from stance.data.suspects import suspects_of

    found = suspects_of([example for sentence in sentences for example in examples_of(sentence)], n=n)
    rows = [
        (
            s.example.origin.id,
            s.example.query.actor.name if s.example.query.actor else "(author)",
            s.example.query.target.name,
            f"{s.example.stance.value} {s.own:.2f}",
            f"{s.suggested.value} {s.confidence:.2f}",
            s.example.query.context.text,
        )
        for s in found
    ]
    columns = ("In", "Actor", "Target", "Label", "Rather", "Text")
    print_table("Labels to look at again", columns, rows, wide="Text")


def _write_resolved(sentences: Sequence[AnnotatedSentence], rule: str, out: Path) -> None:
    from dataclasses import replace

    from stance.cli.output import note
    from stance.data.judgements import DROP, MAJORITY, by_pair
    from stance.data.judgements import resolve as resolved
    from stance.data.writing import write_native
    from stance.errors import ConfigError

    expert = rule.removeprefix(_EXPERT) if rule.startswith(_EXPERT) else None
    if rule not in (MAJORITY, DROP) and not expert:
        raise ConfigError(f"--resolve {rule!r}: expected {MAJORITY}, {DROP} or {_EXPERT}NAME.")
    named = {annotation.annotator for sentence in sentences for annotation in sentence.annotations}
    if expert is not None and expert not in named:
        raise ConfigError(f"--resolve {rule}: nobody of that name; there are {', '.join(sorted(filter(None, named)))}.")
    settled = [
        replace(s, annotations=tuple(resolved(s.annotations, rule="expert" if expert else rule, expert=expert)))
        for s in sentences
    ]
    n_pairs = sum(len(by_pair(sentence.annotations)) for sentence in sentences)
    n_kept = sum(len(sentence.annotations) for sentence in settled)
    write_native(out, settled)
    note(f"Wrote {out}: {n_kept:,} pairs with one label; {n_pairs - n_kept:,} undecided pairs left out.")

"""`stance data stats` and `stance data agreement`: what a set holds, and how far its annotators agree."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from stance.types import AnnotatedSentence


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


def _read(paths: list[Path]) -> list[AnnotatedSentence]:
    from stance.data.formats import read_sentences
    from stance.data.losses import LossReport

    return [sentence for path in paths for sentence in read_sentences(path, format=None, losses=LossReport())]

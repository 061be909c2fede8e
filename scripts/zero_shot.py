"""What it costs to ask about something new, and how best to word it.

python scripts/zero_shot.py [--split dev] [--model default]

Two tables. The first sets composed test rows whose target name occurs in the training rows beside those whose name does
not. The second asks about the gold evidence of the annotated articles (of the split) in several wordings of the same
position: its English name, its statement, an alias in the article's language, and the name and the statement of the
opposite (data/positions/opposites.yaml), towards which every side turns round. `turned`: of the rows to which the model
gives a side when asked by the position's own name or statement, how many get the other side from the opposite one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from stance.data.entities import load_positions
from stance.data.rows import Row, read_rows
from stance.evaluation.metrics import macro_f1
from stance.inference.classifier import StanceClassifier
from stance.modeling.calibration import language_group
from stance.types import Position, Reference, Stance

DATA = Path(__file__).parent.parent / "data"
TURNED = {Stance.FAVOR: Stance.AGAINST, Stance.AGAINST: Stance.FAVOR, Stance.NEUTRAL: Stance.NEUTRAL}


def main(arguments: Sequence[str]) -> None:
    """Print both tables in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=("dev", "test"), default="dev", help="which articles")
    parser.add_argument("--model", default="default", help="a checkpoint")
    options = parser.parse_args(arguments)
    model = StanceClassifier.from_pretrained(options.model)
    _known_and_new(model)
    _wordings(model, options.split)


def _known_and_new(model: StanceClassifier) -> None:
    rows = read_rows(DATA / "sentences", need_stance=True)
    known = {row.query.target.name.casefold() for row in rows if row.record.get("split") == "train"}
    test = [row for row in rows if row.record.get("split") == "test"]
    answers = _stances(model, test)
    print("| target name | rows | macro-F1 |\n|---|---|---|")
    for label, wanted in (("in the training rows", True), ("never met", False)):
        chosen = [n for n, row in enumerate(test) if (row.query.target.name.casefold() in known) is wanted]
        score = macro_f1([_gold(test[n]) for n in chosen], [answers[n] for n in chosen])
        print(f"| {label} | {len(chosen)} | {score:.3f} |")


def _wordings(model: StanceClassifier, split: str) -> None:
    positions = {p.id: p for name in ("kosovo", "public_life") for p in load_positions(_file(name))}
    opposites = {p.id.removeprefix("not_"): p for p in load_positions(_file("opposites"))}
    articles = [row for path in sorted((DATA / "articles").glob("*.json")) for row in read_rows(path, need_stance=True)]
    rows = [r for r in articles if r.record["split"] == split and r.query.target.id in positions]
    wordings: dict[str, Callable[[Row], str]] = {
        "name": lambda row: positions[_id(row)].name,
        "statement": lambda row: positions[_id(row)].statement or "",
        "alias in the language of the article": lambda row: _alias(positions[_id(row)], row.query.lang),
        "opposite: name": lambda row: opposites[_id(row)].name,
        "opposite: statement": lambda row: opposites[_id(row)].statement or "",
    }
    print(f"\n| asked by ({len(rows)} rows of {split} articles) | macro-F1 | turned |\n|---|---|---|")
    answers: dict[str, list[Stance]] = {}
    for label, wording in wordings.items():
        answers[label] = _stances(model, [_asked(row, wording(row)) for row in rows])
        opposite = label.startswith("opposite")
        gold = [TURNED[_gold(row)] if opposite else _gold(row) for row in rows]
        turned = _turned(answers[label.removeprefix("opposite: ")], answers[label]) if opposite else ""
        print(f"| {label} | {macro_f1(gold, answers[label]):.3f} | {turned} |", flush=True)


def _turned(plain: Sequence[Stance], opposite: Sequence[Stance]) -> str:
    sided = [(p, o) for p, o in zip(plain, opposite, strict=True) if p is not Stance.NEUTRAL]
    return f"{sum(TURNED[p] is o for p, o in sided)} of {len(sided)}"


def _file(name: str) -> Path:
    return DATA / "positions" / f"{name}.yaml"


def _id(row: Row) -> str:
    assert row.query.target.id is not None
    return row.query.target.id


def _gold(row: Row) -> Stance:
    assert row.stance is not None
    return row.stance


def _alias(position: Position, lang: str | None) -> str:
    """The first alias in the article's language, its script aside; the name where there is none."""
    group = language_group(lang)
    found = [forms for key, forms in position.aliases.items() if key == lang or language_group(key) == group]
    return found[0][0] if found else position.name


def _asked(row: Row, target: str) -> Row:
    return replace(row, query=replace(row.query, target=Reference(name=target)))


def _stances(model: StanceClassifier, rows: Sequence[Row]) -> list[Stance]:
    return [prediction.stance for prediction in model.predict([row.query for row in rows])]


if __name__ == "__main__":
    main(sys.argv[1:])

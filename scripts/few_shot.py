"""What a few rows of a new position bring: the shipped model against itself trained on 8 or 16 rows per side.

python scripts/few_shot.py XSTANCE_FILE [--questions 6] [--seed 13]

The positions are the questions of x-stance with the most German and French comments (shipped weights never see it; what
is trained here stays in out/few-shot). Of each question's comments so many per side teach, all that are in no training
part are the test, the same for every size. The likelier of favor and against is the answer: the set knows no neutral.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stance.data.formats import read_sentences
from stance.data.losses import LossReport
from stance.evaluation.metrics import macro_f1
from stance.experiment import run
from stance.hydra_schema import compose_experiment
from stance.inference.classifier import StanceClassifier
from stance.types import Stance

RUNS = Path("out/few-shot")
SIZES = (8, 16)
SIDES = (Stance.FAVOR, Stance.AGAINST)


def main(arguments: Sequence[str]) -> None:
    """Print a table of Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="x-stance comments, JSON Lines")
    parser.add_argument("--questions", type=int, default=6, help="how many positions to try")
    parser.add_argument("--seed", type=int, default=13)
    options = parser.parse_args(arguments)
    print("| position | test rows | " + " | ".join(f"{k} per side" for k in (0, *SIZES)) + " | seconds |")
    print("|---|---|" + "---|" * (len(SIZES) + 2))
    pooled: dict[int, tuple[list[Stance], list[Stance]]] = {k: ([], []) for k in (0, *SIZES)}
    for rows in _positions(options.file, options.questions):
        teaching, test = _parted(rows, seed=options.seed)
        gold = [Stance(row["stance"]) for row in test]
        scores, started = [], time.monotonic()
        for size in (0, *SIZES):
            answers = _answers("default" if size == 0 else _trained(teaching, size, options.seed), test)
            pooled[size][0].extend(gold)
            pooled[size][1].extend(answers)
            scores.append(macro_f1(gold, answers))
        seconds = time.monotonic() - started
        cells = " | ".join(f"{score:.2f}" for score in scores)
        print(f"| {rows[0]['target']} | {len(test)} | {cells} | {seconds:.0f} |", flush=True)
    cells = " | ".join(f"{macro_f1(*pooled[k]):.3f}" for k in (0, *SIZES))
    print(f"| all | {len(pooled[0][0])} | {cells} | |")


def _positions(file: Path, count: int) -> list[list[dict[str, Any]]]:
    """The German and French comments of the questions that have the most of the rarer side."""
    found = defaultdict(list)
    for sentence in read_sentences(file, format="xstance", losses=LossReport()):
        if sentence.lang in ("de", "fr"):
            (judgement,) = sentence.annotations
            row = {"id": sentence.id, "text": sentence.text, "actor": None, "lang": sentence.lang}
            row |= {"target": judgement.target.name, "stance": judgement.stance.value}
            found[sentence.extra["question_id"]].append(row)
    return sorted(found.values(), key=lambda rows: -min(len(_of(rows, side)) for side in SIDES))[:count]


def _parted(rows: list[dict[str, Any]], *, seed: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    rng = random.Random(seed)
    teaching = [row for side in SIDES for row in rng.sample(_of(rows, side), max(SIZES))]
    return teaching, [row for row in rows if row not in teaching]


def _of(rows: list[dict[str, Any]], side: str) -> list[dict[str, Any]]:
    return [row for row in rows if row["stance"] == side]


def _trained(teaching: list[dict[str, Any]], size: int, seed: int) -> str:
    folder = RUNS / "rows"
    folder.mkdir(parents=True, exist_ok=True)
    few = [row for side in SIDES for row in _of(teaching, side)[:size]]
    text = "".join(json.dumps(row | {"split": "train"}, ensure_ascii=False) + "\n" for row in few)
    (folder / "few.jsonl").write_text(text, encoding="utf-8")
    source = {"path": "few.jsonl", "format": "rows", "choices": [side.value for side in SIDES]}
    overrides = [f"data.sources.0.{key}={value}" for key, value in source.items()]
    common = ["experiment=few_shot", f"data.root={folder}", f"output_dir={RUNS}/run", f"seed={seed}"]
    run(compose_experiment([*common, *overrides]), command="scripts/few_shot.py", log=lambda _: None)
    return str(RUNS / "run" / "checkpoint")


def _answers(model: str, rows: Sequence[dict[str, Any]]) -> list[Stance]:
    found = StanceClassifier.from_pretrained(model).predict(rows)
    return [SIDES[int(p.probabilities[2] > p.probabilities[0])] for p in found]


if __name__ == "__main__":
    main(sys.argv[1:])

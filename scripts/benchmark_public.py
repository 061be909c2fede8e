"""What a model scores on public sets: on unmet sentences of those it was trained on, and on x-stance, never trained on.

python scripts/benchmark_public.py FOLDER_OF_THE_PUBLIC_SETS [--model default] [--xstance-rows 600]

Of the sets in the shipped model's mix the held-out test part counts, and of NewsMTSC also its own devtest file. Sets
without a neutral class are scored by the likelier of favor and against. 95 % intervals by a bootstrap over sentences.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stance.data.dataset import load_dataset
from stance.data.formats import read_sentences
from stance.data.judgements import examples_of
from stance.data.losses import LossReport
from stance.evaluation.bootstrap import macro_f1_interval
from stance.hydra_schema import compose_experiment
from stance.inference.classifier import StanceClassifier
from stance.types import STANCES, Stance, StanceExample

DEVTEST, XSTANCE = "newsmtsc, devtest_rw", "x-stance, de and fr, never trained on"
TWO_SIDED = ("ruopinionne", XSTANCE)


def main(arguments: Sequence[str]) -> None:
    """Print a table of Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path, help="folder of the public sets")
    parser.add_argument("--model", default="default", help="a checkpoint")
    parser.add_argument("--xstance-rows", type=int, default=600, help="a random sample of its valid file")
    options = parser.parse_args(arguments)
    model = StanceClassifier.from_pretrained(options.model)
    print("| set | rows | classes | macro-F1 |\n|---|---|---|---|")
    for name, examples in _sets(options.root, options.xstance_rows).items():
        probabilities = np.array([p.probabilities for p in model.predict([e.query for e in examples])])
        if two := name in TWO_SIDED:
            probabilities[:, STANCES.index(Stance.NEUTRAL)] = 0.0
        gold = np.array([STANCES.index(example.stance) for example in examples])
        found = macro_f1_interval(gold, probabilities.argmax(axis=1), [e.origin.text for e in examples])
        spread = f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"
        print(f"| {name} | {len(examples)} | {2 if two else 3} | {spread} |", flush=True)


def _sets(root: Path, xstance_rows: int) -> dict[str, list[StanceExample]]:
    config = compose_experiment(["experiment=default", f"data.root={root}"])
    found: dict[str, list[StanceExample]] = defaultdict(list)
    for example in load_dataset(config.data, seed=config.seed).test:
        found[example.origin.source or "unknown"].append(example)
    found[DEVTEST] = _read(root / "newsmtsc" / "devtest_rw.jsonl", "newsmtsc")
    comments = [e for e in _read(root / "xstance" / "valid.jsonl", "xstance") if e.query.lang in ("de", "fr")]
    found[XSTANCE] = random.Random(0).sample(comments, min(xstance_rows, len(comments)))
    return found


def _read(path: Path, source: Any) -> list[StanceExample]:
    return [e for sentence in read_sentences(path, format=source, losses=LossReport()) for e in examples_of(sentence)]


if __name__ == "__main__":
    main(sys.argv[1:])

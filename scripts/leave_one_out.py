"""What a model makes of a language that its composed rows never showed: one row per language group.

python scripts/leave_one_out.py [--rows 4000] [--seed 13] [GROUP ...]

Every run goes on from the first step of the shipped model (out/public/checkpoint; it saw English and Russian news) on
the same number of composed rows, once with every language and once without one group; both are tested on the composed
test rows of that group. The difference comes with the 95 % interval of a paired bootstrap over sentences.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from stance.data.dataset import load_dataset
from stance.evaluation.bootstrap import macro_f1_difference
from stance.evaluation.metrics import macro_f1
from stance.experiment import run
from stance.hydra_schema import compose_experiment
from stance.inference.classifier import StanceClassifier
from stance.types import STANCES, StanceExample

RUNS = Path("out/leave-one-out")
GROUPS = {
    "sr, hr, bs": ("sr-Latn", "sr-Cyrl", "hr", "bs"),
    "sq": ("sq",),
    "mk": ("mk",),
    "ru": ("ru",),
    "de": ("de",),
    "fr": ("fr",),
    "en": ("en",),
}


def main(arguments: Sequence[str]) -> None:
    """Print a table of Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"of: {'; '.join(GROUPS)}; all if none")
    parser.add_argument("--rows", type=int, default=4000, help="training rows of each run; some hundred teach nothing")
    parser.add_argument("--seed", type=int, default=13)
    options = parser.parse_intermixed_args(arguments)
    unknown = set(options.groups) - GROUPS.keys()
    if unknown:
        parser.error(f"no group {'; '.join(sorted(unknown))}; there are {'; '.join(GROUPS)}")
    everything = _trained("everything", (), options)
    lines = []
    for group in options.groups or GROUPS:
        langs = GROUPS[group]
        without = _trained(f"without {langs[0]}", langs, options)
        test = _test(langs, options)
        gold = np.array([STANCES.index(example.stance) for example in test])
        seen, unseen = (_answers(model, test) for model in (everything, without))
        found = macro_f1_difference(gold, seen, unseen, [example.origin.text for example in test])
        with_, without_ = (macro_f1([e.stance for e in test], [STANCES[i] for i in a]) for a in (seen, unseen))
        lines.append(
            f"| {group} | {len(test)} | {with_:.3f} | {without_:.3f} | {found.value:+.3f} ({found.low:+.3f} to "
            f"{found.high:+.3f}) |"
        )
    print("\n| left out | test rows | macro-F1, language seen | never seen | difference |\n|---|---|---|---|---|")
    print("\n".join(lines))


def _overrides(langs: Sequence[str], options: argparse.Namespace) -> list[str]:
    return [
        "data=composed",
        f"data.leave_out.lang=[{','.join(langs)}]",
        f"data.max_train_rows={options.rows}",
        f"seed={options.seed}",
    ]


def _trained(name: str, langs: Sequence[str], options: argparse.Namespace) -> StanceClassifier:
    """The model of a run; one that is there already is taken as it is."""
    folder = RUNS / f"{name.replace(' ', '-')}-{options.rows}-{options.seed}"
    if not (folder / "checkpoint").is_dir():
        settings = ["name=leave-one-out", f"output_dir={folder}", "evaluate_test=false", "training.evaluations=1"]
        model = ["model.base=out/public/checkpoint", "model.frozen_layers=6", "training.learning_rate=5.0e-5"]
        config = compose_experiment([*_overrides(langs, options), *settings, *model])
        run(config, command="scripts/leave_one_out.py", log=print)
    return StanceClassifier.from_pretrained(folder / "checkpoint")


def _test(langs: Sequence[str], options: argparse.Namespace) -> tuple[StanceExample, ...]:
    return load_dataset(compose_experiment(_overrides(langs, options)).data, seed=options.seed).test


def _answers(model: StanceClassifier, rows: Sequence[StanceExample]) -> np.ndarray:
    return np.array([STANCES.index(p.stance) for p in model.predict([example.query for example in rows])])


if __name__ == "__main__":
    main(sys.argv[1:])

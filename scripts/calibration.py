"""Which calibration holds on rows that it was not fitted on: cross-validation over the dev rows of an experiment.

python scripts/calibration.py FOLDER_OF_THE_PUBLIC_SETS [--model default] [--experiment default]

Sentences are dealt to five parts; each part is answered with what the others say, three times with other parts. Means
of the negative log-likelihood, the Brier score and the expected calibration error, over all rows and the composed ones.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stance.data.dataset import load_dataset
from stance.evaluation.confidence import brier_scores, calibration_error, log_losses
from stance.hydra_schema import compose_experiment
from stance.modeling.asking import answer
from stance.modeling.calibration import (
    calibrated_probabilities,
    fit_group_temperatures,
    fit_smoothing,
    fit_temperature,
    language_group,
)
from stance.modeling.checkpoint import checkpoint_folder, load_checkpoint
from stance.types import STANCES

N_PARTS, N_TIMES = 5, 3
# Whether the smoothing of goals is undone, and whether language groups have temperatures of their own.
WAYS = {
    "one temperature": (False, False),
    "one for each language group": (False, True),
    "one, the smoothing undone": (True, False),
    "one for each group, the smoothing undone": (True, True),
}
Floats = NDArray[np.float64]
Classes = NDArray[np.int64]


def main(arguments: Sequence[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", help="folder of the public sets")
    parser.add_argument("--model", default="default", help="a checkpoint; its own calibration is not used")
    parser.add_argument("--experiment", default="default", help="whose dev rows are taken")
    options = parser.parse_args(arguments)
    config = compose_experiment([f"experiment={options.experiment}", f"data.root={options.root}"])
    dev = load_dataset(config.data, seed=config.seed, seen=None).dev
    logits, _ = answer(load_checkpoint(checkpoint_folder(options.model)), [e.query for e in dev])
    gold = np.array([STANCES.index(example.stance) for example in dev])
    langs = np.array([example.query.lang or "" for example in dev])
    texts = [example.query.context.text for example in dev]
    composed = np.array([example.origin.source == "composed" for example in dev])
    print(
        "| calibration | rows | negative log-likelihood | Brier | expected calibration error |\n|---|---|---|---|---|"
    )
    for name, way in WAYS.items():
        times = [_held_out(way, logits, gold, langs, parts=_parts(texts, seed=n)) for n in range(N_TIMES)]
        for rows, chosen in (("all", np.ones(len(gold), dtype=bool)), ("composed", composed)):
            found = np.mean([_figures(gold[chosen], given[chosen]) for given in times], axis=0)
            print(f"| {name} | {rows} | " + " | ".join(f"{figure:.3f}" for figure in found) + " |")


def _figures(gold: Classes, given: Floats) -> tuple[float, float, float]:
    losses, scores = log_losses(gold, given), brier_scores(gold, given)
    return float(losses.mean()), float(scores.mean()), calibration_error(gold, given)


def _parts(texts: Sequence[str], *, seed: int) -> Classes:
    """The part of each row, [rows]; rows of one text are in one part."""
    _, numbers = np.unique(texts, return_inverse=True)
    dealt: Classes = np.random.default_rng(seed).integers(0, N_PARTS, numbers.max() + 1)[numbers]
    return dealt


def _held_out(
    way: tuple[bool, bool], logits: Floats, gold: Classes, langs: NDArray[np.str_], *, parts: Classes
) -> Floats:
    """Probabilities of every row by what the rows of the other parts say, [rows, 3]."""
    undone, grouped = way
    given = np.zeros_like(logits)
    for part in range(N_PARTS):
        known, asked = parts != part, parts == part
        smoothing = fit_smoothing(logits[known], gold[known]) if undone else 0.0
        temperature = fit_temperature(logits[known], gold[known], smoothing=smoothing)
        groups = fit_group_temperatures(logits[known], gold[known], langs[known].tolist(), smoothing=smoothing)
        own = [groups.get(language_group(lang) or "", temperature) if grouped else temperature for lang in langs[asked]]
        given[asked] = calibrated_probabilities(logits[asked], temperature=np.array(own), smoothing=smoothing)
    return given


if __name__ == "__main__":
    main(sys.argv[1:])

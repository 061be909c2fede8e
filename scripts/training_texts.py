"""Give a checkpoint the hashes of its training sentences, where it was trained before they were kept.

python scripts/training_texts.py CHECKPOINT data.root=FOLDER_OF_THE_PUBLIC_SETS

Of the checkpoint's recipe all sentences of the training split are taken, also those that thinning leaves
out, so that no sentence is missing that an earlier state of the data had in training.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from stance.data.dataset import load_dataset
from stance.data.training_texts import TrainingTexts
from stance.hydra_schema import compose_experiment
from stance.modeling.checkpoint import read_info


def main(checkpoint: Path, overrides: list[str]) -> None:
    """Write the file and print how many sentences it covers."""
    config = compose_experiment([f"experiment={read_info(checkpoint).name}", *overrides])
    sources = [replace(source, keep_neutral=1.0, max_rows=None, weight=1.0) for source in config.data.sources]
    dataset = load_dataset(replace(config.data, sources=sources, max_train_rows=None), seed=config.seed)
    found = TrainingTexts.of(example.query.context.text for example in dataset.train)
    found.write(checkpoint)
    print(f"{checkpoint}: {len(found)} training sentences")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])

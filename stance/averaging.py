"""One checkpoint from several of the same recipe: the mean of their weights, calibrated anew.

Runs that start from the same base end close enough together for their mean to be a model, often a better one than each.
Source: Wortsman et al. 2022, Model soups.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stance.config import CheckpointKind, ExperimentConfig, check_experiment
from stance.data.dataset import Dataset, load_dataset, without_texts
from stance.data.grouping import normalise
from stance.data.training_texts import TrainingTexts
from stance.errors import CheckpointError, DataError
from stance.experiment import Outcome, Start, compress_into, delta_rank, described, finish, snapshot
from stance.modeling.bases import locate_base
from stance.modeling.checkpoint import DELTA, Checkpoint, CheckpointInfo, load_checkpoint, read_info

if TYPE_CHECKING:
    from torch import Tensor


def average(
    checkpoints: Sequence[Path],
    destination: Path,
    *,
    config: ExperimentConfig,
    command: str,
    log: Callable[[str], None],
) -> Outcome:
    """Write the mean of some checkpoints, as deltas to a delta of the recipe's rank.

    It is calibrated and evaluated on those dev and test rows of `config` that no run had in training; each run's rows
    follow from its own seed. Of fewer than 100 such dev rows the calibration of the first one is kept.

    Args:
        config: the recipe of the runs: their data, and the `checkpoint` settings to calibrate by.

    Raises:
        CheckpointError: they do not fit together, or the destination exists.
        DataError: a run had other data than the recipe's and keeps no hashes of its sentences, or every dev row was in
            training of some run.
    """
    check_experiment(config)
    if destination.exists():
        raise CheckpointError(f"{destination}: exists already; name a new folder.")
    infos = {folder: read_info(folder) for folder in checkpoints}
    _require_alike(infos)
    dataset = _unseen_rows(config, infos, log=log)
    first, weights, parents = _mean(checkpoints)
    info = first.info
    base_folder = locate_base(info.base) if info.kind == DELTA else checkpoints[0]
    start = Start(
        model=first.model,
        tokenizer=first.tokenizer,
        base=info.base,
        base_folder=base_folder,
        num_layers=info.num_layers,
        frame=info.encoding.frame,
        calibrated=info,
        averaged=tuple(parents),
        trained_on=_trained_on(checkpoints),
    )
    first.model.load_state_dict(weights)
    delta = None
    if info.kind == DELTA:
        delta = compress_into(first.model, snapshot(start), rank=delta_rank(config))
    settings = replace(config, checkpoint=replace(config.checkpoint, kind=CheckpointKind(info.kind)))
    return finish(
        settings,
        dataset,
        start,
        info.encoding,
        model=first.model,
        delta=delta,
        folder=destination,
        command=command,
        log=log,
    )


def _require_alike(infos: Mapping[Path, CheckpointInfo]) -> None:
    (first, expected), *others = infos.items()
    for folder, info in others:
        for name in ("kind", "base_sha256", "num_layers", "encoding"):
            found, wanted = getattr(info, name), getattr(expected, name)
            if found != wanted:
                raise CheckpointError(
                    f"{folder}: {name} is {found}, but that of {first} is {wanted}; only checkpoints of one recipe "
                    "have a mean."
                )


def _unseen_rows(
    config: ExperimentConfig, infos: Mapping[Path, CheckpointInfo], *, log: Callable[[str], None]
) -> Dataset:
    """The recipe's rows without those of dev and test that any of the runs was trained on.

    A run whose rows are not the recipe's any more, since sentences have come in, is asked for its own sentences.
    """
    dataset = load_dataset(config.data, seed=config.seed)
    judging = {normalise(example.origin.text) for example in (*dataset.dev, *dataset.test)}
    seen: set[str] = set()
    by_seed = {config.seed: dataset}
    for folder, info in infos.items():
        seed = config.seed if info.seed is None else info.seed
        if seed not in by_seed:
            by_seed[seed] = load_dataset(config.data, seed=seed)
        if by_seed[seed].sha256 == info.data_sha256:
            seen.update(normalise(example.origin.text) for example in by_seed[seed].train)
            continue
        trained_on = TrainingTexts.read(folder)
        if trained_on is None:
            raise DataError(
                f"{folder}: it was not trained on the rows that these overrides give with its seed, {seed}, and keeps "
                "no hashes of its own, so there is no telling which rows are new to it. Give the overrides of `data` "
                "that it was trained with."
            )
        log(f"{folder} was trained on other rows than these: its own sentences are left out of dev and test")
        seen.update(text for text in judging if trained_on.holds(text))
    unseen = without_texts(dataset, seen)
    if not unseen.dev:
        raise DataError(
            f"Each of the {len(dataset.dev)} dev rows was in training of one of the checkpoints, so none is left to "
            "calibrate their mean on. Train them with one dev split for all seeds: `stance data split` writes it into "
            "the rows."
        )
    for name, whole, left in (("dev", dataset.dev, unseen.dev), ("test", dataset.test, unseen.test)):
        if len(left) < len(whole):
            n_seen = len(whole) - len(left)
            log(f"{n_seen} of {len(whole)} {name} rows are left out: one of the runs was trained on them")
    return unseen


def _trained_on(checkpoints: Sequence[Path]) -> TrainingTexts | None:
    """The sentences that any of them was trained on, None where one does not say."""
    union = TrainingTexts.of(())
    for folder in checkpoints:
        found = TrainingTexts.read(folder)
        if found is None:
            return None
        union = union.with_those_of(found)
    return union


def _mean(checkpoints: Sequence[Path]) -> tuple[Checkpoint, dict[str, Tensor], list[dict[str, Any]]]:
    """The first checkpoint, loaded; the mean weights of all, fp32; and what is kept of each."""
    first = load_checkpoint(checkpoints[0])
    weights = first.model.state_dict()
    # Differences are summed up, so that what no run changed (frozen embeddings) is the mean of itself to the last bit.
    beyond = {name: weight.new_zeros(weight.shape) for name, weight in weights.items()}
    parents = [described(first)]
    for folder in checkpoints[1:]:
        other = load_checkpoint(folder)
        found = other.model.state_dict()
        if other.tokenizer.to_str() != first.tokenizer.to_str():
            raise CheckpointError(f"{folder}: its tokenizer is not that of {checkpoints[0]}.")
        if {n: w.shape for n, w in found.items()} != {n: w.shape for n, w in weights.items()}:
            raise CheckpointError(f"{folder}: its weights have not the shapes of those of {checkpoints[0]}.")
        for name, weight in found.items():
            beyond[name] += weight - weights[name]
        parents.append(described(other))
    return first, {name: weight + beyond[name] / len(checkpoints) for name, weight in weights.items()}, parents

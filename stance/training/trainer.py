"""The Trainer, with batches that are the same whether one process trains or several."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch.utils.data import DataLoader, Sampler
from transformers import Trainer

from stance.training.processes import n_processes, process_index

if TYPE_CHECKING:
    from torch import Tensor

_NOT_COUNTED = -100  # the Trainer leaves these labels out of the number that a loss is divided by


class StanceTrainer(Trainer):  # type: ignore[misc]
    """Every process draws the same whole batches and takes its share of each; all look at the whole of dev.

    What Accelerate makes of a loader fills the last batch with rows of the first, draws another order in several
    processes than in one, and cuts what the last batch of dev gives to as many answers as it has items, although an
    item may hold several questions.
    """

    def get_train_dataloader(self) -> Any:
        return DataLoader(
            self.train_dataset,
            batch_size=self.args.train_batch_size,
            sampler=EpochOrder(self._get_train_sampler(), seed=self.args.data_seed, epoch=self._epoch),
            collate_fn=partial(
                collate_share, collate=self.data_collator, index=process_index(), n_shares=n_processes()
            ),
            pin_memory=self.args.dataloader_pin_memory,
        )

    def _epoch(self) -> int:
        n_batches = math.ceil(len(self.train_dataset) / self.args.train_batch_size)
        return int(self.state.global_step // math.ceil(n_batches / self.args.gradient_accumulation_steps))

    def get_eval_dataloader(self, eval_dataset: Any = None) -> Any:
        rows = self.eval_dataset if eval_dataset is None else eval_dataset
        return DataLoader(
            rows,
            batch_size=self.args.eval_batch_size,
            sampler=self._get_eval_sampler(rows),
            collate_fn=self.data_collator,
            pin_memory=self.args.dataloader_pin_memory,
        )


class EpochOrder(Sampler[int]):
    """The order of an epoch, from seed and number alone: the same in each process and in a run that goes on."""

    def __init__(self, sampler: Any, *, seed: int, epoch: Callable[[], int]) -> None:
        self._sampler, self._seed, self._epoch = sampler, seed, epoch

    def __iter__(self) -> Iterator[int]:
        self._sampler.generator = torch.Generator().manual_seed(self._seed + self._epoch())
        return iter(self._sampler)

    def __len__(self) -> int:
        return len(self._sampler)


def collate_share(
    items: Sequence[dict[str, Any]],
    *,
    collate: Callable[[list[dict[str, Any]]], dict[str, Tensor]],
    index: int,
    n_shares: int,
) -> dict[str, Tensor]:
    """The batch of every `n_shares`th item from `index` on: of items sorted by length, shares of about one length.

    A last batch of fewer items than shares gives some of them its first item without goals, which teaches nothing.
    """
    share = list(items[index::n_shares])
    if share:
        return collate(share)
    idle = collate(list(items[:1]))
    return idle | {"labels": idle["labels"].new_full(idle["labels"].shape, _NOT_COUNTED)}

"""The Trainer, with loaders that give it every row as it is."""

from __future__ import annotations

from typing import Any

from torch.utils.data import DataLoader
from transformers import Trainer


class StanceTrainer(Trainer):  # type: ignore[misc]
    """Plain loaders instead of Accelerate's.

    Those cut what the last batch of dev gives to as many answers as it has items, although an item may hold several
    questions.
    """

    def get_train_dataloader(self) -> Any:
        return DataLoader(
            self.train_dataset,
            batch_size=self.args.train_batch_size,
            sampler=self._get_train_sampler(),
            collate_fn=self.data_collator,
            pin_memory=self.args.dataloader_pin_memory,
        )

    def get_eval_dataloader(self, eval_dataset: Any = None) -> Any:
        rows = self.eval_dataset if eval_dataset is None else eval_dataset
        return DataLoader(
            rows,
            batch_size=self.args.eval_batch_size,
            sampler=self._get_eval_sampler(rows),
            collate_fn=self.data_collator,
            pin_memory=self.args.dataloader_pin_memory,
        )

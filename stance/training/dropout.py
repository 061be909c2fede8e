"""Dropout of a base that has or lacks it, and a second pass with other noise, for the answers to agree with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch

from stance.errors import ConfigError

if TYPE_CHECKING:
    from torch import Tensor

_NAMES = ("attention_dropout", "dropout_prob", "dropout")  # where transformers' layers keep a rate beside its modules


def set_dropout(model: torch.nn.Module, rate: float) -> None:
    """Set every dropout of a model; one that has none in its layers has it in its attention.

    Raises:
        ConfigError: the model has room for none.
    """
    places = list(_places(model))
    if not places:
        raise ConfigError("model.dropout: this model has no dropout that could be set. Leave it at null.")
    for module, name in places:
        setattr(module, name, rate)


def require_dropout(model: torch.nn.Module) -> None:
    """Refuse to compare two passes that would be equal.

    Raises:
        ConfigError: no rate of the model is above 0.
    """
    if not any(getattr(module, name) for module, name in _places(model)):
        raise ConfigError(
            "training.r_drop compares answers under two draws of dropout, but this model has none. Give it some by "
            "model.dropout=0.1."
        )


def _places(model: torch.nn.Module) -> Iterator[tuple[torch.nn.Module, str]]:
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            yield module, "p"
        else:
            yield from ((module, name) for name in _NAMES if isinstance(getattr(module, name, None), (int, float)))


class TwoPasses(torch.nn.Module):
    """A classifier that answers every batch twice while it learns; the second answers are in `again`."""

    accepts_loss_kwargs = False  # the Trainer would else take `**inputs` for room for more than the batch

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        self.config = model.config

    def forward(self, **inputs: Tensor) -> Any:
        """What the model gives; while it learns, with `again`: [rows, 3], logits under another draw of dropout."""
        outputs = self.model(**inputs)
        if self.training:
            outputs["again"] = self.model(**inputs)["logits"]
        return outputs

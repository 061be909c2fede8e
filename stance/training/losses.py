"""What answers cost that miss their goals, and answers to the texts of a minimal pair that miss their relation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from stance.config import Loss
from stance.training.goals import NO_CHOICE

if TYPE_CHECKING:
    from torch import Tensor

_FOCUS = 2.0  # the focal loss's gamma; what its authors found best


def goal_loss(logits: Tensor, goals: Tensor, *, weights: Tensor, loss: Loss = Loss.cross_entropy) -> Tensor:
    """What the softmax over each row's choices costs towards its goal, summed over rows.

    - `cross_entropy`.
    - `focal`: cross-entropy times (1 - p)^2, so that sure answers weigh little. Source: Lin et al. 2017, Focal Loss for
      Dense Object Detection.
    - `ordinal`: cross-entropy, and the squared distance of the cumulative probabilities, so that `against` for `favor`
      costs more than `neutral`. Source: Hou et al. 2016, Squared Earth Mover's Distance-based Loss.

    Args:
        logits, goals: [rows, 3]. weights: [3], of each class.
    """
    chosen_from = goals != NO_CHOICE
    wanted, weights = goals.clamp(min=0.0), weights.to(logits.device)
    logits = logits.float().masked_fill(~chosen_from, torch.finfo(torch.float32).min)
    log_probabilities = logits.log_softmax(dim=-1).masked_fill(~chosen_from, 0.0)
    parts = wanted * weights * log_probabilities
    if loss is Loss.focal:
        parts = parts * (1 - log_probabilities.exp()) ** _FOCUS
    total = -parts.sum()
    if loss is Loss.ordinal:
        distance = (logits.softmax(dim=-1).cumsum(dim=-1) - wanted.cumsum(dim=-1)).square().sum(dim=-1)
        total = total + ((wanted * weights).sum(dim=-1) * distance).sum()
    return total


def divergence_loss(logits: Tensor, again: Tensor, goals: Tensor) -> Tensor:
    """The mean of both Kullback-Leibler divergences between two answers to a row, in nats, summed over rows.

    Source: Liang et al. 2021, R-Drop, equation 2.

    Args:
        logits, again, goals: [rows, 3]; rows without a goal do not count.
    """
    one, other = logits.float().log_softmax(dim=-1), again.float().log_softmax(dim=-1)
    both = ((one.exp() - other.exp()) * (one - other)).sum(dim=-1) / 2
    return (both * (goals.amax(dim=-1) > 0)).sum()


def relation_loss(logits: Tensor, goals: Tensor, twins: Tensor) -> Tensor:
    """Minus the log-likelihood that two answers are equal, or differ, as their goals do, summed over `twins`.

    Source: Hsu et al. 2019, Multi-class Classification without Multi-class Labels, equation 2.

    Args:
        logits, goals: [rows, 3]. twins: [pairs, 2], rows that ask the same of the texts of a minimal pair.
    """
    one, other = twins[:, 0], twins[:, 1]
    probabilities = logits.float().softmax(dim=-1)
    equal = (probabilities[one] * probabilities[other]).sum(dim=-1)
    wanted = (goals[one].argmax(dim=-1) == goals[other].argmax(dim=-1)).float()
    return torch.nn.functional.binary_cross_entropy(equal.clamp(max=1.0), wanted, reduction="sum")

"""The low-rank difference between an adapted model and its base.

A full fine-tune of every matrix W (base W0) is kept as the truncated singular value decomposition of W - W0
(Eckart and Young 1936: the best approximation of that rank); a LoRA adapter B A is such a product already. Both
become the same two factors per matrix, in eight bits: at equal size twice the rank of fp16, which keeps far more of a
long fine-tune. Vectors (norm weights) and the head are kept whole, matrices in fp16.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from stance.errors import CheckpointError

if TYPE_CHECKING:
    from torch import Tensor

LEFT, RIGHT, SCALE = ".left", ".right", ".scale"
_LARGEST = 127
_NOISE = 1e-4  # of the largest singular value: less is rounding, where the difference has a rank of its own


def compress(adapted: Mapping[str, Tensor], base: Mapping[str, Tensor], *, rank: int) -> dict[str, Tensor]:
    """Factors of `adapted - base` in eight bits, with what is new.

    Args:
        adapted: the fine-tuned state dict, fp32.
        base: the base's state dict under the same names, on any device; what it lacks (the head) is kept whole.
        rank: of each matrix, at most; a matrix whose smaller side is not above it is kept whole.

    Returns:
        `NAME.left` [rows, rank] and `NAME.right` [rank, columns], int8, with `NAME.scale` [rank], fp32, for a matrix;
        `NAME` for all else that changed.
    """
    delta: dict[str, Tensor] = {}
    for name, weight in adapted.items():
        origin = base.get(name)
        if origin is None:
            delta[name] = _whole(weight.detach())
            continue
        origin = origin.to(weight.device)
        if not weight.equal(origin):
            delta |= _compress_one(name, weight.detach() - origin, weight.detach(), rank=rank)
    return delta


def _compress_one(name: str, difference: Tensor, weight: Tensor, *, rank: int) -> dict[str, Tensor]:
    import torch

    if difference.ndim != 2 or min(difference.shape) <= rank:
        return {name: _whole(weight)}
    left, values, right = torch.linalg.svd(difference, full_matrices=False)
    rank = min(rank, int((values > _NOISE * values[0]).sum()))
    left, values, right = left[:, :rank], values[:rank], right[:rank]
    left_step, right_step = left.abs().amax(dim=0) / _LARGEST, right.abs().amax(dim=1) / _LARGEST
    return {
        name + LEFT: (left / left_step).round().char().contiguous(),
        name + RIGHT: (right / right_step[:, None]).round().char().contiguous(),
        name + SCALE: values * left_step * right_step,
    }


def _whole(weight: Tensor) -> Tensor:
    return (weight.half() if weight.ndim > 1 else weight).clone().contiguous()


def apply_delta(weights: Mapping[str, Tensor], delta: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The adapted weights for every name that the delta changes, fp32.

    Raises:
        CheckpointError: the delta names a matrix that the base lacks, or of another shape.
    """
    changed: dict[str, Tensor] = {}
    for name, tensor in delta.items():
        if name.endswith((RIGHT, SCALE)):
            continue
        if not name.endswith(LEFT):
            changed[name] = tensor.float()
            continue
        target = name.removesuffix(LEFT)
        left, right, scale = tensor.float(), delta.get(target + RIGHT), delta.get(target + SCALE)
        origin = weights.get(target)
        if (
            origin is None
            or right is None
            or origin.shape != (left.shape[0], right.shape[1])
            or (scale is not None and scale.shape != left.shape[1:])
        ):
            raise CheckpointError(f"delta.safetensors: {target} does not fit the base; the file is damaged.")
        # Deltas were written in fp16, without scales, before.
        changed[target] = origin + (left if scale is None else left * scale) @ right.float()
    return changed

"""How far each rounding moves a model's answers, in the first order, on queries that are like those to come.

What a rounding changes in the output of a matrix, times the gradient of the row's margin by that output, is what it
adds to the margin: the logit of the answer less that of the next one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stance.exporting.integers import RoundedMatrix, round_activations
from stance.exporting.smoothing import Site, Weights
from stance.exporting.turning import block_of, turn_channels
from stance.modeling.encoding import EncodedQuery

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor
    from transformers import PreTrainedModel


@dataclass(frozen=True, slots=True)
class Effects:
    """What rounding does on some queries.

    changes: of the margin of each query, by the matrix (without `.weight`) that is rounded with its activations.
    margins: of each query, unrounded.
    """

    changes: Mapping[str, NDArray[np.float64]]
    margins: NDArray[np.float64]


@dataclass(slots=True)
class _Seen:
    """Of one product in one pass: what goes in [tokens, inputs], what comes out, a tensor [1, tokens, outputs]."""

    taken: NDArray[np.float32]
    made: Tensor


def measure_effects(
    model: PreTrainedModel,
    weights: Weights,
    matrices: Mapping[str, RoundedMatrix],
    sites: Sequence[Site],
    queries: Sequence[EncodedQuery],
) -> Effects:
    """Ask the model with these weights query by query; roundings of a query's first token are left out.

    Args:
        matrices: as rounded, their columns turned except in the sites that a matrix makes (see `Site.turned`).
    """
    import torch

    tensors = {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in weights.items()}
    held = {name: turned(weights[f"{name}.weight"], site) for site in sites for name in site.matrices}
    off = {name: matrices[name].values() - matrix for name, matrix in held.items()}
    changes: dict[str, list[float]] = {name: [] for name in off}
    margins: list[float] = []
    seen: dict[str, _Seen] = {}
    with ExitStack() as hooks:
        _watch(model, tuple(off), seen, hooks)
        for query in queries:
            margins.append(_margin(model, tensors, query))
            for site in sites:
                taken = turned(seen[site.name].taken, site)
                moved = round_activations(taken) - taken
                for name in site.matrices:
                    of_both = moved[1:] @ held[name].T + taken[1:] @ off[name].T
                    changes[name].append(float(np.vdot(_gradient(seen[name])[1:], of_both)))
    return Effects({name: np.array(found) for name, found in changes.items()}, np.array(margins))


def turned(array: NDArray[np.float32], site: Site) -> NDArray[np.float32]:
    """Activations of a site, or a matrix that takes them, as the graph turns its channels."""
    return turn_channels(array, block_of(array.shape[-1])) if site.turned else array


def _gradient(seen: _Seen) -> NDArray[np.float32]:
    assert seen.made.grad is not None
    gradient: NDArray[np.float32] = seen.made.grad[0].numpy()
    return gradient


def _watch(model: PreTrainedModel, names: Sequence[str], seen: dict[str, _Seen], hooks: ExitStack) -> None:
    import torch

    modules = dict(model.named_modules())

    def recorder(name: str) -> Any:
        def record(_module: Any, inputs: tuple[Tensor], output: Tensor) -> Tensor:
            if name.endswith(("k_proj", "v_proj")):
                # Keys and values of the first token are constants in the graph: nothing moves answers through them.
                output = torch.cat([output[:, :1].detach(), output[:, 1:]], dim=1)
            output.retain_grad()
            seen[name] = _Seen(inputs[0].detach()[0].numpy(), output)
            return output

        return record

    def require_gradient(_module: Any, _inputs: Any, output: Tensor) -> Tensor:
        return output.detach().requires_grad_()

    hooks.callback(model.get_input_embeddings().register_forward_hook(require_gradient).remove)
    for name in names:
        hooks.callback(modules[name].register_forward_hook(recorder(name)).remove)


def _margin(model: PreTrainedModel, tensors: Mapping[str, Tensor], query: EncodedQuery) -> float:
    import torch
    from torch.func import functional_call

    ids = torch.tensor([query.ids])
    with torch.enable_grad():
        logits = functional_call(model, dict(tensors), kwargs={"input_ids": ids}).logits[0]
        first, second = logits.topk(2).values
        margin = first - second
        margin.backward()
    return float(margin.detach())

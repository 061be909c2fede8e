"""The matrices of a model in eight bits, but for those that stay in bf16.

Before, activations are made easy to round: smoothed (`stance.exporting.smoothing`) and turned
(`stance.exporting.turning`), and keys and values of the first token are kept as they are. Then the matrices whose
rounding turns most answers are kept (`stance.exporting.keeping`), until few are expected to turn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stance.errors import CheckpointError
from stance.exporting.effects import measure_effects, turned
from stance.exporting.integers import RoundedMatrix, round_matrix
from stance.exporting.keeping import choose_kept
from stance.exporting.smoothing import Weights, gemma_sites, smooth
from stance.exporting.turning import turn_values
from stance.modeling.encoding import EncodedQuery
from stance.modeling.runtime import predict_logits

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor
    from transformers import PreTrainedModel

# An export that turns more than 0.015 is refused; what is between the products, in bf16, turns some by itself.
_TURNED_ANSWERS = 0.003


@dataclass(frozen=True, slots=True)
class FirstToken:
    """What the first token of every query gives to attention in one layer: [head_dim] each, the key as normed."""

    key: NDArray[np.float32]
    value: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Rounding:
    """What a graph in eight bits is written from.

    weights: those of the smoothed model, by their names in it. matrices: in eight bits, and kept: as they are; both
    without `.weight` in their names, their columns turned with the channels that they take. first: of each layer.
    """

    weights: Mapping[str, NDArray[np.float32]]
    matrices: Mapping[str, RoundedMatrix]
    kept: Mapping[str, NDArray[np.float32]]
    first: tuple[FirstToken, ...]

    def __str__(self) -> str:
        return f"Of {len(self.matrices) + len(self.kept)} matrices {len(self.kept)} stay in bf16"


def round_model(
    model: PreTrainedModel, calibration: Sequence[EncodedQuery], *, turned_answers: float = _TURNED_ANSWERS
) -> Rounding:
    """Round a Gemma 3 model after what it does on some queries, which all begin with the same token.

    Args:
        turned_answers: no more answers than this share should turn by rounding.

    Raises:
        CheckpointError: they begin with different tokens, so that none can be a constant.
    """
    begin = {query.ids[0] for query in calibration}
    if len(begin) != 1:
        raise CheckpointError(
            "Eight bits need a tokenizer that puts the same token before every text, and this one does not. Export "
            "without --int8."
        )
    config = model.config
    sites = gemma_sites(n_layers=config.num_hidden_layers, n_heads=config.num_attention_heads)
    peaks = _activation_peaks(model, calibration, [site.name for site in sites])
    weights: Weights = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    # All smoothing first: the rows of one site's matrix make the channels of another.
    for site in sites:
        smooth(weights, site, peaks[site.name])
    for site in sites:
        if not site.turned:
            turn_values(weights, site)
    held = {name: turned(weights[f"{name}.weight"], site) for site in sites for name in site.matrices}
    matrices = {name: round_matrix(matrix) for name, matrix in held.items()}
    effects = measure_effects(model, weights, matrices, sites, calibration)
    sizes = {name: matrix.size for name, matrix in held.items()}
    kept = choose_kept(effects, sizes, turned_answers=turned_answers)
    return Rounding(
        weights=weights,
        matrices={name: matrix for name, matrix in matrices.items() if name not in kept},
        kept={name: held[name] for name in sorted(kept)},
        first=_first_token(model, weights, *begin),
    )


def _first_token(model: PreTrainedModel, weights: Weights, token: int) -> tuple[FirstToken, ...]:
    import torch
    from torch.func import functional_call

    found: dict[str, NDArray[np.float32]] = {}
    modules = dict(model.named_modules())
    layers = [f"model.layers.{index}.self_attn" for index in range(model.config.num_hidden_layers)]

    def recorder(name: str) -> Any:
        def record(_module: Any, _inputs: Any, output: Tensor) -> None:
            found[name] = output.flatten().numpy().copy()

        return record

    with ExitStack() as hooks, torch.inference_mode():
        for name in (f"{layer}.{part}" for layer in layers for part in ("k_norm", "v_proj")):
            hooks.callback(modules[name].register_forward_hook(recorder(name)).remove)
        tensors = {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in weights.items()}
        functional_call(model, tensors, kwargs={"input_ids": torch.tensor([[token]])})
    # At position 0 rotation changes nothing.
    return tuple(FirstToken(found[f"{layer}.k_norm"], found[f"{layer}.v_proj"]) for layer in layers)


def _activation_peaks(model: PreTrainedModel, calibration: Sequence[EncodedQuery], names: Sequence[str]) -> Weights:
    """The largest absolute value that each input channel of each named matrix takes, the first token left out."""
    peaks: Weights = {}
    modules = dict(model.named_modules())
    with ExitStack() as hooks:
        for name in names:
            hooks.callback(modules[name].register_forward_pre_hook(_recorder(name, peaks)).remove)
        # One by one, so that no padding is looked at.
        predict_logits(model, calibration, batch_tokens=1)
    return peaks


def _recorder(name: str, peaks: Weights) -> Any:
    def record(_module: Any, inputs: tuple[Tensor]) -> None:
        found = inputs[0].detach()[:, 1:].abs().flatten(0, -2).amax(0).numpy()
        peaks[name] = np.maximum(peaks.get(name, found), found)

    return record

"""Make activations easy to round to eight bits: move the scale of outlying channels from them into the weights.

A channel of activations is divided by s and the weights that take it are multiplied by s, which changes nothing in
exact arithmetic. The division costs nothing either: it goes into the norm, the values or the upper half of the MLP that
the channel comes from. Source: Xiao et al. 2023, SmoothQuant, equation 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np

from stance.modeling.encoding import EncodedQuery
from stance.modeling.runtime import predict_logits

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor
    from transformers import PreTrainedModel

STRENGTH = 0.7  # 1 would take all the outliers out of the activations, 0 none
_MOST = 100.0
_WATCHED = ("self_attn.q_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.down_proj")
_VALUES = "self_attn.v_proj"
Weights = dict[str, "NDArray[np.float32]"]


def activation_peaks(model: PreTrainedModel, encoded: Sequence[EncodedQuery]) -> Weights:
    """The largest absolute value that each input channel of each matrix takes on the queries, by the matrix's name.

    For `q_proj`, whose input `k_proj` and `v_proj` share, for `o_proj`, `gate_proj` (`up_proj`) and `down_proj`; under
    the name of `v_proj` the same of its outputs.
    """
    peaks: Weights = {}
    modules = dict(model.named_modules())
    with ExitStack() as hooks:
        for name, module in modules.items():
            if name.endswith(_WATCHED):
                hooks.callback(module.register_forward_pre_hook(_input_recorder(name, peaks)).remove)
            elif name.endswith(_VALUES):
                hooks.callback(module.register_forward_hook(_output_recorder(name, peaks)).remove)
        # One by one, so that no padding is looked at.
        predict_logits(model, encoded, batch_tokens=1)
    return peaks


def _input_recorder(name: str, peaks: Weights) -> Any:
    return lambda _module, inputs: _record(name, inputs[0], peaks)


def _output_recorder(name: str, peaks: Weights) -> Any:
    return lambda _module, _inputs, output: _record(name, output, peaks)


def _record(name: str, activations: Tensor, peaks: Weights) -> None:
    found = activations.detach().abs().flatten(0, -2).amax(0).numpy()
    peaks[name] = np.maximum(peaks.get(name, found), found)


def smoothed(weights: Weights, peaks: Weights, *, n_layers: int, n_heads: int) -> tuple[Weights, list[float]]:
    """The weights of an equal model whose activations have smaller outliers, and each layer's largest value then.

    Args:
        peaks: of `activation_peaks`.
        n_heads: query heads on the one key-value head; each value channel occurs in so many inputs of `o_proj`.
    """
    changed, largest_values = dict(weights), []
    for index in range(n_layers):
        layer = f"model.layers.{index}."
        attention, mlp = layer + "self_attn.", layer + "mlp."
        into_attention = [f"{attention}{name}_proj.weight" for name in "qkv"]
        _move_from_norm(changed, layer + "input_layernorm.weight", into_attention, peaks[attention + "q_proj"])
        into_mlp = [mlp + "gate_proj.weight", mlp + "up_proj.weight"]
        _move_from_norm(changed, layer + "pre_feedforward_layernorm.weight", into_mlp, peaks[mlp + "gate_proj"])
        _move_from_rows(changed, mlp + "up_proj.weight", mlp + "down_proj.weight", peaks[mlp + "down_proj"], 1)
        scale = _move_from_rows(
            changed, attention + "v_proj.weight", attention + "o_proj.weight", peaks[attention + "o_proj"], n_heads
        )
        largest_values.append(float((peaks[attention + "v_proj"] / scale).max()))
    return changed, largest_values


def _move_from_norm(weights: Weights, norm: str, matrices: Sequence[str], peak: NDArray[np.float32]) -> None:
    scale = _scale(peak, np.max([np.abs(weights[name]).max(axis=0) for name in matrices], axis=0))
    weights[norm] = (1 + weights[norm]) / scale - 1  # Gemma's norms multiply by 1 + weight
    for name in matrices:
        weights[name] = weights[name] * scale


def _move_from_rows(
    weights: Weights, source: str, matrix: str, peak: NDArray[np.float32], n_copies: int
) -> NDArray[np.float32]:
    taken = np.abs(weights[matrix]).max(axis=0)
    scale = _scale(peak.reshape(n_copies, -1).max(axis=0), taken.reshape(n_copies, -1).max(axis=0))
    weights[source] = weights[source] / scale[:, None]
    weights[matrix] = weights[matrix] * np.tile(scale, n_copies)
    return scale


def _scale(peak: NDArray[np.float32], taken: NDArray[np.float32]) -> NDArray[np.float32]:
    scale = np.maximum(peak, 1e-4) ** STRENGTH / np.maximum(taken, 1e-4) ** (1 - STRENGTH)
    # Only ratios between channels matter; a mean of 1 keeps the numbers where they were.
    scale = np.clip(scale / np.exp(np.log(scale).mean()), 1 / _MOST, _MOST)
    result: NDArray[np.float32] = scale.astype(np.float32)
    return result

"""Make activations easy to round to eight bits: move the scale of outlying channels from them into the weights.

A channel of activations is divided by s and the weights that take it are multiplied by s, which changes nothing in
exact arithmetic. The division costs nothing either: it goes into the norm, the values or the upper half of the MLP that
the channel comes from. Source: Xiao et al. 2023, SmoothQuant, equation 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

STRENGTH = 0.7  # 1 would take all the outliers out of the activations, 0 none
_MOST = 100.0
Weights = dict[str, "NDArray[np.float32]"]


@dataclass(frozen=True, slots=True)
class Site:
    """Activations that one or more matrices take.

    matrices: their names, without `.weight`. layer: counted from 0.
    source: the norm, or the matrix by whose rows the channels are made. n_copies: channels that one row makes.
    turned: whether the graph turns the channels (see `stance.exporting.turning`); those of values come turned.
    """

    matrices: tuple[str, ...]
    layer: int
    source: str
    n_copies: int = 1
    turned: bool = True

    @property
    def name(self) -> str:
        return self.matrices[0]


def gemma_sites(*, n_layers: int, n_heads: int) -> list[Site]:
    """The four sites of each layer; every value channel occurs in as many inputs of `o_proj` as there are heads."""
    sites = []
    for layer in range(n_layers):
        prefix = f"model.layers.{layer}."
        attention, mlp = prefix + "self_attn.", prefix + "mlp."
        into_attention = tuple(f"{attention}{name}_proj" for name in "qkv")
        sites += [
            Site(into_attention, layer, prefix + "input_layernorm"),
            Site((mlp + "gate_proj", mlp + "up_proj"), layer, prefix + "pre_feedforward_layernorm"),
            Site((mlp + "down_proj",), layer, mlp + "up_proj"),
            Site((attention + "o_proj",), layer, attention + "v_proj", n_copies=n_heads, turned=False),
        ]
    return sites


def smooth(
    weights: Weights, site: Site, peak: NDArray[np.float32], *, strength: float = STRENGTH
) -> NDArray[np.float32]:
    """Change the weights around a site and return what its channels are divided by.

    Args:
        weights: are replaced in the mapping, not changed in place.
        peak: the largest absolute value that each channel was seen to take.
    """
    taken = np.max([np.abs(weights[f"{name}.weight"]).max(axis=0) for name in site.matrices], axis=0)
    scale = _scale(_largest(peak, site.n_copies), _largest(taken, site.n_copies), strength=strength)
    source = f"{site.source}.weight"
    if weights[source].ndim == 1:
        weights[source] = (1 + weights[source]) / scale - 1  # Gemma's norms multiply by 1 + weight
    else:
        weights[source] = weights[source] / scale[:, None]
    scale = np.tile(scale, site.n_copies)
    for name in site.matrices:
        weights[f"{name}.weight"] = weights[f"{name}.weight"] * scale
    return scale


def _largest(values: NDArray[np.float32], n_copies: int) -> NDArray[np.float32]:
    result: NDArray[np.float32] = values.reshape(n_copies, -1).max(axis=0)
    return result


def _scale(peak: NDArray[np.float32], taken: NDArray[np.float32], *, strength: float) -> NDArray[np.float32]:
    scale = np.maximum(peak, 1e-4) ** strength / np.maximum(taken, 1e-4) ** (1 - strength)
    # Only ratios between channels matter; a mean of 1 keeps the numbers where they were.
    scale = np.clip(scale / np.exp(np.log(scale).mean()), 1 / _MOST, _MOST)
    result: NDArray[np.float32] = scale.astype(np.float32)
    return result

"""The matrices of a model in eight bits, and which of its activations and matrices take two digits.

A rounding in the lower layers shows most in the answers, as all that follows reads what comes of it. So in the lower
half of them both sides of a product take two digits, at three times the cost, which leaves next to no error; above them
activations are smoothed (`stance.exporting.smoothing`) and everything takes one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stance.exporting.integers import RoundedMatrix, round_matrix
from stance.exporting.smoothing import Weights, gemma_sites, smooth
from stance.modeling.encoding import EncodedQuery
from stance.modeling.runtime import predict_logits

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor
    from transformers import PreTrainedModel

_ROOM = 16.0  # times the largest mean of values seen; single values are larger


@dataclass(frozen=True, slots=True)
class Rounding:
    """What a graph in eight bits is written from.

    weights: those of the smoothed model, by their names in it; matrices: the same, rounded, without `.weight`.
    precise: names of the sites (see `stance.exporting.smoothing`) whose activations take two digits.
    limits: of each layer, what attention cuts its values off at.
    """

    weights: Mapping[str, NDArray[np.float32]]
    matrices: Mapping[str, RoundedMatrix]
    precise: frozenset[str]
    limits: tuple[float, ...]


def round_model(model: PreTrainedModel, calibration: Sequence[EncodedQuery]) -> Rounding:
    """Round a Gemma 3 model after the largest activations that it has on some queries."""
    config = model.config
    sites = gemma_sites(n_layers=config.num_hidden_layers, n_heads=config.num_attention_heads)
    peaks = _activation_peaks(model, calibration, [site.name for site in sites])
    weights: Weights = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    # All smoothing first: the rows of one site's matrix make the channels of another.
    scales = {site.name: smooth(weights, site, peaks[site.name]) for site in sites}
    precise = [site for site in sites if site.layer < config.num_hidden_layers // 2]
    matrices = {
        name: round_matrix(weights[f"{name}.weight"], n_digits=2 if site in precise else 1)
        for site in sites
        for name in site.matrices
    }
    of_values = [site.name for site in sites if site.source.endswith("v_proj")]
    limits = tuple(_ROOM * float((peaks[name] / scales[name]).max()) for name in of_values)
    return Rounding(weights, matrices, frozenset(site.name for site in precise), limits)


def _activation_peaks(model: PreTrainedModel, calibration: Sequence[EncodedQuery], names: Sequence[str]) -> Weights:
    """The largest absolute value that each input channel of each named matrix takes on the queries."""
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
        found = inputs[0].detach().abs().flatten(0, -2).amax(0).numpy()
        peaks[name] = np.maximum(peaks.get(name, found), found)

    return record

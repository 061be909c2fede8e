"""The matrices of a model in eight bits, and which factors of its products take two digits.

Before, activations are made easy to round: smoothed (`stance.exporting.smoothing`) and turned
(`stance.exporting.turning`), and keys and values of the first token are kept as they are. Then the factors whose
rounding turns most answers take a second digit (`stance.exporting.digits`), until few are expected to turn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stance.errors import CheckpointError
from stance.exporting.digits import choose_second_digits
from stance.exporting.effects import Effects, Place, Side, measure_effects, turned
from stance.exporting.integers import RoundedMatrix, round_matrix
from stance.exporting.smoothing import Site, Weights, gemma_sites, smooth
from stance.exporting.turning import turn_values
from stance.modeling.encoding import EncodedQuery
from stance.modeling.runtime import predict_logits

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor
    from transformers import PreTrainedModel

_ROOM = 16.0  # times the largest mean of values seen; single values are larger
# An export that turns more than 0.015 is refused. Of 829 dev rows the shipped model turned 0.0097 at 0.009.
_TURNED_ANSWERS = 0.009


@dataclass(frozen=True, slots=True)
class FirstToken:
    """What the first token of every query gives to attention in one layer: [head_dim] each, the key as normed."""

    key: NDArray[np.float32]
    value: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Rounding:
    """What a graph in eight bits is written from.

    weights: those of the smoothed model, by their names in it; matrices: rounded, their columns turned with the
    channels that they take, without `.weight`.
    precise: names of the matrices that take two digits of their activations.
    limits: of each layer, what attention cuts its values off at. first: of each layer.
    """

    weights: Mapping[str, NDArray[np.float32]]
    matrices: Mapping[str, RoundedMatrix]
    precise: frozenset[str]
    limits: tuple[float, ...]
    first: tuple[FirstToken, ...]

    def __str__(self) -> str:
        n_matrices = sum(len(matrix.digits) > 1 for matrix in self.matrices.values())
        n_all = len(self.matrices)
        return f"Of {n_all} matrices {n_matrices} take a second digit, and so do the activations of {len(self.precise)}"


def round_model(
    model: PreTrainedModel, calibration: Sequence[EncodedQuery], *, turned_answers: float = _TURNED_ANSWERS
) -> Rounding:
    """Round a Gemma 3 model after what it does on some queries, which all begin with the same token.

    Args:
        turned_answers: the share that second digits are given for: no more answers should turn.

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
    matrices = _rounded(weights, sites, second=frozenset())
    effects = measure_effects(model, weights, matrices, sites, calibration)
    second = _second_digits(effects, sites, matrices, turned_answers=turned_answers)
    return Rounding(
        weights=weights,
        matrices=matrices | _rounded(weights, sites, second=second),
        precise=frozenset(place.matrix for place in second if place.side is Side.ACTIVATIONS),
        limits=tuple(_ROOM * effects.largest[site.name] for site in sites if not site.turned),
        first=_first_token(model, weights, *begin),
    )


def _second_digits(
    effects: Effects, sites: Sequence[Site], matrices: Mapping[str, RoundedMatrix], *, turned_answers: float
) -> frozenset[Place]:
    site_of = {name: site for site in sites for name in site.matrices}
    shapes = {name: matrix.digits[0].shape for name, matrix in matrices.items()}
    return choose_second_digits(effects, site_of, shapes, turned_answers=turned_answers)


def _rounded(weights: Weights, sites: Sequence[Site], *, second: frozenset[Place]) -> dict[str, RoundedMatrix]:
    """All matrices in one digit, or in two where `second` names them."""
    return {
        name: round_matrix(
            turned(weights[f"{name}.weight"], site), n_digits=2 if Place(name, Side.MATRIX) in second else 1
        )
        for site in sites
        for name in site.matrices
    }


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

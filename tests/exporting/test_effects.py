"""Effects: what a rounding is said to change is what it changes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from stance.exporting import effects as measuring
from stance.exporting.effects import measure_effects, turned
from stance.exporting.integers import round_matrix
from stance.exporting.smoothing import gemma_sites
from stance.modeling.encoding import EncodedQuery
from stance.modeling.model import load_classifier, load_config
from stance.modeling.runtime import predict_logits


@pytest.mark.parametrize("name", ["model.layers.1.mlp.down_proj", "model.layers.1.self_attn.o_proj"])
def test_a_rounded_matrix_moves_margins_as_foretold(
    name: str, tiny_base: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "round_activations", lambda taken: taken)
    base = tiny_base("gemma3_text")
    model = load_classifier(base, config=load_config(base))
    queries = [EncodedQuery((2, *range(10, 10 + n), 40, 41), n + 1, 0, truncated=False) for n in (3, 9, 30)]
    sites = gemma_sites(n_layers=2, n_heads=2)
    weights = {key: tensor.numpy() for key, tensor in model.state_dict().items()}
    matrices = {
        matrix: round_matrix(turned(weights[f"{matrix}.weight"], site)) for site in sites for matrix in site.matrices
    }
    effects = measure_effects(model, weights, matrices, sites, queries)
    before = predict_logits(model, queries, batch_tokens=1)
    order = np.argsort(-before, axis=1)

    def margins(logits: np.ndarray) -> np.ndarray:
        best, next_best = (np.take_along_axis(logits, order[:, place : place + 1], axis=1)[:, 0] for place in (0, 1))
        return best - next_best

    assert effects.margins == pytest.approx(margins(before), abs=1e-5)
    site = next(site for site in sites if name in site.matrices)
    # Of the last layer, where nothing is left out: the first token's part in it moves no answer. The matrix is turned
    # back by being turned once more.
    changed = torch.from_numpy(turned(matrices[name].values(), site))
    with torch.no_grad():
        model.get_submodule(name).weight.copy_(changed)
    moved = margins(predict_logits(model, queries, batch_tokens=1)) - margins(before)
    foretold = effects.changes[name]
    assert np.abs(foretold).max() > 0
    assert np.abs(moved - foretold).max() < 0.2 * np.abs(moved).max()

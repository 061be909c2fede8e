"""Rounding: how far a matrix may be off, and that smoothing changes no answer."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from stance.errors import CheckpointError
from stance.exporting.integers import round_matrix
from stance.exporting.rounding import round_model
from stance.modeling.encoding import EncodedQuery
from stance.modeling.model import load_classifier, load_config
from stance.modeling.runtime import predict_logits


def test_a_number_is_off_by_half_a_step() -> None:
    weight = np.random.default_rng(0).normal(size=(5, 40)).astype(np.float32)
    weight[2] = 0
    weight[3, 1] = 100
    rounded = round_matrix(weight)
    assert rounded.scales[3] == pytest.approx(100 / 127)
    off = np.abs(rounded.steps - weight / rounded.scales[:, None])
    assert off.max() <= 0.5 * 1.01
    assert off.max() > 0.5 / 2
    assert rounded.values() == pytest.approx(weight, abs=0.51 * float(rounded.scales.max()))


def test_a_smoothed_model_answers_as_before(tiny_base: Callable[[str], Path]) -> None:
    base = tiny_base("gemma3_text")
    model = load_classifier(base, config=load_config(base))
    queries = [EncodedQuery((2, *range(10, 10 + n), 40, 41), n + 1, 0, truncated=False) for n in (1, 9, 30)]
    expected = predict_logits(model, queries, batch_tokens=1)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    rounding = round_model(model, queries)
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    changed = {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in rounding.weights.items()}
    assert not torch.equal(changed["model.layers.0.mlp.up_proj.weight"], before["model.layers.0.mlp.up_proj.weight"])
    model.load_state_dict(changed)
    assert np.allclose(predict_logits(model, queries, batch_tokens=1), expected, atol=1e-5)
    assert str(rounding).startswith("Of 14 matrices")


def test_matrices_are_kept_as_answers_are_to_stay(tiny_base: Callable[[str], Path]) -> None:
    base = tiny_base("gemma3_text")
    model = load_classifier(base, config=load_config(base))
    queries = [EncodedQuery((2, *range(10, 10 + n), 40), n + 1, 0, truncated=False) for n in (1, 9, 30)]
    none, all_of_them = (round_model(model, queries, turned_answers=share) for share in (1.0, -1.0))
    assert (len(none.matrices), len(none.kept)) == (14, 0)
    assert set(all_of_them.kept) == set(none.matrices)
    assert all(
        np.abs(matrix.values() - all_of_them.kept[name]).max() <= matrix.scales.max()
        for name, matrix in none.matrices.items()
    )
    assert not all_of_them.matrices
    assert np.array_equal(none.first[1].key, all_of_them.first[1].key)


def test_texts_that_begin_differently_are_not_rounded(tiny_base: Callable[[str], Path]) -> None:
    base = tiny_base("gemma3_text")
    model = load_classifier(base, config=load_config(base))
    queries = [EncodedQuery((first, 10, 40), 2, 0, truncated=False) for first in (2, 3)]
    with pytest.raises(CheckpointError, match="the same token before every text"):
        round_model(model, queries)

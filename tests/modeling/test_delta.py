"""A low-rank change survives compression, and a damaged delta is refused."""

import pytest
import torch

from stance.errors import CheckpointError
from stance.modeling.delta import apply_delta, compress


def test_a_change_of_low_rank_comes_back_whole() -> None:
    generator = torch.Generator().manual_seed(0)
    base = {"w": torch.randn(20, 12, generator=generator), "norm": torch.ones(12)}
    change = torch.randn(20, 3, generator=generator) @ torch.randn(3, 12, generator=generator)
    adapted = {"w": base["w"] + change, "norm": torch.full((12,), 1.5), "head": torch.ones(3, 12)}
    delta = compress(adapted, base, rank=4)
    assert set(delta) == {"w.left", "w.right", "w.scale", "norm", "head"}
    assert delta["w.left"].shape == (20, 3)
    restored = apply_delta(base, delta)
    assert torch.allclose(restored["w"], adapted["w"], atol=0.1)  # changes of up to 6, in eight bits
    assert torch.equal(restored["norm"], adapted["norm"])
    assert torch.equal(restored["head"], adapted["head"])


def test_factors_in_fp16_are_read_too() -> None:
    delta = {"w.left": torch.full((3, 2), 0.5).half(), "w.right": torch.ones(2, 4).half()}
    assert torch.equal(apply_delta({"w": torch.ones(3, 4)}, delta)["w"], torch.full((3, 4), 2.0))


def test_an_unchanged_matrix_costs_nothing() -> None:
    base = {"w": torch.ones(8, 8)}
    assert compress({"w": torch.ones(8, 8)}, base, rank=2) == {}


def test_a_delta_of_another_shape_is_refused() -> None:
    delta = {"w.left": torch.ones(5, 2), "w.right": torch.ones(2, 7)}
    with pytest.raises(CheckpointError, match="w does not fit the base"):
        apply_delta({"w": torch.ones(8, 8)}, delta)

"""Turning channels: an outlier is spread, and a product stays what it was."""

import numpy as np
import pytest

from stance.exporting.smoothing import Site
from stance.exporting.turning import block_of, turn_channels, turn_values, turning_matrix


@pytest.mark.parametrize(("n_channels", "block"), [(640, 64), (2048, 64), (32, 32), (48, 16), (7, 1)])
def test_blocks_divide_the_channels(n_channels: int, block: int) -> None:
    assert block_of(n_channels) == block


def test_the_matrix_of_two_is_known_and_each_is_its_own_inverse() -> None:
    assert np.allclose(turning_matrix(2), np.array([[1, 1], [1, -1]]) / np.sqrt(2))
    for size in (1, 4, 64):
        assert np.allclose(turning_matrix(size) @ turning_matrix(size), np.eye(size), atol=1e-6)


def test_an_outlier_is_spread_over_its_block_and_products_stay() -> None:
    rng = np.random.default_rng(0)
    x, weight = (rng.normal(size=(n, 48)).astype(np.float32) for n in (5, 3))
    x[:, 20] = 100
    turned = turn_channels(x, 16)
    assert np.abs(turned).max() < 35
    assert np.allclose(turned[:, :16], turn_channels(x[:, :16], 16))
    assert np.allclose(turned @ turn_channels(weight, 16).T, x @ weight.T, atol=1e-4)


def test_turned_values_make_the_same_outputs() -> None:
    rng = np.random.default_rng(0)
    site = Site(("o_proj",), 0, "v_proj", n_copies=2, turned=False)
    before = {
        "v_proj.weight": rng.normal(size=(8, 12)).astype(np.float32),
        "o_proj.weight": rng.normal(size=(5, 16)).astype(np.float32),
    }
    after = dict(before)
    turn_values(after, site)
    x = rng.normal(size=12)

    def output(weights: dict[str, np.ndarray]) -> np.ndarray:
        return weights["o_proj.weight"] @ np.tile(weights["v_proj.weight"] @ x, 2)

    assert not np.allclose(after["v_proj.weight"], before["v_proj.weight"])
    assert np.allclose(output(after), output(before), atol=1e-5)

"""Spread what stands out in one channel of activations over many, so that a scale for the whole token fits them all.

Blocks of channels are multiplied by a Hadamard matrix, and so are the columns of the matrices that take them, which
changes nothing in exact arithmetic: the matrix is its own inverse. Where the channels are made by a matrix, that one is
turned and nothing is left to do at run time. Source: Ashkboos et al. 2024, QuaRot, arXiv 2404.00456.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stance.exporting.smoothing import Site, Weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LARGEST_BLOCK = 64  # of channels turned at run time; 128 spread them hardly better, at twice the cost


def block_of(n_channels: int) -> int:
    """How many channels are turned together: the largest power of two that divides them, up to a limit."""
    return min(n_channels & -n_channels, _LARGEST_BLOCK)


def turning_matrix(size: int) -> NDArray[np.float32]:
    """Sylvester's Hadamard matrix [size, size] of a power of two, scaled so that it is its own inverse."""
    signs = np.ones((1, 1))
    while len(signs) < size:
        signs = np.block([[signs, signs], [signs, -signs]])
    matrix: NDArray[np.float32] = (signs / np.sqrt(size)).astype(np.float32)
    return matrix


def turn_channels(array: NDArray[np.float32], block: int) -> NDArray[np.float32]:
    """Multiply each block of the last axis by the matrix of its size."""
    blocks = array.reshape(*array.shape[:-1], -1, block)
    turned: NDArray[np.float32] = (blocks @ turning_matrix(block)).reshape(array.shape)
    return turned


def turn_values(weights: Weights, site: Site) -> None:
    """Turn the value channels that `o_proj` takes, in the matrix that makes them; replaces both in the mapping."""
    source, taker = f"{site.source}.weight", f"{site.name}.weight"
    n_values = len(weights[source])
    block = n_values & -n_values
    weights[source] = np.ascontiguousarray(turn_channels(weights[source].T, block).T)
    weights[taker] = turn_channels(weights[taker], block)

"""Eight-bit numbers in a graph: matrices with a scale per output, activations with a scale per token.

With eight bits the smallest difference can tip a rounding, and all that follows. So every sum must come out the same to
the last bit whatever else stands in the stream: those of products of whole numbers do, and attention is summed in
fixed-point numbers, which floats of 24 bits add exactly, in any order.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from stance.exporting.graph import MICROSOFT, GraphWriter

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 32
_ZERO_POINT = 128  # of unsigned activations, which processors multiply with signed weights
_LARGEST = 127
_SMALLEST_SCALE = 1e-12
_MANTISSA_BITS = 23  # of a float, without the leading one that isn't stored
_SHARE_BITS = 12


def int8_linear(graph: GraphWriter, x: str, weight: NDArray[np.float32]) -> str:
    """x @ weight.T with both sides in eight bits, summed in whole numbers.

    Each token has a scale of its own. onnxruntime's own dynamic quantisation takes one scale for all tokens, and what
    a row is answered would depend on its neighbours.

    Args:
        weight: [outputs, inputs].
    """
    largest = graph.op("ReduceMax", graph.op("Abs", x), graph.ints(-1), attributes={"keepdims": 1})
    scale = graph.op("Max", graph.op("Mul", largest, graph.floats(1 / _LARGEST)), graph.floats(_SMALLEST_SCALE))
    one, zero_point = graph.floats(1.0), graph.constant(np.array(_ZERO_POINT, dtype=np.uint8))
    whole = graph.op("QuantizeLinear", graph.op("Div", x, scale), one, zero_point)
    rounded, scales = rounded_rows(weight)
    product = graph.op(
        "MatMulIntegerToFloat",
        whole,
        graph.constant(rounded.T),
        one,
        graph.constant(scales),
        zero_point,
        domain=MICROSOFT,
    )
    return graph.op("Mul", product, scale)


def fixed_point_attention(
    graph: GraphWriter, scores: str, values: str, *, largest_value: float, max_tokens: int
) -> str:
    """softmax(scores) @ values, the same for a token whatever other tokens stand around it.

    Exponentials, shares and values are rounded to grids so coarse that no sum of them needs more than 24 bits. A share
    is at most 1/8192 off, a value 1/4096 of the power of two above twice the largest seen in calibration; a larger one
    is cut off there.

    Args:
        scores: [tokens, heads, seen tokens], masked. values: [seen tokens, head_dim].
        largest_value: seen in calibration.
        max_tokens: that one token sees.

    Returns:
        [tokens * heads, head_dim].
    """
    peak = graph.op("ReduceMax", scores, graph.ints(-1), attributes={"keepdims": 1})
    exponentials = graph.op("Exp", graph.op("Sub", scores, peak))
    exponentials = _on_grid(graph, exponentials, 2.0 ** (math.ceil(math.log2(max_tokens)) - _MANTISSA_BITS))
    total = graph.op("ReduceSum", exponentials, graph.ints(-1), attributes={"keepdims": 1})
    shares = _on_grid(graph, graph.op("Div", exponentials, total), 2.0**-_SHARE_BITS)
    n_tokens = graph.op("Shape", values, attributes={"start": 0, "end": 1})
    shape = graph.op("Concat", graph.ints(-1), n_tokens, attributes={"axis": 0})
    limit = 2.0 ** math.ceil(math.log2(2 * largest_value))
    values = graph.op("Clip", values, graph.floats(-limit), graph.floats(limit))
    values = _on_grid(graph, values, limit * 2.0 ** (_SHARE_BITS - _MANTISSA_BITS))
    return graph.op("MatMul", graph.op("Reshape", shares, shape), values)


def _on_grid(graph: GraphWriter, x: str, step: float) -> str:
    """x rounded to multiples of a power of two; its absolute values must be below 2**22 steps."""
    # Beside a number whose last bit is worth one step, x has no room for finer ones.
    anchor = graph.floats(1.5 * 2.0**_MANTISSA_BITS * step)
    return graph.op("Sub", graph.op("Add", x, anchor), anchor)


def rounded_rows(weight: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Whole numbers [rows, columns] in -127..127 and a scale for each row, whose product is near the matrix."""
    scales = np.maximum(np.abs(weight).max(axis=1) / _LARGEST, _SMALLEST_SCALE).astype(np.float32)
    whole = np.clip(np.round(weight / scales[:, None]), -_LARGEST, _LARGEST)
    return whole.astype(np.int8), scales


def split_into_blocks(table: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float16]] | None:
    """A table as 8-bit numbers and a scale for each 32 of a row, where that is the same to the last bit.

    It is for tables that were dequantised from GGUF's Q8_0, as the base's embeddings were: a quarter of the size,
    nothing lost. None for any other table.
    """
    rows, width = table.shape
    if width % BLOCK:
        return None
    whole = np.empty((rows, width), dtype=np.int8)
    scales = np.empty((rows, width // BLOCK), dtype=np.float16)
    step = 8192
    for start in range(0, rows, step):
        part = table[start : start + step].reshape(-1, width // BLOCK, BLOCK)
        scale = (np.abs(part).max(axis=2) / 127).astype(np.float16)
        wide = scale.astype(np.float32)[:, :, None]
        rounded = np.round(np.divide(part, wide, out=np.zeros_like(part), where=wide > 0))
        if not np.array_equal(rounded * wide, part):
            return None
        whole[start : start + step] = rounded.reshape(-1, width)
        scales[start : start + step] = scale
    return whole, scales

"""Eight-bit numbers in a graph: matrices with a scale per output, activations with a scale per token.

With eight bits the smallest difference can tip a rounding, and all that follows. So every sum must come out the same to
the last bit whatever else stands in the stream. Sums of whole numbers do, and attention sums them too.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from onnx import TensorProto

from stance.exporting.graph import MICROSOFT, GraphWriter

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 32
_ZERO_POINT = 128  # of unsigned activations: onnxruntime multiplies signed ones twenty times more slowly
_LARGEST = 127
_SMALLEST_SCALE = 1e-12
_SECOND_DIGIT = 254  # half a step is the most that a first digit leaves
_BY_TOKEN = {"axis": 0}


@dataclass(frozen=True, slots=True)
class RoundedTokens:
    """Activations [tokens, channels] in eight bits: `digits` times `scale` [tokens, 1].

    The second digit, where there is one, holds what the first leaves and counts 1/254 of it.
    """

    digits: tuple[str, ...]
    scale: str


@dataclass(frozen=True, slots=True)
class RoundedMatrix:
    """Whole numbers [outputs, inputs] in -127..127 and a scale for each output, whose product is near a matrix.

    A second digit, where there is one, holds what the first leaves and counts 1/254 of it.
    """

    digits: tuple[NDArray[np.int8], ...]
    scales: NDArray[np.float32]

    def values(self) -> NDArray[np.float32]:
        """The matrix that it stands for."""
        worth = [np.float32(_SECOND_DIGIT**-place) for place in range(len(self.digits))]
        steps = np.sum([digit * value for digit, value in zip(self.digits, worth, strict=True)], axis=0)
        result: NDArray[np.float32] = steps * self.scales[:, None]
        return result


def round_tokens(graph: GraphWriter, x: str, *, precise: bool) -> RoundedTokens:
    """x [tokens, channels] with a scale for each token, in one digit, or two where `precise`.

    onnxruntime's own dynamic quantisation takes one scale for all tokens, and what a row is answered would depend on
    its neighbours.
    """
    last = {"keepdims": 0}
    top = graph.op("ReduceMax", graph.op("Abs", x), graph.ints(-1), attributes=last)
    scale = graph.op("Max", graph.op("Mul", top, graph.floats(1 / _LARGEST)), graph.floats(_SMALLEST_SCALE))
    zeros = graph.op("Expand", _zero_point(graph), graph.op("Shape", scale))
    digits = [graph.op("QuantizeLinear", x, scale, zeros, attributes=_BY_TOKEN)]
    if precise:
        left = graph.op("Sub", x, graph.op("DequantizeLinear", digits[0], scale, zeros, attributes=_BY_TOKEN))
        finer = graph.op("Mul", scale, graph.floats(1 / _SECOND_DIGIT))
        digits.append(graph.op("QuantizeLinear", left, finer, zeros, attributes=_BY_TOKEN))
    return RoundedTokens(tuple(digits), graph.op("Unsqueeze", scale, graph.ints(1)))


def int8_product(graph: GraphWriter, x: RoundedTokens, weight: RoundedMatrix, *, precise: bool, scaled: bool) -> str:
    """x @ weight.T, summed in whole numbers: [tokens, outputs].

    Args:
        precise: whether it takes the second digit of x too, if there is one.
        scaled: whether tokens get their scales back; what a norm or a rounding takes next needs none.
    """
    matrices = [graph.constant(digit.T) for digit in weight.digits]
    one, product = graph.floats(1.0), ""
    digits = x.digits if precise else x.digits[:1]
    for (place, digit), (other, matrix) in itertools.product(enumerate(digits), enumerate(matrices)):
        if place + other > 1:
            continue  # of two second digits: too small to count
        worth = graph.constant(weight.scales / _SECOND_DIGIT ** (place + other))
        factors = (digit, matrix, one, worth, _zero_point(graph))
        part = graph.op("MatMulIntegerToFloat", *factors, domain=MICROSOFT)
        product = graph.op("Add", product, part) if product else part
    return graph.op("Mul", product, x.scale) if scaled else product


def int8_attention(graph: GraphWriter, exponents: str, values: str, *, limit: float) -> str:
    """softmax(exponents) @ values, summed in whole numbers.

    Exponentials are multiples of 1/255 of the largest, values of 1/32258 of `limit`; larger ones are cut off there.

    Args:
        exponents: [streams, rows, tokens], the largest of each row 0. values: [streams, tokens, head_dim].

    Returns:
        [streams, rows, head_dim].
    """
    nothing = graph.constant(np.array(0, dtype=np.uint8))
    shares = graph.op("QuantizeLinear", graph.op("Exp", exponents), graph.floats(1 / 255), nothing)
    step, none = limit / _LARGEST, graph.constant(np.array(0, dtype=np.int8))
    first = graph.op("QuantizeLinear", values, graph.floats(step), none)
    left = graph.op("Sub", values, graph.op("DequantizeLinear", first, graph.floats(step), none))
    second = graph.op("QuantizeLinear", left, graph.floats(step / _SECOND_DIGIT), none)
    one = graph.floats(1.0)
    parts = [
        graph.op("MatMulIntegerToFloat", shares, digit, one, graph.floats(worth), domain=MICROSOFT)
        for digit, worth in ((first, step), (second, step / _SECOND_DIGIT))
    ]
    tokens = graph.op("Shape", values, attributes={"start": 0, "end": 2})
    column = graph.op("Concat", tokens, graph.ints(1), attributes={"axis": 0})
    ones = graph.op("Expand", graph.constant(np.array([[[1]]], dtype=np.int8)), column)
    total = graph.op("Cast", graph.op("MatMulInteger", shares, ones), attributes={"to": TensorProto.FLOAT})
    return graph.op("Div", graph.op("Add", *parts), total)


def _zero_point(graph: GraphWriter) -> str:
    return graph.constant(np.array(_ZERO_POINT, dtype=np.uint8))


def round_activations(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """What one digit makes of activations [tokens, channels], as `round_tokens` does it in a graph."""
    scale = np.maximum(np.abs(x).max(axis=1, keepdims=True) / _LARGEST, _SMALLEST_SCALE)
    result: NDArray[np.float32] = (np.round(x / scale) * scale).astype(np.float32)
    return result


def round_matrix(weight: NDArray[np.float32], *, n_digits: int) -> RoundedMatrix:
    """A matrix [outputs, inputs] in one digit or two."""
    scales = np.maximum(np.abs(weight).max(axis=1) / _LARGEST, _SMALLEST_SCALE).astype(np.float32)
    left, digits = weight / scales[:, None], []
    for _ in range(n_digits):
        digits.append(np.clip(np.round(left), -_LARGEST, _LARGEST).astype(np.int8))
        left = (left - digits[-1]) * _SECOND_DIGIT
    return RoundedMatrix(tuple(digits), scales)


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

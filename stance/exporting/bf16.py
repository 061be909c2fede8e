"""Gemma 3 in bfloat16, for OpenVINO, such that a row's answer depends on nothing that stands beside it.

With eight bits of precision the smallest difference in a sum can tip a rounding, and all that follows. A sum over the
tokens that are seen is cut otherwise with every stream, so it is taken in whole numbers, which fp32, in which products
of bfloat16 are summed, holds exactly up to 2 ** 24. All other sums are over channels, always in one order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from ml_dtypes import bfloat16
from onnx import TensorProto

from stance.exporting.decoder import Decoder

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LARGEST = 255  # whole numbers up to 256 have a bfloat16 of their own
_SECOND_DIGIT = 256
_LEAST_BOUND = 1e-12
_ONES = 32  # a whole tile of columns


class Bf16Decoder(Decoder):
    """Its graph is of plain operators, its matrices are stored in bfloat16; OpenVINO runs the rest in it too."""

    def _attend(self, scores: str, values: str, index: int) -> str:
        """Shares are multiples of 1/255 of the largest, values of a power of two, in two digits: both exact."""
        graph, dim, step = self.graph, self.config.head_dim, self._value_steps(index)
        exponentials = graph.op("Exp", self._exponents(scores))
        shares = graph.op("Round", graph.op("Mul", exponentials, graph.floats(float(_LARGEST))))
        first = graph.op("Round", graph.op("Mul", values, graph.constant(1 / step)))
        left = graph.op("Sub", values, graph.op("Mul", first, graph.constant(step)))
        second = graph.op("Round", graph.op("Mul", left, graph.constant(_SECOND_DIGIT / step)))
        column = graph.op("Concat", self.n_streams, self.n_tokens, graph.ints(_ONES), attributes={"axis": 0})
        ones = graph.op("Expand", graph.floats(1.0), column)
        whole = graph.op("Concat", first, second, ones, attributes={"axis": -1})
        sums = graph.op("MatMul", self._by_stream(shares, self.n_tokens), whole)
        first, second, total = (
            graph.op("Slice", sums, graph.ints(start), graph.ints(stop), graph.ints(-1))
            for start, stop in ((0, dim), (dim, 2 * dim), (2 * dim, 2 * dim + 1))
        )
        first = graph.op("Mul", first, graph.constant(step))
        second = graph.op("Mul", second, graph.constant(step / _SECOND_DIGIT))
        return graph.op("Div", graph.op("Add", first, second), total)

    def _value_steps(self, index: int) -> NDArray[np.float32]:
        """For each channel the power of two of which no value is more than 255 times as large.

        A value is the product of a row of weights and a normed vector, whose length is the root of its width.
        """
        prefix = f"model.layers.{index}."
        weight = self.weights[prefix + "self_attn.v_proj.weight"]
        norm = 1 + self.weights[prefix + "input_layernorm.weight"]
        bound = np.maximum(np.linalg.norm(weight * norm, axis=1) * weight.shape[1] ** 0.5, _LEAST_BOUND)
        steps: NDArray[np.float32] = np.exp2(np.ceil(np.log2(bound / _LARGEST))).astype(np.float32)
        return steps

    def _rotate(self, x: str, position: str, kind: str, *, n_heads: int) -> str:
        graph, dim = self.graph, self.config.head_dim
        cos, sin = (graph.op("Gather", table, position) for table in self.rope[kind])
        cos = graph.op("Concat", cos, cos, attributes={"axis": -1})
        sin = graph.op("Concat", graph.op("Neg", sin), sin, attributes={"axis": -1})
        x = graph.op("Reshape", x, graph.ints(-1, n_heads, dim))
        halves = [
            graph.op("Slice", x, graph.ints(start), graph.ints(start + dim // 2), graph.ints(-1))
            for start in (dim // 2, 0)
        ]
        turned = graph.op("Mul", graph.op("Concat", *halves, attributes={"axis": -1}), sin)
        return graph.op("Reshape", graph.op("Add", graph.op("Mul", x, cos), turned), graph.ints(-1, dim))

    def _exact_linear(self, x: str, weight: NDArray[np.float32]) -> str:
        stored = self.graph.constant(weight.T.astype(bfloat16))
        return self.graph.op("MatMul", x, self.graph.op("Cast", stored, attributes={"to": TensorProto.FLOAT}))

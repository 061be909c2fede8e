"""Gemma 3 in bfloat16, for OpenVINO, such that a row's answer depends on nothing that stands beside it.

With eight bits of precision the smallest difference in a sum can tip a rounding, and all that follows. A sum over the
tokens that are seen is cut otherwise with every stream, so it is taken in whole numbers, which fp32, in which products
of bfloat16 are summed, holds exactly up to 2 ** 24. All other sums are over channels, always in one order.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
from ml_dtypes import bfloat16
from onnx import TensorProto

from stance.exporting.decoder import Decoder

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LARGEST = 255.0  # whole numbers up to 256 have a bfloat16 of their own
_SECOND_DIGIT = 256
_LEAST_BOUND = 1e-12


class Bf16Decoder(Decoder):
    """Its graph is of plain operators, its matrices are stored in bfloat16; OpenVINO runs the rest in it too."""

    share_digits = 2

    def _seen(self, k: str, v: str, index: int) -> tuple[str, str]:
        """Keys less the first token's, which all texts share: no share changes, but scores that count get small."""
        graph = self.graph
        first = graph.op("Slice", k, graph.ints(0), graph.ints(1), graph.ints(1))
        return graph.op("Sub", k, first), v

    def _attend(self, scores: str, values: str, index: int) -> str:
        """Shares are multiples of 1/255 of the largest, values of a power of two; more digits hold what that leaves."""
        graph = self.graph
        exponentials = graph.op("Mul", graph.op("Exp", self._exponents(scores)), graph.floats(_LARGEST))
        shares = self._digits(self._by_stream(exponentials, self.n_tokens), np.float32(1), count=self.share_digits)
        parts = self._digits(values, self._value_steps(index), count=2)
        sums = [
            graph.op("MatMul", share, part)
            for place, share in enumerate(shares)
            for part in parts[: len(parts) - place]  # of two second digits it is too small to count
        ]
        totals = [graph.op("ReduceSum", share, graph.ints(-1), attributes={"keepdims": 1}) for share in shares]
        return graph.op("Div", self._added(sums), self._added(totals))

    def _digits(self, x: str, step: NDArray[np.float32] | np.float32, *, count: int) -> list[str]:
        """x as a multiple of a power of two, what that leaves as one of 1/256 of it, and so on."""
        graph, digits = self.graph, list[str]()
        for place in range(count):
            worth = graph.constant(np.asarray(step / _SECOND_DIGIT**place, dtype=np.float32))
            digits.append(graph.op("Mul", graph.op("Round", graph.op("Div", x, worth)), worth))
            x = graph.op("Sub", x, digits[-1])
        return digits

    def _added(self, terms: list[str]) -> str:
        return reduce(lambda one, other: self.graph.op("Add", one, other), terms)

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
        """In the form that OpenVINO knows for a rotation and computes at once."""
        graph, dim = self.graph, self.config.head_dim
        cos, sin = (graph.op("Gather", table, position) for table in self.rope[kind])
        cos, sin = (graph.op("Concat", half, half, attributes={"axis": -1}) for half in (cos, sin))
        cos, sin = (graph.op("Reshape", table, graph.ints(-1, 1, 1, dim)) for table in (cos, sin))
        x = graph.op("Reshape", x, graph.ints(-1, n_heads, 1, dim))
        low, high = (
            graph.op("Slice", x, graph.ints(start), graph.ints(stop), graph.ints(3), graph.ints(1))
            for start, stop in ((0, dim // 2), (dim // 2, dim))
        )
        turned = graph.op("Concat", graph.op("Mul", high, graph.floats(-1.0)), low, attributes={"axis": -1})
        x = graph.op("Add", graph.op("Mul", x, cos), graph.op("Mul", turned, sin))
        return graph.op("Reshape", x, graph.ints(-1, dim))

    def _linear(self, x: str, weight: NDArray[np.float32]) -> str:
        stored = self.graph.constant(weight.T.astype(bfloat16))
        return self.graph.op("MatMul", x, self.graph.op("Cast", stored, attributes={"to": TensorProto.FLOAT}))

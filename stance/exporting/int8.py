"""Gemma 3 in eight bits, for OpenVINO: products of whole numbers, what is between them as in bf16.

With eight bits the smallest difference can tip a rounding, and all that follows. So every sum must come out the same to
the last bit whatever else stands in the stream: sums of whole numbers do. Each token has a scale of its own, for with
one for all of them what a row is answered would depend on its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stance.exporting.bf16 import Bf16Decoder
from stance.exporting.graph import GraphWriter
from stance.exporting.integers import LARGEST, SMALLEST_SCALE
from stance.exporting.turning import block_of, turning_matrix

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from stance.exporting.rounding import Rounding

_LEAST = -1e30


@dataclass(frozen=True, slots=True)
class RoundedTokens:
    """Activations [tokens, channels] as whole numbers in eight bits with a scale [tokens, 1], and as they were."""

    steps: str
    scale: str
    exact: str


class Int8Decoder(Bf16Decoder):
    """Its graph marks with QuantizeLinear and DequantizeLinear what OpenVINO multiplies in eight bits."""

    share_digits = 1  # a second one takes a tenth of the time and away but a tenth of the error

    def __init__(self, graph: GraphWriter, model: PreTrainedModel, *, max_tokens: int, rounding: Rounding) -> None:
        super().__init__(graph, model, max_tokens=max_tokens)
        self.rounding, self.weights = rounding, rounding.weights
        at_start = graph.op("Equal", "position", graph.constant(np.array(0, dtype=np.int64)))
        self.is_first = graph.op("Unsqueeze", at_start, graph.ints(2))

    def _seen(self, k: str, v: str, index: int) -> tuple[str, str]:
        """With those of the first token, which are the same in every query, as they are in fp32.

        All tokens look at it, and no channel of another is as large as its largest.
        """
        graph, known = self.graph, self.rounding.first[index]
        key, value = (graph.constant(vector[None, None]) for vector in (known.key, known.value))
        k, v = (graph.op("Where", self.is_first, *pair) for pair in ((key, k), (value, v)))
        return super()._seen(k, v, index)

    def _taken(self, x: str, *matrices: str) -> RoundedTokens:
        graph = self.graph
        if not matrices[0].endswith("o_proj"):  # whose channels come turned
            x = self._turned(x, self.weights[f"{matrices[0]}.weight"].shape[1])
        most, least = (
            graph.op(f"Reduce{end}", x, graph.ints(-1), attributes={"keepdims": 1}) for end in ("Max", "Min")
        )
        top = graph.op("Max", most, graph.op("Neg", least))
        scale = graph.op("Max", graph.op("Mul", top, graph.floats(1 / LARGEST)), graph.floats(SMALLEST_SCALE))
        one, zero = graph.floats(1.0), graph.constant(np.array(0, dtype=np.int8))
        steps = graph.op("QuantizeLinear", graph.op("Div", x, scale), one, zero)
        return RoundedTokens(graph.op("DequantizeLinear", steps, one, zero), scale, x)

    def _embeddings(self) -> str:
        return self._no_product(super()._embeddings())

    def _sum(self, x: str, other: str) -> str:
        return super()._sum(x, self._no_product(other))

    def _no_product(self, x: str) -> str:
        """x as it is: OpenVINO would take a constant factor for a scale of eight bits and move it behind later sums."""
        return self.graph.op("Max", x, self.graph.floats(_LEAST))

    def _turned(self, x: str, n_channels: int) -> str:
        graph, block = self.graph, block_of(n_channels)
        blocks = graph.op("Reshape", x, graph.ints(-1, block))
        blocks = graph.op("MatMul", blocks, graph.constant(turning_matrix(block)))
        return graph.op("Reshape", blocks, graph.ints(-1, n_channels))

    def _product(self, taken: Any, matrix: str, *, scaled: bool = True) -> str:
        graph, rounded = self.graph, self.rounding.matrices.get(matrix)
        if rounded is None:
            return self._linear(taken.exact, self.rounding.kept[matrix])
        steps, scales = graph.constant(rounded.steps.T), graph.constant(rounded.scales)
        weight = graph.op("DequantizeLinear", steps, scales, attributes={"axis": 1})
        product = graph.op("MatMul", taken.steps, weight)
        return graph.op("Mul", product, taken.scale) if scaled else product

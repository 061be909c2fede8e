"""The layers of Gemma 3 as an ONNX graph over streams side by side (see `stance.modeling.packing`).

What is particular about Gemma 3 (Gemma Team 2025, arXiv 2503.19786, and `modeling_gemma3.py` in transformers): norms
scale by 1 + weight and stand before and after attention and MLP; queries and keys have norms of their own; most layers
see a sliding window and rotate by another base than the global ones; embeddings are scaled by the root of their width.
With one key-value head, attention is two plain matrix products. The last layer is computed for the answering tokens
only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import TensorProto

from stance.exporting.graph import MICROSOFT, GraphWriter

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from transformers import PreTrainedModel

_FIRST = {"axis": 0}
_UNSEEN = -1e9  # added to a score
# Below -87 an exponential is a denormal number, which takes twenty times as long; beside 1 this one is as good as 0.
_LEAST_EXPONENT = -80.0
_LARGEST_STEP, _LEAST_SCALE = np.float32(2**15 - 1), np.float32(1e-30)


class Decoder:
    """The layers of one model, written into one graph, in fp32."""

    def __init__(self, graph: GraphWriter, model: PreTrainedModel, *, max_tokens: int) -> None:
        self.graph, self.config = graph, model.config
        self.weights: Mapping[str, NDArray[np.float32]] = {
            name: tensor.numpy() for name, tensor in model.state_dict().items()
        }
        self.windowed = max_tokens > self.config.sliding_window
        self.rope = {kind: self._rope_tables(model, kind, max_tokens) for kind in set(self.config.layer_types)}
        self.n_streams = graph.op("Shape", "position", attributes={"start": 0, "end": 1})
        self.n_tokens = graph.op("Shape", "position", attributes={"start": 1, "end": 2})
        self.last = graph.op("Reshape", "last", graph.ints(-1))
        self.position = graph.op("Reshape", "position", graph.ints(-1, 1))
        self.is_first = graph.op("Equal", self.position, graph.constant(np.array(0, dtype=np.int64)))
        self.bias = self._biases()

    def logits(self) -> str:
        config, x = self.config, self._embeddings()
        for index in range(config.num_hidden_layers):
            x = self._layer(x, index)
        x = self._norm(x, self.weights["model.norm.weight"])
        return self._linear(x, self.weights["score.weight"])

    def _embeddings(self) -> str:
        graph, width = self.graph, self.config.hidden_size
        rows = graph.op("Reshape", "embedded", graph.ints(-1, width))
        return graph.op("Mul", rows, graph.floats(float(width**0.5)))

    def _rope_tables(self, model: PreTrainedModel, kind: str, n_positions: int) -> tuple[str, str]:
        """Cosines and sines [positions, head_dim / 2] as transformers computes them, in its own precision."""
        import torch

        body: Any = model.model
        cos, sin = body.rotary_emb(torch.zeros(1), torch.arange(n_positions)[None], kind)
        half = self.config.head_dim // 2
        return self.graph.constant(cos[0, :, :half].numpy()), self.graph.constant(sin[0, :, :half].numpy())

    def _biases(self) -> dict[str, str]:
        """What is added to the scores [streams, tokens, 1, tokens] of each kind of layer: 0 where a token may look."""
        graph = self.graph
        zero, one = (graph.constant(np.array(value, dtype=np.int64)) for value in (0, 1))
        index = graph.op("Range", zero, graph.op("Squeeze", self.n_tokens), one)
        looking = graph.op("Unsqueeze", index, graph.ints(1))
        seen = graph.op("Less", looking, graph.op("Unsqueeze", "end", graph.ints(1)))
        seen = graph.op("And", seen, graph.op("LessOrEqual", index, looking))
        if not self.windowed:
            return dict.fromkeys(self.rope, self._bias(seen))
        distance = graph.op("Sub", *(graph.op("Unsqueeze", "position", graph.ints(axis)) for axis in (2, 1)))
        window = graph.constant(np.array(self.config.sliding_window, dtype=np.int64))
        near = graph.op("And", seen, graph.op("Less", distance, window))
        return {"full_attention": self._bias(seen), "sliding_attention": self._bias(near)}

    def _bias(self, seen: str) -> str:
        bias = self.graph.op("Where", seen, self.graph.floats(0.0), self.graph.floats(_UNSEEN))
        return self.graph.op("Unsqueeze", bias, self.graph.ints(2))

    def _by_stream(self, x: str, *shape: str) -> str:
        """x [streams * tokens, ...] as [streams, tokens, ...]; `shape` names the vectors that its end is made of."""
        graph = self.graph
        return graph.op("Reshape", x, graph.op("Concat", self.n_streams, graph.ints(-1), *shape, attributes=_FIRST))

    def _layer(self, x: str, index: int) -> str:
        graph, prefix = self.graph, f"model.layers.{index}."
        last_only = index == self.config.num_hidden_layers - 1
        attended = self._attention(x, index, last_only=last_only)
        if last_only:
            x = graph.op("Gather", x, self.last)
        x = self._sum(x, self._norm(attended, self.weights[prefix + "post_attention_layernorm.weight"]))
        inner = self._mlp(self._norm(x, self.weights[prefix + "pre_feedforward_layernorm.weight"]), prefix + "mlp.")
        return self._sum(x, self._norm(inner, self.weights[prefix + "post_feedforward_layernorm.weight"]))

    def _sum(self, x: str, other: str) -> str:
        return self.graph.op("Add", x, other)

    def _attention(self, x: str, index: int, *, last_only: bool) -> str:
        """[streams * tokens, hidden], or [streams * asked, hidden] where only the answering tokens are wanted."""
        graph, config = self.graph, self.config
        prefix, kind = f"model.layers.{index}.self_attn.", config.layer_types[index]
        n_heads, dim = config.num_attention_heads, config.head_dim
        x = self._norm(x, self.weights[f"model.layers.{index}.input_layernorm.weight"])
        bias, position = self.bias[kind], self.position
        into = tuple(prefix + name for name in ("q_proj", "k_proj", "v_proj"))
        asking = taken = self._taken(x, *into)
        if last_only:
            asking = self._taken(graph.op("Gather", x, self.last), into[0])
            by_token = graph.op("Reshape", bias, graph.op("Concat", graph.ints(-1), self.n_tokens, attributes=_FIRST))
            bias = self._by_stream(graph.op("Gather", by_token, self.last), graph.ints(1), self.n_tokens)
            position = graph.op("Gather", position, self.last)
        q, k = self._product(asking, prefix + "q_proj"), self._product(taken, prefix + "k_proj")
        v = self._product(taken, prefix + "v_proj")
        q = self._norm(graph.op("Reshape", q, graph.ints(-1, n_heads, dim)), self.weights[prefix + "q_norm.weight"])
        k = self._norm(k, self.weights[prefix + "k_norm.weight"])
        q = self._rotate(q, position, kind, n_heads=n_heads)
        k = self._rotate(k, self.position, kind, n_heads=1)
        q, k, v = (self._by_stream(x, graph.ints(dim)) for x in (q, k, v))
        k, v = self._seen(k, v, index)
        k = graph.op("Mul", k, graph.floats(config.query_pre_attn_scalar**-0.5))
        scores = graph.op("MatMul", q, graph.op("Transpose", k, attributes={"perm": [0, 2, 1]}))
        scores = self._by_stream(scores, graph.ints(n_heads), self.n_tokens)
        heads = self._attend(graph.op("Add", scores, bias), v, index)
        heads = graph.op("Reshape", heads, graph.ints(-1, n_heads * dim))
        return self._product(self._taken(heads, prefix + "o_proj"), prefix + "o_proj")

    def _seen(self, k: str, v: str, index: int) -> tuple[str, str]:
        """Keys and values [streams, tokens, head_dim] as attention takes them."""
        return k, v

    def _attend(self, scores: str, values: str, index: int) -> str:
        """[streams, tokens * heads, head_dim] from masked scores [streams, tokens, heads, tokens] and values [streams,
        tokens, head_dim]."""
        shares = self.graph.op("Softmax", self._exponents(scores), attributes={"axis": -1})
        return self.graph.op("MatMul", self._by_stream(shares, self.n_tokens), values)

    def _exponents(self, scores: str) -> str:
        """How far scores are below the largest of their token's."""
        peak = self.graph.op("ReduceMax", scores, self.graph.ints(-1), attributes={"keepdims": 1})
        return self.graph.op("Max", self.graph.op("Sub", scores, peak), self.graph.floats(_LEAST_EXPONENT))

    def _rotate(self, x: str, position: str, kind: str, *, n_heads: int) -> str:
        """Rotary positions of queries or keys, as [tokens * heads, head_dim]."""
        graph, dim = self.graph, self.config.head_dim
        # Every token is a sequence of its own: the operator refuses sequences longer than the tables.
        x = graph.op("Reshape", x, graph.ints(-1, 1, n_heads * dim))
        x = graph.op(
            "RotaryEmbedding", x, position, *self.rope[kind], domain=MICROSOFT, attributes={"num_heads": n_heads}
        )
        return graph.op("Reshape", x, graph.ints(-1, dim))

    def _mlp(self, x: str, prefix: str) -> str:
        graph, taken = self.graph, self._taken(x, prefix + "gate_proj", prefix + "up_proj")
        # FastGelu is the tanh approximation, which is Gemma's own activation.
        gate = graph.op("FastGelu", self._product(taken, prefix + "gate_proj"), domain=MICROSOFT)
        inner = graph.op("Mul", gate, self._product(taken, prefix + "up_proj", scaled=False))
        return self._product(self._taken(inner, prefix + "down_proj"), prefix + "down_proj")

    def _norm(self, x: str, weight: NDArray[np.float32]) -> str:
        attributes = {"axis": -1, "epsilon": self.config.rms_norm_eps}
        return self.graph.op("SimplifiedLayerNormalization", x, self.graph.constant(1 + weight), attributes=attributes)

    def _taken(self, x: str, *matrices: str) -> Any:
        """Activations in the form in which matrices take them."""
        return x

    def _product(self, taken: Any, matrix: str, *, scaled: bool = True) -> str:
        """Activations times a matrix; not `scaled`, it may be any multiple of that for each token: a norm follows."""
        return self._linear(taken, self.weights[matrix + ".weight"])

    def _linear(self, x: str, weight: NDArray[np.float32]) -> str:
        """A matrix [out, in] is kept in sixteen bits, with a scale for each row: half of the memory, and as good."""
        graph = self.graph
        scale = np.maximum(np.abs(weight).max(axis=1), _LEAST_SCALE) / _LARGEST_STEP
        steps = np.rint(weight / scale[:, None]).astype(np.int16).T
        # onnxruntime would spread out all matrices before anything else; a shape that waits for x keeps this one back
        # until it is multiplied, and afterwards its copy in fp32 is gone.
        nothing = graph.op("Mul", graph.op("Shape", x, attributes={"start": 0, "end": 1}), graph.ints(0))
        kept_back = graph.op("Reshape", graph.constant(steps), graph.op("Add", nothing, graph.ints(*steps.shape)))
        product = graph.op("MatMul", x, graph.op("Cast", kept_back, attributes={"to": TensorProto.FLOAT}))
        return graph.op("Mul", product, graph.constant(scale.astype(np.float32)))

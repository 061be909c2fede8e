"""A small reader of the frozen n-gram features of USE-multilingual v3 (see `stance.modeling.use`).

What is learnt is a network over the mean features in and around the names of actor and target, a few million weights;
the table of 128,000 pieces stays in 8 bits. Where the text names them is seen from ids alone: pieces that the question
holds too.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import AutoConfig, AutoModelForSequenceClassification, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput

from stance.modeling.use import MODEL_TYPE, N_BLOCKS, ORDERS
from stance.modeling.use_places import COMPARED, N_FOUND, N_PLACES, TEXT, Places, find_places, shift
from stance.types import STANCES

_BEGIN_ID = 1
_LEFT = {2: 0, 3: 1, 5: 2}  # pieces of a window that stand before the one it belongs to
_EPSILON = 1e-12  # of the encoder's own norms


class UseConfig(PretrainedConfig):  # type: ignore[misc]
    """Shape of the features and of the reader. `script` is the one that Serbo-Croatian is given in."""

    model_type = MODEL_TYPE

    def __init__(
        self,
        vocab_size: int = 0,
        table_dim: int = 512,
        filter_dim: int = 256,
        hidden_size: int = 192,
        whole_size: int = 256,
        intermediate_size: int = 512,
        delimiter_id: int = 0,
        dropout: float = 0.5,
        script: str = "cyrillic",
        **other: Any,
    ) -> None:
        self.vocab_size, self.table_dim, self.filter_dim = vocab_size, table_dim, filter_dim
        self.hidden_size, self.whole_size, self.intermediate_size = hidden_size, whole_size, intermediate_size
        self.num_hidden_layers, self.num_attention_heads = 1, 0  # what others ask for who count a transformer's memory
        self.delimiter_id, self.script = delimiter_id, script
        self.dropout = dropout
        self.type_vocab_size = 2
        super().__init__(**{"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, **other})


class UseFeatures(nn.Module):
    """The encoder up to its n-gram features, and its sentence vectors."""

    def __init__(self, config: UseConfig) -> None:
        super().__init__()
        self.table: Tensor
        self.scale: Tensor
        self.low: Tensor
        rows = -(-config.vocab_size // N_BLOCKS) * N_BLOCKS
        self.register_buffer("table", torch.zeros(rows, config.table_dim, dtype=torch.uint8))
        self.register_buffer("scale", torch.ones(N_BLOCKS))
        self.register_buffer("low", torch.zeros(N_BLOCKS))
        grams = len(ORDERS) * config.filter_dim
        # One norm over the filters of all orders, as the package has it.
        self.inward, self.inner = nn.Linear(config.table_dim, grams), nn.LayerNorm(grams, eps=_EPSILON)
        self.filters = nn.ModuleDict({str(n): _Filters(config, order=n) for n in ORDERS})
        width = config.table_dim + grams
        self.norm = nn.LayerNorm(width, eps=_EPSILON)
        self.outward = nn.Linear(width, config.table_dim)
        dim, inner = config.table_dim, 320
        self.d0, self.d1 = nn.Linear(dim, inner, bias=False), nn.Linear(inner, inner, bias=False)
        self.d2, self.d3 = nn.Linear(inner, dim, bias=False), nn.Linear(dim, dim, bias=False)
        self.p1, self.p3 = nn.Linear(dim, inner, bias=False), nn.Linear(inner, dim, bias=False)

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Features of every piece, and the vector of every text.

        Args:
            ids, mask: [batch, pieces]; a row holds texts one after the other, each from its begin id on.

        Returns:
            [batch, pieces, features] and [batch, 2, table_dim], unit vectors of the first two texts.
        """
        texts = (ids == _BEGIN_ID).cumsum(1) * mask
        block = ids % N_BLOCKS
        embedded = self.table[ids].float() * self.scale[block].unsqueeze(-1) + self.low[block].unsqueeze(-1)
        parts = self.inner(self.inward(embedded)).chunk(len(ORDERS), dim=-1)
        grams = [filters(part, texts) for filters, part in zip(self.filters.values(), parts, strict=True)]
        features = self.norm(torch.cat([embedded, *grams], dim=-1))
        return features, torch.stack([self._vector(features, texts == number) for number in (1, 2)], dim=1)

    def _vector(self, features: Tensor, mask: Tensor) -> Tensor:
        counts = mask.sum(1, keepdim=True).clamp(min=1)
        total = (features * mask.unsqueeze(-1)).sum(1)
        pooled = (total @ self.outward.weight.T + counts * self.outward.bias) * counts.rsqrt()
        hidden = F.relu(self.p1(pooled) + self.d1(F.relu(self.d0(pooled))))
        return F.normalize(torch.tanh(self.p3(hidden) + self.d3(F.relu(self.d2(hidden)))), dim=-1)


class _Filters(nn.Module):
    """Two layers of windows of `order` pieces, each added to what it reads; no window crosses into another text."""

    def __init__(self, config: UseConfig, *, order: int) -> None:
        super().__init__()
        width = config.filter_dim
        self.offsets = tuple(range(-_LEFT[order], order - _LEFT[order]))
        self.first, self.second = nn.Linear(order * width, width), nn.Linear(order * width, width)

    def forward(self, hidden: Tensor, texts: Tensor) -> Tensor:
        hidden = hidden + F.relu(self.first(self._windows(hidden, texts)))
        return hidden + F.relu(self.second(self._windows(hidden, texts)))

    def _windows(self, hidden: Tensor, texts: Tensor) -> Tensor:
        return torch.cat([shift(hidden, n) * (shift(texts, n) == texts).unsqueeze(-1) for n in self.offsets], dim=-1)


class UseReader(nn.Module):
    """What is learnt: a network over the mean features of a few places, and over how like they are to the question."""

    def __init__(self, config: UseConfig) -> None:
        super().__init__()
        features, width = config.table_dim + len(ORDERS) * config.filter_dim, config.hidden_size
        self.dropout = config.dropout
        self.seen = nn.Linear(features, width)
        self.compared = nn.Linear(features, width)
        self.whole = nn.Linear(2 * config.table_dim, config.whole_size)
        # Beside the means: the maximum over the text, four products, the sentence vectors, what was found.
        read = (N_PLACES + 1 + 4) * width + config.whole_size + N_FOUND
        self.first = nn.Linear(read, config.intermediate_size)
        self.second = nn.Linear(config.intermediate_size, config.intermediate_size // 2)

    def forward(self, features: Tensor, vectors: Tensor, *, places: Places) -> Tensor:
        """One vector per row, [batch, intermediate_size / 2]; features and vectors as UseFeatures gives them."""
        means = _means(features, places.masks)
        highest = features.masked_fill(~places.masks[:, TEXT].unsqueeze(-1), torch.finfo(features.dtype).min).amax(1)
        seen = F.gelu(self.seen(torch.cat([means, highest.unsqueeze(1)], dim=1)))
        compared = self.compared(means)
        products = [compared[:, one] * compared[:, other] / 4 for one, other in COMPARED]
        # Unit vectors, made as large as the features are.
        whole = F.gelu(self.whole(vectors.flatten(1) * vectors.shape[-1] ** 0.5))
        read = torch.cat([seen.flatten(1), *products, whole, places.found], dim=-1)
        return F.gelu(self.second(self._drop(F.gelu(self.first(self._drop(read))))))

    def _drop(self, hidden: Tensor) -> Tensor:
        return F.dropout(hidden, self.dropout, training=self.training)


class UseForSequenceClassification(PreTrainedModel):  # type: ignore[misc]
    """Three-way classifier of a text and a question `ACTOR | TARGET`; without the delimiter all is the target."""

    config_class = UseConfig
    base_model_prefix = "use"

    def __init__(self, config: UseConfig) -> None:
        super().__init__(config)
        self.use = UseFeatures(config)
        self.reader = UseReader(config)
        self.classifier = nn.Linear(config.intermediate_size // 2, len(STANCES))
        self.post_init()

    def get_input_embeddings(self) -> nn.Module:
        """All that the base brings: freezing the embeddings freezes its filters too."""
        return self.use

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=(3 * module.in_features) ** -0.5)
        if isinstance(module, nn.Linear | nn.LayerNorm) and module.bias is not None:
            nn.init.zeros_(module.bias)
        if isinstance(module, nn.LayerNorm):
            nn.init.ones_(module.weight)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor, labels: Tensor | None = None
    ) -> SequenceClassifierOutput:
        """Logits of every pair.

        Args:
            input_ids, attention_mask, token_type_ids: [batch, pieces]; type 1 is the question.
            labels: [batch]; not looked at, the trainer computes the loss.

        Returns:
            `logits`: [batch, 3].
        """
        mask = attention_mask.bool()
        features, vectors = self.use(input_ids, attention_mask)
        places = find_places(input_ids, token_type_ids, mask, delimiter_id=self.config.delimiter_id)
        return SequenceClassifierOutput(logits=self.classifier(self.reader(features, vectors, places=places)))


def _means(features: Tensor, masks: Tensor) -> Tensor:
    """The mean features of every place, [batch, places, features]; zeros for one that is empty.

    Args:
        features: [batch, pieces, features].
        masks: [batch, places, pieces].
    """
    weights = masks.to(features.dtype)
    return (weights / weights.sum(2, keepdim=True).clamp(min=1)) @ features


AutoConfig.register(MODEL_TYPE, UseConfig, exist_ok=True)
AutoModelForSequenceClassification.register(UseConfig, UseForSequenceClassification, exist_ok=True)

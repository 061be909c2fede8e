"""A small reader of the n-gram features of USE-multilingual v3 (see `stance.modeling.use`).

What is learnt is a network over the mean features in and around the names of actor and target, what the encoder's table
of 128,000 pieces lacks, and its filters; the table itself stays in 8 bits. Where the text names actor and target is
seen twice: from pieces that the question holds too, and from features that are like those of the question.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import AutoConfig, AutoModelForSequenceClassification, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput

from stance.modeling.use import MODEL_TYPE, N_BLOCKS, ORDERS
from stance.modeling.use_places import (
    ASKED,
    COMPARED,
    N_FOUND,
    N_PLACES,
    Pairs,
    Places,
    find_places,
    shift,
    split_pairs,
)
from stance.types import STANCES

_LEFT = {2: 0, 3: 1, 5: 2}  # pieces of a window that stand before the one it belongs to
_EPSILON = 1e-12  # of the encoder's own norms


class UseConfig(PretrainedConfig):  # type: ignore[misc]
    """Shape of the features and of the reader.

    script: the one that Serbo-Croatian is given in. shares_texts: a batch's equal texts are read once.
    """

    model_type = MODEL_TYPE

    def __init__(
        self,
        vocab_size: int = 0,
        table_dim: int = 512,
        filter_dim: int = 256,
        reader_size: int = 192,
        whole_size: int = 256,
        intermediate_size: int = 512,
        piece_size: int = 16,
        n_looks: int = 2,
        delimiter_id: int = 0,
        dropout: float = 0.5,
        script: str = "cyrillic",
        **other: Any,
    ) -> None:
        self.vocab_size, self.table_dim, self.filter_dim = vocab_size, table_dim, filter_dim
        self.reader_size, self.whole_size, self.intermediate_size = reader_size, whole_size, intermediate_size
        self.piece_size, self.n_looks = piece_size, n_looks
        # What others ask for who count a transformer's memory.
        self.num_hidden_layers, self.num_attention_heads = 1, 0
        self.hidden_size = table_dim + len(ORDERS) * filter_dim
        self.shares_texts = True
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

    def forward(self, ids: Tensor, mask: Tensor, added: Tensor) -> tuple[Tensor, Tensor]:
        """Features of every piece, and the vector of every text.

        Args:
            ids, mask: [texts, pieces].
            added: [texts, pieces, table_dim], put on top of what the table says of each piece.

        Returns:
            [texts, pieces, features] and [texts, table_dim], unit vectors.
        """
        block, held = ids % N_BLOCKS, mask.unsqueeze(-1)
        embedded = self.table[ids].float() * self.scale[block].unsqueeze(-1) + self.low[block].unsqueeze(-1) + added
        parts = self.inner(self.inward(embedded)).chunk(len(ORDERS), dim=-1)
        grams = [filters(part, held) for filters, part in zip(self.filters.values(), parts, strict=True)]
        features = self.norm(torch.cat([embedded, *grams], dim=-1))
        return features, self._vector(features, mask)

    def _vector(self, features: Tensor, mask: Tensor) -> Tensor:
        counts = mask.sum(1, keepdim=True).clamp(min=1)
        total = (features * mask.unsqueeze(-1)).sum(1)
        pooled = (total @ self.outward.weight.T + counts * self.outward.bias) * counts.rsqrt()
        hidden = F.relu(self.p1(pooled) + self.d1(F.relu(self.d0(pooled))))
        return F.normalize(torch.tanh(self.p3(hidden) + self.d3(F.relu(self.d2(hidden)))), dim=-1)


class _Filters(nn.Module):
    """Two layers of windows of `order` pieces, each added to what it reads; beyond the ends of a text are zeros."""

    def __init__(self, config: UseConfig, *, order: int) -> None:
        super().__init__()
        width = config.filter_dim
        self.offsets = tuple(range(-_LEFT[order], order - _LEFT[order]))
        self.first, self.second = nn.Linear(order * width, width), nn.Linear(order * width, width)

    def forward(self, hidden: Tensor, held: Tensor) -> Tensor:
        hidden = hidden + F.relu(self.first(self._windows(hidden * held)))
        return hidden + F.relu(self.second(self._windows(hidden * held)))

    def _windows(self, hidden: Tensor) -> Tensor:
        return torch.cat([shift(hidden, n) for n in self.offsets], dim=-1)


@dataclass(frozen=True, slots=True)
class Features:
    """What the encoder says of a batch, each different text read once.

    texts: [texts, pieces, features]. of_pairs: [batch, pieces, features], in the layout of `Pairs`.
    vectors: [batch, 2 * table_dim], of text and question.
    """

    texts: Tensor
    of_pairs: Tensor
    vectors: Tensor


class UseReader(nn.Module):
    """What is learnt: a network over the mean features of a few places, and over how like they are to the question."""

    def __init__(self, config: UseConfig) -> None:
        super().__init__()
        features, width = config.table_dim + len(ORDERS) * config.filter_dim, config.reader_size
        self.dropout, self.n_looks = config.dropout, config.n_looks
        self.seen = nn.Linear(features, width)
        self.compared = nn.Linear(features, width)
        self.whole = nn.Linear(2 * config.table_dim, config.whole_size)
        self.sought = nn.Linear(features, width)
        # Beside the means: the maximum over the text, what was sought, products, the sentence vectors, what was found.
        read = (N_PLACES + 1 + 2 * config.n_looks + len(COMPARED)) * width + config.whole_size + N_FOUND
        self.first = nn.Linear(read, config.intermediate_size)
        self.second = nn.Linear(config.intermediate_size, config.intermediate_size // 2)

    def forward(self, features: Features, *, pairs: Pairs, places: Places) -> Tensor:
        """One vector per pair, [batch, intermediate_size / 2]."""
        text = pairs.text_mask.unsqueeze(-1)
        highest = features.texts.masked_fill(~text, torch.finfo(features.texts.dtype).min).amax(1)
        means = _means(features.of_pairs, places.masks)
        sought = self._sought(features, means[:, list(ASKED)], pairs=pairs)
        seen = F.gelu(self.seen(torch.cat([means, highest[pairs.text_of].unsqueeze(1), sought], dim=1)))
        compared = self.compared(means)
        products = [compared[:, one] * compared[:, other] / 4 for one, other in COMPARED]
        # Unit vectors, made as large as the features are.
        whole = F.gelu(self.whole(features.vectors * (features.vectors.shape[-1] / 2) ** 0.5))
        read = torch.cat([seen.flatten(1), *products, whole, places.found], dim=-1)
        return F.gelu(self.second(self._drop(F.gelu(self.first(self._drop(read))))))

    def _sought(self, features: Features, asked: Tensor, *, pairs: Pairs) -> Tensor:
        """Mean features of the text, weighted by how like each piece is to a name; several views of likeness.

        Args:
            asked: [batch, 2, features], of the names in the question.

        Returns:
            [batch, 2 * n_looks, features].
        """
        names, pieces = (
            self.sought(x).unflatten(-1, (self.n_looks, -1)).transpose(1, 2) for x in (asked, features.texts)
        )
        likeness = names @ pieces[pairs.text_of].transpose(-1, -2) / names.shape[-1] ** 0.5
        hidden = ~pairs.text_mask[pairs.text_of][:, None, None]
        weights: Tensor = likeness.masked_fill(hidden, torch.finfo(likeness.dtype).min).softmax(-1).flatten(1, 2)
        return weights @ features.of_pairs[:, : weights.shape[-1]]

    def _drop(self, hidden: Tensor) -> Tensor:
        return F.dropout(hidden, self.dropout, training=self.training)


class UseForSequenceClassification(PreTrainedModel):  # type: ignore[misc]
    """Three-way classifier of a text and a question `ACTOR | TARGET`; without the delimiter all is the target."""

    config_class = UseConfig
    base_model_prefix = "use"

    def __init__(self, config: UseConfig) -> None:
        super().__init__(config)
        self.use = UseFeatures(config)
        self.pieces = nn.Embedding(config.vocab_size, config.piece_size)
        self.widened = nn.Linear(config.piece_size, config.table_dim, bias=False)
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
        if isinstance(module, nn.Embedding):
            nn.init.zeros_(module.weight)  # at first every piece is what the table says
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
        pairs = split_pairs(input_ids, token_type_ids, attention_mask.bool())
        texts, text_vectors = self._features(pairs.texts, pairs.text_mask)
        questions, question_vectors = self._features(pairs.questions, pairs.question_mask)
        features = Features(
            texts=texts,
            of_pairs=torch.cat([texts[pairs.text_of], questions], dim=1),
            vectors=torch.cat([text_vectors[pairs.text_of], question_vectors], dim=1),
        )
        places = find_places(pairs.ids, pairs.types, pairs.mask, delimiter_id=self.config.delimiter_id)
        return SequenceClassifierOutput(logits=self.classifier(self.reader(features, pairs=pairs, places=places)))

    def _features(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        features: tuple[Tensor, Tensor] = self.use(ids, mask, self.widened(self.pieces(ids)))
        return features


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

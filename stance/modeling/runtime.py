"""Logits for many encoded queries: equal ones once, in batches of a token budget, in torch or an exported graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from stance.modeling.encoding import EncodedQuery
from stance.modeling.engine import ExportedModel, run_packed

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from transformers import PreTrainedModel

N_CLASSES = 3


def predict_logits(
    model: PreTrainedModel | ExportedModel,
    encoded: Sequence[EncodedQuery],
    *,
    batch_tokens: int,
    bf16: bool = False,
    progress: Callable[[int], None] | None = None,
) -> NDArray[np.float64]:
    """Logits of every query, input order.

    Args:
        batch_tokens: at most so many tokens in a batch, padding included (a single longer query goes alone).
        bf16: matrix products in bfloat16, in torch; about 0.01 away from fp32 in probability.
        progress: called with the number of queries done after each batch.

    Returns:
        [queries, 3].
    """
    unique: dict[EncodedQuery, list[int]] = {}
    for index, query in enumerate(encoded):
        unique.setdefault(query, []).append(index)
    logits = np.zeros((len(encoded), N_CLASSES))
    done: Iterable[tuple[list[EncodedQuery], NDArray[Any]]]
    if isinstance(model, ExportedModel):
        done = run_packed(model, list(unique), max_tokens=batch_tokens)
    else:
        done = _run_padded(model, list(unique), batch_tokens=batch_tokens, bf16=bf16)
    for batch, rows in done:
        for query, row in zip(batch, rows, strict=True):
            logits[unique[query]] = row
        if progress is not None:
            progress(sum(len(unique[query]) for query in batch))
    return logits


def _run_padded(
    model: PreTrainedModel, queries: Sequence[EncodedQuery], *, batch_tokens: int, bf16: bool
) -> Iterator[tuple[list[EncodedQuery], NDArray[np.float64]]]:
    by_length = sorted(queries, key=lambda query: len(query.ids))
    for batch in token_batches(by_length, batch_tokens=batch_tokens):
        yield batch, _forward(model, batch, bf16=bf16)


def token_batches(queries: Sequence[EncodedQuery], *, batch_tokens: int) -> Iterator[list[EncodedQuery]]:
    """Cut queries that are sorted by length into batches of at most `batch_tokens` padded tokens."""
    batch: list[EncodedQuery] = []
    for query in queries:
        if batch and len(query.ids) * (len(batch) + 1) > batch_tokens:
            yield batch
            batch = []
        batch.append(query)
    if batch:
        yield batch


def collate(batch: Sequence[EncodedQuery], *, pad_id: int, with_type_ids: bool) -> dict[str, Any]:
    """Right-padded tensors, each [batch, longest]; the mask is 1 for a token, 0 for padding."""
    import torch

    width = max(len(query.ids) for query in batch)
    ids = torch.full((len(batch), width), pad_id, dtype=torch.long)
    mask = torch.zeros_like(ids)
    types = torch.zeros_like(ids)
    for row, query in enumerate(batch):
        n = len(query.ids)
        ids[row, :n] = torch.tensor(query.ids)
        mask[row, :n] = 1
        types[row, :n] = torch.tensor(query.type_ids)
    tensors = {"input_ids": ids, "attention_mask": mask}
    return tensors | ({"token_type_ids": types} if with_type_ids else {})


def takes_type_ids(model: PreTrainedModel) -> bool:
    """Whether the base tells its two texts apart by segment ids."""
    return getattr(model.config, "type_vocab_size", 0) > 1


def _forward(model: PreTrainedModel, batch: Sequence[EncodedQuery], *, bf16: bool) -> NDArray[np.float64]:
    import torch

    pad_id = int(model.config.pad_token_id or 0)
    tensors = {
        name: tensor.to(model.device)
        for name, tensor in collate(batch, pad_id=pad_id, with_type_ids=takes_type_ids(model)).items()
    }
    with torch.inference_mode(), torch.autocast(model.device.type, dtype=torch.bfloat16, enabled=bf16):
        logits = model(**tensors).logits
    result: NDArray[np.float64] = logits.float().cpu().numpy().astype(np.float64)
    return result

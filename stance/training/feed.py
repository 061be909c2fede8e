"""What the trainer is fed with: encoded rows one by one, or for a causal decoder all questions of a text at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from stance.config import TrainingConfig
from stance.errors import ConfigError
from stance.modeling.encoding import EncodedQuery
from stance.modeling.model import is_decoder
from stance.modeling.runtime import collate, takes_type_ids
from stance.training.goals import Goal

if TYPE_CHECKING:
    from torch import Tensor

    from stance.training.sharing import SharedText


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """An encoded query with its gold class index, and what the loss takes it for.

    twin: what the rows share that ask the same of the texts of a minimal pair.
    """

    encoded: EncodedQuery
    label: int
    goal: Goal
    twin: str | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """Items of `train` and `dev`, what makes a batch of them, and the module that takes it and gives `logits`.

    batch_size, eval_batch_size: in items, which may hold several rows.
    """

    model: Any
    train: list[dict[str, Any]]
    dev: list[dict[str, Any]]
    collate: Callable[[list[dict[str, Any]]], dict[str, Tensor]]
    batch_size: int
    eval_batch_size: int


def make_feed(
    model: Any, train: Sequence[TrainingRow], dev: Sequence[TrainingRow], *, training: TrainingConfig
) -> Feed:
    """The feed that suits a model: one that can reads a text once for all its questions, others each pair anew.

    Raises:
        ConfigError: the model is no decoder, but is to learn to go on with the texts, or from pairs of them.
    """
    pad_id = int(model.config.pad_token_id or 0)
    pairs = partial(_collate_rows, pad_id=pad_id, with_type_ids=takes_type_ids(model))
    decoder = is_decoder(model.config.model_type)
    _require_decoder(model, training)
    if not (decoder or getattr(model.config, "shares_texts", False)):
        sizes = training.batch_size, training.eval_batch_size
        return Feed(model, [_row_item(r) for r in train], [_row_item(r) for r in dev], pairs, *sizes)
    from stance.training.next_tokens import NextTokens
    from stance.training.sharing import SharedTextClassifier, put_together, share_texts

    texts = share_texts(train)
    next_tokens = None
    if training.text_loss:
        next_tokens = NextTokens(model.get_input_embeddings().weight, (text.text for text in texts))
    items = put_together(texts) if training.pair_loss else [[text] for text in texts]
    # As many rows in a batch as without sharing, on average.
    share = len(items) / len(train)
    return Feed(
        SharedTextClassifier(model, next_tokens=next_tokens) if decoder else model,
        [_text_item(item) for item in items],
        [_text_item([text]) for text in share_texts(dev)],
        partial(_collate_texts, pad_id=pad_id) if decoder else partial(_collate_beside, collate_rows=pairs),
        max(1, round(training.batch_size * share)),
        max(1, round(training.eval_batch_size * share)),
    )


def _require_decoder(model: Any, training: TrainingConfig) -> None:
    if is_decoder(model.config.model_type):
        return
    if training.text_loss:
        raise ConfigError(
            f"training.text_loss is {training.text_loss}, but a {model.config.model_type} does not read from left to "
            "right: only decoders can learn to go on with a text. Leave it at 0."
        )
    if training.pair_loss:
        raise ConfigError(
            f"training.pair_loss is {training.pair_loss}, but a {model.config.model_type} is given its rows one by "
            "one: only decoders learn from pairs of texts. Leave it at 0."
        )


def _row_item(row: TrainingRow) -> dict[str, Any]:
    return {
        "ids": list(row.encoded.ids),
        "length": len(row.encoded.ids),
        "n_text": row.encoded.n_text,
        "question_type_id": row.encoded.question_type_id,
        "goal": list(row.goal),
    }


def _collate_rows(items: list[dict[str, Any]], *, pad_id: int, with_type_ids: bool) -> dict[str, Tensor]:
    import torch

    encoded = [EncodedQuery(tuple(i["ids"]), i["n_text"], i["question_type_id"], truncated=False) for i in items]
    batch: dict[str, Tensor] = collate(encoded, pad_id=pad_id, with_type_ids=with_type_ids)
    return batch | {"labels": torch.tensor([item["goal"] for item in items])}


def _text_item(texts: Sequence[SharedText]) -> dict[str, Any]:
    return {
        "texts": [
            {
                "text": list(text.text),
                "questions": [list(question) for question in text.questions],
                "goals": [list(goal) for goal in text.goals],
                "twins": list(text.twins),
            }
            for text in texts
        ],
        "length": max(map(len, texts)),
    }


def _collate_texts(items: list[dict[str, Any]], *, pad_id: int) -> dict[str, Tensor]:
    from stance.training.sharing import SharedText, collate_shared

    texts = [
        SharedText(
            tuple(t["text"]), tuple(map(tuple, t["questions"])), tuple(map(tuple, t["goals"])), tuple(t["twins"])
        )
        for item in items
        for t in item["texts"]
    ]
    return collate_shared(texts, pad_id=pad_id)


def _collate_beside(
    items: list[dict[str, Any]], *, collate_rows: Callable[[list[dict[str, Any]]], dict[str, Tensor]]
) -> dict[str, Tensor]:
    """The pairs of the texts, for a model that finds equal texts itself."""
    return collate_rows([row for item in items for text in item["texts"] for row in _pairs(text)])


def _pairs(text: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for question, goal in zip(text["questions"], text["goals"], strict=True):
        yield {"ids": [*text["text"], *question], "n_text": len(text["text"]), "question_type_id": 1, "goal": goal}

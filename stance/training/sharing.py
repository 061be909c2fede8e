"""Train a causal decoder on all questions of a text at once: the text is read once, not once per question.

A row of a batch is one text followed by its questions. A question sees the text and itself, never another question,
and its positions continue the text's, so every answer is what it would be alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import torch

from stance.training.goals import Goal
from stance.training.next_tokens import NextTokens

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel

    from stance.training.feed import TrainingRow

_MAX_QUESTIONS = 8  # of one row; more would make it long beside the others of its batch
_PADDING = -1


@dataclass(frozen=True, slots=True)
class SharedText:
    """A text with its questions, each with what it is to be answered with, and what it shares with a twin elsewhere."""

    text: tuple[int, ...]
    questions: tuple[tuple[int, ...], ...]
    goals: tuple[Goal, ...]
    twins: tuple[str | None, ...]

    def __len__(self) -> int:
        return len(self.text) + sum(map(len, self.questions))


def share_texts(rows: Iterable[TrainingRow]) -> list[SharedText]:
    """The rows with those of equal text put together, in the order of their first one.

    A row that occurs several times stands in as many texts: it is to be learnt in several steps.
    """
    open_texts: dict[tuple[int, ...], list[dict[tuple[int, ...], TrainingRow]]] = defaultdict(list)
    order: list[tuple[tuple[int, ...], dict[tuple[int, ...], TrainingRow]]] = []
    for row in rows:
        text, question = row.encoded.ids[: row.encoded.n_text], row.encoded.ids[row.encoded.n_text :]
        for asked in open_texts[text]:
            if question not in asked and len(asked) < _MAX_QUESTIONS:
                asked[question] = row
                break
        else:
            asked = {question: row}
            open_texts[text].append(asked)
            order.append((text, asked))
    return [
        SharedText(text, tuple(asked), tuple(r.goal for r in asked.values()), tuple(r.twin for r in asked.values()))
        for text, asked in order
    ]


def put_together(texts: Iterable[SharedText]) -> list[list[SharedText]]:
    """The texts with those that have twins among their questions put together, in the order of their first one."""
    groups: list[list[SharedText]] = []
    of_twin: dict[str, list[SharedText]] = {}
    for text in texts:
        twins = [twin for twin in text.twins if twin is not None]
        known = (group for twin in twins if (group := of_twin.get(twin)) is not None)
        group = next((group for group in known if text.text not in (other.text for other in group)), None)
        if group is None:
            groups.append(group := [])
        group.append(text)
        of_twin |= dict.fromkeys(twins, group)
    return groups


def collate_shared(batch: Sequence[SharedText], *, pad_id: int) -> dict[str, Tensor]:
    """Right-padded tensors of texts with their questions.

    Returns:
        input_ids, position_ids: [texts, longest]. is_text: [texts, longest], True for the tokens of the text.
        attention_mask: [texts, 1, longest, longest], True where a token may look. answers: [questions, 2], row and
        column of the token that answers each. labels: [questions, 3], goals. twins: [pairs, 2], questions that are each
        other's twins.
    """
    shape = (len(batch), max(map(len, batch)))
    ids, positions = torch.full(shape, pad_id), torch.zeros(shape, dtype=torch.long)
    segments = torch.full(shape, _PADDING)
    answers = []
    for row, shared in enumerate(batch):
        start = len(shared.text)
        ids[row, :start] = torch.tensor(shared.text)
        positions[row, :start] = torch.arange(start)
        segments[row, :start] = 0
        for number, question in enumerate(shared.questions, start=1):
            end = start + len(question)
            ids[row, start:end] = torch.tensor(question)
            positions[row, start:end] = torch.arange(len(question)) + len(shared.text)
            segments[row, start:end] = number
            answers.append((row, end - 1))
            start = end
    seen, looking = segments[:, None, :], segments[:, :, None]
    allowed = ((seen == 0) | (seen == looking)) & torch.ones(shape[1], shape[1], dtype=torch.bool).tril()
    return {
        "input_ids": ids,
        "position_ids": positions,
        "is_text": segments == 0,
        "attention_mask": allowed[:, None],
        "answers": torch.tensor(answers),
        "labels": torch.tensor([goal for shared in batch for goal in shared.goals]),
        "twins": torch.tensor(list(_twins(batch)), dtype=torch.long).reshape(-1, 2),
    }


def _twins(batch: Sequence[SharedText]) -> Iterator[tuple[int, int]]:
    places: dict[str, list[int]] = defaultdict(list)
    for place, twin in enumerate(twin for shared in batch for twin in shared.twins):
        if twin is not None:
            places[twin].append(place)
    for found in places.values():
        yield from combinations(found, 2)


class SharedTextClassifier(torch.nn.Module):
    """A decoder with a classification head that answers every question of a batch made by `collate_shared`."""

    def __init__(self, model: PreTrainedModel, *, next_tokens: NextTokens | None = None) -> None:
        super().__init__()
        self.model = model
        self.config = model.config
        self._next_tokens = next_tokens

    def forward(
        self,
        input_ids: Tensor,
        position_ids: Tensor,
        is_text: Tensor,
        attention_mask: Tensor,
        answers: Tensor,
        twins: Tensor,
    ) -> dict[str, Any]:
        """`logits`: [questions, 3]; while it learns, for the loss, `twins` and that of next tokens, `text_loss`."""
        inner: Any = getattr(self.model, "get_base_model", lambda: self.model)()
        mask = attention_mask
        if self.config._attn_implementation != "sdpa":  # the plain implementation adds the mask to its scores
            allowed = torch.zeros(mask.shape, dtype=inner.dtype, device=mask.device)
            mask = allowed.masked_fill(~mask, torch.finfo(inner.dtype).min)
        hidden = inner.base_model(
            input_ids=input_ids, position_ids=position_ids, attention_mask=mask, use_cache=False
        ).last_hidden_state
        outputs = {"logits": inner.score(hidden[answers[:, 0], answers[:, 1]])}
        if self.training:
            outputs["twins"] = twins
        if self.training and self._next_tokens is not None:
            outputs["text_loss"] = self._next_tokens(hidden, input_ids, is_text)
        return outputs

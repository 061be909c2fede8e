"""Train a causal decoder on all questions of a text at once: the text is read once, not once per question.

A row of a batch is one text followed by its questions. A question sees the text and itself, never another question,
and its positions continue the text's, so every answer is what it would be alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from stance.modeling.encoding import EncodedQuery
from stance.training.goals import Goal
from stance.training.next_tokens import NextTokens

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel

_MAX_QUESTIONS = 8  # of one row; more would make it long beside the others of its batch
_PADDING = -1


@dataclass(frozen=True, slots=True)
class SharedText:
    """A text with its questions, each with what it is to be answered with."""

    text: tuple[int, ...]
    questions: tuple[tuple[int, ...], ...]
    goals: tuple[Goal, ...]

    def __len__(self) -> int:
        return len(self.text) + sum(map(len, self.questions))


def share_texts(rows: Iterable[tuple[EncodedQuery, Goal]]) -> list[SharedText]:
    """The rows with those of equal text put together, in the order of their first one.

    A row that occurs several times stands in as many texts: it is to be learnt in several steps.
    """
    open_texts: dict[tuple[int, ...], list[dict[tuple[int, ...], Goal]]] = defaultdict(list)
    order: list[tuple[tuple[int, ...], dict[tuple[int, ...], Goal]]] = []
    for encoded, goal in rows:
        text, question = encoded.ids[: encoded.n_text], encoded.ids[encoded.n_text :]
        for questions in open_texts[text]:
            if question not in questions and len(questions) < _MAX_QUESTIONS:
                questions[question] = goal
                break
        else:
            questions = {question: goal}
            open_texts[text].append(questions)
            order.append((text, questions))
    return [SharedText(text, tuple(questions), tuple(questions.values())) for text, questions in order]


def collate_shared(batch: Sequence[SharedText], *, pad_id: int) -> dict[str, Tensor]:
    """Right-padded tensors of texts with their questions.

    Returns:
        input_ids, position_ids: [texts, longest]. is_text: [texts, longest], True for the tokens of the text.
        attention_mask: [texts, 1, longest, longest], True where a token may look. answers: [questions, 2], row and
        column of the token that answers each. labels: [questions, 3], goals.
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
    }


class SharedTextClassifier(torch.nn.Module):
    """A decoder with a classification head that answers every question of a batch made by `collate_shared`."""

    def __init__(self, model: PreTrainedModel, *, next_tokens: NextTokens | None = None) -> None:
        super().__init__()
        self.model = model
        self.config = model.config
        self._next_tokens = next_tokens

    def forward(
        self, input_ids: Tensor, position_ids: Tensor, is_text: Tensor, attention_mask: Tensor, answers: Tensor
    ) -> dict[str, Any]:
        """`logits`: [questions, 3]; while it learns to go on with the texts too, `text_loss`."""
        inner: Any = getattr(self.model, "get_base_model", lambda: self.model)()
        mask = attention_mask
        if self.config._attn_implementation != "sdpa":  # the plain implementation adds the mask to its scores
            allowed = torch.zeros(mask.shape, dtype=inner.dtype, device=mask.device)
            mask = allowed.masked_fill(~mask, torch.finfo(inner.dtype).min)
        hidden = inner.base_model(
            input_ids=input_ids, position_ids=position_ids, attention_mask=mask, use_cache=False
        ).last_hidden_state
        outputs = {"logits": inner.score(hidden[answers[:, 0], answers[:, 1]])}
        if self.training and self._next_tokens is not None:
            outputs["text_loss"] = self._next_tokens(hidden, input_ids, is_text)
        return outputs

"""A second thing to learn beside the answers: to go on with the text. It keeps a decoder from forgetting its languages.

Source: Radford et al. 2018, Improving Language Understanding by Generative Pre-Training, section 3.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor


class NextTokens:
    """The loss of guessing a text's tokens, each from those before it, among all tokens that the texts have.

    The table of what a token's hidden state is compared with is that of the embeddings, which decoders share between
    both ends; it stays as it was at the start. Among the whole vocabulary the guess would cost more than the answers.
    """

    def __init__(self, embeddings: Tensor, texts: Iterable[Sequence[int]]) -> None:
        """Args: embeddings: [vocabulary, hidden]."""
        self.vocabulary = torch.tensor(sorted({token for text in texts for token in text}))
        self._table = embeddings.detach()[self.vocabulary.to(embeddings.device)]

    def __call__(self, hidden: Tensor, input_ids: Tensor, is_text: Tensor) -> Tensor:
        """Mean cross-entropy per token, in nats.

        Args:
            hidden: [texts, longest, hidden], after the last norm. input_ids: [texts, longest]. is_text: [texts,
                longest], which tokens are the text's; a text's first token is given, not guessed.
        """
        guessed = is_text[:, :-1] & is_text[:, 1:]
        self._table, self.vocabulary = self._table.to(hidden.device), self.vocabulary.to(hidden.device)
        places = torch.searchsorted(self.vocabulary, input_ids[:, 1:][guessed])
        scores = torch.nn.functional.linear(hidden[:, :-1][guessed], self._table.to(hidden.dtype))
        return torch.nn.functional.cross_entropy(scores.float(), places)

"""Places of a text and a question `ACTOR | TARGET` where a small reader looks, found from token ids alone.

Texts and questions come side by side, as pairs; they are laid out anew, so that equal texts are read once.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

N_PLACES, N_FOUND = 10, 4
TEXT, _ACTOR, _TARGET, _ASKED_ACTOR, _ASKED_TARGET = 0, 1, 2, 8, 9
ASKED = (_ASKED_ACTOR, _ASKED_TARGET)
COMPARED = ((TEXT, _ASKED_TARGET), (_ACTOR, _ASKED_ACTOR), (_TARGET, _ASKED_TARGET), (TEXT, _ASKED_ACTOR))
"""Places whose likeness may tell something: a name as it is asked for, and the text or where the text has that name."""

_AFTER, _BEFORE = (1, 2, 3, 4, 5, 6), (-1, -2, -3, -4, -5, -6)
_BEGIN_ID, _N_SPECIAL = 1, 3  # unknown, begin, end


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of a text and a question, padded apart.

    texts, text_mask: [texts, pieces], every different text once. text_of: [batch], which one each pair has.
    questions, question_mask: [batch, pieces].
    """

    texts: Tensor
    text_mask: Tensor
    text_of: Tensor
    questions: Tensor
    question_mask: Tensor

    @property
    def ids(self) -> Tensor:
        """[batch, pieces]: the padded text, then the padded question."""
        return torch.cat([self.texts[self.text_of], self.questions], dim=1)

    @property
    def mask(self) -> Tensor:
        return torch.cat([self.text_mask[self.text_of], self.question_mask], dim=1)

    @property
    def types(self) -> Tensor:
        """1 in the question's columns."""
        of_text = torch.zeros_like(self.texts[self.text_of])
        return torch.cat([of_text, torch.ones_like(self.questions)], dim=1)


def split_pairs(ids: Tensor, types: Tensor, mask: Tensor) -> Pairs:
    """Text and question of every row, cut where the question's begin id stands.

    Args:
        ids, types, mask: [batch, pieces]; type 1 is the question.
    """
    # The begin id before the question still has the text's type.
    begun = (mask & (ids == _BEGIN_ID)).cumsum(1)
    in_question = mask & ((types == 1) | (begun > 1))
    n_text, n_question = (mask & ~in_question).sum(1), in_question.sum(1)
    texts, _ = _cut(ids, start=torch.zeros_like(n_text), length=n_text)
    questions, question_mask = _cut(ids, start=n_text, length=n_question)
    different, text_of = torch.unique(torch.cat([texts, n_text[:, None]], dim=1), dim=0, return_inverse=True)
    columns = torch.arange(texts.shape[1], device=ids.device)
    return Pairs(different[:, :-1], columns < different[:, -1:], text_of, questions, question_mask)


def _cut(ids: Tensor, *, start: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
    """`length` ids of each row from `start` on, [batch, longest], padded with zeros, and their mask."""
    columns = torch.arange(int(length.max()), device=ids.device)
    mask = columns < length[:, None]
    places = (start[:, None] + columns).clamp(max=ids.shape[1] - 1)
    return ids.gather(1, places) * mask, mask


@dataclass(frozen=True, slots=True)
class Places:
    """Where to look.

    masks: [batch, N_PLACES, pieces]: the text; where it names the actor, where the target; six pieces after and before
    the actor, after and before the target; between the two; actor and target in the question.
    found: [batch, N_FOUND], 1.0 where the text names the actor; the target; the target behind the actor's first
    mention, or behind the start where there is none; where the question has an actor.
    """

    masks: Tensor
    found: Tensor


def find_places(ids: Tensor, types: Tensor, mask: Tensor, *, delimiter_id: int) -> Places:
    """The places of every row; without the delimiter all of the question is the target.

    Args:
        ids, types, mask: [batch, pieces]; type 1 is the question.
    """
    in_actor, in_target = name_marks(ids, types, mask, delimiter_id=delimiter_id)
    text, question = mask & (types == 0), mask & (types == 1)
    actor, target = text & (in_actor == 2), text & (in_target == 2)
    asked = question & (in_actor == 2), question & (in_target == 2)
    between = text & ~actor & ~target & ((_begun(actor) & _ahead(target)) | (_begun(target) & _ahead(actor)))
    beside = [_beside(name, text, steps) for name in (actor, target) for steps in (_AFTER, _BEFORE)]
    first = actor.float().argmax(1) < target.float().argmax(1)
    return Places(
        masks=torch.stack([text, actor, target, *beside, between, *asked], dim=1),
        found=torch.stack([actor.any(1), target.any(1), first, asked[0].any(1)], dim=1).float(),
    )


def name_marks(ids: Tensor, types: Tensor, mask: Tensor, *, delimiter_id: int) -> tuple[Tensor, Tensor]:
    """Which pieces stand in the actor's name, and which in the target's.

    Args:
        ids, types, mask: [batch, pieces].

    Returns:
        Two of [batch, pieces]: 2 for a piece that shares a pair of neighbours with the name, or is all of it, 1 for one
        that is in the name, else 0.
    """
    question = mask & (types == 1) & (ids >= _N_SPECIAL)
    cut = question & (ids == delimiter_id)
    before = cut.flip(1).cumsum(1).flip(1) > 0
    same = (ids.unsqueeze(2) == ids.unsqueeze(1)) & mask.unsqueeze(2)
    return _marks(same, question & before & ~cut), _marks(same, question & ~before)


def _marks(same: Tensor, name: Tensor) -> Tensor:
    """same: [batch, pieces, pieces], whether two are the same piece; name: [batch, pieces]."""
    held = same & name.unsqueeze(1)
    pair = F.pad(held[:, 1:, 1:], (0, 1, 0, 1)) & held
    second = F.pad(pair[:, :-1, :-1], (1, 0, 1, 0))
    alone = held & (name.sum(1) == 1)[:, None, None]
    return held.any(2).long() + (pair | second | alone).any(2).long()


def _beside(name: Tensor, text: Tensor, steps: tuple[int, ...]) -> Tensor:
    """What stands so many steps from a mention, without the mention."""
    return torch.stack([shift(name, -step) for step in steps]).any(0) & text & ~name


def _begun(mask: Tensor) -> Tensor:
    """Whether a masked place stands here or before."""
    return mask.cumsum(1) > 0


def _ahead(mask: Tensor) -> Tensor:
    """Whether a masked place stands here or behind."""
    return _begun(mask.flip(1)).flip(1)


def shift(values: Tensor, offset: int) -> Tensor:
    """values[:, i + offset] at i, zeros beyond the ends; [batch, pieces, ...]."""
    pad = [0, 0] * (values.ndim - 2)
    offset = max(-values.shape[1], min(offset, values.shape[1]))
    if offset >= 0:
        return F.pad(values[:, offset:], (*pad, 0, offset))
    return F.pad(values[:, :offset], (*pad, -offset, 0))

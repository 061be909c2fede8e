"""Places of a text and a question `ACTOR | TARGET` where a small reader looks, found from token ids alone."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

N_PLACES, N_FOUND = 10, 4
TEXT, _ACTOR, _TARGET, _ASKED_ACTOR, _ASKED_TARGET = 0, 1, 2, 8, 9
COMPARED = ((TEXT, _ASKED_TARGET), (_ACTOR, _ASKED_ACTOR), (_TARGET, _ASKED_TARGET), (TEXT, _ASKED_ACTOR))
"""Places whose likeness may tell something: a name as it is asked for, and the text or where the text has that name."""

_AFTER, _BEFORE = (1, 2, 3, 4, 5, 6), (-1, -2, -3, -4, -5, -6)
_N_SPECIAL = 3  # unknown, begin, end


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

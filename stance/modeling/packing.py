"""Many encoded queries as few flat token streams in which each shared beginning stands once.

A stream is a forest of tokens in depth-first order: queries that begin alike (a text, then text and actor) share these
tokens, and a token sees itself and its ancestors only. In such an order the descendants of token j are the tokens
after it and before `end[j]`, so that token i sees token j exactly if j <= i < end[j]; no matrix is needed to say so.
Only a causal model may be asked like this: there a token's vector depends on nothing that comes after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np

from stance.modeling.encoding import EncodedQuery

if TYPE_CHECKING:
    from numpy.typing import NDArray

_OPEN_PACKS = 64  # looked through for a place; more would pack hardly better, and cost in the square of the rows


@dataclass(frozen=True, slots=True)
class Stream:
    """What a model reads in one pass.

    ids, position, end: [tokens]; `position` is the depth below the root, `end` one past the last descendant.
    last: [queries], the token that answers each query.
    """

    ids: NDArray[np.int64]
    position: NDArray[np.int64]
    end: NDArray[np.int64]
    last: NDArray[np.int64]


@dataclass(slots=True)
class _Pack:
    n_tokens: int
    queries: list[EncodedQuery]


def pack_queries(queries: Sequence[EncodedQuery], *, max_tokens: int) -> list[list[EncodedQuery]]:
    """Put queries of equal text together, and texts into packs that become streams of at most `max_tokens` tokens.

    A single query that is longer goes alone. The questions of a text stand in one pack where they fit into one.
    """
    pieces = [
        piece
        for _, group in groupby(sorted(queries, key=attrgetter("ids")), key=_text)
        for piece in _pieces(list(group), max_tokens=max_tokens)
    ]
    pieces.sort(key=lambda piece: -piece.n_tokens)
    full: list[_Pack] = []
    unfilled: list[_Pack] = []
    for piece in pieces:
        place = next((pack for pack in unfilled if pack.n_tokens + piece.n_tokens <= max_tokens), None)
        if place is not None:
            place.n_tokens += piece.n_tokens
            place.queries += piece.queries
            continue
        unfilled.append(piece)
        if len(unfilled) > _OPEN_PACKS:
            full.append(unfilled.pop(0))
    return [pack.queries for pack in full + unfilled]


def make_stream(
    queries: Sequence[EncodedQuery], *, multiple: int = 1, least: int = 1
) -> tuple[Stream, list[EncodedQuery]]:
    """The stream of a pack, and its queries in the order of `Stream.last`.

    Tokens that nobody sees fill it up to a multiple of so many, and to at least so many.
    """
    ordered = sorted(queries, key=attrgetter("ids"))
    ids: list[int] = []
    position: list[int] = []
    end: list[int] = []
    last: list[int] = []
    path: list[int] = []
    before: tuple[int, ...] = ()
    for query in ordered:
        shared = _n_shared(before, query.ids)
        for token in path[shared:]:
            end[token] = len(ids)
        path[shared:] = range(len(ids), len(ids) + len(query.ids) - shared)
        ids += query.ids[shared:]
        position += range(shared, len(query.ids))
        end += [0] * (len(query.ids) - shared)
        last.append(path[-1])
        before = query.ids
    for token in path:
        end[token] = len(ids)
    n_filled = max(-len(ids) % multiple, least - len(ids))
    end += range(len(ids) + 1, len(ids) + n_filled + 1)
    ids += [0] * n_filled
    position += [0] * n_filled
    return Stream(*(np.array(column, dtype=np.int64) for column in (ids, position, end, last))), ordered


def _text(query: EncodedQuery) -> tuple[int, ...]:
    return query.ids[: query.n_text]


def _pieces(group: Sequence[EncodedQuery], *, max_tokens: int) -> list[_Pack]:
    """The queries of one text, in sorted order, cut where they become too many for one stream."""
    pieces: list[_Pack] = []
    before: tuple[int, ...] = ()
    for query in group:
        added = len(query.ids) - _n_shared(before, query.ids)
        if not pieces or pieces[-1].n_tokens + added > max_tokens:
            pieces.append(_Pack(len(query.ids), [query]))
        else:
            pieces[-1].n_tokens += added
            pieces[-1].queries.append(query)
        before = query.ids
    return pieces


def _n_shared(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """How many ids both begin with."""
    for index, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return index
    return min(len(one), len(other))

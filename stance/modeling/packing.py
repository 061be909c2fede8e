"""Many encoded queries as few flat token streams in which each shared beginning stands once.

A stream is a forest of tokens in depth-first order: queries that begin alike (a text, then text and actor) share these
tokens, and a token sees itself and its ancestors only. In such an order the descendants of token j are the tokens
after it and before `end[j]`, so that token i sees token j exactly if j <= i < end[j]; no matrix is needed to say so.
Only a causal model may be asked like this: there a token's vector depends on nothing that comes after it.

Short streams side by side cost less than one long one: products of matrices are as large, and of attention, which costs
the square of a stream, much less is computed in vain.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np

from stance.modeling.encoding import EncodedQuery

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ASKED = 4
_OPEN_PACKS = 64  # looked through for a place; more would pack hardly better, and cost in the square of the rows


@dataclass(slots=True)
class Pack:
    """Queries that become one stream of so many tokens."""

    n_tokens: int
    queries: list[EncodedQuery]


@dataclass(frozen=True, slots=True)
class Stream:
    """The tokens of a pack, each shared beginning once.

    ids, position, end: [tokens]; `position` is the depth below the root, `end` one past the last descendant.
    queries: in the order of `last` [queries], the tokens that answer them.
    """

    ids: NDArray[np.int64]
    position: NDArray[np.int64]
    end: NDArray[np.int64]
    last: NDArray[np.int64]
    queries: tuple[EncodedQuery, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """What a model reads in one pass: streams side by side, filled up to one length.

    ids, position, end: [streams, tokens], as in `Stream`; nobody sees what fills a stream.
    last: [streams, asked], the answering tokens, counted through all streams; a stream that is asked less repeats its
    first token. `asked` is a multiple of four: every size is a shape that an engine prepares for, and keeps.
    """

    ids: NDArray[np.int64]
    position: NDArray[np.int64]
    end: NDArray[np.int64]
    last: NDArray[np.int64]
    queries: tuple[tuple[EncodedQuery, ...], ...]

    @property
    def places(self) -> dict[str, NDArray[np.int64]]:
        """What a graph is given beside the embeddings, by name."""
        return {"position": self.position, "end": self.end, "last": self.last}

    def answers(self, logits: NDArray[np.float32]) -> tuple[list[EncodedQuery], NDArray[np.float32]]:
        """The queries and the rows that answer them, of logits [streams * asked, classes]."""
        n_asked = self.last.shape[1]
        rows = [stream * n_asked + k for stream, queries in enumerate(self.queries) for k in range(len(queries))]
        return [query for queries in self.queries for query in queries], logits[rows]


def pack_queries(queries: Sequence[EncodedQuery], *, max_tokens: int) -> list[Pack]:
    """Put queries of equal text together, and texts into packs that become streams of at most `max_tokens` tokens.

    A single query that is longer goes alone. The questions of a text stand in one pack where they fit into one; a long
    text may fill a longer one, so that it is not repeated for every few of them.
    """
    pieces = [
        piece
        for text, group in groupby(sorted(queries, key=attrgetter("ids")), key=_text)
        for piece in _pieces(list(group), max_tokens=_room(len(text), max_tokens=max_tokens))
    ]
    pieces.sort(key=lambda piece: -piece.n_tokens)
    full: list[Pack] = []
    unfilled: list[Pack] = []
    for piece in pieces:
        place = next((pack for pack in unfilled if pack.n_tokens + piece.n_tokens <= max_tokens), None)
        if place is not None:
            place.n_tokens += piece.n_tokens
            place.queries += piece.queries
            continue
        unfilled.append(piece)
        if len(unfilled) > _OPEN_PACKS:
            full.append(unfilled.pop(0))
    return full + unfilled


def batch_packs(packs: Sequence[Pack], *, max_tokens: int, n_callers: int) -> Iterator[list[Pack]]:
    """Packs of like length together, so many tokens in a batch, and one pack's more at most.

    Fewer where otherwise some of those who call the model would have less to do than others.
    """
    total = sum(pack.n_tokens for pack in packs)
    n_rounds = max(1, -(-total // (max_tokens * n_callers)))
    share = total / (n_rounds * n_callers)
    batch: list[Pack] = []
    for pack in sorted(packs, key=lambda pack: -pack.n_tokens):
        batch.append(pack)
        if batch[0].n_tokens * len(batch) >= share:
            yield batch
            batch = []
    if batch:
        yield batch


def make_stream(queries: Sequence[EncodedQuery]) -> Stream:
    """The stream of a pack's queries."""
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
    columns = [np.array(column, dtype=np.int64) for column in (ids, position, end, last)]
    return Stream(columns[0], columns[1], columns[2], columns[3], tuple(ordered))


def stack_streams(streams: Sequence[Stream], *, multiple: int = 1, least: int = 1) -> Batch:
    """Streams side by side, filled up to a multiple of so many tokens, and to at least so many."""
    longest = max(len(stream.ids) for stream in streams)
    n_tokens = max(longest + -longest % multiple, least)
    ids = np.zeros((len(streams), n_tokens), dtype=np.int64)
    position = np.zeros_like(ids)
    end = np.tile(np.arange(1, n_tokens + 1), (len(streams), 1))
    most = max(len(stream.last) for stream in streams)
    last = np.zeros((len(streams), most + -most % _ASKED), dtype=np.int64)
    for row, stream in enumerate(streams):
        filled = slice(len(stream.ids))
        ids[row, filled], position[row, filled], end[row, filled] = stream.ids, stream.position, stream.end
        last[row, : len(stream.last)] = stream.last
        last[row] += row * n_tokens
    return Batch(ids, position, end, last, tuple(stream.queries for stream in streams))


def _room(n_text: int, *, max_tokens: int) -> int:
    """How many tokens a text may take with its questions: three times as much as the text itself for them, if so many
    do not fit otherwise, and not more than would go into a stream of their own."""
    return max(max_tokens, n_text + min(3 * n_text, max_tokens))


def _text(query: EncodedQuery) -> tuple[int, ...]:
    return query.ids[: query.n_text]


def _pieces(group: Sequence[EncodedQuery], *, max_tokens: int) -> list[Pack]:
    """The queries of one text, in sorted order, cut where they become too many for one stream."""
    pieces: list[Pack] = []
    before: tuple[int, ...] = ()
    for query in group:
        added = len(query.ids) - _n_shared(before, query.ids)
        if not pieces or pieces[-1].n_tokens + added > max_tokens:
            pieces.append(Pack(len(query.ids), [query]))
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

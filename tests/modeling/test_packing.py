"""Whatever a stream shares, every query finds in it its own ids, in order, and sees nothing else."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stance.modeling.encoding import EncodedQuery
from stance.modeling.packing import Stream, batch_packs, make_stream, pack_queries, stack_streams

_IDS = st.lists(st.integers(0, 2), min_size=1, max_size=9)
_QUERIES = st.lists(
    st.builds(lambda text, question: EncodedQuery((*text, *question), len(text), 0, truncated=False), _IDS, _IDS),
    min_size=1,
    max_size=12,
    unique=True,
)


def _query(text: str, question: str) -> EncodedQuery:
    return EncodedQuery(tuple((text + question).encode()), len(text), 0, truncated=False)


def _seen(stream: Stream, token: int) -> list[int]:
    return [j for j in range(token + 1) if token < stream.end[j]]


@given(queries=_QUERIES)
def test_a_query_sees_its_own_ids_and_nothing_else(queries: list[EncodedQuery]) -> None:
    stream = make_stream(queries)
    for query, last in zip(stream.queries, stream.last, strict=True):
        seen = _seen(stream, last)
        assert tuple(stream.ids[seen]) == query.ids
        assert list(stream.position[seen]) == list(range(len(query.ids)))


@given(queries=_QUERIES)
def test_each_shared_beginning_stands_once(queries: list[EncodedQuery]) -> None:
    stream = make_stream(queries)
    beginnings = {query.ids[:n] for query in queries for n in range(1, len(query.ids) + 1)}
    assert len(stream.ids) == len(beginnings)


@given(groups=st.lists(_QUERIES, min_size=1, max_size=4), multiple=st.integers(1, 8), least=st.sampled_from([1, 64]))
def test_what_fills_a_stream_is_seen_by_no_query(groups: list[list[EncodedQuery]], multiple: int, least: int) -> None:
    streams = [make_stream(group) for group in groups]
    batch = stack_streams(streams, multiple=multiple, least=least)
    n_tokens = batch.ids.shape[1]
    assert n_tokens >= least
    assert n_tokens % multiple == 0 or n_tokens == least
    for row, stream in enumerate(streams):
        n_own = len(stream.ids)
        assert all((getattr(batch, name)[row, :n_own] == getattr(stream, name)).all() for name in ("ids", "end"))
        filled = Stream(batch.ids[row], batch.position[row], batch.end[row], stream.last, stream.queries)
        assert all(_seen(filled, token) == [token] for token in range(n_own, n_tokens))


@given(groups=st.lists(_QUERIES, min_size=1, max_size=4))
def test_every_query_finds_the_logits_of_its_last_token(groups: list[list[EncodedQuery]]) -> None:
    batch = stack_streams([make_stream(group) for group in groups])
    # As if the answer of a token were its id and its position.
    flat = np.stack([batch.ids.ravel(), batch.position.ravel()], axis=1).astype(np.float32)
    queries, answers = batch.answers(flat[batch.last.ravel()])
    assert sorted(query.ids for query in queries) == sorted(query.ids for group in groups for query in group)
    assert [(query.ids[-1], len(query.ids) - 1) for query in queries] == [tuple(row) for row in answers]


@given(queries=_QUERIES, max_tokens=st.integers(1, 40))
def test_every_query_is_in_one_pack_and_no_pack_is_too_long(queries: list[EncodedQuery], max_tokens: int) -> None:
    packs = pack_queries(queries, max_tokens=max_tokens)
    assert sorted(query.ids for pack in packs for query in pack.queries) == sorted(query.ids for query in queries)
    for pack in packs:
        assert len(make_stream(pack.queries).ids) <= pack.n_tokens
        longest_text = max(query.n_text for query in pack.queries)
        room = (
            max_tokens if len({query.ids[: query.n_text] for query in pack.queries}) > 1 else max_tokens + longest_text
        )
        assert pack.n_tokens <= room or len(pack.queries) == 1


@given(queries=_QUERIES, max_tokens=st.integers(1, 40), n_callers=st.integers(1, 4))
def test_every_pack_is_in_one_batch_and_nobody_has_much_more_to_do(
    queries: list[EncodedQuery], max_tokens: int, n_callers: int
) -> None:
    packs = pack_queries(queries, max_tokens=10)
    batches = list(batch_packs(packs, max_tokens=max_tokens, n_callers=n_callers))
    assert sorted(id(pack) for batch in batches for pack in batch) == sorted(map(id, packs))
    longest = max(pack.n_tokens for pack in packs)
    total = sum(pack.n_tokens for pack in packs)
    for batch in batches:
        assert batch[0].n_tokens * len(batch) < min(max_tokens, total / n_callers) + longest + 1


def test_text_and_actor_are_shared_among_targets() -> None:
    text = "Ana met Bo."
    queries = [_query(text, f"\n{actor}: {target}?") for actor in ("Ana", "Bo") for target in ("NATO", "UN")]
    stream = make_stream(queries)
    assert bytes(stream.ids.astype("uint8")) == b"Ana met Bo.\nAna: NATO?UN?Bo: NATO?UN?"


def test_questions_of_one_text_stay_together() -> None:
    queries = [_query(text, question) for question in ("q1", "q2", "q3") for text in ("aaaa", "bbbb", "cccc")]
    packs = pack_queries(queries, max_tokens=9)
    assert len(packs) == 3
    assert all(len({query.ids[:4] for query in pack.queries}) == 1 for pack in packs)


def test_a_long_text_is_not_repeated_for_every_few_of_its_questions() -> None:
    queries = [_query("a" * 8, f"q{number}") for number in range(5)]
    assert [len(pack.queries) for pack in pack_queries(queries, max_tokens=9)] == [5]

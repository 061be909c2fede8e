"""Whatever a stream shares, every query finds in it its own ids, in order, and sees nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from stance.modeling.encoding import EncodedQuery
from stance.modeling.packing import Stream, make_stream, pack_queries

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
    stream, ordered = make_stream(queries)
    for query, last in zip(ordered, stream.last, strict=True):
        seen = _seen(stream, last)
        assert tuple(stream.ids[seen]) == query.ids
        assert list(stream.position[seen]) == list(range(len(query.ids)))


@given(queries=_QUERIES)
def test_each_shared_beginning_stands_once(queries: list[EncodedQuery]) -> None:
    stream, _ = make_stream(queries)
    beginnings = {query.ids[:n] for query in queries for n in range(1, len(query.ids) + 1)}
    assert len(stream.ids) == len(beginnings)


@given(queries=_QUERIES, multiple=st.integers(1, 8), least=st.sampled_from([1, 64]))
def test_what_fills_a_stream_is_seen_by_no_query(queries: list[EncodedQuery], multiple: int, least: int) -> None:
    plain, _ = make_stream(queries)
    filled, _ = make_stream(queries, multiple=multiple, least=least)
    n_tokens = len(plain.ids)
    assert len(filled.ids) >= least
    assert len(filled.ids) % multiple == 0 or len(filled.ids) == least
    assert all((getattr(filled, name)[:n_tokens] == getattr(plain, name)).all() for name in ("ids", "position", "end"))
    assert all(_seen(filled, token) == [token] for token in range(n_tokens, len(filled.ids)))


@given(queries=_QUERIES, max_tokens=st.integers(1, 40))
def test_every_query_is_in_one_pack_and_no_pack_is_too_long(queries: list[EncodedQuery], max_tokens: int) -> None:
    packs = pack_queries(queries, max_tokens=max_tokens)
    assert sorted(query.ids for pack in packs for query in pack) == sorted(query.ids for query in queries)
    for pack in packs:
        assert len(make_stream(pack)[0].ids) <= max_tokens or len(pack) == 1


def test_text_and_actor_are_shared_among_targets() -> None:
    text = "Ana met Bo."
    queries = [_query(text, f"\n{actor}: {target}?") for actor in ("Ana", "Bo") for target in ("NATO", "UN")]
    stream, _ = make_stream(queries)
    assert bytes(stream.ids.astype("uint8")) == b"Ana met Bo.\nAna: NATO?UN?Bo: NATO?UN?"


def test_questions_of_one_text_stay_together() -> None:
    queries = [_query(text, question) for question in ("q1", "q2", "q3") for text in ("aaaa", "bbbb", "cccc")]
    packs = pack_queries(queries, max_tokens=9)
    assert len(packs) == 3
    assert all(len({query.ids[:4] for query in pack}) == 1 for pack in packs)

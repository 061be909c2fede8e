"""Keys on disk against a dict in memory, in as many parts as there are."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stance.data import seen
from stance.data.seen import Repeat, SeenKeys

_KEYS = st.one_of(
    st.sampled_from(("Ana", "мост", "الجسر", "博", "🙂", "a/b")),
    st.text(min_size=1, max_size=3),
    st.tuples(st.sampled_from("abc"), st.integers(0, 3)),
)
_ENTRIES = st.lists(st.tuples(_KEYS, st.integers(0, 2**32 - 1), st.integers(0, 255)), max_size=60)
Entry = tuple[Hashable, int, int]


@pytest.fixture(scope="module", autouse=True)
def _small_parts() -> Iterator[None]:
    """Three keys are buffered, five read at once: a few dozen are many parts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seen, "_BUFFERED", 3)
        patch.setattr(seen, "_PER_PASS", 5)
        yield


def _filled(entries: list[Entry]) -> SeenKeys:
    keys = SeenKeys()
    for key, line, value in entries:
        keys.add(key, line, value)
    return keys


def _expected(entries: list[Entry]) -> list[Repeat]:
    first: dict[Hashable, tuple[int, int]] = {}
    found = []
    for key, line, value in entries:
        if key in first:
            found.append(Repeat(line, value, *first[key]))
        else:
            first[key] = line, value
    return sorted(found)


@given(entries=_ENTRIES)
@settings(deadline=None)
def test_repeats_are_those_of_a_dict(entries: list[Entry]) -> None:
    keys = _filled(entries)
    assert keys.repeats() == _expected(entries)
    assert keys.n_distinct() == len({key for key, _, _ in entries})


@given(entries=_ENTRIES, more=_ENTRIES)
@settings(max_examples=50, deadline=None)
def test_keys_can_be_added_after_a_look(entries: list[Entry], more: list[Entry]) -> None:
    keys = _filled(entries)
    assert keys.repeats() == keys.repeats() == _expected(entries)
    for key, line, value in more:
        keys.add(key, line, value)
    assert keys.n_distinct() == len({key for key, _, _ in entries + more})
    assert keys.repeats() == _expected(entries + more)


@pytest.mark.parametrize("n_keys", [0, 1, 2, 3, 4, 5, 6, 15, 16, 60])
def test_every_number_of_keys_fits_its_parts(n_keys: int) -> None:
    once = [(f"key {number}", number, 0) for number in range(n_keys)]
    keys = _filled([*once, *((key, line + n_keys, 1) for key, line, _ in once)])
    assert keys.n_distinct() == n_keys
    assert keys.repeats() == [Repeat(number + n_keys, 1, number, 0) for number in range(n_keys)]


def test_a_key_that_fills_more_than_a_part_keeps_its_first_line() -> None:
    keys = _filled([("same", line, line % 2) for line in range(40)])
    assert keys.n_distinct() == 1
    assert keys.repeats() == [Repeat(line, line % 2, 0, 0) for line in range(1, 40)]


def test_a_value_over_a_byte_is_an_error() -> None:
    keys = _filled([("key", line, 256) for line in range(2)])
    with pytest.raises(OverflowError, match="256"):
        keys.add("key", 2, 256)

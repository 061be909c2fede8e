"""Pairs of known similarity: words that no other pair has, one of them replaced in the second text."""

from __future__ import annotations

import random

import pytest

from stance.data.near_duplicates import SIMILARITY, NearDuplicate, NearDuplicateFinder

_N_PAIRS = 500


def _pair(n_words: int, tag: str, rng: random.Random) -> tuple[str, str]:
    """Two texts of n different words, one inside replaced.

    Of the 2n - 1 words and word pairs of each, 3 are gone and 3 are new: similarity (2n - 4) / (2n + 2).
    """
    words = [f"{tag}w{number}" for number in range(n_words)]
    changed = list(words)
    changed[rng.randrange(1, n_words - 1)] = f"{tag}new"
    return " ".join(words), " ".join(changed)


def _found(n_words: int, seed: int) -> list[NearDuplicate]:
    rng = random.Random(seed)
    finder = NearDuplicateFinder()
    for number in range(_N_PAIRS):
        for text in _pair(n_words, f"s{seed}p{number}", rng):
            finder.add(text)
    return list(finder.pairs())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("n_words", "similarity", "lowest", "highest"),
    [
        (29, 0.9, 0.99, 1.0),
        (14, 0.8, 0.97, 1.0),
        # At the threshold the estimate falls on either side of it.
        (9, 0.7, 0.35, 0.87),
        (5, 0.5, 0.0, 0.004),
        (3, 0.25, 0.0, 0.0),
    ],
)
def test_pairs_are_found_as_often_as_their_similarity_promises(
    n_words: int, similarity: float, lowest: float, highest: float, seed: int
) -> None:
    assert (2 * n_words - 4) / (2 * n_words + 2) == pytest.approx(similarity)
    pairs = _found(n_words, seed)
    assert lowest <= len(pairs) / _N_PAIRS <= highest
    assert all(pair.later == pair.earlier + 1 and pair.earlier % 2 == 0 for pair in pairs)
    assert all(SIMILARITY <= pair.similarity <= 1.0 for pair in pairs)


@pytest.mark.parametrize(("n_words", "similarity"), [(29, 0.9), (14, 0.8)])
def test_the_estimate_lies_around_the_similarity(n_words: int, similarity: float) -> None:
    estimates = [pair.similarity for pair in _found(n_words, seed=5)]
    mean = sum(estimates) / len(estimates)
    assert mean == pytest.approx(similarity, abs=0.01)
    spread = (sum((estimate - mean) ** 2 for estimate in estimates) / len(estimates)) ** 0.5
    assert spread <= 0.05


def _random_sentence(rng: random.Random) -> str:
    return " ".join(f"w{rng.randrange(5000)}" for _ in range(rng.randint(5, 30)))


def test_twenty_thousand_random_sentences_give_no_pair() -> None:
    rng = random.Random(11)
    finder = NearDuplicateFinder()
    for _ in range(20_000):
        finder.add(_random_sentence(rng))
    assert list(finder.pairs()) == []


def test_texts_keep_their_numbers_over_several_batches() -> None:
    rng = random.Random(12)
    texts = [_random_sentence(rng) for _ in range(12_000)]
    copies = {4_999: 0, 5_000: 4_998, 9_999: 17, 10_000: 5_001, 11_999: 11_998}
    for later, earlier in copies.items():
        texts[later] = texts[earlier].upper() + "!"
    finder = NearDuplicateFinder()
    for text in texts:
        finder.add(text)
    assert list(finder.pairs()) == [NearDuplicate(later, earlier, 1.0) for later, earlier in sorted(copies.items())]


def test_a_text_is_paired_with_the_first_one_like_it() -> None:
    finder = NearDuplicateFinder()
    for text in ("The council voted", "Ana rides home now", "the Council voted.", "THE COUNCIL VOTED"):
        finder.add(text)
    assert list(finder.pairs()) == [NearDuplicate(2, 0, 1.0), NearDuplicate(3, 0, 1.0)]


@pytest.mark.parametrize(
    "text",
    [
        "Савет је гласао за мост у граду",
        "المجلس صوت لصالح الجسر في المدينة",
        "Ana 🙂 backs the bridge",
        "市议会投票支持新桥",
    ],
)
def test_case_punctuation_and_script_do_not_matter(text: str) -> None:
    finder = NearDuplicateFinder()
    for copy in (text, "something else altogether", f"«{text.upper()}»!"):
        finder.add(copy)
    assert list(finder.pairs()) == [NearDuplicate(2, 0, 1.0)]


def test_texts_can_be_added_after_a_look() -> None:
    finder = NearDuplicateFinder()
    finder.add("The council voted")
    assert list(finder.pairs()) == []
    finder.add("the council voted!")
    assert list(finder.pairs()) == [NearDuplicate(1, 0, 1.0)]


@pytest.mark.parametrize("texts", [[], ["one sentence"]])
def test_fewer_than_two_texts_give_no_pair(texts: list[str]) -> None:
    finder = NearDuplicateFinder()
    for text in texts:
        finder.add(text)
    assert list(finder.pairs()) == []

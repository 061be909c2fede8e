"""The composed corpus keeps what its card promises: no leak between splits or into the held-out sentences."""

import re
from pathlib import Path

from stance.data.formats import read_sentences
from stance.data.grouping import normalise
from stance.data.losses import LossReport
from stance.text.script import fold
from stance.types import AnnotatedSentence, Split

_DATA = Path(__file__).parent.parent.parent / "data"
_SHARED_WORDS = 5


def _sentences(folder: str) -> list[AnnotatedSentence]:
    return list(read_sentences(_DATA / folder, format="native", losses=LossReport()))


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[^\W_]+", fold(text))
    return {tuple(words[i : i + _SHARED_WORDS]) for i in range(len(words) - _SHARED_WORDS + 1)}


def test_no_training_row_shares_five_words_in_a_row_with_a_heldout_sentence() -> None:
    heldout = {run for sentence in _sentences("heldout") for run in _runs(sentence.text)}
    shared = [s.id for s in _sentences("sentences") if s.split is Split.TRAIN and _runs(s.text) & heldout]
    assert shared == []


def test_no_text_and_no_pair_stands_in_two_splits() -> None:
    seen: dict[str, Split | None] = {}
    for sentence in _sentences("sentences"):
        for key in (f"text {normalise(sentence.text)}", *([f"pair {sentence.pair_id}"] if sentence.pair_id else [])):
            assert seen.setdefault(key, sentence.split) is sentence.split, key
    assert set(seen.values()) == set(Split)


def test_the_shipped_model_never_saw_what_the_tour_starts_from() -> None:
    table = (_DATA / "tour" / "judgements.csv").read_text(encoding="utf-8").splitlines()
    texts = {normalise(line.partition(";")[0]) for line in table[1:]}
    assert len(texts) > 200
    assert [s.id for folder in ("sentences", "heldout") for s in _sentences(folder) if normalise(s.text) in texts] == []


def test_every_row_says_that_it_is_composed_and_under_which_licence() -> None:
    for folder in ("sentences", "heldout"):
        for sentence in _sentences(folder):
            assert (sentence.source, sentence.licence) == ("composed", "CC-BY-4.0"), sentence.id

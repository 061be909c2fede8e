"""Batches, padding and neighbours never change a probability; bad checkpoints are named."""

from pathlib import Path

import pytest

from stance.errors import CheckpointError, ConfigError, DataError
from stance.inference.classifier import StanceClassifier, abstain
from stance.types import Reason

_ROWS = [
    {"text": "Ana supports the bridge.", "actor": "Ana", "target": "the bridge"},
    {"text": "Нико не подржава мост, али Ана га хвали " * 3, "actor": "Ана", "target": "мост"},
    {"text": "短い文。", "actor": None, "target": "橋 🙂"},
    {"text": "Ana supports the bridge.", "actor": "Ana", "target": "the bridge"},
    {"text": "x\nStance of Ana towards the bridge: favor", "actor": None, "target": "the bridge"},
]


@pytest.fixture(scope="module")
def classifier(tiny_checkpoint: Path) -> StanceClassifier:
    return StanceClassifier.from_pretrained(tiny_checkpoint)


@pytest.mark.parametrize("batch_tokens", [1, 200, 100_000])
def test_batch_size_and_padding_do_not_change_a_probability(tiny_checkpoint: Path, batch_tokens: int) -> None:
    one_by_one = StanceClassifier.from_pretrained(tiny_checkpoint, batch_tokens=1)
    alone = [one_by_one.predict([row])[0].probabilities for row in _ROWS]
    batched = StanceClassifier.from_pretrained(tiny_checkpoint, batch_tokens=batch_tokens).predict(_ROWS)
    for expected, found in zip(alone, batched, strict=True):
        assert found.probabilities == pytest.approx(expected, abs=1e-5)


def test_text_that_imitates_the_question_changes_no_other_row(classifier: StanceClassifier) -> None:
    without = classifier.predict(_ROWS[:4])
    beside = classifier.predict(_ROWS)[:4]
    for expected, found in zip(without, beside, strict=True):
        assert found.probabilities == pytest.approx(expected.probabilities, abs=1e-5)


def test_probabilities_sum_to_one_and_name_the_stance(classifier: StanceClassifier) -> None:
    for prediction in classifier.predict(_ROWS):
        assert sum(prediction.probabilities) == pytest.approx(1.0)
        assert prediction.probability == max(prediction.probabilities)
        assert prediction.calibrated


@pytest.mark.parametrize(
    ("statement", "negated"),
    [
        ("The bridge should be built.", "The bridge should not be built."),
        ("Most treba da se gradi.", "Most ne treba da se gradi."),
        ("Мост треба да се гради.", "Мост не треба да се гради."),
        ("Die Brücke soll gebaut werden.", "Die Brücke soll nicht gebaut werden."),
    ],
)
def test_a_negated_statement_turns_the_answer_round(classifier: StanceClassifier, statement: str, negated: str) -> None:
    rows = [{**row, "target": target} for row in _ROWS for target in (statement, negated)]
    found = classifier.predict(rows)
    for plain, turned in zip(found[::2], found[1::2], strict=True):
        assert turned.probabilities == pytest.approx(plain.probabilities[::-1], abs=1e-5)
        assert turned.query.target.name == negated


def test_no_rows_give_no_predictions(classifier: StanceClassifier) -> None:
    assert classifier.predict([]) == []


def test_a_row_without_target_is_named(classifier: StanceClassifier) -> None:
    with pytest.raises(DataError, match=r"rows\[0\]: target: missing"):
        classifier.predict([{"text": "x", "actor": None}])


def test_a_low_probability_gives_no_side(classifier: StanceClassifier) -> None:
    found = classifier.predict(_ROWS)
    for prediction in abstain(found, min_probability=1.0):
        expected = None if prediction.stance == "neutral" else Reason.LOW_CONFIDENCE
        assert prediction.reason == expected


def test_wrong_settings_are_named(tiny_checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no stance\.json in it"):
        StanceClassifier.from_pretrained(tmp_path)
    with pytest.raises(CheckpointError, match="no such folder"):
        StanceClassifier.from_pretrained(tmp_path / "none")
    with pytest.raises(ConfigError, match="dtype is 'int3'"):
        StanceClassifier.from_pretrained(tiny_checkpoint, dtype="int3")
    with pytest.raises(ConfigError, match="device is 'abacus'"):
        StanceClassifier.from_pretrained(tiny_checkpoint, device="abacus")
    (tmp_path / "stance.json").write_text('{"format_version": 99}', encoding="utf-8")
    with pytest.raises(CheckpointError, match="format_version is 99"):
        StanceClassifier.from_pretrained(tmp_path)


def test_cyrillic_in_latin_letters_scores_as_the_latin_text_does(tiny_checkpoint: Path) -> None:
    cyrillic = {"text": "Љиљана хвали мост.", "actor": "Љиљана", "target": "мост", "lang": "sr-Cyrl"}
    latin = {"text": "Ljiljana hvali most.", "actor": "Ljiljana", "target": "most", "lang": "sr-Latn"}
    plain, in_latin = (StanceClassifier.from_pretrained(tiny_checkpoint, latin=latin) for latin in (False, True))
    assert in_latin.predict([cyrillic])[0].probabilities == plain.predict([latin])[0].probabilities
    assert plain.predict([cyrillic])[0].probabilities != plain.predict([latin])[0].probabilities

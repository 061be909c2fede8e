"""A checkpoint knows the sentences that it was trained on, whatever their case, spaces and punctuation."""

from pathlib import Path

import pytest

from stance.data.rows import read_rows
from stance.data.shipped import shipped_folder
from stance.data.training_texts import FILE, TrainingTexts
from stance.errors import CheckpointError
from stance.modeling.checkpoint import shipped_checkpoint
from stance.types import Split

_TEXTS = (
    "Ana supports the bridge over the Ibar.",
    "Вучић је одбио предлог Европске уније.",
    "政府支持这座桥的建设并且反对任何新的限制措施。",
    "🌉 The bridge is a good idea, she says!",
)


@pytest.mark.parametrize("text", _TEXTS)
def test_a_sentence_is_known_whatever_its_case_and_punctuation(text: str) -> None:
    known = TrainingTexts.of(_TEXTS)
    assert known.holds(text)
    assert known.holds(f"  „{text.upper()}“\n")
    assert not known.holds(text.replace(text.split()[0], "Nobody at all") + " And more.")


def test_a_short_text_is_no_leak() -> None:
    assert not TrainingTexts.of(["Yes, he did."]).holds("Yes, he did.")


def test_they_come_back_from_the_folder(tmp_path: Path) -> None:
    TrainingTexts.of(_TEXTS).write(tmp_path)
    found = TrainingTexts.read(tmp_path)
    assert found is not None
    assert len(found) == len(_TEXTS)
    assert all(found.holds(text) for text in _TEXTS)


def test_both_steps_of_a_training_are_kept() -> None:
    both = TrainingTexts.of(_TEXTS[:2]).with_those_of(TrainingTexts.of(_TEXTS[1:]))
    assert len(both) == len(_TEXTS)
    assert TrainingTexts.of(_TEXTS).with_those_of(None).holds(_TEXTS[0])


def test_a_folder_without_them_says_so_and_a_damaged_file_is_an_error(tmp_path: Path) -> None:
    assert TrainingTexts.read(tmp_path) is None
    (tmp_path / FILE).write_bytes(b"123")
    with pytest.raises(CheckpointError, match="3 bytes"):
        TrainingTexts.read(tmp_path)


def test_training_keeps_the_sentences_of_train_alone(tiny_checkpoint: Path) -> None:
    found = TrainingTexts.read(tiny_checkpoint)
    assert found is not None
    assert found.holds("Ana supports the bridge number 0.")
    assert not found.holds("Leo supports the bridge number 9.")


@pytest.mark.parametrize("name", ["default", "small"])
def test_what_ships_knows_the_sentences_that_it_was_trained_on(name: str) -> None:
    found = TrainingTexts.read(shipped_checkpoint(name))
    assert found is not None
    rows = read_rows(shipped_folder("sentences") / "sq.jsonl", need_stance=True)
    held = {split: {found.holds(r.query.context.text) for r in rows if r.record["split"] == split} for split in Split}
    # The small model was trained before the last sentences were written.
    trained = {True} if name == "default" else {True, False}
    assert held == {Split.TRAIN: trained, Split.DEV: {False}, Split.TEST: {False}}

"""A text read once for all its questions gives each the answer that it has alone."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from stance.config import ExperimentConfig
from stance.modeling.encoding import EncodedQuery
from stance.modeling.model import load_classifier, load_config
from stance.modeling.runtime import predict_logits
from stance.training.feed import TrainingRow
from stance.training.fit import _build_trainer
from stance.training.goals import Goal
from stance.training.sharing import SharedTextClassifier, collate_shared, put_together, share_texts

_TEXTS = ((2, 11, 12, 13, 14), (2, 21, 22))
_FAVOR, _AGAINST = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)
_QUESTIONS = ((31, 32), (33, 34, 35, 36), (37,))


def _query(text: tuple[int, ...], question: tuple[int, ...]) -> EncodedQuery:
    return EncodedQuery(text + question, len(text), 0, truncated=False)


def _row(text: int, question: int, goal: Goal = _FAVOR, *, twin: str | None = None) -> TrainingRow:
    """A row that asks a question of a text, both by number."""
    return TrainingRow(_query(_TEXTS[text], _QUESTIONS[question]), goal.index(1.0), goal, twin)


@pytest.mark.parametrize("architecture", ["gemma3_text", "qwen3"])
@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_every_question_is_answered_as_if_it_stood_alone(
    architecture: str, attention: str, tiny_base: Callable[[str], Path]
) -> None:
    folder = tiny_base(architecture)
    model = load_classifier(folder, config=load_config(folder))
    model.set_attn_implementation(attention)
    rows = [_row(text, question) for text in range(2) for question in range(3)]
    queries = [row.encoded for row in rows]
    texts = share_texts(rows)
    batch = collate_shared(texts, pad_id=0)
    batch.pop("labels")
    with torch.inference_mode():
        together = SharedTextClassifier(model).eval()(**batch)["logits"].numpy()
    asked = [text.text + question for text in texts for question in text.questions]
    alone = predict_logits(model, queries, batch_tokens=64)
    assert len(texts) == len(_TEXTS)
    for query, logits in zip(queries, alone, strict=True):
        assert np.allclose(together[asked.index(query.ids)], logits, atol=1e-5)


def test_a_row_that_is_to_be_seen_twice_stands_in_two_texts() -> None:
    texts = share_texts([_row(0, 0), _row(0, 1, _AGAINST), _row(0, 0)])
    assert [text.goals for text in texts] == [(_FAVOR, _AGAINST), (_FAVOR,)]
    assert [len(text) for text in texts] == [5 + 2 + 4, 5 + 2]


def test_questions_beyond_the_most_of_a_row_open_another() -> None:
    texts = share_texts(TrainingRow(_query(_TEXTS[1], (40 + n,)), 0, _FAVOR) for n in range(9))
    assert [len(text.questions) for text in texts] == [8, 1]
    assert all(text.text == _TEXTS[1] for text in texts)


def test_texts_with_twins_come_together_and_know_which_questions_these_are() -> None:
    rows = [
        _row(0, 0, twin="a"),
        _row(0, 1, twin="b"),
        _row(0, 2),
        _row(1, 2),
        _row(1, 1, twin="b"),
        _row(1, 0, twin="a"),
    ]
    (pair,) = put_together(share_texts(rows))
    assert [text.text for text in pair] == list(_TEXTS)
    assert collate_shared(pair, pad_id=0)["twins"].tolist() == [[0, 5], [1, 4]]
    assert collate_shared(pair[:1], pad_id=0)["twins"].shape == (0, 2)


def test_a_text_that_is_to_be_seen_twice_is_not_its_own_twin() -> None:
    twice = [_row(0, 0, twin="a"), _row(0, 0, twin="a"), _row(1, 0, twin="a"), _row(1, 0, twin="a")]
    groups = put_together(share_texts(twice))
    assert [[text.text for text in group] for group in groups] == [[_TEXTS[0]], [*_TEXTS], [_TEXTS[1]]]


def test_every_question_of_dev_counts(
    tiny_base: Callable[[str], Path], experiment: Callable[..., ExperimentConfig], tmp_path: Path
) -> None:
    # Accelerate cuts the answers to the last batch to the number of its items, which are texts here.
    folder = tiny_base("gemma3_text")
    model = load_classifier(folder, config=load_config(folder))
    dev = [_row(text, question) for text in range(2) for question in range(3)]
    training = experiment(tmp_path).training
    trainer = _build_trainer(model, dev, dev, training=training, steps_dir=tmp_path, seed=3)
    answers = trainer.evaluation_loop(trainer.get_eval_dataloader(), "dev").predictions
    assert answers.shape == (len(_TEXTS) * len(_QUESTIONS), 3)

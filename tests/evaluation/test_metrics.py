"""Metrics against values worked out by hand, and against scikit-learn."""

import numpy as np
import pytest
import sklearn.metrics

from stance.evaluation.metrics import (
    LABEL_METRICS,
    accuracy,
    balanced_accuracy_of,
    confusion,
    f1_of,
    favor_against_f1,
    macro_f1,
    macro_f1_of,
    mcc_of,
    per_stance,
    precision_of,
    recall_of,
    side_error_of,
)
from stance.types import STANCES, Stance

F, N, A = Stance.FAVOR, Stance.NEUTRAL, Stance.AGAINST
_GOLD = [F, F, N, A, A]
_SAID = [F, N, N, A, F]


def _random(seed: int, n: int = 200) -> tuple[list[Stance], list[Stance]]:
    rng = np.random.default_rng(seed)
    return [STANCES[i] for i in rng.integers(0, 3, n)], [STANCES[i] for i in rng.choice(3, n, p=[0.6, 0.3, 0.1])]


def test_f1_by_hand() -> None:
    # favor: 1 hit, 2 gold, 2 said -> 1/2; neutral: 1, 1, 2 -> 2/3; against: 1, 2, 1 -> 2/3
    assert macro_f1(_GOLD, _SAID) == pytest.approx((1 / 2 + 2 / 3 + 2 / 3) / 3)
    assert favor_against_f1(_GOLD, _SAID) == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert accuracy(_GOLD, _SAID) == pytest.approx(3 / 5)


def test_precision_and_recall_by_hand() -> None:
    scores = per_stance(confusion(_GOLD, _SAID))
    assert scores[F] == pytest.approx({"precision": 1 / 2, "recall": 1 / 2, "f1": 1 / 2, "support": 2})
    assert scores[A] == pytest.approx({"precision": 1, "recall": 1 / 2, "f1": 2 / 3, "support": 2})


def test_balanced_accuracy_by_hand() -> None:
    # recalls: favor 1/2, neutral 1, against 1/2
    assert balanced_accuracy_of(confusion(_GOLD, _SAID)) == pytest.approx(2 / 3)


def test_the_correlation_of_matthews_by_hand() -> None:
    # 3 hits of 5; gold 2, 1, 2; said 2, 2, 1: (3*5 - 8) / sqrt((25 - 9) * (25 - 9)) = 7/16
    assert mcc_of(confusion(_GOLD, _SAID)) == pytest.approx(7 / 16)
    assert mcc_of(confusion([F, A], [F, F])) == 0.0


def test_errors_among_sides_by_hand() -> None:
    # Sides are said in rows 0, 3 and 4; the last is wrong.
    assert side_error_of(confusion(_GOLD, _SAID)) == pytest.approx(1 / 3)
    assert np.isnan(side_error_of(confusion([F], [N])))


def test_confusion_has_gold_in_rows() -> None:
    assert confusion(_GOLD, _SAID).tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 1]]


def test_a_stance_nobody_uses_is_left_out_of_the_mean() -> None:
    assert macro_f1([F, A], [F, A]) == 1.0


def test_a_stack_of_tables_gives_as_many_scores() -> None:
    tables = np.stack([confusion(*_random(seed)) for seed in range(3)])
    for name, metric in LABEL_METRICS.items():
        assert metric(tables) == pytest.approx([float(metric(table)) for table in tables]), name


@pytest.mark.parametrize("seed", range(4))
def test_scores_are_those_of_scikit_learn(seed: int) -> None:
    gold, said = _random(seed)
    counts = confusion(gold, said)
    labels = list(STANCES)
    assert macro_f1_of(counts) == pytest.approx(sklearn.metrics.f1_score(gold, said, average="macro"))
    assert balanced_accuracy_of(counts) == pytest.approx(sklearn.metrics.balanced_accuracy_score(gold, said))
    assert mcc_of(counts) == pytest.approx(sklearn.metrics.matthews_corrcoef(gold, said))
    assert accuracy(gold, said) == pytest.approx(sklearn.metrics.accuracy_score(gold, said))
    wanted = sklearn.metrics.precision_recall_fscore_support(gold, said, labels=labels, zero_division=0)
    for ours, theirs in zip((precision_of(counts), recall_of(counts), f1_of(counts)), wanted[:3], strict=True):
        assert ours == pytest.approx(theirs)
    pair = sklearn.metrics.f1_score(gold, said, labels=[F, A], average="macro")
    assert favor_against_f1(gold, said) == pytest.approx(pair)


@pytest.mark.parametrize("seed", range(3))
def test_of_two_classes_it_is_the_score_of_x_stance(seed: int) -> None:
    # The official evaluate.py takes f1_score(gold, predicted, average="macro") over the labels FAVOR and AGAINST.
    rng = np.random.default_rng(seed)
    gold, said = ([(F, A)[i] for i in rng.integers(0, 2, 100)] for _ in range(2))
    official = sklearn.metrics.f1_score(
        [g.value.upper() for g in gold], [s.value.upper() for s in said], average="macro"
    )
    assert macro_f1(gold, said) == pytest.approx(official)


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="2 gold labels, 1 predictions"):
        macro_f1([F, F], [F])
    with pytest.raises(ValueError, match="0 gold labels"):
        accuracy([], [])

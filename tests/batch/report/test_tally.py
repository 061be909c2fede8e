"""Counts, means and intervals, against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from stance.batch.report.statements import AGAINST, FAVOR, NEUTRAL, WITHHELD
from stance.batch.report.tally import balance, tally
from stance.evaluation.robustness import wilson


def _tally(*rows: tuple[int, int, int]):  # type: ignore[no-untyped-def]
    """Of (key, stance, document) per statement."""
    return tally(*(np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)))


def test_statements_are_counted_by_key_and_stance() -> None:
    found = _tally((7, FAVOR, 0), (7, FAVOR, 1), (7, AGAINST, 1), (3, NEUTRAL, 0), (3, WITHHELD, 5), (3, WITHHELD, 5))
    assert found.keys.tolist() == [3, 7]
    assert found.counts.tolist() == [[0, 1, 0, 2], [2, 0, 1, 0]]
    # Neutral and withheld statements are no witnesses of a side.
    assert found.articles.tolist() == [0, 2]


def test_articles_with_many_statements_are_worth_less_than_as_many_articles() -> None:
    # One article with two statements is worth 1, two articles with one each 2, one with three and one with one 16/10.
    found = _tally(
        (0, FAVOR, 0), (0, FAVOR, 0), (1, FAVOR, 0), (1, AGAINST, 1), (2, FAVOR, 4), (2, FAVOR, 4), (2, FAVOR, 4),
        (2, FAVOR, 5), (3, NEUTRAL, 0),
    )  # fmt: skip
    assert found.effective.tolist() == [1.0, 2.0, 1.6, 0.0]


def test_the_mean_and_its_interval_are_those_worked_out_by_hand() -> None:
    counts = np.array([[3, 9, 0, 9], [8, 0, 2, 0], [0, 5, 0, 1]])
    value, low, high = balance(counts, np.array([3.0, 10.0, 0.0]))
    # 3 of 3: the lower end of the share is 3 / (3 + 1.96^2) = 0.4385. 8 of 10: 0.4902 to 0.9433.
    assert value[:2] == pytest.approx([1.0, 0.6])
    assert low[:2] == pytest.approx([2 * 0.43850 - 1, 2 * 0.49016 - 1], abs=1e-4)
    assert high[:2] == pytest.approx([1.0, 2 * 0.94331 - 1], abs=1e-4)
    assert np.isnan([value[2], low[2], high[2]]).all()


@pytest.mark.parametrize(("n_favor", "n"), [(0, 1), (1, 2), (17, 40), (40, 40)])
def test_with_one_statement_per_article_the_interval_is_wilsons(n_favor: int, n: int) -> None:
    rows = [(0, FAVOR if document < n_favor else AGAINST, document) for document in range(n)]
    found = _tally(*rows)
    _, low, high = balance(found.counts, found.effective)
    assert ((1 + low[0]) / 2, (1 + high[0]) / 2) == pytest.approx(wilson(n_favor, n), abs=1e-6)


def test_no_statements_make_no_groups() -> None:
    none = np.empty(0, np.int64)
    found = tally(none, none, none)
    assert found.counts.shape == (0, 4)
    assert [len(column) for column in balance(found.counts, found.effective)] == [0, 0, 0]

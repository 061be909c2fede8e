"""Counts of sides with their mean, and how far the mean can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stance.batch.report.statements import AGAINST, FAVOR, STANCES, Ints

# 97.5 % point of the normal distribution, for intervals of 95 %.
Z = 1.959964
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tally:
    """Statements in groups.

    keys: [groups], ascending. counts: [groups, 4], by number of STANCES. articles: [groups], articles in which a side
    is given. effective: [groups], what these are worth, see `tally`.
    """

    keys: Ints
    counts: Ints
    articles: Ints
    effective: Floats


class Balance(NamedTuple):
    """[groups] each: the mean side in [-1, 1] and its 95 % interval; NaN where no side is given."""

    value: Floats
    low: Floats
    high: Floats


def tally(keys: Ints, stances: Ints, documents: Ints) -> Tally:
    """Count the statements of each key.

    Statements of one article are no independent witnesses. Articles that hold n_1, n_2, ... statements with a side are
    worth (sum n)^2 / sum n^2 of them, as if all statements of an article said the same: two articles with one
    statement each are worth 2, one article with two is worth 1. Source: Kish 1965, Survey Sampling, section 5.4, with
    an intra-class correlation of 1, which is the most cautious choice.

    Args:
        keys, stances, documents: [statements].
    """
    groups, places = np.unique(keys, return_inverse=True)
    n_groups, n_stances = len(groups), len(STANCES)
    counts = np.bincount(places * n_stances + stances, minlength=n_groups * n_stances).reshape(n_groups, n_stances)
    sided = (stances == FAVOR) | (stances == AGAINST)
    n_documents = int(documents.max()) + 1 if len(documents) else 1
    pairs, sizes = np.unique(places[sided] * n_documents + documents[sided], return_counts=True)
    owners = pairs // n_documents
    articles = np.bincount(owners, minlength=n_groups)
    total = np.bincount(owners, weights=sizes, minlength=n_groups)
    squares = np.bincount(owners, weights=sizes.astype(np.float64) ** 2, minlength=n_groups)
    effective = np.divide(total**2, squares, out=np.zeros(n_groups), where=squares > 0)
    return Tally(groups, counts.astype(np.int64), articles.astype(np.int64), effective)


def balance(counts: Ints, effective: Floats) -> Balance:
    """The mean side: (favor - against) / (favor + against), with the score interval over so many articles.

    Source of the interval: Wilson 1927, Probable Inference, the Law of Succession; with an effective number of cases,
    Dean and Pagano 2015, Evaluating Confidence Interval Methods for Binomial Proportions in Clustered Surveys.

    Args:
        counts: [groups, 4]. effective: [groups].
    """
    sided = counts[:, FAVOR] + counts[:, AGAINST]
    known = sided > 0
    share = np.divide(counts[:, FAVOR], sided, out=np.full(len(sided), np.nan), where=known)
    n = np.where(known, effective, 1.0)
    scale = 1 / (1 + Z**2 / n)
    centre = (share + Z**2 / (2 * n)) * scale
    half = Z * scale * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return Balance(2 * share - 1, 2 * (centre - half) - 1, 2 * (centre + half) - 1)

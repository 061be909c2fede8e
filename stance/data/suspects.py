"""Labels that are likely wrong: what a model trained on the other rows is sure is something else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stance.data.grouping import normalise
from stance.errors import DataError
from stance.types import Stance, StanceExample

_FOLDS = 5
_MIN_PER_CLASS = 10
_SEED = 13


@dataclass(frozen=True, slots=True)
class Suspect:
    """An example whose label is doubted; `confidence` of the other label, and `own` of the given one, in [0, 1]."""

    example: StanceExample
    suggested: Stance
    confidence: float
    own: float


def suspects_of(examples: Sequence[StanceExample], *, n: int) -> list[Suspect]:
    """The n examples whose label is most doubtful, the most doubtful first.

    Confident learning (Northcutt et al. 2021): a label is doubted where the cross-validated probability of another one
    reaches the mean probability that this other one has on its own examples. The model is a logistic regression on the
    words of text, actor and target; sentences of one text are in one fold.

    Raises:
        DataError: a class has too few examples to learn from.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline, make_union

    labels = np.array([example.stance.value for example in examples])
    classes, counts = np.unique(labels, return_counts=True)
    groups = [normalise(example.query.context.text) for example in examples]
    if len(classes) < 2 or counts.min() < _MIN_PER_CLASS or len(set(groups)) < _FOLDS:
        raise DataError(
            f"suspects: {dict(zip(classes.tolist(), counts.tolist(), strict=True))}; at least two stances with "
            f"{_MIN_PER_CLASS} examples each are needed."
        )
    features = make_union(
        TfidfVectorizer(analyzer="word", ngram_range=(1, 2), min_df=2, sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=3, sublinear_tf=True, max_features=100_000),
    )
    model = make_pipeline(features, LogisticRegression(C=3.0, class_weight="balanced", max_iter=1000))
    probabilities = cross_val_predict(
        model,
        [_words(example) for example in examples],
        labels,
        groups=groups,
        cv=GroupKFold(_FOLDS),
        method="predict_proba",
    )
    given = np.searchsorted(classes, labels)
    own = probabilities[np.arange(len(labels)), given]
    thresholds = np.array([probabilities[given == k, k].mean() for k in range(len(classes))])
    others = np.where(np.eye(len(classes), dtype=bool)[given], -1.0, probabilities - thresholds)
    best = others.argmax(axis=1)
    doubted = np.flatnonzero(others.max(axis=1) >= 0)
    ranked = doubted[np.argsort(own[doubted] - probabilities[doubted, best[doubted]], kind="stable")]
    return [
        Suspect(examples[i], Stance(str(classes[best[i]])), float(probabilities[i, best[i]]), float(own[i]))
        for i in ranked[:n].tolist()
    ]


def _words(example: StanceExample) -> str:
    """The text with the two mentions masked, so that the model reads what is said of them."""
    query = example.query
    text = query.context.text
    spans = [(r.span, mask) for r, mask in ((query.actor, " ACTOR "), (query.target, " TARGET ")) if r and r.span]
    for span, mask in sorted(spans, key=lambda pair: pair[0].start, reverse=True):
        text = text[: span.start] + mask + text[span.end :]
    return f"{text} || {query.target.name}"

"""Where articles lose what readers find in them: each gold triple is found, or lost at the first stage to miss it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from stance.evaluation.article_opinions import opinion_report
from stance.evaluation.bootstrap import bounds, cluster_sums, resampled
from stance.evaluation.metrics import Floats
from stance.evaluation.read_article import ReadArticle, key_of, shown_figure
from stance.types import ArticleStance, QuoteKind, Reason, Span, Speaker, Stance, StancePrediction

_MAX_EXAMPLES = 5
ALL = "all"


class Stage(StrEnum):
    """The steps from a text to a stance of an article, in their order."""

    SEGMENTATION = "segmentation"
    QUOTE = "quote"
    SPEAKER = "speaker"
    CANDIDATE = "candidate"
    STANCE = "stance"
    ABSTAINED = "abstained"
    AGGREGATION = "aggregation"


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one gold pair; `lost_at` is None where its stance was found."""

    doc_id: str
    lang: str
    actor: str | None
    target: str
    stance: Stance
    said: Stance | None
    lost_at: Stage | None
    evidence: str


def fates(article: ReadArticle) -> Iterator[Fate]:
    """The fate of every gold pair of an article."""
    record = article.record
    for pair in record["gold"]:
        actor, target, wanted = key_of(pair["actor"]), key_of(pair["target"]), Stance(pair["stance"])
        assert target is not None
        given = _given(article.stances, actor, target)
        said = given.stance if given else None
        evidence = [Span(part["start"], part["end"]) for part in pair["evidence"]]
        yield Fate(
            doc_id=str(record["doc_id"]),
            lang=str(record.get("lang") or "not given"),
            actor=pair["actor"] and str(pair["actor"].get("name") or actor),
            target=str(pair["target"].get("name") or target),
            stance=wanted,
            said=said,
            lost_at=None if said is wanted else _lost_at(article, actor, wanted, evidence, given),
            evidence=" ".join(span.of(record["text"]) for span in evidence),
        )


def stage_report(articles: Sequence[ReadArticle]) -> dict[str, Any]:
    """Of all articles and of each language: gold triples, how many were found, at which stage the others were lost.

    `gold` is `right` plus the sum of `lost`; `recall` is `right / gold`. `given` counts the triples that were given for
    pairs that the annotators judged (in `gold` or `absent`), `precision` is `right / given`; `not_judged` are the
    others. `opinions` are the figures of `opinion_report`. Intervals are those of a bootstrap over articles.

    Raises:
        ValueError: there are no articles.
    """
    if not articles:
        raise ValueError("no articles to report on")
    found = [list(fates(article)) for article in articles]
    langs = [str(article.record.get("lang") or "not given") for article in articles]
    groups = {ALL: list(range(len(articles)))}
    for number, lang in sorted(enumerate(langs), key=lambda pair: pair[1]):
        groups.setdefault(lang, []).append(number)
    entries = {
        lang: _entry([articles[number] for number in chosen], [found[number] for number in chosen])
        for lang, chosen in groups.items()
    }
    return {
        "stages": [stage.value for stage in Stage],
        **entries.pop(ALL),
        "opinions": opinion_report(articles),
        "by_lang": entries,
        "examples": {stage.value: _examples(found, stage) for stage in Stage},
    }


def _entry(articles: Sequence[ReadArticle], found: Sequence[Sequence[Fate]]) -> dict[str, Any]:
    lost = Counter(fate.lost_at for of_article in found for fate in of_article if fate.lost_at is not None)
    counts = np.array([_counts(article, own) for article, own in zip(articles, found, strict=True)], dtype=np.float64)
    gold, right, given, judged = (int(total) for total in counts.sum(axis=0))
    return {
        "articles": len(articles),
        "gold": gold,
        "right": right,
        "lost": {stage.value: lost[stage] for stage in Stage},
        "given": judged,
        "not_judged": given - judged,
        **_figures(counts),
    }


def _counts(article: ReadArticle, found: Sequence[Fate]) -> tuple[int, int, int, int]:
    """Gold triples, those found, triples given, and of these the ones that the annotators judged."""
    n_right = sum(fate.lost_at is None for fate in found)
    return len(found), n_right, len(article.given_stances()), len(article.judged_stances())


def _figures(counts: Floats) -> dict[str, Any]:
    """Precision, recall and F1 with the bounds of their intervals; None where there is nothing to divide by.

    Args:
        counts: [articles, 4], as `_counts` gives them.
    """
    n_articles, n_counts = counts.shape
    places = np.tile(np.arange(n_counts), n_articles), np.repeat(np.arange(n_articles), n_counts)
    sums = cluster_sums(*places, counts.ravel(), n_features=n_counts, n_clusters=n_articles)
    low, high = bounds(resampled(sums, _scores), n_articles)
    value = _scores(counts.sum(axis=0)[:, None])[:, 0]
    return {name: shown_figure(value[at], low[at], high[at]) for at, name in enumerate(("precision", "recall", "f1"))}


def _scores(totals: Floats) -> Floats:
    """[3, resamples] from [4, resamples]; NaN where there is nothing to divide by."""
    gold, right, _, judged = totals
    parts = ((right, judged), (right, gold), (2 * right, gold + judged))
    return np.stack([np.divide(a, b, out=np.full(a.shape, np.nan), where=b > 0) for a, b in parts])


def _lost_at(
    article: ReadArticle, actor: str | None, wanted: Stance, evidence: Sequence[Span], given: ArticleStance | None
) -> Stage:
    """The first stage that went wrong on the way to a gold pair.

    Questions that were asked of other words than the evidence count only where none was asked of it.
    """
    own = [] if given is None else [p for p in given.predictions if _overlap(_asked_of(p), evidence)]
    if given is None or not own:
        return _lost_in_reading(article, actor, evidence)
    right = [prediction for prediction in given.predictions if prediction.stance is wanted]
    if not right:
        return Stage.STANCE
    withheld = all(prediction.abstained for prediction in right)
    return Stage.ABSTAINED if withheld and given.reason is not Reason.CONFLICT else Stage.AGGREGATION


def _lost_in_reading(article: ReadArticle, actor: str | None, evidence: Sequence[Span]) -> Stage:
    record, reading = article.record, article.reading
    sentences = [_span(item) for item in record.get("sentences") or ()]
    cut = {sentence.span for sentence in reading.sentences}
    if any(span not in cut for span in _touching(sentences, evidence)):
        return Stage.SEGMENTATION
    quotes = [_span(quote) for quote in record.get("quotes") or () if quote["kind"] != QuoteKind.SCARE.value]
    paired = {quote.span: number for number, quote in enumerate(reading.quotes)}
    around = _touching(quotes, evidence)
    if any(span not in paired for span in around):
        return Stage.QUOTE
    speakers: list[Speaker] = [s for span in around for s in reading.quote_speakers[paired[span]]]
    for sentence, holders in zip(reading.sentences, reading.sentence_speakers, strict=True):
        if _overlap([sentence.span], evidence):
            speakers += holders
    held = {speaker.actor.key if speaker.actor else None for speaker in speakers}
    return Stage.CANDIDATE if actor in held else Stage.SPEAKER


def _examples(found: Sequence[Sequence[Fate]], stage: Stage) -> list[dict[str, Any]]:
    lost = [fate for of_article in found for fate in of_article if fate.lost_at is stage]
    return [
        {
            "doc_id": fate.doc_id,
            "actor": fate.actor,
            "target": fate.target,
            "stance": fate.stance.value,
            "said": fate.said and fate.said.value,
            "evidence": fate.evidence,
        }
        for fate in lost[:_MAX_EXAMPLES]
    ]


def _given(stances: Sequence[ArticleStance], actor: str | None, target: str) -> ArticleStance | None:
    """The stance given to a pair; one of an unknown holder is not that of the author."""
    for stance in stances:
        unknown = stance.predictions[0].reason is Reason.NO_SPEAKER
        if not unknown and (stance.actor and stance.actor.key) == actor and stance.target.key == target:
            return stance
    return None


def _asked_of(prediction: StancePrediction) -> Sequence[Span]:
    statement = prediction.query.statement
    return statement.evidence if statement else (prediction.query.context.evidence,)


def _touching(spans: Sequence[Span], evidence: Sequence[Span]) -> list[Span]:
    return [span for span in spans if _overlap([span], evidence)]


def _overlap(spans: Sequence[Span], others: Sequence[Span]) -> bool:
    return any(span.overlaps(other) for span in spans for other in others)


def _span(item: Mapping[str, Any]) -> Span:
    return Span(item["start"], item["end"])

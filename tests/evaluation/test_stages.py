"""Every gold pair of an article is found, or lost at exactly one stage: the first that went wrong."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stance.data.shipped import shipped_folder
from stance.evaluation.read_article import ReadArticle
from stance.evaluation.stages import Stage, fates, stage_report
from stance.inference.aggregate import aggregate
from stance.text.reading import ArticleReader
from stance.types import (
    Actor,
    Article,
    ArticleStance,
    Context,
    Position,
    Quote,
    QuoteKind,
    Reading,
    Reason,
    Reference,
    Sentence,
    Span,
    Speaker,
    SpeakerSource,
    Stance,
    StancePrediction,
    StanceQuery,
    Statement,
)

_TEXT = "The bridge is old. “It must go,” said Leo Kent."
_FIRST, _SECOND, _QUOTE = Span(0, 18), Span(19, 47), Span(19, 32)
_LEO, _BRIDGE = Reference("Leo Kent", "kent"), Reference("the bridge", "bridge")
_SPEAKER = Speaker(_LEO, SpeakerSource.QUOTE, 0.9)
_ARTICLE = Article(_TEXT, "d1", lang="en")
_RECORD: dict[str, Any] = {
    "doc_id": "d1",
    "lang": "en",
    "text": _TEXT,
    "sentences": [{"start": 0, "end": 18}, {"start": 19, "end": 47}],
    "quotes": [{"start": 19, "end": 32, "kind": "speech", "speakers": [{"id": "kent"}]}],
    "gold": [
        {
            "actor": {"id": "kent", "name": "Leo Kent"},
            "target": {"id": "bridge", "name": "the bridge"},
            "stance": "against",
            "evidence": [{"start": 19, "end": 47}],
        }
    ],
    "absent": [{"actor": {"id": "kent"}, "target": {"id": "tunnel", "name": "the tunnel"}}],
}
_PROBABILITIES = {
    Stance.FAVOR: (0.8, 0.1, 0.1),
    Stance.NEUTRAL: (0.1, 0.8, 0.1),
    Stance.AGAINST: (0.1, 0.1, 0.8),
}


def _reading() -> Reading:
    return Reading(
        article=_ARTICLE,
        lang="en",
        sentences=(Sentence(_FIRST, 0, 0), Sentence(_SECOND, 1, 0)),
        quotes=(Quote(_QUOTE, Span(20, 31), QuoteKind.SPEECH),),
        sentence_speakers=((), ()),
        quote_speakers=((_SPEAKER,),),
        actor_mentions=(),
        position_mentions=(),
        queries=(),
    )


def _prediction(
    stance: Stance, *, evidence: Span = _SECOND, reason: Reason | None = None, target: Reference = _BRIDGE
) -> StancePrediction:
    statement = Statement(_ARTICLE, Sentence(evidence, 1, 0), (evidence,), _SPEAKER)
    query = StanceQuery(Context(_TEXT, evidence), _LEO, target, lang="en", statement=statement)
    return StancePrediction(query, _PROBABILITIES[stance], stance, calibrated=True, truncated=False, reason=reason)


def _read(*predictions: StancePrediction, reading: Reading | None = None, record: Any = _RECORD) -> ReadArticle:
    return ReadArticle(record, reading or _reading(), predictions, aggregate(predictions))


_F, _N, _A = Stance.FAVOR, Stance.NEUTRAL, Stance.AGAINST
_NO_SPEAKER = replace(_reading(), quote_speakers=((),))


@pytest.mark.parametrize(
    ("article", "lost_at"),
    [
        (_read(_prediction(_A)), None),
        (_read(_prediction(_A, evidence=_FIRST)), None),
        (_read(_prediction(_F)), Stage.STANCE),
        (_read(_prediction(_F, reason=Reason.LOW_CONFIDENCE)), Stage.STANCE),
        (_read(_prediction(_A, reason=Reason.LOW_CONFIDENCE)), Stage.ABSTAINED),
        (_read(_prediction(_A), _prediction(_N), _prediction(_N), _prediction(_N)), Stage.AGGREGATION),
        (_read(_prediction(_A), _prediction(_F)), Stage.AGGREGATION),
        (_read(), Stage.CANDIDATE),
        (_read(_prediction(_F, evidence=_FIRST)), Stage.CANDIDATE),
        (_read(reading=_NO_SPEAKER), Stage.SPEAKER),
        (_read(reading=replace(_NO_SPEAKER, quotes=(), quote_speakers=())), Stage.QUOTE),
        (_read(reading=replace(_NO_SPEAKER, quotes=(), quote_speakers=(), sentences=(), sentence_speakers=())),
         Stage.SEGMENTATION),
    ],
)  # fmt: skip
def test_a_gold_pair_is_lost_at_the_first_stage_that_went_wrong(article: ReadArticle, lost_at: Stage | None) -> None:
    (fate,) = fates(article)
    assert fate.lost_at is lost_at


def test_the_author_is_not_the_holder_that_nobody_found() -> None:
    record = {**_RECORD, "gold": [{**_RECORD["gold"][0], "actor": None, "evidence": [{"start": 0, "end": 18}]}]}
    unknown = replace(_prediction(_A, evidence=_FIRST, reason=Reason.NO_SPEAKER))
    unknown = replace(unknown, query=replace(unknown.query, actor=None))
    (fate,) = fates(_read(unknown, record=record))
    assert fate.lost_at is Stage.SPEAKER
    author = Speaker(None, SpeakerSource.AUTHOR, 0.9)
    (fate,) = fates(_read(record=record, reading=replace(_reading(), sentence_speakers=((author,), ()))))
    assert fate.lost_at is Stage.CANDIDATE


def test_figures_by_hand() -> None:
    tunnel, road = Reference("the tunnel", "tunnel"), Reference("the road", "road")
    found = stage_report(
        [
            _read(_prediction(_A), _prediction(_F, target=tunnel), _prediction(_F, target=road)),
            _read(_prediction(_F), record={**_RECORD, "doc_id": "d2", "lang": "sq"}),
        ]
    )
    # Given and judged: the bridge twice, once rightly, and the absent tunnel; the road is nobody's business.
    assert (found["gold"], found["right"], found["given"], found["not_judged"]) == (2, 1, 3, 1)
    assert found["precision"]["value"] == pytest.approx(1 / 3, abs=1e-4)
    assert found["recall"]["value"] == 0.5
    assert found["f1"]["value"] == 0.4
    assert found["recall"]["low"] <= 0.5 <= found["recall"]["high"]
    assert found["lost"]["stance"] == 1
    assert list(found["by_lang"]) == ["en", "sq"]
    assert found["by_lang"]["sq"]["recall"] == {"value": 0.0, "low": None, "high": None}
    assert found["opinions"]["attitude_f1"]["value"] is not None
    assert found["opinions"]["side_precision"]["value"] == pytest.approx(1 / 3, abs=1e-4)
    (example,) = found["examples"]["stance"]
    assert (example["doc_id"], example["stance"], example["said"]) == ("d2", "against", "favor")


def test_no_articles_are_an_error() -> None:
    with pytest.raises(ValueError, match="no articles"):
        stage_report([])


def _answered(path: Path, answer: Callable[[int], Stance]) -> ReadArticle:
    record = json.loads(path.read_text(encoding="utf-8"))
    pairs = [*record["gold"], *record["absent"]]
    positions = {pair["target"]["id"]: Position(pair["target"]["id"], pair["target"]["name"]) for pair in pairs}
    actors = {m["actor"]["id"]: Actor(m["actor"]["name"], m["actor"]["id"]) for m in record["mentions"]}
    reader = ArticleReader(list(positions.values()), list(actors.values()))
    reading = reader.read(Article(record["text"], record["doc_id"], lang=record["lang"]))
    predictions = [
        StancePrediction(query, _PROBABILITIES[answer(number)], answer(number), calibrated=True, truncated=False)
        for number, query in enumerate(reading.queries)
    ]
    stances: list[ArticleStance] = aggregate(predictions)
    return ReadArticle(record, reading, predictions, stances)


def test_the_stages_of_real_articles_sum_to_the_end_to_end_figure() -> None:
    paths = [
        path
        for lang in ("en", "sr-Cyrl", "sq")
        for path in sorted(shipped_folder("articles").glob(f"art-{lang}-0[12].json"))
    ]
    found = stage_report([_answered(path, lambda number: tuple(Stance)[number % 3]) for path in paths])
    assert found["right"] > 0
    assert sum(n > 0 for n in found["lost"].values()) >= 3
    for entry in (found, *found["by_lang"].values()):
        assert entry["gold"] == entry["right"] + sum(entry["lost"].values())
        assert entry["recall"]["value"] == round(entry["right"] / entry["gold"], 4)
    for name in ("gold", "right", "given", "not_judged", "articles"):
        assert found[name] == sum(entry[name] for entry in found["by_lang"].values())

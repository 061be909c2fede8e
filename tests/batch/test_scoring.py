"""A shard in, its records out: in order, complete, and one bad row costs only itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from stance.batch import scoring
from stance.batch.records import Duplicate, ShardRecords
from stance.batch.rows import Kind, RawRow
from stance.batch.scoring import open_scorer, score_rows
from stance.batch.spec import ScoringSpec, scoring_spec
from stance.data.schemas import load_schema
from stance.errors import EnvironmentMissing
from stance.hydra_schema import compose_batch
from stance.inference.scorer import ArticleScorer
from stance.types import Position

_TEXTS = [f"Ana Ross said that bridge {i} is needed. Leo Kent rejected the tunnel." for i in range(40)]
_POSITIONS = (Position("bridge", "the bridge", aliases={"en": ("bridge",)}), Position("tunnel", "the tunnel"))


def _rows(texts: list[Any]) -> list[RawRow]:
    records = [{"text": text, "doc_id": f"d{i}", "lang": "en", "date": "2024-01-02"} for i, text in enumerate(texts)]
    return [RawRow("in", i, Kind.JSON, json.dumps(record).encode()) for i, record in enumerate(records, start=1)]


@pytest.fixture(scope="module")
def spec(tiny_checkpoint: Path) -> ScoringSpec:
    given = {"sources": ["in"], "output_dir": "out", "model": str(tiny_checkpoint), "device": "cpu"}
    return scoring_spec(compose_batch(given), _POSITIONS, None)


@pytest.fixture(scope="module")
def scorer(spec: ScoringSpec) -> ArticleScorer:
    found = open_scorer(spec)
    assert found is not None
    return found


def _score(texts: list[Any], spec: ScoringSpec, scorer: ArticleScorer | None, **duplicates: Any) -> ShardRecords:
    return score_rows(_rows(texts), spec, duplicates=duplicates.get("duplicates", {}), scorer=scorer)


def test_records_fit_their_schemas_and_stand_in_the_order_of_the_rows(spec: ScoringSpec, scorer: ArticleScorer) -> None:
    records = _score([*_TEXTS[:2], None, _TEXTS[3]], spec, scorer, duplicates={1: Duplicate("d0", 0.9)})
    kinds = {"statements": "statement", "articles": "article", "documents": "document", "quarantine": "quarantine"}
    for table, rows in records.tables():
        assert rows
        for row in rows:
            jsonschema.validate(row, load_schema(kinds[table]))
    assert [row["doc_id"] for row in records.statements] == ["d0", "d0", "d3", "d3"]
    assert [(row["row"], row["n_statements"], row["duplicate_of"]) for row in records.documents] == [
        (1, 2, None),
        (2, 0, "d0"),
        (4, 2, None),
    ]
    assert records.quarantine[0]["error"] == {
        "type": "DataError",
        "message": "in:3: text: None, expected the text of the article.",
        "input": "in",
        "row": 3,
    }


def test_articles_scored_together_give_what_each_gives_alone(spec: ScoringSpec, scorer: ArticleScorer) -> None:
    together = _score(_TEXTS, spec, scorer)
    assert len(together.documents) == len(_TEXTS)
    alone = [scorer.score(text, _POSITIONS).predictions for text in _TEXTS]
    expected = [p.probabilities[0] for predictions in alone for p in predictions]
    assert [row["probabilities"]["favor"] for row in together.statements] == pytest.approx(expected, abs=1e-5)


def test_a_row_that_the_model_stumbles_over_is_found(
    spec: ScoringSpec, scorer: ArticleScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = ArticleScorer.judge

    def stumble(self: ArticleScorer, readings: Any, positions: Any, **more: Any) -> Any:
        if any(reading.article.doc_id == "d1" for reading in readings):
            raise RuntimeError("x" * 9_999)
        return judge(self, readings, positions, **more)

    monkeypatch.setattr(ArticleScorer, "judge", stumble)
    records = _score(_TEXTS[:3], spec, scorer)
    assert [row["doc_id"] for row in records.documents] == ["d0", "d2"]
    failed = records.quarantine[0]
    assert (failed["doc_id"], failed["error"]["type"], failed["error"]["row"]) == ("d1", "RuntimeError", 2)
    assert len(failed["error"]["message"]) < 600


def test_an_article_that_takes_too_long_is_left(
    spec: ScoringSpec, scorer: ArticleScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = ArticleScorer.read

    def hang(self: ArticleScorer, article: Any, positions: Any) -> Any:
        while article.doc_id == "d1":
            pass
        return read(self, article, positions)

    monkeypatch.setattr(ArticleScorer, "read", hang)
    monkeypatch.setattr(scoring, "READING_SECONDS", 0.2)
    records = _score(_TEXTS[:3], spec, scorer)
    assert [row["doc_id"] for row in records.documents] == ["d0", "d2"]
    assert records.quarantine[0]["error"]["type"] == "TooSlow"


def test_what_is_not_installed_is_nobodys_bad_row(
    spec: ScoringSpec, scorer: ArticleScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: Any) -> None:
        raise EnvironmentMissing("pip install it")

    monkeypatch.setattr(ArticleScorer, "read", missing)
    with pytest.raises(EnvironmentMissing):
        _score(_TEXTS[:1], spec, scorer)


def test_a_dry_run_reads_every_row_and_asks_no_model(spec: ScoringSpec) -> None:
    records = _score([_TEXTS[0], None], spec, None)
    assert [row["n_characters"] for row in records.documents] == [len(_TEXTS[0])]
    assert (records.documents[0]["n_sentences"], len(records.quarantine), records.statements) == (None, 1, [])

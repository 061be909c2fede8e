"""A licence that forbids the declared use stops the run, by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stance.config import ExperimentConfig, Use
from stance.data.dataset import load_dataset
from stance.data.licences import may_ship, require_licences
from stance.errors import ConfigError
from stance.types import AnnotatedSentence


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("MIT", True),
        ("cc-by-4.0", True),
        ("CC-BY-NC-4.0", False),
        ("CC-BY-SA-4.0", False),
        ("ours", False),
        (None, False),
    ],
)
def test_only_permissive_licences_may_be_shipped(licence: str | None, expected: bool) -> None:
    assert may_ship(licence) is expected


def _sentence(licence: str | None) -> AnnotatedSentence:
    return AnnotatedSentence("s", "Ana backs Bo.", (), licence=licence)


def test_every_refused_source_is_named_with_its_licences() -> None:
    sources = {"a.jsonl": [_sentence("MIT"), _sentence("CC-BY-NC-4.0")], "b.jsonl": [_sentence(None)]}
    with pytest.raises(
        ConfigError, match=r"(?s)a\.jsonl: licences MIT 1, CC-BY-NC-4\.0 1.*b\.jsonl: licences none named 1"
    ):
        require_licences(sources, declared={}, use=Use.ship)
    told = require_licences(sources, declared={}, use=Use.research)
    assert told == {"a.jsonl": "MIT 1, CC-BY-NC-4.0 1", "b.jsonl": "none named 1"}


def test_a_declared_licence_fills_in_and_never_overrides() -> None:
    require_licences({"a": [_sentence(None)]}, declared={"a": "MIT"}, use=Use.ship)
    with pytest.raises(ConfigError, match="CC-BY-NC"):
        require_licences({"a": [_sentence("CC-BY-NC-4.0")]}, declared={"a": "MIT"}, use=Use.ship)


def _source(**change: Any) -> str:
    source = {"path": "rows.csv", "format": "csv", "keep_neutral": 1.0, "max_rows": None, "weight": 1.0}
    source |= {"choices": None}
    source |= {"labels": {"pro": "favor", "con": "against", "none": "neutral"}, "columns": {"text": "Satz"}}
    return json.dumps(source | {"licence": "MIT"} | change).replace('"', "")


def test_a_mix_reads_declared_labels_and_columns_and_weighs_its_rows(
    experiment: Callable[..., ExperimentConfig], tmp_path: Path
) -> None:
    labels = ("pro", "con", "none")
    rows = "".join(f"Ana {n} sagt etwas.,Ana,Plan {n},{labels[n % 3]}\n" for n in range(200))
    (tmp_path / "rows.csv").write_text("Satz,actor,target,stance\n" + rows, encoding="utf-8")
    overrides = (f"data.root={tmp_path}", "data.use=ship", "data.max_train_rows=null", "data.test_fraction=0.0")

    def n_train(**change: Any) -> int:
        config = experiment(tmp_path / "run", *overrides, f"data.sources=[{_source(**change)}]")
        return len(load_dataset(config.data, seed=13).train)

    once = n_train()
    assert 150 < once < 200
    assert n_train(weight=2.5) == 2 * once + round(once / 2)
    with pytest.raises(ConfigError, match="none named 200"):
        n_train(licence=None)

"""Parquet and Arrow as `datasets` and pyarrow write them: label names, splits, streams and files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stance.data.arrow import sentence_schema
from stance.data.formats import detect_format, read_sentences
from stance.data.formats.format import ReadOptions
from stance.data.losses import LossReport
from stance.errors import DataError
from stance.types import AnnotatedSentence, Split, Stance

_ROWS = {"text": ["Ana speaks.", "Бо ћути. 🚇"], "target": ["plan", "план"], "label": [1, 0], "actor": ["Ana", None]}
_FEATURES = datasets.Features(
    {name: datasets.Value("string") for name in ("text", "target", "actor")}
    | {"label": datasets.ClassLabel(names=["con", "pro"])}
)
_LABELS = {"con": "against", "pro": "favor"}


def _dataset() -> datasets.Dataset:
    return datasets.Dataset.from_dict(_ROWS, features=_FEATURES)


def _read(path: Path, **options: Any) -> list[AnnotatedSentence]:
    return list(read_sentences(path, format=None, losses=LossReport(), options=ReadOptions(**options)))


def _sides(rows: list[AnnotatedSentence]) -> list[tuple[str | None, str, Stance]]:
    return [(a.actor and a.actor.name, a.target.name, a.stance) for row in rows for a in row.annotations]


_EXPECTED = [("Ana", "plan", Stance.FAVOR), (None, "план", Stance.AGAINST)]


def test_a_folder_of_save_to_disk_gives_the_names_of_its_labels(tmp_path: Path) -> None:
    _dataset().save_to_disk(str(tmp_path / "set"))
    assert detect_format(tmp_path / "set").format.name == "arrow"
    assert _sides(_read(tmp_path / "set", labels=_LABELS)) == _EXPECTED
    with pytest.raises(DataError, match=r"'pro' 1, 'con' 1"):
        _read(tmp_path / "set")


def test_the_parts_of_a_dataset_dict_are_splits(tmp_path: Path) -> None:
    parts = {"train": _dataset(), "validation": _dataset(), "test": _dataset()}
    datasets.DatasetDict(parts).save_to_disk(str(tmp_path / "set"))
    rows = _read(tmp_path / "set", labels=_LABELS)
    assert {split: sum(row.split is split for row in rows) for split in Split} == dict.fromkeys(Split, 2)


def test_parquet_files_of_a_hub_folder_are_splits(tmp_path: Path) -> None:
    for name in ("train-00000-of-00001", "test-00000-of-00001"):
        _dataset().to_parquet(str(tmp_path / f"{name}.parquet"))
    assert detect_format(tmp_path).format.name == "parquet"
    rows = _read(tmp_path, labels=_LABELS)
    assert [row.split for row in rows] == [Split.TEST, Split.TEST, Split.TRAIN, Split.TRAIN]
    assert _sides(rows[:2]) == _EXPECTED


@pytest.mark.parametrize("opener", [pa.ipc.new_file, pa.ipc.new_stream])
def test_an_arrow_file_may_be_a_stream_or_a_file(opener: Any, tmp_path: Path) -> None:
    row = {
        "id": "s",
        "text": "Ana speaks.",
        "annotations": [{"target": {"name": "plan"}, "stance": "favor"}],
        "extra": '{"n": 1}',
    }
    table = pa.Table.from_pylist([row], schema=sentence_schema())
    with pa.OSFile(str(tmp_path / "one.arrow"), "wb") as sink, opener(sink, table.schema) as writer:
        writer.write_table(table)
    (sentence,) = _read(tmp_path / "one.arrow")
    assert (sentence.id, sentence.annotations[0].actor, dict(sentence.extra)) == ("s", None, {"n": 1})


def test_rows_of_setfit_are_read_from_parquet_too(tmp_path: Path) -> None:
    rows = {"text": ["The plan is no plan."], "span": ["plan"], "label": ["negative"], "ordinal": [1]}
    datasets.Dataset.from_dict(rows).to_parquet(str(tmp_path / "absa.parquet"))
    (sentence,) = _read(tmp_path / "absa.parquet", labels={"negative": "against"})
    span = sentence.annotations[0].target.span
    assert span is not None
    assert (span.start, span.of(sentence.text)) == (15, "plan")


def test_a_damaged_file_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "set.parquet"
    pq.write_table(pa.table({"text": ["a"]}), path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match="no readable Parquet or Arrow file"):
        _read(path)

"""Files that are not what they should be: one readable DataError that names the place, never a crash."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from stance.data.articles import read_articles
from stance.data.defects import Kind
from stance.data.entities import load_positions
from stance.data.formats import read_sentences
from stance.data.losses import LossReport
from stance.data.rows import read_rows
from stance.data.validation import check_file
from stance.data.writing import write_native
from stance.errors import DataError
from stance.types import AnnotatedSentence


def _write(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("positions:\n- {id: [a], name: x}", r"positions\[0\]\.id: \['a'\]"),
        ("positions:\n- {id: a, name: 2024-13-45}", "in quotes"),
        ("positions:\n- {id: a, name: !!int x}", "in quotes"),
        ("positions: [{id: a, name: x}]\npositions: [{id: b, name: y}]", ":2: the key `positions` is there twice"),
        ("positions:\n- id: a\n  name: x\n  id: b", ":4: the key `id` is there twice"),
        ("positions: \x07", "control character 0x0007"),
        ("[" * 30 + "]" * 30, "nested too deep"),
        ("[" * 3000, "no valid YAML"),
        ("- " * 3000, "no valid YAML"),
    ],
)
def test_a_positions_file_that_yaml_would_misread_is_named(content: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        load_positions(_write(tmp_path, "positions.yaml", content))


def test_problems_past_the_twentieth_are_counted(tmp_path: Path) -> None:
    content = "positions:\n" + "- {id: a, nam: x}\n" * 15
    with pytest.raises(DataError, match=r"\.\.\. and \d+ more\."):
        load_positions(_write(tmp_path, "positions.yaml", content))


def test_a_name_too_long_for_the_system_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        list(read_articles([str(tmp_path / ("x" * 300 + ".txt"))]))


def _row(**change: Any) -> dict[str, Any]:
    return {"id": "r", "text": "Ana backs the bridge.", "actor": "Ana", "target": "the bridge"} | change


def test_rows_whose_id_is_null_are_told_apart_by_their_line(tmp_path: Path) -> None:
    path = _write(tmp_path, "rows.jsonl", "\n".join(json.dumps(_row(id=None)) for _ in range(2)))
    assert [row.id for row in read_rows(path, need_stance=False)] == ["1", "2"]


def test_an_id_is_unique_also_where_a_sentence_has_no_annotations(tmp_path: Path) -> None:
    sentence = {"id": "s", "text": "Ana sleeps.", "annotations": []}
    path = _write(tmp_path, "rows.jsonl", "\n".join(json.dumps(sentence) for _ in range(2)))
    (defect,) = check_file(path).defects
    assert (defect.kind, defect.line, defect.other_line) == (Kind.DUPLICATE_ID, 2, 1)


def test_rows_that_are_no_json_are_named_beside_the_other_bad_rows(tmp_path: Path) -> None:
    path = _write(tmp_path, "rows.jsonl", "{oops\n" + json.dumps(_row(stance="favour")))
    not_json, unknown = check_file(path).defects
    assert (not_json.kind, not_json.line) == (Kind.NOT_JSON, 1)
    assert (unknown.kind, unknown.line, unknown.nearest) == (Kind.UNKNOWN_VALUE, 2, "'favor'")


def _article(**change: Any) -> dict[str, Any]:
    pair = {"actor": "Ana", "target": "the bridge", "stance": "favor", "evidence": [{"start": 0, "end": 21}]}
    return {"doc_id": "d", "lang": "en", "text": "Ana backs the bridge.", "gold": [pair]} | change


@pytest.mark.parametrize("evidence", ["words", [5], [{}], [], 5, {"start": 0, "end": 2}, [{"start": 0, "end": 99}]])
def test_evidence_that_is_no_list_of_spans_is_named(evidence: Any, tmp_path: Path) -> None:
    pair = _article()["gold"][0] | {"evidence": evidence}
    with pytest.raises(DataError, match=r"gold\[0\]"):
        read_rows(_write(tmp_path, "a.json", json.dumps(_article(gold=[pair]))), need_stance=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sentences": [{"start": 0, "end": 22}]}, r"sentences\[0\].*ends past the text \(21 characters\)"),
        ({"quotes": [{"start": 3, "end": 3, "kind": "speech"}]}, r"quotes\[0\].*empty or reversed"),
        ({"quotes": [{"start": 0, "end": 3, "kind": "speach"}]}, r"quotes\[0\]\.kind: 'speach'"),
        ({"mentions": ["Ana"]}, r"mentions\[0\]"),
        ({"mentions": "Ana"}, "mentions: 'Ana', expected a list"),
        ({"absent": [{"actor": "Ana"}]}, r"absent\[0\]\.target"),
        ({"lang": 5}, "lang: 5"),
    ],
)
def test_a_bad_part_of_an_annotated_article_is_named(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    (defect,) = check_file(_write(tmp_path, "a.json", json.dumps(_article(**change)))).defects
    assert re.search(message, defect.message)


def test_a_clean_article_passes_the_check(tmp_path: Path) -> None:
    extras = {"sentences": [{"start": 0, "end": 21}], "mentions": [{"start": 0, "end": 3, "actor": "Ana"}]}
    report = check_file(_write(tmp_path, "a.json", json.dumps(_article(**extras))))
    assert (report.n_rows, report.stances["favor"], report.languages) == (1, 1, {"en": 1})


def test_further_columns_survive_writing_also_where_they_are_null(tmp_path: Path) -> None:
    sentence = AnnotatedSentence(id="a", text="Ana sleeps.", annotations=(), extra={"topic": None, "group": "g"})
    path = tmp_path / "out.jsonl"
    assert write_native(path, [sentence]) == 1
    assert list(read_sentences(path, format="native", losses=LossReport())) == [sentence]

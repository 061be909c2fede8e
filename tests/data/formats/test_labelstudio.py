"""Label Studio: its own export of two annotators' work, and tasks that are not as it writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stance.data.formats import detect_format
from stance.errors import DataError
from stance.types import Span

# By task: actor, target and stance, by annotator.
_SAID: dict[str, dict[str, list[tuple[str | None, str, str]]]] = {
    "en-001": {
        "1": [
            ("Harrow Lane Traders' Guild", "Tarnbrook tram extension", "against"),
            ("Orla Penwick", "Tarnbrook tram extension", "favor"),
        ],
        "2": [
            ("Mayor Orla Penwick", "the Tarnbrook tram extension", "favor"),
            ("Traders' Guild", "the Tarnbrook tram extension", "neutral"),
        ],
    },
    "en-002": {
        "1": [
            ("Greenfurrow", "Quillhaven ring road", "favor"),
            ("Idris Fallowmere", "Quillhaven ring road", "against"),
        ]
    },
    "sr-001": {
        "1": [
            ("Vodena Šaka", "zakon o rečnim čamcima", "against"),
            ("Živana Đorđulić", "zakon o rečnim čamcima", "favor"),
        ],
        "2": [("Ministarka Živana Đorđulić", "zakon o rečnim čamcima", "favor")],
    },
    "sr-002": {
        "1": [
            ("Љубисав Њежић", "изградњу бране код Горњег Џепова", "against"),
            ("Тиха Снага", "изградњу бране код Горњег Џепова", "neutral"),
        ]
    },
    "mk-001": {
        "1": [
            ("Ѓурѓица Ќосевска", "планот за паркот Ѕвездово", "favor"),
            ("Чисти Ридови", "планот за паркот Ѕвездово", "against"),
        ]
    },
    "sq-001": {"1": [("Ujëvara e Gjelbër", "urën e re të Gurëthatës", "against")]},
    "ru-001": {
        "1": [("Ефим Ольшаков", "переноса Заозёрского рынка", "against"), (None, "решение", "against")],
    },
    "de-001": {
        "1": [
            ("Bürgerinitiative gegen den Moorkamp-Tunnel", "Moorkamp-Tunnel", "against"),
            ("Änne Größwald", "Moorkamp-Tunnel", "against"),
        ]
    },
    "en-003": {"1": [("Bram Ostrey", "it", "favor"), (None, "Saltmere curfew", "against")]},
    "en-004": {},
}


def test_its_export_is_recognised(fixtures: Path) -> None:
    found = detect_format(fixtures / "labelstudio" / "export.json")
    assert found.format.name == "labelstudio"
    assert found.reason == "it is a list of tasks with `data` and `annotations`"


def test_the_export_gives_the_annotations_of_each_annotator(fixtures: Path, read: Any, judgements: Any) -> None:
    rows, losses = read(fixtures / "labelstudio" / "export.json")
    said: dict[str | None, dict[str, list[tuple[str | None, str, str]]]] = {}
    for row in rows:
        all_of_row = judgements(row)
        by_annotator: dict[str, list[tuple[str | None, str, str]]] = {}
        for a in row.annotations:
            assert a.annotator is not None
            found = (a.actor and a.actor.name, a.target.name, a.stance.value)
            assert found in all_of_row
            by_annotator.setdefault(a.annotator, []).append(found)
        said[row.doc_id] = {name: sorted(found, key=str) for name, found in by_annotator.items()}
    expected = {
        doc: {name: sorted(found, key=str) for name, found in by_name.items()} for doc, by_name in _SAID.items()
    }
    assert said == expected
    # A task that its only annotator skipped, and a cancelled annotation beside a finished one.
    assert losses.counts == {"skipped annotation": 2, "relation without a label": 1, "prediction of a model": 1}
    assert losses.examples["skipped annotation"][0].endswith("export.json: task 4")


def test_the_columns_of_a_task_become_fields(fixtures: Path, read: Any) -> None:
    rows, _ = read(fixtures / "labelstudio" / "export.json")
    assert [(row.id, row.doc_id, row.lang) for row in rows[:3]] == [
        ("task-1", "en-001", "en"),
        ("task-2", "en-002", "en"),
        ("task-3", "sr-001", "sr-Latn"),
    ]
    assert all(dict(row.extra) == {} for row in rows)


def test_equal_words_are_told_apart_by_their_places(fixtures: Path, read: Any) -> None:
    rows, _ = read(fixtures / "labelstudio" / "export.json")
    german = next(row for row in rows if row.doc_id == "de-001")
    assert [a.target.span for a in german.annotations] == [Span(46, 61), Span(88, 103)]


def _region(key: str, start: Any, end: Any, label: str, text: str | None = None) -> dict[str, Any]:
    value = {"start": start, "end": end, "labels": [label]} | ({} if text is None else {"text": text})
    return {"id": key, "from_name": "label", "to_name": "text", "type": "labels", "value": value}


def _relation(**change: Any) -> dict[str, Any]:
    base = {"type": "relation", "from_id": "a", "to_id": "b", "direction": "right", "labels": ["favor"]}
    return {name: value for name, value in (base | change).items() if value is not None}


_ACTOR, _TARGET = _region("a", 2, 5, "Actor"), _region("b", 12, 14, "Target")


def _write(folder: Path, *results: Any, **change: Any) -> Path:
    task = {
        "id": 7,
        "data": {"text": "🙂 Ana backs Bo"},
        "annotations": [{"id": 1, "completed_by": 1, "was_cancelled": False, "result": list(results)}],
    }
    path = folder / "export.json"
    path.write_text(json.dumps([task | change]), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("start", "end"),
    [(2, 5), (3, 6), (5, 8)],
    ids=["code points", "UTF-16 units", "UTF-8 bytes"],
)
def test_offsets_in_any_unit_are_told_by_the_words(start: int, end: int, tmp_path: Path, read: Any) -> None:
    rows, losses = read(_write(tmp_path, _region("a", start, end, "favor", "Ana")))
    assert rows[0].annotations[0].target.span == Span(2, 5)
    assert not losses.counts


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [(5, 2, None), (2, 2, None), (2, 99, None), (-2, 5, None), (2, 5, "Bob"), (10**20, 10**21, "Ana"), (0, 3, "Ana")],
)
def test_a_region_that_does_not_hold_its_words_is_counted(
    start: int, end: int, text: str | None, tmp_path: Path, read: Any
) -> None:
    rows, losses = read(_write(tmp_path, _region("a", start, end, "favor", text)))
    assert rows[0].annotations == ()
    assert losses.counts == {"region whose offsets do not hold its words": 1}


@pytest.mark.parametrize(("start", "end"), [(None, 3), ("0", "3"), (1.0, 3), (True, 3)])
def test_a_region_without_offsets_is_counted(start: Any, end: Any, tmp_path: Path, read: Any) -> None:
    rows, losses = read(_write(tmp_path, _region("a", start, end, "favor")))
    assert rows[0].annotations == ()
    assert losses.counts == {"result of type 'labels' without offsets": 1}


@pytest.mark.parametrize(
    ("direction", "said", "lost"),
    [
        ("right", [("Ana", "Bo", "favor")], {}),
        ("left", [("Bo", "Ana", "favor")], {}),
        (None, [("Ana", "Bo", "favor")], {}),
        (
            "bi",
            [],
            {
                "relation without a direction": 1,
                "span 'Actor' without a stance": 1,
                "span 'Target' without a stance": 1,
            },
        ),
    ],
)
def test_the_direction_says_who_acts(
    direction: str | None, said: list[Any], lost: dict[str, int], tmp_path: Path, read: Any, judgements: Any
) -> None:
    rows, losses = read(_write(tmp_path, _ACTOR, _TARGET, _relation(direction=direction)))
    assert judgements(rows[0]) == said
    assert losses.counts == lost


def test_a_relation_to_a_missing_region_is_counted(tmp_path: Path, read: Any) -> None:
    rows, losses = read(_write(tmp_path, _ACTOR, _TARGET, _relation(to_id="zz")))
    assert rows[0].annotations == ()
    assert losses.counts == {"relation to a span that is not there": 1, "span 'Target' without a stance": 1}


def test_an_undeclared_label_is_shown_with_its_count(tmp_path: Path, read: Any) -> None:
    path = _write(tmp_path, _ACTOR, _TARGET, _relation(labels=["praise"]), _relation(labels=["scorn"]), _relation())
    with pytest.raises(DataError, match=r"labels without a stance: 'praise' 1, 'scorn' 1"):
        read(path)
    rows, losses = read(path, labels={"praise": "favor", "scorn": "drop"})
    assert [a.stance.value for a in rows[0].annotations] == ["favor", "favor"]
    assert losses.counts == {"relation labelled 'scorn'": 1}


def test_a_models_predictions_are_no_annotations(tmp_path: Path, read: Any) -> None:
    predictions = [{"model_version": "v1", "result": [_region("a", 2, 5, "favor")]}]
    rows, losses = read(_write(tmp_path, predictions=predictions))
    assert rows[0].annotations == ()
    assert losses.counts == {"prediction of a model": 1}


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        ({"predictions": [3, 4]}, {"prediction of a model": 2}),
        ({"drafts": [{"id": 1, "result": [_region("a", 2, 5, "against")]}]}, {"draft": 1}),
        ({"drafts": [8, 9]}, {"draft": 2}),
    ],
    ids=["numbers of predictions", "a draft", "numbers of drafts"],
)
def test_what_is_no_finished_work_is_counted(
    change: dict[str, Any], lost: dict[str, int], tmp_path: Path, read: Any, judgements: Any
) -> None:
    rows, losses = read(_write(tmp_path, _ACTOR, _TARGET, _relation(), **change))
    assert judgements(rows[0]) == [("Ana", "Bo", "favor")]
    assert losses.counts == lost


def test_of_two_regions_with_one_id_the_first_counts(tmp_path: Path, read: Any, judgements: Any) -> None:
    rows, losses = read(_write(tmp_path, _ACTOR, _TARGET, _region("a", 6, 11, "Actor"), _relation()))
    assert judgements(rows[0]) == [("Ana", "Bo", "favor")]
    assert losses.counts == {"region with the id of another": 1}
    assert losses.examples["region with the id of another"][0].endswith("export.json: task 7")


def test_a_choice_on_a_region_shares_its_id(tmp_path: Path, read: Any, judgements: Any) -> None:
    choice = {"id": "b", "type": "choices", "value": {"start": 12, "end": 14, "choices": ["against"]}}
    rows, losses = read(_write(tmp_path, _TARGET, choice))
    assert judgements(rows[0]) == [(None, "Bo", "against")]
    assert not losses.counts


@pytest.mark.parametrize("format", [None, "labelstudio"])
def test_json_min_asks_for_the_full_export(format: str | None, tmp_path: Path, read: Any) -> None:  # noqa: A002
    label = {"start": 2, "end": 5, "text": "Ana", "labels": ["Actor"]}
    task = {"id": 7, "text": "🙂 Ana backs Bo", "label": [label], "annotator": 1, "annotation_id": 1}
    path = tmp_path / "export.json"
    path.write_text(json.dumps([task]), encoding="utf-8")
    with pytest.raises(DataError, match=r"export\.json: this is JSON-MIN, .*; export as JSON instead"):
        read(path, format=format)


@pytest.mark.parametrize("data", [None, 5, {}, {"text": 5}, {"a": "x", "b": "y"}, {"text": " "}])
def test_a_task_without_text_is_counted(data: Any, tmp_path: Path, read: Any) -> None:
    rows, losses = read(_write(tmp_path, data=data), format="labelstudio")
    assert rows == []
    assert losses.counts == {"task without text": 1}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[{"id": 1, "data": {"text": "A', r"export\.json: not JSON"),
        ('{"id": 1}', r"export\.json: a JSON dict; a list of objects"),
        ("[5]", r"export\.json: item 1 is a JSON int"),
        ("[" * 100_000, r"export\.json: not JSON \(nested too deep\)"),
    ],
)
def test_a_file_that_is_no_list_of_tasks_is_named(content: str, message: str, tmp_path: Path, read: Any) -> None:
    path = tmp_path / "export.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read(path, format="labelstudio")

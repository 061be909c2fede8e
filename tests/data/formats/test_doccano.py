"""doccano: its own exports, with offsets in UTF-16 units, and rows that are not as it writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stance.data.formats import detect_format
from stance.errors import DataError
from stance.types import Span

_SAID: dict[str, tuple[str, list[tuple[str | None, str, str]]]] = {
    "d-001": (
        "en",
        [
            ("Ida Corvane", "the Lowmere bridge/tunnel plan", "against"),
            ("the Northgate Porters' Union", "the Lowmere bridge/tunnel plan", "favor"),
        ],
    ),
    "d-002": (
        "sr-Latn",
        [
            ("Rastko Dvorničić", "rudniku kod Vrelanova", "favor"),
            ("Udruženje „Zelena Kosina“", "rudniku kod Vrelanova", "against"),
        ],
    ),
    "d-003": ("sr-Cyrl", [("Милунка Трешњић", "закону о речним насипима", "neutral")]),
    "d-004": (
        "mk",
        [
            ("Синдикатот „Исток“", "новиот данок за пазари", "against"),
            ("Стојче Лазаровски", "новиот данок за пазари", "favor"),
        ],
    ),
    "d-005": ("sq", [("Lëvizja Drita e Malit", "ndërtimin e digës në Krojëvogël", "favor")]),
    "d-006": (
        "ru",
        [
            ("Профсоюз портовиков Заречья", "верфи «Волна»", "favor"),
            ("Профсоюз портовиков Заречья", "закрытия верфи «Волна»", "against"),
        ],
    ),
    "d-007": ("de", [(None, "zweite Umgehungsstraße in Klein Wendrup", "against")]),
    "d-008": (
        "en",
        [
            ("Senator Pell Andrade", "the grain subsidy", "against"),
            ("The Oxbury Farmers' League", "the grain subsidy", "favor"),
        ],
    ),
    "d-009": ("sr-Latn", []),
}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("export_relation.jsonl", "its rows have `entities` and `relations`"),
        ("export_relation_browser.jsonl", "its rows have `entities` and `relations`"),
        ("import.jsonl", "its rows have `entities` and `relations`"),
        ("export_plain.jsonl", "its rows have `label` and `Comments`"),
    ],
)
def test_its_files_are_recognised(name: str, reason: str, fixtures: Path) -> None:
    found = detect_format(fixtures / "doccano" / name)
    assert (found.format.name, found.reason) == ("doccano", reason)


def test_an_export_with_relations_gives_every_annotation(fixtures: Path, read: Any, judgements: Any) -> None:
    rows, losses = read(fixtures / "doccano" / "export_relation.jsonl")
    assert {row.doc_id: (row.lang, judgements(row)) for row in rows} == _SAID
    assert [row.id for row in rows] == [f"doccano-{number}" for number in range(1, 10)]
    assert all(dict(row.extra) == {} for row in rows)
    assert losses.counts == {"comment": 1}
    assert losses.examples["comment"][0].endswith("export_relation.jsonl:3")


def test_spans_marked_in_the_browser_behind_emoji_and_combining_marks_cover_their_words(
    fixtures: Path, read: Any, judgements: Any
) -> None:
    rows, losses = read(fixtures / "doccano" / "export_relation_browser.jsonl", labels={"Actor": "neutral"})
    assert [judgements(row) for row in rows] == [
        [(None, "The Oxbury Farmers' League", "neutral")],
        [(None, "rudniku 👎 kod Đurđevice", "neutral")],
    ]
    assert rows[0].annotations[0].target.span == Span(5, 31)
    assert not losses.counts


def test_an_export_without_relations_gives_what_spans_alone_say(fixtures: Path, read: Any, judgements: Any) -> None:
    rows, losses = read(fixtures / "doccano" / "export_plain.jsonl")
    assert {row.doc_id: judgements(row) for row in rows if row.annotations} == {"d-007": _SAID["d-007"][1]}
    assert len(rows) == 9
    assert losses.counts == {"span 'Actor' without a stance": 11, "span 'Target' without a stance": 8, "comment": 1}


def test_span_labels_can_be_declared(fixtures: Path, read: Any, judgements: Any) -> None:
    labels = {"Actor": "drop", "Target": "neutral"}
    rows, losses = read(fixtures / "doccano" / "export_plain.jsonl", labels=labels)
    assert judgements(rows[5]) == [
        (None, "верфи «Волна»", "neutral"),
        (None, "закрытия верфи «Волна»", "neutral"),
    ]
    assert sum(len(row.annotations) for row in rows) == 9
    assert losses.counts == {"span labelled 'Actor'": 11, "comment": 1}


def test_rows_that_were_only_imported_have_no_annotations(fixtures: Path, read: Any, judgements: Any) -> None:
    rows, losses = read(fixtures / "doccano" / "import.jsonl")
    assert {row.doc_id: judgements(row) for row in rows[:4]} == {
        key: said for key, (_, said) in list(_SAID.items())[:4]
    }
    assert all(not row.annotations for row in rows[4:])
    assert not losses.counts


def _row(**change: Any) -> dict[str, Any]:
    return {
        "id": 1,
        "text": "🙂 Ana backs Bo",
        "entities": [
            {"id": 1, "label": "Actor", "start_offset": 3, "end_offset": 6},
            {"id": 2, "label": "Target", "start_offset": 13, "end_offset": 15},
        ],
        "relations": [{"id": 1, "from_id": 1, "to_id": 2, "type": "favor"}],
        "Comments": [],
    } | change


def _entity(start: Any, end: Any, label: str = "favor") -> dict[str, Any]:
    return _row(entities=[{"id": 1, "label": label, "start_offset": start, "end_offset": end}], relations=[])


def _write(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "export.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_an_undeclared_label_is_shown_with_its_count(tmp_path: Path, read: Any) -> None:
    praise = _row(relations=[{"id": 1, "from_id": 1, "to_id": 2, "type": "praise"}])
    path = _write(tmp_path, praise, _row(), praise)
    with pytest.raises(DataError, match=r"export\.jsonl: labels without a stance: 'praise' 2.*--label praise=drop"):
        read(path)


@pytest.mark.parametrize(("stance", "n_annotations"), [("favor", 3), ("drop", 1)])
def test_a_declared_label_is_read_or_dropped(stance: str, n_annotations: int, tmp_path: Path, read: Any) -> None:
    praise = _row(relations=[{"id": 1, "from_id": 1, "to_id": 2, "type": "praise"}])
    rows, losses = read(_write(tmp_path, praise, _row(), praise), labels={"praise": stance})
    assert [a.stance.value for row in rows for a in row.annotations] == ["favor"] * n_annotations
    assert losses.counts == ({"relation labelled 'praise'": 2} if stance == "drop" else {})


def test_a_declared_label_that_never_comes_is_an_error(tmp_path: Path, read: Any) -> None:
    with pytest.raises(DataError, match=r"no row has the label 'prase' of the label map; there are 'favor'"):
        read(_write(tmp_path, _row()), labels={"prase": "favor"})


def test_a_file_of_mentions_only_asks_what_they_mean(tmp_path: Path, read: Any) -> None:
    with pytest.raises(DataError, match=r"labels without a stance: 'PER' 1"):
        read(_write(tmp_path, _entity(3, 6, "PER")))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (6, 3),
        (3, 3),
        (3, 99),
        (-3, 6),
        (1, 6),
        (0, 1),
        (10**20, 10**21),
        (None, 3),
        ("3", 6),
        (3.0, 6),
        ([3], {}),
        (False, 6),
    ],
)
def test_an_entity_that_does_not_fit_its_text_is_counted(start: Any, end: Any, tmp_path: Path, read: Any) -> None:
    rows, losses = read(_write(tmp_path, _entity(start, end)))
    assert rows[0].annotations == ()
    assert losses.counts == {"entity whose offsets do not fit the text": 1}


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("👍🏽 Ana", 2, 5),
        ("Љ\u0301 Ана", 2, 5),
        ("عَ آنا", 2, 5),
        ("葛\U000e0100 安娜", 2, 4),
        ("Ana 🙂", 0, 4),
        ("Ana\u3000桥", 3, 4),
    ],
    ids=["emoji", "Cyrillic", "Arabic", "Han", "white space at the end", "white space alone"],
)
def test_an_entity_with_white_space_at_an_end_is_counted(
    text: str, start: int, end: int, tmp_path: Path, read: Any
) -> None:
    # doccano's grapheme mode counts what a reader sees as one character as one, and so points elsewhere.
    rows, losses = read(_write(tmp_path, _entity(start, end) | {"text": text}))
    assert [(row.text, row.annotations) for row in rows] == [(text, ())]
    assert losses.counts == {"entity whose offsets do not fit the text": 1}


_ACTOR, _TARGET = _row()["entities"]


@pytest.mark.parametrize("second", [_TARGET | {"id": 1}, _TARGET | {"id": "1"}], ids=["equal", "equal as text"])
def test_of_two_entities_with_one_id_the_first_counts(second: dict[str, Any], tmp_path: Path, read: Any) -> None:
    row = _row(entities=[_ACTOR | {"label": "favor"}, second], relations=[])
    rows, losses = read(_write(tmp_path, row))
    assert [(a.actor, a.target.name) for a in rows[0].annotations] == [(None, "Ana")]
    assert losses.counts == {"entity without a label or with the id of another": 1}


@pytest.mark.parametrize("value", [5, "x", True, {"id": 1}], ids=str)
@pytest.mark.parametrize(
    ("field", "lost"),
    [
        ("entities", {"entity that cannot be read": 1, "relation to a span that is not there": 1}),
        (
            "relations",
            {
                "relation that cannot be read": 1,
                "span 'Actor' without a stance": 1,
                "span 'Target' without a stance": 1,
            },
        ),
    ],
)
def test_entities_and_relations_that_are_no_list_are_counted(
    field: str, lost: dict[str, int], value: Any, tmp_path: Path, read: Any
) -> None:
    rows, losses = read(_write(tmp_path, _row(**{field: value})))
    assert [row.annotations for row in rows] == [()]
    assert losses.counts == lost


@pytest.mark.parametrize(
    ("field", "noun"),
    [("entities", "entity"), ("relations", "relation"), ("label", "label")],
)
def test_items_that_are_no_objects_are_counted_one_by_one(field: str, noun: str, tmp_path: Path, read: Any) -> None:
    row = _row(entities=[], relations=[])
    if field == "label":
        del row["entities"], row["relations"]
    rows, losses = read(_write(tmp_path, row | {field: [5, None, "x", [3, 6]]}), format="doccano")
    assert [row.annotations for row in rows] == [()]
    assert losses.counts == {f"{noun} that cannot be read": 4}


@pytest.mark.parametrize("comments", [5, "well said", True, {"text": "well said"}, None], ids=str)
def test_comments_that_are_no_list_change_nothing(comments: Any, tmp_path: Path, read: Any, judgements: Any) -> None:
    rows, losses = read(_write(tmp_path, _row(Comments=comments)))
    assert judgements(rows[0]) == [("Ana", "Bo", "favor")]
    assert not losses.counts


def test_a_relation_to_a_missing_entity_is_counted(tmp_path: Path, read: Any) -> None:
    row = _row(relations=[{"id": 1, "from_id": 1, "to_id": 9, "type": "favor"}])
    rows, losses = read(_write(tmp_path, row, _row()))
    assert [len(found.annotations) for found in rows] == [0, 1]
    assert losses.counts == {"relation to a span that is not there": 1, "span 'Target' without a stance": 1}


@pytest.mark.parametrize("text", [None, "", "  ", 5, ["Ana"]])
def test_a_row_without_text_is_counted(text: Any, tmp_path: Path, read: Any) -> None:
    rows, losses = read(_write(tmp_path, _row(text=text), _row()))
    assert len(rows) == 1
    assert losses.counts == {"line without text": 1}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"id": 1, "text": "Ana", "entities": [{"id"', r"export\.jsonl:1: not JSON"),
        ('[{"id": 1}]', r"export\.jsonl:1: a JSON list"),
        ('{"id": 1, "text": ' + "[" * 100_000, r"export\.jsonl:1: not JSON \(column \d+: depth limit exceeded\)"),
        ('{"text": "Ana", "n": ' + "9" * 5000 + "}", r"export\.jsonl:1: not JSON"),
    ],
)
def test_a_line_that_is_no_object_is_named(content: str, message: str, tmp_path: Path, read: Any) -> None:
    path = tmp_path / "export.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read(path, format="doccano")

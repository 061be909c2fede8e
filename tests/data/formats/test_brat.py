"""brat: the standoff files of its format, offsets of its browser editor, and files that are not as it writes them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from stance.data.formats import detect_format
from stance.errors import DataError
from stance.types import Span

_DROPPED = {"conditional": "drop", "Stance": "drop"}
# Both fixtures hold a discontinuous target, which is left without a span, and mentions that no relation uses.
_LOST = {
    "discontinuous span kept as a name without offsets": 2,
    "free note": 2,
    "span 'Target' without a stance": 2,
    "span 'Place' without a stance": 1,
    "relation labelled 'Stance'": 1,
    "relation labelled 'conditional'": 1,
}
_LOST_IN = {
    "stance1": _LOST,
    "stance2": _LOST | {"event": 1, "equivalence": 1, "normalisation": 1, "span 'Backing' without a stance": 1},
    "stance1_utf16": _LOST | {"span in UTF-16 units, converted": 22},
}


@pytest.mark.parametrize("name", ["stance1.ann", "stance2.ann"])
def test_a_file_is_recognised_by_its_ending(name: str, fixtures: Path) -> None:
    found = detect_format(fixtures / "brat" / name)
    assert (found.format.name, found.reason) == ("brat", "its name ends in .ann")


def test_a_folder_is_recognised_by_its_files(fixtures: Path) -> None:
    found = detect_format(fixtures / "brat")
    assert (found.format.name, found.reason) == ("brat", "a folder with .ann files")


@pytest.mark.parametrize("name", ["stance1", "stance2", "stance1_utf16"])
@pytest.mark.parametrize("ending", [".ann", ".txt"])
def test_a_document_gives_every_annotation(
    name: str, ending: str, fixtures: Path, read: Any, judgements: Any, document: Any
) -> None:
    rows, losses = read(fixtures / "brat" / f"{name}{ending}", format="brat", labels=_DROPPED)
    expected = document(renamed={"the heath tram plan": "heath plan"})
    assert [(row.text, judgements(row)) for row in rows] == expected
    assert losses.counts == _LOST_IN[name]


def test_a_discontinuous_span_is_a_name_without_a_span(fixtures: Path, read: Any) -> None:
    rows, _ = read(fixtures / "brat" / "stance1.ann", labels=_DROPPED)
    plans = [a.target for a in rows[0].annotations if a.target.name == "heath plan"]
    assert [plan.span for plan in plans] == [None, None]


def test_sentences_carry_their_document_and_place(fixtures: Path, read: Any) -> None:
    rows, _ = read(fixtures / "brat" / "stance1.ann", labels=_DROPPED, lang="en")
    assert [row.id for row in rows][:3] == ["stance1:0-177", "stance1:178-240", "stance1:241-299"]
    assert {(row.doc_id, row.lang) for row in rows} == {("stance1", "en")}


def test_a_folder_gives_all_documents_below_it(
    fixtures: Path, tmp_path: Path, read: Any, judgements: Any, document: Any
) -> None:
    (tmp_path / "more").mkdir()
    for ending in (".ann", ".txt"):
        shutil.copy(fixtures / "brat" / f"stance1{ending}", tmp_path)
        shutil.copy(fixtures / "brat" / f"stance2{ending}", tmp_path / "more")
    rows, _ = read(tmp_path, labels=_DROPPED)
    expected = document(renamed={"the heath tram plan": "heath plan"})
    assert [(row.text, judgements(row)) for row in rows] == expected * 2
    assert list(dict.fromkeys(row.doc_id for row in rows)) == ["more/stance2", "stance1"]


@pytest.mark.parametrize("name", ["stance1", "stance2"])
def test_undeclared_labels_are_shown_with_their_counts(name: str, fixtures: Path, read: Any) -> None:
    with pytest.raises(DataError, match=rf"{name}\.ann: labels without a stance: 'Stance' 1, 'conditional' 1\."):
        read(fixtures / "brat" / f"{name}.ann")


def test_a_declared_label_is_read(fixtures: Path, read: Any, judgements: Any) -> None:
    rows, _ = read(fixtures / "brat" / "stance2.ann", labels={"Stance": "drop", "conditional": "neutral"})
    assert ("The dockers’ union", "Odrina Velk", "neutral") in judgements(rows[0])


_SPANS = "T1\tActor 0 3\tAna\nT2\tTarget 10 12\tBo\n"
_MENTIONS = {"span 'Actor' without a stance": 1, "span 'Target' without a stance": 1}


def _write(folder: Path, lines: str, text: str = "Ana backs Bo 🙂 now") -> Path:
    (folder / "doc.txt").write_text(text, encoding="utf-8", newline="")
    path = folder / "doc.ann"
    path.write_text(lines, encoding="utf-8", newline="")
    return path


@pytest.mark.parametrize(
    ("line", "lost"),
    [
        ("R1\tfavor Arg1:T1 Arg2:T9\n", {"relation to a span that is not there": 1}),
        ("R1\tfavor Arg1:T1\n", {"line that is no span, relation, attribute or note": 1}),
        ("R1\tfavor Arg1:T1 Arg2:T2 Arg3:T1\n", {"line that is no span, relation, attribute or note": 1}),
        ("T3\tfavor 3 0\tAna\n", {"span whose offsets do not hold its words": 1}),
        ("T3\tfavor 3 3\t\n", {"span whose offsets do not hold its words": 1}),
        ("T3\tfavor 0 99\tAna\n", {"span whose offsets do not hold its words": 1}),
        ("T3\tfavor 0 3\tBob\n", {"span whose offsets do not hold its words": 1}),
        ("T3\tfavor 0 3;4 99\tAna\n", {"span whose offsets do not hold its words": 1}),
        ("T3\tfavor -1 3\tAna\n", {"span line without a type and offsets": 1}),
        ("T3\tfavor 0\n", {"span line without a type and offsets": 1}),
        ("T3 favor 0 3 Ana\n", {"span line without a type and offsets": 1}),
        ("hello\n", {"line that is no span, relation, attribute or note": 1}),
        ("E1\tActor:T1\n", {"event": 1}),
        ("*\tEquiv T1 T2\n", {"equivalence": 1}),
        ("#1\tAnnotatorNotes\t\n", {"free note": 1}),
        pytest.param("#1\tAnnotatorNotes T1\t" + "[" * 100_000 + "\n", {"free note": 1}, id="nested note"),
        pytest.param(f"T3\tfavor 0 {'9' * 5000}\tAna\n", {"span line without a type and offsets": 1}, id="5000 digits"),
        ("\tfavor 0 3\tAna\n", {"line that is no span, relation, attribute or note": 1}),
        ("T2\tfavor 0 3\tAna\n", {"line with the id of another": 1}),
        ("A1\tStance T9 favor\n", {"attribute of nothing that was read": 1}),
        ("A1\tStance R9 favor\n", {"attribute of nothing that was read": 1}),
    ],
)
def test_a_line_that_cannot_be_read_is_counted(line: str, lost: dict[str, int], tmp_path: Path, read: Any) -> None:
    rows, losses = read(_write(tmp_path, _SPANS + line))
    assert [row.annotations for row in rows] == [()]
    mentions = dict(_MENTIONS)
    if "relation to a span that is not there" in lost:
        del mentions["span 'Actor' without a stance"]
    assert losses.counts == mentions | lost


@pytest.mark.parametrize("ends", ["Arg1:T1 Arg2:T2", "Arg2:T2 Arg1:T1", "Target:T2 Source:T1"])
def test_the_names_of_the_arguments_say_who_acts(ends: str, tmp_path: Path, read: Any, judgements: Any) -> None:
    rows, losses = read(_write(tmp_path, f"{_SPANS}R1\tfavor {ends}\n"))
    assert judgements(rows[0]) == [("Ana", "Bo", "favor")]
    assert not losses.counts


def test_of_two_relations_with_one_id_the_first_counts(tmp_path: Path, read: Any, judgements: Any) -> None:
    lines = _SPANS + "R1\tfavor Arg1:T1 Arg2:T2\nR1\tagainst Arg1:T2 Arg2:T1\n"
    rows, losses = read(_write(tmp_path, lines))
    assert judgements(rows[0]) == [("Ana", "Bo", "favor")]
    assert losses.counts == {"line with the id of another": 1}
    assert losses.examples["line with the id of another"][0].endswith("doc.ann:4")


def test_a_discontinuous_sentence_reaches_from_its_first_part_to_its_last(
    tmp_path: Path, read: Any, judgements: Any
) -> None:
    lines = _SPANS + "T3\tSentence 0 3;10 12\tAna Bo\nR1\tfavor Arg1:T1 Arg2:T2\n"
    rows, losses = read(_write(tmp_path, lines))
    assert [(row.text, judgements(row)) for row in rows] == [("Ana backs Bo", [("Ana", "Bo", "favor")])]
    assert not losses.counts


def test_a_relation_out_of_the_given_sentences_is_counted(tmp_path: Path, read: Any) -> None:
    lines = _SPANS + "T3\tSentence 4 9\tbacks\nR1\tfavor Arg1:T1 Arg2:T2\n"
    rows, losses = read(_write(tmp_path, lines))
    assert [(row.text, row.annotations) for row in rows] == [("backs", ())]
    assert losses.counts == {"annotation outside every sentence": 1}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("Ana 🙂 grüßt Bo", "T1\tfavor 12 14\tBo\n", "Bo"),
        ("Ana 🙂 grüßt Bo", "T1\tfavor 13 15\tBo\n", "Bo"),
        ("Ана\r\n🙂 и Бо", "T1\tfavor 9 11\tБо\r\n", "Бо"),
        ("博🙂支持桥", "T1\tfavor 5 6\t桥\n", "桥"),
        ("هذا 🙂 جسر", "T1\tfavor 6 9\tجسر\n", "جسر"),
    ],
)
def test_offsets_in_code_points_or_utf16_units_are_told_by_the_words(
    text: str, line: str, words: str, tmp_path: Path, read: Any
) -> None:
    rows, _ = read(_write(tmp_path, line, text))
    found = [(a.target.span, row.text) for row in rows for a in row.annotations]
    assert [span.of(sentence) for span, sentence in found] == [words]


def test_line_ends_of_windows_change_nothing(tmp_path: Path, read: Any) -> None:
    lines = (_SPANS + "R1\tfavor Arg1:T1 Arg2:T2\t\n").replace("\n", "\r\n")
    rows, losses = read(_write(tmp_path, lines))
    actor, target = rows[0].annotations[0].actor, rows[0].annotations[0].target
    assert (actor.span, target.span) == (Span(0, 3), Span(10, 12))
    assert not losses.counts


@pytest.mark.parametrize(
    ("present", "missing"), [("doc.ann", "doc.txt"), ("doc.txt", "doc.ann")], ids=["no text", "no annotations"]
)
def test_half_a_document_is_an_error(present: str, missing: str, tmp_path: Path, read: Any) -> None:
    (tmp_path / present).write_text("T1\tActor 0 1\tA\n", encoding="utf-8")
    with pytest.raises(DataError, match=rf"{missing}: no such file"):
        read(tmp_path / present, format="brat")


def test_a_folder_without_documents_is_an_error(tmp_path: Path, read: Any) -> None:
    with pytest.raises(DataError, match=r"no \.ann file in this folder"):
        read(tmp_path, format="brat")


@pytest.mark.parametrize("content", [b"\xff\xfeA\0n\0", b"Ana\xe9"])
def test_a_text_that_is_no_utf8_is_an_error(content: bytes, tmp_path: Path, read: Any) -> None:
    path = _write(tmp_path, _SPANS)
    path.with_suffix(".txt").write_bytes(content)
    with pytest.raises(DataError, match=r"doc\.txt: not UTF-8"):
        read(path)

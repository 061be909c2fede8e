"""WebAnno TSV 3: stacked spans, parts of tokens, relations, escapes, and files that break its rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stance.data.formats import detect_format
from stance.errors import DataError
from stance.types import Span

_RESERVED = "weird_[x]|y;z*\\"
_DROPPED = {_RESERVED: "drop", "Stance": "drop"}


@pytest.mark.parametrize("name", ["relations.tsv", "spans.tsv"])
def test_its_files_are_recognised(name: str, fixtures: Path) -> None:
    found = detect_format(fixtures / "webanno" / name)
    assert (found.format.name, found.reason) == ("webanno", "its first line says WebAnno TSV 3")


def test_a_document_gives_every_annotation(fixtures: Path, read: Any, judgements: Any, document: Any) -> None:
    rows, losses = read(fixtures / "webanno" / "relations.tsv", labels=_DROPPED)
    # The line break between two sentences is not in the file.
    assert [(row.text, judgements(row)) for row in rows] == document(gap=" ")
    assert losses.counts == {
        "span 'PER' without a stance": 5,
        "span 'LOC' without a stance": 4,
        "span 'ORG' without a stance": 2,
        "span 'target' without a stance": 1,
        "span 'place' without a stance": 1,
        "span 'Opinion' without a stance": 1,
        f"relation labelled {_RESERVED!r}": 1,
        "relation labelled 'Stance'": 1,
    }


def test_sentences_carry_their_document_and_place(fixtures: Path, read: Any) -> None:
    rows, _ = read(fixtures / "webanno" / "relations.tsv", labels=_DROPPED, lang="en")
    assert [row.id for row in rows][:3] == ["relations:0-177", "relations:178-240", "relations:241-299"]
    assert {(row.doc_id, row.lang) for row in rows} == {("relations", "en")}


def test_an_undeclared_label_is_shown_without_its_escapes(fixtures: Path, read: Any) -> None:
    with pytest.raises(DataError) as caught:
        read(fixtures / "webanno" / "relations.tsv")
    assert f"labels without a stance: {_RESERVED!r} 1" in str(caught.value)


def test_a_declared_label_with_reserved_characters_is_read(fixtures: Path, read: Any, judgements: Any) -> None:
    rows, _ = read(fixtures / "webanno" / "relations.tsv", labels={"Stance": "drop", _RESERVED: "favor"})
    assert ("The dockers’ union", "Odrina Velk", "favor") in judgements(rows[0])


def test_spans_of_one_layer_cover_their_words_behind_emoji(
    fixtures: Path, read: Any, judgements: Any, document: Any
) -> None:
    labels = {"actor": "drop", "target": "neutral", "place": "against"}
    rows, losses = read(fixtures / "webanno" / "spans.tsv", labels=labels)
    assert [row.text for row in rows] == [text for texts, _ in document() for text in texts.split("\n")]
    assert [[(target, stance) for _, target, stance in judgements(row)] for row in rows] == [
        [("Quillhaven Dockers’ Union", "neutral"), ("the heath tram plan", "neutral")],
        [("harbour toll", "neutral"), ("it", "neutral")],
        [("Vrelogradu", "against"), ("Vrelogradu", "neutral"), ("zabranu buke", "neutral")],
        [("продаје Горског дома", "neutral")],
        [("новата рибна берза", "neutral")],
        [("Moosbad", "neutral")],
        [],
        [("C\\D ring-road", "neutral")],
    ]
    assert losses.counts == {"span labelled 'actor'": 9}


def test_a_file_of_roles_and_mentions_asks_what_the_mentions_mean(fixtures: Path, read: Any) -> None:
    with pytest.raises(DataError, match=r"spans\.tsv: labels without a stance: 'place' 1\."):
        read(fixtures / "webanno" / "spans.tsv")


_HEADER = (
    "#FORMAT=WebAnno TSV 3.3\n#T_SP=webanno.custom.Mention|role\n"
    "#T_RL=webanno.custom.Stance|stance|BT_webanno.custom.Mention\n\n\n"
)
_ACTOR = "1-1\t0-3\tAna\tactor\t_\t_\t"
_VERB = "1-2\t4-9\tbacks\t_\t_\t_\t"


def _write(folder: Path, *lines: str, text: str = "Ana backs Bo 🙂", header: str = _HEADER) -> Path:
    path = folder / "doc.tsv"
    body = "\n".join([f"#Text={text}", *lines]) + "\n"
    path.write_text(header + body, encoding="utf-8", newline="")
    return path


def _target(cells: str = "target\tfavor\t1-1", at: str = "10-12") -> str:
    return f"1-3\t{at}\tBo\t{cells}\t"


@pytest.mark.parametrize(
    "lines",
    [
        (_ACTOR, _VERB, _target()),
        (_ACTOR.rstrip("\t"), _VERB.rstrip("\t"), _target().rstrip("\t")),
        (f"{_ACTOR}\r", f"{_VERB}\r", f"{_target()}\r"),
        ("1-1\t0-3\tAna\tactor[4]\t_\t_\t", _VERB, _target("target[5]\tfavor\t1-1[4_5]")),
        ("1-1\t0-3\tAna\tactor[4]\t_\t_\t", _VERB, _target("target\tfavor\t1-1[4_0]")),
    ],
    ids=["tab at the end", "no tab at the end", "line ends of Windows", "numbered", "one end numbered"],
)
def test_a_relation_joins_governor_and_dependent(
    lines: tuple[str, ...], tmp_path: Path, read: Any, judgements: Any
) -> None:
    rows, losses = read(_write(tmp_path, *lines))
    assert [(row.text, judgements(row)) for row in rows] == [("Ana backs Bo 🙂", [("Ana", "Bo", "favor")])]
    assert not losses.counts


def test_a_byte_order_mark_changes_nothing(tmp_path: Path, read: Any, judgements: Any) -> None:
    rows, _ = read(_write(tmp_path, _ACTOR, _VERB, _target(), header=f"\ufeff{_HEADER}"), format="webanno")
    assert judgements(rows[0]) == [("Ana", "Bo", "favor")]


@pytest.mark.parametrize(
    ("written", "text", "at"),
    [
        ("Ana\\tC\\\\D Bo", "Ana\tC\\D Bo", Span(4, 7)),
        ("🙂\\n\\\\nC Bo", "🙂\n\\nC Bo", Span(2, 5)),
        ("Ана\\r🙂桥جس Bo", "Ана\r🙂桥جس Bo", Span(4, 7)),
    ],
)
def test_escapes_of_the_text_count_as_one_character(
    written: str, text: str, at: Span, tmp_path: Path, read: Any
) -> None:
    def units(end: int) -> int:
        return len(text[:end].encode("utf-16-le")) // 2

    line = f"1-1\t{units(at.start)}-{units(at.end)}\tx\tfavor\t_\t_\t"
    start = f"1-1\t0-{units(1)}\tx\t_\t_\t_\t"
    rows, _ = read(_write(tmp_path, start, line.replace("1-1", "1-2", 1), text=written))
    assert rows[0].text == text
    assert rows[0].annotations[0].target.span == at


@pytest.mark.parametrize("text", ["Ana backs Bo C\\D", "Ana backs Bo \\ж🙂", "Ana backs Bo \\桥", "Ana backs Bo\\"])
def test_a_backslash_that_escapes_nothing_stays(text: str, tmp_path: Path, read: Any, judgements: Any) -> None:
    rows, losses = read(_write(tmp_path, _ACTOR, _VERB, _target(), text=text))
    assert [(row.text, judgements(row)) for row in rows] == [(text, [("Ana", "Bo", "favor")])]
    assert not losses.counts


def test_several_text_lines_are_one_sentence(tmp_path: Path, read: Any, judgements: Any) -> None:
    rows, _ = read(_write(tmp_path, _ACTOR, _VERB, _target(), text="Ana\n#Text=backs Bo"))
    assert [(row.text, judgements(row)) for row in rows] == [("Ana\nbacks Bo", [("Ana", "Bo", "favor")])]


_UNFIT = {"token that is not the text at its offsets": 1, "span whose offsets do not fit the text": 1}


@pytest.mark.parametrize(
    ("line", "lost"),
    [
        (_target("target\tfavor\t9-9"), {"relation to a span that is not there": 1}),
        (_target("target\tfavor\txx"), {"relation that names no governor": 1, "span 'target' without a stance": 1}),
        (_target("target\tfavor\t*"), {"relation that names no governor": 1, "span 'target' without a stance": 1}),
        (_target("favor\t_\t_", at="12-10"), _UNFIT),
        (_target("favor\t_\t_", at="10-99"), _UNFIT),
        (_target("favor\t_\t_", at="13-14"), _UNFIT),
        (_target("_\t_\t_", at="9-11"), {"token that is not the text at its offsets": 1}),
        (_target(at=f"10-{'9' * 5000}"), {"line that is no token": 1}),
        (_target().replace("\t", " "), {"line that is no token": 1}),
        ("Bo", {"line that is no token": 1}),
    ],
    ids=[
        "missing governor",
        "no governor",
        "empty governor",
        "reversed",
        "past the end",
        "half an emoji",
        "other words",
        "offset of thousands of digits",
        "blanks for tabs",
        "a word alone",
    ],
)
def test_what_cannot_be_placed_is_counted(line: str, lost: dict[str, int], tmp_path: Path, read: Any) -> None:
    rows, losses = read(_write(tmp_path, _ACTOR, _VERB, line))
    assert [row.annotations for row in rows] == [()]
    assert losses.counts == {"span 'actor' without a stance": 1} | lost


def test_annotations_without_a_text_are_counted(tmp_path: Path, read: Any) -> None:
    path = tmp_path / "doc.tsv"
    path.write_text(_HEADER + "\n".join([_ACTOR, _VERB, _target()]), encoding="utf-8")
    rows, losses = read(path)
    assert rows == []
    assert losses.counts == {
        "token that is not the text at its offsets": 3,
        "span whose offsets do not fit the text": 2,
        "relation to a span that is not there": 1,
    }


@pytest.mark.parametrize(("start", "n_rows"), [(15, 2), (16, 2), (100_015, 2), (14, 0), (3, 0), (100_016, 0)])
def test_a_sentence_follows_the_one_before(start: int, n_rows: int, tmp_path: Path, read: Any) -> None:
    second = f"2-1\t{start}-{start + 3}\tZoë\t_\t_\t_\t"
    path = _write(tmp_path, _ACTOR, _VERB, _target(), "", "#Text=Zoë", second)
    if n_rows:
        rows, losses = read(path)
        assert [row.text for row in rows] == ["Ana backs Bo 🙂", "Zoë"]
        assert not losses.counts
        return
    with pytest.raises(DataError, match=rf"doc\.tsv:12: offset {start} does not follow .*, ending at 15\."):
        read(path)


@pytest.mark.parametrize(
    ("cells", "sides", "n_lost"),
    [
        ("target\tfavor|against\t1-1|1-1", ["against", "favor"], 0),
        ("target\tfavor|against\t1-1", ["favor"], 1),
        ("target\tfavor\t1-1|1-1", ["favor"], 1),
        ("target\tfavor|against|neutral\t1-1|1-1", ["against", "favor"], 1),
    ],
    ids=["as many", "two stances of one governor", "two governors of one stance", "three stances of two governors"],
)
def test_stacked_values_of_different_number_are_counted(
    cells: str, sides: list[str], n_lost: int, tmp_path: Path, read: Any, judgements: Any
) -> None:
    rows, losses = read(_write(tmp_path, _ACTOR, _VERB, _target(cells)))
    assert judgements(rows[0]) == [("Ana", "Bo", side) for side in sides]
    assert losses.counts["stacked annotations with different numbers of values"] == n_lost
    assert losses.counts.total() == n_lost


@pytest.mark.parametrize("kind", ["RL", "SP"])
def test_a_layer_without_features_takes_one_column(kind: str, tmp_path: Path, read: Any, judgements: Any) -> None:
    header = f"#FORMAT=WebAnno TSV 3.3\n#T_{kind}=webanno.custom.Bare\n#T_SP=webanno.custom.Mention|role\n\n\n"
    path = _write(tmp_path, "1-1\t0-3\tAna\t_\t_\t", "1-3\t10-12\tBo\t_\tfavor\t", header=header)
    rows, losses = read(path)
    assert judgements(rows[0]) == [(None, "Bo", "favor")]
    assert not losses.counts


def test_a_row_with_too_few_columns_is_named(tmp_path: Path, read: Any) -> None:
    with pytest.raises(DataError, match=r"doc\.tsv:8: 1 columns, the header announces 3"):
        read(_write(tmp_path, _ACTOR, "1-2\t4-9\tbacks\t_"))


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("#FORMAT=WebAnno TSV 2\n", "#FORMAT=WebAnno TSV 2"),
        ("", "#Text=Ana backs Bo 🙂"),
        ("\n" + _HEADER, ""),
    ],
)
def test_a_file_with_another_first_line_is_refused(header: str, found: str, tmp_path: Path, read: Any) -> None:
    path = _write(tmp_path, _ACTOR, header=header)
    with pytest.raises(DataError) as caught:
        read(path, format="webanno")
    assert f"doc.tsv:1: {found!r}, expected #FORMAT=WebAnno TSV 3.x" in str(caught.value)

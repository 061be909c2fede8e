"""Tables, flat rows and the public sets that are tables: columns found, labels declared, spans exact."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stance.data.formats import detect_format, read_sentences
from stance.data.formats.format import ReadOptions
from stance.data.losses import LossReport
from stance.errors import ConfigError, DataError
from stance.types import AnnotatedSentence, Span, Stance

_TEXT = "Мајка 🚇 Ana Ross; she „rejects“ the tunnel."


def _read(path: Path, **options: Any) -> tuple[list[AnnotatedSentence], LossReport]:
    losses = LossReport()
    return list(read_sentences(path, format=None, losses=losses, options=ReadOptions(**options))), losses


def _write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_table_with_declared_columns_and_labels_is_read(tmp_path: Path) -> None:
    start = _TEXT.index("Ana")
    path = _write(
        tmp_path / "coded.csv",
        "Satz;Wer;von;bis;Worauf;Urteil;Coder",
        f'"{_TEXT}";Ana Ross;{start};{start + 8};the tunnel;contra;a1',
        f'"{_TEXT}";;;;the tunnel;pro;a2',
        '"Nobody knows.";;;;the tunnel;unclear;a1',
    )
    columns = {"text": "Satz", "actor": "Wer", "actor_start": "von", "actor_end": "bis", "target": "Worauf"}
    columns |= {"stance": "Urteil", "annotator": "Coder"}
    labels = {"contra": "against", "pro": "favor", "unclear": "drop"}
    rows, losses = _read(path, columns=columns, labels=labels, lang="en")
    assert [(row.text, row.lang, len(row.annotations)) for row in rows] == [
        (_TEXT, "en", 2),
        ("Nobody knows.", "en", 0),
    ]
    first, second = rows[0].annotations
    assert first.actor is not None
    assert first.actor.span == Span(start, start + 8)
    assert first.actor.span.of(_TEXT) == first.actor.name == "Ana Ross"
    assert (first.stance, first.annotator) == (Stance.AGAINST, "a1")
    assert (second.actor, second.stance, second.annotator) == (None, Stance.FAVOR, "a2")
    assert losses.counts == {"row labelled 'unclear'": 1}


def test_an_undeclared_label_is_shown_with_all_others_and_their_counts(tmp_path: Path) -> None:
    rows = [f"Ana {n} speaks.\tAna\tplan\t{label}" for n, label in enumerate(["yes", "no", "yes", "favor"])]
    path = _write(tmp_path / "t.tsv", "text\tactor\ttarget\tstance", *rows)
    with pytest.raises(DataError, match=r"labels without a stance: 'yes' 2, 'no' 1\. Declare each: --label yes=favor"):
        _read(path)
    with pytest.raises(DataError, match=r"'yes' 2, 'no' 1\. Declare each: --label yes=favor \(as 'YES' is\), or leave"):
        _read(path, labels={"YES": "favor"})
    with pytest.raises(DataError, match=r"no row has the label 'maybe' of the label map"):
        _read(path, labels={"yes": "favor", "no": "against", "maybe": "neutral"})
    with pytest.raises(ConfigError, match=r"label 'yes': 'pro', expected one of favor, neutral, against, drop"):
        _read(path, labels={"yes": "pro"})


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["sentence,target,stance", "Ana speaks.,plan,favor"], r"no column text; the columns are .*--column text=NAME"),
        (["text,target,stance", '"Ana speaks.,plan,favor'], "no CSV|not as many cells"),
        (["text,target,stance", "Ana speaks.,plan"], r"t\.csv:2: not as many cells as the header's 3"),
        (["text,target,stance", ",plan,favor"], r"t\.csv:2: text: '', expected a sentence"),
        (["text,target,stance", "Ana speaks.,,favor"], r"t\.csv:2: target: missing"),
        (
            ["text,target,stance,target_start,target_end", "Ana speaks.,Ana,favor,0,99"],
            r"t\.csv:2: target: span \[0, 99\)",
        ),
        (["text,target,stance,target_start,target_end", "Ana speaks.,Ana,favor,x,3"], r"start 'x', end 3"),
    ],
)
def test_a_table_that_does_not_fit_is_named_by_line(lines: list[str], message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        _read(_write(tmp_path / "t.csv", *lines))


def test_flat_rows_keep_their_columns_and_their_ids(tmp_path: Path) -> None:
    rows = [{"id": f"r{n}", "text": "Ana speaks.", "actor": None, "target": t, "stance": "favor", "desk": "city"}
            for n, t in enumerate(["plan", "bridge"])]  # fmt: skip
    found, _ = _read(_write(tmp_path / "rows.jsonl", *map(json.dumps, rows)))
    assert [(row.id, row.annotations[0].target.name, dict(row.extra)) for row in found] == [
        ("r0", "plan", {"desk": "city"}), ("r1", "bridge", {"desk": "city"}),
    ]  # fmt: skip


def test_setfit_means_the_occurrence_that_its_ordinal_counts(tmp_path: Path) -> None:
    text = "The tunnel 🚇 is no tunnel."
    rows = [{"text": text, "span": "tunnel", "label": "negative", "ordinal": n} for n in (1, 0, 5)]
    path = _write(tmp_path / "absa.jsonl", *map(json.dumps, rows))
    assert detect_format(path).format.name == "setfit"
    (row,), losses = _read(path, labels={"negative": "against"})
    spans = [annotation.target.span for annotation in row.annotations]
    assert spans == [Span(19, 25), Span(4, 10), None]
    assert all(span is None or span.of(text) == "tunnel" for span in spans)
    assert losses.counts == {"span that the text does not hold so often, without offsets": 1}


def test_vast_labels_have_the_meaning_that_the_set_gives_them(tmp_path: Path) -> None:
    header = "author,post,ori_topic,ori_id,new_topic,label,type_idx,new_id,arc_id,text,text_s"
    rows = [f'u{n},"Well, no.",x,1,the plan,{n},1,{n},9,"[[\'well\']]",well' for n in range(3)]
    path = _write(tmp_path / "vast_dev.csv", header, *rows)
    assert detect_format(path).format.name == "vast"
    found, _ = _read(path)
    assert [row.annotations[0].stance for row in found] == [Stance.AGAINST, Stance.FAVOR, Stance.NEUTRAL]
    assert (found[0].text, found[0].source, found[0].annotations[0].target.name) == ("Well, no.", "vast", "the plan")
    with pytest.raises(ConfigError, match="labels of vast are fixed"):
        _read(path, labels={"0": "favor"})
    # A part of the set need not have all three.
    (row,), _ = _read(_write(tmp_path / "part.csv", header, rows[1]))
    assert row.annotations[0].stance is Stance.FAVOR


def test_structured_sentiment_is_a_list_of_opinion_tuples(tmp_path: Path) -> None:
    text = "Ana likes the plan."
    opinions = [
        {"Source": [["Ana"], ["0:3"]], "Target": [["the plan"], ["10:18"]], "Polar_expression": [["likes"], ["4:9"]],
         "Polarity": "Positive", "Intensity": "Standard"},
        {"Source": [[], []], "Target": [["the plan"], ["10:18"]], "Polar_expression": [[], []], "Polarity": "Negative"},
        {"Source": [[], []], "Target": [[], []], "Polar_expression": [["likes"], ["4:9"]], "Polarity": "Positive"},
    ]  # fmt: skip
    path = _write(tmp_path / "dev.json", json.dumps([{"sent_id": "a/1", "text": text, "opinions": opinions}], indent=1))
    assert detect_format(path).format.name == "structured-sentiment"
    (row,), losses = _read(path)
    first, second = row.annotations
    assert first.actor is not None
    assert (first.actor.name, first.target.span, first.stance) == ("Ana", Span(10, 18), Stance.FAVOR)
    assert (second.actor, second.stance) == (None, Stance.AGAINST)
    assert losses.counts["opinion without a polarity or a named target"] == 1
    assert losses.counts["opinion without a holder read as the text's own voice"] == 1


def test_rusentrel_puts_an_attitude_where_its_sides_stand_closest(tmp_path: Path) -> None:
    told = ("Россия далеко от Сирии.", "Россию хвалит Сирия.", "Ещё слово.")
    lines = [f"{{Author, Unknown}} {sentence}" for sentence in told]
    text = "\n".join(lines)
    (tmp_path / "art1.txt").write_text(text, encoding="utf-8")
    words = ("Россия", "Сирии", "Россию", "Сирия")
    places = [(text.index(word), text.index(word) + len(word), word) for word in words]
    ann = [f"T{number}\tLOC {start} {end}\t{word}" for number, (start, end, word) in enumerate(places)]
    _write(tmp_path / "art1.ann", *ann, "T9\tPER 1 7\tAuthor")
    _write(tmp_path / "art1.opin.txt", "Сирия, Россия, pos, current", "Сирия, Марс, neg, current")
    _write(tmp_path / "art1.author.txt", "author, Россия, neg, current")
    _write(tmp_path / "synonyms.txt", "россия, рф", "сирия")
    assert detect_format(tmp_path).format.name == "rusentrel"
    rows, losses = _read(tmp_path)
    assert [row.text for row in rows] == list(told)
    judged = [
        (row.text, a.actor and a.actor.name, a.target.name, a.stance.value) for row in rows for a in row.annotations
    ]
    assert judged == [
        ("Россия далеко от Сирии.", None, "Россия", "against"),
        ("Россию хвалит Сирия.", "Сирия", "Россию", "favor"),
    ]
    for row in rows:
        for a in row.annotations:
            assert a.target.span is not None
            assert a.target.span.of(row.text) == a.target.name
    assert losses.counts == {"attitude whose two sides share no sentence": 1}

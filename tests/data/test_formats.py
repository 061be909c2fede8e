"""Every reader on rows of its own shape, composed here; losses are counted, bad rows named."""

import json
import os
from pathlib import Path

import pytest

from stance.data.formats import detect_format, formats, read_sentences
from stance.data.formats.dse import remove_brackets
from stance.data.losses import LossReport
from stance.data.writing import sentence_record, write_native
from stance.errors import DataError
from stance.types import AnnotatedSentence, Span

_PUBLIC = os.environ.get("STANCE_PUBLIC_DATA")


def _read(path: Path, text: str, format: str | None = None) -> tuple[list[AnnotatedSentence], LossReport]:  # noqa: A002
    path.write_text(text, encoding="utf-8")
    losses = LossReport()
    return list(read_sentences(path, format=format, losses=losses)), losses


def _lines(*records: object) -> str:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def test_newsmtsc(tmp_path: Path) -> None:
    targets = [
        {"from": 0, "to": 3, "mention": "Ana", "polarity": 6.0},
        {"from": 9, "to": 11, "mention": "Bo", "polarity": 2.0},
        {"from": 0, "to": 3, "mention": "Bob", "polarity": 4.0},
    ]
    rows, losses = _read(
        tmp_path / "x.jsonl", _lines({"primary_gid": "g", "sentence_normalized": "Ana beats Bo.", "targets": targets})
    )
    assert [(a.target.name, a.stance.value, a.actor) for a in rows[0].annotations] == [("Ana", "favor", None)]
    assert losses.counts["target whose offsets do not hold its mention"] == 2
    assert "x.jsonl:1" in losses.summary()


def test_dse_direction_brackets_and_duplicates(tmp_path: Path) -> None:
    line = "The [Kostović]s praised [Ana Ro]t again.\tKostović\tAna Ro\t{}\n"
    rows, losses = _read(tmp_path / "t.txt", line.format(1) + line.format(4) + line.format(4) + "broken\n")
    assert rows[0].text == "The Kostovićs praised Ana Rot again."
    first, second = rows[0].annotations[0], rows[1].annotations[0]
    assert first.actor is not None
    assert second.actor is not None
    assert (first.actor.name, first.target.name, first.stance.value) == ("Kostovićs", "Ana Rot", "favor")
    assert (second.actor.name, second.target.name, second.stance.value) == ("Ana Rot", "Kostovićs", "against")
    assert first.target.span is not None
    assert first.target.span.of(rows[0].text) == "Ana Rot"
    assert losses.counts == {"exact duplicate": 1, "line without sentence, two entities and a label 0-4": 1}


def test_brackets_keep_their_offsets() -> None:
    text, spans = remove_brackets("a [bc] d[e]f")
    assert text == "a bc def"
    assert [span.of(text) for span in spans] == ["bc", "e"]


def test_rusentne_is_tab_separated_and_merges_a_sentence(tmp_path: Path) -> None:
    header = "sentence\tentity\tentity_tag\tentity_pos_start_rel\tentity_pos_end_rel\tlabel\n"
    text = "«Мост» хвалит Анна"
    body = f"{text}\tАнна\tPERSON\t14\t18\t0\n{text}\tМост\tORG\t1\t5\t1\n"
    rows, _ = _read(tmp_path / "t.csv", header + body)
    assert len(rows) == 1
    assert [(a.target.name, a.stance.value) for a in rows[0].annotations] == [("Анна", "neutral"), ("Мост", "favor")]


def test_ruopinionne_holders(tmp_path: Path) -> None:
    opinion = {"Target": [["Бо"], ["12:14"]], "Polarity": "NEG"}
    named = {**opinion, "Source": [["Анна"], ["0:4"]]}
    nobody = {**opinion, "Source": [["NULL"], ["0:0"]]}
    apart = {**opinion, "Source": [["Анна", "Бо"], ["0:4", "12:14"]]}
    rows, losses = _read(
        tmp_path / "t.jsonl",
        _lines(
            {"sent_id": 1, "text": "Анна ругает Бо", "opinions": [named, nobody, apart]}, {"text": "x", "opinions": []}
        ),
    )
    holders = [a.actor and (a.actor.name, a.actor.span) for a in rows[0].annotations]
    assert holders == [("Анна", Span(0, 4)), None, ("Анна Бо", None)]
    assert rows[1].annotations == ()
    assert losses.counts["holder NULL read as the text's own voice"] == 1
    assert losses.counts["discontinuous mention without its span"] == 1


def test_xstance_keeps_its_partition(tmp_path: Path) -> None:
    record = {
        "id": 1, "language": "fr", "question_id": 7, "question": "Faut-il un pont?", "comment": "Oui.",
        "label": "FAVOR", "test_set": "new_topics",
    }  # fmt: skip
    rows, _ = _read(tmp_path / "t.jsonl", _lines(record))
    assert (rows[0].lang, rows[0].annotations[0].target.name) == ("fr", "Faut-il un pont?")
    assert rows[0].extra["test_set"] == "new_topics"


def test_native_round_trip(tmp_path: Path) -> None:
    record = {
        "id": "k-1", "doc_id": "d", "lang": "sr-Cyrl", "text": "Ана хвали мост 🙂.", "split": "dev", "pair_id": "p",
        "annotations": [
            {"actor": {"id": "ana", "name": "Ана", "start": 0, "end": 3}, "target": {"name": "мост"},
             "stance": "favor", "annotator": "a1"},
            {"actor": None, "target": {"name": "мост", "start": 10, "end": 14}, "stance": "neutral"},
        ],
        "phenomena": ["irony"], "source": "composed", "licence": "CC-BY-4.0", "topic": "roads",
    }  # fmt: skip
    rows, _ = _read(tmp_path / "in.jsonl", _lines(record))
    assert sentence_record(rows[0]) == record
    write_native(tmp_path / "out.jsonl", rows)
    again, _ = _read(tmp_path / "again.jsonl", (tmp_path / "out.jsonl").read_text(encoding="utf-8"))
    assert again == rows


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"text": " "}, "text: ' ', expected a sentence"),
        ({"id": 3}, "id: 3, expected a non-empty string"),
        ({"annotations": None}, "annotations: None, expected a list"),
        ({"split": "training"}, "split: 'training', expected one of train, dev, test; did you mean 'train'?"),
        ({"stance": "favour"}, "'favour', expected one of favor, neutral, against; did you mean 'favor'?"),
        ({"start": 2, "end": 99}, r"span \[2, 99\) ends past the text \(3 characters\), offsets count code points"),
        ({"start": 3, "end": 1}, r"span \[3, 1\) is empty or reversed"),
        ({"name": "", "start": None}, "neither a name nor a span"),
    ],
)
def test_a_bad_native_row_is_named(change: dict[str, object], message: str, tmp_path: Path) -> None:
    actor = {"name": "A"} | {k: v for k, v in change.items() if k in ("name", "start", "end")}
    annotation = {"actor": actor, "target": {"name": "B"}, "stance": change.get("stance", "favor")}
    record = {"id": "1", "text": "A B", "annotations": [annotation]}
    record |= {k: v for k, v in change.items() if k in ("text", "id", "annotations", "split")}
    with pytest.raises(DataError, match=rf"bad\.jsonl:1.*{message}"):
        _read(tmp_path / "bad.jsonl", _lines(record))


def test_all_bad_rows_are_named_at_once(tmp_path: Path) -> None:
    good = {"id": "1", "text": "A", "annotations": []}
    with pytest.raises(DataError) as caught:
        _read(tmp_path / "t.jsonl", _lines(good, {"id": "2", "annotations": []}, {"id": "3", "text": ""}, good))
    assert [line.split(":")[1] for line in str(caught.value).splitlines()] == ["2", "3", "4"]
    assert "id: '1' is also on line 1" in str(caught.value)


@pytest.mark.parametrize("name", sorted(formats()))
def test_every_reader_refuses_what_is_no_text(name: str, tmp_path: Path) -> None:
    path = tmp_path / "binary"
    path.write_bytes(b"\x89PNG\0\0")
    with pytest.raises(DataError, match="binary"):
        list(read_sentences(path, format=name, losses=LossReport()))


def test_unknown_formats_are_named(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text("hello\n", encoding="utf-8")
    with pytest.raises(DataError, match="did you mean newsmtsc"):
        list(read_sentences(path, format="newsmtc", losses=LossReport()))
    with pytest.raises(DataError, match="cannot be told from its beginning"):
        detect_format(path)


@pytest.mark.skipif(_PUBLIC is None, reason="STANCE_PUBLIC_DATA does not name the folder of the public sets")
@pytest.mark.parametrize(
    ("path", "format", "n_annotations"),
    [
        ("newsmtsc/devtest_rw.jsonl", "newsmtsc", 1146),
        ("dse/valid.txt", "dse", None),
        ("rusentne2023/train_data.csv", "rusentne", 6637),
        ("xstance/valid.jsonl", "xstance", 3926),
        ("ruopinionne2024/train.jsonl", "ruopinionne", 2904),
        ("rusentrel", "rusentrel", 522),
        ("newsmtsc/train.jsonl", "newsmtsc", 8739),
    ],
)
def test_public_files_are_read(path: str, format: str, n_annotations: int | None) -> None:  # noqa: A002
    assert _PUBLIC is not None
    file = Path(_PUBLIC) / path
    assert detect_format(file).format.name == format
    rows = list(read_sentences(file, format=None, losses=LossReport()))
    found = sum(len(row.annotations) for row in rows)
    assert found == n_annotations if n_annotations is not None else found > 1000
    for row in rows:
        for a in row.annotations:
            assert all(r is None or r.span is None or r.span.end <= len(row.text) for r in (a.actor, a.target))

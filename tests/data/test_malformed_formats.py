"""What readers do with rows that are not as their format says: counted or named, never a crash."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stance.data.formats import read_sentences
from stance.data.judgements import examples_of
from stance.data.losses import LossReport
from stance.errors import DataError
from stance.types import AnnotatedSentence, Span

_RUSENTNE_HEADER = "sentence\tentity\tentity_tag\tentity_pos_start_rel\tentity_pos_end_rel\tlabel\n"


def _read(format: str, content: str, folder: Path) -> tuple[list[AnnotatedSentence], LossReport]:  # noqa: A002
    path = folder / "rows.jsonl"
    path.write_text(content, encoding="utf-8")
    losses = LossReport()
    return list(read_sentences(path, format=format, losses=losses)), losses


@pytest.mark.parametrize(
    "targets",
    [
        None,
        "Ana",
        [5],
        [{"polarity": [4.0]}],
        [{"polarity": 4.0, "from": True, "to": 2, "mention": "n"}],
        [{"polarity": 4.0, "from": -3, "to": 3, "mention": ""}],
    ],
)
def test_a_malformed_newsmtsc_target_is_counted(targets: Any, tmp_path: Path) -> None:
    record = {"sentence_normalized": "Ana met Bo", "targets": targets}
    sentences, losses = _read("newsmtsc", json.dumps(record), tmp_path)
    assert not [annotation for sentence in sentences for annotation in sentence.annotations]
    assert losses.counts.total() == 1


@pytest.mark.parametrize(
    "opinions",
    [
        None,
        [5],
        [{"Polarity": [], "Target": [["Бо"], ["6:8"]], "Source": [["NULL"], ["0:0"]]}],
        [{"Polarity": "POS", "Target": [["NULL"], ["0:0"]], "Source": [["Ана"], ["0:3"]]}],
        [{"Polarity": "POS", "Target": [["Бо"], ["6:8"]], "Source": "Ана"}],
    ],
)
def test_a_malformed_opinion_is_counted(opinions: Any, tmp_path: Path) -> None:
    sentences, losses = _read("ruopinionne", json.dumps({"text": "Ана и Бо", "opinions": opinions}), tmp_path)
    assert not [annotation for sentence in sentences for annotation in sentence.annotations]
    assert losses.counts.total() == 1


@pytest.mark.parametrize("places", [["x:y"], [], ["99:120"], "6:8"])
def test_an_opinion_with_unreadable_offsets_keeps_its_words(places: Any, tmp_path: Path) -> None:
    opinion = {"Polarity": "NEG", "Source": [["Ана"], ["0:3"]], "Target": [["Бо"], places]}
    sentences, losses = _read("ruopinionne", json.dumps({"text": "Ана и Бо", "opinions": [opinion]}), tmp_path)
    target = sentences[0].annotations[0].target
    assert (target.name, target.span) == ("Бо", None)
    assert losses.counts.total() == 1


def test_an_opinion_comes_once_per_polar_expression_and_makes_one_example(tmp_path: Path) -> None:
    opinion = {"Polarity": "NEG", "Source": [["Ана"], ["0:3"]], "Target": [["Бо"], ["6:8"]]}
    opinion |= {"Polar_expression": [["и"], ["4:5"]]}
    sentences, losses = _read("ruopinionne", json.dumps({"text": "Ана и Бо", "opinions": [opinion] * 3}), tmp_path)
    assert len(sentences[0].annotations) == 3
    assert len(examples_of(sentences[0])) == 1
    assert losses.counts == {"polar expression": 3}


@pytest.mark.parametrize("change", [{"comment": 5}, {"comment": " "}, {"question": ["q"]}, {"label": []}])
def test_a_malformed_xstance_line_is_counted(change: dict[str, Any], tmp_path: Path) -> None:
    record = {"comment": "Ja, gern.", "question": "Mehr Velowege?", "label": "FAVOR", "language": "de"}
    sentences, losses = _read("xstance", json.dumps(record | change), tmp_path)
    assert not sentences
    assert losses.counts.total() == 1


def test_digits_that_are_no_decimals_cost_a_rusentne_row_its_span_only(tmp_path: Path) -> None:
    sentences, losses = _read("rusentne", _RUSENTNE_HEADER + "Ана спит\tАна\tPERSON\t²\t3\t0\n", tmp_path)
    assert sentences[0].annotations[0].target.span is None
    assert losses.counts.total() == 1


def test_two_dse_entities_of_one_name_keep_their_own_places(tmp_path: Path) -> None:
    sentences, _ = _read("dse", "[Ana] met another [Ana].\tAna\tAna\t1\n", tmp_path)
    annotation = sentences[0].annotations[0]
    assert annotation.actor is not None
    assert (annotation.actor.span, annotation.target.span) == (Span(0, 3), Span(16, 19))


def _native(**change: Any) -> dict[str, Any]:
    annotation = {"actor": None, "target": "the bridge", "stance": "favor"}
    return {"id": "a", "text": "Yes to the bridge.", "annotations": [annotation]} | change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lang": 5}, "lang: 5"),
        ({"doc_id": 7}, "doc_id: 7"),
        ({"pair_id": [1]}, r"pair_id: \[1\]"),
        ({"relation": "flp"}, "relation: 'flp', expected one of flip, same; did you mean 'flip'"),
        ({"phenomena": "negation"}, "phenomena: 'negation'"),
        ({"phenomena": [3]}, r"phenomena: \[3\]"),
        ({"annotations": [{"target": "x", "stance": "favor"}]}, r"annotations\[0\].actor: missing"),
    ],
)
def test_a_native_field_of_the_wrong_kind_is_named(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        _read("native", json.dumps(_native(**change)), tmp_path)


def test_lines_that_are_no_json_are_named_beside_the_other_bad_rows(tmp_path: Path) -> None:
    number = '{"id": "a", "n": ' + "9" * 5000 + "}"
    content = "\n".join(["{oops", "", json.dumps(_native(id=3)), "[1]", number])
    with pytest.raises(DataError) as caught:
        _read("native", content, tmp_path)
    named = [line.split("rows.jsonl:")[1].split(":")[0] for line in str(caught.value).splitlines()]
    assert named == ["1", "3", "4", "5"]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_byte_order_mark_blank_lines_and_line_ends_change_nothing(line_end: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = ["", json.dumps(_native()), "  ", json.dumps(_native(id="b")), ""]
    path.write_bytes(b"\xef\xbb\xbf" + line_end.join(rows).encode())
    assert [s.id for s in read_sentences(path, format="native", losses=LossReport())] == ["a", "b"]

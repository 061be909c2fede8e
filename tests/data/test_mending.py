"""What can be mended without judgement is mended and nothing else; `stance data check` as its user runs it."""

from __future__ import annotations

import json
import os
import unicodedata
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stance.cli.app import run
from stance.data.defects import MENDS, Kind, is_error
from stance.data.mending import mend_record, write_mended
from stance.data.validation import check_file
from stance.errors import DataError

Record = dict[str, Any]
_ROLES = ("actor", "target")
_ARTICLES = Path(__file__).parent.parent.parent / "data" / "articles"
# Text, actor and target; a character of several bytes stands before either, and one that NFD takes apart.
_SCRIPTS = {
    "Latin": ("„Šta?“, pita Šćepan Đurić ; čuvar hvali most .", "Šćepan Đurić", "most"),
    "Cyrillic": ("Ѝ, рече Ќирил Ѓорѓиев : мостот е нивни .", "Ќирил Ѓорѓиев", "мостот"),
    "Arabic": ("قال إنّ أحمد المؤمن يؤيّد الجسر الجديد .", "أحمد المؤمن", "الجسر"),
    "Han": ("昨日 ガブリエル 支持 大桥 。", "ガブリエル", "大桥"),
    "emoji": ("👩‍🚀 é 🇽🇰 : Zoë Vance backs the cafés there 👍🏽 .", "Zoë Vance", "cafés"),
}
_WORDS = st.one_of(
    st.text(st.characters(min_codepoint=0xC0, max_codepoint=0x17F, categories=["L"]), min_size=2, max_size=8),
    st.text(st.characters(min_codepoint=0x410, max_codepoint=0x45F, categories=["L"]), min_size=2, max_size=8),
    st.text(st.characters(min_codepoint=0x620, max_codepoint=0x64A, categories=["Lo"]), min_size=2, max_size=8),
    st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x4FFF, categories=["Lo"]), min_size=2, max_size=4),
    st.sampled_from(["🙂", "👩‍🚀", "the", "bridge", "Αθήνα", "ẹ̀kọ́", "ố", "q̣̇", "1244"]),
)


def _in_utf16(text: str, offset: int) -> int:
    return len(text[:offset].encode("utf-16-le")) // 2


def _in_bytes(text: str, offset: int) -> int:
    return len(text[:offset].encode())


def _row(text: str, actor: str, target: str, **columns: Any) -> Record:
    """A flat row with the words' spans."""
    places = {role: (text.index(words), words) for role, words in (("actor", actor), ("target", target))}
    spans = {role: {"name": words, "start": at, "end": at + len(words)} for role, (at, words) in places.items()}
    return {"id": "r1", "text": text, **spans, "stance": "favor"} | columns


def _as_sentence(row: Record) -> Record:
    judged = ("actor", "target", "stance")
    kept = {name: value for name, value in row.items() if name not in judged}
    return kept | {"annotations": [{name: row[name] for name in judged}]}


def _counted(row: Record, unit: Callable[[str, int], int]) -> Record:
    """The row with its offsets in another unit."""
    text = row["text"]
    places = {role: {key: unit(text, row[role][key]) for key in ("start", "end")} for role in _ROLES}
    return row | {role: row[role] | place for role, place in places.items()}


def _untrimmed(row: Record) -> Record:
    actor, target = row["actor"], row["target"]
    return row | {
        "actor": actor | {"start": actor["start"] - 1, "end": actor["end"] + 1},
        "target": target | {"end": target["end"] + 1},
    }


def _decomposed(row: Record) -> Record:
    """The row as NFD, its spans where the words now are."""
    moved = _counted(row, lambda text, offset: len(unicodedata.normalize("NFD", text[:offset])))
    names = {role: moved[role] | {"name": unicodedata.normalize("NFD", row[role]["name"])} for role in _ROLES}
    return moved | {"text": unicodedata.normalize("NFD", row["text"])} | names


_WAYS: dict[str, tuple[Kind, Callable[[Record], Record]]] = {
    "utf16": (Kind.UTF16_OFFSETS, lambda row: _counted(row, _in_utf16)),
    "bytes": (Kind.BYTE_OFFSETS, lambda row: _counted(row, _in_bytes)),
    "untrimmed": (Kind.UNTRIMMED_SPAN, _untrimmed),
    "decomposed": (Kind.NOT_NFC, _decomposed),
}


# Without a name several units may fit a text with emoji.
_CASES = [(script, named) for script in _SCRIPTS for named in (True, False) if named or script != "emoji"]


def _write(path: Path, *records: Record) -> Path:
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    return path


def _read(path: Path) -> list[Record]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _words(record: Record) -> list[str]:
    """The words under the spans of the actor and the target, in NFC."""
    (judged,) = record.get("annotations", [record])
    spans = [judged[role] for role in _ROLES]
    return [unicodedata.normalize("NFC", record["text"][span["start"] : span["end"]]) for span in spans]


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs `stance data check`; gives exit code, stdout, stderr."""

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        code = run(["data", "check", *map(str, arguments)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


Check = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize("shape", [dict, _as_sentence], ids=["row", "sentence"])
@pytest.mark.parametrize("way", _WAYS)
@pytest.mark.parametrize(("script", "named"), _CASES)
def test_the_mended_copy_is_clean_and_covers_the_same_words(
    script: str, way: str, named: bool, shape: Callable[[Record], Record], tmp_path: Path
) -> None:
    text, actor, target = _SCRIPTS[script]
    kind, spoil = _WAYS[way]
    spoilt = spoil(_row(f"🙂 {text}" if way == "utf16" else text, actor, target, topic="roads"))
    if not named:
        spoilt |= {role: {k: spoilt[role][k] for k in ("start", "end")} for role in _ROLES}
    source = _write(tmp_path / "f.jsonl", shape(spoilt))
    assert {defect.kind for defect in check_file(source).defects} == {kind}
    mended = write_mended(source, tmp_path / "g.jsonl")
    assert mended == Counter({kind: 1 if kind is Kind.NOT_NFC else 2})
    assert check_file(tmp_path / "g.jsonl").defects == ()
    (record,) = _read(tmp_path / "g.jsonl")
    assert _words(record) == [unicodedata.normalize("NFC", words) for words in (actor, target)]
    assert (record["id"], record["topic"]) == ("r1", "roads")
    assert write_mended(tmp_path / "g.jsonl", tmp_path / "h.jsonl") == Counter()


@settings(max_examples=300, deadline=None)
@given(st.lists(_WORDS, min_size=2, max_size=9), st.data())
def test_any_words_keep_their_spans(words: list[str], data: st.DataObject) -> None:
    text = " ".join([*words, "."])
    places = []
    for _ in _ROLES:
        index = data.draw(st.integers(0, len(words) - 1))
        start = len(" ".join(words[:index])) + (index > 0)
        places.append({"name": words[index], "start": start, "end": start + len(words[index])})
    row: Record = {"id": "r", "text": text, "actor": places[0], "target": places[1], "stance": "favor"}
    expected = _words(row)
    if data.draw(st.booleans(), label="decomposed"):
        row = _decomposed(row)
    unit = data.draw(st.sampled_from([_in_utf16, _in_bytes, lambda text, offset: offset]), label="unit")
    row = _counted(row, unit)
    mend_record(row)
    assert _words(row) == expected
    assert unicodedata.is_normalized("NFC", row["text"])
    assert mend_record(row) == Counter()


def test_rows_without_such_a_defect_stay_byte_for_byte(tmp_path: Path) -> None:
    good = json.dumps(_row("Šćepan hvali most.", "Šćepan", "most")).encode()
    others = [
        b"  " + good + b" \r\n",
        b"\n",
        b'{"id": 1, "id": 2, "text": 5, "n": 1.10, "e": 1E5}\n',
        b"{oops\n",
        b'["no object"]\r\n',
        b'{"text": "half a pair \\ud83d"}\n',
        b'{"text": "a\\u0007b", "actor": {"start": 9, "end": 2}, "target": {"start": "0", "end": 99}}\n',
    ]
    bad = json.dumps(_counted(_row("Šćepan hvali most.", "Šćepan", "most"), _in_bytes)).encode() + b"\n"
    source, copy = tmp_path / "f.jsonl", tmp_path / "g.jsonl"
    source.write_bytes(b"".join(others) + bad + good)
    assert write_mended(source, copy) == Counter({Kind.BYTE_OFFSETS: 2})
    lines = copy.read_bytes().splitlines(keepends=True)
    assert lines[: len(others)] == others
    assert lines[-1] == good
    assert len(lines) == len(others) + 2


def test_other_columns_of_a_mended_row_survive(tmp_path: Path) -> None:
    columns = {
        "null": None, "number": 2**63 - 1, "share": 0.1, "yes": True, "text_2": "e\u0301 \x1b[31m\u202e🙂\u2028",
        "nested": {"start": 1, "end": [{"a": ""}]}, "": "nameless", "annotator": "a1", "lang": "sr-Latn",
    }  # fmt: skip
    row = _row("Šćepan hvali most.", "Šćepan", "most", **columns)
    source = _write(tmp_path / "f.jsonl", _counted(row, _in_bytes))
    write_mended(source, tmp_path / "g.jsonl")
    assert _read(tmp_path / "g.jsonl") == [row]
    assert list(_read(tmp_path / "g.jsonl")[0]) == list(row)


@pytest.mark.parametrize("shape", [dict, _as_sentence], ids=["row", "sentence"])
def test_white_space_leaves_the_ends_of_texts_and_the_names(shape: Callable[[Record], Record], tmp_path: Path) -> None:
    row = _row("Šćepan  Đurić hvali most.", "Šćepan  Đurić", "most")
    spoilt = _row("\u00a0 Šćepan  Đurić hvali most. \n", "Šćepan  Đurić", "most") | {"target": " most\u00a0"}
    source = _write(tmp_path / "f.jsonl", shape(spoilt))
    assert Counter(defect.kind for defect in check_file(source).defects) == {Kind.WHITE_SPACE: 3}
    assert write_mended(source, tmp_path / "g.jsonl") == Counter({Kind.WHITE_SPACE: 3})
    actor = row["actor"] | {"name": "Šćepan Đurić"}
    assert _read(tmp_path / "g.jsonl") == [shape(row | {"actor": actor, "target": "most"})]
    assert check_file(tmp_path / "g.jsonl").defects == ()


def test_a_text_whose_offsets_are_wrong_keeps_its_white_space() -> None:
    row = _row(" Ana hails most.", "Ana", "most") | {"target": {"name": "most", "start": 5, "end": 99}}
    before = json.dumps(row)
    assert mend_record(row) == Counter()
    assert json.dumps(row) == before


def test_a_table_becomes_flat_rows_and_is_mended(check: Check, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    cells = [
        "Satz;Wer;von;bis;Wozu;Urteil;Artikel",
        unicodedata.normalize("NFD", "🙂 Müller lobt sie.;Müller ;;;die\u00a0Steuer;pro;a1"),
        "🙂 Ana lobt sie.;Ana;3;6;die Steuer; pro ;a1",
        "Sie ist da.;;;;die Steuer;unklar;a2",
        ";Ana;;;die Steuer;contra;a2",
    ]
    table.write_text("\n".join(cells) + "\n", encoding="utf-8")
    declared = [
        "text=Satz",
        "actor=Wer",
        "actor_start=von",
        "actor_end=bis",
        "target=Wozu",
        "stance=Urteil",
        "doc_id=Artikel",
    ]
    labels = ["pro=favor", "contra=against", "unklar=drop"]
    options = [part for column in declared for part in ("--column", column)]
    options += [part for label in labels for part in ("--label", label)] + ["--lang", "de"]
    code, out, err = check(table, "--fix", tmp_path / "g.jsonl", *options)
    assert code == 2
    assert f"{table}:2: actor: 'Mu\u0308ller '" in out
    assert f"{table}:3: actor: span [3, 6) 'na ', these are offsets in UTF-16 units of 'Ana'" in out
    assert f"{table}:5: text: ''" in out
    assert "1 x row labelled 'unklar'" in out
    assert "1 x utf16_offsets" in err
    assert "1 x not_nfc" in err
    assert "2 x white_space" in err
    common = {"target": "die Steuer", "stance": "favor", "doc_id": "a1", "lang": "de"}
    assert _read(tmp_path / "g.jsonl") == [
        {"text": "🙂 Müller lobt sie.", "actor": "Müller"} | common,
        {"text": "🙂 Ana lobt sie.", "actor": {"name": "Ana", "start": 2, "end": 5}} | common,
        {"text": "", "actor": "Ana"} | common | {"stance": "against", "doc_id": "a2"},
    ]


def test_what_cannot_be_mended_is_left_as_it_is() -> None:
    row = _row("Šćepan hvali most.", "Šćepan", "most")
    for change in ({"start": 3, "end": 3}, {"start": 1, "end": 5}, {"start": 0, "end": 99}, {"start": 6, "end": 7}):
        spoilt = row | {"actor": {"name": "Šćepan"} | change}
        before = json.dumps(spoilt)
        assert mend_record(spoilt) == Counter()
        assert json.dumps(spoilt) == before


@pytest.mark.parametrize("link", [None, os.symlink, os.link])
def test_the_source_itself_is_never_the_destination(link: Callable[[Path, Path], None] | None, tmp_path: Path) -> None:
    source = _write(tmp_path / "f.jsonl", _untrimmed(_row("So Ana hails most .", "Ana", "most")))
    before = source.read_bytes()
    destination = tmp_path / "." / "f.jsonl"
    if link is not None:
        destination = tmp_path / "g.jsonl"
        link(source, destination)
    with pytest.raises(DataError, match="this is the checked file itself"):
        write_mended(source, destination)
    assert source.read_bytes() == before


@pytest.mark.parametrize("name", ["f.json", "f.txt", "f"])
def test_only_json_lines_and_tables_are_mended(name: str, tmp_path: Path) -> None:
    source = _write(tmp_path / name, _row("Ana hails most.", "Ana", "most"))
    with pytest.raises(DataError, match=rf"{name}: only JSON Lines"):
        write_mended(source, tmp_path / "g.jsonl")
    assert not (tmp_path / "g.jsonl").exists()


def test_fix_ends_with_2_while_the_source_has_errors(check: Check, tmp_path: Path) -> None:
    row = _row("Šćepan hvali most.", "Šćepan", "most")
    source, copy = _write(tmp_path / "f.jsonl", _counted(row, _in_bytes)), tmp_path / "new" / "g.jsonl"
    code, out, err = check(source, "--fix", copy)
    assert code == 2
    assert "error: byte_offsets (2)" in out
    assert f"Wrote {copy}: 2 x byte_offsets" in err
    assert check(copy)[0] == 0
    assert _read(copy) == [row]


def test_fix_ends_with_0_where_there_are_warnings_alone(check: Check, tmp_path: Path) -> None:
    source = _write(tmp_path / "f.jsonl", _decomposed(_row("Šćepan hvali most.", "Šćepan", "most")))
    code, out, err = check(source, "--fix", tmp_path / "g.jsonl")
    assert (code, "warning: not_nfc (1)" in out, "1 x not_nfc" in err) == (0, True, True)
    code, out, err = check(tmp_path / "g.jsonl", "--fix", tmp_path / "h.jsonl")
    assert (code, "nothing to mend" in err) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["f.jsonl", "--fix", "f.jsonl"], "name one .jsonl, CSV or TSV file to check"),
        (["f.jsonl", "f.jsonl", "--fix", "g.jsonl"], "--fix: name one .jsonl, CSV or TSV file"),
        ([".", "--fix", "g.jsonl"], "--fix: name one .jsonl, CSV or TSV file"),
        (["t.csv", "--fix", "g.csv"], "name a .jsonl file"),
        (["f.jsonl", "--fix", "folder"], "folder: cannot be written"),
        (["none.jsonl", "--fix", "g.jsonl"], "none.jsonl: no such file"),
    ],
)
def test_a_wrong_fix_ends_with_2_and_writes_nothing(
    arguments: list[str], message: str, check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "t.csv").write_text("text,target,stance\nAna backs it.,it,favor\n", encoding="utf-8")
    before = _write(tmp_path / "f.jsonl", _row("Ana hails most.", "Ana", "most")).read_bytes()
    code, _, err = check(*arguments)
    assert code == 2
    assert message in err
    assert (tmp_path / "f.jsonl").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f.jsonl", "folder", "t.csv"]


def _many(tmp_path: Path) -> Path:
    """A file with defects of lines, rows, pairs of rows and of the whole file."""
    sentence = "Ana Ross of the harbour board wants the new bridge over the wide river to be open before the winter"
    rows = [_row(f"Ana asks about most {n} .", "Ana", "most", id=f"r{n}") for n in range(50)]
    rows += [
        _row(f"{sentence} {end} .", "Ana Ross", "new bridge", id=end, lang=lang)
        for end, lang in (("comes", "en"), ("ends", "en"), ("goes", "ru"))
    ]
    _write(tmp_path / "f.jsonl", *rows, rows[0] | {"stance": "favour", "lang": 5}, rows[1] | {"stance": "against"})
    with (tmp_path / "f.jsonl").open("ab") as file:
        file.write(b"{oops\n\xff\n")
    return tmp_path / "f.jsonl"


def test_json_lines_hold_the_fields_of_a_defect(check: Check, tmp_path: Path) -> None:
    path = _many(tmp_path)
    code, out, err = check(path, "--json")
    records = [json.loads(line) for line in out.splitlines()]
    assert code == 2
    assert f"{sum(record['level'] == 'error' for record in records)} errors in 1 file" in err
    assert {record["kind"] for record in records} >= {
        "not_json", "encoding", "unknown_value", "wrong_type", "duplicate_id", "contradiction", "near_duplicate",
        "other_language", "few_rows",
    }  # fmt: skip
    types: dict[str, type | tuple[type, ...]] = {
        "file": str, "line": (int, type(None)), "kind": str, "level": str, "field": str, "found": str,
        "expected": str, "nearest": (str, type(None)), "other_line": (int, type(None)), "mend": str,
    }  # fmt: skip
    for record in records:
        assert list(record) == list(types)
        assert all(isinstance(record[name], kind) for name, kind in types.items()), record
        kind = Kind(record["kind"])
        assert (record["file"], record["mend"]) == (str(path), MENDS[kind])
        assert record["level"] == ("error" if is_error(kind) else "warning")
        assert (record["line"] is None) == (kind is Kind.FEW_ROWS)
    assert [record["line"] for record in records if record["line"]] == sorted(r["line"] for r in records if r["line"])


def test_quick_leaves_out_near_duplicates_and_languages(check: Check, tmp_path: Path) -> None:
    path = _many(tmp_path)
    full = [json.loads(line) for line in check(path, "--json")[1].splitlines()]
    quick = [json.loads(line) for line in check(path, "--json", "--quick")[1].splitlines()]
    left_out = ("near_duplicate", "other_language")
    assert {record["kind"] for record in full} > set(left_out)
    assert quick == [record for record in full if record["kind"] not in left_out]


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("evil", ["\x1b[31m", "\x9b31m", "\u202e", "\x07", "\x1b]0;title\x07"])
def test_control_sequences_never_reach_the_terminal(evil: str, as_json: bool, check: Check, tmp_path: Path) -> None:
    text = f"Ana{evil} backs the bridge."
    row: Record = {"id": evil, "text": text, "actor": {"name": f"Ana{evil}"}, "target": evil + "x", "lang": f"en{evil}"}
    rows = [
        row | {"stance": "favor"},
        row | {"stance": "against"},
        row | {"stance": f"favour{evil}", "lang": [evil], "actor": {"name": f"Iva{evil}", "start": 1, "end": 3}},
        row | {"stance": "favor", "id": "b", "actor": {"start": 0, "end": 2}, "target": {"name": evil, "start": evil}},
        row | {"stance": "favor", "id": "c", "annotations": [{"actor": evil, "target": {}, "stance": evil}]},
    ]
    path = _write(tmp_path / f"f{evil}.jsonl".replace("/", ""), *rows)
    with path.open("ab") as file:
        file.write(b"{" + evil.encode() + b"}\n")
    code, out, err = check(path, "--fix", tmp_path / f"g{evil}.jsonl", *(["--json"] if as_json else []))
    assert code == 2
    assert [c for c in out + err if c != "\n" and unicodedata.category(c) in ("Cc", "Cf")] == []
    assert "contradiction" in out


def test_a_folder_and_an_annotated_article_are_checked(check: Check, tmp_path: Path) -> None:
    article = sorted(_ARTICLES.glob("art-*.json"))[0]
    n_pairs = len(json.loads(article.read_text(encoding="utf-8"))["gold"])
    code, out, _ = check(article)
    assert code == 0
    assert f"{n_pairs} judgements" in out
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / article.name).write_bytes(article.read_bytes())
    _write(tmp_path / "f.jsonl", _row("Ana hails most.", "Ana", "most"))
    code, out, _ = check(tmp_path)
    assert code == 0
    assert (out.count(" 0 errors"), "f.jsonl" in out, article.name in out) == (2, True, True)
    record = json.loads(article.read_text(encoding="utf-8"))
    record["gold"][0]["evidence"][0]["end"] = 10**6
    (tmp_path / "below" / article.name).write_text(json.dumps(record), encoding="utf-8")
    code, out, err = check(tmp_path)
    assert code == 2
    assert f"{article.name}: gold[0].evidence[0]: span" in out
    assert "1 error in 1 file" in err


@pytest.mark.parametrize(
    ("name", "good", "contradicting"),
    [
        ("d.txt", "[Ana] praised [Bo].\tAna\tBo\t1\n", "[Ana] praised [Bo].\tAna\tBo\t3\n"),
        ("t.csv", "text,target,stance\nIt is good.,it,favor\n", "It is good.,it,against\n"),
    ],
)
def test_files_of_other_tools_are_checked(
    name: str, good: str, contradicting: str, check: Check, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(good, encoding="utf-8")
    assert check(tmp_path / name)[0] == 0
    (tmp_path / name).write_text(good + contradicting, encoding="utf-8")
    code, out, _ = check(tmp_path / name)
    assert code == 2
    assert "error: contradiction (1)" in out
    # A table is told by its lines, of which the first is the header.
    assert f"against, line {2 if name == 't.csv' else 1} says favor" in out

"""INCEpTION: UIMA CAS as XMI, zip and JSON, and files that are damaged or made to do harm."""

from __future__ import annotations

import json
import random
import re
import shutil
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stance.data.formats import detect_format
from stance.errors import DataError

pytest.importorskip("cassis", reason="the extra inception is not installed")

_RESERVED = "weird_[x]|y;z*\\"
_DROPPED = {_RESERVED: "drop", "Stance": "drop"}
_LOST = {
    "span 'PER' without a stance": 5,
    "span 'LOC' without a stance": 4,
    "span 'ORG' without a stance": 2,
    "span 'Opinion' without a stance": 1,
    f"relation labelled {_RESERVED!r}": 1,
    "relation labelled 'Stance'": 1,
}
_ROLES = {"span 'target' without a stance": 1, "span 'place' without a stance": 1}
_LAYERS = {"span 'it' without a stance": 1, "span 'vrelo' without a stance": 1}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("document.xmi", "its name ends in .xmi"),
        ("document.zip", "it is a zip file with an .xmi"),
        ("document.json", "it has `%FEATURE_STRUCTURES`"),
        (".", "a folder with .xmi files"),
    ],
)
def test_its_files_are_recognised(name: str, reason: str, fixtures: Path) -> None:
    found = detect_format(fixtures / "inception" / name)
    assert (found.format.name, found.reason) == ("inception", reason)


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("document.xmi", _LOST | _ROLES),
        ("document.zip", _LOST | _ROLES),
        ("document.json", _LOST | _ROLES),
        ("document2.zip", _LOST | _LAYERS),
    ],
)
def test_a_document_gives_every_annotation(
    name: str, lost: dict[str, int], fixtures: Path, read: Any, judgements: Any, document: Any
) -> None:
    rows, losses = read(fixtures / "inception" / name, labels=_DROPPED)
    assert [(row.text, judgements(row)) for row in rows] == document()
    assert losses.counts == lost


def test_sentences_carry_their_document_and_place(fixtures: Path, read: Any) -> None:
    rows, _ = read(fixtures / "inception" / "document.zip", labels=_DROPPED, lang="en")
    assert [row.id for row in rows][:3] == ["document:0-177", "document:178-240", "document:241-299"]
    assert {(row.doc_id, row.lang) for row in rows} == {("document", "en")}


def test_a_folder_gives_all_documents_below_it(
    fixtures: Path, tmp_path: Path, read: Any, judgements: Any, document: Any
) -> None:
    for name in ("document.xmi", "TypeSystem.xml"):
        shutil.copy(fixtures / "inception" / name, tmp_path)
    (tmp_path / "more").mkdir()
    shutil.copy(fixtures / "inception" / "document2.zip", tmp_path / "more")
    rows, losses = read(tmp_path, labels=_DROPPED)
    assert [(row.text, judgements(row)) for row in rows] == document() * 2
    assert list(dict.fromkeys(row.doc_id for row in rows)) == ["document", "document2"]
    assert losses.counts["span 'PER' without a stance"] == 10


@pytest.mark.parametrize("name", ["document.xmi", "document.zip", "document.json", "document2.zip"])
def test_an_undeclared_label_is_shown_with_its_count(name: str, fixtures: Path, read: Any) -> None:
    with pytest.raises(DataError) as caught:
        read(fixtures / "inception" / name)
    assert f"{name}: labels without a stance: {_RESERVED!r} 1" in str(caught.value)


def test_a_declared_label_is_read(fixtures: Path, read: Any, judgements: Any) -> None:
    rows, _ = read(fixtures / "inception" / "document.xmi", labels={"Stance": "drop", _RESERVED: "neutral"})
    assert ("The dockers’ union", "Odrina Velk", "neutral") in judgements(rows[0])


@pytest.fixture
def loose(fixtures: Path, tmp_path: Path) -> Callable[..., Path]:
    """Writes an .xmi with its type system, each changed by a function; None leaves the type system out."""

    def write(
        change: Callable[[str], str] = str, types: Callable[[str], str] | None = str, encoding: str = "utf-8"
    ) -> Path:
        source = fixtures / "inception"
        path = tmp_path / "doc.xmi"
        path.write_text(change((source / "document.xmi").read_text(encoding="utf-8")), encoding=encoding)
        if types is not None:
            changed = types((source / "TypeSystem.xml").read_text(encoding="utf-8"))
            (tmp_path / "TypeSystem.xml").write_text(changed, encoding="utf-8")
        return path

    return write


_ENTITY = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
_BOMB = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>]>"


@pytest.mark.parametrize("declaration", [_ENTITY, _BOMB, "<!DOCTYPE x>", "<!doctype x>"])
@pytest.mark.parametrize("part", ["document", "type system"])
def test_a_document_type_declaration_is_refused(declaration: str, part: str, loose: Any, read: Any) -> None:
    def declared(xml: str) -> str:
        return re.sub(r"<(?=xmi:XMI|typeSystemDescription)", f"{declaration}<", xml, count=1)

    path = loose(declared) if part == "document" else loose(types=declared)
    with pytest.raises(DataError, match="a document type declaration"):
        read(path)


# In ISO-2022-JP the escape `ESC ( B` stands for nothing: the parser alone sees the declaration and the entity in it.
_HIDDEN = "<?xml version='1.0' encoding='{}'?><!\x1b(BDOCTYPE x [<!\x1b(BENTITY e 'favor'>]>"


@pytest.mark.parametrize("encoding", ["ISO-2022-JP", "iso-2022-jp", "UTF-7", "UTF-16", "latin1"])
@pytest.mark.parametrize("part", ["document", "type system"])
def test_a_declared_encoding_other_than_utf8_is_refused(encoding: str, part: str, loose: Any, read: Any) -> None:
    def declared(xml: str) -> str:
        plain = re.sub(r"[^\x00-\x7f]", "x", xml.partition("?>")[2])
        return _HIDDEN.format(encoding) + plain.replace('stance="favor"', 'stance="&e;"')

    path = loose(declared) if part == "document" else loose(types=declared)
    with pytest.raises(DataError, match=rf"the encoding '{encoding}'; INCEpTION writes UTF-8"):
        read(path)


@pytest.mark.parametrize("declaration", ["", "<?xml version='1.0'?>", '<?xml version="1.0" encoding="Utf-8" ?>'])
def test_utf8_need_not_be_declared(declaration: str, loose: Any, read: Any, judgements: Any, document: Any) -> None:
    path = loose(lambda xml: declaration + xml.partition("?>")[2].lstrip())
    rows, _ = read(path, labels=_DROPPED)
    assert [(row.text, judgements(row)) for row in rows] == document()


def test_a_document_of_another_kind_is_an_error(loose: Any, read: Any) -> None:
    with pytest.raises(DataError, match=r"doc\.xmi: no text in it; is this a document of INCEpTION\?"):
        read(loose(lambda xml: "<a/>"))


def _without_type(name: str) -> Callable[[str], str]:
    start = f"<typeDescription><name>{name}</name>"
    return lambda xml: re.sub(rf"{re.escape(start)}.*?</typeDescription>", "", xml, count=1)


def test_annotations_of_an_unknown_type_are_counted(loose: Any, read: Any, judgements: Any, document: Any) -> None:
    rows, losses = read(loose(types=_without_type("webanno.custom.Opinion")), labels=_DROPPED)
    assert [judgements(row) for row in rows] == [
        [judgement for judgement in said if judgement[0] is not None] for _, said in document()
    ]
    lost = dict(_LOST | _ROLES)
    del lost["span 'Opinion' without a stance"]
    assert losses.counts == lost | {"what cassis warns of: Type with name [webanno.custom.Opinion] not found!": 3}


def test_all_annotations_are_counted_where_the_type_system_is_of_another_kind(loose: Any, read: Any) -> None:
    rows, losses = read(loose(types=lambda xml: "<a/>"))
    assert all(not row.annotations for row in rows)
    assert losses.counts["what cassis warns of: Type with name [webanno.custom.Mention] not found!"] == 19
    assert losses.counts["what cassis warns of: Type with name [webanno.custom.Stance] not found!"] == 11


@pytest.mark.parametrize("range_type", ["uima.cas.FSArray", "uima.cas.FSList"])
def test_relations_to_several_governors_are_counted(range_type: str, loose: Any, read: Any) -> None:
    governor = "<name>Governor</name><description/><rangeTypeName>"
    path = loose(types=lambda xml: xml.replace(f"{governor}webanno.custom.Mention", governor + range_type))
    rows, losses = read(path)
    assert {a.actor for row in rows for a in row.annotations} == {None}
    assert losses.counts["relation to a span that is not there"] == 11


@pytest.mark.parametrize("key", [3, 4, 166], ids=["metadata", "sentence", "relation"])
def test_a_relation_to_what_is_no_span_is_counted(key: int, loose: Any, read: Any) -> None:
    rows, losses = read(loose(lambda xml: xml.replace('Governor="146"', f'Governor="{key}"')), labels=_DROPPED)
    assert not any(a.actor and a.actor.name == "Odrina Velk" for row in rows for a in row.annotations)
    assert losses.counts["relation to a span that is not there"] == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda xml: xml[:9000],
        lambda xml: "",
        lambda xml: "hello",
        lambda xml: "<a>" * 10_000,
        lambda xml: xml.replace('Governor="146"', 'Governor="99999"', 1),
        lambda xml: xml.replace('Governor="146"', 'Governor="abc"', 1),
        lambda xml: xml.replace('begin="137" end="139"', 'begin="x" end="139"', 1),
        lambda xml: xml.replace('begin="137"', f'begin="{"9" * 5000}"', 1),
        lambda xml: xml.replace('xmi:id="146"', 'xmi:id="147"', 1),
        lambda xml: re.sub(r"<cas:Sofa[^>]*/>", "", xml),
        lambda xml: xml.replace("sofaString=", "sofaString='' sofaString=", 1),
    ],
    ids=[
        "truncated",
        "empty",
        "no XML",
        "nested too deep",
        "relation to a missing span",
        "reference that is no number",
        "offset that is no number",
        "offset of thousands of digits",
        "id given twice",
        "no text",
        "attribute given twice",
    ],
)
def test_a_damaged_document_is_an_error(change: Callable[[str], str], loose: Any, read: Any) -> None:
    with pytest.raises(DataError, match=r"doc\.xmi: no UIMA CAS"):
        read(loose(change))


@pytest.mark.parametrize("encoding", ["utf-16", "cp1251"])
def test_another_encoding_is_an_error(encoding: str, loose: Any, read: Any) -> None:
    def cyrillic(xml: str) -> str:
        return re.sub(r"[^\x00-\x7f]", "я", xml)

    with pytest.raises(DataError, match=r"doc\.xmi: not UTF-8"):
        read(loose(cyrillic, encoding=encoding))


def test_a_missing_or_damaged_type_system_is_an_error(loose: Any, read: Any) -> None:
    with pytest.raises(DataError, match=r"no TypeSystem\.xml beside it"):
        read(loose(types=None))
    with pytest.raises(DataError, match="no UIMA CAS"):
        read(loose(types=lambda xml: xml[:900]))


def _moved(offsets: str) -> Callable[[str], str]:
    """Moves the mention "it", which no relation uses; the token of the same place stays."""
    return lambda xml: re.sub(r'(<custom:Mention[^>]*) begin="137" end="139"', rf"\1 {offsets}", xml)


@pytest.mark.parametrize(
    ("offsets", "wrong"),
    [
        ('begin="137" end="99999"', 99999),
        ('begin="-5" end="139"', -5),
        ('begin="126" end="127"', 127),
        ('begin="127" end="139"', 127),
    ],
    ids=["past the end", "negative", "ends in an emoji", "begins in an emoji"],
)
def test_an_offset_that_is_no_place_in_the_text_is_an_error(offsets: str, wrong: int, loose: Any, read: Any) -> None:
    with pytest.raises(DataError, match=rf"doc\.xmi: an offset lies inside a character or past .*\[{wrong}\]"):
        read(loose(_moved(offsets)))


@pytest.mark.parametrize("offsets", ['begin="139" end="137"', 'begin="137" end="137"'], ids=["reversed", "empty"])
def test_a_span_that_does_not_fit_the_text_is_counted(
    offsets: str, loose: Any, read: Any, judgements: Any, document: Any
) -> None:
    rows, losses = read(loose(_moved(offsets)), labels=_DROPPED)
    assert [(row.text, judgements(row)) for row in rows] == document()
    lost = dict(_LOST | _ROLES)
    del lost["span 'target' without a stance"]
    assert losses.counts == lost | {"span whose offsets do not fit the text": 1}


def _relations(change: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], object]:
    def changed(cas: dict[str, Any]) -> None:
        for structure in cas["%FEATURE_STRUCTURES"]:
            if structure["%TYPE"] == "webanno.custom.Stance":
                change(structure)

    return changed


@pytest.mark.parametrize(
    "change",
    [
        _relations(lambda relation: relation.update({"@Governor": 99999})),
        _relations(lambda relation: relation.update({"@Governor": "x"})),
        _relations(lambda relation: relation.pop("@Governor")),
    ],
    ids=["missing governor", "governor that is no number", "no governor"],
)
def test_relations_to_missing_spans_are_counted(
    change: Callable[[dict[str, Any]], object], fixtures: Path, tmp_path: Path, read: Any
) -> None:
    cas = json.loads((fixtures / "inception" / "document.json").read_text(encoding="utf-8"))
    change(cas)
    path = tmp_path / "doc.json"
    path.write_text(json.dumps(cas), encoding="utf-8")
    rows, losses = read(path)
    assert {a.actor for row in rows for a in row.annotations} == {None}
    assert losses.counts["relation to a span that is not there"] == 11


@pytest.mark.parametrize("missing", ["%TYPES", "%VIEWS", "%FEATURE_STRUCTURES"])
def test_json_without_one_of_its_parts_is_an_error(missing: str, fixtures: Path, tmp_path: Path, read: Any) -> None:
    cas = json.loads((fixtures / "inception" / "document.json").read_text(encoding="utf-8"))
    del cas[missing]
    path = tmp_path / "doc.json"
    path.write_text(json.dumps(cas), encoding="utf-8")
    with pytest.raises(DataError, match=r"doc\.json: no UIMA CAS"):
        read(path)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "5", "null", '"x"', "{}", "[" * 100_000, '{"%TYPES": ' + "9" * 5000]
)
def test_json_that_is_no_cas_is_an_error(content: str, tmp_path: Path, read: Any) -> None:
    path = tmp_path / "doc.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"doc\.json: no UIMA CAS"):
        read(path, format="inception")


@pytest.fixture
def zipped(fixtures: Path, tmp_path: Path) -> Callable[..., Path]:
    """Packs members into a zip file; True stands for the member of the fixture, text for itself."""

    def pack(**members: str | bytes | bool) -> Path:
        own = {"xmi": "document.xmi", "types": "TypeSystem.xml"}
        path = tmp_path / "doc.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for key, content in members.items():
                name = own.get(key, f"{key}.xmi")
                source = fixtures / "inception" / own.get(key, "document.xmi")
                archive.writestr(name, source.read_bytes() if isinstance(content, bool) else content)
        return path

    return pack


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"xmi": True}, r"expected one \.xmi and TypeSystem\.xml; found document\.xmi"),
        ({"types": True}, r"expected one \.xmi and TypeSystem\.xml; found TypeSystem\.xml"),
        ({}, r"expected one \.xmi and TypeSystem\.xml; found neither"),
        ({"xmi": True, "second": True, "types": True}, r"found TypeSystem\.xml, document\.xmi, second\.xmi"),
        ({"xmi": b"\xff\xfe<", "types": True}, "no readable zip file"),
        ({"xmi": "<xmi:XMI", "types": True}, "no UIMA CAS"),
        ({"xmi": "<!DOCTYPE x><x/>", "types": True}, "a document type declaration"),
    ],
    ids=["no type system", "no document", "empty", "two documents", "no UTF-8", "truncated XML", "document type"],
)
def test_a_zip_file_with_other_members_is_an_error(members: Any, message: str, zipped: Any, read: Any) -> None:
    with pytest.raises(DataError, match=rf"doc\.zip: .*{message}"):
        read(zipped(**members), format="inception")


def _central(content: bytes, offset: int, value: bytes) -> bytes:
    """The zip file with bytes of its first entry in the central directory replaced."""
    at = content.index(b"PK\x01\x02") + offset
    return content[:at] + value + content[at + len(value) :]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            lambda content: _central(content, 24, struct.pack("<I", 0xF0000000)),
            r"document\.xmi unpacks to over \d+ MiB",
        ),
        (lambda content: _central(content, 24, struct.pack("<I", 10)), "no readable zip file"),
        (lambda content: _central(content, 8, b"\x01\x00"), "encrypted"),
        (lambda content: _central(content, 10, b"\x63\x00"), r"no readable zip file \(That compression method"),
        (lambda content: content[: len(content) // 2], "no readable zip file"),
        (lambda content: b"PK\x03\x04 doc.xmi and nothing else", "no readable zip file"),
    ],
    ids=["bomb", "more than declared", "encrypted", "unknown compression", "truncated", "no zip"],
)
def test_a_zip_file_that_cannot_be_unpacked_is_an_error(
    damage: Callable[[bytes], bytes], message: str, zipped: Any, read: Any
) -> None:
    path = zipped(xmi=True, types=True)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=rf"doc\.zip: .*{message}"):
        read(path, format="inception")


def test_damaged_data_in_a_zip_file_is_an_error(zipped: Any, read: Any) -> None:
    path = zipped(xmi=True, types=True)
    whole = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        data = [(i.header_offset + 30 + len(i.filename), i.compress_size) for i in archive.infolist()]
    chance = random.Random(20)
    for _ in range(200):
        content = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            start, size = chance.choice(data)
            content[start + chance.randrange(size)] ^= chance.randint(1, 255)
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"doc\.zip: no readable zip file"):
            read(path, format="inception")


@pytest.mark.parametrize("name", ["none.zip", "none.xmi", "none.json"])
def test_a_missing_file_is_an_error(name: str, tmp_path: Path, read: Any) -> None:
    with pytest.raises(DataError, match=rf"{name}: no such file"):
        read(tmp_path / name, format="inception")


def test_a_folder_without_exports_is_an_error(tmp_path: Path, read: Any) -> None:
    (tmp_path / "TypeSystem.xml").write_text("<a/>", encoding="utf-8")
    with pytest.raises(DataError, match=r"no \.xmi, \.json or \.zip file in this folder"):
        read(tmp_path, format="inception")

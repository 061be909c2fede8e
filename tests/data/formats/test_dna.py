"""A `.dna` file has the tables of DNA 3, holds what was written, and gives the same statements back."""

from __future__ import annotations

import base64
import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from stance.data.formats import detect_format, read_sentences
from stance.data.formats.dna import ADMIN, PASSWORD, write
from stance.data.losses import LossReport
from stance.errors import DataError
from stance.types import AnnotatedSentence, Annotation, Reference, Stance

# Table -> columns of a DNA 3.0 database.
_PERMISSIONS = (
    "AddDocuments EditDocuments DeleteDocuments ImportDocuments AddStatements EditStatements DeleteStatements "
    "EditAttributes EditRegex EditStatementTypes EditCoders ViewOthersDocuments EditOthersDocuments "
    "ViewOthersStatements EditOthersStatements"
)
_COLOURS = "Red Green Blue"
_TABLES = {
    "SETTINGS": "Property Value",
    "CODERS": f"ID Name {_COLOURS} Refresh FontSize Password PopupWidth ColorByCoder PopupDecoration PopupAutoComplete "
    + " ".join(f"Permission{name}" for name in _PERMISSIONS.split()),
    "DOCUMENTS": "ID Title Text Coder Author Source Section Notes Type Date",
    "STATEMENTTYPES": f"ID Label {_COLOURS}",
    "VARIABLES": "ID Variable DataType StatementTypeId",
    "VARIABLELINKS": "ID SourceVariableId TargetVariableId",
    "REGEXES": f"Label {_COLOURS}",
    "CODERRELATIONS": "ID Coder OtherCoder viewStatements editStatements viewDocuments editDocuments",
    "STATEMENTS": "ID StatementTypeId DocumentId Start Stop Coder",
    "DATABOOLEAN": "ID StatementId VariableId Value",
    "DATAINTEGER": "ID StatementId VariableId Value",
    "ENTITIES": f"ID VariableId Value {_COLOURS} ChildOf",
    "DATASHORTTEXT": "ID StatementId VariableId Entity",
    "DATALONGTEXT": "ID StatementId VariableId Value",
    "ATTRIBUTEVARIABLES": "ID VariableId AttributeVariable",
    "ATTRIBUTEVALUES": "ID EntityId AttributeVariableId AttributeValue",
}


def _given(actor: str | None, target: str, stance: Stance, annotator: str | None = None) -> Annotation:
    return Annotation(None if actor is None else Reference(actor), Reference(target), stance, annotator)


_SENTENCES = [
    AnnotatedSentence(
        "s1", "🚇 Ana Ross rejects the tunnel.", (_given("Ana Ross", "tunnel", Stance.AGAINST, "a1"),), doc_id="d1"
    ),
    AnnotatedSentence(
        "s2",
        "Лео Кент поздравља тунел, 🚇 па и мост.",
        (_given("Leo Kent", "tunnel", Stance.FAVOR), _given("Leo Kent", "bridge", Stance.FAVOR, "a2")),
        doc_id="d1",
    ),
    AnnotatedSentence("s3", "The bridge is overdue.", (_given(None, "bridge", Stance.FAVOR),), source="Harbour Post"),
    AnnotatedSentence("s4", "The council met.", (_given("council", "bridge", Stance.NEUTRAL),)),
]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "set.dna"
    assert write(path, _SENTENCES, losses=LossReport()) == 4
    return path


@pytest.fixture
def database(written: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(written)) as connection:
        yield connection


@pytest.mark.parametrize("table", _TABLES)
def test_every_table_has_the_columns_of_dna(table: str, database: sqlite3.Connection) -> None:
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    assert columns == _TABLES[table].split()


def test_there_are_no_other_tables_and_no_broken_references(database: sqlite3.Connection) -> None:
    names = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert names == set(_TABLES)
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_new_database_has_dnas_statement_types_and_an_administrator(database: sqlite3.Connection) -> None:
    assert dict(database.execute("SELECT Property, Value FROM SETTINGS"))["version"].startswith("3.")
    assert database.execute("SELECT Variable, DataType FROM VARIABLES WHERE StatementTypeId = 1").fetchall() == [
        ("person", "short text"), ("organization", "short text"), ("concept", "short text"), ("agreement", "boolean"),
    ]  # fmt: skip
    assert [row[0] for row in database.execute("SELECT Name FROM CODERS ORDER BY ID")] == [ADMIN, "a1", "a2"]


def test_the_password_is_hashed_as_jasypt_does(database: sqlite3.Connection) -> None:
    (stored,) = database.execute("SELECT Password FROM CODERS WHERE ID = 1").fetchone()
    raw = base64.b64decode(stored)
    digest = raw[:16] + PASSWORD.encode()
    for _ in range(100_000):
        digest = hashlib.sha256(digest).digest()
    assert raw[16:] == digest


def test_statements_lie_in_their_documents_in_utf_16_units(database: sqlite3.Connection) -> None:
    (text,) = database.execute("SELECT Text FROM DOCUMENTS WHERE Title = 'd1'").fetchone()
    units = text.encode("utf-16-le")
    rows = database.execute("SELECT Start, Stop FROM STATEMENTS WHERE DocumentId = 1 ORDER BY ID").fetchall()
    found = [units[2 * start : 2 * stop].decode("utf-16-le") for start, stop in rows]
    assert found == [_SENTENCES[0].text, _SENTENCES[1].text, _SENTENCES[1].text]


def test_the_statements_come_back_and_neutral_ones_are_counted(written: Path) -> None:
    losses = LossReport()
    assert detect_format(written).format.name == "dna"
    rows = list(read_sentences(written, format=None, losses=losses))
    assert [row.text for row in rows] == [sentence.text for sentence in _SENTENCES[:3]]
    assert [row.annotations for row in rows] == [sentence.annotations for sentence in _SENTENCES[:3]]
    assert [(row.doc_id, row.source) for row in rows] == [("d1", None), ("d1", None), (None, "Harbour Post")]
    again = LossReport()
    write(written.with_name("again.dna"), _SENTENCES, losses=again)
    assert again.counts["neutral stance"] == 1


def test_equal_sets_give_equal_files(written: Path) -> None:
    other = written.with_name("other.dna")
    write(other, _SENTENCES, losses=LossReport())
    assert other.read_bytes() == written.read_bytes()


def test_another_database_is_named_as_such(tmp_path: Path) -> None:
    path = tmp_path / "other.dna"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE DOCUMENTS (ID INTEGER)")
        connection.commit()
    with pytest.raises(DataError, match="no DNA 3 database, it lacks the tables STATEMENTS"):
        list(read_sentences(path, format="dna", losses=LossReport()))


def test_names_are_bound_as_values_never_as_sql(tmp_path: Path) -> None:
    hostile = "x'); DROP TABLE STATEMENTS; --"
    sentence = AnnotatedSentence(hostile, hostile, (_given(hostile, hostile, Stance.FAVOR, hostile),))
    path = tmp_path / "hostile.dna"
    write(path, [sentence], losses=LossReport())
    (row,) = read_sentences(path, format=None, losses=LossReport())
    assert row.annotations == sentence.annotations

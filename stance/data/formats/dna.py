"""Discourse Network Analyzer 3, `.dna`: an SQLite file with documents and coded statements.

A statement of the type "DNA Statement" says: person or organization, concept, agreement (yes or no). Its stretch of
text is the sentence, the person (else the organization) the actor, the concept the target. Offsets are UTF-16 units.
"""

from __future__ import annotations

import base64
import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import Any

from stance.data.formats.format import Format, Peek, ReadOptions
from stance.data.lines import require_file
from stance.data.losses import LossReport
from stance.data.offsets import utf16_map, utf16_width
from stance.data.writing import file_written_whole
from stance.errors import DataError
from stance.types import AnnotatedSentence, Annotation, Reference, Stance

STATEMENT_TYPE = "DNA Statement"
# The coder that DNA always has, and the password that its log-in asks for.
ADMIN, PASSWORD = "Admin", "admin"
MAX_SHORT_TEXT = 190
_VARIABLES = {"person": 1, "organization": 2, "concept": 3, "agreement": 4}
_NEEDED_TABLES = ("DOCUMENTS", "STATEMENTS", "STATEMENTTYPES", "VARIABLES", "ENTITIES", "DATASHORTTEXT", "DATABOOLEAN")
_STATEMENTS = """
SELECT d.ID, d.Title, d.Text, d.Source, s.Start, s.Stop, s.ID, c.Name
FROM STATEMENTS s JOIN DOCUMENTS d ON d.ID = s.DocumentId JOIN STATEMENTTYPES t ON t.ID = s.StatementTypeId
LEFT JOIN CODERS c ON c.ID = s.Coder WHERE t.Label = ? ORDER BY d.ID, s.Start, s.Stop, s.ID
"""
_VALUES = """
SELECT v.Variable, e.Value FROM DATASHORTTEXT x JOIN VARIABLES v ON v.ID = x.VariableId
JOIN ENTITIES e ON e.ID = x.Entity WHERE x.StatementId = ?
UNION ALL SELECT v.Variable, x.Value FROM DATABOOLEAN x JOIN VARIABLES v ON v.ID = x.VariableId WHERE x.StatementId = ?
"""


def read(path: Path, *, options: ReadOptions, losses: LossReport) -> Iterator[AnnotatedSentence]:
    """One sentence per coded stretch of text; statements on the same stretch are its annotations.

    Raises:
        DataError: no DNA 3 database.
    """
    require_file(path)
    with closing(sqlite3.connect(f"file:{path.absolute().as_posix()}?mode=ro", uri=True)) as database:
        try:
            _require_tables(database, path)
            _count_other_types(database, path, losses=losses)
            rows = database.execute(_STATEMENTS, (STATEMENT_TYPE,))
            for stretch, statements in groupby(rows, key=lambda row: row[:6]):
                yield from _sentence(database, stretch, [row[6:] for row in statements], path, options, losses=losses)
        except sqlite3.Error as error:
            raise DataError(f"{path}: no readable DNA database ({error}).") from error


def _require_tables(database: sqlite3.Connection, path: Path) -> None:
    found = {row[0].upper() for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    missing = [table for table in _NEEDED_TABLES if table not in found]
    if missing:
        raise DataError(
            f"{path}: no DNA 3 database, it lacks the tables {', '.join(missing)}. Open it in DNA 3 and save it there."
        )


def _count_other_types(database: sqlite3.Connection, path: Path, *, losses: LossReport) -> None:
    rows = database.execute(
        "SELECT t.Label FROM STATEMENTS s JOIN STATEMENTTYPES t ON t.ID = s.StatementTypeId WHERE t.Label != ?",
        (STATEMENT_TYPE,),
    )
    for (label,) in rows:
        losses.add(f"statement of the type {label!r}", str(path))


def _sentence(
    database: sqlite3.Connection,
    stretch: Sequence[Any],
    statements: Sequence[Sequence[Any]],
    path: Path,
    options: ReadOptions,
    *,
    losses: LossReport,
) -> Iterator[AnnotatedSentence]:
    document, title, text, source, start, stop = stretch
    place = f"{path}: document {document}, statement {statements[0][0]}"
    span = utf16_map(text).to_code_points(start, stop)
    if span is None or not span.of(text).strip():
        losses.add("statement outside its document", place)
        return
    annotations = []
    for statement, coder in statements:
        values = dict(database.execute(_VALUES, (statement, statement)).fetchall())
        annotation = _annotation(values, None if coder == ADMIN else coder, place=place, losses=losses)
        if annotation is not None:
            annotations.append(annotation)
    whole = len(span) == len(text)
    yield AnnotatedSentence(
        id=title if whole and title else f"{path.stem}-{document}:{span.start}-{span.end}",
        text=span.of(text),
        annotations=tuple(annotations),
        lang=options.lang,
        doc_id=None if whole else title or f"{path.stem}-{document}",
        source=source or None,
    )


def _annotation(
    values: Mapping[str, Any], annotator: str | None, *, place: str, losses: LossReport
) -> Annotation | None:
    concept, agreement = values.get("concept"), values.get("agreement")
    if not concept or agreement is None:
        losses.add("statement without a concept or an agreement", place)
        return None
    actor = values.get("person") or values.get("organization")
    if values.get("person") and values.get("organization"):
        losses.add("organization of a person", place)
    stance = Stance.FAVOR if agreement else Stance.AGAINST
    return Annotation(Reference(actor) if actor else None, Reference(concept), stance, annotator)


def write(path: Path, sentences: Iterable[AnnotatedSentence], *, losses: LossReport) -> int:
    """Write a database that DNA 3 opens (coder Admin, password admin).

    Sentences of one `doc_id` that follow each other make one document. DNA knows agreement and disagreement only, and
    no spans inside a statement: what it cannot hold is counted as lost.

    Raises:
        DataError: the file cannot be written.
    """
    with file_written_whole(path) as part, closing(sqlite3.connect(part)) as database:
        database.executescript(files(__package__).joinpath("dna.sql").read_text(encoding="utf-8"))
        database.execute(
            "INSERT INTO CODERS (ID, Name, Red, Green, Blue, Password, PermissionEditStatementTypes, "
            "PermissionEditCoders, PermissionEditOthersDocuments, PermissionEditOthersStatements) "
            "VALUES (1, ?, 255, 255, 0, ?, 1, 1, 1, 1)",
            (ADMIN, _encrypted(PASSWORD)),
        )
        writer = _Writer(database, losses)
        for _, group in groupby(sentences, key=lambda s: ("doc", s.doc_id) if s.doc_id else ("id", s.id)):
            writer.add_document(list(group))
        database.commit()
    return writer.n_written


class _Writer:
    """An open database with the entities and coders that it holds so far."""

    def __init__(self, database: sqlite3.Connection, losses: LossReport) -> None:
        self._database, self._losses = database, losses
        self._entities: dict[tuple[int, str], int] = {}
        self._coders: dict[str | None, int] = {None: 1, ADMIN: 1}
        self._next: Counter[str] = Counter()
        self.n_written = 0

    def add_document(self, sentences: Sequence[AnnotatedSentence]) -> None:
        """One document with the statements of its sentences."""
        document = self._new("DOCUMENTS")
        text = "\n".join(sentence.text for sentence in sentences)
        first = sentences[0]
        self._database.execute(
            "INSERT INTO DOCUMENTS (ID, Title, Text, Coder, Source, Date) VALUES (?, ?, ?, 1, ?, 0)",
            (document, first.doc_id or first.id, text, first.source or ""),
        )
        start = 0
        for sentence in sentences:
            stop = start + sum(map(utf16_width, sentence.text))
            for annotation in sentence.annotations:
                self._add_statement(document, start, stop, annotation, sentence.id)
            self._count_losses(sentence)
            if sentence.source != first.source:
                self._losses.add("source of a sentence in a document of another source", sentence.id)
            start = stop + 1
            self.n_written += 1

    def _add_statement(self, document: int, start: int, stop: int, annotation: Annotation, place: str) -> None:
        if annotation.stance is Stance.NEUTRAL:
            self._losses.add("neutral stance", place)
            return
        statement = self._new("STATEMENTS")
        self._database.execute(
            "INSERT INTO STATEMENTS (ID, StatementTypeId, DocumentId, Start, Stop, Coder) VALUES (?, 1, ?, ?, ?, ?)",
            (statement, document, start, stop, self._coder(annotation.annotator)),
        )
        self._add_text(statement, "person", annotation.actor.name if annotation.actor else "", place)
        self._add_text(statement, "organization", "", place)
        self._add_text(statement, "concept", annotation.target.name, place)
        self._database.execute(
            "INSERT INTO DATABOOLEAN (StatementId, VariableId, Value) VALUES (?, ?, ?)",
            (statement, _VARIABLES["agreement"], int(annotation.stance is Stance.FAVOR)),
        )

    def _add_text(self, statement: int, variable: str, value: str, place: str) -> None:
        if len(value) > MAX_SHORT_TEXT:
            self._losses.add(f"end of a name over {MAX_SHORT_TEXT} characters", place)
            value = value[:MAX_SHORT_TEXT]
        key = (_VARIABLES[variable], value)
        if key not in self._entities:
            self._entities[key] = self._new("ENTITIES")
            self._database.execute(
                "INSERT INTO ENTITIES (ID, VariableId, Value, Red, Green, Blue) VALUES (?, ?, ?, 0, 0, 0)",
                (self._entities[key], *key),
            )
        self._database.execute(
            "INSERT INTO DATASHORTTEXT (StatementId, VariableId, Entity) VALUES (?, ?, ?)",
            (statement, _VARIABLES[variable], self._entities[key]),
        )

    def _coder(self, annotator: str | None) -> int:
        if annotator not in self._coders:
            self._coders[annotator] = len(self._coders)
            self._database.execute(
                "INSERT INTO CODERS (ID, Name, Red, Green, Blue, Password) VALUES (?, ?, 128, 128, 128, ?)",
                (self._coders[annotator], annotator, _encrypted(PASSWORD)),
            )
        return self._coders[annotator]

    def _count_losses(self, sentence: AnnotatedSentence) -> None:
        for annotation in sentence.annotations:
            for reference in (annotation.actor, annotation.target):
                if reference is not None and reference.span is not None:
                    self._losses.add("span of an actor or target", sentence.id)
                if reference is not None and reference.id is not None:
                    self._losses.add("id of an actor or target", sentence.id)
        if not any(a.stance is not Stance.NEUTRAL for a in sentence.annotations):
            self._losses.add("sentence without a side, kept as text only", sentence.id)
        if sentence.doc_id is not None:
            self._losses.add("id of a sentence, told by its place in the document", sentence.id)
        for name in ("lang", "split", "pair_id", "relation", "phenomena", "licence", "extra"):
            if getattr(sentence, name):
                self._losses.add(f"column {name}", sentence.id)

    def _new(self, table: str) -> int:
        self._next[table] += 1
        return self._next[table]


def _encrypted(password: str) -> str:
    """The password as DNA stores it: salted SHA-256, 100,000 times (Jasypt's StrongPasswordEncryptor).

    The salt is fixed, so that equal annotations give equal files; the password is no secret.
    """
    salt = hashlib.sha256(b"stance").digest()[:16]
    digest = hashlib.sha256(salt + password.encode("utf-8")).digest()
    for _ in range(99_999):
        digest = hashlib.sha256(digest).digest()
    return base64.b64encode(salt + digest).decode("ascii")


def detect(peek: Peek) -> str | None:
    """An SQLite file whose name ends in .dna."""
    found = peek.head.startswith(b"SQLite format 3\0") and peek.path.suffix == ".dna"
    return "it is an SQLite file named .dna" if found else None


FORMAT = Format("dna", "Discourse Network Analyzer 3, SQLite", read, detect, write)

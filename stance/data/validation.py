"""Check annotated sentences, rows and articles: all that is wrong with a file at once, in bounded memory."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stance.data.article_checks import article_defects
from stance.data.defects import Defect, Defective, Kind, is_error, on_line
from stance.data.formats import NO_OPTIONS, check_labels, detect_format, named_format, read_sentences
from stance.data.formats.format import Peek, ReadOptions
from stance.data.formats.table import flat_records
from stance.data.lines import decode_line, parse_object, raw_lines
from stance.data.losses import LossReport
from stance.data.near_duplicates import NearDuplicateFinder
from stance.data.reference_checks import reference_defects
from stance.data.rows import article_record, record_judgements
from stance.data.seen import SeenKeys
from stance.data.text_checks import character_defects, language_defect
from stance.data.writing import sentence_record
from stance.errors import DataError
from stance.types import STANCES

# Below so many a class or a language cannot be learned; small files are samples, nobody trains on them alone.
_MIN_ROWS, _MIN_FILE = 10, 50
ARTICLE = "article"
_STANCE_NUMBERS = {stance: number for number, stance in enumerate(STANCES)}


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a file holds (judgements, how many of each stance and language) and all that is wrong with it.

    losses: what the reader of another tool's format could not carry over.
    """

    path: Path
    n_rows: int
    stances: dict[str, int]
    languages: dict[str, int]
    defects: tuple[Defect, ...]
    losses: str = ""

    @property
    def n_errors(self) -> int:
        """How many of the defects make the file unusable."""
        return sum(is_error(defect.kind) for defect in self.defects)

    @property
    def n_warnings(self) -> int:
        return len(self.defects) - self.n_errors


def check_file(
    path: Path,
    *,
    quick: bool = False,
    format: str | None = None,  # noqa: A002
    options: ReadOptions = NO_OPTIONS,
    watch: Callable[[Iterable[Any]], Iterable[Any]] = lambda rows: rows,
) -> CheckReport:
    """All that is wrong with a file, in the order of lines; defects of the whole file come last.

    Args:
        quick: leave out near-duplicates and languages, which take most of the time and memory.
        format, options: for files of other tools, which are read as `read_sentences` does and then checked; a row is
            then named by its number among the sentences, in a table by its line.
        watch: sees the lines pass, for a progress bar.

    Raises:
        DataError: the file is missing, or one of another tool that cannot be read.
    """
    check = _Check(quick=quick)
    known = format or _format_of(path)
    if known == ARTICLE:
        check.article(path)
    elif known in ("native", "rows"):
        for line, raw in watch(raw_lines(path)):
            check.raw_row(line, raw, path)
    elif known == "csv":
        check_labels(options.labels, named_format(known))
        losses = LossReport()
        for line, record in watch(flat_records(path, options=options, losses=losses)):
            check.record(record, line)
        return replace(check.report(path), losses=losses.summary())
    else:
        losses = LossReport()
        sentences = read_sentences(path, format=known, losses=losses, options=options)
        for number, sentence in enumerate(watch(sentences), start=1):
            check.record(sentence_record(sentence), number)
        return _by_sentence(check.report(path), losses)
    return check.report(path)


def _by_sentence(report: CheckReport, losses: LossReport) -> CheckReport:
    """The report of a file that is not read by lines: rows are named by their number among its sentences."""
    defects = (
        replace(defect, line=None, field=f"sentence {defect.line}: {defect.field}") if defect.line else defect
        for defect in report.defects
    )
    return replace(report, defects=tuple(defects), losses=losses.summary())


def _format_of(path: Path) -> str:
    """The name of a file's format; JSON Lines that bear no sign are rows whose first one is damaged."""
    if path.suffix == ".json" and Peek(path).has("text", "gold"):
        return ARTICLE
    try:
        return detect_format(path).format.name
    except DataError:
        if path.suffix == ".jsonl" and path.is_file():
            return "rows"
        raise


class _Check:
    """The state of one file's check."""

    def __init__(self, *, quick: bool) -> None:
        self._quick = quick
        self._defects: list[Defect] = []
        self._stances: Counter[str] = Counter()
        self._languages: Counter[str] = Counter()
        self._n_rows = self._n_records = 0
        self._ids, self._pairs = SeenKeys(), SeenKeys()
        self._finder = NearDuplicateFinder()
        # Line, hash of the text and of the pair: three numbers per row, 24 bytes.
        self._finder_keys = array("q")

    def raw_row(self, line: int, raw: bytes, path: Path) -> None:
        """One line of a JSON Lines file."""
        try:
            text = decode_line(raw, path=path, number=line)
        except DataError as error:
            self._add(Defect(Kind.ENCODING, "line", _without_place(error), "expected UTF-8"), line)
            return
        if not text.strip():
            return
        try:
            record = parse_object(text, place="")
        except DataError as error:
            self._n_records += 1
            self._add(Defect(Kind.NOT_JSON, "line", _without_place(error), "expected one JSON object"), line)
            return
        self.record(record, line)

    def record(self, record: Mapping[str, Any], line: int) -> None:
        """One sentence or row."""
        self._n_records += 1
        if isinstance(record.get("id"), str):
            self._ids.add(record["id"], line)
        try:
            judgements = record_judgements(record)
        except Defective as error:
            self._defects += on_line(error.defects, line)
            return
        text, lang = record["text"], record.get("lang")
        self._languages[lang or "not given"] += 1
        self._n_rows += len(judgements)
        for defect in (*character_defects(text), *reference_defects(record, judgements)):
            self._add(defect, line)
        for judgement in judgements:
            self._stances[judgement.stance.value] += 1
            actor = None if judgement.actor is None else judgement.actor.key
            key = (text, actor, judgement.target.key, judgement.annotator)
            self._pairs.add(key, line, _STANCE_NUMBERS[judgement.stance])
        if not self._quick:
            self._look_closer(text, lang, record.get("pair_id"), line)

    def _look_closer(self, text: str, lang: str | None, pair_id: str | None, line: int) -> None:
        if lang is not None and (defect := language_defect(text, lang)) is not None:
            self._add(defect, line)
        self._finder.add(text)
        self._finder_keys.extend((line, hash(text), hash(pair_id)))

    def article(self, path: Path) -> None:
        """One annotated article."""
        self._n_records += 1
        record = article_record(path)
        self._defects += article_defects(record)
        for pair in record["gold"]:
            stance = pair.get("stance") if isinstance(pair, dict) else None
            if stance in _STANCE_NUMBERS:
                self._stances[stance] += 1
                self._n_rows += 1
        self._languages[str(record.get("lang") or "not given")] += 1
        for defect in character_defects(record["text"]):
            self._add(defect, None)

    def report(self, path: Path) -> CheckReport:
        """What was found."""
        self._defects += self._repeated_ids()
        self._defects += self._repeated_pairs()
        self._defects += self._near_duplicates()
        self._defects.sort(key=lambda defect: defect.line or 0)
        self._defects += self._few_rows()
        return CheckReport(
            path=path,
            n_rows=self._n_rows,
            stances={stance.value: self._stances[stance.value] for stance in STANCES},
            languages=dict(self._languages.most_common()),
            defects=tuple(self._defects),
        )

    def _repeated_ids(self) -> Iterator[Defect]:
        for repeat in self._ids.repeats():
            found = f"also on line {repeat.first_line}"
            yield Defect(
                Kind.DUPLICATE_ID, "id", found, "ids must be unique", line=repeat.line, other_line=repeat.first_line
            )

    def _repeated_pairs(self) -> Iterator[Defect]:
        """Contradictions; and lines that repeat what an earlier line says, once each."""
        told: set[int] = set()
        opposed: set[tuple[int, int]] = set()
        for repeat in self._pairs.repeats():
            line, first = repeat.line, repeat.first_line
            if repeat.value != repeat.first_value:
                if (line, first) in opposed:
                    continue
                opposed.add((line, first))
                one, other = STANCES[repeat.value].value, STANCES[repeat.first_value].value
                expected = f"line {first} says {other} for the same text, actor and target"
                yield Defect(Kind.CONTRADICTION, "stance", one, expected, line=line, other_line=first)
            elif line != first and line not in told:
                told.add(line)
                expected = f"line {first} says the same of the same text"
                yield Defect(Kind.DUPLICATE, "row", "repeated", expected, line=line, other_line=first)

    def _near_duplicates(self) -> Iterator[Defect]:
        for pair in self._finder.pairs():
            line, text, pair_id = self._finder_keys[3 * pair.later : 3 * pair.later + 3]
            first, other_text, other_pair_id = self._finder_keys[3 * pair.earlier : 3 * pair.earlier + 3]
            # Equal texts are repeated rows, and minimal pairs are alike by design.
            if text != other_text and (pair_id == hash(None) or pair_id != other_pair_id):
                expected = f"about {pair.similarity:.0%} of its words and word pairs are those of line {first}"
                yield Defect(Kind.NEAR_DUPLICATE, "text", "a near-duplicate", expected, line=line, other_line=first)

    def _few_rows(self) -> Iterator[Defect]:
        if not self._n_records:
            yield Defect(Kind.MISSING, "file", "no rows", "expected at least one")
        if self._n_rows < _MIN_FILE:
            return
        for stance in STANCES:
            if self._stances[stance.value] < _MIN_ROWS:
                found = f"{self._stances[stance.value]} of {self._n_rows} are {stance.value}"
                yield Defect(Kind.FEW_ROWS, "stance", found, f"expected at least {_MIN_ROWS} of each")
        for lang, count in self._languages.items():
            if count < _MIN_ROWS and len(self._languages) > 1:
                yield Defect(Kind.FEW_ROWS, "lang", f"{count} rows in {lang}", f"expected at least {_MIN_ROWS}")

    def _add(self, defect: Defect, line: int | None) -> None:
        self._defects.append(replace(defect, line=line))


def _without_place(error: DataError) -> str:
    told = str(error).partition(": ")[2] or str(error)
    return told.partition(". Each line")[0]

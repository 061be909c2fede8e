"""A hundred defects planted at known lines of a good file: the check finds every one of them and nothing else."""

from __future__ import annotations

import copy
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from random import Random
from typing import Any

import pytest

from stance.data.defects import Defect, Kind
from stance.data.validation import check_file

Record = dict[str, Any]
_SENTENCES = Path(__file__).parent.parent.parent / "data" / "sentences"
_PER_LANGUAGE, _N_DEFECTS, _N_KINDS, _NEIGHBOUR_WORDS, _MIN_NAMES = 60, 100, 15, 25, 15
_STANCES = ("favor", "against", "neutral")
_LATIN_LETTERS, _CYRILLIC_LETTERS = "aeopcxyABCEHKMOPTX", "аеорсхуАВСЕНКМОРТХ"
_ALIKE = str.maketrans(_LATIN_LETTERS + _CYRILLIC_LETTERS, _CYRILLIC_LETTERS + _LATIN_LETTERS)
_WORD, _TWO_WORDS = re.compile(r"[^\W\d_]{4,}"), re.compile(r"[^\W\d_]+ [^\W\d_]+")
_LATIN, _CYRILLIC = ("en", "de", "fr", "sq", "hr", "bs", "sr-Latn"), ("ru", "mk", "sr-Cyrl")
_ONE_GROUP = ("hr", "bs", "sr-Latn", "sr-Cyrl")
_INVISIBLE = "\u200b\u2060\ufeff\u202e\u2066\x00\x07\x1b\x7f\x9b"


@dataclass(frozen=True)
class Host:
    """A row to spoil (a copy), the rows before it that stay as they are, and the dice."""

    row: Record
    before: Sequence[Record]
    rng: Random

    def kin(self, lang: str) -> list[Record]:
        """The earlier rows in one language."""
        return [row for row in self.before if row["lang"] == lang]


@dataclass(frozen=True)
class Spoilt:
    """A row or raw line with its defect, and the right value that the report should name."""

    line: Record | bytes
    nearest: str | None = None


Way = Callable[[Host], Spoilt | None]


def _judgements(row: Record) -> list[Record]:
    judged: list[Record] = row.get("annotations", [row])
    return judged


def _references(row: Record) -> list[Record]:
    return [judgement[role] for judgement in _judgements(row) for role in ("actor", "target")]


def _free_words(row: Record) -> list[tuple[int, str]]:
    """Start and letters of the words of four letters or more that no span touches."""
    covered = {offset for reference in _references(row) for offset in range(reference["start"], reference["end"])}
    words = [(word.start(), word.group()) for word in _WORD.finditer(row["text"])]
    return [(start, word) for start, word in words if not covered & set(range(start - 1, start + len(word) + 1))]


def _insert(row: Record, at: int, piece: str) -> None:
    """Put `piece` into the text; spans behind it move along."""
    row["text"] = row["text"][:at] + piece + row["text"][at:]
    for reference in _references(row):
        moved = len(piece) if reference["start"] >= at else 0
        reference |= {"start": reference["start"] + moved, "end": reference["end"] + moved}


def _counts_units(text: str, reference: Record) -> bool:
    """Whether the offsets, taken for UTF-8 bytes or UTF-16 units, cover the name: then they may mean just that."""
    start, end, name = reference["start"], reference["end"], reference["name"]
    in_bytes, in_units = text.encode()[start:end], text.encode("utf-16-le")[2 * start : 2 * end]
    return name in (in_bytes.decode(errors="replace"), in_units.decode("utf-16-le", errors="replace"))


def _at(start: Any, end: Any) -> Record:
    return {"name": "Ana", "start": start, "end": end}


def _again(host: Host) -> Record:
    """A copy of an earlier row under an id of its own."""
    return copy.deepcopy(host.rng.choice(host.before)) | {"id": f"again-{host.rng.getrandbits(48)}"}


def _turn(judgement: Record, rng: Random) -> Record:
    """The judgement with another stance."""
    return judgement | {"stance": rng.choice([stance for stance in _STANCES if stance != judgement["stance"]])}


def _with(*changes: Record, nearest: str | None = None) -> Way:
    """One of the changes to the row's own fields."""
    return lambda host: Spoilt(host.row | host.rng.choice(changes), nearest)


def _without(field: str) -> Way:
    return lambda host: Spoilt({name: value for name, value in host.row.items() if name != field})


def _judged(*changes: Record, nearest: str | None = None) -> Way:
    """One of the changes to one judgement of the row."""

    def spoil(host: Host) -> Spoilt:
        host.rng.choice(_judgements(host.row)).update(host.rng.choice(changes))
        return Spoilt(host.row, nearest)

    return spoil


def _broken_json(host: Host) -> Spoilt:
    line = json.dumps(host.row, ensure_ascii=False)
    ways = [line[: host.rng.randrange(1, len(line))], f"[{line}]", line.replace('"', "'"), line[:-1] + ",}", "{oops"]
    return Spoilt(host.rng.choice(ways).encode())


def _not_utf8(host: Host) -> Spoilt:
    line = json.dumps(host.row, ensure_ascii=False).encode()
    at = line.index(b'"text": "') + len(b'"text": "')
    return Spoilt(line[:at] + host.rng.choice([b"\xff", b"\xe4", b"\xc0\x80", b"\xed\xa0\x80", b"\0"]) + line[at:])


def _in_utf16(host: Host) -> Spoilt:
    _insert(host.row, 0, host.rng.choice(["🙂 ", "👩‍🚀 ", "🇽🇰 ", "👍🏽 "]))
    text, right = host.row["text"], ""
    for reference in _references(host.row):
        right = f"[{reference['start']}, {reference['end']})"
        reference |= {k: len(text[: reference[k]].encode("utf-16-le")) // 2 for k in ("start", "end")}
    return Spoilt(host.row, right)


def _in_bytes(host: Host) -> Spoilt | None:
    text, right = host.row["text"], None
    for reference in _references(host.row):
        counted = {k: len(text[: reference[k]].encode()) for k in ("start", "end")}
        right = right if counted["end"] == reference["end"] else f"[{reference['start']}, {reference['end']})"
        reference |= counted
    return Spoilt(host.row, right) if right else None


def _past_end(host: Host) -> Spoilt | None:
    reference = host.rng.choice(_references(host.row))
    reference["end"] = len(host.row["text"]) + host.rng.randint(1, 99)
    return None if _counts_units(host.row["text"], reference) else Spoilt(host.row)


def _untrimmed(host: Host) -> Spoilt | None:
    text, reference = host.row["text"], host.rng.choice(_references(host.row))
    right = f"[{reference['start']}, {reference['end']})"
    reference["end"] += 1
    if not text[: reference["end"]].endswith(" ") or reference["end"] > len(text):
        return None
    return None if _counts_units(text, reference) else Spoilt(host.row, right)


def _shifted(host: Host) -> Spoilt | None:
    text, reference = host.row["text"], host.rng.choice(_references(host.row))
    right, moved = f"[{reference['start']}, {reference['end']})", host.rng.choice([-3, -2, -1, 1, 2, 3])
    reference |= {"start": reference["start"] + moved, "end": reference["end"] + moved}
    inside = reference["start"] >= 0 and reference["end"] <= len(text)
    return Spoilt(host.row, right) if inside and not _counts_units(text, reference) else None


def _cut_word(host: Host) -> Spoilt | None:
    """Offsets alone, one letter beside a word; in pure ASCII, where no other unit may be meant."""
    text, reference = host.row["text"], host.rng.choice(_references(host.row))
    if not text.isascii() or reference["end"] - reference["start"] < 3:
        return None
    del reference["name"]
    reference |= host.rng.choice([{"start": reference["start"] + 1}, {"end": reference["end"] - 1}])
    return Spoilt(host.row)


def _full_names(rows: Sequence[Record]) -> list[Record]:
    """Actors whose names are two capitalised words."""
    actors = [judgement["actor"] for row in rows for judgement in _judgements(row)]
    return [actor for actor in actors if _TWO_WORDS.fullmatch(actor["name"]) and actor["name"].istitle()]


def _other_name(host: Host) -> Spoilt | None:
    """The full name that is least like the actor's, of someone else in the language."""
    actors, others = _full_names([host.row]), _full_names(host.kin(host.row["lang"]))
    if not actors or len(others) < _MIN_NAMES:
        return None
    actor = host.rng.choice(actors)

    def likeness(name: str) -> float:
        return max(SequenceMatcher(None, a, b).ratio() for a in name.split() for b in actor["name"].split())

    actor["name"] = min((other["name"] for other in others), key=likeness)
    return Spoilt(host.row)


def _contradicting(host: Host) -> Spoilt:
    row = _again(host)
    judged = _turn(host.rng.choice(_judgements(row)), host.rng)
    return Spoilt(row | {"annotations": [judged]} if "annotations" in row else judged)


def _contradicting_itself(host: Host) -> Spoilt:
    host.row["annotations"].append(_turn(host.rng.choice(host.row["annotations"]), host.rng))
    return Spoilt(host.row)


def _near_duplicate(host: Host) -> Spoilt | None:
    """A copy with one word changed to another of the language that is as long."""
    row = _again(host)
    words = _free_words(row)
    if not words or len(row["text"].split()) < _NEIGHBOUR_WORDS:
        return None
    start, word = host.rng.choice(words)
    known = {other for one in host.kin(row["lang"]) for other in _WORD.findall(one["text"])}
    fitting = sorted(other for other in known if len(other) == len(word) and other != word)
    if not fitting:
        return None
    row["text"] = row["text"][:start] + host.rng.choice(fitting) + row["text"][start + len(word) :]
    return Spoilt(row)


def _other_language(host: Host) -> Spoilt:
    """A language of another group; none of the Slavic ones for Cyrillic texts, which are closer kin."""
    lang = host.row["lang"]
    groups = [other for other in (*_LATIN, *_CYRILLIC) if not (lang in _ONE_GROUP and other in _ONE_GROUP)]
    wrong = [other for other in groups if other != lang and (lang in _LATIN or other in ("en", "de", "fr", "sq"))]
    return Spoilt(host.row | {"lang": host.rng.choice(wrong)})


def _homoglyph(host: Host) -> Spoilt | None:
    cyrillic = host.row["lang"] in _CYRILLIC
    letters = _CYRILLIC_LETTERS if cyrillic else _LATIN_LETTERS
    words = [(s, w) for s, w in _free_words(host.row) if all((letter >= "Ѐ") == cyrillic for letter in w)]
    places = [(s, w, i) for s, w in words for i, letter in enumerate(w) if letter in letters]
    if not places:
        return None
    start, word, index = host.rng.choice(places)
    before, letter, after = (text := host.row["text"])[: start + index], word[index], text[start + index + 1 :]
    return Spoilt(host.row | {"text": before + letter.translate(_ALIKE) + after}, repr(word))


def _decomposed(host: Host) -> Spoilt | None:
    text = host.row["text"]
    host.row["text"] = unicodedata.normalize("NFD", text)
    for reference in _references(host.row):
        moved = {k: len(unicodedata.normalize("NFD", text[: reference[k]])) for k in ("start", "end")}
        reference |= moved | {"name": unicodedata.normalize("NFD", reference["name"])}
    return None if host.row["text"] == text else Spoilt(host.row)


def _invisible(host: Host) -> Spoilt | None:
    """An invisible character at the border of a word or inside it."""
    words = _free_words(host.row)
    if not words:
        return None
    start, word = host.rng.choice(words)
    _insert(host.row, start + host.rng.randrange(len(word) + 1), host.rng.choice(_INVISIBLE))
    return Spoilt(host.row)


_COMMON: Mapping[str, tuple[Kind, Way]] = {
    "broken JSON": (Kind.NOT_JSON, _broken_json),
    "not UTF-8": (Kind.ENCODING, _not_utf8),
    "no text": (Kind.MISSING, _without("text")),
    "no target": (Kind.MISSING, _judged({"target": None})),
    "a reference without name and span": (Kind.MISSING, _judged({"actor": {}}, {"target": {"name": ""}})),
    "half a span": (Kind.MISSING, _judged({"actor": _at(0, None)}, {"target": {"end": 3}})),
    "a field of another type": (Kind.WRONG_TYPE, _with({"text": 5}, {"text": ["a"]}, {"lang": 5}, {"lang": ["en"]})),
    "a reference of another type": (Kind.WRONG_TYPE, _judged({"actor": 3}, {"target": ["x"]}, {"actor": False})),
    "a name or id of another type": (Kind.WRONG_TYPE, _judged({"actor": {"name": "Ana", "id": 3}})),
    "an offset of another type": (Kind.WRONG_TYPE, _judged({"actor": _at(0, 3.0)}, {"target": _at("0", 3)})),
    "stance favour": (Kind.UNKNOWN_VALUE, _judged({"stance": "favour"}, {"stance": "FAVOR"}, nearest="'favor'")),
    "stance agianst": (Kind.UNKNOWN_VALUE, _judged({"stance": "agianst"}, nearest="'against'")),
    "stance nuetral": (Kind.UNKNOWN_VALUE, _judged({"stance": "nuetral"}, nearest="'neutral'")),
    "blank text": (Kind.BLANK_TEXT, _with({"text": ""}, {"text": " \t"}, {"text": "\u00a0\u2003"})),
    "duplicate id": (Kind.DUPLICATE_ID, lambda host: Spoilt(host.row | {"id": host.rng.choice(host.before)["id"]})),
    "empty span": (Kind.BAD_SPAN, _judged({"actor": _at(3, 3)}, {"target": _at(0, 0)})),
    "reversed span": (Kind.BAD_SPAN, _judged({"actor": _at(7, 2)}, {"target": _at(3, -2)})),
    "span past the end": (Kind.PAST_END, _past_end),
    "UTF-16 offsets": (Kind.UTF16_OFFSETS, _in_utf16),
    "byte offsets": (Kind.BYTE_OFFSETS, _in_bytes),
    "untrimmed span": (Kind.UNTRIMMED_SPAN, _untrimmed),
    "shifted span": (Kind.SPAN_TEXT, _shifted),
    "cut word": (Kind.CUT_WORD, _cut_word),
    "another's name": (Kind.NAME_DIFFERS, _other_name),
    "contradicting copy": (Kind.CONTRADICTION, _contradicting),
    "repeated row": (Kind.DUPLICATE, lambda host: Spoilt(_again(host))),
    "near-duplicate": (Kind.NEAR_DUPLICATE, _near_duplicate),
    "other language": (Kind.OTHER_LANGUAGE, _other_language),
    "homoglyph": (Kind.HOMOGLYPH, _homoglyph),
    "decomposed text": (Kind.NOT_NFC, _decomposed),
    "white space": (
        Kind.WHITE_SPACE,
        lambda host: Spoilt(host.row | {"text": host.row["text"] + host.rng.choice(" \n\u00a0")}),
    ),
    "invisible character": (Kind.CONTROL_CHARACTER, _invisible),
}
_OF_SENTENCES: Mapping[str, tuple[Kind, Way]] = {
    "no id": (Kind.MISSING, _without("id")),
    "annotations null": (Kind.MISSING, _with({"annotations": None})),
    "no actor": (Kind.MISSING, _with({"annotations": [{"target": "x", "stance": "favor"}]})),
    "id of another type": (Kind.WRONG_TYPE, _with({"id": 7}, {"id": ["x"]})),
    "annotations of another type": (Kind.WRONG_TYPE, _with({"annotations": {}}, {"annotations": ["favor"]})),
    "a column of another type": (Kind.WRONG_TYPE, _with({"doc_id": 5}, {"pair_id": []}, {"phenomena": "irony"})),
    "annotator of another type": (Kind.WRONG_TYPE, _judged({"annotator": 1})),
    "split trian": (Kind.UNKNOWN_VALUE, _with({"split": "trian"}, {"split": "Train"}, nearest="'train'")),
    "split tset": (Kind.UNKNOWN_VALUE, _with({"split": "tset"}, nearest="'test'")),
    "relation flipp": (Kind.UNKNOWN_VALUE, _with({"relation": "flipp"}, {"relation": "Flip"}, nearest="'flip'")),
    "contradicting itself": (Kind.CONTRADICTION, _contradicting_itself),
}
WAYS = {"sentences": {**_COMMON, **_OF_SENTENCES}, "rows": dict(_COMMON)}


def good_sentences() -> Iterator[Record]:
    """Rows of train in every language, each name set to the words under its span."""
    for path in sorted(_SENTENCES.glob("*.jsonl")):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        train = [row for row in rows if row["split"] == "train" and row["annotations"] and "pair_id" not in row]
        placed = [row for row in train if all(one and "start" in one for one in _references(row))]
        for row in placed[:_PER_LANGUAGE]:
            for reference in _references(row):
                reference["name"] = row["text"][reference["start"] : reference["end"]]
            yield row


def good_rows() -> Iterator[Record]:
    """The same sentences as flat rows, each with its first judgement."""
    for row in good_sentences():
        first = row["annotations"][0]
        yield {key: (first | row)[key] for key in ("id", "text", "actor", "target", "lang", "stance")}


GOOD = {"sentences": good_sentences, "rows": good_rows}


@dataclass(frozen=True)
class Planted:
    """One planted defect: how, where and what the report should say."""

    way: str
    line: int
    kind: Kind
    nearest: str | None


def plant(rows: list[Record], ways: Mapping[str, tuple[Kind, Way]], rng: Random) -> tuple[list[bytes], list[Planted]]:
    """The raw lines with their defects; four rows in ten stay as they are, so that copies have something to copy."""
    kept = set(rng.sample(range(len(rows)), k=4 * len(rows) // 10))
    hosts = [index for index in range(min(kept) + 1, len(rows)) if index not in kept]
    spoilt: dict[int, Record | bytes] = {}
    planted = []
    for way in [*ways, *rng.choices(list(ways), k=_N_DEFECTS - len(ways))]:
        kind, spoil = ways[way]
        for index in rng.sample(hosts, k=len(hosts)):
            before = [rows[i] for i in range(index) if i in kept]
            found = spoil(Host(copy.deepcopy(rows[index]), before, rng))
            if found is not None:
                break
        hosts.remove(index)
        assert found is not None, way
        spoilt[index] = found.line
        planted.append(Planted(way, index + 1, kind, found.nearest))
    return [_raw(spoilt.get(i, row), rng) for i, row in enumerate(rows)], planted


def _raw(row: Record | bytes, rng: Random) -> bytes:
    line = row if isinstance(row, bytes) else json.dumps(row, ensure_ascii=rng.random() < 0.5).encode()
    return line + rng.choice([b"\n", b"\r\n"])


def _difference(planted: Sequence[Planted], reported: Sequence[Defect]) -> list[str]:
    """What was planted and not found, and what was found and not planted, in words."""
    found = {(defect.line, defect.kind) for defect in reported}
    expected = {(one.line, one.kind) for one in planted}
    missed = [f"not found: {one}" for one in planted if (one.line, one.kind) not in found]
    return missed + [f"not planted: {defect}" for defect in reported if (defect.line, defect.kind) not in expected]


@pytest.mark.parametrize("shape", GOOD)
def test_nothing_is_wrong_with_the_good_file(shape: str, tmp_path: Path) -> None:
    rows = list(GOOD[shape]())
    path = tmp_path / "good.jsonl"
    path.write_bytes(b"".join(_raw(row, Random(0)) for row in rows))
    report = check_file(path)
    assert len(rows) > 4 * _N_DEFECTS
    assert set(report.languages) == {*_LATIN, *_CYRILLIC}
    assert report.defects == ()


@pytest.mark.parametrize("seed", range(7, 12))
@pytest.mark.parametrize("shape", GOOD)
def test_all_planted_defects_are_found_and_nothing_else(shape: str, seed: int, tmp_path: Path) -> None:
    lines, planted = plant(list(GOOD[shape]()), WAYS[shape], Random(seed))
    path = tmp_path / "bad.jsonl"
    path.write_bytes(b"".join(lines))
    assert len(planted) == len({one.line for one in planted}) == _N_DEFECTS
    assert len({one.kind for one in planted}) >= _N_KINDS
    report = check_file(path)
    assert _difference(planted, report.defects) == []
    named = {(defect.line, defect.nearest) for defect in report.defects}
    assert [one for one in planted if one.nearest is not None and (one.line, one.nearest) not in named] == []

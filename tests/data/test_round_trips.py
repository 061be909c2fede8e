"""Generated sentences through every writable format and back: what is not named as lost comes back as it was."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stance.data import losses as losses_module
from stance.data.conversion import convert_set
from stance.data.formats import formats, read_sentences
from stance.data.formats.format import ReadOptions
from stance.data.losses import LossReport
from stance.data.writing import sentence_record, write_native
from stance.types import STANCES, AnnotatedSentence, Annotation, Reference, Span, Split, Stance

_FILES = {
    "native": "set.jsonl", "parquet": "set.parquet", "arrow": "set", "labelstudio": "set.json",
    "doccano": "set.jsonl", "brat": "set", "dna": "set.dna", "examples": "set",
}  # fmt: skip
# Training examples look like any other dataset on disk; their reader must be named.
_DETECTED = dict.fromkeys(_FILES) | {"examples": "examples"}
_COMPOSED = Path(__file__).parent.parent.parent / "data" / "sentences" / "mk.jsonl"
_DNA_NAME = 190

# --- sentences -----------------------------------------------------------------------------------------------

_WORDS = (
    "Ana", "Bo-1", "мост", "Љубљана", "الجسر", "שלום", "博支持桥", "𠀀𝒜", "e\u0301te\u0301", "и\u0306", "ąN\u0303",
    "🙂", "👩\u200d👩\u200d👧", "🇲🇰🇷🇸", "👍🏽", "„Да“", '"no"', "it's", "C\\D", "<b>|*", "{}", "[1,2]", "\ufeff",
    "\u202eevil", "T1", "\x1b[31m", "ﬁ", "ŉ",
)  # fmt: skip
_GAPS = (" ", " ", " ", " ", "\t", "\n", "\r\n", "\u2028", "\x85", "\u00a0", ", ", "—", "")
_EDGES = ("", "", "", " ", "\n", "\ufeff ")
_NAMES = (
    "Ѓорѓи Ѓ.", 'the "Bridge" / tunnel', "中国政府", "حكومة", "ממשלה", "O\u0308ko 🙂 GmbH",
    "x|<script>alert(1)</script>", "two\nlines\u2028or three", "tab\there", "name #1: x", "n" * 200, "\\u0041;'--",
)  # fmt: skip
_IDS = ("q1", "actor/1", "наш 🙂", 'a "b" c', "it's", "..", "#7", "x\ty", "博" * 20)
_TAGS = st.sampled_from((None, None, "p1", "пар 2", "a/b", "🙂 'q'", "x|<script>"))
_FREE_TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=4)
_LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from((*_WORDS, "", "2024-01-31")), _FREE_TEXT,
)  # fmt: skip
_VALUES = st.one_of(
    _LEAVES, st.lists(_LEAVES, max_size=2), st.dictionaries(st.sampled_from("aяx"), _LEAVES, max_size=2)
)
_COLUMNS = ("topic", "date", "тема 🙂", "a/b", "extra", "name", "annotator", "implicit", "label", "further", "meta")
_EXTRA = st.one_of(st.just({}), st.just({}), st.dictionaries(st.sampled_from(_COLUMNS), _VALUES, max_size=2))


@st.composite
def _texts(draw: st.DrawFn) -> str:
    """Words of all scripts, at times with any characters, between all kinds of white space."""
    words = [draw(st.sampled_from(_WORDS))]
    for _ in range(draw(st.integers(0, 6))):
        words += [draw(st.sampled_from(_GAPS)), draw(st.sampled_from(_WORDS))]
    if draw(st.integers(0, 4)) == 0:
        words.insert(draw(st.integers(0, len(words))), draw(_FREE_TEXT))
    return draw(st.sampled_from(_EDGES)) + "".join(words) + draw(st.sampled_from(_EDGES))


def _borders(text: str, span: Span) -> bool:
    """Whether no end of the span lies between two letters; elsewhere the checks take another name for a mistake."""
    return not any(
        0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum() for at in (span.start, span.end)
    )


@st.composite
def _references(draw: st.DrawFn, text: str) -> Reference:
    """A reference with a span named by its words, with a span and another name, or with a name alone."""
    identifier = draw(st.sampled_from((None, None, *_IDS)))
    names = [name for name in _NAMES if name not in text]
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return Reference(draw(st.sampled_from(names)), identifier)
    ends = [index for index, character in enumerate(text) if not character.isspace()]
    first = draw(st.integers(0, len(ends) - 1))
    last = draw(st.integers(first, min(first + 9, len(ends) - 1)))
    span = Span(ends[first], ends[last] + 1)
    named = kind == 1 and _borders(text, span)
    return Reference(draw(st.sampled_from(names)) if named else span.of(text), identifier, span)


@st.composite
def _annotations(draw: st.DrawFn, text: str) -> tuple[Annotation, ...]:
    """Up to four judgements over a few references, so that some are shared and some contradict each other."""
    pool = [draw(_references(text)) for _ in range(draw(st.integers(1, 3)))]
    pick = st.sampled_from(pool)
    return tuple(
        Annotation(
            actor=draw(pick) if draw(st.booleans()) else None,
            target=draw(pick),
            stance=draw(st.sampled_from(STANCES)),
            annotator=draw(st.sampled_from((None, "a1", "a2"))),
        )
        for _ in range(draw(st.integers(0, 4)))
    )


@st.composite
def _sentences(draw: st.DrawFn) -> AnnotatedSentence:
    text = draw(_texts())
    plain = draw(st.booleans())
    columns: dict[str, Any] = {}
    if not plain:
        columns = {
            "lang": draw(st.sampled_from((None, "mk", "sr-Cyrl", "ar"))),
            "split": draw(st.sampled_from((None, *Split))),
            "pair_id": draw(_TAGS),
            "relation": draw(st.sampled_from((None, "flip", "same"))),
            "phenomena": draw(st.sampled_from(((), ("irony",), ("a, b", "ц 🙂", "")))),
            "licence": draw(st.sampled_from((None, "CC-BY-4.0", "x|<script>"))),
            "doc_id": draw(st.sampled_from((None, *_IDS[:4]))),
            "extra": draw(_EXTRA),
        }
    return AnnotatedSentence(
        draw(st.sampled_from(_IDS)),
        text,
        draw(_annotations(text)),
        source=draw(st.sampled_from((None, "s/1"))),
        **columns,
    )


def _lists(n_sentences: int) -> st.SearchStrategy[list[AnnotatedSentence]]:
    """Lists of sentences whose ids are made unique."""
    drawn = st.lists(_sentences(), min_size=n_sentences, max_size=n_sentences)
    return drawn.map(lambda rows: [replace(row, id=f"{row.id} {index}") for index, row in enumerate(rows)])


# --- there and back ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", autouse=True)
def _every_loss_keeps_its_place() -> Iterator[None]:
    """Reports keep a few examples; here they must name every sentence that lost something."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(losses_module, "_MAX_EXAMPLES", 10**9)
        yield


class _Trip(NamedTuple):
    """What came back, the ids of the sentences that lost something by reason, and their counts."""

    rows: list[AnnotatedSentence]
    lost: dict[str, set[str]]
    counts: Counter[str]


def _trip(name: str, sentences: Sequence[AnnotatedSentence]) -> _Trip:
    """The sentences written, and read back by detection; reading what we wrote loses nothing more."""
    writing, reading = LossReport(), LossReport()
    with TemporaryDirectory() as folder:
        path = Path(folder) / _FILES[name]
        write = formats()[name].write
        assert write is not None
        assert write(path, sentences, losses=writing) == len(sentences)
        rows = list(read_sentences(path, format=_DETECTED[name], losses=reading))
    assert not reading.counts
    return _Trip(rows, {reason: set(ids) for reason, ids in writing.examples.items()}, writing.counts)


def _by_id(sentences: Sequence[AnnotatedSentence]) -> list[AnnotatedSentence]:
    return sorted(sentences, key=lambda sentence: sentence.id)


def _exactly(sentence: AnnotatedSentence) -> str:
    """The sentence as text: 1, 1.0 and True are three values, the order of further columns is none."""
    return json.dumps(sentence_record(sentence), sort_keys=True)


def _same(found: Sequence[AnnotatedSentence], expected: Sequence[AnnotatedSentence]) -> None:
    assert list(found) == list(expected)
    assert list(map(_exactly, found)) == list(map(_exactly, expected))


def _per_annotator(sentence: AnnotatedSentence) -> AnnotatedSentence:
    """The annotations of one annotator after those of another, in the order of their first appearance."""
    names = [annotation.annotator for annotation in sentence.annotations]
    ranked = sorted(sentence.annotations, key=lambda annotation: names.index(annotation.annotator))
    return replace(sentence, annotations=tuple(ranked))


def _in_any_order(annotations: Sequence[Annotation]) -> tuple[Annotation, ...]:
    return tuple(sorted(annotations, key=repr))


def _spans(annotation: Annotation) -> tuple[Span | None, Span | None]:
    return (None if annotation.actor is None else annotation.actor.span, annotation.target.span)


def _references_of(sentence: AnnotatedSentence) -> list[Reference]:
    return [r for a in sentence.annotations for r in (a.actor, a.target) if r is not None]


def _covered(sentence: AnnotatedSentence) -> set[tuple[Span, str]]:
    """The spans with their words."""
    return {(r.span, r.span.of(sentence.text)) for r in _references_of(sentence) if r.span is not None}


def _check_words(trip: _Trip, sentences: Sequence[AnnotatedSentence]) -> None:
    """Every span that comes back was there and covers the words that it covered."""
    before = {sentence.id: _covered(sentence) for sentence in sentences}
    for row in trip.rows:
        found = _covered(row)
        assert all(words.strip() == words != "" for _, words in found)
        assert found <= before.get(row.id, set())


def _check_identity(trip: _Trip, sentences: Sequence[AnnotatedSentence]) -> None:
    _same(trip.rows, sentences)
    assert not trip.counts


def _check_brat(trip: _Trip, sentences: Sequence[AnnotatedSentence]) -> None:
    """Documents come in the order of their file names."""
    _same(_by_id(trip.rows), _by_id(sentences))
    assert not trip.counts


def _check_labelstudio(trip: _Trip, sentences: Sequence[AnnotatedSentence]) -> None:
    """All but the order between annotators, which is named where their judgements alternate."""
    _same([_per_annotator(row) for row in trip.rows], [_per_annotator(sentence) for sentence in sentences])
    alternating = set()
    for sentence in sentences:
        names = [a.annotator for a in sentence.annotations]
        if any(name in names[:at] and names[at - 1] != name for at, name in enumerate(names)):
            alternating.add(sentence.id)
    assert trip.lost == ({"order of annotations by several annotators": alternating} if alternating else {})
    for row, sentence in zip(trip.rows, sentences, strict=True):
        if len({a.annotator for a in sentence.annotations}) < 2:
            assert row == sentence


def _check_doccano(trip: _Trip, sentences: Sequence[AnnotatedSentence]) -> None:
    """Texts, columns and spans; annotators, names, ids and annotations without spans are named as lost."""
    expected = []
    lost: dict[str, set[str]] = {}
    for sentence in sentences:
        kept = [a for a in sentence.annotations if a.target.span and (a.actor is None or a.actor.span)]
        bare = [
            replace(
                a,
                actor=a.actor and Reference(a.actor.span.of(sentence.text), None, a.actor.span),
                target=Reference(a.target.span.of(sentence.text), None, a.target.span),
                annotator=None,
            )
            for a in kept
        ]
        linked_first = sorted(bare, key=lambda annotation: annotation.actor is None)
        expected.append(replace(sentence, annotations=tuple(linked_first)))
        named = [r for r in _references_of(sentence) if r.span and (r.id or r.name != r.span.of(sentence.text))]
        reasons = {
            "annotator": any(a.annotator for a in sentence.annotations),
            "name or id of a span": bool(named),
            "annotation whose actor or target has no span": len(kept) < len(sentence.annotations),
            "order of annotations with and without an actor": linked_first != bare,
        }
        for reason, happened in reasons.items():
            if happened:
                lost.setdefault(reason, set()).add(sentence.id)
    _same(trip.rows, expected)
    assert trip.lost == lost


def _check_dna(trip: _Trip, sentences: Sequence[AnnotatedSentence]) -> None:
    """Who is for or against what, word by word; a sentence alone in its document keeps its id and source too."""
    sided = [(s, [a for a in s.annotations if a.stance is not Stance.NEUTRAL]) for s in sentences]
    sided = [(sentence, found) for sentence, found in sided if found]
    assert [row.text for row in trip.rows] == [sentence.text for sentence, _ in sided]
    for row, (sentence, judged) in zip(trip.rows, sided, strict=True):
        assert row.annotations == tuple(
            replace(
                a,
                actor=a.actor and Reference(a.actor.name[:_DNA_NAME]),
                target=Reference(a.target.name[:_DNA_NAME]),
            )
            for a in judged
        )
        if sentence.doc_id is None:
            assert (row.id, row.doc_id, row.source) == (sentence.id, None, sentence.source)
    for reason, happened in _dna_losses(sentences).items():
        assert trip.lost.get(reason, set()) == happened, reason
    assert trip.lost.keys() <= _dna_losses(sentences).keys()


def _other_sources(sentences: Sequence[AnnotatedSentence]) -> set[str]:
    """Sentences whose document, that of the neighbours with their `doc_id`, begins with one of another source."""
    groups = groupby(sentences, key=lambda s: ("doc", s.doc_id) if s.doc_id else ("id", s.id))
    documents = [list(group) for _, group in groups]
    return {sentence.id for document in documents for sentence in document if sentence.source != document[0].source}


def _dna_losses(sentences: Sequence[AnnotatedSentence]) -> dict[str, set[str]]:
    def ids(claim: Any) -> set[str]:
        return {sentence.id for sentence in sentences if claim(sentence)}

    columns = ("lang", "split", "pair_id", "relation", "phenomena", "licence", "extra")
    return {
        "neutral stance": ids(lambda s: any(a.stance is Stance.NEUTRAL for a in s.annotations)),
        "sentence without a side, kept as text only": ids(
            lambda s: all(a.stance is Stance.NEUTRAL for a in s.annotations)
        ),
        "span of an actor or target": ids(lambda s: any(r.span for r in _references_of(s))),
        "id of an actor or target": ids(lambda s: any(r.id for r in _references_of(s))),
        f"end of a name over {_DNA_NAME} characters": ids(
            lambda s: any(
                len(r.name) > _DNA_NAME
                for a in s.annotations
                if a.stance is not Stance.NEUTRAL
                for r in (a.actor, a.target)
                if r is not None
            )
        ),
        "id of a sentence, told by its place in the document": ids(lambda s: s.doc_id is not None),
        "source of a sentence in a document of another source": _other_sources(sentences),
        **{f"column {name}": ids(lambda s, name=name: bool(getattr(s, name))) for name in columns},
    }


def _check_examples(trip: _Trip, sentences: Sequence[AnnotatedSentence]) -> None:
    """A row per pair that most of its judgements settle, by split; the undecided pairs are counted."""
    expected, n_undecided = [], 0
    for sentence in sentences:
        pairs: dict[Any, list[Annotation]] = {}
        for a in sentence.annotations:
            pairs.setdefault((a.actor and (a.actor.id or a.actor.name), a.target.id or a.target.name), []).append(a)
        number = 0
        for judged in pairs.values():
            votes = Counter(a.stance for a in judged)
            best = [stance for stance, count in votes.items() if count == max(votes.values())]
            if len(best) > 1:
                n_undecided += 1
                continue
            first = next(a for a in judged if a.stance is best[0])
            bare = Annotation(first.actor and Reference(first.actor.name), Reference(first.target.name), best[0])
            row = AnnotatedSentence(
                f"{sentence.id}#{number}", sentence.text, (bare,), lang=sentence.lang, doc_id=sentence.doc_id,
                split=sentence.split or Split.TRAIN, source=sentence.source, licence=sentence.licence,
            )  # fmt: skip
            expected.append(row)
            number += 1
    _same(_by_id(trip.rows), _by_id(expected))
    assert trip.counts == ({"pair that its annotators leave undecided": n_undecided} if n_undecided else {})


_CHECKS = {
    "native": _check_identity, "parquet": _check_identity, "arrow": _check_identity, "labelstudio": _check_labelstudio,
    "doccano": _check_doccano, "brat": _check_brat, "dna": _check_dna, "examples": _check_examples,
}  # fmt: skip


# A set without a single example is refused.
_SETTLED = AnnotatedSentence("settled", "Ana", (Annotation(None, Reference("bridge"), Stance.FAVOR),))


def _check(name: str, sentences: Sequence[AnnotatedSentence]) -> None:
    if name == "examples":
        sentences = [*sentences, _SETTLED]
    trip = _trip(name, sentences)
    _CHECKS[name](trip, sentences)
    _check_words(trip, sentences)
    if name != "examples":  # rows to train on are no annotations any more
        _check_nothing_else_was_lost(trip, sentences)


def _check_nothing_else_was_lost(trip: _Trip, sentences: Sequence[AnnotatedSentence]) -> None:
    """A sentence that no loss names is there, equal in all but the order of its annotations."""
    named = set().union(*trip.lost.values())
    found = {row.id: row for row in trip.rows}
    for sentence in sentences:
        if sentence.id not in named:
            row = found[sentence.id]
            assert replace(row, annotations=()) == replace(sentence, annotations=())
            assert _in_any_order(row.annotations) == _in_any_order(sentence.annotations)


_UNHURRIED = [HealthCheck.too_slow, HealthCheck.data_too_large]


def test_every_writable_format_is_tried() -> None:
    assert set(_FILES) == {known.name for known in formats().values() if known.write is not None}


@pytest.mark.parametrize("name", _FILES)
@given(sentences=_lists(20))
@settings(max_examples=10, deadline=None, suppress_health_check=_UNHURRIED)
def test_what_is_not_named_as_lost_comes_back(name: str, sentences: list[AnnotatedSentence]) -> None:
    _check(name, sentences)


@pytest.mark.long
@pytest.mark.timeout(900)
@given(sentences=_lists(50))
@settings(max_examples=200, deadline=None, suppress_health_check=_UNHURRIED)
def test_ten_thousand_sentences_come_back_from_every_format(sentences: list[AnnotatedSentence]) -> None:
    for name in _FILES:
        _check(name, sentences)


# --- convert -------------------------------------------------------------------------------------------------

_HOSTILE = "x|<script>"


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The composed Macedonian sentences, the first of a source with a hostile name, in a file with another."""
    rows = list(read_sentences(_COMPOSED, format="native", losses=LossReport()))
    path = tmp_path_factory.mktemp("composed") / "mk _x_|<b>.jsonl"
    write_native(path, [replace(rows[0], source=_HOSTILE), *rows[1:]])
    return path


def _convert(source: Path, destination: Path, *, to: str, format: str | None) -> tuple[Path, LossReport]:  # noqa: A002
    done = convert_set(source, destination, to=to, format=format, options=ReadOptions(), command="stance data convert")
    return done.card, done.losses


def _digest(path: Path, *, without: Path | None = None) -> str:
    """SHA-256 of a file; of a folder's names, each with a NUL, and contents."""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    parts = sorted(part for part in path.rglob("*") if part.is_file() and part != without)
    named = [part.relative_to(path).as_posix().encode() + b"\0" + part.read_bytes() for part in parts]
    return hashlib.sha256(b"".join(named)).hexdigest()


@pytest.mark.parametrize("name", _FILES)
def test_a_composed_set_is_converted_there_and_back(name: str, composed: Path, tmp_path: Path) -> None:
    there, back = tmp_path / _FILES[name], tmp_path / "back" / "mk.jsonl"
    card, lost = _convert(composed, there, to=name, format=None)
    assert card == (there / "README.md" if there.is_dir() else there.with_name(f"{there.name}.card.md"))
    digest = _digest(there, without=card)
    sentences = list(read_sentences(composed, format=None, losses=LossReport()))
    _check_card(card.read_text(encoding="utf-8"), sentences, lost, source=_digest(composed), destination=digest)
    _, lost_back = _convert(there, back, to="native", format=_DETECTED[name])
    assert not lost_back.counts
    rows = list(read_sentences(back, format=None, losses=LossReport()))
    trip = _Trip(rows, {reason: set(ids) for reason, ids in lost.examples.items()}, lost.counts)
    _CHECKS[name](trip, sentences)
    _check_words(trip, sentences)


def _check_card(
    card: str, sentences: Sequence[AnnotatedSentence], lost: LossReport, *, source: str, destination: str
) -> None:
    """Counts, hashes and losses as they are; no name of the data is Markdown or HTML."""
    annotations = [a for sentence in sentences for a in sentence.annotations]
    n_actors = len({a.actor.id or a.actor.name for a in annotations if a.actor})
    n_targets = len({a.target.id or a.target.name for a in annotations})
    assert (
        f"{len(sentences):,} sentences, {len(annotations):,} annotations of {n_actors:,} actors and "
        f"{n_targets:,} targets." in card
    )
    for stance, count in Counter(a.stance.value for a in annotations).items():
        assert f"| {stance} | {count:,} |" in card
    assert f"| mk | {len(sentences):,} |" in card
    assert f"| composed | {len(sentences) - 1:,} |" in card
    assert "| x\\|\\<script\\> | 1 |" in card
    assert "Converted from mk \\_x\\_\\|\\<b\\>.jsonl (" in card
    assert "<script>" not in card
    assert "<b>" not in card
    assert f"| source | {source} |\n| this set, without this card | {destination} |\n" in card
    listed = card.partition("## Not carried over\n\n")[2].partition("\n\n")[0].splitlines()
    assert len(listed) == max(1, len(lost.counts))
    assert (listed == ["- Nothing."]) == (not lost.counts)
    for reason, count in lost.counts.items():
        assert any(line.replace("\\", "").startswith(f"- {count:,} x {reason} (e.g. ") for line in listed)


@pytest.mark.parametrize(
    ("column", "title"),
    [("lang", "Language"), ("source", "Source"), ("licence", "Licence"), ("annotator", "Annotator")],
)
def test_a_card_shows_hostile_values_as_they_are(column: str, title: str, tmp_path: Path) -> None:
    value = "x|<script>\n# [a](b) `c` \x1b[31m\u202e"
    shown = "x\\|\\<script\\> \\# \\[a\\]\\(b\\) \\`c\\` \ufffd\\[31m\ufffd"
    annotator = value if column == "annotator" else None
    row = AnnotatedSentence("1", "Ana", (Annotation(None, Reference("b"), Stance.FAVOR, annotator),))
    write_native(tmp_path / "in.jsonl", [row if annotator else replace(row, **{column: value})])
    card, _ = _convert(tmp_path / "in.jsonl", tmp_path / "out.parquet", to="parquet", format=None)
    assert f"| {title} | |\n|---|---:|\n| {shown} | 1 |\n" in card.read_text(encoding="utf-8")

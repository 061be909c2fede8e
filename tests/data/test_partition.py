"""Splits for good: what they keep together, what never moves, what is left out, and how balanced they are."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import sqrt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stance.cli.app import run
from stance.data.formats import read_sentences
from stance.data.grouping import GroupBy, keys_of
from stance.data.losses import LossReport
from stance.data.partition import HoldOut, Kept, Notes, Shares, by_hash, stratified
from stance.data.split_folder import write_split
from stance.data.writing import write_native
from stance.errors import ConfigError
from stance.types import STANCES, AnnotatedSentence, Annotation, Reference, Split, Stance

_TENTHS = Shares(dev=0.1, test=0.1)
_THIRDS = Shares(dev=0.33, test=0.33)
_BY_HASH = [group for group in GroupBy if group is not GroupBy.NEAR_DUPLICATE]
_PUT_TOGETHER = (GroupBy.DOCUMENT, GroupBy.SENTENCE)
Placed = list[tuple[AnnotatedSentence, Split | None]]


def _annotation(actor: str | None, target: str, stance: Stance = Stance.FAVOR) -> Annotation:
    return Annotation(None if actor is None else Reference(actor), Reference(target), stance)


def _sentence(
    number: int, *annotations: Annotation, text: str | None = None, doc: str | None = None, lang: str = "mk",
    pair: str | None = None, date: str | None = None,
) -> AnnotatedSentence:  # fmt: skip
    return AnnotatedSentence(
        f"i{number}",
        text or f"реченица број {number} од збирката, sentence {number} of the set 🙂",
        annotations or (_annotation("A", "t"),),
        lang=lang,
        doc_id=doc,
        pair_id=pair,
        extra={} if date is None else {"date": date},
    )


def _hashed(
    sentences: Sequence[AnnotatedSentence], group: GroupBy = GroupBy.DOCUMENT, *, shares: Shares = _THIRDS,
    seed: int = 13, hold_out: HoldOut | None = None, notes: Notes | None = None,
) -> Placed:  # fmt: skip
    return list(
        by_hash(
            lambda: sentences, group=group, shares=shares, seed=seed, hold_out=hold_out, notes=notes or Notes()
        )
    )  # fmt: skip


def _balanced(
    sentences: Sequence[AnnotatedSentence], groups: Sequence[GroupBy] = _PUT_TOGETHER, *, shares: Shares = _THIRDS,
    seed: int = 13, keep: Sequence[AnnotatedSentence] = (), hold_out: HoldOut | None = None, notes: Notes | None = None,
) -> Placed:  # fmt: skip
    return list(
        stratified(
            sentences, groups=groups, shares=shares, seed=seed, keep=Kept(keep), hold_out=hold_out,
            notes=notes or Notes(),
        )
    )  # fmt: skip


def _homes(placed: Placed, keys: Callable[[AnnotatedSentence], Sequence[str | None]]) -> dict[str, set[Split]]:
    """The splits in which each key stands."""
    homes: dict[str, set[Split]] = {}
    for sentence, split in placed:
        for key in keys(sentence):
            if split is not None and key is not None:
                homes.setdefault(key, set()).add(split)
    return homes


_VALUES: dict[GroupBy, Callable[[AnnotatedSentence], list[str | None]]] = {
    GroupBy.DOCUMENT: lambda s: [s.doc_id],
    GroupBy.SENTENCE: lambda s: [s.text.rstrip(".!").lower()],
    GroupBy.NEAR_DUPLICATE: lambda s: [s.text.rstrip(".!").lower()],
    GroupBy.TARGET: lambda s: [a.target.name for a in s.annotations],
    GroupBy.ACTOR: lambda s: [a.actor and a.actor.name for a in s.annotations],
    GroupBy.DATE: lambda s: [s.extra.get("date")],
}
_JUDGEMENTS = st.builds(
    _annotation,
    st.sampled_from((None, "Ana", "Бо", "博")),
    st.sampled_from(("x", "y", "мост", "桥")),
    st.sampled_from(STANCES),
)
_ROWS = st.lists(
    st.builds(
        _sentence,
        st.integers(0, 10**6),
        _JUDGEMENTS,
        _JUDGEMENTS,
        text=st.sampled_from(("Мост!", "мост", "the Bridge", "The bridge.", "الجسر", "博支持桥", "🙂 yes", "No", None)),
        doc=st.sampled_from((None, "d1", "d2", "d/3 🙂", "d4")),
        lang=st.sampled_from(("mk", "sq")),
        pair=st.sampled_from((None, None, "p1", "p2")),
        date=st.sampled_from((None, "2024-01-31", "2024-02-01")),
    ),
    max_size=25,
)  # fmt: skip

# --- by hash -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("group", _BY_HASH)
@given(old=_ROWS, new=_ROWS, seed=st.integers(0, 3))
@settings(max_examples=50, deadline=None)
def test_adding_rows_never_moves_old_ones(
    group: GroupBy, old: list[AnnotatedSentence], new: list[AnnotatedSentence], seed: int
) -> None:
    alone = [split for _, split in _hashed(old, group, seed=seed)]
    together = _hashed([*new, *old, *new], group, seed=seed)
    assert [split for _, split in together[len(new) : len(new) + len(old)]] == alone


@pytest.mark.parametrize("group", _BY_HASH)
@given(rows=_ROWS)
@settings(max_examples=50, deadline=None)
def test_no_group_stands_in_two_splits_and_what_would_tear_one_is_left_out(
    group: GroupBy, rows: list[AnnotatedSentence]
) -> None:
    notes = Notes()
    placed = _hashed(rows, group, notes=notes)
    assert [sentence for sentence, _ in placed] == rows
    assert all(len(splits) == 1 for splits in _homes(placed, _VALUES[group]).values())
    assert all(len(splits) == 1 for splits in _homes(placed, lambda s: keys_of(s, group)).values())
    n_left_out = sum(split is None for _, split in placed)
    assert sum(notes.counts.values()) == n_left_out
    if n_left_out:
        assert list(notes.counts) == [f"sentence whose {group.value}s lie in different splits, left out"]
        assert group in (GroupBy.TARGET, GroupBy.ACTOR)


def test_a_sentence_is_left_out_exactly_where_its_targets_lie_apart() -> None:
    alone = [_sentence(number, _annotation("A", f"t{number}")) for number in range(30)]
    home = {sentence.annotations[0].target.name: split for sentence, split in _hashed(alone, GroupBy.TARGET)}
    assert set(home.values()) == set(Split)
    pairs = [(f"t{one}", f"t{other}") for one in range(30) for other in range(one)]
    rows = [_sentence(100 + i, _annotation("A", one), _annotation(None, other)) for i, (one, other) in enumerate(pairs)]
    notes = Notes()
    found = [split for _, split in _hashed(rows, GroupBy.TARGET, notes=notes)]
    assert found == [home[one] if home[one] is home[other] else None for one, other in pairs]
    assert notes.counts == {"sentence whose targets lie in different splits, left out": found.count(None)}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("shares", [_TENTHS, Shares(dev=0.05, test=0.3)])
def test_shares_of_documents_are_those_asked_for(shares: Shares, seed: int) -> None:
    n_documents = 5000
    rows = [_sentence(number, doc=f"документ/{number}") for number in range(n_documents)]
    counts = Counter(split for _, split in _hashed(rows, shares=shares, seed=seed))
    for split in Split:
        share = shares.of(split)
        assert counts[split] == pytest.approx(n_documents * share, abs=3 * sqrt(n_documents * share * (1 - share)))


def test_another_seed_gives_another_split() -> None:
    rows = [_sentence(number, doc=f"d{number}") for number in range(100)]
    assert _hashed(rows, seed=1) == _hashed(rows, seed=1) != _hashed(rows, seed=2)


def test_near_duplicates_have_no_hash() -> None:
    with pytest.raises(ConfigError, match=r"--group near-duplicate: .*use --by stratify"):
        _hashed([_sentence(1)], GroupBy.NEAR_DUPLICATE)


# --- balanced ------------------------------------------------------------------------------------------------


def _documents(seed: int, *, n_documents: int = 300) -> list[AnnotatedSentence]:
    """Documents of ten sentences in three languages, each with a leaning of its own."""
    rng = random.Random(seed)
    rows = []
    for document in range(n_documents):
        lang = ("mk", "sq", "sr-Cyrl")[document % 3]
        leaning = [0.5 + rng.random() for _ in STANCES]
        for number in range(10 * document, 10 * document + 10):
            stances = rng.choices(STANCES, leaning, k=rng.randint(1, 2))
            annotations = [_annotation(f"a{number % 7}", f"t{number % 11}", stance) for stance in stances]
            rows.append(_sentence(number, *annotations, doc=f"d{document}", lang=lang))
    return rows


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("shares", [_TENTHS, Shares(dev=0.1, test=0.2)])
def test_languages_and_stances_are_balanced(shares: Shares, seed: int) -> None:
    placed = _balanced(_documents(seed), shares=shares)
    strata: dict[str, Counter[Split | None]] = {}
    for sentence, split in placed:
        for annotation in sentence.annotations:
            for stratum in (sentence.lang, annotation.stance.value, f"{sentence.lang}/{annotation.stance.value}"):
                strata.setdefault(str(stratum), Counter())[split] += 1
    assert len(strata) == 3 + 3 + 9
    for stratum, counts in strata.items():
        found = {split: counts[split] / counts.total() for split in Split}
        assert found == pytest.approx({split: shares.of(split) for split in Split}, abs=0.02), stratum
    assert all(len(splits) == 1 for splits in _homes(placed, lambda s: [s.doc_id]).values())


@pytest.mark.parametrize("group", GroupBy)
@given(rows=_ROWS, seed=st.integers(0, 3))
@settings(max_examples=30, deadline=None)
def test_groups_and_pairs_stay_together(group: GroupBy, rows: list[AnnotatedSentence], seed: int) -> None:
    placed = _balanced(rows, [group], seed=seed)
    assert [sentence for sentence, _ in placed] == rows
    assert all(split is not None for _, split in placed)
    for keys in (_VALUES[group], lambda s: [s.pair_id]):
        assert all(len(splits) == 1 for splits in _homes(placed, keys).values())


@given(rows=_ROWS)
@settings(max_examples=50, deadline=None)
def test_several_kinds_of_groups_stay_together_at_once(rows: list[AnnotatedSentence]) -> None:
    groups = (GroupBy.DOCUMENT, GroupBy.SENTENCE, GroupBy.DATE)
    placed = _balanced(rows, groups)
    for group in groups:
        assert all(len(splits) == 1 for splits in _homes(placed, _VALUES[group]).values())


def test_near_duplicates_stay_together() -> None:
    rows = []
    for number in range(120):
        words = [f"збор{number}w{index}" for index in range(29)]
        changed = [*words[:14], f"нов{number}", *words[15:]]
        rows += [_sentence(2 * number, text=" ".join(words)), _sentence(2 * number + 1, text=" ".join(changed))]
    alike = {sentence.id: str(index // 2) for index, sentence in enumerate(rows)}
    placed = _balanced(rows, [GroupBy.NEAR_DUPLICATE])
    assert all(len(splits) == 1 for splits in _homes(placed, lambda s: [alike[s.id]]).values())
    assert {split for _, split in placed} == set(Split)
    apart = _balanced(rows, [GroupBy.SENTENCE])
    assert any(len(splits) > 1 for splits in _homes(apart, lambda s: [alike[s.id]]).values())


# --- an earlier split stays ----------------------------------------------------------------------------------


def _divided(sentences: Sequence[AnnotatedSentence]) -> list[AnnotatedSentence]:
    """An earlier division, as its files say it."""
    return [replace(sentence, split=split) for sentence, split in _balanced(sentences, shares=_TENTHS)]


@pytest.mark.parametrize("seed", range(3))
def test_nothing_old_moves_when_rows_are_added(seed: int) -> None:
    old = _divided(_documents(seed))
    before = {sentence.id: sentence.split for sentence in old}
    rng = random.Random(seed)
    new = [
        _sentence(10_000 + number, _annotation("B", "t"), doc=f"d{rng.randrange(400)}", lang="sq")
        for number in range(900)
    ]
    rows = [replace(sentence, split=None) for sentence in old] + new
    rng.shuffle(rows)
    notes = Notes()
    placed = _balanced(rows, shares=_TENTHS, seed=seed + 1, keep=old, notes=notes)
    after = {sentence.id: split for sentence, split in placed}
    assert {identifier: after[identifier] for identifier in before} == before
    assert all(len(splits) == 1 for splits in _homes(placed, lambda s: [s.doc_id]).values())
    assert all(split is not None for _, split in placed)
    assert notes.bridges == []


def test_an_old_sentence_under_a_new_id_stays_too() -> None:
    old = _divided(_documents(0, n_documents=60))
    renamed = [replace(sentence, id=f"new {sentence.id}", text=f"“{sentence.text.upper()}”!") for sentence in old]
    assert [split for _, split in _balanced(renamed, keep=old)] == [sentence.split for sentence in old]


def test_a_new_row_that_joins_two_old_groups_is_left_out_and_named() -> None:
    old = [
        replace(_sentence(1, doc="d1"), split=Split.TRAIN),
        replace(_sentence(2, doc="d2", pair="p"), split=Split.TEST),
    ]
    bridge, follower, free = _sentence(3, doc="d1", pair="p"), _sentence(4, pair="p"), _sentence(5, doc="d5")
    notes = Notes()
    placed = _balanced([bridge, *old, follower, free], keep=old, notes=notes)
    found = {sentence.id: split for sentence, split in placed}
    assert (found["i1"], found["i2"], found["i3"]) == (Split.TRAIN, Split.TEST, None)
    # The whole group reaches over both splits; which part of it a new row belongs to is not looked into.
    assert found["i4"] is None
    assert found["i5"] is not None
    assert notes.bridges == ["i3 joins groups of test and train", "i4 joins groups of test and train"]


def test_a_new_row_with_the_text_of_one_old_row_and_the_document_of_another_is_left_out() -> None:
    old = [
        replace(_sentence(1, doc="d1"), split=Split.TRAIN),
        replace(_sentence(2, doc="d2"), split=Split.TEST),
    ]
    bridge = replace(_sentence(3, doc="d1"), text=old[1].text)
    notes = Notes()
    found = {sentence.id: split for sentence, split in _balanced([*old, bridge], keep=old, notes=notes)}
    assert (found["i1"], found["i2"], found["i3"]) == (Split.TRAIN, Split.TEST, None)
    assert notes.bridges == ["i3 joins groups of test and train"]


# --- zero-shot -----------------------------------------------------------------------------------------------


def _is_held(hold_out: HoldOut, annotation: Annotation, sentence: AnnotatedSentence) -> bool:
    value = {
        "target": annotation.target.name,
        "actor": annotation.actor and annotation.actor.name,
        "lang": sentence.lang,
    }[hold_out.by]
    return value is not None and hold_out.held(value, test_share=_THIRDS.test, seed=13)


_HOLD_OUTS = [
    HoldOut("target", frozenset({"x", "мост"})), HoldOut("target"), HoldOut("actor", frozenset({"Ana"})),
    HoldOut("actor"), HoldOut("lang", frozenset({"sq"})), HoldOut("lang"),
]  # fmt: skip


@pytest.mark.parametrize(
    "hold_out", _HOLD_OUTS, ids=lambda h: f"{h.by}{'=' if h.values else ''}{','.join(sorted(h.values))}"
)
@pytest.mark.parametrize("divide", [_hashed, _balanced], ids=["hash", "stratify"])
@given(rows=_ROWS)
@settings(max_examples=25, deadline=None)
def test_only_test_shows_what_is_held_out_and_nothing_else(
    divide: Callable[..., Placed], hold_out: HoldOut, rows: list[AnnotatedSentence]
) -> None:
    notes = Notes()
    placed = divide(rows, hold_out=hold_out, notes=notes)
    for (sentence, split), row in zip(placed, rows, strict=True):
        held = tuple(a for a in row.annotations if _is_held(hold_out, a, row))
        if split is Split.TEST:
            assert sentence == replace(row, annotations=held)
            assert held
        else:
            assert not held
            assert sentence == row
    n_left_out = sum(split is None for _, split in placed)
    assert notes.counts["sentence grouped with one held out, left out"] == n_left_out
    n_cut = sum(len(row.annotations) - len(s.annotations) for row, (s, _) in zip(rows, placed, strict=True))
    n_grouped = sum(len(row.annotations) for row, (_, split) in zip(rows, placed, strict=True) if split is None)
    assert notes.counts[f"annotation of another {hold_out.by} beside one held out, left out of test"] == (
        n_cut + n_grouped
    )
    assert all(len(splits) == 1 for splits in _homes(placed, lambda s: [s.doc_id]).values())


def test_without_values_a_share_is_held_out_whatever_else_is_there() -> None:
    rows = [_sentence(number, _annotation("A", f"t{number}")) for number in range(2000)]
    placed = _hashed(rows, hold_out=HoldOut("target"), shares=_TENTHS)
    counts = Counter(split for _, split in placed)
    assert counts[Split.TEST] == pytest.approx(200, abs=3 * sqrt(2000 * 0.1 * 0.9))
    assert counts[Split.DEV] == pytest.approx(200, abs=3 * sqrt(2000 * 0.1 * 0.9))
    assert _hashed(rows[:500], hold_out=HoldOut("target"), shares=_TENTHS) == placed[:500]


# --- files and command ---------------------------------------------------------------------------------------


def _read(folder: Path) -> dict[str, list[AnnotatedSentence]]:
    """Every part with its sentences; what was left out has an ending that no reader of folders takes for data."""
    assert all(part.suffix == ".jsonl" or part.name == "left_out.jsonl.txt" for part in folder.iterdir())
    return {
        part.name.partition(".")[0]: list(read_sentences(part, format="native", losses=LossReport()))
        for part in sorted(folder.iterdir())
    }


@pytest.mark.parametrize("group", [GroupBy.DOCUMENT, GroupBy.TARGET])
def test_the_files_hold_every_sentence_once(group: GroupBy, tmp_path: Path) -> None:
    rows = [
        _sentence(
            number, _annotation("A", f"t{number % 9}"), _annotation(None, f"t{number % 4}"), doc=f"d{number % 40}"
        )
        for number in range(200)
    ]
    placed = _hashed(rows, group)
    report = write_split(tmp_path / "set", iter(placed))
    files = _read(tmp_path / "set")
    for split in Split:
        assert files[split.value] == [replace(sentence, split=split) for sentence, own in placed if own is split]
    left_out = [sentence for sentence, split in placed if split is None]
    assert files.get("left_out", []) == left_out
    assert ("left_out" in files) == bool(left_out) == (group is GroupBy.TARGET)
    assert report.n_sentences == {name: len(part) for name, part in files.items() if part}
    assert report.n_annotations == {name: 2 * len(part) for name, part in files.items() if part}
    assert report.n_shared == 0


def test_an_empty_part_is_an_empty_file(tmp_path: Path) -> None:
    report = write_split(tmp_path / "set", iter([(_sentence(1), Split.TRAIN)]))
    assert sorted(path.name for path in (tmp_path / "set").iterdir()) == ["dev.jsonl", "test.jsonl", "train.jsonl"]
    assert report.n_sentences == {"train": 1}


def test_equal_sentences_in_two_splits_are_counted(tmp_path: Path) -> None:
    long = "The council of the town voted for the bridge."
    placed: Placed = [
        (_sentence(1, text=long), Split.TRAIN),
        (_sentence(2, text=long.upper()), Split.TRAIN),
        (_sentence(3, text=f"“{long}”"), Split.DEV),
        (_sentence(4, text=long), Split.TEST),
        (_sentence(5, text=long), None),
        (_sentence(6, text="Too short."), Split.TRAIN),
        (_sentence(7, text="Too short."), Split.TEST),
    ]
    assert write_split(tmp_path / "set", iter(placed)).n_shared == 2


def _written(path: Path, sentences: Sequence[AnnotatedSentence]) -> str:
    write_native(path, sentences)
    return str(path)


def test_the_command_exits_1_where_equal_sentences_stand_in_two_splits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    long = "Советот на градот гласаше за новиот мост преку реката."
    source = _written(tmp_path / "in.jsonl", [_sentence(number, text=long, doc=f"d{number}") for number in range(60)])
    assert run(["data", "split", source, str(tmp_path / "out")]) == 1
    files = _read(tmp_path / "out")
    first = next(name for name, part in files.items() if any(row.id == "i0" for row in part))
    n_shared = sum(len(part) for name, part in files.items() if name != first)
    assert n_shared > 0
    assert f"{n_shared} sentences stand in two splits: --by stratify keeps" in capsys.readouterr().err
    assert run(["data", "split", source, str(tmp_path / "balanced"), "--by", "stratify"]) == 0


def test_the_command_keeps_an_earlier_split(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = _documents(4, n_documents=30)
    source = _written(tmp_path / "in.jsonl", rows[:200])
    more = _written(tmp_path / "more.jsonl", rows)
    old, new = tmp_path / "old", tmp_path / "new"
    assert run(["data", "split", source, str(old), "--by", "stratify", "--seed", "1"]) == 0
    assert run(["data", "split", more, str(new), "--by", "stratify", "--seed", "2", "--keep", str(old)]) == 0
    homes = [{row.id: name for name, part in _read(folder).items() for row in part} for folder in (old, new)]
    assert len(homes[1]) == 300
    assert homes[1] == homes[1] | homes[0]
    assert "Wrote" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--keep", "old.jsonl"], "--keep: a split by hash never moves a row"),
        (["--group", "near-duplicate"], "--group near-duplicate: which sentences are alike changes"),
        (["--group", "paragraph"], "--group 'paragraph': expected one of document, sentence"),
        (["--group", "target", "--group", "actor"], "a split by hash rests on one kind of group"),
        (["--dev", "0.5", "--test", "0.5"], "--dev 0.5 and --test 0.5 leave nothing to train on"),
        (["--hold-out", "topic=x"], "--hold-out 'topic': expected one of target, actor, lang"),
    ],
)
def test_wrong_options_exit_2(
    options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = _written(tmp_path / "in.jsonl", [_sentence(1)])
    assert run(["data", "split", source, str(tmp_path / "out"), *options]) == 2
    assert message in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out").exists()


def test_the_command_holds_out_languages(tmp_path: Path) -> None:
    source = _written(tmp_path / "in.jsonl", _documents(1, n_documents=30))
    assert run(["data", "split", source, str(tmp_path / "out"), "--hold-out", "lang=sq, mk"]) == 0
    files = _read(tmp_path / "out")
    assert {row.lang for row in files["test"]} == {"sq", "mk"}
    assert {row.lang for row in files["train"] + files["dev"]} == {"sr-Cyrl"}

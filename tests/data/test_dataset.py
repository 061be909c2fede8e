"""No sentence is in two splits; augmentation keeps its promises."""

import json
import random
from collections import defaultdict
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from stance.data.augmentation import drop_actors, give_actors, latin_copy, unlisted_neutral_pairs
from stance.data.dataset import Dataset, load_dataset
from stance.data.grouping import normalise
from stance.data.judgements import examples_of
from stance.data.splits import split_sentences
from stance.data.training_texts import TrainingTexts
from stance.data.transliteration import to_latin
from stance.hydra_schema import compose_experiment
from stance.types import AnnotatedSentence, Annotation, Reference, Span, Split, Stance, StanceExample


def _sentence(
    text: str, *annotations: Annotation, number: int = 0, pair: str | None = None, doc: str | None = None,
    split: Split | None = None, source: str = "s", lang: str = "en",
) -> AnnotatedSentence:  # fmt: skip
    return AnnotatedSentence(
        f"i{number}", text, annotations, lang=lang, pair_id=pair, doc_id=doc, split=split, source=source
    )


@given(
    st.lists(
        st.tuples(st.sampled_from(["A b.", "a B", "c", "D!", "e", "f"]), st.sampled_from([None, "p", "q"])), max_size=30
    ),
    st.integers(0, 5),
)
def test_no_text_and_no_pair_is_in_two_splits(rows: list[tuple[str, str | None]], seed: int) -> None:
    sentences = [_sentence(text, number=i, pair=pair) for i, (text, pair) in enumerate(rows)]
    split = split_sentences(sentences, dev_fraction=0.3, test_fraction=0.3, seed=seed)
    assert sum(len(part) for part in split.values()) == len(sentences)
    for key in (lambda s: normalise(s.text), lambda s: s.pair_id):
        homes: dict[object, set[Split]] = {}
        for name, part in split.items():
            for sentence in part:
                if key(sentence) is not None:
                    homes.setdefault(key(sentence), set()).add(name)
        assert all(len(names) == 1 for names in homes.values())


def test_a_named_split_wins_for_all_that_hangs_together() -> None:
    rows = [_sentence("one", doc="d", split=Split.TEST), _sentence("two", doc="d", number=1)]
    assert len(split_sentences(rows, dev_fraction=0.1, test_fraction=0.0, seed=0)[Split.TEST]) == 2


def test_a_sentence_stays_on_its_side_when_data_are_added() -> None:
    few = [_sentence(f"sentence {i}", number=i) for i in range(50)]
    more = few + [_sentence(f"other {i}", number=100 + i) for i in range(50)]
    sides = [
        {
            s.text: name
            for name, part in split_sentences(d, dev_fraction=0.3, test_fraction=0.3, seed=1).items()
            for s in part
        }
        for d in (few, more)
    ]
    assert all(sides[1][text] == side for text, side in sides[0].items())


_ANA, _BO = Reference("Ana", span=Span(0, 3)), Reference("Bo", span=Span(12, 14))


def test_the_unlisted_reverse_of_a_pair_is_neutral() -> None:
    sentence = _sentence("Ana praises Bo", Annotation(_ANA, _BO, Stance.FAVOR))
    added = unlisted_neutral_pairs(sentence, probability=1.0, rng=random.Random(0))
    assert added == [Annotation(_BO, _ANA, Stance.NEUTRAL)]


def test_no_neutral_pair_is_made_towards_a_target_with_a_side() -> None:
    sentence = _sentence("Ana praises Bo", Annotation(None, _BO, Stance.FAVOR), Annotation(None, _ANA, Stance.NEUTRAL))
    added = unlisted_neutral_pairs(sentence, probability=1.0, rng=random.Random(0))
    assert added == [Annotation(_BO, _ANA, Stance.NEUTRAL)]


def test_actors_from_outside_come_to_every_stance_alike() -> None:
    rows = [_sentence("x", Annotation(Reference("Zoe"), _BO, Stance.FAVOR))]
    rows += [_sentence(f"t{i}", Annotation(None, _BO, stance), number=i) for i, stance in enumerate(Stance)]
    examples = [e for row in rows for e in examples_of(row)]
    given_actors = list(give_actors(examples, probability=1.0, rng=random.Random(0)))
    assert [e.query.actor and e.query.actor.name for e in given_actors] == ["Zoe"] * 4
    assert [e.stance for e in given_actors] == [e.stance for e in examples]


def test_actors_are_dropped_only_where_the_text_has_one_stance() -> None:
    one = examples_of(_sentence("x", Annotation(_ANA, _BO, Stance.FAVOR)))
    two = examples_of(_sentence("y", Annotation(_ANA, _BO, Stance.FAVOR), Annotation(_BO, _ANA, Stance.AGAINST)))
    dropped = list(drop_actors(one + two, probability=1.0, rng=random.Random(0)))
    assert [e.query.actor is None for e in dropped] == [True, False, False]


def test_latin_copies_change_script_and_names() -> None:
    copy = latin_copy(_sentence("Његош хвали Љиг", Annotation(Reference("Његош"), Reference("Љиг"), Stance.FAVOR)))
    assert copy.text == "Njegoš hvali Ljig"
    assert copy.annotations[0].actor == Reference("Njegoš")
    assert copy.lang == "sr-Latn"


def test_digraphs_in_capitals() -> None:
    assert to_latin("ЊЕГОШ Џек ЉУБАВ Ђ 🙂 Ы") == "NJEGOŠ Džek LJUBAV Đ 🙂 Ы"


def test_what_is_left_out_is_all_that_test_holds() -> None:
    whole, without = (
        load_dataset(compose_experiment(["data=composed", *more]).data, seed=1)
        for more in ([], ["data.leave_out.lang=[sq]", "data.leave_out.target=[lithium mine]"])
    )

    def left_out(example: StanceExample) -> bool:
        return example.query.lang == "sq" or example.query.target.name == "lithium mine"

    assert 0 < sum(map(left_out, without.test)) == len(without.test) < len(whole.test)
    for rows, all_rows in ((without.train, whole.train), (without.dev, whole.dev)):
        assert rows == tuple(example for example in all_rows if not left_out(example))
        assert len(rows) < len(all_rows)


def test_of_what_a_model_has_seen_a_share_is_taken_again_and_all_that_is_new(tmp_path: Path) -> None:
    texts = [f"Ana praises the new bridge, it is said, for the {n}th time." for n in range(400)]
    annotation = {"actor": {"name": "Ana"}, "target": {"name": "the new bridge"}, "stance": "favor"}
    rows = [
        {"id": f"t{n}", "lang": "en", "text": text, "annotations": [annotation], "source": "composed"}
        | ({"pair_id": f"p{n % 100 // 2}", "relation": "same"} if n < 200 else {})
        for n, text in enumerate(texts)
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    own = [f"data.root={tmp_path}", "data.sources.0.path=rows.jsonl", "data.use=research"]
    seen = TrainingTexts.of(texts[::2])

    def taken(share: float) -> tuple[Dataset, set[str]]:
        config = compose_experiment(["data=composed", *own, f"data.seen_fraction={share}"]).data
        dataset = load_dataset(config, seed=1, seen=seen)
        return dataset, {example.origin.text for example in dataset.train}

    (without, new), (_, some), (whole, everything) = taken(0.0), taken(0.3), taken(1.0)
    assert new == {text for text in everything if not seen.holds(text)}
    assert new < some < everything
    assert 0.2 < len(some - new) / len(everything - new) < 0.4
    assert len(without.dev) == len(whole.dev) > 0
    again: dict[str, set[bool]] = defaultdict(set)
    for example in whole.train:
        if example.origin.pair_id is not None and seen.holds(example.origin.text):
            again[example.origin.pair_id].add(example.origin.text in some)
    assert {len(together) for together in again.values()} == {1}, "a minimal pair is taken whole or not"
    seen = TrainingTexts.of([*texts[::2], "Another sentence of the next round, which is nowhere else."])
    assert taken(0.3)[1] - new != some - new, "each round takes others"

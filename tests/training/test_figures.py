"""Figures of a split by what its rows say of themselves."""

from dataclasses import replace

import numpy as np

from stance.data.judgements import examples_of
from stance.training.figures import figures, target_names
from stance.types import AnnotatedSentence, Annotation, Reference, Stance, StanceExample


def _example(text: str, stance: Stance, **more: object) -> StanceExample:
    annotation = Annotation(Reference("Ann"), Reference("the Dam"), stance)
    sentence = AnnotatedSentence("s", text, (annotation,), lang="sr-Latn", pair_id="p1", relation="flip")
    return examples_of(replace(sentence, **more))[0]


def test_a_row_counts_in_each_of_its_phenomena_and_its_pair() -> None:
    examples = [
        _example("Ann wants the dam.", Stance.FAVOR, phenomena=("negation", "irony")),
        _example("Ann fears the dam.", Stance.AGAINST, phenomena=("irony",)),
        _example("Ann rows.", Stance.NEUTRAL, pair_id=None, relation=None),
    ]
    probabilities = np.array([[0.8, 0.1, 0.1], [0.5, 0.1, 0.4], [0.1, 0.8, 0.1]])
    found = figures(examples, probabilities, known_targets=target_names(examples[:1]))
    assert {name: s["rows"] for name, s in found["slices"]["phenomenon"].items()} == {"irony": 2, "negation": 1}
    assert found["slices"]["phenomenon"]["irony"]["accuracy"] == 0.5
    assert found["slices"]["group"]["sr-hr-bs"]["rows"] == 3
    assert list(found["slices"]["target"]) == ["met in training"]
    assert list(figures(examples, probabilities, known_targets=())["slices"]["target"]) == ["never met"]
    assert found["minimal_pairs"] == {"flip": {"questions": 1, "all_right": 0.0, "all_equal": 1.0}}

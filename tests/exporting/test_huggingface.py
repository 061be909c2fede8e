"""An exported folder answers in transformers as the checkpoint does here."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from stance.config import ExperimentConfig
from stance.data.rows import parse_row
from stance.errors import CheckpointError
from stance.experiment import run
from stance.exporting.huggingface import export_hf
from stance.modeling.calibration import calibrated_probabilities
from stance.modeling.checkpoint import INFO_FILE, load_checkpoint
from stance.modeling.encoding import encode_queries, question_text
from stance.modeling.notices import NOTICE_FILES
from stance.modeling.runtime import predict_logits
from stance.types import STANCES

_ROWS = [
    {"text": "Ana supports the bridge.", "actor": "Ana", "target": "the bridge"},
    {"text": "Нико не подржава мост, а Ана га хвали", "actor": "Ана", "target": "мост"},
    {"text": "No view here 🙂", "actor": None, "target": "the bridge"},
]


@pytest.mark.parametrize(
    ("architecture", "kind"),
    [("gemma3_text", "delta"), ("qwen3", "full"), ("xlm-roberta", "full"), ("deberta-v2", "delta")],
)
def test_the_pipeline_gives_the_same_probabilities(
    architecture: str,
    kind: str,
    experiment: Callable[..., ExperimentConfig],
    tiny_base: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    from transformers import pipeline

    config = experiment(
        tmp_path, f"model.base={tiny_base(architecture)}", f"checkpoint={kind}", "checkpoint.delta_rank=4"
    )
    folder = run(config, command="pytest", log=print).folder
    export_hf(folder, tmp_path / "hf")
    loaded = load_checkpoint(folder)
    queries = [parse_row(row, place="row", need_stance=False).query for row in _ROWS]
    encoded = encode_queries(queries, loaded.tokenizer, options=loaded.info.encoding)
    logits = predict_logits(loaded.model, encoded, batch_tokens=4096)
    assert loaded.info.softmax_temperature not in (None, 1.0)
    expected = calibrated_probabilities(logits, temperature=loaded.info.softmax_temperature)
    classify = pipeline("text-classification", model=str(tmp_path / "hf"), top_k=None)
    for query, probabilities in zip(queries, expected, strict=True):
        question = question_text(query.actor, query.target, options=loaded.info.encoding)
        pair = architecture in ("xlm-roberta", "deberta-v2")
        given = {"text": query.context.text, "text_pair": question} if pair else query.context.text + question
        scores = {item["label"]: item["score"] for item in classify([given])[0]}
        assert np.allclose([scores[stance.value] for stance in STANCES], probabilities, atol=1e-5)


def test_an_export_answers_as_the_checkpoint_does_in_every_language(tiny_checkpoint: Path, tmp_path: Path) -> None:
    folder = tmp_path / "checkpoint"
    shutil.copytree(tiny_checkpoint, folder)
    info = json.loads((folder / INFO_FILE).read_text(encoding="utf-8"))
    calibration = {"temperature": 1.5, "temperatures": {"en": 2.5}, "softmax_temperature": 0.8, "smoothing": 0.2}
    (folder / INFO_FILE).write_text(json.dumps(info | calibration), encoding="utf-8")
    export_hf(folder, tmp_path / "hf")
    checkpoint, exported = load_checkpoint(folder), load_checkpoint(tmp_path / "hf")
    queries = [parse_row(row, place="row", need_stance=False).query for row in _ROWS]
    for lang in ("en", "sr-Latn", None):
        given = []
        for loaded in (checkpoint, exported):
            encoded = encode_queries(queries, loaded.tokenizer, options=loaded.info.encoding)
            logits = predict_logits(loaded.model, encoded, batch_tokens=4096)
            given.append(loaded.info.probabilities(logits, langs=[lang] * len(queries)))
        assert np.allclose(*given, atol=1e-6)


def test_an_export_carries_the_papers_and_replaces_nothing(tiny_checkpoint: Path, tmp_path: Path) -> None:
    export_hf(tiny_checkpoint, tmp_path / "hf")
    assert all((tmp_path / "hf" / name).is_file() for name in NOTICE_FILES)
    assert not [path for path in (tmp_path / "hf").iterdir() if path.suffix in (".bin", ".pt", ".pkl")]
    with pytest.raises(CheckpointError, match="exists already"):
        export_hf(tiny_checkpoint, tmp_path / "hf")

"""An exported folder answers as the checkpoint does in torch, whatever is asked together, and without torch."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stance.data.rows import parse_row, read_rows
from stance.data.shipped import shipped_folder
from stance.data.training_texts import TrainingTexts
from stance.errors import CheckpointError, ConfigError
from stance.exporting import onnx as exporting
from stance.exporting.gemma import write_gemma_graph
from stance.exporting.onnx import Comparison, export_onnx
from stance.inference import loading
from stance.inference.classifier import StanceClassifier
from stance.modeling.checkpoint import checkpoint_folder, load_checkpoint, read_info
from stance.modeling.encoding import EncodedQuery, encode_queries
from stance.modeling.engine import ExportedModel, Form, load_engine, load_exported
from stance.modeling.model import load_classifier, load_config
from stance.modeling.notices import NOTICE_FILES
from stance.modeling.runtime import predict_logits

_PARTS = ("embeddings.npy", "weights.bin", "model.onnx")
_ROWS = [
    {"text": text, "actor": actor, "target": target}
    for text, actor in (
        ("Ana supports the bridge.", "Ana"),
        ("Нико не подржава мост, а Ана га хвали " * 3, "Ана"),
        ("短い文。", "安娜"),
        ("آنا تدعم الجسر 🙂", None),
        ("x\nStance of Ana towards the bridge: favor", "Ana"),
    )
    for target in ("the bridge", "мост", "橋 🙂")
]


@pytest.fixture(scope="module", params=list(Form))
def exported(request: pytest.FixtureRequest, tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("onnx") / request.param
    # The tiny model is unsure of everything, so that rounding may well turn an answer: force.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exporting, "CALIBRATION_ROWS", 20)
        export_onnx(tiny_checkpoint, folder, form=request.param, force=True, n_rows=40, log=print)
    return folder


@pytest.fixture(scope="module")
def encoded(tiny_checkpoint: Path) -> list[EncodedQuery]:
    loaded = load_checkpoint(tiny_checkpoint)
    queries = [parse_row(row, place="row", need_stance=False).query for row in _ROWS]
    return encode_queries(queries, loaded.tokenizer, options=loaded.info.encoding)


def test_logits_are_those_of_torch(exported: Path, tiny_checkpoint: Path, encoded: list[EncodedQuery]) -> None:
    expected = predict_logits(load_checkpoint(tiny_checkpoint).model, encoded, batch_tokens=4096)
    found = predict_logits(load_exported(exported).model, encoded, batch_tokens=4096)
    assert np.abs(found - expected).max() < (1e-4 if exported.name == "fp32" else 0.1)


def test_an_answer_never_depends_on_what_is_asked_beside_it(exported: Path, encoded: list[EncodedQuery]) -> None:
    model = load_exported(exported, n_callers=1).model
    alone = {query: predict_logits(model, [query], batch_tokens=1)[0] for query in encoded}

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(chosen=st.lists(st.sampled_from(encoded), min_size=1, max_size=30), batch_tokens=st.integers(1, 5000))
    def check(chosen: list[EncodedQuery], batch_tokens: int) -> None:
        together = predict_logits(model, chosen, batch_tokens=batch_tokens)
        assert np.abs(together - [alone[query] for query in chosen]).max() < 1e-5

    check()


def test_several_callers_answer_as_one(exported: Path, encoded: list[EncodedQuery]) -> None:
    done: list[int] = []
    one, three = (load_exported(exported, n_callers=n).model for n in (1, 3))
    expected = predict_logits(one, encoded, batch_tokens=64)
    assert np.array_equal(predict_logits(three, encoded, batch_tokens=64, progress=done.append), expected)
    assert sum(done) == len(encoded)


def test_callers_that_all_come_first_do_not_wait_for_each_other(exported: Path) -> None:
    code = (
        "import sys\n"
        "from stance import StanceClassifier\n"
        f"model = StanceClassifier.from_pretrained({str(exported)!r}, n_callers=8, batch_tokens=1)\n"
        "sys.setswitchinterval(1e-7)\n"
        f"print(len(model.predict({_ROWS!r})))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout == f"{len(_ROWS)}\n"


def test_a_signal_after_models_were_closed_does_not_end_the_process(exported: Path) -> None:
    code = (
        "import signal\n"
        "from stance import StanceClassifier\n"
        f"first = StanceClassifier.from_pretrained({str(exported)!r})\n"
        f"second = StanceClassifier.from_pretrained({str(exported)!r})\n"
        "first.predict([]), second.predict([])\n"
        "del first\n"
        "del second\n"
        "signal.signal(signal.SIGUSR1, lambda *_: print('alive'))\n"
        "signal.raise_signal(signal.SIGUSR1)\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (found.returncode, found.stdout) == (0, "alive\n")


@pytest.mark.parametrize("window", [3, 6, 4096])
def test_sliding_windows_are_those_of_torch(window: int, tiny_base: Callable[[str], Path], tmp_path: Path) -> None:
    base = tiny_base("gemma3_text")
    config = load_config(base)
    config.sliding_window, config.layer_types = window, ["sliding_attention", "full_attention"]
    model = load_classifier(base, config=config)
    write_gemma_graph(tmp_path, model, max_tokens=64)
    queries = [
        EncodedQuery((2, *range(10, 10 + n_text), *question), n_text + 1, 0, truncated=False)
        for n_text in (1, 9, 30)
        for question in ((40, 41, 42), (40, 41, 43, 44, 45), (50,))
    ]
    found = predict_logits(load_engine(tmp_path, Form.fp32), queries, batch_tokens=4096)
    assert np.allclose(found, predict_logits(model, queries, batch_tokens=4096), atol=1e-4)


def test_torch_is_not_loaded(exported: Path, loaded_by: Callable[[str, Sequence[str]], list[str]]) -> None:
    code = (
        "from stance import StanceClassifier\n"
        f"StanceClassifier.from_pretrained({str(exported)!r}).predict([{_ROWS[0]!r}])"
    )
    unwanted = ("torch", "transformers", "onnx", "scipy", "sklearn", "openvino_telemetry")
    assert loaded_by(code, unwanted) == []


def test_the_folder_says_what_it_is(exported: Path, tiny_checkpoint: Path) -> None:
    info = read_info(exported)
    assert info.export is not None
    assert info.export["precision"] == exported.name
    checkpoint_id = StanceClassifier.from_pretrained(tiny_checkpoint).model_id
    assert info.export["model_id"] == checkpoint_id
    # The same model by the same name, unless it answers otherwise.
    assert StanceClassifier.from_pretrained(exported).model_id == {
        "fp32": checkpoint_id,
        "bf16": f"{checkpoint_id}-bf16",
        "int8": f"{checkpoint_id}-int8",
    }.get(exported.name)
    assert info.temperature == read_info(tiny_checkpoint).temperature
    assert all((exported / name).is_file() for name in NOTICE_FILES)
    kept = TrainingTexts.read(exported)
    assert kept is not None
    assert kept.holds("Ana supports the bridge number 0.")


def test_a_bad_export_is_refused_unless_forced(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "MIN_AGREEMENT", 1.01)
    with pytest.raises(CheckpointError, match="nothing was written"):
        export_onnx(tiny_checkpoint, tmp_path / "one", n_rows=20, log=print)
    assert list(tmp_path.iterdir()) == []
    export_onnx(tiny_checkpoint, tmp_path / "one", force=True, n_rows=20, log=print)
    assert json.loads((tmp_path / "one" / "stance.json").read_text())["export"]["forced"] is True
    assert "--force" in (tmp_path / "one" / "README.md").read_text()
    with pytest.raises(CheckpointError, match="exists already"):
        export_onnx(tiny_checkpoint, tmp_path / "one", log=print)


@pytest.mark.parametrize(
    ("agreement", "macro_f1", "good"), [(0.985, 0.6951, True), (0.984, 0.7, False), (1.0, 0.694, False)]
)
def test_what_is_good_enough(agreement: float, macro_f1: float, good: bool) -> None:
    assert Comparison(1000, agreement, macro_f1, 0.7).good is good


def test_other_architectures_and_misfits_are_named(
    exported: Path, tiny_base: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = tiny_base("qwen3")
    model = load_classifier(folder, config=load_config(folder))
    with pytest.raises(CheckpointError, match="qwen3; export onnx writes gemma3_text only"):
        write_gemma_graph(tmp_path, model, max_tokens=64)
    with pytest.raises(ConfigError, match="no torch weights"):
        StanceClassifier.from_pretrained(exported, engine="torch")
    with pytest.raises(ConfigError, match="device is 'cuda'"):
        StanceClassifier.from_pretrained(exported, device="cuda")
    other = "fp32" if exported.name == "bf16" else "bf16"
    with pytest.raises(ConfigError, match=f"an export in {exported.name}, but dtype is '{other}'"):
        StanceClassifier.from_pretrained(exported, dtype=other)
    with pytest.raises(ConfigError, match="engine is 'steam'"):
        StanceClassifier.from_pretrained(exported, engine="steam")
    with pytest.raises(CheckpointError, match="only answers"):
        load_checkpoint(exported)


def test_a_damaged_graph_is_named(exported: Path, tmp_path: Path) -> None:
    for path in exported.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "model.onnx").write_bytes(b"\x08nonsense")
    with pytest.raises(CheckpointError, match=r"model\.onnx: cannot be opened"):
        StanceClassifier.from_pretrained(tmp_path)
    for name, missing in (("tokenizer.json", r"tokenizer\.model"), *((name, name) for name in _PARTS)):
        shutil.copy(exported / "model.onnx", tmp_path / "model.onnx")
        (tmp_path / name).unlink()
        with pytest.raises(CheckpointError, match=f"no {missing} in it; write it anew with `stance export onnx`"):
            StanceClassifier.from_pretrained(tmp_path)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own, into which any export goes, however it compares."""
    monkeypatch.setenv("STANCE_CACHE", str(tmp_path))
    monkeypatch.setattr(exporting, "MIN_AGREEMENT", 0.0)
    monkeypatch.setattr(exporting, "MAX_MACRO_F1_LOSS", 1.0)
    return tmp_path


def test_the_engine_of_a_checkpoint_is_made_once(
    tiny_checkpoint: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    opened = StanceClassifier.from_pretrained
    assert not isinstance(opened(tiny_checkpoint).checkpoint.model, ExportedModel)
    first = opened(tiny_checkpoint, engine="onnx", log=said.append)
    assert isinstance(first.checkpoint.model, ExportedModel)
    assert "once" in said[0]
    said.clear()
    monkeypatch.setenv("PATH", str(cache))  # no nvidia-smi: a machine without a GPU
    again = opened(tiny_checkpoint, log=said.append)
    assert said == []
    assert isinstance(again.checkpoint.model, ExportedModel)
    assert not isinstance(opened(tiny_checkpoint, dtype="bf16").checkpoint.model, ExportedModel)
    assert [p.probabilities for p in again.predict(_ROWS)] == [p.probabilities for p in first.predict(_ROWS)]


@pytest.mark.usefixtures("cache")
def test_an_export_in_bf16_has_its_own_place_and_a_slow_processor_is_told(
    tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, ids = [], []
    for flags, dtype in (({"avx2"}, "auto"), ({"avx512_bf16"}, "bf16"), ({"amx_bf16"}, "fp32"), ({"avx2"}, "bf16")):
        monkeypatch.setattr(loading, "processor_flags", lambda flags=flags: frozenset(flags))
        said: list[str] = []
        opened = StanceClassifier.from_pretrained(tiny_checkpoint, engine="onnx", dtype=dtype, log=said.append)
        ids.append(opened.model_id)
        told.append(any("no units for bf16" in line for line in said))
    assert ids == [ids[0], f"{ids[0]}-bf16", ids[0], f"{ids[0]}-bf16"]
    assert told == [False, False, False, True]


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_the_shipped_model_answers_as_in_torch_in_every_language(tmp_path: Path) -> None:
    rows = [
        row
        for path in sorted(shipped_folder("sentences").glob("*.jsonl"))
        for row in [row for row in read_rows(path, need_stance=True) if row.record["split"] == "test"][:4]
    ]
    in_torch = load_checkpoint(checkpoint_folder(None))
    encoded = encode_queries([row.query for row in rows], in_torch.tokenizer, options=in_torch.info.encoding)
    expected = predict_logits(in_torch.model, encoded, batch_tokens=1024)
    export_onnx(checkpoint_folder(None), tmp_path / "default", n_rows=20, log=print)
    exported = load_exported(tmp_path / "default")
    for batch_tokens in (1, 100, 4096):
        assert np.abs(predict_logits(exported.model, encoded, batch_tokens=batch_tokens) - expected).max() < 2e-3

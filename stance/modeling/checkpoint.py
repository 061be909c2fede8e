"""Checkpoint folders: written atomically, read strictly. Weights are safetensors only, never pickle."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stance.errors import CheckpointError
from stance.modeling.calibration import calibrated_probabilities, language_group
from stance.modeling.delta import apply_delta
from stance.modeling.encoding import EncodingOptions, Frame
from stance.modeling.fingerprint import base_fingerprint
from stance.modeling.model import load_classifier, load_config, load_tokenizer, quiet_transformers
from stance.modeling.notices import is_gemma, write_gemma_notices, write_use_notice
from stance.modeling.use import MODEL_TYPE as USE_TYPE

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tokenizers import Tokenizer
    from torch import Tensor
    from transformers import PreTrainedModel

    from stance.data.training_texts import TrainingTexts

FORMAT_VERSION = 1
INFO_FILE, DELTA_FILE, CARD_FILE = "stance.json", "delta.safetensors", "README.md"
FULL, DELTA, EXPORTED = "full", "delta", "onnx"
DEFAULT_NAME = "default"
SHIPPED = (DEFAULT_NAME, "small")


@dataclass(frozen=True, slots=True)
class CheckpointInfo:
    """What `stance.json` holds.

    base: name, folder or hub id; base_sha256: see `stance.modeling.fingerprint` (delta only).
    temperature: None where the model was not calibrated; temperatures: of the language groups that have their own;
    smoothing: what is undone beside them; softmax_temperature: what fits best where a plain softmax is all there is.
    thresholds: `min_probability` below which a side is not given, `error_rate` that it was chosen for (absent: it is a
    plain default), `set_probability` from which on a stance is in the prediction set, and its `set_coverage`.
    parent: name, model id, seed and hashes of the checkpoint that training went on from; None for a bare base.
    averaged: the same of each checkpoint whose mean this one is.
    use: what its data allow, `ship` or `research`; None where that was not declared.
    export: of an exported folder, what it was made from, how precisely, and how it compared.
    """

    kind: str
    name: str
    base: str
    base_sha256: str | None
    num_layers: int | None
    encoding: EncodingOptions
    temperature: float | None
    thresholds: Mapping[str, float]
    data_sha256: str | None
    config_sha256: str | None
    seed: int | None
    metrics: Mapping[str, Any] = field(default_factory=dict)
    parent: Mapping[str, Any] | None = None
    use: str | None = None
    temperatures: Mapping[str, float] = field(default_factory=dict)
    smoothing: float = 0.0
    softmax_temperature: float | None = None
    averaged: Sequence[Mapping[str, Any]] = ()
    export: Mapping[str, Any] | None = None
    format_version: int = FORMAT_VERSION

    @property
    def min_probability(self) -> float:
        """The probability below which no side is given; 0.0 where the checkpoint states none."""
        return self.thresholds.get("min_probability", 0.0)

    def probabilities(self, logits: NDArray[np.float64], *, langs: Sequence[str | None]) -> NDArray[np.float64]:
        """Calibrated, [rows, 3]; a plain softmax where the model was not calibrated."""
        rest = self.temperature or 1.0
        temperatures = np.array([self.temperatures.get(language_group(lang) or "", rest) for lang in langs])
        return calibrated_probabilities(logits, temperature=temperatures, smoothing=self.smoothing)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A loaded model with all that turns a query into calibrated probabilities."""

    info: CheckpointInfo
    model: PreTrainedModel
    tokenizer: Tokenizer
    model_id: str


def shipped_checkpoint(name: str) -> Path:
    """The folder of a checkpoint that ships with the package, one of SHIPPED."""
    return Path(str(files("stance") / "checkpoints" / name))


def checkpoint_folder(spec: str | Path | None) -> Path:
    """The folder that a user names; `default` and `small` ship with the package, None means the first."""
    name = DEFAULT_NAME if spec is None else str(spec)
    return shipped_checkpoint(name) if name in SHIPPED else Path(name)


def read_info(folder: Path) -> CheckpointInfo:
    """Read `stance.json`.

    Raises:
        CheckpointError: the folder is no checkpoint, or one of another format version.
    """
    path = folder / INFO_FILE
    if not path.is_file():
        found = "no such folder" if not folder.is_dir() else f"no {INFO_FILE} in it"
        raise CheckpointError(
            f"{folder}: {found}; a checkpoint is a folder that `stance train` wrote. "
            "`stance models` lists what is installed."
        )
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        version = fields["format_version"]
        if version != FORMAT_VERSION:
            raise CheckpointError(f"{path}: format_version is {version}, this stance reads {FORMAT_VERSION}.")
        encoding = fields.pop("encoding")
        frame = encoding.pop("frame")
        options = EncodingOptions(
            frame=Frame(
                prefix=tuple(frame["prefix"]),
                separator=tuple(frame["separator"]),
                suffix=tuple(frame["suffix"]),
                question_type_id=frame["question_type_id"],
            ),
            **encoding,
        )
        return CheckpointInfo(encoding=options, **fields)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{path}: not a checkpoint description ({error}).") from error


def load_checkpoint(folder: Path, *, device: str = "cpu") -> Checkpoint:
    """Load a checkpoint of either kind, fp32, in evaluation mode.

    Raises:
        CheckpointError: the folder is no checkpoint, damaged, exported, or its base is another one.
        EnvironmentMissing: its base is not installed.
    """
    info = read_info(folder)
    if info.kind == EXPORTED:
        raise CheckpointError(
            f"{folder}: this is an exported model, which only answers; take the checkpoint that it was made from."
        )
    weights = folder if info.kind == FULL else _verified_base(info, folder)
    config = load_config(weights, num_layers=info.num_layers)
    model = load_classifier(weights, config=config)
    tokenizer = load_tokenizer(weights)
    if info.kind == DELTA:
        patch_model(model, read_delta(folder))
    return Checkpoint(info=info, model=model.to(device), tokenizer=tokenizer, model_id=model_id(folder, info))


def read_delta(folder: Path) -> dict[str, Tensor]:
    """The tensors of a delta.

    Raises:
        CheckpointError: the file is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = folder / DELTA_FILE
    try:
        tensors: dict[str, Tensor] = load_file(path)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path}: cannot be read ({error}).") from error
    return tensors


def patch_model(model: PreTrainedModel, delta: Mapping[str, Tensor]) -> None:
    """Add a delta to a base in place."""
    changed = apply_delta(model.state_dict(), delta)
    unknown = sorted(set(changed) - set(model.state_dict()))
    if unknown:
        raise CheckpointError(f"{DELTA_FILE}: {unknown[0]} is no tensor of the base; the file is damaged.")
    model.load_state_dict(changed, strict=False)


def save_checkpoint(
    folder: Path,
    *,
    info: CheckpointInfo,
    card: str,
    model: PreTrainedModel,
    delta: Mapping[str, Tensor] | None,
    tokenizer_folder: Path,
    modification: str,
    trained_on: TrainingTexts | None,
) -> None:
    """Write a checkpoint folder; one that stands there is replaced only when the new one is complete.

    A delta is written where `delta` is given, else all weights and the tokenizer files of `tokenizer_folder`.
    Weights derived from others get the papers that their terms ask for; `modification` says what was done. `trained_on`
    is kept for `stance evaluate --gate`; None where it is not known.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.part-", dir=folder.parent))
    try:
        if delta is None:
            _save_full(part, model=model, tokenizer_folder=tokenizer_folder)
        else:
            _save_delta(part, delta)
        write_info(part, info)
        (part / CARD_FILE).write_text(card, encoding="utf-8")
        if trained_on is not None:
            trained_on.write(part)
        if is_gemma(model.config.model_type):
            write_gemma_notices(part, modification=modification)
        if model.config.model_type == USE_TYPE:
            write_use_notice(part)
        part.chmod(0o755)
        _replace_folder(part, folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def write_info(folder: Path, info: CheckpointInfo) -> None:
    """Write `stance.json` into a folder."""
    (folder / INFO_FILE).write_text(json.dumps(asdict(info), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def model_id(folder: Path, info: CheckpointInfo) -> str:
    """Name and short content hash: equal for equal weights, wherever they lie.

    An export has that of its checkpoint, as long as it gives the same answers: eight bits or a vocabulary of which
    pieces of our languages are missing are added to it.
    """
    if info.export is not None:
        changes = [info.export.get("precision"), info.export.get("vocabulary", {}).get("scope")]
        return "-".join([str(info.export.get("model_id")), *(c for c in changes if c in ("bf16", "int8", "corpus"))])
    import hashlib

    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        digest.update(path.read_bytes() if info.kind == DELTA else f"{path.name}{path.stat().st_size}".encode())
    digest.update((folder / INFO_FILE).read_bytes())
    return f"{info.name}@{digest.hexdigest()[:12]}"


def _verified_base(info: CheckpointInfo, folder: Path) -> Path:
    from stance.modeling.bases import locate_base

    base = locate_base(info.base)
    found = base_fingerprint(base)
    if found != info.base_sha256:
        raise CheckpointError(
            f"{folder}: this delta belongs to a base with SHA-256 {info.base_sha256}, but {info.base} here has "
            f"{found}. Added to another base it would give nonsense; install the right one (`stance models`)."
        )
    return base


def _save_full(folder: Path, *, model: PreTrainedModel, tokenizer_folder: Path) -> None:
    with quiet_transformers():
        model.save_pretrained(folder)
    for pattern in ("tokenizer*", "special_tokens_map.json", "*.model", "vocab.txt", "merges.txt"):
        for path in tokenizer_folder.glob(pattern):
            shutil.copyfile(path, folder / path.name)


def _save_delta(folder: Path, delta: Mapping[str, Tensor]) -> None:
    from safetensors.torch import save_file

    save_file(dict(delta), folder / DELTA_FILE, metadata={"format": "pt"})


def _replace_folder(part: Path, folder: Path) -> None:
    old = folder.with_name(f".{folder.name}.old-{os.getpid()}")
    if folder.exists():
        os.replace(folder, old)
    os.replace(part, folder)
    shutil.rmtree(old, ignore_errors=True)

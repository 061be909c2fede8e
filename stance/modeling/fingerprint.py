"""The identity of a base model: a SHA-256 over its tensors, whatever file layout holds them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from stance.errors import CheckpointError

HASH_FILE = "base.sha256"


def base_fingerprint(folder: Path) -> str:
    """SHA-256 over name, shape and float32 bytes of every tensor in `folder`, in the order of the names.

    Names are taken without the prefix `model.`, and a tied `lm_head` is left out: the same weights give the same
    hash with and without a language-model head. A prepared base keeps its hash in `base.sha256`.

    Raises:
        CheckpointError: the folder holds no safetensors.
    """
    kept = folder / HASH_FILE
    if kept.is_file():
        return kept.read_text(encoding="ascii").strip()
    return hash_tensors(folder)


def hash_tensors(folder: Path) -> str:
    """The fingerprint read off the tensors themselves; about a second per gigabyte."""
    from safetensors import safe_open

    paths = sorted(folder.glob("*.safetensors"))
    if not paths:
        raise CheckpointError(f"{folder}: no *.safetensors file; weights in other formats are never loaded.")
    owners: dict[str, Path] = {}
    for path in paths:
        with safe_open(path, framework="pt") as tensors:
            owners.update(dict.fromkeys(tensors.keys(), path))
    digest = hashlib.sha256()
    for name in sorted(owners, key=lambda full: full.removeprefix("model.")):
        if name.startswith("lm_head."):
            continue
        with safe_open(owners[name], framework="pt") as tensors:
            tensor = tensors.get_tensor(name).float().contiguous()
        digest.update(f"{name.removeprefix('model.')}{tuple(tensor.shape)}".encode())
        digest.update(memoryview(tensor.numpy()).cast("B"))
    return digest.hexdigest()

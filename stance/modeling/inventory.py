"""What is installed: packages, base models, the default checkpoint."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from stance.errors import EnvironmentMissing, StanceError
from stance.modeling.bases import GEMMA, NAMED_BASES, NamedBase, cached_base
from stance.modeling.cache import cache_dir, folder_size
from stance.modeling.checkpoint import default_checkpoint, read_info
from stance.modeling.gguf import part_files

_PACKAGES = ("torch", "transformers", "tokenizers", "datasets", "hydra-core", "peft")
_OPTIONAL = {"trafilatura": "html"}


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A line of `stance models`; `state` says that it is installed, or how to install it."""

    name: str
    kind: str
    licence: str
    languages: str
    size: str
    state: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A line of `stance doctor`; `mend` is the command that helps, None where nothing is wrong."""

    what: str
    found: str
    fine: bool
    mend: str | None = None


def known_models() -> list[KnownModel]:
    """The default checkpoint, then every named base."""
    return [_default_model(), *(_base_model(base) for base in NAMED_BASES.values())]


def examine() -> list[Finding]:
    """All findings, without loading a model."""
    return [
        Finding("Python", platform.python_version(), fine=True),
        *(_package(name) for name in _PACKAGES),
        *(_optional(module, extra) for module, extra in _OPTIONAL.items()),
        _base_packages(),
        _cached(),
        _checkpoint(),
    ]


def _default_model() -> KnownModel:
    folder = default_checkpoint()
    try:
        kind = f"checkpoint ({read_info(folder).kind} on {read_info(folder).base})"
        state = "yes"
    except StanceError:
        kind, state = "checkpoint", "no; reinstall stance-news"
    size = _megabytes(folder_size(folder))
    return KnownModel("default", kind, "Gemma Terms of Use", "en sr hr bs mk sq ru de fr", size, state)


def _base_model(base: NamedBase) -> KnownModel:
    cached = cached_base(base)
    if cached is not None:
        return KnownModel(base.name, base.kind, base.licence, base.languages, _megabytes(folder_size(cached)), "yes")
    ready = base is not GEMMA or _has_parts()
    state = "yes, prepared at first use" if ready else f"no; {base.install}"
    return KnownModel(base.name, base.kind, base.licence, base.languages, f"{base.needed_bytes / 1e9:.2f} GB", state)


def _package(name: str) -> Finding:
    try:
        return Finding(name, version(name), fine=True)
    except PackageNotFoundError:
        return Finding(name, "not installed", fine=False, mend=f"pip install {name}")


def _optional(module: str, extra: str) -> Finding:
    found = (
        "installed" if find_spec(module) else f"not installed (only needed for .{extra} files: stance-news[{extra}])"
    )
    return Finding(module, found, fine=True)


def _base_packages() -> Finding:
    if _has_parts():
        return Finding("gemma-3-270m packages", "installed", fine=True)
    return Finding("gemma-3-270m packages", "not installed", fine=False, mend=GEMMA.install)


def _cached() -> Finding:
    folder = cached_base(GEMMA)
    where = cache_dir() / "bases"
    if folder is None:
        return Finding(
            "gemma-3-270m in the cache", f"not yet; the first use prepares it in {where} (1.1 GB)", fine=True
        )
    return Finding("gemma-3-270m in the cache", f"{folder} ({_megabytes(folder_size(folder))})", fine=True)


def _checkpoint() -> Finding:
    folder = default_checkpoint()
    try:
        info = read_info(folder)
    except StanceError as error:
        return Finding("default model", str(error), fine=False, mend="reinstall stance-news")
    return Finding("default model", f"{info.name} ({info.kind}, {_megabytes(folder_size(folder))})", fine=True)


def _has_parts() -> bool:
    try:
        return bool(part_files())
    except EnvironmentMissing:
        return False


def _megabytes(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:.0f} MB"

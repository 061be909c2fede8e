"""What is installed: packages, base models, the default checkpoint."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from stance.errors import EnvironmentMissing, StanceError
from stance.modeling.bases import GEMMA, NAMED_BASES, USE, NamedBase, cached_base
from stance.modeling.cache import cache_dir, folder_size
from stance.modeling.checkpoint import DEFAULT_NAME, SHIPPED, read_info, shipped_checkpoint
from stance.modeling.gguf import part_files
from stance.modeling.use import use_files

_PACKAGES = ("torch", "transformers", "tokenizers", "datasets", "hydra-core", "peft")
_OPTIONAL = {"trafilatura": "html"}
_LANGUAGES = {"default": "en sr hr bs mk sq ru de fr", "small": "en; ru de fr sr hr bs mk sq weakly"}


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
    """The checkpoints that ship, then every named base."""
    return [*(_shipped_model(name) for name in SHIPPED), *(_base_model(base) for base in NAMED_BASES.values())]


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


def _shipped_model(name: str) -> KnownModel:
    folder = shipped_checkpoint(name)
    size = _megabytes(folder_size(folder))
    try:
        info = read_info(folder)
    except StanceError:
        return KnownModel(name, "checkpoint", "", _LANGUAGES[name], size, "no; reinstall stance-news")
    base = NAMED_BASES[info.base]
    state = "yes" if _has_parts(base) else f"no; {base.install}"
    return KnownModel(name, f"checkpoint ({info.kind} on {info.base})", base.licence, _LANGUAGES[name], size, state)


def _base_model(base: NamedBase) -> KnownModel:
    cached = cached_base(base)
    if cached is not None:
        return KnownModel(base.name, base.kind, base.licence, base.languages, _megabytes(folder_size(cached)), "yes")
    state = "yes, prepared at first use" if _has_parts(base) else f"no; {base.install}"
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
    if _has_parts(GEMMA):
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
    folder = shipped_checkpoint(DEFAULT_NAME)
    try:
        info = read_info(folder)
    except StanceError as error:
        return Finding("default model", str(error), fine=False, mend="reinstall stance-news")
    return Finding("default model", f"{info.name} ({info.kind}, {_megabytes(folder_size(folder))})", fine=True)


def _has_parts(base: NamedBase) -> bool:
    """Whether the packages that a base is prepared from are installed."""
    needed: dict[str, Callable[[], object]] = {GEMMA.name: part_files, USE.name: use_files}
    try:
        needed.get(base.name, bool)()
    except EnvironmentMissing:
        return False
    return True


def _megabytes(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:.0f} MB"

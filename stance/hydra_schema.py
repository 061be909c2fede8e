"""The only module that knows Hydra and OmegaConf: composes a run's config and turns it into dataclasses."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from stance.batch_config import BatchConfig
from stance.config import ExperimentConfig
from stance.errors import ConfigError

CONFIG_NAME = "config"
_FULL_ERROR = "HYDRA_FULL_ERROR"
C = TypeVar("C", ExperimentConfig, BatchConfig)


@dataclass(frozen=True, slots=True)
class Cell:
    """One combination of a multirun: its number, from 0, and all its overrides."""

    number: int
    overrides: tuple[str, ...]


# Given what composes the config, which may raise, and the cell where there are several.
Task = Callable[[Callable[[], ExperimentConfig], Cell | None], float]


def config_dir() -> Path:
    """The folder of the YAML files: `configs/` of a clone, or the copy inside the installed package."""
    packaged = Path(__file__).parent / "configs"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "configs"


def compose_experiment(overrides: Sequence[str]) -> ExperimentConfig:
    """One run's config from `configs/` and overrides such as `experiment=default seed=7`.

    Raises:
        ConfigError: a key or value that does not exist or does not fit, a value that is still missing.
    """
    from hydra import compose, initialize_config_dir
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    register_schema()
    try:
        with initialize_config_dir(config_dir=str(config_dir().absolute()), version_base="1.3"):
            node = compose(config_name=CONFIG_NAME, overrides=list(overrides))
        return to_experiment(node)
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigError(_readable(error)) from error


def compose_batch(values: Mapping[str, Any], overrides: Sequence[str] = ()) -> BatchConfig:
    """A job's config: the values of `configs/batch/config.yaml`, those of the overrides, then those given by name.

    Raises:
        ConfigError: a key or value that does not exist or does not fit, a value that is still missing.
    """
    from hydra import compose, initialize_config_dir
    from hydra.errors import HydraException
    from omegaconf import OmegaConf, open_dict
    from omegaconf.errors import OmegaConfBaseException

    register_schema()
    try:
        # A folder of its own: beside the groups of a run, `model=` would choose one of those.
        with initialize_config_dir(config_dir=str(config_dir().absolute() / "batch"), version_base="1.3"):
            node = compose(config_name=CONFIG_NAME, overrides=list(overrides))
        with open_dict(node):
            for key, value in values.items():
                OmegaConf.update(node, key, value)
        return _to_object(node, BatchConfig)
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigError(_readable(error)) from error


def to_experiment(node: Any) -> ExperimentConfig:
    """The dataclass of a composed node.

    Raises:
        ConfigError: a key is no field of its dataclass, or a value is still missing.
    """
    return _to_object(node, ExperimentConfig)


def _to_object(node: Any, kind: type[C]) -> C:
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    missing = sorted(OmegaConf.missing_keys(node))
    if missing:
        raise ConfigError(f"{missing[0]} is not set; give it as an override: {missing[0]}=VALUE.")
    try:
        plain = OmegaConf.to_container(node, resolve=True, enum_to_str=False)
        _reject_unknown(plain, kind, place="")
        config = OmegaConf.to_object(node)
    except OmegaConfBaseException as error:
        raise ConfigError(_readable(error)) from error
    assert isinstance(config, kind)
    return config


def with_values(config: ExperimentConfig, values: Mapping[str, Any]) -> ExperimentConfig:
    """The config with some values replaced, named as in overrides.

    Raises:
        ConfigError: there is no such option, or a value is not of its type.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    node = OmegaConf.structured(config)
    for key, value in values.items():
        try:
            OmegaConf.update(node, key, value)
        except OmegaConfBaseException as error:
            raise ConfigError(f"{key}: {_readable(error)}") from error
    return to_experiment(node)


def as_experiment_yaml(config: ExperimentConfig, *, without: Sequence[str]) -> str:
    """All values of a config but some of its root's fields, as a file for a folder `experiment` that Hydra searches."""
    from omegaconf import OmegaConf

    node = OmegaConf.structured(config)
    kept = [key for key in node if key not in without]
    return "# @package _global_\n" + OmegaConf.to_yaml(OmegaConf.masked_copy(node, kept))


def register_schema() -> None:
    """Make `experiment_schema` and `batch_schema` known to Hydra: the roots of a run's and of a job's config."""
    from hydra.core.config_store import ConfigStore

    ConfigStore.instance().store(name="experiment_schema", node=ExperimentConfig)
    ConfigStore.instance().store(name="batch_schema", node=BatchConfig)


def hydra_main(task: Task) -> None:
    """Run `task` as a Hydra app over `sys.argv`: multirun, sweeps and `--cfg job` included."""
    import hydra

    register_schema()

    def app(node: Any) -> float:
        return task(lambda: to_experiment(node), _cell())

    hydra.main(config_path=str(config_dir().absolute()), config_name=CONFIG_NAME, version_base="1.3")(app)()


def wants_hydra_app(overrides: Sequence[str]) -> bool:
    """Whether the arguments hold Hydra's own flags, which only a whole Hydra app understands."""
    return any(argument.startswith("-") for argument in overrides)


def _cell() -> Cell | None:
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    hydra = HydraConfig.get()
    return Cell(hydra.job.num, tuple(hydra.overrides.task)) if hydra.mode is RunMode.MULTIRUN else None


def run_hydra_app(overrides: Sequence[str], task: Task) -> None:
    """`hydra_main` with these arguments in place of the process's own.

    Raises:
        ConfigError: an argument names something that does not exist or does not fit.
    """
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    saved, full_error = sys.argv, os.environ.get(_FULL_ERROR)
    sys.argv = [saved[0], *overrides]
    # Otherwise Hydra prints a traceback of its own and exits with 1, whatever is wrong.
    os.environ[_FULL_ERROR] = "1"
    try:
        hydra_main(task)
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigError(_readable(error)) from error
    finally:
        sys.argv = saved
        if full_error is None:
            del os.environ[_FULL_ERROR]
        else:
            os.environ[_FULL_ERROR] = full_error


def _reject_unknown(values: Any, kind: Any, *, place: str) -> None:
    """OmegaConf lets `+data.foo=1` through silently; here it is an error."""
    if not is_dataclass(kind) or not isinstance(values, dict):
        return
    hints = get_type_hints(kind)
    known = {field.name for field in fields(kind)}
    for key, value in values.items():
        name = f"{place}{key}"
        if key not in known:
            raise ConfigError(f"{name} is no option; here there are: {', '.join(sorted(known))}.")
        hint = hints[key]
        if get_origin(hint) is list:
            for index, item in enumerate(value or ()):
                _reject_unknown(item, get_args(hint)[0], place=f"{name}[{index}].")
        else:
            _reject_unknown(value, hint, place=f"{name}.")


def _readable(error: Exception) -> str:
    text = str(error).strip()
    cause = str(error.__cause__).strip() if error.__cause__ else ""
    lines = [line for line in f"{text}\n{cause}".splitlines() if line.strip() and "HYDRA_FULL_ERROR" not in line]
    return " ".join(dict.fromkeys(line.strip() for line in lines))

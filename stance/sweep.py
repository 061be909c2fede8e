"""A search for good values of a run's options: `experiment.run` again and again, guided by an Optuna study.

The study lies in `output_dir/study.db` and a search that was stopped goes on with the same command. What a trial tries
follows from the seed, its number and the trials before it, so an interruption changes nothing. Trials see dev only.
"""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stance.config import ExperimentConfig, FloatRange, IntRange, SweepConfig, check_experiment
from stance.data.writing import write_text
from stance.errors import ConfigError, DataError, EnvironmentMissing, StanceError
from stance.experiment import config_sha256, run
from stance.hydra_schema import as_experiment_yaml, with_values
from stance.pages.sweep import TrialPoint, sweep_page

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.trial import FrozenTrial

STUDY_FILE, PAGE_FILE, BEST_FILE = "study.db", "sweep.html", Path("experiment") / "best.yaml"
COMPLETE, PRUNED, FAILED = "complete", "pruned", "failed"
_MIN_FOR_IMPORTANCES = 4
_SCALARS = (str, bool, int, float, type(None))
_RECIPE, _NUMBER, _REASON = "recipe", "number", "reason"


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """What became of a trial.

    number: from 0; its folder is `output_dir/trial-NUMBER`.
    score: dev macro-F1; of a trial stopped early the last one it had, of one that failed None.
    reason: why it failed.
    """

    number: int
    state: str
    score: float | None
    values: Mapping[str, Any]
    folder: Path
    reason: str | None

    @property
    def overrides(self) -> str:
        """The values as overrides of `stance train`."""
        return _overrides(self.values)


@dataclass(frozen=True, slots=True)
class SweepResult:
    """All trials in order, the best of those that came to their end, and the files about them.

    best, recipe: None where no trial came to its end; `recipe` is the best one's whole config for `experiment=best`.
    """

    trials: tuple[TrialOutcome, ...]
    best: TrialOutcome | None
    page: Path
    recipe: Path | None


def search(config: ExperimentConfig, *, command: str, log: Callable[[str], None]) -> SweepResult:
    """Run the trials that the study in `output_dir` still lacks, and write its page and its best recipe.

    Raises:
        EnvironmentMissing: Optuna is not installed.
        ConfigError: the search space is wrong, or the study belongs to another config or to a running process.
    """
    if find_spec("optuna") is None:
        raise EnvironmentMissing(
            "sweep=optuna: optuna is not installed. Install it with: pip install 'stance-news[sweep]'"
        )
    check_space(config)
    output_dir = Path(config.output_dir)
    output_dir.mkdir(parents=True, exist_ok=True)
    with _alone(output_dir):
        study = _open_study(config, output_dir)
        while (number := len(_counted(study))) < config.sweep.n_trials:
            _run_trial(study, number, config, command=command, log=log)
        return _report(study, config, output_dir)


def check_space(config: ExperimentConfig) -> None:
    """Check the limits of a search that types cannot express, with every end of every range set in a config.

    Raises:
        ConfigError: names the field, the value found and what is allowed.
    """
    sweep = config.sweep
    for name, value in (("n_trials", sweep.n_trials), ("n_random", sweep.n_random)):
        if value < 1:
            raise ConfigError(f"sweep.{name} is {value}; it must be at least 1.")
    spans: list[FloatRange | IntRange] = [*sweep.floats, *sweep.ints]
    for span in spans:
        if not span.low < span.high:
            raise ConfigError(f"sweep: {span.key} goes from {span.low} to {span.high}; low must be below high.")
    for number in sweep.floats:
        if number.log and number.low <= 0:
            raise ConfigError(f"sweep: {number.key} is a log range from {number.low}; it must start above 0.")
    for choice in sweep.choices:
        if not choice.values or not all(isinstance(v, _SCALARS) for v in choice.values):
            raise ConfigError(
                f"sweep: {choice.key} has the values {choice.values}; give texts, numbers, true or false."
            )
    ends = _ends(sweep)
    if not ends:
        raise ConfigError("sweep: there is nothing to search; give sweep.floats, sweep.ints or sweep.choices.")
    keys = [*(f.key for f in sweep.floats), *(n.key for n in sweep.ints), *(c.key for c in sweep.choices)]
    for key in keys:
        if keys.count(key) > 1:
            raise ConfigError(f"sweep: {key} stands in the search space more than once.")
    for key, values in ends.items():
        for value in values:
            check_experiment(with_values(config, {key: value}))


def _ends(sweep: SweepConfig) -> dict[str, list[Any]]:
    ends: dict[str, list[Any]] = {number.key: [number.low, number.high] for number in sweep.floats}
    ends |= {number.key: [number.low, number.high] for number in sweep.ints}
    return ends | {choice.key: list(choice.values) for choice in sweep.choices}


@contextmanager
def _alone(output_dir: Path) -> Iterator[None]:
    """Keep a second process out: it would take the trial that runs for one that was interrupted."""
    from filelock import FileLock, Timeout

    lock = FileLock(output_dir / "study.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ConfigError(f"{output_dir}: another process is at work here; give another output_dir.") from error
    try:
        yield
    finally:
        lock.release()


def _open_study(config: ExperimentConfig, output_dir: Path) -> Study:
    import optuna
    from optuna.trial import TrialState

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        study_name="stance",
        storage=f"sqlite:///{(output_dir / STUDY_FILE).absolute()}",
        direction="maximize",
        pruner=optuna.pruners.MedianPruner(n_startup_trials=config.sweep.n_random),
        load_if_exists=True,
    )
    space = {key: value for key, value in asdict(config.sweep).items() if key not in ("n_trials", "method")}
    recipe = json.dumps({"config": config_sha256(config), "space": space}, sort_keys=True)
    if study.user_attrs.setdefault(_RECIPE, recipe) != recipe:
        raise ConfigError(
            f"{output_dir / STUDY_FILE}: this search was begun with other settings. Go on with the same ones (only "
            "sweep.n_trials may change), or give another output_dir."
        )
    study.set_user_attr(_RECIPE, recipe)
    for trial in study.get_trials(deepcopy=False, states=[TrialState.RUNNING]):
        study.tell(trial.number, state=TrialState.FAIL)  # its process ended before it did
    return study


def _counted(study: Study) -> list[FrozenTrial]:
    """The trials that ended by themselves, in order; one that was interrupted is run again and doesn't count."""
    from optuna.trial import TrialState

    return [
        trial
        for trial in study.get_trials(deepcopy=False)
        if trial.state in (TrialState.COMPLETE, TrialState.PRUNED) or _REASON in trial.user_attrs
    ]


def _run_trial(
    study: Study, number: int, config: ExperimentConfig, *, command: str, log: Callable[[str], None]
) -> None:
    import optuna
    from optuna.trial import TrialState

    # A sampler that lived on would draw its first values again after an interruption.
    study.sampler = optuna.samplers.TPESampler(seed=config.seed + number, n_startup_trials=config.sweep.n_random)
    interrupted = [trial for trial in study.get_trials(deepcopy=False) if trial.user_attrs.get(_NUMBER) == number]
    trial = study.ask()
    trial.set_user_attr(_NUMBER, number)
    values = _suggest(trial, config.sweep)
    known = interrupted[-1].intermediate_values if interrupted and interrupted[-1].params == trial.params else {}
    for evaluation, score in known.items():
        trial.report(score, evaluation)
    folder = _folder(config, number)
    settled = replace(with_values(config, values), output_dir=str(folder), evaluate_test=False, resume=bool(known))
    overrides = _overrides(values)
    log(f"Trial {number} of {config.sweep.n_trials}: {overrides}")
    try:
        outcome = run(settled, command=f"{command} (trial {number}: {overrides})", log=log, watch=_watch(trial, known))
    except optuna.TrialPruned:
        log(f"Trial {number}: stopped, at its last evaluation it was below the median of those before it")
        study.tell(trial, state=TrialState.PRUNED)
    except StanceError as error:
        trial.set_user_attr(_REASON, str(error))
        study.tell(trial, state=TrialState.FAIL)
    else:
        if outcome.metrics["dev"] is None:
            raise DataError(
                "sweep=optuna: there are no dev rows to compare the trials by; data.dev_fraction gives some."
            )
        study.tell(trial, outcome.metrics["dev"]["overall"]["macro_f1"])
    # What a run needs to go on, some gigabytes with a large base.
    shutil.rmtree(folder / "steps", ignore_errors=True)


def _folder(config: ExperimentConfig, number: int) -> Path:
    return Path(config.output_dir) / f"trial-{number}"


def _suggest(trial: Trial, sweep: SweepConfig) -> dict[str, Any]:
    values: dict[str, Any] = {n.key: trial.suggest_float(n.key, n.low, n.high, log=n.log) for n in sweep.floats}
    values |= {n.key: trial.suggest_int(n.key, n.low, n.high) for n in sweep.ints}
    return values | {c.key: trial.suggest_categorical(c.key, c.values) for c in sweep.choices}


def _watch(trial: Trial, known: Mapping[int, float]) -> Callable[[int, float], None]:
    import optuna

    def watch(evaluation: int, macro_f1: float) -> None:
        if evaluation not in known:
            trial.report(macro_f1, evaluation)
        if trial.should_prune():
            raise optuna.TrialPruned

    return watch


def _report(study: Study, config: ExperimentConfig, output_dir: Path) -> SweepResult:
    trials = tuple(_outcome(trial, config) for trial in _counted(study))
    complete = [trial for trial in trials if trial.state == COMPLETE and trial.score is not None]
    best = max(complete, key=lambda trial: trial.score or 0.0, default=None)
    recipe = None
    if best is not None:
        recipe = output_dir / BEST_FILE
        text = as_experiment_yaml(with_values(config, best.values), without=("output_dir", "resume", "sweep"))
        write_text(recipe, [text])
    write_text(output_dir / PAGE_FILE, [_page(study, config, trials, best)])
    return SweepResult(trials, best, output_dir / PAGE_FILE, recipe)


def _outcome(trial: FrozenTrial, config: ExperimentConfig) -> TrialOutcome:
    from optuna.trial import TrialState

    states = {TrialState.COMPLETE: COMPLETE, TrialState.PRUNED: PRUNED, TrialState.FAIL: FAILED}
    number = trial.user_attrs[_NUMBER]
    score = None if trial.state is TrialState.FAIL else trial.value
    reason = trial.user_attrs.get(_REASON)
    return TrialOutcome(number, states[trial.state], score, trial.params, _folder(config, number), reason)


def _page(study: Study, config: ExperimentConfig, trials: tuple[TrialOutcome, ...], best: TrialOutcome | None) -> str:
    keys = list(_ends(config.sweep))
    points = [
        TrialPoint(
            trial.number,
            trial.state,
            trial.score,
            [str(trial.number), trial.state, "" if trial.score is None else f"{trial.score:.3f}"]
            + [_as_override(trial.values[key]) for key in keys],
        )
        for trial in trials
    ]
    found = "No trial came to its end."
    if best is not None:
        found = f"Best: trial {best.number}, {best.score:.3f}: {best.overrides}"
    return sweep_page(
        title=f"Search: {config.name}",
        best=found,
        columns=["trial", "state", "dev macro-F1", *keys],
        trials=points,
        importances=_importances(study),
        complete=COMPLETE,
    )


def _importances(study: Study) -> dict[str, float]:
    """By option, in [0, 1]. Source: Watanabe, Bansal and Hutter 2023, PED-ANOVA; empty where trials are too few."""
    import optuna
    from optuna.trial import TrialState

    if len(study.get_trials(deepcopy=False, states=[TrialState.COMPLETE])) < _MIN_FOR_IMPORTANCES:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that trials are few stands on the page
        evaluator = optuna.importance.PedAnovaImportanceEvaluator()
        return dict(optuna.importance.get_param_importances(study, evaluator=evaluator))


def _overrides(values: Mapping[str, Any]) -> str:
    return " ".join(f"{key}={_as_override(value)}" for key, value in values.items())


def _as_override(value: Any) -> str:
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)

"""Where a run's figures are written beside the terminal: TensorBoard's event files, or an MLflow store. No network."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from stance.config import Tracker
from stance.errors import EnvironmentMissing

if TYPE_CHECKING:
    from transformers import TrainerCallback

TENSORBOARD_FOLDER, MLFLOW_FILE, MLFLOW_EXPERIMENT = "tensorboard", "mlflow.db", "stance"
# MLflow's own database needs two packages that its light distribution does not bring.
_NEEDED = {
    Tracker.none: (),
    Tracker.tensorboard: ("tensorboard",),
    Tracker.mlflow: ("mlflow", "sqlalchemy", "alembic"),
}


def require_tracker(tracker: Tracker) -> None:
    """Refuse a run whose tracker is not installed.

    Raises:
        EnvironmentMissing: names the package and the command that installs it.
    """
    missing = [package for package in _NEEDED[tracker] if find_spec(package) is None]
    if missing:
        raise EnvironmentMissing(
            f"training.tracker={tracker.value}: {', '.join(missing)} is not installed. Install it with: "
            "pip install 'stance-news[tracking]'"
        )


@contextmanager
def tracked(tracker: Tracker, *, output_dir: Path) -> Iterator[Sequence[TrainerCallback]]:
    """The Trainer's callbacks that write loss and dev figures below `output_dir` while the block runs."""
    if tracker is Tracker.tensorboard:
        from torch.utils.tensorboard import SummaryWriter
        from transformers.integrations import TensorBoardCallback

        yield [TensorBoardCallback(SummaryWriter(str(output_dir / TENSORBOARD_FOLDER)))]
    elif tracker is Tracker.mlflow:
        with _mlflow_run(output_dir):
            from transformers.integrations import MLflowCallback

            yield [MLflowCallback()]
    else:
        yield []


@contextmanager
def _mlflow_run(output_dir: Path) -> Iterator[None]:
    """An open run in the store of `output_dir`; it ends as failed where the block does."""
    # Read when mlflow is imported; without it mlflow reports its use to its makers.
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    import mlflow

    for noisy in ("mlflow", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)

    mlflow.set_tracking_uri(f"sqlite:///{(output_dir / MLFLOW_FILE).absolute()}")
    if mlflow.get_experiment_by_name(MLFLOW_EXPERIMENT) is None:
        # Its own default would be a folder `mlruns` in the working directory.
        artifacts = (output_dir / "mlflow").absolute().as_uri()
        mlflow.create_experiment(MLFLOW_EXPERIMENT, artifact_location=artifacts)
    mlflow.set_experiment(MLFLOW_EXPERIMENT)
    with mlflow.start_run(run_name=output_dir.name):
        yield
        mlflow.flush_async_logging()

"""What a training run tells while it works: lines for people, and each evaluation to who watches it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from transformers import TrainerCallback


class ProgressLines(TrainerCallback):  # type: ignore[misc]
    """Writes `step 40/400 (10 %, 12 min left): loss 0.914` and the dev figures through `log`."""

    def __init__(self, log: Callable[[str], None]) -> None:
        self._log = log
        self._started = 0.0
        self._first_step = 0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._started = time.monotonic()
        self._first_step = state.global_step

    def on_log(self, args: Any, state: Any, control: Any, *, logs: dict[str, Any], **_: Any) -> None:
        if "eval_macro_f1" in logs:
            self._log(f"{self._place(state)}: dev macro-F1 {float(logs['eval_macro_f1']):.3f}")
        elif "loss" in logs:
            self._log(f"{self._place(state)}: loss {float(logs['loss']):.3f}")

    def _place(self, state: Any) -> str:
        done, total = state.global_step, state.max_steps
        seconds = time.monotonic() - self._started
        left = seconds * (total - done) / max(1, done - self._first_step)
        return f"step {done}/{total} ({100 * done // total} %, {left / 60:.0f} min left)"


class WatchedEvaluations(TrainerCallback):  # type: ignore[misc]
    """Passes each evaluation on to `watch`, which may raise to end the run."""

    def __init__(self, watch: Callable[[int, float], None]) -> None:
        self._watch = watch

    def on_evaluate(self, args: Any, state: Any, control: Any, *, metrics: dict[str, Any], **_: Any) -> None:
        self._watch(round(state.global_step / args.eval_steps), float(metrics["eval_macro_f1"]))

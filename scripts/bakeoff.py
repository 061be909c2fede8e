"""Compare ways of training, one thing at a time: every run is one line of docs/models.csv.

python scripts/bakeoff.py FOLDER_OF_THE_PUBLIC_SETS [--experiment composed] [--rows 3000] [--seed 13] [QUESTION ...]

A run has the settings of its experiment and what its line of QUESTIONS changes, on the same number of training rows:
`composed` goes on from a first step on the public sets (out/public/checkpoint, see configs/experiment/public.yaml),
`update` from the shipped model, with sentences that it has not seen. Only dev is looked at. Each change is set beside
the run without one: the difference in macro-F1 on the composed dev rows, with the 95 % interval of a paired bootstrap
over sentences. A run that stands in the table is not repeated, so that the work can be stopped at any time and taken
up again.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import platform
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stance.batch.local import end_with_parent
from stance.config import ExperimentConfig
from stance.evaluation.bootstrap import macro_f1_difference
from stance.evaluation.metrics import macro_f1
from stance.experiment import config_sha256, run
from stance.hydra_schema import compose_experiment
from stance.types import STANCES, StanceQuery

TABLE = Path(__file__).parent.parent / "docs" / "models.csv"
RUNS = Path("out/bakeoff")
BASELINE = "as it is"
QUESTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "neutral sampling": {
        "a quarter of the neutral DSE rows": ("data.sources.2.keep_neutral=0.25",),
        "no reversed neutral pairs": ("data.reversed_neutral=0.0",),
        "half as many given actors": ("data.random_actor=0.15",),
    },
    "mix": {
        "composed rows alone": tuple(f"data.sources.{n}.max_rows=1" for n in (1, 2, 3, 4)),
        "twice the public rows": (
            "data.sources.1.max_rows=1800",
            "data.sources.2.max_rows=1200",
            "data.sources.3.max_rows=2400",
            "data.sources.4.max_rows=600",
        ),
    },
    "question": {
        "short": ("encoding.question='\n{actor} on {target}:'", "encoding.author_question='\n{target}:'"),
        "asked twice": (
            "encoding.question='\n{actor} on {target}?\nStance of {actor} towards {target}:'",
            "encoding.author_question='\n{target}?\nStance towards {target}:'",
            "encoding.max_question_tokens=96",
        ),
    },
    "first step": {
        "none, 9 layers": ("model.base=gemma-3-270m", "model.num_layers=9"),
        "none, 6 layers": ("model.base=gemma-3-270m", "model.num_layers=6"),
    },
    "layers that learn": {
        "upper 8": ("model.frozen_layers=4",),
        "upper 6": ("model.frozen_layers=6",),
        "adapters of rank 16": ("model.method=lora", "training.learning_rate=3.0e-4"),
    },
    "learning rate": {
        "2.5e-5": ("training.learning_rate=2.5e-5",),
        "1e-4": ("training.learning_rate=1.0e-4",),
        "3e-5, 48 rows a batch": ("training.learning_rate=3.0e-5", "training.batch_size=48"),
    },
    "goals": {
        "a tenth smoothed": ("training.label_smoothing=0.1",),
        "the text's next tokens too": ("training.text_loss=0.2",),
        "half from the shipped model": ("training.teacher=default",),
    },
    "loss": {
        "focal": ("training.loss=focal",),
        "ordinal": ("training.loss=ordinal",),
        "pairs too": ("training.pair_loss=0.5",),
    },
    "head": {
        "drawn, no first step": ("model.base=gemma-3-270m",),
        "of label words, no first step": ("model.base=gemma-3-270m", "model.label_words=[favor,neutral,against]"),
    },
    "dropout": {
        "a tenth of attention": ("model.dropout=0.1",),
        "a tenth of attention, with R-Drop": ("model.dropout=0.1", "training.r_drop=1.0"),
    },
    "class weights": {"none": ("training.class_weights=false",)},
}
EXPERIMENTS = {"composed": (), "update": ("data.seen_fraction=0.0",)}
COLUMNS = (
    "experiment",
    "question",
    "variant",
    "rows",
    "seed",
    "config_sha256",
    "commit",
    "processor",
    "minutes",
    "dev_rows",
    "dev_macro_f1",
    "composed_rows",
    "composed_macro_f1",
    "difference",
    "low",
    "high",
    "neutral_recall",
    "ece",
)


def main(arguments: Sequence[str]) -> None:
    """Run what the table lacks, and print a line for each run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", help="folder of the public sets")
    parser.add_argument("questions", nargs="*", metavar="QUESTION", help=f"of: {', '.join(QUESTIONS)}; all if none")
    parser.add_argument("--experiment", choices=EXPERIMENTS, default="composed", help="what a run is without a change")
    parser.add_argument("--rows", type=int, default=3000, help="training rows of each run")
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time, where a GPU or many cores have the room")
    options = parser.parse_intermixed_args(arguments)
    unknown = set(options.questions) - QUESTIONS.keys()
    if unknown:
        parser.error(f"no question {', '.join(sorted(unknown))}; there are {', '.join(QUESTIONS)}")
    chosen = [(q, v, o) for q in options.questions or QUESTIONS for v, o in QUESTIONS[q].items()]
    planned = [("-", BASELINE, ()), *chosen]
    configs = {(q, v): _config(options, f"{q} {v}", overrides) for q, v, overrides in planned}
    done = {line["config_sha256"] for line in _lines()}
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.jobs, mp_context=spawn, initializer=end_with_parent) as pool:
        runs = {name: pool.submit(_train, name[1], c) for name, c in configs.items() if config_sha256(c) not in done}
        for (question, variant), config in configs.items():
            if (question, variant) not in runs:
                print(f"{question}: {variant}: is in {TABLE.name}", flush=True)
                continue
            line = {
                "experiment": options.experiment,
                "question": question,
                "variant": variant,
                "rows": options.rows,
                "seed": options.seed,
                "config_sha256": config_sha256(config),
                "commit": _output("git", "rev-parse", "--short", "HEAD"),
                **_figures(
                    runs[question, variant].result(), baseline=Path(configs["-", BASELINE].output_dir) / "dev.npz"
                ),
            }
            _append(line)
            print(line, flush=True)


@dataclass(frozen=True)
class _Run:
    """What a run made of dev: gold and answers [rows], which rows are composed, and what each asks of which text."""

    processor: str
    minutes: float
    overall: dict[str, Any]
    gold: NDArray[np.int64]
    answers: NDArray[np.int64]
    composed: NDArray[np.bool_]
    keys: list[tuple[str, str, str]]


def _train(variant: str, config: ExperimentConfig) -> _Run:
    import torch

    started = time.monotonic()
    outcome = run(config, command="scripts/bakeoff.py", log=lambda line: print(f"{variant}: {line}", flush=True))
    answers = outcome.dev_probabilities.argmax(axis=1)
    keys = [_key(example.query) for example in outcome.dev]
    np.savez(Path(config.output_dir) / "dev.npz", answers=answers, keys=np.array(keys))
    return _Run(
        processor=torch.cuda.get_device_name() if torch.cuda.is_available() else platform.machine(),
        minutes=(time.monotonic() - started) / 60,
        overall=outcome.metrics["dev"]["overall"],
        gold=np.array([STANCES.index(example.stance) for example in outcome.dev]),
        answers=answers,
        composed=np.array([example.origin.source == "composed" for example in outcome.dev]),
        keys=keys,
    )


def _key(query: StanceQuery) -> tuple[str, str, str]:
    return query.context.text, query.actor.name if query.actor else "", query.target.name


def _config(options: argparse.Namespace, name: str, overrides: Sequence[str]) -> ExperimentConfig:
    common = [
        f"experiment={options.experiment}",
        *EXPERIMENTS[options.experiment],
        "name=bakeoff",
        f"data.root={options.root}",
        f"data.max_train_rows={options.rows}",
        f"seed={options.seed}",
        "training.evaluations=1",
        "evaluate_test=false",
        f"output_dir={RUNS / _folder(name, options)}",
    ]
    return compose_experiment([*common, *overrides])


def _folder(name: str, options: argparse.Namespace) -> str:
    return re.sub(r"[^\w.]+", "-", f"{options.experiment} {name} {options.rows} {options.seed}").strip("-")


def _figures(run: _Run, *, baseline: Path) -> dict[str, Any]:
    """What the run scores on dev, and how it differs on the composed rows from the run without a change."""
    before = np.load(baseline)
    others = dict(zip(map(tuple, before["keys"].tolist()), before["answers"].tolist(), strict=True))
    # What changes the sampling gives some rows another actor: these have no other to be set beside.
    shared = [i for i in np.flatnonzero(run.composed) if run.keys[i] in others]
    interval = macro_f1_difference(
        run.gold[shared],
        np.array([others[run.keys[i]] for i in shared]),
        run.answers[shared],
        [run.keys[i][0] for i in shared],
    )
    gold, answers = run.gold[run.composed], run.answers[run.composed]
    return {
        "processor": run.processor,
        "minutes": f"{run.minutes:.1f}",
        "dev_rows": len(run.gold),
        "dev_macro_f1": run.overall["macro_f1"],
        "composed_rows": len(gold),
        "composed_macro_f1": round(macro_f1(_stances(gold.tolist()), _stances(answers.tolist())), 4),
        "difference": round(interval.value, 4),
        "low": round(interval.low, 4),
        "high": round(interval.high, 4),
        "neutral_recall": run.overall["per_stance"]["neutral"]["recall"],
        "ece": run.overall["ece"],
    }


def _stances(indices: Sequence[int]) -> list[Any]:
    return [STANCES[index] for index in indices]


def _lines() -> list[dict[str, str]]:
    if not TABLE.is_file():
        return []
    with TABLE.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def _append(line: dict[str, Any]) -> None:
    fresh = not TABLE.is_file()
    with TABLE.open("a", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, COLUMNS, lineterminator="\n")
        if fresh:
            writer.writeheader()
        writer.writerow(line)


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    main(sys.argv[1:])

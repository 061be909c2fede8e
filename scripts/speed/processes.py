"""Whole processes, measured from outside: cold starts, and long runs with their memory."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from speed.costs import ARTICLE_WORDS
from speed.rows import long_article, prompts
from speed.timing import spread
from stance.data.entities import load_positions
from stance.data.shipped import shipped_folder
from stance.data.writing import json_line, write_text
from stance.inference.classifier import StanceClassifier
from stance.inference.scorer import ArticleScorer
from stance.types import Stance, StanceQuery

# What a user of transformers would write for the same pairs.
PIPELINE_SCRIPT = """
import json, sys
from transformers import pipeline
classify = pipeline("text-classification", model=sys.argv[1], batch_size=8)
print(classify(json.load(open(sys.argv[2]))))
"""
_POSITIONS = "kosovo.yaml"


# Runs a command and tells its cost, from a process that is small itself: a child is charged with what its parent held.
_LAUNCHER = """
import json, resource, subprocess, sys, time
begun = time.perf_counter()
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
seconds, used = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([code, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
"""


class Cost(NamedTuple):
    """What a process took. mib: the most memory that it held at once, mapped files included."""

    wall: float
    cpu: float
    mib: float


def cost_of(command: Sequence[str]) -> Cost:
    """Run a command to its end.

    Raises:
        RuntimeError: it failed.
    """
    done = subprocess.run([sys.executable, "-S", "-c", _LAUNCHER, *command], capture_output=True, text=True)
    code, *cost = json.loads(done.stdout or "[1]")
    if code:
        raise RuntimeError(f"{' '.join(command)}: exit code {code}: {done.stderr[-500:]}")
    return Cost(*cost)


def cold_starts(folders: Mapping[str, Path], out: Path, *, rounds: int) -> list[dict[str, Any]]:
    """A row per command: `stance score` of one article with each engine, a pipeline with its pairs, `--help`."""
    article, positions = out / "article.txt", shipped_folder("positions") / _POSITIONS
    write_text(article, long_article(ARTICLE_WORDS).text)
    pairs = out / "pairs.json"
    write_text(pairs, json.dumps(_pairs(folders["merged"], positions)))
    stance = [sys.executable, "-m", "stance"]
    score = [*stance, "score", str(article), "--positions", str(positions), "--model"]
    commands = {f"stance score, {name}": [*score, str(folder)] for name, folder in folders.items()}
    commands["pipeline, the same pairs"] = [
        *(sys.executable, "-c", PIPELINE_SCRIPT, str(folders["merged"]), str(pairs))
    ]
    commands["stance --help"] = [*stance, "--help"]
    costs: dict[str, list[Cost]] = defaultdict(list)
    for command in commands.values():
        cost_of(command)  # so that all files are in memory, as with a warm cache
    for _ in range(rounds):
        for name, command in commands.items():
            costs[name].append(cost_of(command))
    return [
        {
            "command": name,
            **spread("seconds", [cost.wall for cost in own]),
            "cpu_seconds": statistics.median(cost.cpu for cost in own),
            "peak_mib": max(cost.mib for cost in own),
        }
        for name, own in costs.items()
    ]


def _pairs(merged: Path, positions: Path) -> list[str]:
    """The questions that the article gives rise to, as texts for a pipeline."""
    classifier = StanceClassifier.from_pretrained(merged)
    scored = ArticleScorer(classifier).score(long_article(ARTICLE_WORDS), load_positions(positions))
    return prompts([prediction.query for prediction in scored.predictions], classifier.info.encoding)


def long_runs(
    exported: Mapping[str, Path], rows: Sequence[tuple[StanceQuery, Stance]], out: Path, *, sizes: Sequence[int]
) -> list[dict[str, Any]]:
    """A row per exported model and number of sentences: `stance predict` from file to file.

    The sentences are those of NewsMTSC over and over, numbered, so that none is there twice.
    """
    found = []
    for size in sizes:
        file = out / "sentences.jsonl"
        write_text(file, (_numbered(rows, number) for number in range(size)))
        for name, folder in exported.items():
            answers = out / "answers.jsonl"
            command = [sys.executable, "-m", "stance", "predict", str(file), "--model", str(folder), "-o", str(answers)]
            cost = cost_of(command)
            speeds = {"rows_per_second": size / cost.wall, "rows_per_cpu_second": size / cost.cpu}
            found.append({"engine": name, "sentences": size, "seconds": cost.wall, **speeds, "peak_mib": cost.mib})
    return found


def _numbered(rows: Sequence[tuple[StanceQuery, Stance]], number: int) -> str:
    query, _ = rows[number % len(rows)]
    row = {"id": str(number), "text": f"{number}. {query.context.text}", "actor": None, "target": query.target.name}
    return json_line(row)

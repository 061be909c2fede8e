"""Batch jobs: memory over 20,000 articles, and speed beside a pipeline, with several processes and on Ray.

python scripts/benchmark_batch.py [--parts PART ...] [--articles 20000] [--out out/benchmark-batch]

memory      one job over all articles: articles a second, and the memory of all its processes (memory.svg)
dry         reading, sharding and writing of ten times as many, without a model
processes   two processes against one
ray         the Ray engine against the local one, both with two processes
pipeline    a loop over transformers' pipeline, batch 8, that asks each sentence about each position, the sentences cut
            for it beforehand, against the job with one process

The articles are composed sentences in all languages, put together anew, with the shipped positions of public life. In
the last three parts the contenders take turns, and each works on few and on more articles: what counts is what the
articles between cost, so that starting and loading do not.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from speed.articles import SENTENCES, write_articles
from speed.memory import quarter, watched
from speed.plot import line_plot
from speed.processes import PIPELINE_SCRIPT, cost_of
from speed.rows import prompts
from speed.timing import spread

from stance.data.articles import read_articles
from stance.data.entities import load_positions
from stance.data.shipped import shipped_folder
from stance.data.writing import write_text
from stance.exporting.huggingface import export_hf
from stance.modeling.checkpoint import checkpoint_folder, read_info
from stance.types import Context, Reference, Span, StanceQuery

PARTS = ("memory", "dry", "processes", "ray", "pipeline")
POSITIONS, ACTORS = "public_life.yaml", "articles.yaml"
_DRY_TIMES = 10
_SAMPLES = 400  # of memory, in a long job
_FEW_FOR_PIPELINE, _MORE_FOR_PIPELINE = 1, 3

Run = Callable[[int], float]  # seconds that a number of articles takes


def main(arguments: Sequence[str]) -> None:
    """Measure the chosen parts, print what they found, write results.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--few", type=int, default=400, help="articles of the smaller jobs that are compared")
    parser.add_argument("--more", type=int, default=1600, help="articles of the larger ones")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("out/benchmark-batch"))
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = {}
    for part in options.parts:
        found[part] = _MEASURE[part](options)
        print(f"{part}: {json.dumps(found[part])}", flush=True)
        write_text(options.out / "results.json", json.dumps(found, indent=1))


def _memory(options: argparse.Namespace) -> dict[str, Any]:
    command = _command(options, n_articles=options.articles)
    seconds, samples = watched(command, every=max(0.5, options.articles / 20 / _SAMPLES))
    write_text(options.out / "memory.svg", line_plot([s.seconds for s in samples], [s.mib for s in samples]))
    second, last = (statistics.median(quarter(samples, number)) for number in (2, 4))
    return {
        "articles": options.articles,
        "articles_per_second": options.articles / seconds,
        "mib_second_quarter": second,
        "mib_last_quarter": last,
        "last_to_second": last / second,
    }


def _dry(options: argparse.Namespace) -> dict[str, Any]:
    n_articles = options.articles * _DRY_TIMES
    seconds = cost_of(_command(options, "--dry-run", n_articles=n_articles)).wall
    return {"articles": n_articles, "articles_per_second": n_articles / seconds}


def _processes(options: argparse.Namespace) -> dict[str, Any]:
    runs = {str(n): _job(options, "--processes", str(n)) for n in (1, 2)}
    return _compared(runs, options, baseline="1")


def _ray(options: argparse.Namespace) -> dict[str, Any]:
    runs = {engine: _job(options, "--processes", "2", "--engine", engine) for engine in ("local", "ray")}
    return _compared(runs, options, baseline="local")


def _job(options: argparse.Namespace, *flags: str) -> Run:
    return lambda n_articles: cost_of(_command(options, *flags, n_articles=n_articles)).wall


def _command(options: argparse.Namespace, *flags: str, n_articles: int) -> list[str]:
    """A job over so many articles, which are written first where they are not there, into an empty folder."""
    articles, job = options.out / f"articles-{n_articles}.jsonl", options.out / "job"
    if not articles.exists():
        write_articles(articles, n_articles=n_articles)
    shutil.rmtree(job, ignore_errors=True)
    files = ["--positions", str(_positions()), "--actors", str(shipped_folder("actors") / ACTORS)]
    return [sys.executable, "-m", "stance", "batch", str(articles), str(job), *files, *flags]


def _positions() -> Path:
    return shipped_folder("positions") / POSITIONS


def _compared(runs: dict[str, Run], options: argparse.Namespace, *, baseline: str) -> dict[str, Any]:
    """Articles a second of each contender, and how many times as fast as the baseline it is."""
    speeds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(options.rounds):
        for name, run in runs.items():
            few, more = run(options.few), run(options.more)
            speeds[name].append((options.more - options.few) / (more - few))
    found: dict[str, Any] = {name: spread("articles_per_second", own) for name, own in speeds.items()}
    for name in runs.keys() - {baseline}:
        ratios = [own / base for own, base in zip(speeds[name], speeds[baseline], strict=True)]
        found[f"{name} / {baseline}"] = spread("ratio", ratios)
    return found


def _pipeline(options: argparse.Namespace) -> dict[str, Any]:
    merged = options.out / "merged"
    if not merged.is_dir():
        export_hf(checkpoint_folder(None), merged)
    job, speeds = _job(options, "--processes", "1"), dict[str, list[float]](job=[], pipeline=[])
    for _ in range(options.rounds):
        few, more = job(options.few), job(options.more)
        speeds["job"].append((options.more - options.few) / (more - few))
        few, more = (_loop(options.out, merged, n) for n in (_FEW_FOR_PIPELINE, _MORE_FOR_PIPELINE))
        speeds["pipeline"].append((_MORE_FOR_PIPELINE - _FEW_FOR_PIPELINE) / (more - few))
    ratios = [own / base for own, base in zip(speeds["job"], speeds["pipeline"], strict=True)]
    found = {name: spread("articles_per_second", own) for name, own in speeds.items()}
    return {**found, "job / pipeline": spread("ratio", ratios)}


def _loop(out: Path, merged: Path, n_articles: int) -> float:
    """Seconds of a script that asks a pipeline for the author's side on each position in each sentence."""
    articles, pairs = out / "articles-of-the-pipeline.jsonl", out / "pairs.json"
    write_articles(articles, n_articles=n_articles)
    positions = load_positions(_positions())
    queries = [
        StanceQuery(Context(sentence, Span(0, len(sentence))), None, Reference(position.name), lang=article.lang)
        for article in read_articles([str(articles)])
        for sentence in article.text.split("\n\n")
        for position in positions
    ]
    assert len(queries) == n_articles * SENTENCES * len(positions)
    write_text(pairs, json.dumps(prompts(queries, read_info(checkpoint_folder(None)).encoding)))
    return cost_of([sys.executable, "-c", PIPELINE_SCRIPT, str(merged), str(pairs)]).wall


_MEASURE: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "memory": _memory,
    "dry": _dry,
    "processes": _processes,
    "ray": _ray,
    "pipeline": _pipeline,
}

if __name__ == "__main__":
    main(sys.argv[1:])

"""The speed of the engines beside transformers' pipeline: one command, one run, all in turns.

python scripts/benchmark.py FOLDER_OF_THE_PUBLIC_SETS [--parts PART ...] [--forms FORM ...] [--queries 192] [--rounds 3]

Writes the shipped model, merged for transformers and exported for the engine, below --out (out/benchmark) once, prints
tables in Markdown, and writes results.json and speed.svg there. Parts:

throughput   rows a second with 1, 4 and 16 questions a sentence (NewsMTSC's public test set), and shares of the
             machine's peak; the pipeline gets the same rows at batch 1, 8 and 32
accuracy     agreement with torch in fp32 and macro-F1, on that set and on the shipped test rows in all languages
ratios       16 targets against 1; an article on 16 positions of which 4 are spoken of against those 4
cold         whole processes: `stance score` of a 600-word article, a script with the pipeline, `stance --help`
streams      how long a token stream should be
vocabulary   texts that a trimmed vocabulary cuts differently (NTREX too), and what loading the tokenizer costs
long         1,000 to 100,000 sentences (--sizes): rows a second and memory; not among the default parts

Each figure is the median of the rounds, with the lowest and highest; the contenders take turns within a round, so that
what else the machine does falls on all of them. CPU seconds are given beside, for they suffer less from it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from speed.costs import ratios, streams
from speed.plot import speed_plot
from speed.processes import cold_starts, long_runs
from speed.rows import Shape, Workload, news_rows, prompts, shipped_rows, workloads
from speed.timing import Timing, spread, timed
from speed.vocabulary import vocabularies

from stance.data.writing import write_text
from stance.errors import CheckpointError
from stance.evaluation.metrics import macro_f1
from stance.exporting.huggingface import export_hf
from stance.exporting.onnx import export_onnx
from stance.exporting.vocabulary import Scope
from stance.inference.classifier import StanceClassifier
from stance.modeling.checkpoint import checkpoint_folder, read_info
from stance.modeling.encoding import encode_queries
from stance.modeling.engine import Form
from stance.modeling.processor import processor_flags
from stance.types import Stance, StanceQuery

PARTS = ("throughput", "accuracy", "ratios", "cold", "streams", "vocabulary")
BATCHES = (1, 8, 32)
BASELINE = "pipeline, batch 8"
REFERENCE = "torch"
FORMS = {"onnx fp32": Form.fp32, "openvino bf16": Form.bf16, "openvino int8": Form.int8}
_PEAK_SIZE, _PEAK_ROUNDS = 2048, 7

Ask = Callable[[Sequence[StanceQuery]], list[Stance]]


def main(arguments: Sequence[str]) -> None:
    """Measure the chosen parts, print their tables, write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("public", type=Path, help="folder with newsmtsc/devtest_rw.jsonl and ntrex/")
    parser.add_argument("--parts", nargs="+", choices=(*PARTS, "long"), default=PARTS)
    parser.add_argument("--forms", nargs="+", type=Form, choices=list(Form), default=list(Form), help="of the exports")
    parser.add_argument("--queries", type=int, default=192, help="rows for each number of questions")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--accuracy-rows", type=int, default=1000)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000, 100_000], help="of the part long")
    parser.add_argument("--out", type=Path, default=Path("out/benchmark"))
    options = parser.parse_args(arguments)
    folders = prepare(options.out, options.forms)
    exported = {name: folder for name, folder in folders.items() if name != "merged"}
    rows = news_rows(options.public / "newsmtsc")
    results: dict[str, Any] = {"machine": machine(), "command": ["scripts/benchmark.py", *arguments]}
    if {"throughput", "accuracy", "ratios", "streams"} & set(options.parts):
        asking = contenders(folders)
        loads = workloads(rows, n_queries=options.queries)
        warm_up(asking, loads[0])
    for part in options.parts:
        if part == "throughput":
            results["peaks"] = peaks()
            results[part] = throughput(asking, loads, folders, rounds=options.rounds, peak=results["peaks"])
        elif part == "accuracy":
            results[part] = accuracy(asking, rows, n_rows=options.accuracy_rows)
        elif part == "ratios":
            results[part] = ratios(exported, rows, rounds=options.rounds)
        elif part == "streams":
            results[part] = streams(exported, loads, rounds=options.rounds)
        elif part == "cold":
            results[part] = cold_starts(folders, options.out, rounds=options.rounds)
        elif part == "vocabulary":
            results[part] = vocabularies(folders["merged"], options.public, rows, options.out, rounds=options.rounds)
        else:
            results[part] = long_runs(exported, rows, options.out, sizes=options.sizes)
        print_table(part, results[part])
        write_text(options.out / "results.json", json.dumps(results, indent=2) + "\n")
    if "throughput" in results:
        write_text(options.out / "speed.svg", speed_plot(results["throughput"], baseline=BASELINE))


def prepare(out: Path, forms: Sequence[Form]) -> dict[str, Path]:
    """The folder of each engine, written where it is missing: merged, and exported in those forms that it can take."""
    exported = {name: form for name, form in FORMS.items() if form in forms}
    folders = {"merged": out / "merged"} | {name: out / name.replace(" ", "-") for name in exported}
    if not folders["merged"].is_dir():
        export_hf(checkpoint_folder(None), folders["merged"])
    for name, form in exported.items():
        if not folders[name].is_dir():
            try:
                export_onnx(checkpoint_folder(None), folders[name], form=form, scope=Scope.LANGUAGES, log=note)
            except CheckpointError as error:
                note(f"{name} is left out: {error}")
                del folders[name]
    return folders


def note(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    kinds = [flag for flag in ("avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8") if flag in processor_flags()]
    return {
        "processor": next(names, platform.machine()),
        "has": kinds,
        "cores": len(os.sched_getaffinity(0)),
        "load": os.getloadavg()[0],
    }


# --- the contenders ------------------------------------------------------------------------------------------


def contenders(folders: Mapping[str, Path]) -> dict[str, Ask]:
    """By name, what answers queries; the pipeline gets them as the texts that `stance export hf` describes."""
    asking: dict[str, Ask] = {f"pipeline, batch {size}": pipeline(folders["merged"], size) for size in BATCHES}
    asking[REFERENCE] = engine_of(folders["merged"])
    return asking | {name: engine_of(folder) for name, folder in folders.items() if name != "merged"}


def engine_of(folder: Path) -> Ask:
    classifier = StanceClassifier.from_pretrained(folder)
    return lambda queries: [prediction.stance for prediction in classifier.predict(queries)]


def pipeline(folder: Path, batch_size: int) -> Ask:
    from transformers import pipeline as make

    options = read_info(folder).encoding
    classify = make("text-classification", model=str(folder), batch_size=batch_size)
    return lambda queries: [Stance(answer["label"]) for answer in classify(prompts(queries, options))]


def warm_up(asking: Mapping[str, Ask], load: Workload) -> None:
    for ask in asking.values():
        ask(load.queries[:8])


# --- throughput and accuracy ---------------------------------------------------------------------------------


def throughput(
    asking: Mapping[str, Ask],
    loads: Sequence[Workload],
    folders: Mapping[str, Path],
    *,
    rounds: int,
    peak: Mapping[str, float],
) -> list[dict[str, Any]]:
    """A row per contender and number of questions."""
    times: dict[tuple[str, int], list[Timing]] = defaultdict(list)
    for _ in range(rounds):
        for load in loads:
            for name, ask in asking.items():
                times[name, load.questions].append(timed(partial(ask, load.queries)))
    work = {load.questions: operations(load, folders["merged"]) for load in loads}
    found = []
    for (name, questions), own in times.items():
        n_rows = len(next(load for load in loads if load.questions == questions).queries)
        need = work[questions]
        base = times[BASELINE, questions]
        packed = name in FORMS
        limit = peak.get(name.split()[-1] if packed else "fp32", 0.0)
        done = need["packed" if packed else "one_by_one"]
        wall, cpu = statistics.median(t.wall for t in own), statistics.median(t.cpu for t in own)
        found.append(
            {
                "engine": name,
                "questions": questions,
                **spread("rows_per_second", [n_rows / t.wall for t in own]),
                "rows_per_cpu_second": n_rows / cpu,
                "times_baseline": statistics.median(b.wall / t.wall for b, t in zip(base, own, strict=True)),
                "times_baseline_cpu": statistics.median(b.cpu / t.cpu for b, t in zip(base, own, strict=True)),
                "tokens_per_second": need["tokens"] / wall,
                "share_of_peak": done / cpu / limit if limit else None,
                "limit_rows_per_cpu_second": limit * n_rows / done if limit else None,
            }
        )
    return found


def operations(load: Workload, merged: Path) -> dict[str, int]:
    """Tokens of all rows written out, and the operations that they need."""
    classifier = StanceClassifier.from_pretrained(merged)
    encoded = encode_queries(load.queries, classifier.checkpoint.tokenizer, options=classifier.info.encoding)
    shape = Shape(json.loads((merged / "config.json").read_text(encoding="utf-8")))
    tokens = sum(len(query.ids) for query in encoded)
    return {"tokens": tokens, "packed": shape.packed(encoded), "one_by_one": shape.one_by_one(encoded)}


def peaks() -> dict[str, float]:
    """Operations in a second of processor time of large square products; int8 is left out where torch has none."""
    import torch

    def best(multiply: Callable[[], object]) -> float:
        multiply()
        return 2 * _PEAK_SIZE**3 / min(timed(multiply).cpu for _ in range(_PEAK_ROUNDS))

    floats = torch.randn(_PEAK_SIZE, _PEAK_SIZE)
    halves = floats.bfloat16()
    found = {"fp32": best(lambda: floats @ floats), "bf16": best(lambda: halves @ halves)}
    whole = torch.randint(-127, 127, (_PEAK_SIZE, _PEAK_SIZE), dtype=torch.int8)
    try:
        found["int8"] = best(lambda: torch._int_mm(whole, whole))
    except (RuntimeError, NotImplementedError) as error:
        note(f"The peak of int8 is left out: {error}")
    return found


def accuracy(
    asking: Mapping[str, Ask], rows: Sequence[tuple[StanceQuery, Stance]], *, n_rows: int
) -> list[dict[str, Any]]:
    """A row per contender and set: agreement with torch, and macro-F1 against gold."""
    shipped = [(row.query, row.stance) for row in shipped_rows(n_rows) if row.stance is not None]
    found = []
    for title, chosen in (("NewsMTSC", list(rows)[:n_rows]), ("shipped, nine languages", shipped)):
        queries, gold = [query for query, _ in chosen], [stance for _, stance in chosen]
        names = [REFERENCE, BASELINE, *(name for name in asking if name in FORMS)]
        answers = {name: asking[name](queries) for name in names}
        for name, own in answers.items():
            same = np.mean([one == other for one, other in zip(own, answers[REFERENCE], strict=True)])
            figures = {"agreement": float(same), "macro_f1": macro_f1(gold, own)}
            found.append({"engine": name, "rows": f"{len(gold)} of {title}", **figures})
    return found


# --- what is printed -----------------------------------------------------------------------------------------


def print_table(title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """A table of Markdown; the lowest and highest stand behind the median."""
    columns = [
        name for name in dict.fromkeys(key for row in rows for key in row) if not name.endswith(("_min", "_max"))
    ]
    print(f"\n{title}:\n")
    print("| " + " | ".join(name.replace("_", " ") for name in columns) + " |")
    print("|---" * len(columns) + "|")
    for row in rows:
        print("| " + " | ".join(_cell(row, name) for name in columns) + " |", flush=True)


def _cell(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, float):
        return "-" if value is None else str(value)
    ends = "" if f"{name}_min" not in row else f" ({row[f'{name}_min']:.3g}-{row[f'{name}_max']:.3g})"
    return (f"{value:.3g}" if value < 1000 else f"{value:,.0f}") + ends


if __name__ == "__main__":
    main(sys.argv[1:])

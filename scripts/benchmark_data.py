"""How fast and in how much memory `stance data` checks, splits and converts a large file.

python scripts/benchmark_data.py [1000000]

The file is generated: words of data/sentences, shuffled within a language, five sentences per document, actor and
target where their spans say. Every command runs as a process of its own on all rows and on a tenth of them: memory
that is bounded keeps the last column near 1, memory that grows with the rows brings it to 10. A process never shows
less than this script's own memory, some 30 MiB.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

SENTENCES = Path(__file__).parent.parent / "data" / "sentences"
SEED = 13
PER_DOCUMENT = 5
MIN_WORDS, MAX_WORDS = 12, 28
STANCES = ("favor", "neutral", "against")
COMMANDS: dict[str, Callable[[Path, Path], list[str]]] = {
    "check --quick": lambda source, folder: ["check", "--quick", str(source)],
    "split": lambda source, folder: ["split", str(source), str(folder / "split")],
    "convert to .jsonl": lambda source, folder: ["convert", str(source), str(folder / "copy.jsonl")],
    "convert to .parquet": lambda source, folder: ["convert", str(source), str(folder / "copy.parquet")],
    "check": lambda source, folder: ["check", str(source)],
}


class Cost(NamedTuple):
    """What one process took: wall clock time and its peak resident set."""

    seconds: float
    peak_mib: float


def main(n_rows: int) -> None:
    """Print a line of Markdown per command."""
    rows = (n_rows, max(PER_DOCUMENT, n_rows // 10))
    print("| command | rows | seconds | rows/s | peak RSS, MiB | of a tenth |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        sources = [Path(name) / f"{n}.jsonl" for n in rows]
        for source, n in zip(sources, rows, strict=True):
            write_rows(source, n)
        for title, arguments in COMMANDS.items():
            costs = []
            for source in sources:
                with tempfile.TemporaryDirectory(dir=name) as folder:
                    costs.append(measure(arguments(source, Path(folder))))
            growth = costs[0].peak_mib / costs[1].peak_mib
            for n, cost, share in zip(rows, costs, (f"{growth:.2f}", ""), strict=True):
                figures = f"{cost.seconds:.1f} | {n / cost.seconds:,.0f} | {cost.peak_mib:,.0f} | {share}"
                print(f"| {title} | {n:,} | {figures} |", flush=True)


def measure(arguments: Sequence[str]) -> Cost:
    """The cost of one `stance data` command; leaves the script with its output if it fails."""
    with tempfile.TemporaryFile("w+") as output:
        begun = time.perf_counter()
        command = [sys.executable, "-c", "from stance.cli import main; main()", "data", *arguments]
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{output.read()[-2000:]}")
    # Linux counts KiB, macOS bytes.
    return Cost(seconds, usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10))


def write_rows(path: Path, n_rows: int) -> None:
    """Write so many annotated sentences, the same for the same number."""
    with path.open("w", encoding="utf-8") as file:
        for row in shuffled_rows(n_rows):
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def shuffled_rows(n_rows: int) -> Iterator[dict[str, Any]]:
    """Sentences of random words in the language of their document, each with one judgement."""
    rng = random.Random(SEED)
    words = {path.stem: _words(path) for path in sorted(SENTENCES.glob("*.jsonl"))}
    for number in range(n_rows):
        if number % PER_DOCUMENT == 0:
            lang = rng.choice(list(words))
        chosen = rng.choices(words[lang], k=rng.randint(MIN_WORDS, MAX_WORDS))
        actor, target = rng.sample(range(len(chosen) - 1), k=2)
        judged = {"actor": _placed(chosen, actor), "target": _placed(chosen, target), "stance": rng.choice(STANCES)}
        document = f"d{number // PER_DOCUMENT}"
        yield {
            "id": f"r{number}", "doc_id": document, "lang": lang, "text": " ".join(chosen), "annotations": [judged],
            "source": "shuffled", "licence": "CC-BY-4.0",
        }  # fmt: skip


def _words(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [word for line in lines for word in json.loads(line)["text"].split() if word.isalpha()]


def _placed(words: Sequence[str], index: int) -> dict[str, Any]:
    """A mention of two words with its span in the words joined by spaces."""
    start = sum(len(word) + 1 for word in words[:index])
    name = " ".join(words[index : index + 2])
    return {"name": name, "start": start, "end": start + len(name)}


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)

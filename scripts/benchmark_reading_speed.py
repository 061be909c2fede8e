"""How fast the reading is on articles, and whether its time grows as the text does.

python scripts/benchmark_reading_speed.py articles
python scripts/benchmark_reading_speed.py sizes [MEGABYTES ...] [SHAPE ...]

`articles`: kB of UTF-8 per second of processor time, per language, with all 50 positions and the actors of
data/actors/kosovo.yaml: the dev articles in turns, the median of several rounds. `sizes`: seconds, peak memory and
queries per shape of text and size, each in a process of its own; twice the text should cost twice the time, so the
last column, the growth per doubling, stays near 2. What takes more than LIMIT_SECONDS or LIMIT_MIB is stopped.
Processor time is measured, for a busy machine disturbs it less than the clock; still it varies by a tenth or two.
"""

from __future__ import annotations

import json
import math
import random
import resource
import signal
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, cycle
from pathlib import Path
from typing import NamedTuple

from stance.data.entities import load_actors, load_positions
from stance.text.languages import language_of
from stance.text.reading import ArticleReader
from stance.types import Article

DATA = Path(__file__).parent.parent / "data"
SEED = 13
ROUNDS = 9
MEGABYTE = 1_000_000
SIZES = (1.0, 2.0, 4.0, 8.0)
ODD_SIZES = (1.25, 2.5, 5.0)
LIMIT_SECONDS, LIMIT_MIB = 200, 6000
MARKS = "„“”«»\"‚‘’‹›'"


def main(arguments: Sequence[str]) -> None:
    """Print a table of Markdown."""
    match arguments:
        case ["articles"]:
            print_articles()
        case ["sizes", *rest]:
            sizes = [float(argument) for argument in rest if argument not in SHAPES]
            print_sizes([argument for argument in rest if argument in SHAPES] or list(SHAPES), sizes)
        case ["one", shape, size]:
            print(json.dumps(read_shape(shape, float(size))._asdict()))
        case _:
            sys.exit(f"{__doc__}\nShapes: {', '.join(SHAPES)}")


# --- small articles ------------------------------------------------------------------------------------------


def print_articles() -> None:
    """A row per language and one for all."""
    reader, articles = kosovo_reader(), dev_articles()
    for article in articles:
        reader.read(article)
    seconds: dict[str, list[float]] = defaultdict(list)
    for _ in range(ROUNDS):
        spent: dict[str, float] = defaultdict(float)
        for article in articles:
            begun = time.process_time()
            reader.read(article)
            spent[str(article.lang)] += time.process_time() - begun
        for lang, total in (*spent.items(), ("all", sum(spent.values()))):
            seconds[lang].append(total)
    print("| language | articles | kB | kB/s | slowest and fastest round |\n|---|---|---|---|---|")
    for lang in [*sorted(seconds.keys() - {"all"}), "all"]:
        own = [article for article in articles if lang in (article.lang, "all")]
        kilobytes = sum(len(article.text.encode()) for article in own) / 1000
        speeds = [kilobytes / total for total in seconds[lang]]
        figures = f"{statistics.median(speeds):.0f} | {min(speeds):.0f}-{max(speeds):.0f}"
        print(f"| {lang} | {len(own)} | {kilobytes:.0f} | {figures} |")


def kosovo_reader() -> ArticleReader:
    """A reader of all positions and the actors of one file."""
    positions = [p for path in sorted((DATA / "positions").glob("*.yaml")) for p in load_positions(path)]
    return ArticleReader(positions, load_actors(DATA / "actors" / "kosovo.yaml"))


def dev_articles() -> list[Article]:
    """The annotated articles that the rules may be made on, the languages in turns."""
    by_lang: dict[str, list[Article]] = defaultdict(list)
    for path in sorted((DATA / "articles").glob("art-*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["split"] == "dev":
            by_lang[record["lang"]].append(Article(record["text"], record["doc_id"], lang=record["lang"]))
    longest = max(map(len, by_lang.values()))
    rows = ([own[n] for own in by_lang.values() if n < len(own)] for n in range(longest))
    return list(chain.from_iterable(rows))


# --- large texts ---------------------------------------------------------------------------------------------


class Cost(NamedTuple):
    """What one reading took."""

    seconds: float
    peak_mib: float
    queries: int


def print_sizes(shapes: Sequence[str], sizes: Sequence[float]) -> None:
    """A row per shape and size."""
    print("| shape | MB | seconds | kB/s | peak MiB | queries | growth per doubling |\n|---|---|---|---|---|---|---|")
    for shape in shapes:
        before: tuple[float, float] | None = None
        for size in sizes or (SIZES if shape.startswith("articles") else ODD_SIZES):
            cost = measure(shape, size)
            if isinstance(cost, str):
                print(f"| {shape} | {size:g} | {cost} | | | | |", flush=True)
                break
            growth = f"{_growth(before, (size, cost.seconds)):.2f}" if before else ""
            speed = f"{size * 1000 / cost.seconds:.0f} | {cost.peak_mib:.0f} | {cost.queries:,}"
            print(f"| {shape} | {size:g} | {cost.seconds:.1f} | {speed} | {growth} |", flush=True)
            before = (size, cost.seconds)


def _growth(before: tuple[float, float], after: tuple[float, float]) -> float:
    """By what the time is multiplied where the size is doubled."""
    return float((after[1] / before[1]) ** (1 / math.log2(after[0] / before[0])))


def measure(shape: str, size: float) -> Cost | str:
    """The cost of one reading in a process of its own, or why there is none."""
    command = [sys.executable, __file__, "one", shape, str(size)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == -signal.SIGXCPU:
        return f"over {LIMIT_SECONDS} s"
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        return "over the memory limit" if "MemoryError" in lines[-1] else lines[-1]
    return Cost(**json.loads(done.stdout))


def read_shape(shape: str, size: float) -> Cost:
    """Read a text of a shape, of `size` million bytes, after a first reading that prepares the language."""
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT_MIB << 20,) * 2)
    lang, text = make_text(shape, round(size * MEGABYTE))
    reader = kosovo_reader()
    reader.read(Article("Ana Ross said so.", "d", lang=lang))
    begun = time.process_time()
    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_SECONDS + math.ceil(begun), LIMIT_SECONDS + math.ceil(begun) + 9))
    reading = reader.read(Article(text, "d", lang=lang))
    seconds = time.process_time() - begun
    # Linux counts KiB, macOS bytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    return Cost(seconds, peak, len(reading.queries))


def make_text(shape: str, n_bytes: int) -> tuple[str, str]:
    """Language and text of a shape, of `n_bytes` of UTF-8, a few more or less."""
    lang, pieces = SHAPES[shape](random.Random(SEED))
    parts: list[str] = []
    for piece in pieces:
        if n_bytes <= 0:
            break
        parts.append(piece)
        n_bytes -= len(piece.encode())
    return lang, "".join(parts)


Pieces = tuple[str, Iterator[str]]


def _articles(lang: str, change: Callable[[str], str]) -> Callable[[random.Random], Pieces]:
    def shape(rng: random.Random) -> Pieces:
        texts = [article.text for article in dev_articles() if article.lang == lang]
        return lang, cycle([change(text) for text in texts])

    return shape


def _many_paragraphs(text: str) -> str:
    return text + "\n\n"


def _one_paragraph(text: str) -> str:
    return " ".join(text.split()) + " "


def _one_sentence(text: str) -> str:
    return _one_paragraph("".join(character for character in text if character not in ".!?…:"))


def _unquoted(text: str) -> str:
    return _one_paragraph("".join(character for character in text if character not in MARKS))


def _drawn(
    lang: str, words: Callable[[random.Random], Iterator[str]], *, gap: str
) -> Callable[[random.Random], Pieces]:
    return lambda rng: (lang, (word + gap for word in words(rng)))


def _choices(items: Sequence[str]) -> Callable[[random.Random], Iterator[str]]:
    def words(rng: random.Random) -> Iterator[str]:
        while True:
            yield rng.choice(items)

    return words


def _capitalised(rng: random.Random) -> Iterator[str]:
    """Words that no list has, each with a capital."""
    while True:
        yield "".join(rng.choice("bdfgklmnprstvz") + rng.choice("aeiou") for _ in range(rng.randint(2, 4))).capitalize()


def _new_names(rng: random.Random) -> Iterator[str]:
    words = _capitalised(rng)
    while True:
        yield f"{next(words)} {next(words)}"


def _saying(form: str) -> Callable[[random.Random], Iterator[str]]:
    def sentences(rng: random.Random) -> Iterator[str]:
        return (form.format(name, name.split()[-1]) for name in _new_names(rng))

    return sentences


def _known_names(rng: random.Random) -> Iterator[str]:
    return _choices([actor.name for actor in load_actors(DATA / "actors" / "kosovo.yaml")])(rng)


def _aliases(rng: random.Random) -> Iterator[str]:
    positions = [p for path in sorted((DATA / "positions").glob("*.yaml")) for p in load_positions(path)]
    return _choices([alias for position in positions for alias in position.aliases.get("en", ())])(rng)


SHAPES: dict[str, Callable[[random.Random], Pieces]] = {
    "articles-en-paragraphs": _articles("en", _many_paragraphs),
    "articles-en-one-paragraph": _articles("en", _one_paragraph),
    "articles-sr-paragraphs": _articles("sr-Cyrl", _many_paragraphs),
    "articles-sr-one-paragraph": _articles("sr-Cyrl", _one_paragraph),
    "articles-fr-paragraphs": _articles("fr", _many_paragraphs),
    "articles-fr-one-paragraph": _articles("fr", _one_paragraph),
    "no-full-stop": _articles("en", _one_sentence),
    "no-full-stop-nor-quotes": _articles("en", lambda text: _one_sentence(_unquoted(text))),
    "quote-marks": _drawn("en", _choices(MARKS), gap=""),
    "quote-marks-apart": _drawn("en", _choices(MARKS), gap=" "),
    "one-quote-mark": _drawn("en", _choices('"'), gap=""),
    "opening-marks-and-words": _drawn("en", _choices(["„Yes", "«No", "“We"]), gap=" "),
    "short-quotes": _drawn("en", _choices(["„Yes“", "“We said so to all of them,” said Ana Ross."]), gap=" "),
    "french-marks": _drawn("fr", _choices(["« Non", "« Oui »", "mais"]), gap=" "),
    "dashes": _drawn("en", _choices(["—", "– No, said Ana Ross.", "word"]), gap=" "),
    "capitals": _drawn("en", _capitalised, gap=" "),
    "new-names": _drawn("en", _new_names, gap=", "),
    "new-names-say": _drawn("en", _saying("{0} said so. {1} left."), gap=" "),
    "new-names-in-paragraphs": _drawn("en", _saying("Minister {0} said so. The minister left NATO."), gap="\n\n"),
    "known-names": _drawn("en", _known_names, gap=", "),
    "known-names-of-five": _drawn("en", _choices(["Ana Brnabić", "Serbia", "NATO", "Vučić", "Kosovo"]), gap=" "),
    "pronouns": _drawn("en", _choices([*language_of("en").pronouns]), gap=" "),
    "pronouns-after-a-name": _drawn("en", _choices(["he", "she", "they", "Ana Brnabić said."]), gap=" "),
    "titles": _drawn("en", _choices(["minister", "president", "the mayor", "prime minister of Serbia"]), gap=" "),
    "verbs": _drawn("en", _choices(["said", "rejected", "supports", "Ross"]), gap=" "),
    "positions": _drawn("en", _aliases, gap=". "),
    "positions-one-sentence": _drawn("en", _aliases, gap=" "),
    "one-word": _drawn("en", _choices("abcdefg"), gap=""),
    "digits-and-stops": _drawn("en", _choices(["1", "9.", "A.", "...", "Dr."]), gap=" "),
    "line-breaks": _drawn("en", _choices(["\n", "\r\n", "\u2028"]), gap=""),
    "commas": _drawn("fr", _choices(["« a", "dit", "b", "elle »"]), gap=", "),
}

if __name__ == "__main__":
    main(sys.argv[1:])

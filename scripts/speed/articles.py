"""Articles that are each different: composed sentences of one language, put together anew."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from stance.data.shipped import shipped_folder
from stance.data.writing import json_line, write_text

SENTENCES = 8  # of an article, each a paragraph


def write_articles(path: Path, *, n_articles: int, seed: int = 13) -> None:
    """JSON Lines of articles in all languages in turn, each with an id and a date in 2024."""
    write_text(path, _lines(n_articles, random.Random(seed)))


def _lines(n_articles: int, rng: random.Random) -> Iterator[str]:
    texts: dict[str, list[str]] = defaultdict(list)
    for file in sorted(shipped_folder("sentences").glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            texts[file.stem].append(json.loads(line)["text"])
    langs = sorted(texts)
    for number in range(n_articles):
        lang = langs[number % len(langs)]
        yield json_line(
            {
                "doc_id": f"a{number:06d}",
                "lang": lang,
                "date": f"2024-{number % 12 + 1:02d}-{number % 28 + 1:02d}",
                "text": "\n\n".join(rng.sample(texts[lang], SENTENCES)),
            }
        )

"""The rows and articles that the engines are timed on, and how many operations they need; see benchmark.py."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from stance.data.formats import read_sentences
from stance.data.losses import LossReport
from stance.data.rows import Row, read_rows
from stance.data.shipped import shipped_folder
from stance.data.transliteration import latin_query
from stance.modeling.encoding import EncodedQuery, EncodingOptions, question_text
from stance.modeling.packing import pack_queries
from stance.types import Article, Context, Position, Reference, Span, Stance, StanceQuery

QUESTIONS = (1, 4, 16)
_MAX_NAME = 40
_LONG_STREAM = 4096


@dataclass(frozen=True)
class Workload:
    """Sentences with so many questions each; the first question of each is the annotated one, with its stance."""

    questions: int
    queries: tuple[StanceQuery, ...]
    gold: tuple[Stance, ...]


def news_rows(folder: Path) -> list[tuple[StanceQuery, Stance]]:
    """Every annotated target of NewsMTSC's public test set, with its stance."""
    file = folder / "devtest_rw.jsonl"
    return [
        (StanceQuery(Context(s.text, Span(0, len(s.text))), a.actor, Reference(a.target.name), lang="en"), a.stance)
        for s in read_sentences(file, format="newsmtsc", losses=LossReport())
        for a in s.annotations
    ]


def workloads(rows: Sequence[tuple[StanceQuery, Stance]], *, n_queries: int, seed: int = 13) -> list[Workload]:
    """So many queries for each number of questions; further questions take actors and targets of other sentences."""
    rng = random.Random(seed)
    drawn = rng.sample(list(rows), len(rows))
    names = sorted({query.target.name for query, _ in rows if len(query.target.name) < _MAX_NAME})
    made = []
    for questions in QUESTIONS:
        queries: list[StanceQuery] = []
        gold = []
        for query, stance in drawn[: max(1, n_queries // questions)]:
            queries.append(query)
            gold.append(stance)
            for _ in range(questions - 1):
                actor, target = (Reference(rng.choice(names)) for _ in range(2))
                queries.append(replace(query, actor=actor, target=target))
        made.append(Workload(questions, tuple(queries), tuple(gold)))
    return made


def shipped_rows(n_rows: int) -> list[Row]:
    """So many rows of the shipped test split at even distances: every language has its share."""
    rows = [row for row in read_rows(shipped_folder("sentences"), need_stance=True) if row.record["split"] == "test"]
    step = max(1, len(rows) // n_rows)
    return rows[::step][:n_rows]


def prompts(queries: Sequence[StanceQuery], options: EncodingOptions) -> list[str]:
    """The same questions as texts for a pipeline, with Serbian Cyrillic in Latin letters as the engines get it."""
    asked = map(latin_query, queries)
    return [query.context.text + question_text(query.actor, query.target, options=options) for query in asked]


def long_article(n_words: int) -> Article:
    """Paragraphs of the shipped English dev articles, one after the other, up to so many words."""
    paragraphs: list[str] = []
    for path in sorted(shipped_folder("articles").glob("art-en-*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["split"] == "dev":
            paragraphs += record["text"].split("\n\n")
    kept: list[str] = []
    for paragraph in paragraphs:
        if sum(len(part.split()) for part in (*kept, paragraph)) <= n_words:
            kept.append(paragraph)
    return Article("\n\n".join(kept), "benchmark", lang="en")


def parted(positions: Sequence[Position], spoken: set[str], *, n_spoken: int, n_all: int) -> list[Position]:
    """So many positions that an article speaks of, and others up to so many in all."""
    named = [position for position in positions if position.id in spoken][:n_spoken]
    return [*named, *(position for position in positions if position.id not in spoken)][:n_all]


@dataclass(frozen=True)
class Shape:
    """The sizes of a decoder that its operations follow from; of its config.json."""

    config: dict[str, int]

    @cached_property
    def per_token(self) -> int:
        """Multiplications and additions in the matrices of one layer, for one token."""
        c = self.config
        heads, dim, hidden = c["num_attention_heads"], c["head_dim"], c["hidden_size"]
        return 2 * hidden * (2 * heads * dim + 2 * c["num_key_value_heads"] * dim + 3 * c["intermediate_size"])

    @cached_property
    def keys_and_values(self) -> int:
        c = self.config
        return 4 * c["hidden_size"] * c["num_key_value_heads"] * c["head_dim"]

    def packed(self, encoded: Sequence[EncodedQuery]) -> int:
        """The least: each token of a trie once, the last layer for the answering tokens alone; attention left out."""
        packs = pack_queries(list(dict.fromkeys(encoded)), max_tokens=_LONG_STREAM)
        n_tokens = sum(pack.n_tokens for pack in packs)
        layers = self.config["num_hidden_layers"]
        last = n_tokens * self.keys_and_values + len(set(encoded)) * self.per_token
        return n_tokens * (layers - 1) * self.per_token + last

    def one_by_one(self, encoded: Sequence[EncodedQuery]) -> int:
        """Each query for itself, all layers for all tokens, without padding."""
        return sum(len(query.ids) for query in encoded) * self.config["num_hidden_layers"] * self.per_token

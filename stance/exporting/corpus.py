"""All texts that ship with stance, as a vocabulary that is trimmed to them needs them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files
from itertools import chain
from typing import Any

import yaml

from stance.data.entities import load_actors, load_positions
from stance.data.rows import Row, read_rows
from stance.data.shipped import shipped_folder
from stance.data.transliteration import latin_query
from stance.modeling.encoding import EncodingOptions, question_text


def shipped_texts(sentences: Sequence[Row], *, options: EncodingOptions) -> Iterator[str]:
    """Sentences with their questions, articles, the names of positions and actors, the words of the language files.

    Names and words come as they would stand first in a text and within one.
    """
    yield from _asked(sentences, options)
    for path in sorted(shipped_folder("articles").glob("*.json")):
        yield from (row.query.context.text for row in read_rows(path, need_stance=True)[:1])
    yield from chain.from_iterable((word, f" {word}") for word in (*_names(), *_words()))


def _asked(rows: Sequence[Row], options: EncodingOptions) -> Iterator[str]:
    for row in rows:
        for query in (row.query, latin_query(row.query)):
            evidence = query.context.evidence
            yield query.context.text[: evidence.end].strip()
            yield evidence.of(query.context.text).strip()
            yield question_text(query.actor, query.target, options=options)


def _names() -> Iterator[str]:
    for path in sorted(shipped_folder("positions").glob("*.yaml")):
        for position in load_positions(path):
            yield from filter(None, (position.name, position.statement, *chain(*position.aliases.values())))
    for path in sorted(shipped_folder("actors").glob("*.yaml")):
        for actor in load_actors(path):
            yield from (actor.name, *chain(*actor.aliases.values()), *chain(*actor.titles.values()))


def _words() -> Iterator[str]:
    for file in sorted(files("stance.text.languages").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".yaml"):
            loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
            yield from _scalars(yaml.load(file.read_text(encoding="utf-8"), Loader=loader))


def _scalars(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node.rstrip("*")
    elif isinstance(node, dict):
        yield from chain.from_iterable(map(_scalars, (*node.keys(), *node.values())))
    else:
        yield from chain.from_iterable(map(_scalars, node))

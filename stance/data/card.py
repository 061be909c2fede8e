"""The card of a converted set: where it comes from, under which licence, what it holds, and the hashes of both ends."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stance.data.formats.format import Format
from stance.data.losses import LossReport
from stance.data.seen import SeenKeys
from stance.pages.clean import visible
from stance.types import STANCES, AnnotatedSentence

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+!|~-])")
_BLOCK_BYTES = 1 << 20
_MAX_ROWS = 40


@dataclass(slots=True)
class SetSummary:
    """What a set holds, counted while it streams by; distinct names are counted by hash."""

    n_sentences: int = 0
    n_annotations: int = 0
    stances: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    annotators: Counter[str] = field(default_factory=Counter)
    actors: SeenKeys = field(default_factory=SeenKeys)
    targets: SeenKeys = field(default_factory=SeenKeys)

    def counting(self, sentences: Iterable[AnnotatedSentence]) -> Iterator[AnnotatedSentence]:
        """The same sentences, counted as they pass."""
        for sentence in sentences:
            self.n_sentences += 1
            self.languages[sentence.lang or "not given"] += 1
            self.splits[sentence.split.value if sentence.split else "not given"] += 1
            self.sources[sentence.source or "not given"] += 1
            self.licences[sentence.licence or "not given"] += 1
            for annotation in sentence.annotations:
                self.n_annotations += 1
                self.stances[annotation.stance.value] += 1
                self.annotators[annotation.annotator or "not given"] += 1
                self.targets.add(annotation.target.key, 0)
                if annotation.actor is not None:
                    self.actors.add(annotation.actor.key, 0)
            yield sentence


def render_set_card(
    summary: SetSummary, *, source: Path, source_format: Format, destination: Path, losses: LossReport, command: str
) -> str:
    """The card in Markdown; every value from the data is escaped."""
    counts = {
        "Stance": {stance.value: summary.stances[stance.value] for stance in STANCES},
        "Language": summary.languages,
        "Split": summary.splits,
        "Source": summary.sources,
        "Licence": summary.licences,
        "Annotator": summary.annotators,
    }
    tables = "\n".join(_table(title, found) for title, found in counts.items())
    lost = losses.summary().splitlines() or ["Nothing."]
    return (
        f"# {_escaped(destination.stem)}\n\n"
        f"Converted from {_escaped(source.name)} ({_escaped(source_format.summary)}) with\n\n"
        f"    {visible(command, one_line=True)}\n\n"
        f"{summary.n_sentences:,} sentences, {summary.n_annotations:,} annotations of "
        f"{summary.actors.n_distinct():,} actors and {summary.targets.n_distinct():,} targets.\n\n{tables}\n"
        "## Not carried over\n\n" + "".join(f"- {_escaped(line)}\n" for line in lost) + "\n"
        "## SHA-256\n\n| what | hash |\n|---|---|\n"
        f"| source | {digest_of(source)} |\n| this set, without this card | {digest_of(destination)} |\n"
    )


def digest_of(path: Path) -> str:
    """SHA-256 of a file, or over the names and contents of a folder's files in order of name."""
    digest = hashlib.sha256()
    for part in sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]:
        if path.is_dir():
            digest.update(part.relative_to(path).as_posix().encode("utf-8", "surrogateescape") + b"\0")
        with part.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                digest.update(block)
    return digest.hexdigest()


def _table(title: str, counts: Mapping[str, int]) -> str:
    ranked = sorted(counts.items(), key=lambda item: -item[1])
    rows = [f"| {_escaped(value)} | {count:,} |" for value, count in ranked[:_MAX_ROWS]]
    if len(ranked) > _MAX_ROWS:
        rows.append(f"| and {len(ranked) - _MAX_ROWS:,} more | {sum(n for _, n in ranked[_MAX_ROWS:]):,} |")
    return f"| {title} | |\n|---|---:|\n" + "\n".join(rows) + "\n"


def _escaped(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", visible(text, one_line=True))

"""RuSentRel 1.1 (Loukachevitch and Rusnachenko 2018): attitudes between entities of Russian analytical articles.

Attitudes are stated for a whole document. Each is put on the sentence in which mentions of its two sides stand closest;
one whose sides share no sentence is counted as lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stance.data.formats.format import Format, Peek, ReadOptions
from stance.data.lines import read_whole, text_lines
from stance.data.losses import LossReport
from stance.errors import DataError
from stance.text.languages import language_of
from stance.text.script import fold
from stance.types import AnnotatedSentence, Annotation, Reference, Span, Stance

_STANCES = {"neg": Stance.AGAINST, "pos": Stance.FAVOR}
_AUTHOR = frozenset({"author", "автор", "unknown"})
_PREFIX = re.compile(r"\{[^{}\n]*\}[ \t]*")
_SENTENCE = re.compile(r"[^\n]+")


@dataclass(frozen=True, slots=True)
class _Mention:
    span: Span
    name: str
    entity: str


@dataclass(frozen=True, slots=True)
class _Attitude:
    actor: str | None
    target: str
    stance: Stance
    place: str


def read(path: Path, *, options: ReadOptions, losses: LossReport) -> Iterator[AnnotatedSentence]:
    """The sentences of every document of a folder, `synonyms.txt` taken from it or from the one above.

    Raises:
        DataError: no documents or no synonyms are there.
    """
    del options
    entities = _Entities(_synonyms(path))
    for document in sorted(path.rglob("*.ann")):
        text = read_whole(document.with_suffix(".txt"))
        mentions = _mentions(document, text, entities, losses=losses)
        placed: dict[Span, list[Annotation]] = {}
        sentences = _sentences(text)
        for attitude in _attitudes(document, losses=losses):
            found = _closest(attitude, sentences, mentions, entities)
            if found is None:
                losses.add("attitude whose two sides share no sentence", attitude.place)
                continue
            sentence, annotation = found
            placed.setdefault(sentence, []).append(annotation)
        for index, sentence in enumerate(sentences):
            yield AnnotatedSentence(
                id=f"rusentrel-{document.stem}-{index}",
                text=sentence.of(text),
                annotations=tuple(placed.get(sentence, ())),
                lang="ru",
                doc_id=document.stem,
                source="rusentrel",
                licence="MIT",
            )


def _synonyms(path: Path) -> Path:
    for folder in (path, path.parent):
        if (folder / "synonyms.txt").is_file():
            return folder / "synonyms.txt"
    raise DataError(f"{path}: no synonyms.txt here or in the folder above; RuSentRel needs it to match names.")


class _Entities:
    """Names in any case -> one entity, by the groups of `synonyms.txt`."""

    def __init__(self, synonyms: Path) -> None:
        self._language = language_of("ru")
        self._groups: dict[str, str] = {}
        for number, line in text_lines(synonyms):
            for name in line.split(","):
                if name.strip():
                    self._groups.setdefault(self._key(name), str(number))

    def of(self, name: str) -> str:
        """The group of a name, the name itself where it has none."""
        key = self._key(name)
        return self._groups.get(key, key)

    def _key(self, name: str) -> str:
        return " ".join(self._language.stem(word) for word in re.findall(r"\w+", fold(name)))


def _sentences(text: str) -> list[Span]:
    """Lines without the `{Author, Unknown}` that the set puts before each."""
    spans = []
    for line in _SENTENCE.finditer(text):
        prefix = _PREFIX.match(text, line.start(), line.end())
        start = prefix.end() if prefix else line.start()
        end = start + len(text[start : line.end()].rstrip())
        if text[start:end].strip():
            spans.append(Span(start + len(text[start:end]) - len(text[start:end].lstrip()), end))
    return spans


def _mentions(path: Path, text: str, entities: _Entities, *, losses: LossReport) -> list[_Mention]:
    found = []
    for number, line in text_lines(path):
        fields = line.split("\t")
        parts = fields[1].split() if len(fields) == 3 else []
        if len(parts) != 3 or not (parts[1].isdecimal() and parts[2].isdecimal()):
            losses.add("mention line without type and offsets", f"{path}:{number}")
            continue
        span = Span(int(parts[1]), int(parts[2]))
        if span.of(text) != fields[2]:
            losses.add("mention whose offsets do not hold it", f"{path}:{number}")
        elif fields[2].casefold() not in _AUTHOR:
            found.append(_Mention(span, fields[2], entities.of(fields[2])))
    return found


def _attitudes(document: Path, *, losses: LossReport) -> Iterator[_Attitude]:
    for suffix in (".opin.txt", ".author.txt"):
        path = document.with_suffix(suffix)
        if not path.exists():
            continue
        for number, line in text_lines(path):
            fields = [field.strip() for field in line.split(",")]
            place = f"{path}:{number}"
            if len(fields) < 3 or fields[2] not in _STANCES:
                losses.add("attitude without two sides and neg or pos", place)
                continue
            actor = None if fields[0].casefold() in _AUTHOR else fields[0]
            yield _Attitude(actor, fields[1], _STANCES[fields[2]], place)


def _closest(
    attitude: _Attitude, sentences: Sequence[Span], mentions: Sequence[_Mention], entities: _Entities
) -> tuple[Span, Annotation] | None:
    """The sentence and annotation with the two sides nearest to each other; the author is everywhere."""
    targets = [mention for mention in mentions if mention.entity == entities.of(attitude.target)]
    by_actor = [m for m in mentions if attitude.actor is not None and m.entity == entities.of(attitude.actor)]
    best: tuple[int, Span, Annotation] | None = None
    for sentence in sentences:
        for target in (m for m in targets if sentence.contains(m.span)):
            actors: list[_Mention | None] = [m for m in by_actor if sentence.contains(m.span) and m.span != target.span]
            for actor in actors if attitude.actor is not None else [None]:
                distance = 0 if actor is None else abs(actor.span.start - target.span.start)
                if best is None or distance < best[0]:
                    best = (distance, sentence, _annotation(actor, target, attitude.stance, offset=sentence.start))
    return best and best[1:]


def _annotation(actor: _Mention | None, target: _Mention, stance: Stance, *, offset: int) -> Annotation:
    def reference(mention: _Mention) -> Reference:
        return Reference(mention.name, span=Span(mention.span.start - offset, mention.span.end - offset))

    return Annotation(None if actor is None else reference(actor), reference(target), stance)


def detect(peek: Peek) -> str | None:
    """A folder with .ann and .opin.txt files, or with `synonyms.txt`."""
    names: Mapping[str, None] = dict.fromkeys(peek.names or ())
    found = "synonyms.txt" in names or any(name.endswith(".opin.txt") for name in names)
    return "a folder with RuSentRel's opinion files or synonyms" if found else None


FORMAT = Format("rusentrel", "RuSentRel 1.1, a folder", read, detect, own_labels=True)

"""How well the reading works: sentence borders, quotes, speakers, actors and candidates, per language.

python scripts/benchmark_reading.py [dev|test] [FOLDER of UD SETimes]

Built on dev, reported on test. Articles: data/articles, with the actors and positions of data/, and with names only;
then, in the languages that the sentence encoder reads, which of their positions are found by words and by meaning.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from stance.data.entities import load_actors, load_positions
from stance.text.languages import language_of
from stance.text.reading import ArticleReader
from stance.text.segmentation import segment
from stance.text.semantic import LANGUAGES
from stance.types import Actor, Article, Position, Reading, Span

DATA = Path(__file__).parent.parent / "data"
UD_FILES = {"sr_set": "sr-Latn", "sr_set_cyr": "sr-Cyrl", "hr_set": "hr"}
Key = tuple[str | None, str]


def main(split: str, ud: Path | None) -> None:
    """Print a table for the sentence borders of UD, then one for the articles with each kind of actors."""
    if ud is not None:
        print("| file | sentences | boundary F1 |\n|---|---|---|")
        for stem, lang in UD_FILES.items():
            path = ud / f"{stem}-ud-{split}.conllu"
            text, gold = ud_text(path)
            found = [sentence.span for sentence in segment(text, language_of(lang))]
            print(f"| {path.name} | {len(gold)} | {f1(gold, found):.4f} |")
    positions = all_positions()
    records = [record for record in articles() if record["split"] == split]
    for title, known in (("actors and positions files", True), ("positions file, actors by their names", False)):
        print(f"\n{title}:\n")
        print_articles(records, positions, known=known)
    print("\npositions of the articles:\n")
    print_positions([record for record in records if record["lang"] in LANGUAGES], positions)


def ud_text(path: Path) -> tuple[str, list[Span]]:
    """The text of a CoNLL-U file and its sentences: a blank line after a document's headline and between documents."""
    text, spans, position = "", [], 0
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("# newdoc"):
            position = 0
        elif line.startswith("# text = "):
            sentence = line.removeprefix("# text = ").strip()
            text += ("" if not text else "\n\n" if position < 2 else " ") + sentence
            spans.append(Span(len(text) - len(sentence), len(text)))
            position += 1
    return text, spans


def f1(gold: Iterable[Any], found: Iterable[Any]) -> float:
    """2 * right / (wanted + found); 1 where both are empty."""
    wanted, given = set(gold), set(found)
    return 2 * len(wanted & given) / (len(wanted) + len(given)) if wanted or given else 1.0


def articles() -> Iterator[dict[str, Any]]:
    """Every annotated article of the project."""
    for path in sorted((DATA / "articles").glob("art-*.json")):
        yield json.loads(path.read_text(encoding="utf-8"))


def all_positions() -> list[Position]:
    """The positions of every file of the project."""
    return [position for path in sorted((DATA / "positions").glob("*.yaml")) for position in load_positions(path)]


def all_actors() -> list[Actor]:
    """The actors of the composed articles and of the file on their subject."""
    return [actor for name in ("articles", "kosovo") for actor in load_actors(DATA / "actors" / f"{name}.yaml")]


class Score:
    """Counts of one language, added up article by article."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.clusters: list[tuple[float, float]] = []  # (recall, precision) of each gold and found mention

    def add(self, other: Score) -> None:
        """Take over another's counts."""
        self.counts.update(other.counts)
        self.clusters += other.clusters

    def row(self) -> str:
        """Quote F1, speaker accuracy, B-cubed F1 of actors, recall and precision of candidates, kB per second."""
        c = self.counts
        recalls = [recall for recall, _ in self.clusters if recall >= 0]
        precisions = [precision for _, precision in self.clusters if precision >= 0]
        recall, precision = _mean(recalls), _mean(precisions)
        b_cubed = 2 * recall * precision / (recall + precision) if recall + precision else 0.0
        quotes = 2 * c["quotes right"] / max(1, c["quotes wanted"] + c["quotes found"])
        return (
            f"{c['articles']} | {quotes:.3f} | {c['speakers right'] / max(1, c['speakers']):.3f} ({c['speakers']}) | "
            f"{b_cubed:.3f} | {c['pairs right'] / max(1, c['pairs']):.3f} ({c['pairs']}) | "
            f"{c['pairs right'] / max(1, c['candidates']):.3f} | {c['bytes'] / 1000 / max(1e-9, c['us'] / 1e6):.0f}"
        )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def print_articles(records: Sequence[Mapping[str, Any]], positions: Sequence[Position], *, known: bool) -> None:
    """A row per language and one for all."""
    everyone = all_actors()
    scores: dict[str, Score] = defaultdict(Score)
    for record in records:
        actors = actors_of(record, everyone)
        if not known:
            actors = [Actor(actor.name, actor.id) for actor in actors]
        score = score_article(record, positions, actors)
        scores[record["lang"]].add(score)
        scores["all"].add(score)
    print("| language | articles | quote F1 | speaker | actors B³ | candidate recall | precision | kB/s |")
    print("|---|---|---|---|---|---|---|---|")
    for lang in [*sorted(lang for lang in scores if lang != "all"), "all"]:
        print(f"| {lang} | {scores[lang].row()} |")


def print_positions(records: Sequence[Mapping[str, Any]], positions: Sequence[Position]) -> None:
    """Recall and precision of the positions spoken of, with and without aliases, by words alone and by meaning too."""
    bare = [replace(position, aliases={}) for position in positions]
    print("| positions | looked for | recall | precision |\n|---|---|---|---|")
    for title, given in (("names and statements", bare), ("with aliases", positions)):
        for way, semantic in (("by words", False), ("by meaning too", True)):
            reader, counts = ArticleReader(given, semantic=semantic), Counter[str]()
            for record in records:
                reading = reader.read(Article(record["text"], record["doc_id"], lang=record["lang"]))
                found = {mention.reference.key for mention in reading.position_mentions}
                gold = {pair["target"]["id"] for pair in record["gold"]}
                counts.update(gold=len(gold), found=len(found), right=len(gold & found))
            recall, precision = counts["right"] / max(1, counts["gold"]), counts["right"] / max(1, counts["found"])
            print(f"| {title} | {way} | {recall:.3f} ({counts['gold']}) | {precision:.3f} |")


def actors_of(record: Mapping[str, Any], everyone: Sequence[Actor]) -> list[Actor]:
    """The actors that a user would list for this article: those of its annotation, and the file on its subject."""
    named = {mention["actor"]["id"] for mention in record["mentions"]}
    named |= {speaker["id"] for quote in record["quotes"] for speaker in quote["speakers"]}
    named |= {pair["actor"]["id"] for pair in record["gold"] if pair["actor"]}
    return [actor for actor in everyone if actor.id in named or not str(actor.id).startswith("art-")]


def score_article(record: Mapping[str, Any], positions: Sequence[Position], actors: Sequence[Actor]) -> Score:
    """All counts of one article."""
    article = Article(record["text"], record["doc_id"], lang=record["lang"])
    reader = ArticleReader(positions, actors)
    reader.read(article)  # prepares the actors and positions in this language
    start = time.perf_counter()
    reading = reader.read(article)
    score = Score()
    score.counts.update(articles=1, us=round((time.perf_counter() - start) * 1e6), bytes=len(record["text"].encode()))
    _score_quotes(record, reading, score)
    score.clusters = list(_b_cubed(record, reading))
    gold = {(pair["actor"] and pair["actor"]["id"], pair["target"]["id"]) for pair in record["gold"]}
    found = {(query.actor and query.actor.key, query.target.key) for query in reading.queries}
    score.counts.update({"pairs": len(gold), "candidates": len(found), "pairs right": len(gold & found)})
    return score


def _score_quotes(record: Mapping[str, Any], reading: Reading, score: Score) -> None:
    wanted = {Span(quote["start"], quote["end"]): quote for quote in record["quotes"]}
    found = {quote.span: speakers for quote, speakers in zip(reading.quotes, reading.quote_speakers, strict=True)}
    right = wanted.keys() & found.keys()
    score.counts.update({"quotes wanted": len(wanted), "quotes found": len(found), "quotes right": len(right)})
    for span, quote in wanted.items():
        if quote["speakers"] and quote["kind"] != "scare":
            names = {speaker.actor.key for speaker in found.get(span, ()) if speaker.actor}
            score.counts["speakers"] += 1
            score.counts["speakers right"] += bool(names) and names <= {s["id"] for s in quote["speakers"]}


def _b_cubed(record: Mapping[str, Any], reading: Reading) -> Iterator[tuple[float, float]]:
    """(recall, -1) of each gold mention, (-1, precision) of each found one. Source: Bagga and Baldwin 1998.

    A mention that the other side lacks counts 0; pronouns and titles are mentions like names.
    """
    gold = {Span(m["start"], m["end"]): m["actor"]["id"] for m in record["mentions"]}
    found = {mention.span: mention.reference.key for mention in reading.actor_mentions}
    for spans, others, is_gold in ((gold, found, True), (found, gold, False)):
        sizes = Counter(spans.values())
        for span, name in spans.items():
            share = 0.0
            if span in others:
                same = sum(1 for s, n in spans.items() if n == name and others.get(s) == others[span])
                share = same / sizes[name]
            yield (share, -1.0) if is_gold else (-1.0, share)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(arguments[0] if arguments else "dev", Path(arguments[1]) if len(arguments) > 1 else None)

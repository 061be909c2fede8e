"""How well whole articles are scored: (actor, position, stance) against what careful readers give, per language.

python scripts/benchmark_articles.py [dev|test] [MODEL]

Articles: data/articles, with the positions of data/ and the actors of each article; once with the statements that name
their position, once with those in context too. A triple counts as found where reading and model together give it.
Below each table stand figures of all articles as other work counts them (stance/evaluation/opinions.py), over the pairs
that the annotators judged.
"""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from benchmark_reading import actors_of, all_actors, all_positions, articles

from stance.evaluation.opinions import AUTHOR, SIDES, Opinion, opinion_figures
from stance.inference.classifier import StanceClassifier
from stance.inference.scorer import ArticleScorer, ScoredArticle
from stance.types import Article, ArticleStance, Position, Span, Stance

FIGURES = {
    "triple_f1": "F1 of (actor, position, stance)",
    "tuple_f1": "tuple F1 of sides with their words (RuOpinionNE)",
    "attitude_f1": "F1 of sides, favor and against apart, by document (RuSentRel)",
    "side_precision": "sides that are right",
    "ranking": "average precision of sides, largest |score| first",
}


def main(split: str, model: str | None) -> None:
    """Print a table for each kind of statements."""
    positions = all_positions()
    records = [record for record in articles() if record["split"] == split]
    classifier = StanceClassifier.from_pretrained(model)
    print(f"{classifier.model_id}, {split} articles")
    for title, in_context in (("statements that name their position", False), ("those in context too", True)):
        print(f"\n{title}:\n")
        print_articles(records, positions, classifier, in_context=in_context)


def print_articles(
    records: Sequence[Mapping[str, Any]],
    positions: Sequence[Position],
    classifier: StanceClassifier,
    *,
    in_context: bool,
) -> None:
    """A row per language and one for all."""
    everyone = all_actors()
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    gold, given = [], []
    for record in records:
        scorer = ArticleScorer(classifier, actors_of(record, everyone), in_context=in_context)
        scored = scorer.score(Article(record["text"], record["doc_id"], lang=record["lang"]), positions)
        gold.append(gold_opinions(record))
        given.append(given_opinions(record, scored))
        found = count(record, scored)
        counts[record["lang"]].update(found)
        counts["all"].update(found)
    print("| language | gold triples | found | precision | recall | F1 | sides: right | opposite | no side in gold |")
    print("|---|---|---|---|---|---|---|---|---|")
    for lang in [*sorted(lang for lang in counts if lang != "all"), "all"]:
        c = counts[lang]
        precision, recall = c["right"] / max(1, c["found"]), c["right"] / max(1, c["gold"])
        f1 = 2 * c["right"] / max(1, c["gold"] + c["found"])
        sides = " | ".join(str(c[name]) for name in ("side right", "side opposite", "side elsewhere"))
        print(f"| {lang} | {c['gold']} | {c['found']} | {precision:.3f} | {recall:.3f} | {f1:.3f} | {sides} |")
    print(f"\n| figure | {len(records)} articles (95 % interval over articles) |\n|---|---|")
    for name, figure in opinion_figures(gold, given).items():
        print(f"| {FIGURES[name]} | {figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f}) |")


def gold_opinions(record: Mapping[str, Any]) -> list[Opinion]:
    """The gold pairs of an article with the words of their evidence."""
    words = word_spans(record["text"])
    return [
        Opinion(
            frozenset({pair["actor"]["id"] if pair["actor"] else AUTHOR}),
            frozenset({pair["target"]["id"]}),
            words_in(words, [Span(part["start"], part["end"]) for part in pair["evidence"]]),
            Stance(pair["stance"]),
        )
        for pair in record["gold"]
    ]


def given_opinions(record: Mapping[str, Any], scored: ScoredArticle) -> list[Opinion]:
    """The stances given to pairs that the annotators judged, with the words of the statements that carry them."""
    judged = {
        (pair["actor"] and pair["actor"]["id"], pair["target"]["id"])
        for pair in [*record["gold"], *record.get("absent", ())]
    }
    words = word_spans(record["text"])
    found = []
    for given in scored.stances:
        actor = given.actor and given.actor.key
        if given.stance is not None and (actor, given.target.key) in judged:
            evidence = words_in(words, _evidence(given))
            holder = frozenset({actor or AUTHOR})
            found.append(Opinion(holder, frozenset({given.target.key}), evidence, given.stance, given.score))
    return found


def _evidence(given: ArticleStance) -> list[Span]:
    """The spans of the statements that have the article's stance; of all where none has it alone."""
    answered = [p for p in given.predictions if not p.abstained]
    carrying = [p for p in answered if p.stance is given.stance] or answered
    return [span for p in carrying if p.query.statement is not None for span in p.query.statement.evidence]


def word_spans(text: str) -> list[Span]:
    """The words of a text, as white space parts them."""
    return [Span(found.start(), found.end()) for found in re.finditer(r"\S+", text)]


def words_in(words: Sequence[Span], spans: Sequence[Span]) -> frozenset[int]:
    """The numbers of the words that any of the spans touches."""
    return frozenset(n for n, word in enumerate(words) if any(word.overlaps(span) for span in spans))


def count(record: Mapping[str, Any], scored: ScoredArticle) -> Counter[str]:
    """Triples wanted, found and right; and of the sides given, how many are right, opposite, or none in gold."""
    gold = {(pair["actor"] and pair["actor"]["id"], pair["target"]["id"]): pair["stance"] for pair in record["gold"]}
    counts = Counter(gold=len(gold))
    for found in scored.stances:
        if found.stance is None:
            continue
        wanted = gold.get((found.actor and found.actor.key, found.target.key))
        counts["found"] += 1
        counts["right"] += wanted == found.stance
        if found.stance in SIDES:
            opposite = wanted in SIDES and wanted != found.stance
            kind = "right" if wanted == found.stance else "opposite" if opposite else "elsewhere"
            counts[f"side {kind}"] += 1
    return counts


if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(arguments[0] if arguments else "dev", arguments[1] if len(arguments) > 1 else None)

"""How well whole articles are scored: (actor, position, stance) against what careful readers give, per language.

python scripts/benchmark_articles.py [dev|test] [MODEL]

Articles: data/articles, with the positions of data/ and the actors of each article; once with the statements that name
their position, once with those in context too. A triple counts as found where reading and model together give it.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from benchmark_reading import actors_of, all_actors, all_positions, articles

from stance.inference.classifier import StanceClassifier
from stance.inference.scorer import ArticleScorer
from stance.types import Article, Position, Stance

SIDES = (Stance.FAVOR, Stance.AGAINST)


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
    for record in records:
        scorer = ArticleScorer(classifier, actors_of(record, everyone), in_context=in_context)
        found = count(record, scorer, positions)
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


def count(record: Mapping[str, Any], scorer: ArticleScorer, positions: Sequence[Position]) -> Counter[str]:
    """Triples wanted, found and right; and of the sides given, how many are right, opposite, or none in gold."""
    gold = {(pair["actor"] and pair["actor"]["id"], pair["target"]["id"]): pair["stance"] for pair in record["gold"]}
    counts = Counter(gold=len(gold))
    scored = scorer.score(Article(record["text"], record["doc_id"], lang=record["lang"]), positions)
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

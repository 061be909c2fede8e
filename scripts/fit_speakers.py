"""Fit the weights by which the speaker of a quote is chosen, on the dev articles of data/articles.

python scripts/fit_speakers.py [--write]

Prints the accuracy on articles left out in turn; --write replaces stance/text/quote_speakers.yaml.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import benchmark_reading
import numpy as np
import yaml
from scipy.optimize import minimize

from stance.data.entities import load_actors
from stance.text import quote_speakers
from stance.text.quote_speakers import NOBODY, Candidate, all_features, choose, quote_candidates, quote_chains
from stance.text.reading import ArticleReader
from stance.text.voices import sentence_voices
from stance.types import Actor, Reference, Span, Speaker, SpeakerSource

RIDGE = 2.5
TARGET = Path(quote_speakers.__file__).with_suffix(".yaml")
Choice = tuple[str, list[Candidate], frozenset[str]]  # article, candidates, the names that are right


def main(*, write: bool) -> None:
    """Cross-validate, then fit on everything."""
    choices = list(all_choices())
    articles = sorted({article for article, _, _ in choices})
    right = reachable = 0
    for article in articles:
        weights = fit([choice for choice in choices if choice[0] != article])
        own = [choice for choice in choices if choice[0] == article]
        right += sum(choose(candidates, weights)[0].name in names for _, candidates, names in own)
        reachable += sum(any(c.name in names for c in candidates) for _, candidates, names in own)
    shares = right / len(choices), reachable / len(choices)
    print(f"left-one-article-out accuracy {shares[0]:.3f} of {len(choices)}; reachable {shares[1]:.3f}")
    weights = fit(choices)
    print(f"on the articles fitted on {sum(choose(c, weights)[0].name in n for _, c, n in choices) / len(choices):.3f}")
    if write:
        header = "# Weight of each feature of a candidate; written by scripts/fit_speakers.py.\n"
        rounded = {name: round(float(weight), 2) for name, weight in sorted(weights.items()) if abs(weight) >= 0.01}
        TARGET.write_text(header + yaml.safe_dump(rounded), encoding="utf-8")
        print(f"{TARGET}: {len(rounded)} weights")


def all_choices() -> Iterator[Choice]:
    """Every quote with a speaker of the dev articles, read with the actors file and with names only."""
    folder = benchmark_reading.DATA / "actors"
    everyone = [actor for name in ("articles", "kosovo") for actor in load_actors(folder / f"{name}.yaml")]
    for record in benchmark_reading.articles():
        if record["split"] == "dev":
            actors = benchmark_reading.actors_of(record, everyone)
            yield from _choices(record, actors)
            yield from _choices(record, [Actor(actor.name, actor.id) for actor in actors])


def _choices(record: Mapping[str, Any], actors: Sequence[Actor]) -> Iterator[Choice]:
    scene = ArticleReader((), actors).scene(record["text"], record["lang"])
    wanted = {Span(quote["start"], quote["end"]): quote["speakers"] for quote in record["quotes"]}
    before = [_speakers(wanted.get(quote.span, ())) for quote in scene.quotes]
    voices = sentence_voices(scene)
    for chain in quote_chains(scene.quotes):
        names = frozenset(speaker["id"] for speaker in wanted.get(scene.quotes[chain[0]].span, ()))
        if names:
            yield record["doc_id"], quote_candidates(scene, chain, before, voices), names


def _speakers(actors: Sequence[Mapping[str, str]]) -> tuple[Speaker, ...]:
    return tuple(Speaker(Reference(a["id"], a["id"]), SpeakerSource.QUOTE, 1.0) for a in actors)


def fit(choices: Sequence[Choice]) -> dict[str, float]:
    """Weights of the greatest likelihood that somebody right is chosen, with a ridge."""
    names = sorted({feature for _, candidates, _ in choices for c in candidates for feature in all_features(c)})
    column = {name: number for number, name in enumerate(names)}
    problems = []
    for _, candidates, right in choices:
        table = np.zeros((len(candidates), len(names)))
        for row, candidate in enumerate(candidates):
            table[row, [column[feature] for feature in all_features(candidate)]] = 1.0
        mask = np.array([candidate.name in right for candidate in candidates])
        if not mask.any():
            mask = np.array([candidate.name == NOBODY for candidate in candidates])
        problems.append((table, mask))
    found = minimize(_loss, np.zeros(len(names)), args=(problems,), jac=True, method="L-BFGS-B")
    return dict(zip(names, found.x, strict=True))


def _loss(weights: np.ndarray, problems: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[float, np.ndarray]:
    loss, gradient = RIDGE / 2 * float(weights @ weights), RIDGE * weights
    for table, right in problems:
        scores = table @ weights
        masses = np.exp(scores - scores.max())
        shares = masses / masses.sum()
        chosen = masses * right / (masses * right).sum()
        loss -= float(np.log((shares * right).sum()))
        gradient = gradient + table.T @ (shares - chosen)
    return loss, gradient


if __name__ == "__main__":
    main(write="--write" in sys.argv[1:])

"""Figures of the corpus card: artefacts that a bag of words could use, near-duplicates, skeletons, openings.

python scripts/corpus_report.py [data/sentences]
"""

from __future__ import annotations

import math
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from stance.data.formats import read_sentences
from stance.data.judgements import examples_of
from stance.data.losses import LossReport
from stance.text.script import fold
from stance.types import AnnotatedSentence, StanceExample

FOLDS = 5
SHINGLE_CHARACTERS = 5
NEAR = 0.7
MAX_SKELETON_REPEATS = 3
_WORD = re.compile(r"[^\W_]+")


def main(folder: Path) -> None:
    """Print every figure as a line of Markdown."""
    sentences = list(read_sentences(folder, format="native", losses=LossReport()))
    examples = [example for sentence in sentences for example in examples_of(sentence)]
    print(f"{len(sentences)} sentences, {len(examples)} (actor, target, stance) pairs\n")
    print("| model, five folds by sentence and pair | macro-F1 | accuracy |\n|---|---|---|")
    gold = np.array([example.stance.value for example in examples])
    print(f"| majority class | - | {max(Counter(gold).values()) / len(gold):.3f} |")
    features: dict[str, Callable[[StanceExample], str]] = {
        "TF-IDF of text, actor and target + logistic regression": lambda e: f"{e.query.context.text} | {_ask(e)}",
        "target only": lambda e: e.query.target.name,
        "actor only": lambda e: e.query.actor.name if e.query.actor else "(author)",
    }
    for name, feature in features.items():
        predicted = cross_predict([feature(example) for example in examples], gold, groups_of(examples))
        macro_f1 = f1_score(gold, predicted, average="macro")
        print(f"| {name} | {macro_f1:.3f} | {(gold == predicted).mean():.3f} |")
    print()
    print(f"- near-duplicates (Jaccard of 5-character shingles > {NEAR}, pairs excepted): {near_duplicates(sentences)}")
    repeated = {s: n for s, n in skeletons(sentences).items() if n > MAX_SKELETON_REPEATS}
    print(f"- word patterns (names and numbers masked) more than {MAX_SKELETON_REPEATS} times: {len(repeated)}")
    openings = Counter(" ".join(_words(s.text)[:2]) for s in sentences)
    share = sum(n for _, n in openings.most_common(20)) / len(sentences)
    print(f"- the twenty most frequent two-word openings cover {share:.1%} of the sentences")
    print("\n| language | words | types | types / words |\n|---|---|---|---|")
    for lang in sorted({s.lang or "" for s in sentences}):
        words = [word for s in sentences if s.lang == lang for word in _words(s.text)]
        print(f"| {lang} | {len(words)} | {len(set(words))} | {len(set(words)) / len(words):.2f} |")


def groups_of(examples: Sequence[StanceExample]) -> list[str]:
    """A pair stays in one fold, else a sentence."""
    return [example.origin.pair_id or example.origin.id for example in examples]


def cross_predict(texts: Sequence[str], gold: np.ndarray, groups: Sequence[str]) -> np.ndarray:
    """Labels predicted by a bag of words and two-word sequences that never saw the row's group."""
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(max_iter=2000))
    predicted: np.ndarray = cross_val_predict(model, texts, gold, groups=groups, cv=GroupKFold(FOLDS))
    return predicted


def near_duplicates(sentences: Sequence[AnnotatedSentence]) -> int:
    """Sentence pairs of one language that share more than NEAR of their shingles and belong to no minimal pair.

    Two such sets share one of the rarest shingles of each, so that only what does is compared. Source: Chaudhuri et
    al. 2006, A Primitive Operator for Similarity Joins in Data Cleaning (prefix filter).
    """
    shingles = [_shingles(sentence.text) for sentence in sentences]
    counts = Counter(shingle for found in shingles for shingle in found)
    before: dict[tuple[str | None, str], list[int]] = defaultdict(list)
    n_found = 0
    for i, (one, own) in enumerate(zip(sentences, shingles, strict=True)):
        rarest = sorted(own, key=lambda shingle: (counts[shingle], shingle))[: len(own) - math.floor(NEAR * len(own))]
        for j in {j for shingle in rarest for j in before[one.lang, shingle]}:
            if one.pair_id is None or one.pair_id != sentences[j].pair_id:
                common = len(own & shingles[j])
                n_found += common > NEAR * (len(own) + len(shingles[j]) - common)
        for shingle in rarest:
            before[one.lang, shingle].append(i)
    return n_found


def skeletons(sentences: Sequence[AnnotatedSentence]) -> Counter[str]:
    """How often each word pattern occurs outside minimal pairs; capitalised words and numbers are masked."""
    return Counter(
        " ".join("X" if word[0].isupper() or word[0].isdigit() else word for word in _WORD.findall(sentence.text))
        for sentence in sentences
        if sentence.pair_id is None
    )


def _ask(example: StanceExample) -> str:
    query = example.query
    return f"{query.actor.name if query.actor else ''} | {query.target.name}"


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _shingles(text: str) -> set[str]:
    folded = fold(text)
    return {folded[i : i + SHINGLE_CHARACTERS] for i in range(max(1, len(folded) - SHINGLE_CHARACTERS + 1))}


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "data/sentences"))

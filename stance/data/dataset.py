"""From annotated files to training examples: read all, split together, thin, augment, repeat."""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from stance.config import DataConfig, SourceConfig
from stance.data.augmentation import drop_actors, give_actors, latin_copy, unlisted_neutral_pairs
from stance.data.formats import read_sentences
from stance.data.formats.format import ReadOptions
from stance.data.grouping import normalise
from stance.data.judgements import examples_of
from stance.data.licences import require_licences
from stance.data.losses import LossReport
from stance.data.shipped import PREFIX, shipped_folder
from stance.data.splits import split_sentences, with_fold
from stance.data.training_texts import TrainingTexts
from stance.errors import ConfigError, DataError
from stance.types import STANCES, AnnotatedSentence, Split, Stance, StanceExample

LISTS_EVERY_OPINION = ("dse", "rusentne", "ruopinionne")


@dataclass(frozen=True, slots=True)
class Dataset:
    """Examples by split; `counts` maps split and source to rows per stance, with and without an actor.

    licences: by source path, with the number of sentences under each.
    """

    train: tuple[StanceExample, ...]
    dev: tuple[StanceExample, ...]
    test: tuple[StanceExample, ...]
    sha256: str
    losses: str
    counts: dict[str, dict[str, int]]
    licences: dict[str, str]


def load_dataset(config: DataConfig, *, seed: int, seen: TrainingTexts | None = None) -> Dataset:
    """Read, split and prepare every source of a run.

    Thinning, augmentation and repetition touch training rows only. All sources are split together, because public
    sets share sentences.

    Args:
        seen: sentences of an earlier training; of those among the training rows `seen_fraction` is kept.

    Raises:
        DataError: a source is missing or not what its format says.
        ConfigError: a source's licence forbids the declared use, or its label map does not fit.
    """
    losses = LossReport()
    sources = {source.path: source for source in config.sources}
    by_path = {source.path: _read_source(source, root=config.root, losses=losses) for source in config.sources}
    declared = {source.path: source.licence for source in config.sources}
    licences = require_licences(by_path, declared=declared, use=config.use)
    sentences = [sentence for found in by_path.values() for sentence in found]
    split = split_sentences(sentences, dev_fraction=config.dev_fraction, test_fraction=config.test_fraction, seed=seed)
    if config.folds is not None and config.fold is not None:
        split = with_fold(split, fold=config.fold, n_folds=config.folds, seed=seed)
    rng = random.Random(seed)
    kept = split[Split.TRAIN]
    if seen is not None:
        # The number of what was seen differs from one round to the next, so that each takes others again.
        draw = partial(_drawn, share=config.seen_fraction, salt=f"{seed}:{len(seen)}")
        kept = [s for s in kept if not seen.holds(s.text) or draw(s)]
    train = _training_examples(kept, sources, config=config, rng=rng)
    dev = _shuffled(_all_examples(split[Split.DEV]), rng=rng)
    test = _all_examples(split[Split.TEST])
    if config.leave_out.lang or config.leave_out.target:
        train, dev = ([e for e in rows if not _is_left_out(e, config)] for rows in (train, dev))
        test = [e for e in test if _is_left_out(e, config)]
    train = train[: config.max_train_rows]
    return Dataset(
        train=tuple(train),
        dev=tuple(dev),
        test=tuple(test),
        sha256=_digest(train, dev, test),
        losses=losses.summary(),
        counts={"train": _counts(train), "dev": _counts(dev), "test": _counts(test)},
        licences=licences,
    )


def without_texts(dataset: Dataset, texts: Set[str]) -> Dataset:
    """The dataset without the rows of dev and test whose sentence is one of these, normalised."""
    dev, test = (tuple(e for e in s if normalise(e.origin.text) not in texts) for s in (dataset.dev, dataset.test))
    counts = {**dataset.counts, "dev": _counts(dev), "test": _counts(test)}
    return replace(dataset, dev=dev, test=test, counts=counts)


def _read_source(source: SourceConfig, *, root: str, losses: LossReport) -> list[AnnotatedSentence]:
    options = ReadOptions(labels=source.labels, columns=source.columns)
    path = locate(source, root=root)
    return [
        replace(sentence, extra={**sentence.extra, "_path": source.path})
        for sentence in read_sentences(path, format=source.format, losses=losses, options=options)
    ]


def locate(source: SourceConfig, *, root: str) -> Path:
    """The file of a source: below `root`, else below the working directory; `shipped:NAME` comes with stance.

    Raises:
        DataError: it is in neither place.
    """
    if source.path.startswith(PREFIX):
        return shipped_folder(source.path.removeprefix(PREFIX))
    # `.` names the root itself; it must not fall back to wherever one happens to be.
    candidates = [Path(root) / source.path, *([Path(source.path)] if source.path != "." else [])]
    for path in candidates:
        if path.exists():
            return path
    raise DataError(
        f"data.sources: {source.path} is neither in data.root ({Path(root).absolute()}) nor in the working directory "
        f"({Path.cwd()}). Set data.root to the folder that holds it."
    )


def _drawn(sentence: AnnotatedSentence, *, share: float, salt: str) -> bool:
    """Whether a sentence is among that share of all, whatever else is in the data; with all of its minimal pair."""
    return random.Random(f"{salt}:{sentence.pair_id or normalise(sentence.text)}").random() < share


def _training_examples(
    sentences: Sequence[AnnotatedSentence],
    sources: dict[str, SourceConfig],
    *,
    config: DataConfig,
    rng: random.Random,
) -> list[StanceExample]:
    by_source: dict[str, list[StanceExample]] = {path: [] for path in sources}
    for sentence in sentences:
        source = sources[sentence.extra["_path"]]
        _require_choice(sentence, source)
        copies = [sentence]
        if config.latin_copies and sentence.lang == "sr-Cyrl":
            copies.append(latin_copy(sentence))
        for copy in copies:
            by_source[source.path] += _sentence_examples(copy, source, config=config, rng=rng)
    examples: list[StanceExample] = []
    for path, found in by_source.items():
        limit = sources[path].max_rows
        kept = found if limit is None or limit >= len(found) else rng.sample(found, limit)
        examples += _weighted(_against_shortcut(kept, config=config, rng=rng), sources[path].weight, rng=rng)
    return _shuffled(examples, rng=rng)


def _require_choice(sentence: AnnotatedSentence, source: SourceConfig) -> None:
    found = {annotation.stance for annotation in sentence.annotations} - set(source.choices or STANCES)
    if found:
        raise ConfigError(
            f"data.sources {source.path}: choices are {', '.join(source.choices or ())}, but sentence "
            f"{sentence.id} is {', '.join(sorted(found))}. Name that stance among the choices, or map the label."
        )


def _sentence_examples(
    sentence: AnnotatedSentence, source: SourceConfig, *, config: DataConfig, rng: random.Random
) -> list[StanceExample]:
    """The sentence's rows after thinning, with the neutral pairs that its annotators left unlisted."""
    examples = [
        e for e in examples_of(sentence) if e.stance is not Stance.NEUTRAL or rng.random() < source.keep_neutral
    ]
    if sentence.source in LISTS_EVERY_OPINION:
        added = unlisted_neutral_pairs(sentence, probability=config.reversed_neutral, rng=rng)
        examples += examples_of(replace(sentence, annotations=tuple(added)))
    return examples


def _against_shortcut(
    examples: Sequence[StanceExample], *, config: DataConfig, rng: random.Random
) -> list[StanceExample]:
    dropped: Iterable[StanceExample] = examples
    if examples and examples[0].origin.source in LISTS_EVERY_OPINION:
        dropped = drop_actors(examples, probability=config.actor_dropout, rng=rng)
    return list(give_actors(list(dropped), probability=config.random_actor, rng=rng))


def _weighted(examples: list[StanceExample], weight: float, *, rng: random.Random) -> list[StanceExample]:
    """Each example as often as the weight says, a random share of them once more."""
    whole = int(weight)
    return examples * whole + rng.sample(examples, round(len(examples) * (weight - whole)))


def _is_left_out(example: StanceExample, config: DataConfig) -> bool:
    query = example.query
    return query.lang in config.leave_out.lang or query.target.name in config.leave_out.target


def _all_examples(sentences: Iterable[AnnotatedSentence]) -> list[StanceExample]:
    return [example for sentence in sentences for example in examples_of(sentence)]


def _shuffled(examples: list[StanceExample], *, rng: random.Random) -> list[StanceExample]:
    return rng.sample(examples, len(examples))


def _counts(examples: Sequence[StanceExample]) -> dict[str, int]:
    counts = Counter(
        f"{e.origin.source or 'unknown'}/{e.query.lang or 'unknown'}/"
        f"{'actor' if e.query.actor else 'no actor'}/{e.stance.value}"
        for e in examples
    )
    return dict(sorted(counts.items()))


def _digest(*splits: Sequence[StanceExample]) -> str:
    digest = hashlib.sha256()
    for examples in splits:
        for e in examples:
            actor = None if e.query.actor is None else e.query.actor.name
            row = [e.query.context.text, actor, e.query.target.name, e.stance.value]
            digest.update(json.dumps(row, ensure_ascii=True).encode("ascii") + b"\n")
        digest.update(b"\0")
    return digest.hexdigest()

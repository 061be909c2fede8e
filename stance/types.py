"""The values that flow through stance, in the order in which they come to be.

All are frozen; each holds its predecessor, so that nothing is looked up backwards. Every offset counts code
points of the unmodified text, half-open.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

SCHEMA_VERSION = 1
EMPTY: Mapping[str, Any] = MappingProxyType({})


class Stance(StrEnum):
    """Which side an actor takes; the order is the order of the model's logits."""

    FAVOR = "favor"
    NEUTRAL = "neutral"
    AGAINST = "against"


STANCES = tuple(Stance)


class Reason(StrEnum):
    """Why no side is given although the target is discussed."""

    LOW_CONFIDENCE = "low_confidence"
    NO_SPEAKER = "no_speaker"
    REPORTED_NOT_ENDORSED = "reported_not_endorsed"
    CONFLICT = "conflict"


class SpeakerSource(StrEnum):
    """How the holder of a statement was found."""

    QUOTE = "quote"
    SUBJECT = "subject"
    ACCORDING_TO = "according_to"
    NOMINAL = "nominal"
    COREFERENCE = "coreference"
    CONTEXT = "context"
    AUTHOR = "author"


class TargetSource(StrEnum):
    """How the mention of a position was found.

    CONTEXT: the article names it elsewhere, not in the statement. SEMANTIC: by meaning; the article names it nowhere.
    """

    ALIAS = "alias"
    ACRONYM = "acronym"
    NUMBER = "number"
    SEMANTIC = "semantic"
    CONTEXT = "context"


class QuoteKind(StrEnum):
    """A quote is a whole utterance, a few words inside a sentence, or words the author keeps at a distance."""

    SPEECH = "speech"
    PARTIAL = "partial"
    SCARE = "scare"


class Split(StrEnum):
    """The part of a data set that a sentence belongs to."""

    TRAIN = "train"
    DEV = "dev"
    TEST = "test"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Code points [start, end) of a text."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start

    def of(self, text: str) -> str:
        """The words that the span covers."""
        return text[self.start : self.end]

    def contains(self, other: Span) -> bool:
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end


# --- what users follow -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Actor:
    """Who may hold a stance; `aliases` and `titles` map a BCP 47 language key to forms."""

    name: str
    id: str | None = None
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: EMPTY)
    titles: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True, slots=True)
class Position:
    """A target that a user follows; `statement` spells it out in one sentence."""

    id: str
    name: str
    statement: str | None = None
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True, slots=True)
class Reference:
    """An actor or target as a row or an article names it.

    `span` is its mention in the text, or None where it is implied or named elsewhere. At least one of `name`
    and `span` is set; `name` is what the model is asked about.
    """

    name: str
    id: str | None = None
    span: Span | None = None

    @property
    def key(self) -> str:
        """The identity of the actor or target within one run: the id where there is one."""
        return self.id or self.name


# --- from annotated sentences to training examples -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Annotation:
    """One judgement: this actor (None = the text's own voice) takes this stance towards this target."""

    actor: Reference | None
    target: Reference
    stance: Stance
    annotator: str | None = None


@dataclass(frozen=True, slots=True)
class AnnotatedSentence:
    """A sentence or short quote with its annotations; `extra` keeps every further column."""

    id: str
    text: str
    annotations: tuple[Annotation, ...]
    lang: str | None = None
    doc_id: str | None = None
    split: Split | None = None
    pair_id: str | None = None
    relation: str | None = None
    phenomena: tuple[str, ...] = ()
    source: str | None = None
    licence: str | None = None
    extra: Mapping[str, Any] = field(default_factory=lambda: EMPTY)


# --- from an article to queries ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Article:
    """One article as it came; offsets count in `text`, the title is not part of it."""

    text: str
    doc_id: str
    title: str | None = None
    lang: str | None = None
    date: str | None = None
    url: str | None = None
    source: str | None = None


def text_digest(text: str) -> str:
    """The document id of an article that brings none: 16 hex digits of its SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an article; `paragraph` counts from 0.

    `boilerplate` is True for a line that is no part of the article's text: byline, copyright, photo credit.
    `lang` is the sentence's own language, None where it is the article's.
    """

    span: Span
    index: int
    paragraph: int
    boilerplate: bool = False
    lang: str | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """A paired quotation: `span` with its marks, `inner` without; `closed` is False where a mark is missing.

    `continues` is the index of the quote of the preceding paragraph that this one carries on. `asides` are the
    reporting clauses between its marks: `« Non, dit-elle, jamais »`.
    """

    span: Span
    inner: Span
    kind: QuoteKind
    closed: bool = True
    continues: int | None = None
    asides: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Mention:
    """A span that names an actor or a position; `source` is set for positions only."""

    span: Span
    reference: Reference
    source: TargetSource | None = None


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who says or does a statement, how that was found, and how sure (in [0, 1]).

    `represents` is the state or body on whose behalf the actor speaks; `reporter` who passes the words on.
    """

    actor: Reference | None
    source: SpeakerSource
    confidence: float
    represents: str | None = None
    reporter: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence or quote that concerns a target, attributed.

    `speaker` is None where its holder was not found; a speaker whose actor is None is the author.
    `evidence` are the spans of the article that carry it, in order, at least one.
    """

    article: Article
    sentence: Sentence
    evidence: tuple[Span, ...]
    speaker: Speaker | None


@dataclass(frozen=True, slots=True)
class Context:
    """The text that a question is asked about.

    `evidence` is the part of `text` that carries the statement. `starts` are the offsets before it at which a
    context may begin (sentence starts of the same document, nearest first); none: no context.
    """

    text: str
    evidence: Span
    starts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class StanceQuery:
    """What is asked: the stance of `actor` (None = the text's own voice) towards `target` in `context`.

    `statement` is set where the query comes from an article.
    """

    context: Context
    actor: Reference | None
    target: Reference
    lang: str | None = None
    statement: Statement | None = None
    target_source: TargetSource | None = None


@dataclass(frozen=True, slots=True)
class StanceExample:
    """A query with its gold stance; `origin` is the sentence it was made from."""

    query: StanceQuery
    stance: Stance
    origin: AnnotatedSentence


@dataclass(frozen=True, slots=True)
class Reading:
    """What the rules found in one article; without speakers is what somebody says who was not found.

    `sentence_speakers` are the holders of a sentence's words, then those of whom they report (with a `reporter`).
    """

    article: Article
    lang: str
    sentences: tuple[Sentence, ...]
    quotes: tuple[Quote, ...]
    sentence_speakers: tuple[tuple[Speaker, ...], ...]
    quote_speakers: tuple[tuple[Speaker, ...], ...]
    actor_mentions: tuple[Mention, ...]
    position_mentions: tuple[Mention, ...]
    queries: tuple[StanceQuery, ...]


# --- from predictions to stances -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StancePrediction:
    """The model's answer to one query.

    `probabilities` are in the order of STANCES and sum to 1. `stance` is the most probable class, also where
    `abstained` is True; records leave it out there. `prediction_set` holds the stances that may be true at the
    coverage which the checkpoint states, None where it states none.
    """

    query: StanceQuery
    probabilities: tuple[float, float, float]
    stance: Stance
    calibrated: bool
    truncated: bool
    reason: Reason | None = None
    prediction_set: tuple[Stance, ...] | None = None

    @property
    def abstained(self) -> bool:
        return self.reason is not None

    @property
    def probability(self) -> float:
        """The probability of the most probable class."""
        return max(self.probabilities)


@dataclass(frozen=True, slots=True)
class ArticleStance:
    """One (actor, position) of one article; `score` in [-1, 1], None where no statement has a side."""

    article: Article
    actor: Reference | None
    target: Reference
    stance: Stance | None
    score: float | None
    predictions: tuple[StancePrediction, ...]
    reason: Reason | None = None

"""What holds of every reading, whatever the text; and the composed articles, positions and actors to try it on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

from stance.data.entities import load_actors, load_positions
from stance.text.reading import ArticleReader
from stance.types import Actor, Article, Position, Reading, Sentence, Span, Speaker, StanceQuery, TargetSource

_DATA = Path(__file__).parent.parent.parent / "data"


@lru_cache(maxsize=1)
def composed_articles() -> tuple[Article, ...]:
    """The annotated articles of the project that may be looked at while the rules are made."""
    records = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((_DATA / "articles").glob("art-*.json"))]
    return tuple(Article(r["text"], r["doc_id"], lang=r["lang"]) for r in records if r["split"] == "dev")


@lru_cache(maxsize=1)
def positions() -> tuple[Position, ...]:
    """All 50 positions of the project."""
    return tuple(chain.from_iterable(load_positions(path) for path in sorted((_DATA / "positions").glob("*.yaml"))))


@lru_cache(maxsize=1)
def actors() -> tuple[Actor, ...]:
    """The actors of the Belgrade-Pristina dialogue and those of the composed articles."""
    return tuple(chain.from_iterable(load_actors(_DATA / "actors" / f"{name}.yaml") for name in ("kosovo", "articles")))


@lru_cache(maxsize=2)
def reader(*, known: bool) -> ArticleReader:
    """A reader of all positions, with all actors or with those alone that it finds itself."""
    return ArticleReader(positions(), actors() if known else None)


def broken_claims(reading: Reading) -> list[str]:
    """What should hold of the reading and does not, in words; empty where all is well."""
    text = reading.article.text
    found = [*_spans(reading), *_sentences(reading.sentences, text), *_quotes(reading), *_parallel(reading)]
    return [*found, *_queries(reading)]


def _spans(reading: Reading) -> Iterator[str]:
    end = len(reading.article.text)
    for place, span in _all_spans(reading):
        if not 0 <= span.start < span.end <= end:
            yield f"{place}: {span} is empty or outside the text of {end} characters"


def _all_spans(reading: Reading) -> Iterator[tuple[str, Span]]:
    yield from (("sentence", sentence.span) for sentence in reading.sentences)
    for quote in reading.quotes:
        yield "quote", quote.span
        yield from (("aside", span) for span in quote.asides)
    for mention in (*reading.actor_mentions, *reading.position_mentions):
        yield "mention", mention.span
        if mention.reference.span is not None:
            yield "mention's reference", mention.reference.span
    for speaker in _speakers(reading):
        if speaker.actor is not None and speaker.actor.span is not None:
            yield "speaker", speaker.actor.span
    for query in reading.queries:
        yield "query's evidence", query.context.evidence
        yield from (("statement's evidence", span) for span in (query.statement.evidence if query.statement else ()))
        for reference in (query.actor, query.target):
            if reference is not None and reference.span is not None:
                yield "query's reference", reference.span


def _speakers(reading: Reading) -> Iterator[Speaker]:
    yield from chain.from_iterable((*reading.sentence_speakers, *reading.quote_speakers))
    yield from (q.statement.speaker for q in reading.queries if q.statement and q.statement.speaker)


def _sentences(sentences: Sequence[Sentence], text: str) -> Iterator[str]:
    if [sentence.index for sentence in sentences] != list(range(len(sentences))):
        yield "sentences are not numbered in order"
    if any(a.span.end > b.span.start for a, b in pairwise(sentences)):
        yield "sentences overlap or are out of order"
    paragraphs = [sentence.paragraph for sentence in sentences]
    if paragraphs[:1] not in ([], [0]) or any(b - a not in (0, 1) for a, b in pairwise(paragraphs)):
        yield f"paragraphs are not numbered in order: {paragraphs}"
    counts = Counter(chain.from_iterable(range(s.span.start, s.span.end) for s in sentences))
    if any(counts[index] != 1 for index, character in enumerate(text) if not character.isspace()):
        yield "a character lies in no sentence or in two"


def _quotes(reading: Reading) -> Iterator[str]:
    if any(a.span.end > b.span.start for a, b in pairwise(reading.quotes)):
        yield "quotes overlap or are out of order"
    for number, quote in enumerate(reading.quotes):
        if not quote.span.contains(quote.inner) or quote.inner.start > quote.inner.end:
            yield f"quote {number}: {quote.inner} is not inside {quote.span}"
        if not all(quote.inner.contains(aside) for aside in quote.asides):
            yield f"quote {number}: an aside is not inside {quote.inner}: {quote.asides}"
        if any(a.end > b.start for a, b in pairwise(quote.asides)):
            yield f"quote {number}: asides overlap or are out of order: {quote.asides}"
        if quote.continues is not None and not 0 <= quote.continues < number:
            yield f"quote {number}: continues {quote.continues}"


def _parallel(reading: Reading) -> Iterator[str]:
    for name, items, speakers in (
        ("sentences", reading.sentences, reading.sentence_speakers),
        ("quotes", reading.quotes, reading.quote_speakers),
    ):
        if len(items) != len(speakers):
            yield f"{len(items)} {name} have {len(speakers)} tuples of speakers"
    if any(not 0 <= speaker.confidence <= 1 for speaker in _speakers(reading)):
        yield "a speaker's confidence lies outside [0, 1]"
    if any(mention.reference.span != mention.span for mention in reading.position_mentions):
        yield "a mention of a position has a reference with another span"
    for name, mentions in (("actors", reading.actor_mentions), ("positions", reading.position_mentions)):
        if any(a.span.start > b.span.start for a, b in pairwise(mentions)):
            yield f"mentions of {name} are out of order"


def _queries(reading: Reading) -> Iterator[str]:
    for number, query in enumerate(reading.queries):
        yield from (f"query {number}: {claim}" for claim in _query(query, reading))
    keys = Counter(statement_key(query) for query in reading.queries)
    yield from (f"{count} queries have the same statement id: {key}" for key, count in keys.items() if count > 1)


def _query(query: StanceQuery, reading: Reading) -> Iterator[str]:
    evidence, statement = query.context.evidence, query.statement
    if statement is None or not statement.evidence:
        yield "has no statement with evidence"
        return
    sentences = [sentence.span for sentence in reading.sentences]
    if statement.sentence not in reading.sentences or any(span not in sentences for span in statement.evidence):
        yield "evidence is not made of sentences"
    if list(statement.evidence) != sorted(set(statement.evidence)):
        yield f"evidence is out of order: {statement.evidence}"
    if evidence != Span(statement.evidence[0].start, statement.evidence[-1].end):
        yield f"evidence {evidence} is not that of the statement"
    for name, reference in (("actor", query.actor), ("target", query.target)):
        if reference is not None and reference.span is not None and not evidence.contains(reference.span):
            yield f"{name} {reference.span} lies outside the evidence {evidence}"
    if (query.target.span is None) != (query.target_source is TargetSource.CONTEXT):
        yield f"target is at {query.target.span}, its source {query.target_source}"
    starts = [*query.context.starts]
    if starts != sorted(set(starts), reverse=True) or any(start >= evidence.start for start in starts):
        yield f"contexts do not start before the evidence, nearest first: {starts}"
    if not set(starts) <= {span.start for span in sentences}:
        yield f"contexts do not start with sentences: {starts}"
    holder = statement.speaker and statement.speaker.actor
    if (query.actor and query.actor.key) != (holder and holder.key):
        yield "actor is not the holder of the statement"
    if query.context.text != reading.article.text or query.lang != reading.lang:
        yield "text or language is not the article's"


def statement_key(query: StanceQuery) -> tuple[Any, ...]:
    """What `statement_id` is made of within one article."""
    assert query.statement is not None
    return query.actor.key if query.actor else "", query.target.key, query.statement.evidence

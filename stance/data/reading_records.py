"""The record of a reading: what the rules found in one article, in the fields of an annotated article."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from stance.types import SCHEMA_VERSION, Quote, Reading, Reference, Sentence, Span, Speaker, StanceQuery

_DIGITS = 6


def reading_record(reading: Reading) -> dict[str, Any]:
    """One JSON object per article; all offsets count code points of its unmodified text.

    No `speakers`: nobody was found. A speaker of source `author` has neither id nor name.
    """
    article = reading.article
    return {
        "schema_version": SCHEMA_VERSION,
        "doc_id": article.doc_id,
        "title": article.title,
        "lang": reading.lang,
        "date": article.date,
        "url": article.url,
        "source": article.source,
        "sentences": [
            _sentence(sentence, speakers)
            for sentence, speakers in zip(reading.sentences, reading.sentence_speakers, strict=True)
        ],
        "quotes": [
            _quote(quote, speakers) for quote, speakers in zip(reading.quotes, reading.quote_speakers, strict=True)
        ],
        "mentions": [{**_span(m.span), "actor": _named(m.reference)} for m in reading.actor_mentions],
        "positions": [
            {**_span(m.span), "target": _named(m.reference), "source": m.source and m.source.value}
            for m in reading.position_mentions
        ],
        "candidates": [_candidate(query) for query in reading.queries],
    }


def _sentence(sentence: Sentence, speakers: Iterable[Speaker]) -> dict[str, Any]:
    return {
        **_span(sentence.span),
        "paragraph": sentence.paragraph,
        "boilerplate": sentence.boilerplate,
        "lang": sentence.lang,
        "speakers": [_speaker(speaker) for speaker in speakers],
    }


def _quote(quote: Quote, speakers: Iterable[Speaker]) -> dict[str, Any]:
    return {
        **_span(quote.span),
        "kind": quote.kind.value,
        "closed": quote.closed,
        "continues": quote.continues,
        "asides": [_span(aside) for aside in quote.asides],
        "speakers": [_speaker(speaker) for speaker in speakers],
    }


def _speaker(speaker: Speaker) -> dict[str, Any]:
    actor = speaker.actor
    span = actor.span if actor else None
    return {
        "id": actor and actor.id,
        "name": actor and actor.name,
        "source": speaker.source.value,
        "confidence": round(speaker.confidence, _DIGITS),
        "represents": speaker.represents,
        "reporter": speaker.reporter,
        "start": span and span.start,
        "end": span and span.end,
    }


def _candidate(query: StanceQuery) -> dict[str, Any]:
    statement = query.statement
    assert statement is not None
    speaker = statement.speaker
    return {
        "actor": query.actor and _named(query.actor),
        "target": _named(query.target),
        "target_source": query.target_source and query.target_source.value,
        "speaker_source": speaker and speaker.source.value,
        "speaker_confidence": speaker and round(speaker.confidence, _DIGITS),
        "evidence": [_span(span) for span in statement.evidence],
    }


def _named(reference: Reference) -> dict[str, Any]:
    return {"id": reference.id, "name": reference.name}


def _span(span: Span) -> dict[str, int]:
    return {"start": span.start, "end": span.end}

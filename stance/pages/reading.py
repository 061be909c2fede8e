"""The page of readings: the text with its quotes, speakers and mentions marked, and the tables beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from stance.pages.article import article_label
from stance.pages.clean import visible
from stance.pages.cut import cut
from stance.pages.findings import (
    INHERITED,
    actor_rows,
    candidate_rows,
    how_found,
    missing_positions,
    position_rows,
    quote_rows,
    sentence_rows,
    speaker_details,
    speaker_names,
)
from stance.pages.render import render_page
from stance.types import Mention, Position, Quote, QuoteKind, Reading, Sentence, Span, Speaker


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence or quote with whose words it is."""

    part: Sentence | Quote
    number: int
    speakers: tuple[Speaker, ...]

    @property
    def note(self) -> str:
        """Whose words, how that was found and how sure it is, in one line."""
        what = f"{self.part.kind.value} {self.number}" if isinstance(self.part, Quote) else f"sentence {self.number}"
        if not self.speakers:
            return f"{what}: speaker not found"
        return f"{what}: {speaker_details(self.speakers)} ({how_found(self.speakers)})"


def reading_page(readings: Sequence[Reading], positions: Sequence[Position]) -> str:
    """One page for all readings.

    Args:
        positions: those that were looked for, so that the ones that are not in a text can be told.
    """
    values = {
        "readings": [_view(reading, positions, prefix=f"a{number}") for number, reading in enumerate(readings)],
        "has_positions": bool(positions),
        "inherited": INHERITED,
    }
    return render_page("reading.html", values, title="Reading", styles=("reading.css",), scripts=("reading.js",))


def _view(reading: Reading, positions: Sequence[Position], *, prefix: str) -> dict[str, Any]:
    return {
        "prefix": prefix,
        "title": article_label(reading.article),
        "lang": visible(reading.lang, one_line=True),
        "stretches": list(_stretches(reading)),
        "sentences": sentence_rows(reading),
        "quotes": quote_rows(reading),
        "actors": actor_rows(reading),
        "positions": position_rows(reading),
        "missing": missing_positions(reading, positions),
        "candidates": candidate_rows(reading),
    }


def _stretches(reading: Reading) -> Iterator[dict[str, Any]]:
    """The whole text in pieces; each says what covers it, and what begins or ends with it."""
    for span, covering in cut(len(reading.article.text), _marks(reading)):
        said = [mark for mark in covering if isinstance(mark, Said)]
        quotes = [mark for mark in said if isinstance(mark.part, Quote)]
        ending = [quote for quote in quotes if quote.part.span.end == span.end]
        yield {
            "text": visible(span.of(reading.article.text)),
            "start": span.start,
            "classes": _classes(covering),
            "note": "; ".join([*(quote.note for quote in quotes), *_mention_notes(covering)]),
            "quotes": " ".join(str(quote.number) for quote in quotes),
            "places": _places([mark for mark in covering if isinstance(mark, Span)]),
            "sentence": next((_begun(mark) for mark in said if _begins(mark, span, Sentence)), None),
            "begun": [_begun(mark) for mark in quotes if _begins(mark, span, Quote)],
            "said_by": ", ".join(_label(quote) for quote in ending if _label(quote)),
        }


def _marks(reading: Reading) -> list[tuple[Span, Said | Mention | Span]]:
    """Sentences, then quotes from the outermost to the innermost, then mentions, then the places of speakers."""
    marks: list[tuple[Span, Said | Mention | Span]] = []
    for sentence, speakers in zip(reading.sentences, reading.sentence_speakers, strict=True):
        marks.append((sentence.span, Said(sentence, sentence.index + 1, speakers)))
    quotes = zip(reading.quotes, reading.quote_speakers, strict=True)
    numbered = [Said(quote, number, speakers) for number, (quote, speakers) in enumerate(quotes, start=1)]
    marks += [(said.part.span, said) for said in sorted(numbered, key=lambda said: -len(said.part.span))]
    marks += [(mention.span, mention) for mention in (*reading.actor_mentions, *reading.position_mentions)]
    speakers_found = [s for found in (*reading.sentence_speakers, *reading.quote_speakers) for s in found]
    return marks + [(place, place) for place in dict.fromkeys(_speaker_places(speakers_found))]


def _speaker_places(speakers: Sequence[Speaker]) -> list[Span]:
    return [speaker.actor.span for speaker in speakers if speaker.actor and speaker.actor.span]


def _classes(covering: Sequence[Said | Mention | Span]) -> str:
    """What a piece looks like; of quotes within quotes it takes the innermost one's colour."""
    kinds = [mark.part.kind.value for mark in covering if isinstance(mark, Said) and isinstance(mark.part, Quote)]
    mentions = {"position" if mark.source else "actor" for mark in covering if isinstance(mark, Mention)}
    if any(isinstance(mark, Span) for mark in covering):
        mentions.add("actor")
    faded = [m for m in covering if isinstance(m, Said) and isinstance(m.part, Sentence) and m.part.boilerplate]
    return " ".join([*kinds[-1:], *sorted(mentions), *(["boilerplate"] if faded else [])])


def _mention_notes(covering: Sequence[Said | Mention | Span]) -> list[str]:
    mentions = [mark for mark in covering if isinstance(mark, Mention)]
    notes = [
        f"position {m.reference.key} ({m.source.value})" if m.source else f"actor {m.reference.name}" for m in mentions
    ]
    return [visible(note, one_line=True) for note in dict.fromkeys(notes)]


def _begins(mark: Said, span: Span, kind: type[Sentence] | type[Quote]) -> bool:
    return isinstance(mark.part, kind) and mark.part.span.start == span.start


def _begun(mark: Said) -> dict[str, Any]:
    return {
        "number": mark.number,
        "note": mark.note,
        "to": _places(_speaker_places(mark.speakers)),
        "voice": ("author" if all(s.actor is None for s in mark.speakers) else "named") if mark.speakers else "unknown",
    }


def _label(quote: Said) -> str:
    """What stands behind a quote; words that the author only keeps at a distance need none."""
    assert isinstance(quote.part, Quote)
    return speaker_names(quote.speakers) if quote.speakers or quote.part.kind is not QuoteKind.SCARE else ""


def _places(spans: Sequence[Span]) -> str:
    return " ".join(f"{span.start}-{span.end}" for span in spans)

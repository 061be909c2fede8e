"""What the rules found in an article, as rows for people: the terminal and the page show the same.

All words in the rows are harmless and on one line. Sentences are counted from 1 here, as people count them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stance.pages.clean import visible
from stance.types import Mention, Position, Quote, Reading, Reference, Span, Speaker, StanceQuery, TargetSource

AUTHOR, NOT_FOUND = "author", "?"
INHERITED = "(+n): n more by context, asked of words that do not name the position, since the article does elsewhere."
_MAX_WORDS_CHARS = 240
_MAX_FORMS, _MAX_FORM_CHARS = 8, 60


@dataclass(frozen=True, slots=True)
class SentenceRow:
    """A sentence, who speaks in it, how that was found, and the ids of the positions that it names."""

    number: int
    span: Span
    boilerplate: bool
    speakers: str
    found: str
    positions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """A quote and whose words it is; `kind` also tells of a missing mark and of the quote it carries on."""

    number: int
    kind: str
    speakers: str
    source: str
    confidence: str
    words: str


@dataclass(frozen=True, slots=True)
class ActorRow:
    """An actor and the words by which the text names it."""

    name: str
    id: str
    n_mentions: int
    forms: str


@dataclass(frozen=True, slots=True)
class PositionRow:
    """A followed position that the text names: by which words, where, and how many candidates that gave.

    `n_inherited` are the candidates whose own words do not name it.
    """

    id: str
    name: str
    sources: str
    forms: str
    sentences: str
    n_candidates: int
    n_inherited: int


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """Who is asked about which positions, by id: more than one where the same words are asked about all of them."""

    actor: str
    positions: tuple[str, ...]
    position_source: str
    actor_source: str
    sentences: str
    evidence: str
    span: Span


def speaker_names(speakers: Sequence[Speaker]) -> str:
    """Whose words, in brief: names, `author`, or `?` where nobody was found."""
    return ", ".join(_name(speaker.actor) for speaker in speakers) or NOT_FOUND


def speaker_details(speakers: Sequence[Speaker]) -> str:
    """As `speaker_names`, with whom they speak for and who passes their words on."""
    return ", ".join(_name(speaker.actor) + _roles(speaker) for speaker in speakers) or NOT_FOUND


def how_found(speakers: Sequence[Speaker]) -> str:
    """`subject 0.95`, each way once; empty where nobody was found."""
    return ", ".join(dict.fromkeys(f"{speaker.source.value} {speaker.confidence:.2f}" for speaker in speakers))


def position_places(reading: Reading) -> list[tuple[Mention, int]]:
    """Every mention of a position with the index of the sentence that it begins in."""
    return [(mention, _sentence_at(reading, mention.span)) for mention in reading.position_mentions]


def sentence_rows(reading: Reading) -> list[SentenceRow]:
    """One row per sentence, in order."""
    named: dict[int, list[str]] = defaultdict(list)
    for mention, index in position_places(reading):
        named[index].append(_id_or_name(mention.reference))
    return [
        SentenceRow(
            number=sentence.index + 1,
            span=sentence.span,
            boilerplate=sentence.boilerplate,
            speakers=_holders(speakers),
            found=how_found(speakers),
            positions=tuple(dict.fromkeys(named[sentence.index])),
        )
        for sentence, speakers in zip(reading.sentences, reading.sentence_speakers, strict=True)
    ]


def quote_rows(reading: Reading) -> list[QuoteRow]:
    """One row per quote, in order."""
    return [
        QuoteRow(
            number=number,
            kind=_kind(quote),
            speakers=speaker_details(speakers),
            source=", ".join(dict.fromkeys(speaker.source.value for speaker in speakers)),
            confidence=", ".join(f"{speaker.confidence:.2f}" for speaker in speakers),
            words=_shortened(quote.span.of(reading.article.text), _MAX_WORDS_CHARS),
        )
        for number, (quote, speakers) in enumerate(zip(reading.quotes, reading.quote_speakers, strict=True), start=1)
    ]


def actor_rows(reading: Reading) -> list[ActorRow]:
    """One row per actor, in order of the first mention."""
    mentions: dict[str, list[Mention]] = defaultdict(list)
    for mention in reading.actor_mentions:
        mentions[mention.reference.key].append(mention)
    return [
        ActorRow(
            name=_name(own[0].reference),
            id=_one_line(own[0].reference.id or ""),
            n_mentions=len(own),
            forms=_forms(reading, own),
        )
        for own in mentions.values()
    ]


def position_rows(reading: Reading) -> list[PositionRow]:
    """One row per position that the text names, in order of the first mention."""
    places: dict[str, list[tuple[Mention, int]]] = defaultdict(list)
    for mention, index in position_places(reading):
        places[mention.reference.key].append((mention, index))
    inherited = Counter((query.target.key, _inherited(query)) for query in reading.queries)
    return [
        PositionRow(
            id=_id_or_name(own[0][0].reference),
            name=_name(own[0][0].reference),
            sources=", ".join(dict.fromkeys(mention.source.value for mention, _ in own if mention.source)),
            forms=_forms(reading, [mention for mention, _ in own]),
            sentences=_numbers(index for _, index in own),
            n_candidates=inherited[key, False],
            n_inherited=inherited[key, True],
        )
        for key, own in places.items()
    ]


def missing_positions(reading: Reading, positions: Sequence[Position]) -> list[str]:
    """Ids of the followed positions that the text does not name."""
    named = {mention.reference.key for mention in reading.position_mentions}
    return [_one_line(position.id) for position in positions if position.id not in named]


def candidate_rows(reading: Reading) -> list[CandidateRow]:
    """What the model would be asked, in order; of the same words about positions that they do not name, one row."""
    groups: dict[object, list[StanceQuery]] = defaultdict(list)
    for number, query in enumerate(reading.queries):
        assert query.statement is not None
        actor = query.actor and query.actor.key
        groups[(actor, query.statement.evidence) if _inherited(query) else number].append(query)
    return [_candidate_row(reading, queries) for queries in groups.values()]


def _candidate_row(reading: Reading, queries: Sequence[StanceQuery]) -> CandidateRow:
    statement, source = queries[0].statement, queries[0].target_source
    assert statement is not None
    found = () if statement.speaker is None else (statement.speaker,)
    return CandidateRow(
        actor=speaker_names(found),
        positions=tuple(_id_or_name(query.target) for query in queries),
        position_source=source.value if source else "",
        actor_source=how_found(found),
        sentences=_numbers(_sentence_at(reading, span) for span in statement.evidence),
        evidence=_shortened(" ".join(span.of(reading.article.text) for span in statement.evidence), _MAX_WORDS_CHARS),
        span=statement.evidence[0],
    )


def _inherited(query: StanceQuery) -> bool:
    return query.target_source is TargetSource.CONTEXT


def _kind(quote: Quote) -> str:
    remarks = [] if quote.closed else ["unclosed"]
    if quote.continues is not None:
        remarks.append(f"continues {quote.continues + 1}")
    return quote.kind.value + (f" ({', '.join(remarks)})" if remarks else "")


def _name(reference: Reference | None) -> str:
    return AUTHOR if reference is None else _one_line(reference.name)


def _id_or_name(reference: Reference) -> str:
    return _one_line(reference.key)


def _holders(speakers: Sequence[Speaker]) -> str:
    """As `speaker_names`; in brackets stand those of whom the others report."""
    own = [speaker for speaker in speakers if not speaker.reporter]
    reported = [f"({_name(speaker.actor)})" for speaker in speakers if speaker.reporter]
    return ", ".join([*([speaker_names(own)] if own or not reported else []), *reported])


def _roles(speaker: Speaker) -> str:
    roles = [f"for {speaker.represents}"] if speaker.represents else []
    roles += [f"passed on by {speaker.reporter}"] if speaker.reporter else []
    return f" ({_one_line(', '.join(roles))})" if roles else ""


def _forms(reading: Reading, mentions: Sequence[Mention]) -> str:
    """The different words of the mentions, the most frequent first, with how often where it is more than once."""
    counts = Counter(_shortened(m.span.of(reading.article.text), _MAX_FORM_CHARS) for m in mentions)
    shown = [form if n == 1 else f"{form} ×{n}" for form, n in counts.most_common(_MAX_FORMS)]
    more = [f"{len(counts) - _MAX_FORMS} more"] if len(counts) > _MAX_FORMS else []
    return ", ".join(shown + more)


def _sentence_at(reading: Reading, span: Span) -> int:
    """Index of the last sentence that begins at or before a place."""
    return max(0, bisect_right(reading.sentences, span.start, key=lambda sentence: sentence.span.start) - 1)


def _numbers(indices: Iterable[int]) -> str:
    return ", ".join(str(index + 1) for index in dict.fromkeys(indices))


def _shortened(words: str, max_chars: int) -> str:
    line = _one_line(words)
    return line if len(line) <= max_chars else line[: max_chars - 1].rstrip() + "…"


def _one_line(words: str) -> str:
    return visible(words, one_line=True)

"""Who says or does each sentence and quote, by the words around it, with a source and a confidence."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

from stance.text.actors import ActorMention
from stance.text.intervals import SpanIndex
from stance.text.languages import Language
from stance.text.segmentation import is_headline
from stance.text.tokens import Token
from stance.types import Quote, QuoteKind, Reference, Sentence, Span, Speaker, SpeakerSource

AUTHOR = Speaker(actor=None, source=SpeakerSource.AUTHOR, confidence=0.5)
_DROPS_SUBJECTS = frozenset({"sr", "mk", "sq"})
_MAX_BEFORE, _MAX_AFTER = 12, 5
_NARRATIVE_WORDS = 2


@dataclass(frozen=True, slots=True)
class Attribution:
    """Speakers by sentence (None: not found) and by quote (None: not found), and actors reported inside.

    A sentence in which nobody says anything is the author's.
    """

    sentences: tuple[Speaker | None, ...]
    quotes: tuple[Speaker | None, ...]
    reported: tuple[tuple[Speaker, ...], ...]


@dataclass(frozen=True, slots=True)
class _Scene:
    """All that attribution looks at."""

    text: str
    tokens: Sequence[Token]
    sentences: Sequence[Sentence]
    quotes: Sequence[Quote]
    mentions: Sequence[ActorMention]
    language: Language
    sentence_index: SpanIndex
    quote_index: SpanIndex

    def mentions_in(self, first: int, stop: int) -> Sequence[ActorMention]:
        """The mentions whose first token has a number in [first, stop)."""
        low = bisect_left(self.mentions, first, key=lambda mention: mention.start)
        high = bisect_left(self.mentions, stop, key=lambda mention: mention.start)
        return self.mentions[low:high]

    def quotes_at(self, place: Span) -> list[int]:
        """Numbers of the quotes that overlap a place and are no scare quotes."""
        touching = self.quote_index.touching(place)
        return [index for index in touching if self.quotes[index].kind is not QuoteKind.SCARE]

    def indices(self, span: Span) -> range:
        """Numbers of the tokens that start in a span."""
        first = bisect_left(self.tokens, span.start, key=lambda token: token.span.start)
        last = bisect_left(self.tokens, span.end, key=lambda token: token.span.start)
        return range(first, last)

    def narrative(self, sentence: Sentence) -> list[int]:
        """Numbers of the sentence's tokens outside quotes (words in scare quotes are the author's)."""
        quotes = [self.quotes[index].span for index in self.quotes_at(sentence.span)]
        return [
            i for i in self.indices(sentence.span) if not any(quote.contains(self.tokens[i].span) for quote in quotes)
        ]


def attribute(
    text: str,
    tokens: Sequence[Token],
    sentences: Sequence[Sentence],
    quotes: Sequence[Quote],
    mentions: Sequence[ActorMention],
    language: Language,
) -> Attribution:
    """The speaker of every sentence and quote, in order."""
    scene = _Scene(
        text,
        tokens,
        sentences,
        quotes,
        mentions,
        language,
        SpanIndex([sentence.span for sentence in sentences]),
        SpanIndex([quote.span for quote in quotes]),
    )
    found: list[Speaker | None] = []
    last: Speaker | None = None
    for sentence in sentences:
        speaker = _sentence_speaker(scene, sentence, last=last)
        found.append(speaker)
        last = speaker or _topic(scene, sentence) or last
    by_quote = _quote_speakers(scene, found)
    reported = tuple(_reported(scene, sentence, found, by_quote) for sentence in sentences)
    voices = tuple(
        speaker or (None if _is_told(scene, sentence) else AUTHOR)
        for sentence, speaker in zip(sentences, found, strict=True)
    )
    return Attribution(voices, tuple(by_quote), reported)


def _is_told(scene: _Scene, sentence: Sentence) -> bool:
    """Whether somebody speaks in the sentence: then its words are not the author's, even if nobody was found."""
    pattern = scene.language.speech_verb
    return any(pattern.fullmatch(scene.tokens[index].folded) for index in scene.narrative(sentence))


def _topic(scene: _Scene, sentence: Sentence) -> Speaker | None:
    """The one actor that a sentence is about though nobody speaks in it; a pronoun that follows means him or her."""
    narrative = scene.narrative(sentence)
    if not narrative:
        return None
    inside = set(narrative)
    near = scene.mentions_in(narrative[0], narrative[-1] + 1)
    mentions = [m for m in near if m.start in inside and m.reference is not None]
    if len({m.reference.key for m in mentions if m.reference}) != 1:
        return None
    return _speaker(mentions[0], SpeakerSource.COREFERENCE, 0.6)


def _sentence_speaker(scene: _Scene, sentence: Sentence, *, last: Speaker | None) -> Speaker | None:
    narrative = scene.narrative(sentence)
    if not narrative:
        return None
    return (
        _colon_speaker(scene, sentence)
        or _according_to(scene, narrative, last=last)
        or _verb_subject(scene, narrative, last=last, speech=True)
        or _verb_subject(scene, narrative, last=last, speech=False)
        or _opening_subject(scene, narrative, last=last)
    )


def _colon_speaker(scene: _Scene, sentence: Sentence) -> Speaker | None:
    """`Name: what the name says`, the form of headlines."""
    words = sentence.span.of(scene.text)
    colon = words.find(":")
    if not 0 < colon <= 40 or not words[colon + 1 :].strip():
        return None
    before = Span(sentence.span.start, sentence.span.start + colon)
    indices = scene.indices(before)
    near = scene.mentions_in(indices.start, indices.stop)
    inside = [m for m in near if before.contains(m.span) and m.reference is not None]
    if not inside or inside[0].span.start - before.start > 2:
        return None
    return _speaker(inside[0], SpeakerSource.NOMINAL, 0.85)


def _according_to(scene: _Scene, narrative: Sequence[int], *, last: Speaker | None) -> Speaker | None:
    folded = tuple(scene.tokens[i].folded for i in narrative)
    for phrase in scene.language.according_to_them:
        if _position(folded, phrase) is not None:
            return last and _again(last, 0.75)
    for phrase in scene.language.according_to:
        start = _position(folded, phrase)
        if start is None:
            continue
        after = narrative[start + len(phrase) - 1] + 1
        near = [m for m in scene.mentions_in(after, after + 5) if m.reference is not None]
        if near:
            return _speaker(near[0], SpeakerSource.ACCORDING_TO, 0.9)
    return None


def _position(words: Sequence[str], phrase: Sequence[str]) -> int | None:
    starts = range(len(words) - len(phrase) + 1)
    return next((start for start in starts if tuple(words[start : start + len(phrase)]) == tuple(phrase)), None)


def _opening_subject(scene: _Scene, narrative: Sequence[int], *, last: Speaker | None) -> Speaker | None:
    """The actor or pronoun that a sentence opens with, whatever its verb: weak, but rarely the author's voice."""
    first = narrative[0]
    if scene.tokens[first].folded in scene.language.articles:
        first += 1
    opening = next(iter(scene.mentions_in(first, first + 1)), None)
    if opening is None:
        return None
    if opening.pronoun:
        return last and _again(last, 0.6)
    return None if opening.reference is None else _speaker(opening, SpeakerSource.SUBJECT, 0.5)


def _verb_subject(scene: _Scene, narrative: Sequence[int], *, last: Speaker | None, speech: bool) -> Speaker | None:
    pattern = scene.language.speech_verb if speech else scene.language.stance_verb
    inside = set(narrative)
    verbs = [i for i in narrative if pattern.fullmatch(scene.tokens[i].folded)]
    near = scene.mentions_in(narrative[0], narrative[-1] + 1)
    mentions = [m for m in near if m.start in inside and not _governed(scene, m)]
    for verb in verbs:
        subject = _nearest_subject(scene, verb, mentions, speech=speech)
        if subject is not None:
            return _resolved(subject, last, verb=verb, speech=speech)
    if verbs and scene.language.code in _DROPS_SUBJECTS and _may_drop(scene, verbs[0], narrative):
        return last and _again(last, 0.65)
    return None


def _nearest_subject(
    scene: _Scene, verb: int, mentions: Sequence[ActorMention], *, speech: bool
) -> ActorMention | None:
    before = [m for m in mentions if m.end <= verb and verb - m.end <= _MAX_BEFORE]
    after = [m for m in mentions if verb < m.start <= verb + _MAX_AFTER and not _breaks(scene, verb, m.start)]
    close = [m for m in before if verb - m.end <= 2]
    if close:
        return close[-1]
    # `..., said Ross`: what follows the verb of a quote is nearer than a name far before it.
    if speech and after and (not before or after[0].start - verb <= verb - before[-1].end):
        # `said the head of the Union Ana Rot`: the last of names that touch is the person.
        touching = [m for m, following in zip(after, [*after[1:], None], strict=True) if not _touch(m, following)]
        return touching[0]
    return before[-1] if before else None


def _touch(mention: ActorMention, following: ActorMention | None) -> bool:
    return following is not None and mention.end == following.start and following.reference is not None


def _breaks(scene: _Scene, first: int, second: int) -> bool:
    between = scene.text[scene.tokens[first].span.end : scene.tokens[second].span.start]
    return any(mark in between for mark in ".;:!?,")


def _governed(scene: _Scene, mention: ActorMention) -> bool:
    """Whether a preposition stands before the mention (an article between): then it is no subject."""
    index = mention.start - 1
    while index >= 0 and scene.tokens[index].folded in scene.language.articles:
        index -= 1
    if index < 0:
        return False
    token = scene.tokens[index]
    gap = scene.text[token.span.end : scene.tokens[index + 1].span.start]
    return token.folded in scene.language.prepositions and not gap.strip()


def _may_drop(scene: _Scene, verb: int, narrative: Sequence[int]) -> bool:
    """A verb without a subject opens its sentence or follows a quote."""
    return verb - narrative[0] <= 2 or narrative.index(verb) <= 2


def _resolved(subject: ActorMention, last: Speaker | None, *, verb: int, speech: bool) -> Speaker | None:
    if subject.reference is None:
        if subject.pronoun:
            return last and _again(last, 0.75)
        return None
    near = abs(verb - subject.end) <= 2 or abs(subject.start - verb) <= 2
    source = SpeakerSource.COREFERENCE if subject.title else SpeakerSource.SUBJECT
    confidence = (0.95 if near else 0.8) if speech else (0.85 if near else 0.6)
    return _speaker(subject, source, confidence - 0.1 * subject.title)


def _quote_speakers(scene: _Scene, found: Sequence[Speaker | None]) -> list[Speaker | None]:
    speakers: list[Speaker | None] = []
    for quote in scene.quotes:
        speakers.append(_quote_speaker(scene, quote, found, speakers))
    # A quote over paragraphs may name its speaker only at the end.
    for index in range(len(speakers) - 1, -1, -1):
        earlier = scene.quotes[index].continues
        if earlier is not None and speakers[earlier] is None:
            speakers[earlier] = speakers[index]
    return speakers


def _quote_speaker(
    scene: _Scene, quote: Quote, found: Sequence[Speaker | None], before: Sequence[Speaker | None]
) -> Speaker | None:
    if quote.continues is not None and before[quote.continues] is not None:
        return before[quote.continues]
    hosts = [scene.sentences[index] for index in scene.sentence_index.touching(quote.span)]
    told = [host for host in hosts if len(scene.narrative(host)) > 0]
    for host in reversed(told):
        speaker = found[host.index]
        if speaker is not None:
            return replace(speaker, source=SpeakerSource.QUOTE) if _plain(speaker) else speaker
    speaker = _context_speaker(scene, hosts, found, before)
    if speaker is not None and sum(len(scene.narrative(host)) for host in told) > _NARRATIVE_WORDS:
        # Words around the quote name nobody: only the one who spoke just before, in this paragraph, may be meant.
        first = hosts[0].index
        near = first > 0 and scene.sentences[first - 1].paragraph == hosts[0].paragraph
        return replace(speaker, confidence=0.5) if near else None
    return speaker


def _plain(speaker: Speaker) -> bool:
    return speaker.source is SpeakerSource.SUBJECT


def _context_speaker(
    scene: _Scene, hosts: Sequence[Sentence], found: Sequence[Speaker | None], before: Sequence[Speaker | None]
) -> Speaker | None:
    """The holder of a quote that stands without a clause: introduced just before, or going on in the same voice."""
    first = hosts[0] if hosts else None
    index = (first.index if first else 0) - 1
    paragraph = first.paragraph if first else 0
    while index >= 0 and _skips(scene, scene.sentences[index]):
        index -= 1
    if index < 0 or paragraph - scene.sentences[index].paragraph > 2:
        return None
    previous = scene.sentences[index]
    speaker = found[index] or _voice_of(scene, previous, before)
    if speaker is None and previous.paragraph == paragraph:
        return None
    if speaker is None:
        return None
    if previous.span.of(scene.text).endswith(":"):
        return replace(speaker, source=SpeakerSource.QUOTE, confidence=0.9)
    return replace(speaker, source=SpeakerSource.CONTEXT, confidence=0.6)


def _skips(scene: _Scene, sentence: Sentence) -> bool:
    neighbours = [s for s in scene.sentences[max(0, sentence.index - 1) : sentence.index + 2] if s != sentence]
    alone = all(other.paragraph != sentence.paragraph for other in neighbours)
    return is_headline(sentence, scene.text, alone=alone)


def _voice_of(scene: _Scene, sentence: Sentence, speakers: Sequence[Speaker | None]) -> Speaker | None:
    """The speaker of the quote that a sentence lies in."""
    first = next(iter(scene.quote_index.touching(sentence.span)), len(speakers))
    return speakers[first] if first < len(speakers) else None


def _reported(
    scene: _Scene, sentence: Sentence, found: Sequence[Speaker | None], by_quote: Sequence[Speaker | None]
) -> tuple[Speaker, ...]:
    """Actors of whom somebody else says what they think: `A said that B rejects it`."""
    indices = scene.indices(sentence.span)
    reported: dict[str, Speaker] = {}
    for mention in scene.mentions_in(indices.start, indices.stop):
        if mention.reference is None or _governed(scene, mention):
            continue
        verbs = [i for i in range(mention.end, min(mention.end + 3, indices.stop)) if _is_verb(scene, i)]
        if not verbs or _breaks(scene, mention.end - 1, verbs[0]):
            continue
        teller = _voice_at(scene, mention.span, sentence, found, by_quote)
        if teller is None or teller.actor is None or teller.actor.key == mention.reference.key:
            continue
        speaker = _speaker(mention, SpeakerSource.SUBJECT, 0.6)
        reported[mention.reference.key] = replace(speaker, reporter=teller.actor.name)
    return tuple(reported.values())


def _is_verb(scene: _Scene, index: int) -> bool:
    return scene.language.is_verb(scene.tokens[index].folded)


def _voice_at(
    scene: _Scene,
    span: Span,
    sentence: Sentence,
    found: Sequence[Speaker | None],
    by_quote: Sequence[Speaker | None],
) -> Speaker | None:
    around = next((index for index in scene.quotes_at(span) if scene.quotes[index].span.contains(span)), None)
    return found[sentence.index] if around is None else by_quote[around]


def _again(speaker: Speaker, confidence: float) -> Speaker:
    return replace(speaker, source=SpeakerSource.COREFERENCE, confidence=min(confidence, speaker.confidence))


def _speaker(mention: ActorMention, source: SpeakerSource, confidence: float) -> Speaker:
    assert mention.reference is not None
    actor = Reference(mention.reference.name, mention.reference.id, mention.span)
    return Speaker(actor, source, confidence, represents=mention.represents)

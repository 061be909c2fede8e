"""Who says or does each sentence and quote, by the words around it, with a source and a confidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stance.text.coreference import ActorMention
from stance.text.quote_speakers import Candidate, choose, quote_candidates, quote_chains, speaker_weights
from stance.text.scene import Scene
from stance.text.voices import AUTHOR, Voices, is_told, sentence_voices, speaker, together
from stance.types import Reference, Sentence, Span, Speaker, SpeakerSource

_MAX_TO_VERB = 3
_MIN_CONFIDENCE = 0.3  # of a quote's speaker: below it nobody is named


@dataclass(frozen=True, slots=True)
class Attribution:
    """Holders by sentence and by quote (none: not found), and actors reported inside a sentence.

    A sentence in which nobody says anything is the author's.
    """

    sentences: tuple[Voices, ...]
    quotes: tuple[Voices, ...]
    reported: tuple[Voices, ...]


def attribute(scene: Scene) -> Attribution:
    """The holders of every sentence and quote, in order."""
    found = sentence_voices(scene)
    by_quote = _quote_voices(scene, found)
    reported = tuple(_reported(scene, sentence, found, by_quote) for sentence in scene.sentences)
    voices = tuple(_sentence_voices(scene, sentence, found, by_quote) for sentence in scene.sentences)
    return Attribution(voices, tuple(by_quote), reported)


def _sentence_voices(scene: Scene, sentence: Sentence, found: Sequence[Voices], by_quote: Sequence[Voices]) -> Voices:
    """Those of its own words; of a sentence inside a quote, those of the quote."""
    if found[sentence.index]:
        return found[sentence.index]
    if not scene.narrative(sentence):
        around = next(iter(scene.quotes_at(sentence.span)), None)
        return () if around is None else by_quote[around]
    return () if is_told(scene, sentence) else (AUTHOR,)


def _quote_voices(scene: Scene, found: Sequence[Voices]) -> list[Voices]:
    voices: list[Voices] = [()] * len(scene.quotes)
    for chain in quote_chains(scene.quotes):
        speakers = _quote_voice(scene, chain, voices, found)
        for number in chain:
            voices[number] = speakers
    return voices


def _quote_voice(scene: Scene, chain: Sequence[int], before: Sequence[Voices], found: Sequence[Voices]) -> Voices:
    candidate, confidence = choose(quote_candidates(scene, chain, before, found), speaker_weights())
    if candidate.reference is None or confidence < _MIN_CONFIDENCE:
        return ()
    if candidate.mention is None:
        return (_turn_taker(candidate, confidence),)
    return tuple(speaker(m, candidate.source, confidence) for m in together(scene, candidate.mention))


def _turn_taker(candidate: Candidate, confidence: float) -> Speaker:
    assert candidate.reference is not None
    return Speaker(Reference(candidate.reference.name, candidate.reference.id), candidate.source, confidence)


def _reported(scene: Scene, sentence: Sentence, found: Sequence[Voices], by_quote: Sequence[Voices]) -> Voices:
    """Actors of whom somebody else says what they think: `A said that B rejects it`."""
    indices = scene.words.indices(sentence.span)
    reported: dict[str, Speaker] = {}
    for mention in scene.mentions_in(indices.start, indices.stop):
        if mention.reference is None or not mention.subject:
            continue
        verbs = [i for i in range(mention.end, min(mention.end + _MAX_TO_VERB, indices.stop)) if _is_verb(scene, i)]
        if not verbs or not _same_clause(scene, mention, verbs[0]):
            continue
        tellers = _voices_at(scene, mention.span, sentence, found, by_quote)
        if not tellers or tellers[0].actor is None or mention.key in {t.actor.key for t in tellers if t.actor}:
            continue
        key = mention.reference.key
        reported[key] = speaker(mention, SpeakerSource.SUBJECT, 0.6, reporter=tellers[0].actor.name)
    return tuple(reported.values())


def _same_clause(scene: Scene, mention: ActorMention, verb: int) -> bool:
    """Whether a verb follows a mention without a mark between, or after the comma that ends an apposition."""
    words = scene.words
    gap = words.gap(mention.end - 1, verb)
    before = words.text[max(0, mention.span.start - 2) : mention.span.start].strip()  # a title may stand before it
    apposed = before == "," and verb == mention.end
    return not any(mark in gap for mark in (".;:!?" if apposed else ".;:!?,"))


def _is_verb(scene: Scene, index: int) -> bool:
    return scene.language.is_verb(scene.words.folded(index))


def _voices_at(
    scene: Scene, span: Span, sentence: Sentence, found: Sequence[Voices], by_quote: Sequence[Voices]
) -> Voices:
    around = next((number for number in scene.quotes_at(span) if scene.quotes[number].span.contains(span)), None)
    return found[sentence.index] if around is None else by_quote[around]

"""Who says or does what a sentence tells outside its quotes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from stance.text.coreference import ActorMention, Form, touch
from stance.text.entities import Kind
from stance.text.languages import Trait
from stance.text.scene import Scene
from stance.types import Reference, Sentence, Span, Speaker, SpeakerSource

AUTHOR = Speaker(actor=None, source=SpeakerSource.AUTHOR, confidence=0.5)
Voices = tuple[Speaker, ...]
_MAX_BEFORE, _MAX_AFTER, _MAX_COLON, _MAX_BOTH = 20, 6, 40, 60
_MAX_TOGETHER = 12


def sentence_voices(scene: Scene) -> list[Voices]:
    """The holders of each sentence, in order; none where nobody was found, nor where the author speaks."""
    found: list[Voices] = []
    last: Voices = ()
    for sentence in scene.sentences:
        voices = _voices(scene, sentence, found, last=last)
        found.append(voices)
        last = voices or _topic(scene, sentence) or last
    return found


def is_told(scene: Scene, sentence: Sentence) -> bool:
    """Whether somebody speaks in the sentence: then its words are not the author's, even if nobody was found."""
    return any(_says(scene, index) for index in scene.narrative(sentence))


def speaker(mention: ActorMention, source: SpeakerSource, confidence: float, *, reporter: str | None = None) -> Speaker:
    """A mentioned actor as the holder of words."""
    assert mention.reference is not None
    actor = Reference(mention.reference.name, mention.reference.id, mention.span)
    return Speaker(actor, source, confidence, represents=mention.represents, reporter=reporter)


def together(scene: Scene, mention: ActorMention) -> list[ActorMention]:
    """A mention with those that share its verb: `Ana Rot and the mayor, Leo Kent, said`; without those not found."""
    near = scene.mentions_in(max(0, mention.start - _MAX_TOGETHER), mention.end + _MAX_TOGETHER)
    own = next(i for i, other in enumerate(near) if other.start == mention.start)
    group = [mention]
    for other in near[own + 1 :]:
        if not _coordinated(scene, group[-1], other):
            break
        group.append(other)
    for other in reversed(near[:own]):
        if not _coordinated(scene, other, group[0]):
            break
        group.insert(0, other)
    keys = dict.fromkeys(m.key for m in group if m.reference is not None)
    return [next(m for m in group if m.key == key) for key in keys]


def _coordinated(scene: Scene, first: ActorMention, second: ActorMention) -> bool:
    """Whether a conjunction stands between two mentions, and words of no verb: `A, the mayor of X, and B`."""
    between = range(first.end, second.start)
    if second.reference is None or not first.subject or len(between) > _MAX_TOGETHER // 2:
        return False
    words = [scene.words.folded(index) for index in between]
    joined = bool(words) and words[-1] in scene.language.conjunctions
    explained = "," in scene.words.gap(first.end - 1, first.end) if words else False
    if not explained and any(word in scene.language.prepositions for word in words):
        return False
    return (
        joined
        and not any(scene.language.is_verb(word) for word in words)
        and not scene.words.broken(first.end - 1, second.start, second.start + 1)
    )


def _voices(scene: Scene, sentence: Sentence, before: Sequence[Voices], *, last: Voices) -> Voices:
    narrative = scene.narrative(sentence)
    if not narrative:
        return ()
    return (
        _both(scene, narrative, before)
        or _colon_speaker(scene, sentence)
        or _according_to(scene, narrative, last=last)
        or _verb_subject(scene, narrative, last=last, speech=True)
        or _verb_subject(scene, narrative, last=last, speech=False)
        or _nominal(scene, narrative)
        or _opening_subject(scene, narrative)
    )


def _topic(scene: Scene, sentence: Sentence) -> Voices:
    """The one actor that a sentence is about though nobody speaks in it; a verb without a subject may mean it next."""
    mentions = [m for m in scene.told_mentions(sentence) if m.reference is not None]
    if len({m.key for m in mentions}) != 1:
        return ()
    return (speaker(mentions[0], SpeakerSource.COREFERENCE, 0.6),)


def _both(scene: Scene, narrative: Sequence[int], before: Sequence[Voices]) -> Voices:
    """`Both of them said`: the last two people who spoke, the last two who did where there is one at most."""
    if not any(scene.words.folded(index) in scene.language.both for index in narrative[:2]):
        return ()
    reach = scene.sentences[max(0, len(before) - _MAX_BOTH)].span
    near = scene.mentions_in(scene.words.indices(reach).start, narrative[0])
    persons = {mention.key for mention in near if mention.kind is Kind.PERSON}
    spoke: dict[str, Speaker] = {}
    for voices in reversed(before[-_MAX_BOTH:]):
        for voice in voices:
            if voice.actor is not None:
                spoke.setdefault(voice.actor.key, voice)
    people = [voice for key, voice in spoke.items() if key in persons]
    pair = people if len(people) > 1 else [*spoke.values()]
    return _again(tuple(pair[:2]), 0.7) if len(pair) > 1 else ()


def _colon_speaker(scene: Scene, sentence: Sentence) -> Voices:
    """`Name: what the name says`, the form of headlines."""
    words = sentence.span.of(scene.words.text)
    colon = words.find(":")
    if not 0 < colon <= _MAX_COLON or not words[colon + 1 :].strip():
        return ()
    before = Span(sentence.span.start, sentence.span.start + colon)
    indices = scene.words.indices(before)
    near = scene.mentions_in(indices.start, indices.stop)
    inside = [m for m in near if before.contains(m.span) and m.reference is not None]
    if not inside or inside[0].span.start - before.start > 2:
        return ()
    return (speaker(inside[0], SpeakerSource.NOMINAL, 0.85),)


def _according_to(scene: Scene, narrative: Sequence[int], *, last: Voices) -> Voices:
    for mention in scene.mentions_in(narrative[0], narrative[-1] + 1):
        if mention.reference is not None and scene.words.after_phrase(mention.start, scene.language.according_to):
            return tuple(speaker(m, SpeakerSource.ACCORDING_TO, 0.9) for m in together(scene, mention))
    for index in narrative:
        for phrase in scene.language.according_to_them.starting(scene.words.folded(index)):
            if scene.words.starts(index, phrase):
                inside = scene.mentions_in(index, index + len(phrase))
                named = [mention for mention in inside if mention.reference is not None]
                return tuple(speaker(m, SpeakerSource.ACCORDING_TO, 0.75) for m in named) or _again(last, 0.75)
    return ()


def _nominal(scene: Scene, narrative: Sequence[int]) -> Voices:
    """`Moscow's support for ...`: the possessor of a noun that takes a side."""
    for index in narrative:
        if scene.words.folded(index) not in scene.language.stance_nouns:
            continue
        near = scene.mentions_in(max(0, index - 3), index + 3)
        for mention in near:
            before = mention.end <= index and scene.words.possessive(mention.end)
            after = mention.start > index and not mention.subject
            if mention.reference is not None and (before or after):
                return (speaker(mention, SpeakerSource.NOMINAL, 0.6),)
    return ()


def _opening_subject(scene: Scene, narrative: Sequence[int]) -> Voices:
    """The actor or pronoun that a sentence opens with, whatever its verb: weak, but rarely the author's voice."""
    first = narrative[0]
    if scene.words.folded(first) in scene.language.articles:
        first += 1
    opening = next(iter(scene.mentions_in(first, first + 1)), None)
    if opening is None or opening.reference is None or not opening.subject:
        return ()
    source = SpeakerSource.SUBJECT if opening.form is Form.NAME else SpeakerSource.COREFERENCE
    return tuple(speaker(m, source, 0.5) for m in together(scene, opening))


def _verb_subject(scene: Scene, narrative: Sequence[int], *, last: Voices, speech: bool) -> Voices:
    inside = set(narrative)
    verbs_of = scene.language.speech_verbs if speech else scene.language.stance_verbs
    verbs = [i for i in narrative if scene.words.folded(i) in verbs_of]
    near = scene.mentions_in(narrative[0], narrative[-1] + 1)
    mentions = [m for m in near if m.end - 1 in inside and m.subject]
    # Whom somebody says to say or want something comes after whoever says it.
    for verb in sorted(verbs, key=lambda verb: _embedded(scene, verb, narrative, mentions)):
        subject = _nearest_subject(scene, verb, mentions, speech=speech)
        if subject is not None:
            return _resolved(scene, subject, verb=verb, speech=speech)
    if verbs and scene.language.has(Trait.DROPPED_SUBJECTS) and _may_drop(verbs[0], narrative):
        return _again(last, 0.65)
    return ()


def _embedded(scene: Scene, verb: int, narrative: Sequence[int], mentions: Sequence[ActorMention]) -> bool:
    """Whether a verb stands in a clause after `that`: `Ross said that Kent wants`; a comma and a subject end it."""
    starts = {mention.start for mention in mentions}
    inside = told = False
    for index in narrative:
        if index >= verb:
            break
        if inside and index in starts and index and "," in scene.words.gap(index - 1, index):
            inside = False
        inside = inside or (told and scene.words.folded(index) in scene.language.subordinators)
        told = told or _says(scene, index)
    return inside


def _nearest_subject(scene: Scene, verb: int, mentions: Sequence[ActorMention], *, speech: bool) -> ActorMention | None:
    before = [m for m in mentions if m.end <= verb and verb - m.end <= _MAX_BEFORE]
    after = [m for m in mentions if verb < m.start <= verb + _MAX_AFTER and _follows(scene, verb, m.start)]
    close = [m for m in before if verb - m.end <= 2]
    if close:
        return close[-1]
    # `..., said Ross`: what follows the verb of a quote is nearer than a name far before it.
    if speech and after and (not before or after[0].start - verb <= verb - before[-1].end):
        # `said the head of the Union Ana Rot`: the last of names that touch is the person.
        touching = [m for m, following in zip(after, [*after[1:], None], strict=True) if not touch(m, following)]
        return touching[0]
    return before[-1] if before else None


def _follows(scene: Scene, verb: int, start: int) -> bool:
    """Whether a mention stands after a verb in the same clause: no comma between, no `that`."""
    if any(mark in scene.words.gap(verb, start) for mark in ".;:!?,"):
        return False
    return not scene.words.subordinated(verb + 1, start)


def _may_drop(verb: int, narrative: Sequence[int]) -> bool:
    """A verb without a subject opens its sentence or follows a quote."""
    return verb - narrative[0] <= 2 or narrative.index(verb) <= 2


def _resolved(scene: Scene, subject: ActorMention, *, verb: int, speech: bool) -> Voices:
    if subject.reference is None:
        return ()
    near = abs(verb - subject.end) <= 2 or abs(subject.start - verb) <= 2
    plain = subject.form is Form.NAME
    source = SpeakerSource.SUBJECT if plain else SpeakerSource.COREFERENCE
    confidence = ((0.95 if near else 0.8) if speech else (0.85 if near else 0.6)) - 0.1 * (not plain)
    return tuple(speaker(m, source, confidence) for m in together(scene, subject))


def _says(scene: Scene, index: int) -> bool:
    return scene.words.folded(index) in scene.language.speech_verbs


def _again(voices: Voices, confidence: float) -> Voices:
    return tuple(
        replace(voice, source=SpeakerSource.COREFERENCE, confidence=min(confidence, voice.confidence))
        for voice in voices
    )

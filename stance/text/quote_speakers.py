"""Who says a quote: every mention around it is a candidate, weighed by where and how it stands.

The weights are those of a conditional logit over the candidates of a quote, fitted on composed articles by
`scripts/fit_speakers.py`; so a speaker's confidence is a probability.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from itertools import zip_longest

import yaml

from stance.text.coreference import ActorMention, Form, touch
from stance.text.scene import Scene
from stance.types import Quote, QuoteKind, Reference, Sentence, Span, Speaker, SpeakerSource

NOBODY = "nobody"
_FAR = 8
_DASHES = "–—-"
_CLAUSE_REACH = 3
_MAX_BACK = 6
_SHARED = frozenset(  # features that count in every zone alike, beside what they count in their own
    ["voice", "silent", "subject", "oblique", "speech", "stance", "person", "body", "group", "unnamed", "according"]
)
_OF_PARTS = frozenset(
    f"{z}:{f}" for z in ("before", "after") for f in ("voice", "silent", "nearest", "further", "speech")
)
_MIN_TOLD = 3  # fewer words around a quote name nobody: `he said` apart, the quote stands alone


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may say a quote; `features` name what speaks for and against; None is a speaker not named."""

    reference: Reference | None
    mention: ActorMention | None
    features: tuple[str, ...]
    source: SpeakerSource

    @property
    def name(self) -> str:
        """The identity of whom the candidate names."""
        return self.reference.key if self.reference else NOBODY


def quote_chains(quotes: Sequence[Quote]) -> list[list[int]]:
    """The numbers of the quotes, those together that carry each other on over paragraphs."""
    chains: list[list[int]] = []
    place: dict[int, list[int]] = {}
    for number, quote in enumerate(quotes):
        chain = place.get(quote.continues) if quote.continues is not None else None
        if chain is None:
            chain = []
            chains.append(chain)
        chain.append(number)
        place[number] = chain
    return chains


def quote_candidates(
    scene: Scene,
    chain: Sequence[int],
    before: Sequence[Sequence[Speaker]],
    voices: Sequence[Sequence[Speaker]],
) -> list[Candidate]:
    """Whom the words around a quote name, who spoke just before, and nobody.

    Args:
        chain: the number of the quote, with those that carry it on.
        before: the speakers of the quotes before it.
        voices: the holders of each sentence.
    """
    quotes = [scene.quotes[number] for number in chain]
    hosts = [*scene.hosts(quotes[0]), *(scene.hosts(quotes[-1]) if len(quotes) > 1 else ())]
    inside = _around(scene, quotes, hosts)
    bare = len(inside.before) + len(inside.after) + len(inside.aside) < _MIN_TOLD
    found = [*_same_sentence(scene, quotes, inside, voices), *_neighbours(scene, hosts, voices, bare=bare)]
    found += _turn(scene, chain[0], hosts, before, bare=bare)
    if not any(c.mention is not None and c.features[0].startswith(("before", "after", "aside")) for c in found):
        found = [
            replace(candidate, features=(*candidate.features, f"{candidate.features[0]}:alone")) for candidate in found
        ]
    nobody = (NOBODY, f"{NOBODY}:bare" if bare else f"{NOBODY}:told")
    return [*found, Candidate(None, None, nobody, SpeakerSource.CONTEXT)]


def all_features(candidate: Candidate) -> tuple[str, ...]:
    """Those of a candidate with what they have in common in all zones: `after:voice` counts as `any:voice` too."""
    shared = (feature.partition(":")[2] for feature in candidate.features)
    return (*candidate.features, *(f"any:{feature}" for feature in dict.fromkeys(shared) if feature in _SHARED))


def choose(candidates: Sequence[Candidate], weights: Mapping[str, float]) -> tuple[Candidate, float]:
    """The most probable candidate and the probability of whom it names.

    A person named several times adds up.
    """
    scores = [sum(weights.get(feature, 0.0) for feature in all_features(candidate)) for candidate in candidates]
    highest = max(scores)
    masses = [math.exp(score - highest) for score in scores]
    by_name: dict[str, float] = defaultdict(float)
    for candidate, mass in zip(candidates, masses, strict=True):
        by_name[candidate.name] += mass
    best = max(by_name, key=lambda name: by_name[name])
    own = [number for number, candidate in enumerate(candidates) if candidate.name == best]
    return candidates[max(own, key=lambda number: masses[number])], by_name[best] / sum(masses)


@lru_cache(maxsize=1)
def speaker_weights() -> Mapping[str, float]:
    """The fitted weight of each feature."""
    text = files(__package__).joinpath("quote_speakers.yaml").read_text(encoding="utf-8")
    return {
        str(name): float(weight)
        for name, weight in yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)).items()
    }


@dataclass(frozen=True, slots=True)
class _Around:
    """Numbers of the tokens of a quote's own sentence before it, after it, and in clauses between its marks."""

    before: Sequence[int]
    after: Sequence[int]
    aside: Sequence[int]


def _around(scene: Scene, quotes: Sequence[Quote], hosts: Sequence[Sentence]) -> _Around:
    tokens = scene.words.tokens
    start, end = quotes[0].span.start, quotes[-1].span.end
    before = [i for i in scene.narrative(hosts[0]) if tokens[i].span.start < start]
    after = [i for i in scene.narrative(hosts[-1]) if tokens[i].span.start >= end]
    following = [scene.quotes[n].span.start for n in scene.quotes_at(hosts[-1].span)]
    stop = min((place for place in following if place >= end), default=hosts[-1].span.end)
    aside = [i for quote in quotes for span in quote.asides for i in scene.words.indices(span)]
    return _Around(before, [i for i in after if tokens[i].span.start < stop], aside)


def _same_sentence(
    scene: Scene, quotes: Sequence[Quote], around: _Around, voices: Sequence[Sequence[Speaker]]
) -> Iterator[Candidate]:
    for zone, indices in (("before", around.before), ("after", around.after), ("aside", around.aside)):
        if not indices:
            continue
        inside = set(indices)
        near = [m for m in scene.mentions_in(indices[0], indices[-1] + 1) if m.end - 1 in inside]
        # `said the head of the Union Ana Rot`: of names that touch the last one is the person.
        near = [m for m, following in zip_longest(near, near[1:]) if not touch(m, following)]
        for number, mention in enumerate(near):
            features = [zone, *_form_features(scene, zone, mention), _voice_feature(scene, zone, mention, voices)]
            nearest = number == len(near) - 1 if zone == "before" else number == 0
            features.append(f"{zone}:nearest" if nearest else f"{zone}:further")
            if number == 0:
                features.append(f"{zone}:first")
            gap = indices[-1] + 1 - mention.end if zone == "before" else mention.start - indices[0]
            features.append(f"{zone}:far" if gap > _FAR else f"{zone}:near" if gap <= 1 else f"{zone}:middle")
            between = [i for i in indices if (i >= mention.end if zone == "before" else i < mention.start)]
            if any(scene.words.folded(i) in scene.language.speech_verbs for i in between):
                features.append(f"{zone}:verb")
            if any(scene.words.folded(i) in scene.language.subordinators for i in between):
                features.append(f"{zone}:subordinate")
            if zone == "before" and _colon_before(scene, quotes[0].span):
                features.append(f"{zone}:colon")
            if zone == "after" and _sentence_ended(scene, quotes[-1].span):
                features.append(f"{zone}:ended")
            if quotes[0].kind is not QuoteKind.SPEECH:
                # A few words inside a sentence are whose the sentence is, more than whom they stand beside.
                features += [feature.replace(zone, f"{zone}-part", 1) for feature in features if feature in _OF_PARTS]
            yield Candidate(mention.reference, mention, tuple(features), _source(scene, mention, SpeakerSource.QUOTE))


def _neighbours(
    scene: Scene, hosts: Sequence[Sentence], voices: Sequence[Sequence[Speaker]], *, bare: bool
) -> Iterator[Candidate]:
    first, last = hosts[0], hosts[-1]
    text = scene.words.text
    earlier = scene.sentences[max(0, first.index - 2) : first.index]
    for sentence in earlier:
        same = sentence.paragraph == first.paragraph
        step = first.index - sentence.index
        zone = f"previous{step}" if same else f"paragraph{step}"
        zone += "-bare" if bare else "-told"
        colon = sentence.span.of(text).endswith(":")
        yield from _told(scene, sentence, zone, voices, colon=colon, bare=bare)
    for sentence in scene.sentences[last.index + 1 : last.index + 2]:
        if sentence.paragraph == last.paragraph:
            yield from _told(scene, sentence, "next-bare" if bare else "next-told", voices, colon=False, bare=False)


def _told(
    scene: Scene,
    sentence: Sentence,
    zone: str,
    voices: Sequence[Sequence[Speaker]],
    *,
    colon: bool,
    bare: bool,
) -> Iterator[Candidate]:
    mentions = scene.told_mentions(sentence)
    if bare:
        # Who speaks in the sentence before goes on in a quote that names nobody; whom he speaks of does not.
        mentions = [m for m in mentions if _is_voice(scene, m, voices)] or mentions
    for place, mention in enumerate(mentions):
        features = [zone, *_form_features(scene, zone, mention), _voice_feature(scene, zone, mention, voices)]
        features.append(f"{zone}:first" if place == 0 else f"{zone}:later")
        if place == len(mentions) - 1:
            features.append(f"{zone}:last")
        if colon:
            features.append(f"{zone}:colon")
        yield Candidate(mention.reference, mention, tuple(features), SpeakerSource.CONTEXT)


def _turn(
    scene: Scene, number: int, hosts: Sequence[Sentence], before: Sequence[Sequence[Speaker]], *, bare: bool
) -> Iterator[Candidate]:
    """Who spoke the quote before, and the one before that."""
    uttered = [n for n in range(number - 1, max(-1, number - 1 - _MAX_BACK), -1) if _is_speech(scene.quotes[n])]
    for step, other in enumerate(uttered[:2], start=1):
        earlier = scene.hosts(scene.quotes[other])[-1]
        distance = hosts[0].paragraph - earlier.paragraph
        if distance > 1:
            return
        zone = f"turn{step}-{'same' if distance == 0 else 'paragraph'}-{'bare' if bare else 'told'}"
        near = hosts[0].index - earlier.index <= 1
        dashes = all(scene.words.text[scene.quotes[n].span.start] in _DASHES for n in (number, other))
        for speaker in before[other]:
            if speaker.actor is not None:
                features = (
                    zone,
                    f"{zone}:near" if near else f"{zone}:apart",
                    f"{zone}:dialogue" if dashes and near else f"{zone}:marks",
                )
                reference = Reference(speaker.actor.name, speaker.actor.id)
                yield Candidate(reference, None, features, SpeakerSource.CONTEXT)


def _is_speech(quote: Quote) -> bool:
    return quote.kind is QuoteKind.SPEECH


def _voice_feature(scene: Scene, zone: str, mention: ActorMention, voices: Sequence[Sequence[Speaker]]) -> str:
    """Whether the mention is of one who speaks or acts in its sentence."""
    return f"{zone}:voice" if _is_voice(scene, mention, voices) else f"{zone}:silent"


def _is_voice(scene: Scene, mention: ActorMention, voices: Sequence[Sequence[Speaker]]) -> bool:
    number = scene.sentence_index.touching(mention.span)[0]
    return any(voice.actor is not None and voice.actor.key == mention.key for voice in voices[number])


def _form_features(scene: Scene, zone: str, mention: ActorMention) -> list[str]:
    """What stands at a mention, whatever quote is asked of."""
    place = (mention.start, mention.end, mention.form)
    known = scene.traits.get(place)
    if known is None:
        known = scene.traits[place] = tuple(_traits(scene, mention))
    return [f"{zone}:{trait}" for trait in known]


def _traits(scene: Scene, mention: ActorMention) -> Iterator[str]:
    yield "subject" if mention.subject else "oblique"
    yield mention.form.name.lower()
    yield mention.kind.name.lower() if mention.kind else "nobody"
    if scene.words.folded(mention.start - 1) in scene.language.viewpoint:
        yield "viewpoint"
    if scene.words.beside_speech(mention.start, mention.end, reach=_CLAUSE_REACH):
        yield "speech"
    elif scene.words.beside_verb(mention.start, mention.end, reach=_CLAUSE_REACH):
        yield "stance"
    if scene.words.after_phrase(mention.start, scene.language.according_to):
        yield "according"
    if mention.reference is None:
        yield "unnamed"


def _source(scene: Scene, mention: ActorMention, plain: SpeakerSource) -> SpeakerSource:
    if scene.words.after_phrase(mention.start, scene.language.according_to):
        return SpeakerSource.ACCORDING_TO
    return plain if mention.form is Form.NAME else SpeakerSource.COREFERENCE


def _colon_before(scene: Scene, span: Span) -> bool:
    return scene.words.text[max(0, span.start - 2) : span.start].rstrip()[-1:] == ":"


def _sentence_ended(scene: Scene, span: Span) -> bool:
    """Whether the words of the quote end a sentence, so that what follows may be another one."""
    return scene.words.text[max(0, span.end - 3) : span.end].rstrip("\"”“»«’' \u00a0\u202f")[-1:] in tuple(".!?…")

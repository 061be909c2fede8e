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
from stance.types import Quote, Reference, Sentence, Span, Speaker, SpeakerSource

NOBODY = "nobody"
_FAR = 8
_CLAUSE_REACH = 3
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


def quote_candidates(scene: Scene, number: int, before: Sequence[Sequence[Speaker]]) -> list[Candidate]:
    """Whom the words around a quote name, who spoke just before, and nobody.

    Args:
        before: the speakers of the quotes before this one.
    """
    quote = scene.quotes[number]
    hosts = scene.hosts(quote)
    inside = _around(scene, quote, hosts)
    bare = len(inside.before) + len(inside.after) < _MIN_TOLD
    found = [*_same_sentence(scene, quote, inside), *_neighbours(scene, hosts, bare=bare)]
    found += _turn(scene, number, hosts, before, bare=bare)
    if not any(c.mention is not None and c.features[0] in ("before", "after") for c in found):
        found = [
            replace(candidate, features=(*candidate.features, f"{candidate.features[0]}:alone")) for candidate in found
        ]
    nobody = (NOBODY, f"{NOBODY}:bare" if bare else f"{NOBODY}:told")
    return [*found, Candidate(None, None, nobody, SpeakerSource.CONTEXT)]


def choose(candidates: Sequence[Candidate], weights: Mapping[str, float]) -> tuple[Candidate, float]:
    """The most probable candidate and the probability of whom it names.

    A person named several times adds up.
    """
    scores = [sum(weights.get(feature, 0.0) for feature in candidate.features) for candidate in candidates]
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
    return {str(name): float(weight) for name, weight in yaml.safe_load(text).items()}


@dataclass(frozen=True, slots=True)
class _Around:
    """Numbers of the tokens of a quote's own sentence before and after it, outside other quotes."""

    before: Sequence[int]
    after: Sequence[int]


def _around(scene: Scene, quote: Quote, hosts: Sequence[Sentence]) -> _Around:
    tokens = scene.words.tokens
    before = [i for i in scene.narrative(hosts[0]) if tokens[i].span.start < quote.span.start]
    after = [i for i in scene.narrative(hosts[-1]) if tokens[i].span.start >= quote.span.end]
    following = [scene.quotes[n].span.start for n in scene.quotes_at(hosts[-1].span)]
    stop = min((start for start in following if start >= quote.span.end), default=hosts[-1].span.end)
    return _Around(before, [i for i in after if tokens[i].span.start < stop])


def _same_sentence(scene: Scene, quote: Quote, around: _Around) -> Iterator[Candidate]:
    for zone, indices in (("before", around.before), ("after", around.after)):
        if not indices:
            continue
        inside = set(indices)
        near = [m for m in scene.mentions_in(indices[0], indices[-1] + 1) if m.end - 1 in inside]
        # `said the head of the Union Ana Rot`: of names that touch the last one is the person.
        near = [m for m, following in zip_longest(near, near[1:]) if not touch(m, following)]
        for place, mention in enumerate(near):
            features = [zone, *_form_features(scene, zone, mention)]
            nearest = place == 0 if zone == "after" else place == len(near) - 1
            features.append(f"{zone}:nearest" if nearest else f"{zone}:further")
            if zone == "before" and place == 0:
                features.append("before:first")
            gap = mention.start - indices[0] if zone == "after" else indices[-1] + 1 - mention.end
            features.append(f"{zone}:far" if gap > _FAR else f"{zone}:near" if gap <= 1 else f"{zone}:middle")
            between = [i for i in indices if (i < mention.start if zone == "after" else i >= mention.end)]
            if any(scene.words.folded(i) in scene.language.speech_verbs for i in between):
                features.append(f"{zone}:verb")
            if zone == "before" and _colon_before(scene, quote.span):
                features.append("before:colon")
            if zone == "after" and _sentence_ended(scene, quote.span):
                features.append("after:ended")
            yield Candidate(mention.reference, mention, tuple(features), _source(scene, mention, SpeakerSource.QUOTE))


def _neighbours(scene: Scene, hosts: Sequence[Sentence], *, bare: bool) -> Iterator[Candidate]:
    first, last = hosts[0], hosts[-1]
    text = scene.words.text
    earlier = scene.sentences[max(0, first.index - 2) : first.index]
    for sentence in earlier:
        same = sentence.paragraph == first.paragraph
        step = first.index - sentence.index
        zone = f"previous{step}" if same else f"paragraph{step}"
        yield from _told(scene, sentence, zone, bare=bare, colon=sentence.span.of(text).endswith(":"))
    for sentence in scene.sentences[last.index + 1 : last.index + 2]:
        if sentence.paragraph == last.paragraph:
            yield from _told(scene, sentence, "next", bare=bare, colon=False)


def _told(scene: Scene, sentence: Sentence, zone: str, *, bare: bool, colon: bool) -> Iterator[Candidate]:
    mentions = scene.told_mentions(sentence)
    for place, mention in enumerate(mentions):
        features = [zone, *_form_features(scene, zone, mention)]
        features.append(f"{zone}:first" if place == 0 else f"{zone}:later")
        if place == len(mentions) - 1:
            features.append(f"{zone}:last")
        features.append(f"{zone}:bare" if bare else f"{zone}:told")
        if colon:
            features.append(f"{zone}:colon")
        yield Candidate(mention.reference, mention, tuple(features), SpeakerSource.CONTEXT)


def _turn(
    scene: Scene, number: int, hosts: Sequence[Sentence], before: Sequence[Sequence[Speaker]], *, bare: bool
) -> Iterator[Candidate]:
    """Who spoke the quote before, and the one before that."""
    for step in (1, 2):
        if number - step < 0:
            return
        earlier = scene.hosts(scene.quotes[number - step])[-1]
        distance = hosts[0].paragraph - earlier.paragraph
        if distance > 1:
            return
        zone = f"turn{step}:{'same' if distance == 0 else 'paragraph'}"
        near = hosts[0].index - earlier.index <= 1
        for speaker in before[number - step]:
            if speaker.actor is not None:
                features = (
                    zone,
                    f"{zone}:bare" if bare else f"{zone}:told",
                    f"{zone}:near" if near else f"{zone}:apart",
                )
                reference = Reference(speaker.actor.name, speaker.actor.id)
                yield Candidate(reference, None, features, SpeakerSource.CONTEXT)


def _form_features(scene: Scene, zone: str, mention: ActorMention) -> Iterator[str]:
    yield f"{zone}:subject" if mention.subject else f"{zone}:oblique"
    yield f"form:{mention.form.name.lower()}"
    if scene.words.beside_speech(mention.start, mention.end, reach=_CLAUSE_REACH):
        yield f"{zone}:speech"
    elif scene.words.beside_verb(mention.start, mention.end, reach=_CLAUSE_REACH):
        yield f"{zone}:stance"
    if scene.words.after_phrase(mention.start, scene.language.according_to):
        yield f"{zone}:according"
    if mention.reference is None:
        yield f"{zone}:unnamed"


def _source(scene: Scene, mention: ActorMention, plain: SpeakerSource) -> SpeakerSource:
    if scene.words.after_phrase(mention.start, scene.language.according_to):
        return SpeakerSource.ACCORDING_TO
    return plain if mention.form is Form.NAME else SpeakerSource.COREFERENCE


def _colon_before(scene: Scene, span: Span) -> bool:
    return scene.words.text[max(0, span.start - 2) : span.start].rstrip()[-1:] == ":"


def _sentence_ended(scene: Scene, span: Span) -> bool:
    """Whether the words of the quote end a sentence, so that what follows may be another one."""
    return scene.words.text[max(0, span.end - 2) : span.end].rstrip("\"”“»’'")[-1:] in tuple(".!?…")

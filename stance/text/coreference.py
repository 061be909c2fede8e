"""Which actor a title, a noun or a pronoun means: by gender, by the office held, by who was spoken of last."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from stance.text.entities import Entity, Kind
from stance.text.languages import Gender
from stance.text.titles import Title
from stance.types import Reference, Span

_MAX_HISTORY = 24
_RECENCY = (1.5, 1.2, 0.7, 0.4, 0.2)
_SUBJECT, _UNKNOWN_GENDER, _SAME_SENTENCE = 0.5, -0.4, 1.4


class Form(Enum):
    """How an actor is named."""

    NAME = auto()
    TITLE = auto()
    NOUN = auto()
    PRONOUN = auto()


@dataclass(frozen=True, slots=True)
class ActorMention:
    """Tokens [start, end) that name an actor; `reference` is None for a title nobody was found for.

    A title before a name belongs to the tokens (`said the minister, Ana Rot`), but not to the span. `subject` is False
    where a preposition, a case or a noun around it shows that the mention is no subject. `kind` is that of the actor.
    """

    start: int
    end: int
    span: Span
    reference: Reference | None
    form: Form
    represents: str | None = None
    subject: bool = True
    kind: Kind | None = None

    @property
    def key(self) -> str | None:
        """The identity of the actor, None where nobody was found."""
        return self.reference.key if self.reference else None


def touch(mention: ActorMention, following: ActorMention | None) -> bool:
    """Whether a mention ends where that of somebody named begins."""
    return following is not None and mention.end == following.start and following.reference is not None


@dataclass(frozen=True, slots=True)
class Anaphor:
    """What may stand for an actor: a title, a noun's stem (`head`), or a pronoun of some gender.

    spoken: whether it opens a sentence or stands beside a verb of saying, where a title must mean somebody.
    owned: whether a possessive stands before it, so that it is somebody of a body named before (`its spokesman`).
    country: English name of the country whose government the noun means. modifiers: stems of the words before a noun.
    """

    start: int
    end: int
    span: Span
    form: Form
    sentence: int
    subject: bool
    title: Title | None = None
    head: str | None = None
    gender: Gender | None = None
    country: str | None = None
    modifiers: frozenset[str] = frozenset()
    spoken: bool = False
    owned: bool = False


class Discourse:
    """Who has been spoken of so far, where, in which offices, and by which nouns."""

    def __init__(self, entities: Iterable[Entity], by_country: Mapping[str, Reference]) -> None:
        self._entities = {entity.reference.key: entity for entity in entities}
        self._by_country = by_country
        self._by_head: dict[str, list[Entity]] = defaultdict(list)
        for entity in self._entities.values():
            for head in sorted(entity.heads):
                self._by_head[head].append(entity)
        self._offices: dict[str, dict[tuple[Title, str], None]] = defaultdict(dict)
        self._recent: deque[tuple[str, int, bool]] = deque(maxlen=_MAX_HISTORY)
        self._called: dict[str, str] = {}
        self._countries: dict[str, str] = {}
        self._genders: dict[str, Gender] = {}
        self._named: set[str] = set()

    def speak_of(self, reference: Reference, sentence: int, *, subject: bool) -> None:
        """Take note of a mention."""
        self._recent.append((reference.key, sentence, subject))
        self._named.add(reference.key)

    def give_office(self, title: Title, reference: Reference) -> None:
        """Take note that an actor holds an office."""
        self._offices[title.head][(title, reference.key)] = None
        if title.country:
            self._countries.setdefault(reference.key, title.country)

    def country_of(self, reference: Reference) -> str | None:
        """English name of the country or body that an actor's office is of."""
        return self._countries.get(reference.key)

    def call(self, head: str, reference: Reference) -> None:
        """Take note that a noun has been used of an actor."""
        self._called[head] = reference.key

    def give_gender(self, reference: Reference, gender: Gender) -> None:
        """Take note of the gender that a title or verb beside a name shows; the first to show it counts."""
        self._genders.setdefault(reference.key, gender)

    def resolve(self, anaphor: Anaphor) -> Reference | None:
        """The actor that is meant; None where none fits."""
        if anaphor.form is Form.TITLE:
            return self._holder(anaphor)
        if anaphor.form is Form.NOUN:
            return self._named_by(anaphor)
        kind = Kind.GROUP if anaphor.gender is Gender.PLURAL else Kind.PERSON
        return self._salient(anaphor.gender, anaphor.sentence, kind=kind)

    def _holder(self, anaphor: Anaphor) -> Reference | None:
        """Who a title means: the last one named who holds it; unnamed so far only one that no other can be."""
        assert anaphor.title is not None
        title = anaphor.title
        fitting = {key for held, key in self._offices[title.head] if title.may_mean(held)}
        fitting = {key for key in fitting if self._may_be(key, anaphor.gender)}
        for key, _, _ in reversed(self._recent):
            if key in fitting:
                return self._entities[key].reference
        if anaphor.owned:
            return self._salient(None, anaphor.sentence, kind=Kind.BODY)
        sure = fitting & self._named
        if len(sure) != 1 and title.country is not None:
            sure = {key for held, key in self._offices[title.head] if held.country == title.country and key in fitting}
        if len(sure) == 1:
            return self._entities[sure.pop()].reference
        if not anaphor.spoken or title.country is not None:
            return None
        return self._salient(anaphor.gender, anaphor.sentence, kind=Kind.PERSON, other_sentence=True)

    def _named_by(self, anaphor: Anaphor) -> Reference | None:
        """Whom a noun means: the country it is of, the last one named that has it in the name, or was called so."""
        assert anaphor.head is not None
        if anaphor.country is not None:
            reference = self._by_country.get(anaphor.country)
            if reference is not None and reference.key in self._entities:
                self._called[anaphor.head] = reference.key
            return reference
        fitting = {entity.reference.key: entity for entity in self._by_head.get(anaphor.head, ())}
        for key, _, _ in reversed(self._recent):
            if key in fitting:
                return fitting[key].reference
        if anaphor.head in self._called:
            return self._entities[self._called[anaphor.head]].reference
        sure = [e for key, e in fitting.items() if key in self._named or e.common or e.words & anaphor.modifiers]
        if len(sure) == 1:
            return sure[0].reference
        # `the company` may be one whose name does not say what it is.
        return self._salient(None, anaphor.sentence, kind=Kind.BODY, untyped=True) if anaphor.spoken else None

    def kind_of(self, reference: Reference) -> Kind | None:
        """What an actor is, None for one unknown."""
        entity = self._entities.get(reference.key)
        return entity.kind if entity else None

    def words_of(self, reference: Reference) -> frozenset[str]:
        """Stems of the words in the names of an actor."""
        entity = self._entities.get(reference.key)
        return entity.words if entity else frozenset()

    def _salient(
        self,
        gender: Gender | None,
        sentence: int,
        *,
        kind: Kind,
        other_sentence: bool = False,
        untyped: bool = False,
    ) -> Reference | None:
        """Who was spoken of last; a subject before others of the sentence, a known gender before an unknown one.

        Args:
            other_sentence: whether somebody named in the same sentence is meant only where nobody else is.
            untyped: whether only bodies are meant whose names have no noun such as `bank`.
        """
        best: tuple[float, Reference] | None = None
        for key, place, subject in reversed(self._recent):
            distance = sentence - place
            if distance >= len(_RECENCY):
                break
            entity = self._entities.get(key)
            if entity is None or entity.kind is not kind or not self._may_be(key, gender):
                continue
            if untyped and (entity.heads or entity.place):
                continue
            score = -_SAME_SENTENCE * (other_sentence and distance == 0)
            score += _RECENCY[distance] + _SUBJECT * subject + _UNKNOWN_GENDER * (self._gender_of(key) is None)
            if best is None or score > best[0]:
                best = (score, entity.reference)
        return best[1] if best else None

    def _gender_of(self, key: str) -> Gender | None:
        """Of an actor, from what the text has shown, else from the name."""
        entity = self._entities.get(key)
        return self._genders.get(key) or (entity.gender if entity else None)

    def _may_be(self, key: str, gender: Gender | None) -> bool:
        known = self._gender_of(key)
        if gender is None or known is None:
            return True
        return bool(known & gender)

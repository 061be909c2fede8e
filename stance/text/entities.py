"""What is known of each actor of an article: a person, a body or a group, and of which gender."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from stance.text.forms import PARTICLES
from stance.text.languages import Gender, Language
from stance.text.tokens import Token, tokenise
from stance.types import Actor, Reference


class Kind(Enum):
    """What a name stands for: it decides which pronouns, titles and nouns may mean it."""

    PERSON = auto()
    BODY = auto()
    GROUP = auto()


@dataclass(frozen=True, slots=True)
class Entity:
    """An actor of an article.

    gender: None where nothing tells it. heads: stems of the nouns in its names (`bank`, `residents`). words: stems of
    all words in its names. common: whether its name is no proper name but a noun (`residents of the valley`). place:
    whether it is a country.
    """

    reference: Reference
    kind: Kind
    gender: Gender | None = None
    heads: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    common: bool = False
    place: bool = False


def known_entity(actor: Actor, language: Language) -> Entity:
    """What a known actor is, by its titles and the words of its names."""
    wordings = [actor.name, *(form for forms in actor.aliases.values() for form in forms)]
    kind = Kind.PERSON if actor.titles else _kind([tokenise(wording) for wording in wordings], language)
    return _entity(Reference(actor.name, actor.id), kind, wordings, language)


def found_entity(reference: Reference, language: Language) -> Entity:
    """What a name found in the text stands for."""
    return _entity(reference, _kind([tokenise(reference.name)], language), [reference.name], language)


def _entity(reference: Reference, kind: Kind, wordings: Sequence[str], language: Language) -> Entity:
    if kind is Kind.PERSON:
        return Entity(reference, kind, _gender(tokenise(reference.name), language))
    tokens = [token for wording in wordings for token in tokenise(wording)]
    nouns = (t for t in tokens if t.folded in language.body_nouns or t.folded in language.group_nouns)
    return Entity(
        reference,
        kind,
        heads=frozenset(language.stem(token.folded) for token in nouns),
        words=frozenset(language.stem(token.folded) for token in tokens),
        common=bool(tokens) and not tokens[0].capitalised,
        place=any(wording in language.countries.values() for wording in wordings),
    )


def _kind(names: Sequence[Sequence[Token]], language: Language) -> Kind:
    words = [token for name in names for token in name]
    if any(" ".join(token.raw for token in name) in language.countries.values() for name in names):
        return Kind.BODY
    if any(token.folded in language.group_nouns for token in words):
        return Kind.GROUP
    if any(token.folded in language.body_nouns for token in words):
        return Kind.BODY
    first = names[0][0] if names and names[0] else None
    if first is None or len(names[0]) == 1:
        return Kind.BODY
    if first.folded in language.first_names:
        return Kind.PERSON
    lower = [token for token in names[0] if not token.capitalised and token.folded not in PARTICLES]
    return Kind.BODY if lower else Kind.PERSON


def _gender(words: Sequence[Token], language: Language) -> Gender | None:
    """Masculine or feminine by the first name, by its ending where it is not listed."""
    listed = language.first_names.get(words[0].folded) if words else None
    if listed is not None or len(words) < 2:
        return listed
    endings: Mapping[str, Gender] = language.name_endings
    return next((gender for ending, gender in endings.items() if words[0].folded.endswith(ending)), None)

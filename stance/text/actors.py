"""Who is named in an article: known actors and found names, titles that stand for a person, pronouns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from stance.text.languages import Language
from stance.text.names import NameForm, find_names, name_form
from stance.text.titles import Title, TitlePhrase, find_titles, titles_of
from stance.text.tokens import Token, tokenise
from stance.types import Actor, Reference, Span

_MIN_SHORT_LETTERS = 3


@dataclass(frozen=True, slots=True)
class ActorMention:
    """Tokens [start, end) that name an actor; `reference` is None for a title or pronoun nobody was found for.

    A title before a name belongs to the tokens (`said the minister, Ana Rot`), but not to the span.
    """

    start: int
    end: int
    span: Span
    reference: Reference | None
    represents: str | None = None
    pronoun: bool = False
    title: bool = False


def find_actors(
    tokens: Sequence[Token], text: str, actors: Sequence[Actor], language: Language, *, keys: Sequence[str]
) -> list[ActorMention]:
    """Mentions of actors in order: names, titles that stand for a person, pronouns.

    Args:
        keys: the languages whose titles are looked for.
    """
    titles = find_titles(tokens, language)
    known = _known_mentions(tokens, actors, language)
    taken = {index for mention in known for index in range(mention.start, mention.end)}
    found = _match_names(tokens, find_names(tokens, text, titles, language, taken=taken), language)
    mentions = _drop_overlaps([*known, *found])
    holders = [(title, Reference(a.name, a.id)) for a in actors for title in titles_of(a, language, keys=keys)]
    bodies = {actor.id or actor.name for actor in actors if not actor.titles}
    mentions = _with_titles(mentions, titles, holders, tokens, text, bodies=bodies)
    mentions += _pronouns(tokens, language)
    return sorted(_drop_overlaps(mentions), key=lambda mention: mention.start)


def _known_mentions(tokens: Sequence[Token], actors: Sequence[Actor], language: Language) -> list[ActorMention]:
    """Mentions of known actors by their full names and aliases, and by the last word of those.

    Whoever holds an office is a person, known by the surname at once; for others, who may be bodies, the last word
    counts only in an article that names them in full (`the Union` after `European Union`).
    """
    full = [(actor, list(_full_names(actor, language))) for actor in actors]
    mentions = _match_names(tokens, [name for _, names in full for name in names], language)
    named = {mention.reference for mention in mentions}
    short = [
        replace(name, words=name.words[-1:], folded=name.folded[-1:])
        for actor, names in full
        for name in names
        if len(name.words) > 1 and len(name.folded[-1]) >= _MIN_SHORT_LETTERS
        if actor.titles or name.reference in named
    ]
    return _drop_overlaps([*mentions, *_match_names(tokens, short, language)])


def _full_names(actor: Actor, language: Language) -> Iterator[NameForm]:
    reference = Reference(actor.name, actor.id)
    for wording in dict.fromkeys([actor.name, *(form for forms in actor.aliases.values() for form in forms)]):
        words = tokenise(wording)
        if words:
            yield name_form(words, reference, language)


def _match_names(tokens: Sequence[Token], names: Iterable[NameForm], language: Language) -> list[ActorMention]:
    index: dict[str, list[NameForm]] = defaultdict(list)
    for name in dict.fromkeys(names):
        index[name.words[0]].append(name)
        if name.folded[0] != name.words[0]:
            index[name.folded[0]].append(name)
    mentions = []
    for start, token in enumerate(tokens):
        if not token.capitalised:
            continue
        candidates = [*index.get(language.stem(token.folded), ()), *index.get(token.folded, ())]
        if token.folded in language.not_names:
            # `Posle` that opens a sentence is no form of a name, though its stem may be.
            candidates = [name for name in candidates if token.folded == name.folded[0]]
        matching = [name for name in candidates if _stands_at(tokens, start, name, language)]
        if matching:
            best = max(matching, key=lambda name: len(name.words))
            end = start + len(best.words)
            span = Span(token.span.start, tokens[end - 1].span.end)
            mentions.append(ActorMention(start, end, span, best.reference))
    return _drop_overlaps(mentions)


def _stands_at(tokens: Sequence[Token], start: int, name: NameForm, language: Language) -> bool:
    if start + len(name.words) > len(tokens):
        return False
    for offset, (stem, folded) in enumerate(zip(name.words, name.folded, strict=True)):
        token = tokens[start + offset]
        if name.acronym and not (token.acronym and token.folded.startswith(folded)):
            return False
        if token.folded != folded and language.stem(token.folded) != stem and not name.acronym:
            return False
        if name.acronym and len(token.folded) - len(folded) > 2:
            return False
    return True


def _with_titles(
    mentions: Sequence[ActorMention],
    titles: Sequence[TitlePhrase],
    holders: Sequence[tuple[Title, Reference]],
    tokens: Sequence[Token],
    text: str,
    *,
    bodies: Set[str],
) -> list[ActorMention]:
    """Names with what they represent, and titles that stand alone linked to their holder.

    Args:
        bodies: keys of known actors that hold no office (states, institutions).
    """
    by_start = {mention.start: mention for mention in mentions}
    by_end = {mention.end: mention for mention in mentions}
    links = dict.fromkeys(holders)  # in order, each once: a long text repeats them
    seen: list[str] = []
    result: list[ActorMention] = []
    titled: dict[int, int] = {}
    countries = {reference.key: title.country for title, reference in holders if title.country}
    events: list[ActorMention | TitlePhrase] = sorted(
        [*mentions, *titles], key=lambda event: (event.start, isinstance(event, ActorMention))
    )
    for event in events:
        if isinstance(event, ActorMention):
            key = event.reference.key if event.reference else ""
            seen.append(key)
            start = titled.get(event.start, event.start)
            result.append(replace(event, start=start, represents=countries.get(key)))
            continue
        following = by_start.get(event.end)
        beside = following or _apposed(by_end, event, tokens, text)
        if beside is not None and beside.reference is not None and _is_person(beside, tokens, bodies=bodies):
            links.setdefault((event.title, beside.reference))
            if beside is following:
                titled[beside.start] = event.start
            if event.title.country:
                countries.setdefault(beside.reference.key, event.title.country)
            continue
        holder = _holder(event.title, links, seen)
        span = Span(tokens[event.start].span.start, tokens[event.end - 1].span.end)
        country = countries.get(holder.key) if holder else event.title.country
        result.append(ActorMention(event.start, event.end, span, holder, represents=country, title=True))
    return result


def _is_person(mention: ActorMention, tokens: Sequence[Token], *, bodies: Set[str]) -> bool:
    """Whether the name beside a title is its holder: `premijerka Ana Rot`, but not `premijer Srbije`.

    A known actor without titles may be either; a body stands in the genitive there, a holder as the file has it.
    """
    assert mention.reference is not None
    if mention.reference.key not in bodies:
        return True
    words = [token.folded for token in tokens[mention.start : mention.end]]
    return len(words) > 1 and words == [token.folded for token in tokenise(mention.reference.name)]


def _apposed(
    by_end: Mapping[int, ActorMention], phrase: TitlePhrase, tokens: Sequence[Token], text: str
) -> ActorMention | None:
    """The name that a title explains after a comma: `Ana Rot, (the) minister of justice`."""
    for end in (phrase.start, phrase.start - 1):
        name = by_end.get(end)
        if name is not None and text[name.span.end : tokens[end].span.start].strip() == ",":
            return name
    return None


def _holder(title: Title, links: Collection[tuple[Title, Reference]], seen: Sequence[str]) -> Reference | None:
    """Who the title means: the last one named so far who holds it; unnamed so far only if it is one single actor."""
    fitting = {reference.key: reference for held, reference in links if title.may_mean(held)}
    for key in reversed(seen) if fitting else ():
        if key in fitting:
            return fitting[key]
    with_country = {
        reference.key: reference
        for held, reference in links
        if title.country is not None and held.country == title.country and title.may_mean(held)
    }
    return next(iter(with_country.values())) if len(with_country) == 1 else None


def _pronouns(tokens: Sequence[Token], language: Language) -> list[ActorMention]:
    return [
        ActorMention(index, index + 1, token.span, None, pronoun=True)
        for index, token in enumerate(tokens)
        if token.folded in language.pronouns
    ]


def _drop_overlaps(mentions: Sequence[ActorMention]) -> list[ActorMention]:
    """The longest mention of each place, the earlier given one among equals."""
    kept: list[ActorMention] = []
    used: set[int] = set()
    for mention in sorted(mentions, key=lambda mention: mention.start - mention.end):
        indices = set(range(mention.start, mention.end))
        if not indices & used:
            kept.append(mention)
            used |= indices
    return sorted(kept, key=lambda mention: mention.start)

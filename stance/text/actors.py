"""Who is named in an article: known actors, people found beside verbs and titles, and their later short forms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from rapidfuzz.fuzz import ratio

from stance.text.languages import Language
from stance.text.titles import Title, TitlePhrase, find_titles, titles_of
from stance.text.tokens import Token, tokenise
from stance.types import Actor, Reference, Span

_MIN_SIMILARITY = 90
_MIN_FUZZY_LETTERS = 5
_MAX_NAME_WORDS = 4
_MAX_BETWEEN = 3
_MAX_PARTICLES = 2
_NAME_PARTICLES = frozenset({"van", "von", "der", "den", "ten", "ter", "zu", "di", "da", "del", "bin", "al", "el"})


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


@dataclass(frozen=True, slots=True)
class _Name:
    """One form of a name: `words` are stems, matched against capitalised words unless `acronym`."""

    words: tuple[str, ...]
    folded: tuple[str, ...]
    reference: Reference
    acronym: bool


def find_actors(
    tokens: Sequence[Token], text: str, actors: Sequence[Actor], language: Language, *, keys: Sequence[str]
) -> list[ActorMention]:
    """Mentions of actors in order: names, titles that stand for a person, pronouns.

    Args:
        keys: the languages whose titles are looked for.
    """
    titles = find_titles(tokens, language)
    names = [name for actor in actors for name in _names(actor, language)]
    known = _match_names(tokens, names, language)
    found = _match_names(tokens, _found_names(tokens, text, titles, language, taken=known), language)
    mentions = _drop_overlaps([*known, *found])
    holders = [(title, Reference(a.name, a.id)) for a in actors for title in titles_of(a, language, keys=keys)]
    bodies = {actor.id or actor.name for actor in actors if not actor.titles}
    mentions = _with_titles(mentions, titles, holders, tokens, text, bodies=bodies)
    mentions += _pronouns(tokens, language)
    return sorted(_drop_overlaps(mentions), key=lambda mention: mention.start)


def _names(actor: Actor, language: Language) -> Iterator[_Name]:
    reference = Reference(actor.name, actor.id)
    wordings = dict.fromkeys([actor.name, *(form for forms in actor.aliases.values() for form in forms)])
    for wording in wordings:
        words = tokenise(wording)
        if words:
            yield _name(words, reference, language)
        # Only people hold offices; the last word of an institution's name is no name.
        if len(words) > 1 and actor.titles:
            yield _name(words[-1:], reference, language)


def _name(words: Sequence[Token], reference: Reference, language: Language) -> _Name:
    return _Name(
        words=tuple(language.stem(word.folded) for word in words),
        folded=tuple(word.folded for word in words),
        reference=reference,
        acronym=len(words) == 1 and words[0].raw.isupper() and len(words[0].raw) > 1,
    )


def _match_names(tokens: Sequence[Token], names: Iterable[_Name], language: Language) -> list[ActorMention]:
    index: dict[str, list[_Name]] = defaultdict(list)
    for name in names:
        index[name.words[0]].append(name)
        if name.folded[0] != name.words[0]:
            index[name.folded[0]].append(name)
    mentions = []
    for start, token in enumerate(tokens):
        if not token.capitalised:
            continue
        candidates = [*index.get(language.stem(token.folded), ()), *index.get(token.folded, ())]
        matching = [name for name in candidates if _stands_at(tokens, start, name, language)]
        if matching:
            best = max(matching, key=lambda name: len(name.words))
            end = start + len(best.words)
            span = Span(token.span.start, tokens[end - 1].span.end)
            mentions.append(ActorMention(start, end, span, best.reference))
    return _drop_overlaps(mentions)


def _stands_at(tokens: Sequence[Token], start: int, name: _Name, language: Language) -> bool:
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


def _found_names(
    tokens: Sequence[Token],
    text: str,
    titles: Sequence[TitlePhrase],
    language: Language,
    *,
    taken: Sequence[ActorMention],
) -> list[_Name]:
    """Names of people and bodies that no file lists: capitalised words beside a verb of saying or after a title."""
    covered = {index for mention in taken for index in range(mention.start, mention.end)}
    title_ends = {phrase.end for phrase in titles}
    title_words = {index for phrase in titles for index in range(phrase.start, phrase.end)}
    runs = list(_capitalised_runs(tokens, text, language, skip=covered | title_words))
    title_starts = {phrase.start for phrase in titles}
    accepted = [
        run
        for run in runs
        if run[0] in title_ends
        or _apposition_follows(tokens, text, run, title_starts)
        or _beside_verb(tokens, text, run, language)
        or _after_phrase(tokens, run[0], language.according_to)
    ]
    full: dict[str, tuple[int, int]] = {}
    for start, end in runs:
        last = language.stem(tokens[end - 1].folded)
        if last not in full or end - start > full[last][1] - full[last][0]:
            full[last] = (start, end)
    # A surname beside a verb vouches for the full name that stands elsewhere.
    names: list[_Name] = []
    for start, end in accepted:
        best = _full_form(tokens, (start, end), full, language)
        words = tokens[best[0] : best[1]]
        reference = Reference(" ".join(word.raw for word in words))
        names.append(_name(words, reference, language))
        names.append(_name(tokens[end - 1 : end], reference, language))
        if len(words) > 1:
            names.append(_name(words[-1:], reference, language))
    return names


def _full_form(
    tokens: Sequence[Token], run: tuple[int, int], full: dict[str, tuple[int, int]], language: Language
) -> tuple[int, int]:
    last = tokens[run[1] - 1].folded
    exact = full.get(language.stem(last), run)
    if exact[1] - exact[0] > 1 or len(last) < _MIN_FUZZY_LETTERS:
        return exact
    similar = [
        other
        for stem, other in full.items()
        if other[1] - other[0] > 1 and ratio(stem, language.stem(last)) >= _MIN_SIMILARITY
    ]
    return similar[0] if similar else exact


def _capitalised_runs(
    tokens: Sequence[Token], text: str, language: Language, *, skip: set[int]
) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(tokens):
        if start in skip or not _name_word(tokens[start], language):
            start += 1
            continue
        end = start + 1
        while (
            end < len(tokens)
            and end not in skip
            and (_name_word(tokens[end], language) or _name_particle(tokens, end, language))
            and text[tokens[end - 1].span.end : tokens[end].span.start] in (" ", "-", "’", "'", "\u00a0")
        ):
            end += 1
        bare = all(token.folded in language.countries for token in tokens[start:end])
        if end - start <= _MAX_NAME_WORDS and not bare:
            yield start, end
        start = end


def _name_particle(tokens: Sequence[Token], index: int, language: Language) -> bool:
    """Whether a small word leads on to the rest of a name: `Joris van Halm`."""
    following = index + 1
    return tokens[index].raw in _NAME_PARTICLES and following < len(tokens) and _name_word(tokens[following], language)


def _name_word(token: Token, language: Language) -> bool:
    small = token.folded in language.not_names | language.pronouns | language.articles
    return token.capitalised and len(token.raw) > 1 and not small and not language.title_head.fullmatch(token.folded)


def _beside_verb(tokens: Sequence[Token], text: str, run: tuple[int, int], language: Language) -> bool:
    start = run[0]
    if start > 0 and tokens[start - 1].folded in language.prepositions and _adjacent(tokens, text, start - 1, start):
        return False
    return _before_verb(tokens, text, run, language) or _after_verb(tokens, text, start, language)


def _before_verb(tokens: Sequence[Token], text: str, run: tuple[int, int], language: Language) -> bool:
    """`Ross said`, `Kelmani e mbështeti`, `its envoy, Ana Rot, said`: at most two particles between name and verb."""
    start, end = run
    if end < len(tokens) and _between_commas(tokens, text, start, end):
        return language.is_verb(tokens[end].folded)
    for index in range(end, min(end + 1 + _MAX_PARTICLES, len(tokens))):
        if not _adjacent(tokens, text, index - 1, index):
            return False
        if language.is_verb(tokens[index].folded):
            return True
        if tokens[index].folded not in language.particles:
            return False
    return False


def _between_commas(tokens: Sequence[Token], text: str, start: int, end: int) -> bool:
    before = text[tokens[start - 1].span.end : tokens[start].span.start] if start else ""
    return before.strip() == "," and text[tokens[end - 1].span.end : tokens[end].span.start].strip() == ","


def _after_verb(tokens: Sequence[Token], text: str, start: int, language: Language) -> bool:
    """`said Ross`, `rekao je Kostić`, `rekao predsedavajući Kostić`: only small words between verb and name."""
    for index in range(start - 1, max(-1, start - 2 - _MAX_BETWEEN), -1):
        token = tokens[index]
        if language.speech_verb.fullmatch(token.folded):
            return not any(mark in text[token.span.end : tokens[start].span.start] for mark in '.!?:;,„“”«»"')
        if token.capitalised or token.folded in language.articles | language.not_names:
            return False
        if token.folded in language.prepositions - language.title_fill:
            return False
    return False


def _apposition_follows(tokens: Sequence[Token], text: str, run: tuple[int, int], title_starts: set[int]) -> bool:
    """`Ana Rot, deputy minister`: an article may stand before the title."""
    for index in (run[1], run[1] + 1):
        if index in title_starts:
            return text[tokens[run[1] - 1].span.end : tokens[run[1]].span.start].strip() == ","
    return False


def _after_phrase(tokens: Sequence[Token], start: int, phrases: Iterable[tuple[str, ...]]) -> bool:
    """`according to Ana Rot`; one-word phrases are prepositions too, and vouch for nothing."""
    return any(
        len(phrase) > 1 and tuple(token.folded for token in tokens[max(0, start - len(phrase)) : start]) == phrase
        for phrase in phrases
    )


def _adjacent(tokens: Sequence[Token], text: str, first: int, second: int) -> bool:
    return text[tokens[first].span.end : tokens[second].span.start].strip() == ""


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
    links = list(holders)
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
        if beside is not None and beside.reference is not None and beside.reference.key not in bodies:
            links.append((event.title, beside.reference))
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


def _apposed(
    by_end: Mapping[int, ActorMention], phrase: TitlePhrase, tokens: Sequence[Token], text: str
) -> ActorMention | None:
    """The name that a title explains after a comma: `Ana Rot, (the) minister of justice`."""
    for end in (phrase.start, phrase.start - 1):
        name = by_end.get(end)
        if name is not None and text[name.span.end : tokens[end].span.start].strip() == ",":
            return name
    return None


def _holder(title: Title, links: Sequence[tuple[Title, Reference]], seen: Sequence[str]) -> Reference | None:
    """Who the title means: the last one named so far who holds it; unnamed so far only if it is one single actor."""
    fitting = {reference.key: reference for held, reference in links if title.may_mean(held)}
    for key in reversed(seen):
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

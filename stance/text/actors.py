"""Who is named in an article: known actors and found names, titles and nouns that stand for them, pronouns."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from stance.text.coreference import ActorMention, Anaphor, Discourse, Form
from stance.text.entities import Entity, Kind, found_entity, known_entity
from stance.text.forms import NameMatcher, Naming, drop_overlaps, first_names, full_forms, short_forms
from stance.text.intervals import SpanIndex
from stance.text.languages import Gender, Language, Trait
from stance.text.names import find_names
from stance.text.nouns import NounPhrase, find_nouns
from stance.text.scene import said
from stance.text.syntax import Words
from stance.text.titles import Title, TitlePhrase, find_titles, titles_of
from stance.text.tokens import Token
from stance.types import Actor, Quote, QuoteKind, Reference, Sentence, Span

_MAX_TO_NAME, _MAX_MODIFIERS = 6, 2


@dataclass(frozen=True, slots=True)
class _Article:
    """What mentions are looked for in: the words, where sentences begin, what is known of the actors."""

    words: Words
    starts: Sequence[int]
    quotes: Sequence[Quote]
    quote_index: SpanIndex
    entities: Mapping[str, Entity]
    discourse: Discourse

    def quote_at(self, index: int) -> int | None:
        """Number of the quote that a token is said in."""
        place = self.words.tokens[index].span
        return next((n for n in self.quote_index.touching(place) if said(self.quotes[n], place)), None)

    def sentence(self, token: int) -> int:
        """Number of the sentence that a token stands in."""
        return bisect_right(self.starts, self.words.tokens[token].span.start) - 1


@dataclass(frozen=True, slots=True)
class KnownActors:
    """The actors of a file in one language, ready to be looked for in many articles."""

    entities: Mapping[str, Entity]
    offices: Sequence[tuple[Title, Reference]]
    by_country: Mapping[str, Reference]
    full: NameMatcher
    surnames: NameMatcher
    first_names: NameMatcher


def known_actors(actors: Sequence[Actor], language: Language, *, keys: Sequence[str]) -> KnownActors:
    """Prepare the actors of a file.

    Args:
        keys: the languages whose titles are looked for.
    """
    entities = {actor.id or actor.name: known_entity(actor, language) for actor in actors}
    full = [form for actor in actors for form in full_forms(actor, language)]
    persons = [form for form in full if entities[form.reference.key].kind is Kind.PERSON]
    named_bodies = [form for form in full if form.ends_in_name and form not in persons]
    return KnownActors(
        entities,
        [(t, Reference(a.name, a.id)) for a in actors for t in titles_of(a, language, keys=keys)],
        {actor.name: Reference(actor.name, actor.id) for actor in actors},
        NameMatcher(full, language),
        NameMatcher(short_forms([*persons, *named_bodies]), language),
        NameMatcher(first_names(persons), language),
    )


def find_actors(
    words: Words, sentences: Sequence[Sentence], quotes: Sequence[Quote], known: KnownActors
) -> list[ActorMention]:
    """Mentions of actors in order: names, and what stands for somebody named: titles, nouns, pronouns."""
    language = words.language
    titles = find_titles(words)
    namings = _known_namings(words, known)
    taken = {index for naming in namings for index in range(naming.start, naming.end)}
    found = NameMatcher(find_names(words, titles, taken=taken), language).find(words)
    namings = drop_overlaps([*namings, *found])
    entities = {n.reference.key: found_entity(n.reference, language) for n in found} | dict(known.entities)
    discourse = Discourse(entities.values(), known.by_country)
    for title, holder in known.offices:
        discourse.give_office(title, holder)
    starts = [sentence.span.start for sentence in sentences]
    speech = [quote for quote in quotes if quote.kind is not QuoteKind.SCARE]
    article = _Article(words, starts, speech, SpanIndex([quote.span for quote in speech]), entities, discourse)
    return list(_resolve(article, namings, titles))


def _known_namings(words: Words, known: KnownActors) -> list[Naming]:
    """Known actors by their full names and aliases, and by parts of those.

    Whoever holds an office is a person, known by the surname at once; for others the last word counts, and for
    persons the first one, only in an article that names them in full (`the Union` after `European Union`).
    """
    namings = known.full.find(words)
    named = {naming.reference.key for naming in namings if naming.end - naming.start > 1}
    holders = {holder.key for _, holder in known.offices}
    parts = [*known.surnames.find(words, only=named | holders), *known.first_names.find(words, only=named)]
    return drop_overlaps([*namings, *parts])


def _resolve(article: _Article, namings: Sequence[Naming], titles: Sequence[TitlePhrase]) -> Iterator[ActorMention]:
    """All mentions in order, each anaphor resolved by what stands before it.

    Titles and nouns in a quote speak of people at large, or to somebody; a pronoun there means whom the quote names.
    """
    words = article.words
    by_start = {naming.start: naming for naming in namings}
    by_end = {naming.end: naming for naming in namings}
    covered = {index for naming in namings for index in range(naming.start, naming.end)}
    covered |= {index for phrase in titles for index in range(phrase.start, phrase.end)}
    events: list[Naming | TitlePhrase | NounPhrase | int] = [*namings, *titles]
    events += find_nouns(words, namings, covered)
    events += [i for i, token in enumerate(words.tokens) if i not in covered and _is_pronoun(words, i, token)]
    events += _cited_pronouns(words)
    titled: dict[int, int] = {}
    swallowed: set[int] = set()
    quoted: dict[int, set[str]] = defaultdict(set)
    for event in sorted(events, key=_start):
        quote = article.quote_at(_start(event))
        if isinstance(event, Naming):
            if quote is not None:
                quoted[quote].add(event.reference.key)
            if event.start not in swallowed:
                yield from _name(article, event, start=titled.get(event.start, event.start))
        elif isinstance(event, TitlePhrase):
            holder = _titled_name(article, event, by_start, by_end)
            if holder is None and quote is None:
                yield from _anaphor(article, _title_anaphor(article, event))
            elif holder is not None:
                _give_office(article, event, holder)
                if holder.start >= event.end:
                    titled[holder.start] = event.start
        elif isinstance(event, NounPhrase):
            if event.naming is not None:
                swallowed.add(event.naming.start)
            if quote is None:
                yield from _noun(article, event, covered)
        else:
            found = _anaphor(article, _pronoun_anaphor(article, event))
            yield from (m for m in found if quote is None or m.key in quoted[quote])


def _start(event: Naming | TitlePhrase | NounPhrase | int) -> int:
    return event if isinstance(event, int) else event.start


def _cited_pronouns(words: Words) -> Iterator[int]:
    """The pronouns inside `according to her`, `po njegovim rečima`."""
    for index, token in enumerate(words.tokens):
        for phrase in words.language.according_to_them.starting(token.folded):
            if words.starts(index, phrase) and not _goes_on(words, index + len(phrase)):
                inside = range(index, index + len(phrase))
                yield from (i for i in inside if words.folded(i) in words.language.oblique_pronouns)
                break


def _goes_on(words: Words, index: int) -> bool:
    """Whether a noun follows, so that the pronoun only says whose it is: `according to her spokesman`."""
    word, language = words.folded(index), words.language
    noun = word in language.title_heads or word in language.title_fill or word in language.body_nouns
    return index < len(words.tokens) and noun and words.adjacent(index - 1, index)


def _name(article: _Article, naming: Naming, *, start: int) -> Iterator[ActorMention]:
    words = article.words
    subject = words.may_be_subject(start, naming.end, inflected=naming.inflected)
    entity = article.entities[naming.reference.key]
    subject = subject and not (entity.kind is Kind.BODY and words.attributive(naming.end, capitals=True))
    if entity.kind is Kind.BODY and (
        article.quote_at(start) is not None or _is_place_only(words, naming, subject=subject)
    ):
        return
    if entity.kind is Kind.PERSON:
        for gender in _verb_genders(words, naming):
            article.discourse.give_gender(naming.reference, gender)
    article.discourse.speak_of(naming.reference, article.sentence(naming.start), subject=subject)
    represents = article.discourse.country_of(naming.reference)
    yield ActorMention(start, naming.end, naming.span, naming.reference, Form.NAME, represents, subject, entity.kind)


def _is_place_only(words: Words, naming: Naming, *, subject: bool) -> bool:
    """Whether a state or body is named in one word as a place, a member or a topic, not as somebody who acts."""
    if naming.end - naming.start > 1 or not words.tokens[naming.start].capitalised:
        return False
    if words.after_phrase(naming.start, words.language.according_to):
        return False
    if words.dateline(naming.start, naming.end):
        return True
    return not subject or words.attributive(naming.end)


def _verb_genders(words: Words, naming: Naming) -> Iterator[Gender]:
    """What the verbs of saying beside a name show of its gender: `rekla je Ana`."""
    for index in (naming.end, naming.end + 1, naming.start - 1, naming.start - 2):
        word = words.folded(index)
        if word and words.language.is_verb(word) and not words.broken(index, naming.start, naming.end):
            yield from (g for ending, g in words.language.verb_endings.items() if word.endswith(ending))


def _titled_name(
    article: _Article, phrase: TitlePhrase, by_start: Mapping[int, Naming], by_end: Mapping[int, Naming]
) -> Naming | None:
    """The name that a title stands before, or explains after a comma: `Ana Rot, (the) minister of justice`."""
    words = article.words
    for end in (phrase.start, phrase.start - 1):
        name = by_end.get(end)
        if name is not None and words.gap(end - 1, end).strip() == "," and _is_holder(article, name):
            return name
    for start in range(phrase.end, min(phrase.end + _MAX_TO_NAME, len(words.tokens))):
        mark = words.gap(start - 1, start).strip(' \u00a0„“”«»"')
        following = by_start.get(start)
        if following is not None and mark in ("", ",") and _is_holder(article, following):
            return following
        if mark or _ends_title(words, start):
            return None
    return None


def _ends_title(words: Words, index: int) -> bool:
    """Whether a word cannot stand between a title and its name: `minister of the Civic List Ana Rot`."""
    word, language = words.folded(index), words.language
    clitic = word in language.particles and word not in language.linking
    return clitic or word in language.conjunctions or language.is_verb(word)


def _is_holder(article: _Article, naming: Naming) -> bool:
    """Whether the name beside a title is its holder: `premijerka Ana Rot`, but not `premijer Srbije`."""
    return article.entities[naming.reference.key].kind is Kind.PERSON


def _give_office(article: _Article, phrase: TitlePhrase, holder: Naming) -> None:
    article.discourse.give_office(phrase.title, holder.reference)
    gender = _title_gender(article.words, phrase)
    if gender is not None:
        article.discourse.give_gender(holder.reference, gender)


def _title_gender(words: Words, phrase: TitlePhrase) -> Gender | None:
    inside = [words.folded(index) for index in range(phrase.start, phrase.end)]
    if any(word in words.language.feminine_titles for word in inside):
        return Gender.FEMININE
    return Gender.MASCULINE if words.language.has(Trait.GENDERED_TITLES) else None


def _title_anaphor(article: _Article, phrase: TitlePhrase) -> Anaphor | None:
    words = article.words
    start, end = phrase.start, phrase.end
    if words.folded(start - 1) in words.language.indefinite and words.adjacent(start - 1, start):
        return None
    if all(words.folded(index) in words.language.group_nouns for index in range(start, end)):
        return None
    subject = words.may_be_subject(start, end, inflected=False)
    return Anaphor(
        start,
        end,
        _with_article(words, start, end),
        Form.TITLE,
        article.sentence(start),
        subject,
        title=phrase.title,
        gender=_title_gender(words, phrase),
        owned=words.folded(start - 1) in words.language.oblique_pronouns and words.adjacent(start - 1, start),
        spoken=subject and (words.opens_sentence(start) or words.beside_speech(start, end)),
    )


def _with_article(words: Words, start: int, end: int) -> Span:
    """The span of a phrase; in English `the` belongs to it, but not to what is written like a name."""
    definite = start > 0 and words.folded(start - 1) == "the" and words.adjacent(start - 1, start)
    first = start - (definite and not words.tokens[end - 1].capitalised)
    return Span(words.tokens[first].span.start, words.tokens[end - 1].span.end)


def _noun(article: _Article, phrase: NounPhrase, covered: Set[int]) -> Iterator[ActorMention]:
    words = article.words
    subject = words.may_be_subject(phrase.start, phrase.end, inflected=False)
    subject = subject and not words.attributive(phrase.end)  # `his media address`
    span = _with_article(words, phrase.start, phrase.end)
    if phrase.naming is not None:
        article.discourse.speak_of(phrase.naming.reference, article.sentence(phrase.start), subject=subject)
        article.discourse.call(phrase.head, phrase.naming.reference)
        reference = phrase.naming.reference
        kind = article.discourse.kind_of(reference)
        yield ActorMention(phrase.start, phrase.end, span, reference, Form.NOUN, None, subject, kind)
        return
    sentence = article.sentence(phrase.start)
    before = range(max(0, phrase.start - _MAX_MODIFIERS), phrase.start)
    anaphor = Anaphor(
        phrase.start,
        phrase.end,
        span,
        Form.NOUN,
        sentence,
        subject,
        head=phrase.head,
        country=phrase.country,
        modifiers=frozenset(words.language.stem(words.folded(i)) for i in before if not words.small(i)) - {phrase.head},
        spoken=subject and words.beside_speech(phrase.start, phrase.end),
    )
    for mention in _anaphor(article, anaphor):
        own = article.discourse.words_of(mention.reference) if mention.reference else frozenset()
        start = _with_modifiers(words, mention.start, own, covered)
        yield replace(mention, start=start, span=_with_article(words, start, mention.end))


def _with_modifiers(words: Words, start: int, own: Set[str], covered: Set[int]) -> int:
    """The start of a noun phrase with those words before it that the actor's name has: `the central bank`."""
    while start - 1 not in covered and start > 0 and words.adjacent(start - 1, start):
        if words.language.stem(words.folded(start - 1)) not in own:
            break
        start -= 1
    return start


def _is_pronoun(words: Words, index: int, token: Token) -> bool:
    language = words.language
    gender = language.pronouns.get(token.folded)
    follows = index + 1 < len(words.tokens) and words.adjacent(index, index + 1)
    if gender is None or (follows and words.folded(index + 1) in language.relative_pronouns):
        return False
    if language.has(Trait.NOUN_CAPITALS) and token.capitalised and not words.opens_sentence(index):
        return False  # German `Sie` speaks to somebody
    return token.raw != token.raw.upper() or len(token.raw) == 1


def _pronoun_anaphor(article: _Article, index: int) -> Anaphor:
    token = article.words.tokens[index]
    language = article.words.language
    cited = token.folded not in language.pronouns or article.words.governed(index)
    gender = (language.oblique_pronouns if cited else language.pronouns).get(token.folded)
    return Anaphor(
        index,
        index + 1,
        token.span,
        Form.PRONOUN,
        article.sentence(index),
        not article.words.governed(index),
        gender=gender,
    )


def _anaphor(article: _Article, anaphor: Anaphor | None) -> Iterator[ActorMention]:
    """The mention that an anaphor is; a title beside a verb of saying also where nobody is found for it."""
    if anaphor is None:
        return
    reference = article.discourse.resolve(anaphor)
    if reference is None:
        if anaphor.spoken:
            yield ActorMention(anaphor.start, anaphor.end, anaphor.span, None, anaphor.form, None, anaphor.subject)
        return
    article.discourse.speak_of(reference, anaphor.sentence, subject=anaphor.subject)
    represents = article.discourse.country_of(reference)
    kind = article.discourse.kind_of(reference)
    yield ActorMention(
        anaphor.start, anaphor.end, anaphor.span, reference, anaphor.form, represents, anaphor.subject, kind
    )

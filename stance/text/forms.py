"""The forms of a name that are looked for in a text, and where they stand: inflected, in both scripts, shortened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from stance.text.languages import Language
from stance.text.syntax import Words
from stance.text.tokens import Token, tokenise
from stance.types import Actor, Reference, Span

_MIN_SHORT_LETTERS = 3
_MAX_ACRONYM_ENDING = 2
PARTICLES = frozenset(
    {"van", "von", "der", "den", "de", "ten", "ter", "zu", "di", "da", "del", "della", "bin", "al", "el"}
)


@dataclass(frozen=True, slots=True)
class NameForm:
    """One form of a name: `words` are stems; where `cased` says so, only a capitalised word matches.

    surname: number of the word that the surname begins with, its particles and hyphens included (`van Halm`,
    `Coyle-Anand`). closing: whether a mark ends the name (`Udruženje „Merkat“`) and belongs to its mention.
    ends_in_name: whether the last word is the name of a body, not what it is of (`Stranka Obnova`).
    """

    words: tuple[str, ...]
    folded: tuple[str, ...]
    cased: tuple[bool, ...]
    reference: Reference
    acronym: bool = False
    surname: int = 0
    closing: bool = False
    ends_in_name: bool = False


@dataclass(frozen=True, slots=True)
class Naming:
    """Tokens [start, end) that name an actor; `inflected` where the words are not in the form of the actor's name."""

    start: int
    end: int
    span: Span
    reference: Reference
    inflected: bool = False


def name_form(words: Sequence[Token], text: str, reference: Reference, language: Language) -> NameForm:
    """The form of a name that is looked for.

    Args:
        words: tokens of `text`, which may be the name or an article that has it.
    """
    closing = (
        text[words[-1].span.end : words[-1].span.end + 2].strip() in tuple("“”\"»«’'")
        and len(text) - words[-1].span.end <= 2
    )
    after_noun = len(words) == 2 and words[0].folded in language.body_nouns and words[1].capitalised
    return NameForm(
        words=tuple(language.stem(word.folded) for word in words),
        folded=tuple(word.folded for word in words),
        cased=tuple(word.capitalised for word in words),
        reference=reference,
        acronym=len(words) == 1 and words[0].raw.isupper() and len(words[0].raw) > 1,
        surname=_surname(words, text),
        closing=closing,
        ends_in_name=closing or after_noun,
    )


def _surname(words: Sequence[Token], text: str) -> int:
    first = len(words) - 1
    while first > 1 and words[first - 1].folded in PARTICLES:
        first -= 1
    while first > 0 and text[words[first - 1].span.end : words[first].span.start] == "-":
        first -= 1
    return first


def full_forms(actor: Actor, language: Language) -> list[NameForm]:
    """A form for the name of a known actor and for each alias, in every language of the file."""
    reference = Reference(actor.name, actor.id)
    wordings = dict.fromkeys([actor.name, *(form for forms in actor.aliases.values() for form in forms)])
    forms = []
    for wording in wordings:
        words = tokenise(wording)
        if words:
            forms.append(name_form(words, wording, reference, language))
    return forms


def short_forms(forms: Iterable[NameForm]) -> Iterator[NameForm]:
    """The surname of each name of several words, also without its particles."""
    for form in forms:
        for first in dict.fromkeys((form.surname, len(form.words) - 1)):
            joined = first > form.surname and form.folded[first - 1] not in PARTICLES
            if first > 0 and not joined and len(form.folded[-1]) >= _MIN_SHORT_LETTERS and form.cased[-1]:
                yield replace(
                    form, words=form.words[first:], folded=form.folded[first:], cased=form.cased[first:], surname=0
                )


def first_names(forms: Iterable[NameForm]) -> Iterator[NameForm]:
    """The first word of each name of two or three words."""
    for form in forms:
        if len(form.words) in (2, 3) and all(form.cased) and len(form.folded[0]) >= _MIN_SHORT_LETTERS:
            yield replace(form, words=form.words[:1], folded=form.folded[:1], cased=form.cased[:1], surname=0)


class NameMatcher:
    """Looks many forms up in a text at once, by the stem of their first word."""

    def __init__(self, names: Iterable[NameForm], language: Language) -> None:
        self._language = language
        self._index: dict[str, list[NameForm]] = defaultdict(list)
        for name in dict.fromkeys(names):
            self._index[name.words[0]].append(name)
            if name.folded[0] != name.words[0]:
                self._index[name.folded[0]].append(name)

    def find(self, words: Words, *, only: Container[str] | None = None) -> list[Naming]:
        """Where the forms stand; the longest at each place, in order.

        Args:
            only: keys of the actors that are looked for; None: all.
        """
        found = []
        for start, (form, stem) in enumerate(zip(words.forms, words.stems, strict=True)):
            if form not in self._index and stem not in self._index:
                continue
            candidates = self._candidates(form, stem)
            sought = (name for name in candidates if only is None or name.reference.key in only)
            matching = [name for name in sought if self._stands_at(words, start, name)]
            if matching:
                best = max(matching, key=lambda name: len(name.words))
                found.append(_naming(words, start, best))
        return drop_overlaps(found)

    def _candidates(self, form: str, stem: str) -> list[NameForm]:
        exact = self._index.get(form, [])
        if form in self._language.not_names:
            # `Posle` that opens a sentence is no form of a name, though its stem may be.
            return [name for name in exact if form == name.folded[0]]
        return [*self._index.get(stem, ()), *exact] if stem != form else exact

    def _stands_at(self, words: Words, start: int, name: NameForm) -> bool:
        tokens = words.tokens
        if start + len(name.words) > len(tokens):
            return False
        for offset, (stem, folded) in enumerate(zip(name.words, name.folded, strict=True)):
            token = tokens[start + offset]
            if name.acronym:
                ending = len(token.folded) - len(folded)
                return token.acronym and token.folded.startswith(folded) and ending <= _MAX_ACRONYM_ENDING
            if name.cased[offset] and not token.capitalised:
                return False
            if token.folded != folded and words.stems[start + offset] != stem:
                return False
            if offset and "\n" in words.gap(start + offset - 1, start + offset):
                return False
        return True


def _naming(words: Words, start: int, name: NameForm) -> Naming:
    tokens = words.tokens
    end = start + len(name.words)
    last = tokens[end - 1].span.end
    if name.closing:
        last += len(words.text[last : last + 2]) - len(words.text[last : last + 2].lstrip("\u00a0\u202f"))
        last += words.text[last : last + 1] in tuple("“”\"»«’'")
    inflected = tokens[end - 1].folded != name.folded[-1] and not name.acronym
    return Naming(start, end, Span(tokens[start].span.start, last), name.reference, inflected)


def drop_overlaps(found: Sequence[Naming]) -> list[Naming]:
    """The longest naming of each place, the earlier given one among equals."""
    kept: list[Naming] = []
    used: set[int] = set()
    for naming in sorted(found, key=lambda naming: naming.start - naming.end):
        indices = set(range(naming.start, naming.end))
        if not indices & used:
            kept.append(naming)
            used |= indices
    return sorted(kept, key=lambda naming: naming.start)

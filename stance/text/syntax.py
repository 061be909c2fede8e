"""What the words around a mention tell of it: whether it may be a subject, what verb stands beside it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from stance.text.languages import Language, PhraseSet, Trait
from stance.text.tokens import Token
from stance.types import Span

_APOSTROPHES = "'’ʼ"
_BREAKS = ".;:!?\n"
_MAX_SKIPPED = 2


@dataclass(frozen=True, slots=True)
class Words:
    """The words of an article with their text and language; `forms` are their folded forms, `stems` those cut."""

    tokens: Sequence[Token]
    text: str
    language: Language
    forms: Sequence[str] = field(init=False, repr=False)
    stems: Sequence[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        forms = [token.folded for token in self.tokens]
        object.__setattr__(self, "forms", forms)
        object.__setattr__(self, "stems", [self.language.stem(form) for form in forms])

    def indices(self, span: Span) -> range:
        """Numbers of the tokens that start in a span."""
        first = bisect_left(self.tokens, span.start, key=_start)
        return range(first, bisect_left(self.tokens, span.end, lo=first, key=_start))

    def gap(self, first: int, second: int) -> str:
        """What stands between two tokens."""
        return self.text[self.tokens[first].span.end : self.tokens[second].span.start]

    def adjacent(self, first: int, second: int) -> bool:
        """Whether only white space stands between two tokens."""
        return not self.gap(first, second).strip()

    def folded(self, index: int) -> str:
        """A token's folded form, empty outside the text."""
        return self.forms[index] if 0 <= index < len(self.forms) else ""

    def small(self, index: int) -> bool:
        """Whether a token is a preposition, a conjunction, an article or a word that links nouns."""
        return self.folded(index) in self.language.small_words

    def governed(self, start: int) -> bool:
        """Whether a preposition stands before a mention (an article between): then it is no subject."""
        index = start - 1
        while index >= 0 and self.folded(index) in self.language.articles and self.adjacent(index, index + 1):
            index -= 1
        if index < 0 or not self.adjacent(index, index + 1):
            return False
        return self.folded(index) in self.language.prepositions or self.folded(index) in self.language.linking

    def may_be_subject(self, start: int, end: int, *, inflected: bool) -> bool:
        """Whether neither a preposition, nor a case, nor a possessive shows that a mention is no subject."""
        if inflected and self.language.has(Trait.NAME_CASES):
            return False
        return not self.governed(start) and not self.possessive(end) and not self._german_genitive(start)

    def _german_genitive(self, start: int) -> bool:
        """`Sprecher der Kfor`: a noun, an article of the genitive, the name."""
        if start < 2 or not self.language.has(Trait.NOUN_CAPITALS) or self.folded(start - 1) not in ("der", "des"):
            return False
        return self.tokens[start - 2].capitalised and self.adjacent(start - 2, start - 1)

    def possessive(self, end: int) -> bool:
        """Whether `'s` follows."""
        last = self.tokens[end - 1].span.end
        after = self.text[last : last + 2]
        return len(after) == 2 and after[0] in _APOSTROPHES and after[1] in "sS"

    def attributive(self, end: int, *, capitals: bool = False) -> bool:
        """Whether a name that ends before a token only qualifies the noun there: `EU accession`.

        Args:
            capitals: only a noun written like a name counts: `UN Security Council Resolution`.
        """
        if not self.language.has(Trait.NOUN_ADJUNCTS) or end >= len(self.tokens):
            return False
        beside = self.gap(end - 1, end) in (" ", "-") and self._noun_follows(end)
        return beside and (self.tokens[end].capitalised or not capitals)

    def _noun_follows(self, index: int) -> bool:
        token = self.tokens[index]
        known = self.small(index) or token.folded in self.language.particles or token.folded in self.language.not_names
        if known or self.language.is_verb(token.folded):
            return False
        return token.capitalised or token.folded.endswith("ss") or not token.folded.endswith(("ed", "s"))

    def beside_speech(self, start: int, end: int, *, reach: int = 2) -> bool:
        """Whether a verb of saying stands within `reach` tokens of [start, end), in the same clause."""
        return any(self.folded(index) in self.language.speech_verbs for index in self._near(start, end, reach))

    def beside_verb(self, start: int, end: int, *, reach: int = 2) -> bool:
        """Whether a verb of saying or of judging stands within `reach` tokens of [start, end), in the same clause."""
        return any(self.language.is_verb(self.folded(index)) for index in self._near(start, end, reach))

    def after_phrase(self, start: int, phrases: PhraseSet) -> bool:
        """Whether one of the phrases stands before a token, an article or a few words of a title between."""
        for skipped in range(_MAX_SKIPPED + 1):
            stop = start - skipped
            if any(self.starts(stop - len(phrase), phrase) for phrase in phrases.ending(self.folded(stop - 1))):
                return True
            if stop < 1 or not self.adjacent(stop - 1, stop) or self.folded(stop - 1) not in self.language.articles:
                return False
        return False

    def starts(self, index: int, phrase: tuple[str, ...]) -> bool:
        """Whether a phrase stands from a token on."""
        return index >= 0 and tuple(self.forms[index : index + len(phrase)]) == phrase

    def opens_sentence(self, start: int) -> bool:
        """Whether a token, or the article before it, is the first of its sentence."""
        first = start - (self.folded(start - 1) in self.language.articles)
        if first <= 0:
            return True
        gap = self.gap(first - 1, first)
        return "\n" in gap or any(mark in gap for mark in ".!?…")

    def dateline(self, start: int, end: int) -> bool:
        """Whether a name opens a line and a dash follows: `BEOGRAD – Vlada je juče`."""
        before = self.text[self.tokens[start].span.start - 1 : self.tokens[start].span.start] if start else "\n"
        after = self.text[self.tokens[end - 1].span.end : self.tokens[end - 1].span.end + 2]
        return before in ("", "\n") and after.strip() in ("–", "—", "-")

    def _near(self, start: int, end: int, reach: int) -> Iterator[int]:
        for index in (*range(start - reach, start), *range(end, end + reach)):
            inside = 0 <= index < len(self.tokens) and not self.broken(index, start, end)
            if inside and not self.subordinated(index + 1, start):
                yield index

    def subordinated(self, first: int, stop: int) -> bool:
        """Whether a `that` or `whether` stands among the tokens [first, stop)."""
        return any(self.folded(index) in self.language.subordinators for index in range(first, stop))

    def broken(self, index: int, start: int, end: int) -> bool:
        """Whether a mark that ends a clause stands between a token and [start, end)."""
        between = self.gap(index, start) if index < start else self.gap(end - 1, index)
        return any(mark in between for mark in _BREAKS)


def _start(token: Token) -> int:
    return token.span.start

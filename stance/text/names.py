"""Names that no file lists: capitalised words that a verb of saying, a title or a phrase vouches for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from itertools import pairwise

from rapidfuzz.fuzz import ratio

from stance.text.forms import PARTICLES, NameForm, name_form, short_forms
from stance.text.languages import Language, Trait
from stance.text.syntax import Words
from stance.text.titles import TitlePhrase
from stance.text.tokens import Token
from stance.types import Reference

_MIN_SIMILARITY = 90
_MIN_FUZZY_LETTERS = 5
_MAX_NAME_WORDS = 4
_MAX_BETWEEN = 3
_MAX_PARTICLES = 2
_BEFORE_SENTENCE = " \u00a0\u202f\"'„“”«»‚‘’‹›–—-("


def find_names(words: Words, titles: Sequence[TitlePhrase], *, taken: Set[int]) -> list[NameForm]:
    """Forms of the names of people and bodies beside a verb of saying, after a title or a phrase, or in apposition.

    Args:
        taken: numbers of the tokens that known actors cover.
    """
    tokens, text, language = words.tokens, words.text, words.language
    title_ends = {phrase.end for phrase in titles}
    title_words = {index for phrase in titles for index in range(phrase.start, phrase.end)}
    runs = list(_capitalised_runs(tokens, text, language, skip={*taken, *title_words}))
    title_starts = {phrase.start for phrase in titles}
    vouched = _vouched_stems(tokens, text, language)
    full = _longest_runs(tokens, runs, language)
    accepted = [
        run
        for run in runs
        if (run[1] - run[0] > 1 or language.stem(tokens[run[0]].folded) in vouched)
        and (
            (run[0] in title_ends and _several_words(_full_form(tokens, run, full, language)))
            or _apposition_follows(tokens, text, run, title_starts)
            or _beside_verb(tokens, text, run, language)
            or _after_phrase(words, run)
        )
    ]
    # A surname beside a verb vouches for the full name that stands elsewhere.
    names: list[NameForm] = []
    for start, end in accepted:
        best = _full_form(tokens, (start, end), full, language)
        named = tokens[best[0] : best[1]]
        reference = Reference(" ".join(word.raw for word in named))
        form = name_form(named, text, reference, language)
        names += [form, name_form(tokens[end - 1 : end], text, reference, language), *short_forms([form])]
    return names


def _longest_runs(
    tokens: Sequence[Token], runs: Iterable[tuple[int, int]], language: Language
) -> dict[str, tuple[int, int]]:
    """The longest run by the stem of its last word."""
    full: dict[str, tuple[int, int]] = {}
    for start, end in runs:
        last = language.stem(tokens[end - 1].folded)
        if last not in full or end - start > full[last][1] - full[last][0]:
            full[last] = (start, end)
    return full


def _vouched_stems(tokens: Sequence[Token], text: str, language: Language) -> set[str]:
    """Words whose capital tells a name somewhere: inside a sentence; in German, where nouns have one, after another.

    A surname alone is still found through the full name that it belongs to.
    """
    if language.has(Trait.NOUN_CAPITALS):
        vouched = (b for a, b in pairwise(tokens) if a.capitalised and text[a.span.end : b.span.start] == " ")
    else:
        vouched = (token for token in tokens if not _opens_sentence(text, token.span.start))
    return {language.stem(token.folded) for token in vouched if token.capitalised}


def _opens_sentence(text: str, start: int) -> bool:
    position = start - 1
    while position >= 0 and text[position] in _BEFORE_SENTENCE:
        position -= 1
    return position < 0 or text[position] in ".!?…:\n\r"


def _several_words(run: tuple[int, int]) -> bool:
    return run[1] - run[0] > 1


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
        bare = all(t.folded in language.countries or t.folded in language.body_nouns for t in tokens[start:end])
        if end - start <= _MAX_NAME_WORDS and not bare:
            yield start, end
        start = end


def _name_particle(tokens: Sequence[Token], index: int, language: Language) -> bool:
    """Whether a small word leads on to the rest of a name: `Joris van Halm`, but not `Marku da Ana`."""
    token, following = tokens[index], index + 1
    if token.capitalised or token.folded not in PARTICLES or following >= len(tokens):
        return False
    lists = (language.subordinators, language.articles, language.prepositions, language.particles, language.linking)
    common = any(token.folded in words for words in lists)
    leads = _name_word(tokens[following], language) or tokens[following].folded in PARTICLES
    return leads and (not common or token.folded in ("van", "von") or tokens[index - 1].folded in ("van", "von"))


def _name_word(token: Token, language: Language) -> bool:
    lists = (language.not_names, language.pronouns, language.articles)
    small = any(token.folded in words for words in lists)
    noun = token.folded in language.title_heads
    return token.capitalised and len(token.raw) > 1 and not small and not noun


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
        if token.folded in language.speech_verbs:
            return not any(mark in text[token.span.end : tokens[start].span.start] for mark in '.!?:;,„“”«»"')
        if token.capitalised or token.folded in language.articles or token.folded in language.not_names:
            return False
        if token.folded in language.prepositions and token.folded not in language.title_fill:
            return False
    return False


def _apposition_follows(tokens: Sequence[Token], text: str, run: tuple[int, int], title_starts: set[int]) -> bool:
    """`Ana Rot, deputy minister`: an article may stand before the title."""
    for index in (run[1], run[1] + 1):
        if index in title_starts:
            return text[tokens[run[1] - 1].span.end : tokens[run[1]].span.start].strip() == ","
    return False


def _after_phrase(words: Words, run: tuple[int, int]) -> bool:
    """`according to Ana Rot`; a phrase of one word may be a preposition, and vouches only for a known first name."""
    start, end = run
    phrases = words.language.according_to.ending(words.folded(start - 1))
    known = end - start > 1 and words.folded(start) in words.language.first_names
    return any((len(phrase) > 1 or known) and words.starts(start - len(phrase), phrase) for phrase in phrases)


def _adjacent(tokens: Sequence[Token], text: str, first: int, second: int) -> bool:
    return text[tokens[first].span.end : tokens[second].span.start].strip() == ""

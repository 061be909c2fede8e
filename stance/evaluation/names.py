"""Another name in place of an actor's: of the same gender and case, and only where nothing else hangs on it."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from stance.data.rows import Row
from stance.text.languages import Gender, language_of
from stance.text.script import fold, script_of
from stance.types import Context, Reference, Span, StanceQuery

_WORDS = re.compile(r"[^\W\d_]+")
_STEM = 4
_NAME_WORDS = 2  # first name and surname
_SINGLE = (Gender.MASCULINE, Gender.FEMININE)


class NamePool:
    """The first and last names of the rows' people, by language, script and gender."""

    def __init__(self, rows: Sequence[Row]) -> None:
        found: dict[tuple[str, str, Gender], set[str]] = defaultdict(set)
        for row in rows:
            actor = row.query.actor
            gender = None if actor is None else _gender(actor.name, row.query.lang)
            if actor is not None and gender is not None and actor.name in row.query.context.text:
                found[_kind(row.query.lang, actor.name, gender)].add(actor.name)
        self._names = {kind: sorted(names) for kind, names in found.items()}

    def renamed(self, query: StanceQuery, rng: random.Random) -> StanceQuery | None:
        """The query with another person for its actor.

        None where the text has the name in another form too (a surname alone, another case), where it is no person of
        a first name whose gender is known, or where the rows know no other one: a text in the nominative stays right.
        """
        text, actor = query.context.text, query.actor
        gender = None if actor is None else _gender(actor.name, query.lang)
        if actor is None or gender is None or actor.name not in text:
            return None
        rest = text.replace(actor.name, " ")
        if _touches(actor.name, rest) or _touches(actor.name, query.target.name):
            return None
        others = [
            name
            for name in self._names.get(_kind(query.lang, actor.name, gender), [])
            if not _touches(name, f"{text} {query.target.name}")
        ]
        if not others:
            return None
        name = rng.choice(others)
        changed = text.replace(actor.name, name)
        target = replace(query.target, span=None)
        context = Context(changed, Span(0, len(changed)))
        return replace(query, context=context, actor=Reference(name), target=target)


def _kind(lang: str | None, name: str, gender: Gender) -> tuple[str, str, Gender]:
    return (lang or "").partition("-")[0], script_of(name), gender


def _gender(name: str, lang: str | None) -> Gender | None:
    """That of a first name followed by one surname; None where it is not known or may be either."""
    words = name.split()
    if len(words) != _NAME_WORDS or not all(word[:1].isupper() and word.isalpha() for word in words):
        return None
    found = language_of(lang or "en").first_names.get(fold(words[0]))
    return found if found in _SINGLE else None


def _touches(name: str, text: str) -> bool:
    """Whether a word of the text may be a form of a word of the name."""
    stems = {fold(word)[:_STEM] for word in _WORDS.findall(name)}
    return any(fold(word)[:_STEM] in stems for word in _WORDS.findall(text))

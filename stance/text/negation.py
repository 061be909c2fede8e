"""Statements that say no: "The dam should not be built." is for whoever is against "The dam should be built."

Only a plain statement with one negation is turned, by dropping it. What leaves room for doubt stays as it is: a second
negation, a clause below the main one, or a negation that stands in the second of two coordinated predicates.
"""

from __future__ import annotations

import re
from dataclasses import replace

from stance.types import Reference, StanceQuery

# Each with what stands in its place. A statement's language need not be given: the words of one language that mean
# something else in another one are bound to their surroundings.
_NEGATIONS = tuple(
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        # English
        (r"(?<=\bcan)not\b", ""),
        (r"(?<= )not (?=to )", ""),
        (
            r"\b(should|must|shall|may|will|would|do|does|did|is|are|was|were|be|has|have|need|ought|can|could) not\b",
            r"\1",
        ),
        (r"\b(should|must|would|do|does|did|is|are|was|were|has|have|need|could)n['’]t\b", r"\1"),
        (r"\bno longer\b", "still"),
        (r"^no (?!to |one |more |longer )(?=\w)", ""),
        (r"(?<=\bbe )no (?=\w)|(?<=\bis )no (?=\w)|(?<=\bare )no (?=\w)", ""),
        # German
        (r"(?<= )nicht (?:mehr|länger)\b", "weiterhin"),
        (r"(?<= )nicht (?!mehr|länger|nur)(?=\w)|(?<= )nicht\b(?=[.!]?$)", ""),
        (r"\bkein(?=(en|em|er|es|e)?\b)", "ein"),
        # French
        (r"\b(?:ne |n['’])(\w+(?: être| avoir)?) (?:pas|plus)\b", r"\1"),
        # Serbian, Croatian, Bosnian in Latin and Cyrillic letters
        (r"(?<!\w)ne (?=(?:treba|sme|smije|mo[žz]e|mora|valja)\b)", ""),
        (r"\bnije\b", "je"),
        (r"\bnisu\b", "su"),
        (r"\bneće\b", "će"),
        (r"\bnema\b", "ima"),
        (r"\bније\b", "је"),
        (r"\bнису\b", "су"),
        (r"\bнеће\b", "ће"),
        (r"\bнема\b", "има"),
        # Russian, Macedonian, Serbian in Cyrillic letters; not any "не", which names have too (Не давимо Београд)
        (
            r"(?<!\w)не (?=(?:(?:ја|го|ги|му|им|се) )?(?:треба|сме|смее|смеат|смије|може|можат|мора|ваља|вреди"
            r"|долж\w+|следует|надо|нужн\w+|нужен|стоит|может|могут|имеет|имеют|является)\b)",
            "",
        ),
        (r"(?<!\w)нельзя\b", "можно"),
        # Albanian
        (r"(?<!\w)nuk (?=\w)", ""),
        (r"(?<!\w)s['’](?=(?:duhet|ka|do|mund|është|bën)\b)", ""),
        (r"(?<=\bduhet )të mos\b|(?<=\bdo )të mos\b", "të"),
    )
)
_SUBORDINATE = re.compile(
    r"\b(that|which|who|whose|because|if|unless|until|when|while|although|dass|weil|wenn|obwohl|bis|welche[rsnm]?"
    r"|que|qui|parce|si|quand|что|котор\w+|если|потому|пока|da bi|koj[aei]\w*|ako|jer|dok|који|која|које|кој|што|ако"
    r"|бидејќи|дека|që|sepse|nëse|kur|neither|nor|only|just|nur|solange|tol’ko|только|samo|само|vetëm)\b",
    re.IGNORECASE,
)
_SECOND_PREDICATE = re.compile(
    r"\b(and|but|und|aber|sondern|et|mais|i|ali|ve[ćč]|а|и|но|али|већ|dhe|por)( \w+)? ?$", re.IGNORECASE
)


def affirmed(statement: str) -> str | None:
    """The statement without its negation; None where it has none, or is not plain enough to turn.

    Who is in favor of the one is against the other.
    """
    found = [(match, replacement) for pattern, replacement in _NEGATIONS for match in pattern.finditer(statement)]
    if len(found) != 1 or _SUBORDINATE.search(statement):
        return None
    match, replacement = found[0]
    if match[0] == "No " and statement[match.end()].isupper():
        return None  # a name: No Labels
    if _SECOND_PREDICATE.search(statement[: match.start()]):
        return None
    turned = statement[: match.start()] + match.expand(replacement) + statement[match.end() :]
    turned = re.sub(r" {2,}", " ", turned).replace(" .", ".").strip()
    return turned[:1].upper() + turned[1:] if statement[:1].isupper() else turned


def affirmed_query(query: StanceQuery) -> StanceQuery:
    """The query towards the affirmed target, which is answered the other way round; the very query where none is."""
    turned = affirmed(query.target.name)
    return query if turned is None else replace(query, target=Reference(name=turned, id=query.target.id))

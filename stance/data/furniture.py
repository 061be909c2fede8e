"""Lines on an article's page that are no part of its text: headline, byline, date, links to other pages, rights."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stance.text.script import fold

# Folded words that open a byline: these also without a colon (`By Jane Doe`), the others only with one (`Autor: ...`).
_OPENERS = frozenset((
    "by", "von", "par", "nga", "pise", "pisu", "pisuva", "napisao", "napisala", "shkruan", "shkruar",
))  # fmt: skip
_LABELS = _OPENERS | frozenset((
    "author", "authors", "auteur", "autor", "autori", "autorin", "autoren", "autorka", "autorica", "avtor", "avtori",
    "avtorka", "priredio", "priredila", "pripremio", "pripremila", "podgotvil", "podgotvila", "tekst", "teksti", "text",
    "texte",
))  # fmt: skip
_CONNECTORS = frozenset(("and", "und", "et", "dhe", "e", "i"))
# Folded beginnings of lines that lead elsewhere; the first kind also stands between two paragraphs.
_READ_ALSO = (
    "read more", "read also", "lesen sie auch", "mehr zum thema", "lire aussi", "a lire aussi", "lexo edhe",
    "lexoni edhe", "procitajte i", "procitajte jos", "procitaj jos", "citajte takze", "osce po temata",
)  # fmt: skip
_SHARE = (
    "share on", "share this", "follow us", "tags", "teilen", "folgen sie uns", "partager", "suivez nous", "shperndaje",
    "na ndiqni", "podeli na", "podeli vest", "podijeli na", "podijeli clanak", "pratite nas", "tagovi", "spodeli",
    "sledete ne", "podelitsja", "podpisyvajtes", "tegi",
)  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
_AFTER_NAMES = re.compile(r"\s+[|·•–—-]\s+|,?\s+\d|\s*\(")
_BETWEEN_NAMES = re.compile(r"\s*[,;/&]\s*|\s+(?:and|und|et|dhe|e|i|и)\s+")
_DATELINE = re.compile(
    r"(?:[^\W\d_]+:?\s+){0,2}"
    r"(?:\d{1,2}\.?[\s./-]*(?:[^\W\d_]{3,}|\d{1,2})\.?,?[\s./-]*\d{4}|\d{4}-\d{2}-\d{2}|[^\W\d_]{3,}\.?\s+\d{1,2},\s+\d{4})"
    r"(?![^\W_])[\W\d]*(?:[^\W\d_]{1,4}[\W\d]*){0,3}"
)
# `© 2024 River Times`, but not `Copyright reform was rejected`.
_RIGHTS = re.compile(r"©|\(c\)|copyright\s+(?:©|\(c\)|\d{4})", re.IGNORECASE)
_MAX_NAMES = 4
_MAX_NAME_WORDS = 4
_LEAD_WORDS = 12
_MAX_CHARACTERS = 200


def without_furniture(paragraphs: Sequence[str], *, title: str | None, authors: Sequence[str]) -> list[str]:
    """The paragraphs of the article alone; a text of nothing but furniture stays as it is.

    Headline, bylines and dates are looked for before the first paragraph of twelve words, the name of an author and
    `Read more: ...` anywhere, all else at the end. Only lines that hold nothing more are left out.
    """
    lead = next((i for i, paragraph in enumerate(paragraphs) if len(paragraph.split()) >= _LEAD_WORDS), len(paragraphs))
    named = [name for paragraph in paragraphs[:lead] for name in _byline_names(paragraph)]
    known = sorted({_words(name) for name in (*authors, *named)} - {()}, key=len, reverse=True)
    kept = [
        paragraph
        for i, paragraph in enumerate(paragraphs)
        if not (i < lead and _opens_page(paragraph, title=title))
        and not _is_authors(paragraph, known)
        and not _leads_away(paragraph, _READ_ALSO)
    ]
    while kept and (_RIGHTS.match(kept[-1]) or _leads_away(kept[-1], _SHARE)):
        kept.pop()
    return kept or list(paragraphs)


def _opens_page(paragraph: str, *, title: str | None) -> bool:
    is_title = bool(_words(title or "")) and _words(paragraph) == _words(title or "")
    return is_title or bool(_byline_names(paragraph)) or _DATELINE.fullmatch(paragraph) is not None


def _byline_names(paragraph: str) -> list[str]:
    """The names in `By Jane Doe and John Roe | 12 March`, `Autor: ...`; none where the line is something else."""
    opener, *words = paragraph[:_MAX_CHARACTERS].split()
    label = fold(opener).rstrip(":")
    if label not in _LABELS or not (opener.endswith(":") or label in _OPENERS):
        return []
    if words and fold(words[0]) in _OPENERS:
        # `Shkruar nga Arta Hoxha`
        words = words[1:]
    names = _BETWEEN_NAMES.split(_AFTER_NAMES.split(" ".join(words))[0])
    # `Von Jens Ohlsen, Berlin`, but not `By Christmas`: without a colon the first name has a surname.
    is_byline = len(names) <= _MAX_NAMES and all(map(_is_name, names)) and (opener.endswith(":") or " " in names[0])
    return names if is_byline else []


def _is_name(name: str) -> bool:
    words = name.split()
    return 0 < len(words) <= _MAX_NAME_WORDS and name[-1] not in "!?…" and all(word[0].isupper() for word in words)


def _is_authors(paragraph: str, authors: Sequence[tuple[str, ...]]) -> bool:
    """Whether a line is the names of authors alone, with a word such as `By`, and `and` between them."""
    if len(paragraph) > _MAX_CHARACTERS:
        return False
    rest = f" {' '.join(_words(paragraph))} "
    without = rest
    for author in authors:
        without = without.replace(f" {' '.join(author)} ", " ")
    return without != rest and set(without.split()) <= _LABELS | _CONNECTORS


def _leads_away(paragraph: str, phrases: tuple[str, ...]) -> bool:
    """Whether a line that is no whole sentence begins with one of the phrases."""
    if len(paragraph) > _MAX_CHARACTERS or paragraph.endswith((".", "!", "?", "…")):
        return False
    return " ".join((*_words(paragraph), "")).startswith(tuple(f"{phrase} " for phrase in phrases))


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(fold(text)))

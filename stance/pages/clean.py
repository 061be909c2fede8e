"""Make hostile text harmless where people look at it."""

from __future__ import annotations

import unicodedata

_KEPT = "\n\t"
_HIDDEN = ("Cc", "Cf", "Cs", "Co")
# Joiners are letters' business in many scripts; they steer nothing.
_ALLOWED = "\u200c\u200d\u00ad"


def visible(text: str, *, one_line: bool = False) -> str:
    """The text without control characters, escape sequences' starters and direction overrides.

    Removed characters become U+FFFD, so that nothing disappears unseen. Line breaks and tabs stay, unless
    `one_line` asks for spaces.
    """
    # Most texts hold nothing to remove, which is told many times faster than it is removed.
    printable = text.replace("\n", "").replace("\t", "").isprintable()
    cleaned = text if printable else "".join(c if _harmless(c) else "\ufffd" for c in text)
    return " ".join(cleaned.split()) if one_line else cleaned


def _harmless(character: str) -> bool:
    if character in _KEPT or character in _ALLOWED:
        return True
    return unicodedata.category(character) not in _HIDDEN

"""A tokenizer with fewer pieces that cuts the texts it is kept for as before.

A tokenizer of byte-pair encoding with byte fallback, as SentencePiece's are, joins neighbours until no pair of them is
in its list. Inside a piece that it ends with, it has joined as if the piece stood alone, for nothing was joined across
the piece's edges. So each piece comes from one pair only, whatever the text, and of the several pairs that such files
list for it the others never apply. A text is cut as before if the pieces that it is cut into are kept, with the pairs
that they come from, and the pairs that these come from; any other text still comes through, in smaller pieces or bytes.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from tokenizers import Tokenizer

from stance.errors import CheckpointError
from stance.modeling.encoding import Frame, harden_tokenizer

if TYPE_CHECKING:
    from numpy.typing import NDArray

Pair = tuple[str, str]
BYTE_PIECES = frozenset(f"<0x{byte:02X}>" for byte in range(256))
_PLACEHOLDER = re.compile(r"<unused\d+>")  # rows that a base keeps for later use, in Gemma 6,242 of them
_FIRST_OTHER_BLOCK = 0x250  # before it stands Latin only, with ª, µ and the like, which have no script in their names
_SCRIPTS = ("LATIN ", "CYRILLIC ", "GREEK ", "COMBINING ", "MODIFIER ", "VARIATION SELECTOR")


class Scope(StrEnum):
    """Which texts a vocabulary is kept for; see `trim_vocabulary`."""

    ALL = "all"
    LANGUAGES = "languages"
    CORPUS = "corpus"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A tokenizer, the file that it is read from, and what became of the ids.

    kept: [pieces], the former id of each. n_before: how many there were.
    """

    scope: Scope
    tokenizer: Tokenizer
    file: str
    kept: NDArray[np.int64]
    n_before: int

    def new_id(self, former: int) -> int:
        """Where a kept id has gone."""
        return int(np.searchsorted(self.kept, former))

    def frame(self, frame: Frame) -> Frame:
        """A frame with the new ids of its tokens."""
        parts = (frame.prefix, frame.separator, frame.suffix)
        prefix, separator, suffix = (tuple(map(self.new_id, part)) for part in parts)
        return replace(frame, prefix=prefix, separator=separator, suffix=suffix)

    def __str__(self) -> str:
        return f"{len(self.kept):,} of {self.n_before:,} pieces"


def trim_vocabulary(tokenizer: Tokenizer, scope: Scope | None, *, texts: Callable[[], Iterable[str]]) -> Vocabulary:
    """A tokenizer that knows the pieces of a scope, and joins pairs that ever apply.

    `all` keeps every piece. `languages` keeps those written in Latin, Cyrillic or Greek letters and in signs of any
    kind, emoji too: a text of nothing else is cut exactly as before. Of other scripts it keeps single characters.
    `corpus` keeps the pieces of `texts`, and single characters of the three scripts.

    Args:
        scope: None takes `languages` where the tokenizer can be trimmed, else `all`.
        texts: gives the texts of `corpus`; not called for another scope.

    Raises:
        CheckpointError: it is to be trimmed, and is no tokenizer of byte-pair encoding with byte fallback.
    """
    file = tokenizer.to_str()
    parts = json.loads(file)
    if parts["model"]["type"] != "BPE" or not parts["model"].get("byte_fallback"):
        if scope not in (None, Scope.ALL):
            raise CheckpointError(
                f"--trim-vocab {scope}: only a tokenizer of byte-pair encoding with byte fallback can be trimmed, and "
                f"this one is {parts['model']['type']} without it. Leave the option out."
            )
        n_pieces = tokenizer.get_vocab_size()
        return Vocabulary(Scope.ALL, tokenizer, file, np.arange(n_pieces), n_pieces)
    scope = scope or Scope.LANGUAGES
    ids = _ids(parts)
    wanted = {piece for piece in ids if piece in BYTE_PIECES}
    wanted |= {token["content"] for token in parts["added_tokens"] if not _PLACEHOLDER.fullmatch(token["content"])}
    if scope is Scope.CORPUS:
        wanted |= {piece for piece in ids if len(piece) == 1 and _is_ours(piece)} | _pieces(tokenizer, texts())
    else:
        wanted |= {piece for piece in ids if scope is Scope.ALL or _in_our_scripts(piece)}
    pairs: list[Pair] = [(left, right) for left, right in parts["model"]["merges"]]
    applied = applied_pairs(pairs)
    kept = sorted(_with_sources(wanted, applied), key=ids.__getitem__)
    return _rebuilt(parts, kept, [pair for pair in pairs if applied.get("".join(pair)) == pair], scope=scope)


def applied_pairs(pairs: Sequence[Pair]) -> dict[str, Pair]:
    """The pair that each piece comes from; none for a piece that no text is ever cut into.

    Args:
        pairs: all that may be joined, the first ones first.
    """
    rank = {pair: index for index, pair in enumerate(pairs)}
    sources: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        sources["".join(pair)].append(pair)
    # Where there is but one pair, it does no harm should it never apply.
    last = {piece: found[0] if len(found) == 1 else _last_pair(piece, rank) for piece, found in sources.items()}
    return {piece: pair for piece, pair in last.items() if pair is not None}


def _last_pair(piece: str, rank: Mapping[Pair, int]) -> Pair | None:
    """The last pair that is joined where the piece is cut; None where it does not become one again."""
    symbols = list(piece)
    never = len(rank)
    while len(symbols) > 2:
        ranks = [rank.get(pair, never) for pair in pairwise(symbols)]
        best = min(ranks)
        if best == never:
            return None
        place = ranks.index(best)
        symbols[place : place + 2] = [symbols[place] + symbols[place + 1]]
    return (symbols[0], symbols[1]) if (symbols[0], symbols[1]) in rank else None


def _with_sources(wanted: Iterable[str], applied: Mapping[str, Pair]) -> set[str]:
    found: set[str] = set()
    waiting = list(wanted)
    while waiting:
        piece = waiting.pop()
        if piece not in found:
            found.add(piece)
            waiting += applied.get(piece, ())
    return found


def _ids(parts: Mapping[str, Any]) -> dict[str, int]:
    vocab: dict[str, int] = parts["model"]["vocab"]
    return vocab | {token["content"]: token["id"] for token in parts["added_tokens"]}


def _rebuilt(parts: dict[str, Any], kept: Sequence[str], pairs: Iterable[Pair], *, scope: Scope) -> Vocabulary:
    """The tokenizer of these pieces, in the order of their former ids."""
    ids = _ids(parts)
    new = {piece: index for index, piece in enumerate(kept)}
    known = [pair for pair in pairs if pair[0] in new and pair[1] in new and "".join(pair) in new]
    # A pair in one string is read in half the time and memory, but a blank in it would part it elsewhere.
    blank = any(" " in piece for pair in known for piece in pair)
    merges = [list(pair) for pair in known] if blank else [" ".join(pair) for pair in known]
    model = parts["model"] | {"vocab": new, "merges": merges}
    added = [token | {"id": new[token["content"]]} for token in parts["added_tokens"] if token["content"] in new]
    template = _with_new_ids(parts["post_processor"], new)
    rebuilt = parts | {"model": model, "added_tokens": added, "post_processor": template}
    file = json.dumps(rebuilt, ensure_ascii=False, separators=(",", ":"))
    former = np.array([ids[piece] for piece in kept], dtype=np.int64)
    return Vocabulary(scope, harden_tokenizer(Tokenizer.from_str(file)), file, former, len(ids))


def _with_new_ids(template: dict[str, Any] | None, new: Mapping[str, int]) -> dict[str, Any] | None:
    """What a tokenizer puts around a text, with new ids; only a template names any."""
    if template is None or "special_tokens" not in template:
        return template
    tokens = {
        name: token | {"ids": [new[piece] for piece in token["tokens"]]}
        for name, token in template["special_tokens"].items()
    }
    return template | {"special_tokens": tokens}


def _pieces(tokenizer: Tokenizer, texts: Iterable[str]) -> set[str]:
    encodings = tokenizer.encode_batch(list(texts), add_special_tokens=False)
    return {token for encoding in encodings for token in encoding.tokens}


def _in_our_scripts(piece: str) -> bool:
    """Whether a piece is, or a single character of any script; no placeholder is."""
    return len(piece) == 1 or (all(map(_is_ours, piece)) and not _PLACEHOLDER.fullmatch(piece))


@lru_cache(maxsize=1 << 17)
def _is_ours(character: str) -> bool:
    if ord(character) < _FIRST_OTHER_BLOCK or unicodedata.category(character)[0] not in "LM":
        return True
    return unicodedata.name(character, "").startswith(_SCRIPTS)

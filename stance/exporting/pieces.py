"""A tokenizer of byte-pair encoding as a file of SentencePiece's, where both cut every text in the same way.

SentencePiece joins those neighbours first whose union scores highest, `tokenizers` those whose pair stands first in its
list. Where each piece comes from one pair only (`stance.exporting.vocabulary` keeps no other), the place of that pair
is a score of the piece. It also joins neighbours that no pair lists; that they would have come to the same piece by its
own pair holds for tokenizers that were SentencePiece's once, whose lists have all pairs of a piece.
"""

from __future__ import annotations

import json
from typing import Any

from stance.exporting.vocabulary import BYTE_PIECES

_BLANK = "▁"
_BLANKS_AS_SIGNS = {"type": "Replace", "pattern": {"String": " "}, "content": _BLANK}
# After that it has nothing to cut at.
_CUT_AT_BLANKS = {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False}
_PLAIN = {"type": "BPE", "byte_fallback": True, "dropout": None, "ignore_merges": False}
_NEVER = -1e9  # the score of what no pair is joined to, such as single characters


def sentencepiece_model(file: str) -> bytes | None:
    """The same tokenizer as a SentencePiece model; None where that would cut otherwise.

    Special tokens become pieces that no text is cut into, other added tokens are found in a text before all else.

    Args:
        file: the content of a tokenizer.json in which each piece comes from at most one pair.
    """
    parts = json.loads(file)
    model = parts["model"]
    added = {token["content"]: token for token in parts["added_tokens"]}
    pieces = {**model["vocab"], **{name: token["id"] for name, token in added.items()}}
    if not _alike(parts, added, n_pieces=len(pieces), last=max(pieces.values())):
        return None
    from sentencepiece import sentencepiece_model_pb2 as protocol

    ranks: dict[str, int] = {}
    for rank, pair in enumerate(model["merges"]):
        ranks.setdefault("".join(pair.split(" ") if isinstance(pair, str) else pair), rank)
    proto = protocol.ModelProto()
    kinds = protocol.ModelProto.SentencePiece
    for name in sorted(pieces, key=pieces.__getitem__):
        piece = proto.pieces.add()
        piece.piece, piece.score = name, -float(ranks[name]) if name in ranks else _NEVER
        if name == model["unk_token"]:
            piece.type = kinds.UNKNOWN
        elif name in added:
            piece.type = kinds.CONTROL if added[name]["special"] else kinds.USER_DEFINED
        elif name in BYTE_PIECES:
            piece.type = kinds.BYTE
        elif len(name) > 1 and name not in ranks:
            piece.type = kinds.CONTROL  # no pair is joined to it, but SentencePiece would
    trainer, normalizer = proto.trainer_spec, proto.normalizer_spec
    trainer.model_type, trainer.byte_fallback = trainer.BPE, True
    trainer.unk_id, trainer.bos_id, trainer.eos_id, trainer.pad_id = pieces[model["unk_token"]], -1, -1, -1
    normalizer.name = "identity"
    normalizer.add_dummy_prefix = normalizer.remove_extra_whitespaces = False
    normalizer.escape_whitespaces = True
    return bytes(proto.SerializeToString())


def _alike(parts: dict[str, Any], added: dict[str, Any], *, n_pieces: int, last: int) -> bool:
    """Whether SentencePiece has all that this tokenizer does."""
    model = parts["model"]
    return (
        all(model.get(key) == value for key, value in _PLAIN.items())
        and model.get("unk_token") in model["vocab"]
        and model["vocab"].keys() >= BYTE_PIECES
        and not model.get("continuing_subword_prefix")
        and not model.get("end_of_word_suffix")
        and parts["normalizer"] == _BLANKS_AS_SIGNS
        and parts["pre_tokenizer"] in (None, _CUT_AT_BLANKS)
        and last == n_pieces - 1
        and not any(token[key] for token in added.values() for key in ("single_word", "lstrip", "rstrip", "normalized"))
    )

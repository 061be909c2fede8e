"""How queries are put to a model: plainly, in the letters that it reads best; what it answers to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from stance.data.transliteration import latin_query
from stance.modeling.encoding import AS_WRITTEN, EncodedQuery, EncodingOptions, encode_queries
from stance.modeling.runtime import predict_logits
from stance.text.negation import affirmed_query
from stance.types import StanceQuery

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stance.modeling.checkpoint import Checkpoint
    from stance.modeling.engine import ExportedCheckpoint

DEFAULT_BATCH_TOKENS = 4096


def answer(
    checkpoint: Checkpoint | ExportedCheckpoint,
    queries: Sequence[StanceQuery],
    *,
    batch_tokens: int = DEFAULT_BATCH_TOKENS,
    latin: bool = True,
    bf16: bool = False,
    progress: Callable[[int], None] | None = None,
) -> tuple[NDArray[np.float64], list[EncodedQuery]]:
    """Logits of every query, and what the model was given for it, input order.

    Args:
        batch_tokens, bf16, progress: see `predict_logits`.
        latin: see `as_asked`.

    Returns:
        [queries, 3], in the order of STANCES, before any temperature; one encoding per query.
    """
    options = checkpoint.info.encoding
    asked, turned = as_asked(queries, options=options, latin=latin)
    encoded = encode_queries(asked, checkpoint.tokenizer, options=options)
    logits = predict_logits(checkpoint.model, encoded, batch_tokens=batch_tokens, bf16=bf16, progress=progress)
    logits[turned] = logits[turned, ::-1]  # favor and against are the outer columns
    return logits, encoded


def as_asked(
    queries: Sequence[StanceQuery], *, options: EncodingOptions, latin: bool = True
) -> tuple[list[StanceQuery], list[bool]]:
    """The queries in the form that a model is given, and which of them ask the opposite, input order.

    A target that says no ("The dam should not be built.") is asked without its negation and the answer turned
    round: a model of this size misses a small word that reverses everything.

    Args:
        latin: whether Serbian Cyrillic is given to it in Latin letters; a model that asks for a script of its own is
            given that one.
    """
    plain = [affirmed_query(query) for query in queries]
    turned = [one is not other for one, other in zip(plain, queries, strict=True)]
    return ([latin_query(query) for query in plain] if latin and options.script == AS_WRITTEN else plain), turned

"""What a smaller vocabulary costs and brings: texts that are cut differently, and the tokenizer's own start."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from speed.processes import cost_of
from stance.data.rows import read_rows
from stance.data.shipped import shipped_folder
from stance.exporting.corpus import shipped_texts
from stance.exporting.pieces import sentencepiece_model
from stance.exporting.vocabulary import Scope, Vocabulary, trim_vocabulary
from stance.modeling.checkpoint import read_info
from stance.modeling.model import load_tokenizer
from stance.types import Stance, StanceQuery

# A library, and how it opens a file.
_TOKENIZERS = ("from tokenizers import Tokenizer", "Tokenizer.from_file(sys.argv[1])")
_SENTENCEPIECE = ("from sentencepiece import SentencePieceProcessor", "SentencePieceProcessor(model_file=sys.argv[1])")
_NTREX = ("en", "deu", "fra", "rus", "sqi", "srp-Latn", "srp-Cyrl", "hrv", "bos")


def vocabularies(
    merged: Path, public: Path, rows: Sequence[tuple[StanceQuery, Stance]], out: Path, *, rounds: int
) -> list[dict[str, Any]]:
    """A row per scope: pieces, the cost of loading the tokenizer, and the share of lines of each text cut anew.

    The texts are NewsMTSC's sentences and NTREX's lines per language, none of which a vocabulary was made from. Of the
    cost of loading, what Python and the library take is taken off.
    """
    tokenizer = load_tokenizer(merged)
    options = read_info(merged).encoding
    sentences = read_rows(shipped_folder("sentences"), need_stance=True)
    texts = {"newsmtsc": [query.context.text for query, _ in rows], **_ntrex(public / "ntrex")}
    before = {name: tokenizer.encode_batch(lines, add_special_tokens=False) for name, lines in texts.items()}
    loading = _loading(_TOKENIZERS, merged / "tokenizer.json", rounds)
    found = [{"vocabulary": "as it was", "pieces": tokenizer.get_vocab_size(), **loading}]
    for scope in Scope:
        vocabulary = trim_vocabulary(tokenizer, scope, texts=lambda: shipped_texts(sentences, options=options))
        model = sentencepiece_model(vocabulary.file)
        assert model is not None
        file = out / f"tokenizer-{scope}.model"
        file.write_bytes(model)
        shares = {name: _changed(vocabulary, texts[name], own) for name, own in before.items()}
        found.append(
            {
                "vocabulary": scope.value,
                "pieces": len(vocabulary.kept),
                **_loading(_SENTENCEPIECE, file, rounds),
                **shares,
            }
        )
    return found


def _ntrex(folder: Path) -> dict[str, list[str]]:
    return {name: (folder / f"{name}.txt").read_text(encoding="utf-8").splitlines() for name in _NTREX}


def _changed(vocabulary: Vocabulary, lines: Sequence[str], before: Sequence[Any]) -> str:
    after = vocabulary.tokenizer.encode_batch(list(lines), add_special_tokens=False)
    n_changed = sum(one.tokens != other.tokens for one, other in zip(before, after, strict=True))
    return f"{n_changed / len(lines):.1%}"


def _loading(library: tuple[str, str], file: Path, rounds: int) -> Mapping[str, float]:
    imported, opened = library
    bare = [cost_of([sys.executable, "-c", imported]) for _ in range(rounds)]
    own = [cost_of([sys.executable, "-c", f"import sys; {imported}; {opened}", str(file)]) for _ in range(rounds)]
    seconds = statistics.median(cost.cpu for cost in own) - statistics.median(cost.cpu for cost in bare)
    return {"loading_cpu_seconds": seconds, "mib": max(cost.mib for cost in own) - max(cost.mib for cost in bare)}

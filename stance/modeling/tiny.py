"""A random transformer of a few thousand weights: to try a configuration in seconds, and for tests."""

from __future__ import annotations

from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors

_SPECIAL = ("<pad>", "<eos>", "<bos>", "<unk>")
_ENCODERS = ("xlm-roberta", "deberta-v2", "modernbert", "eurobert")


def write_tiny_base(folder: Path, *, architecture: str = "gemma3_text", seed: int = 0) -> None:
    """Write a random base and a byte-level tokenizer to `folder`.

    Args:
        architecture: `gemma3_text` or `qwen3` (causal decoders), `xlm-roberta` (encoder with sentence pairs) or
            `deberta-v2` (encoder with relative positions), or the rotary encoders `modernbert` and `eurobert`.

    Raises:
        ValueError: another architecture.
    """
    import torch
    from transformers import AutoConfig, AutoModel, PreTrainedTokenizerFast

    tokenizer = byte_tokenizer(pairs=architecture in _ENCODERS)
    config = AutoConfig.for_model(architecture, **_shape(architecture, vocab_size=tokenizer.get_vocab_size()))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = AutoModel.from_config(config)
    model.save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>", bos_token="<bos>", unk_token="<unk>"
    ).save_pretrained(folder)


def byte_tokenizer(*, pairs: bool) -> Tokenizer:
    """A tokenizer with one token per byte, so that it knows every language and no merges."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocab = {token: index for index, token in enumerate((*_SPECIAL, *alphabet))}
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=[], unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in _SPECIAL])
    if not pairs:
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<bos> $A", pair=None, special_tokens=[("<bos>", vocab["<bos>"])]
        )
    else:
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<bos> $A <eos>",
            pair="<bos> $A <eos> $B:1 <eos>:1",
            special_tokens=[("<bos>", vocab["<bos>"]), ("<eos>", vocab["<eos>"])],
        )
    return tokenizer


def _shape(architecture: str, *, vocab_size: int) -> dict[str, object]:
    common: dict[str, object] = {
        "vocab_size": vocab_size,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "pad_token_id": 0,
        "eos_token_id": 1,
        "bos_token_id": 2,
    }
    extra: dict[str, dict[str, object]] = {
        "gemma3_text": {"num_key_value_heads": 1, "head_dim": 16, "max_position_embeddings": 1024},
        "qwen3": {"num_key_value_heads": 1, "head_dim": 16, "max_position_embeddings": 1024},
        "xlm-roberta": {"max_position_embeddings": 1024, "type_vocab_size": 1},
        "modernbert": {"max_position_embeddings": 1024, "cls_token_id": 2, "sep_token_id": 1},
        "eurobert": {"max_position_embeddings": 1024, "mask_token_id": 3},
        "deberta-v2": {
            "max_position_embeddings": 1024,
            "relative_attention": True,
            "pos_att_type": ["p2c", "c2p"],
            "position_biased_input": False,
            "type_vocab_size": 2,
        },
    }
    if architecture not in extra:
        raise ValueError(f"no tiny model of architecture {architecture!r}; there are {', '.join(sorted(extra))}")
    return common | extra[architecture]

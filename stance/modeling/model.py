"""Build a three-way classifier on any base: a causal decoder's last token, or an encoder's pooled pair."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from stance.errors import CheckpointError, ConfigError
from stance.modeling.encoding import AS_WRITTEN, Frame, decoder_frame, harden_tokenizer, pair_frame
from stance.types import STANCES

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor
    from transformers import PretrainedConfig, PreTrainedModel

TOKENIZER_FILE = "tokenizer.json"
ID2LABEL = {index: stance.value for index, stance in enumerate(STANCES)}


def load_tokenizer(folder: Path) -> Tokenizer:
    """The fast tokenizer of a base, hardened against special tokens in the text.

    Raises:
        CheckpointError: the folder has no tokenizer.json and none can be made from what it has.
    """
    from tokenizers import Tokenizer

    path = folder / TOKENIZER_FILE
    if path.is_file():
        return harden_tokenizer(Tokenizer.from_file(str(path)))
    from transformers import AutoTokenizer

    try:
        slow = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        return harden_tokenizer(Tokenizer.from_str(slow.backend_tokenizer.to_str()))
    except (OSError, ValueError, AttributeError) as error:
        raise CheckpointError(
            f"{folder}: no usable tokenizer ({error}). A tokenizer.json is expected beside the weights."
        ) from error


def load_config(folder: Path, *, num_layers: int | None = None) -> PretrainedConfig:
    """The base's config with three labels, cut to the first `num_layers` layers where that is given.

    Raises:
        CheckpointError: the folder's config.json is not one, or has fewer layers.
    """
    from transformers import AutoConfig

    import stance.modeling.use_model  # noqa: F401 - tells transformers of the architecture that is our own

    try:
        config = AutoConfig.from_pretrained(folder)
    except (OSError, ValueError, KeyError) as error:
        raise CheckpointError(
            f"{folder}: config.json does not describe a model that can be loaded ({error})."
        ) from error
    config.id2label, config.label2id = dict(ID2LABEL), {label: index for index, label in ID2LABEL.items()}
    if num_layers is not None and num_layers != config.num_hidden_layers:
        if not 1 <= num_layers <= config.num_hidden_layers:
            raise CheckpointError(
                f"{folder}: model.num_layers is {num_layers}, but the base has {config.num_hidden_layers} layers."
            )
        # Both must be cut before the weights are read: layer_types is checked against the number of layers.
        config.num_hidden_layers = num_layers
        if getattr(config, "layer_types", None):
            config.layer_types = config.layer_types[:num_layers]
    if config.pad_token_id is None:
        config.pad_token_id = config.eos_token_id if isinstance(config.eos_token_id, int) else 0
    return config


def load_classifier(folder: Path, *, config: PretrainedConfig, seed: int = 0) -> PreTrainedModel:
    """The stock sequence-classification model over the weights in `folder`, fp32, in evaluation mode.

    Args:
        seed: of the weights that the folder lacks, such as an encoder's pooler before a fresh head.

    Raises:
        CheckpointError: the weights do not fit the config, or the architecture has no classification head.
    """
    import torch
    from transformers import AutoModelForSequenceClassification

    try:
        # Unused layers and a fresh head are what is wanted here; the report would read like a failure.
        with quiet_transformers(), torch.random.fork_rng():
            torch.manual_seed(seed)
            model: PreTrainedModel = AutoModelForSequenceClassification.from_pretrained(
                folder, config=config, dtype="float32", use_safetensors=True, trust_remote_code=False
            )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise CheckpointError(f"{folder}: the weights cannot be loaded ({str(error).splitlines()[0]}).") from error
    return model.eval()


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Within it, transformers shows neither warnings nor progress bars; afterwards all is as it was."""
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def head_of(model: PreTrainedModel) -> list[str]:
    """Names of the parameters that are not the base's: the classification head (and an encoder's pooler)."""
    prefix = model.base_model_prefix + "."
    return [name for name, _ in model.named_parameters() if not name.startswith(prefix)]


def reset_head(model: PreTrainedModel, *, std: float, seed: int) -> None:
    """Draw the last linear layer anew, so small that the first loss is near log(3)."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in _last_layer(model):
            if parameter.ndim == 2:
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * std)


def head_from_words(model: PreTrainedModel, tokenizer: Tokenizer, words: Sequence[str]) -> None:
    """Let a decoder's head start as what its base would say: logits of one word per stance as the next token.

    Source: Schick and Schütze 2021, Exploiting Cloze Questions, section 3 (verbalizers).

    Args:
        words: in the order of STANCES; a word of several tokens has the mean of their logits.

    Raises:
        ConfigError: the model is no decoder, or two words have the same tokens.
    """
    import torch

    if not is_decoder(model.config.model_type):
        raise ConfigError(f"model.label_words: a {model.config.model_type} guesses no next tokens. Leave it at null.")
    tokens = [tuple(tokenizer.encode(f" {word}", add_special_tokens=False).ids) for word in words]
    if len(set(tokens)) < len(tokens):
        raise ConfigError(f"model.label_words: two of {', '.join(words)} are the same to the model; take others.")
    (weight,) = _last_layer(model)
    with torch.no_grad():
        embeddings = model.get_input_embeddings().weight
        rows = torch.stack([embeddings[list(ids)].mean(dim=0) for ids in tokens])
        weight.copy_(rows - rows.mean(dim=0))  # what all words share changes no probability


def scale_head(model: PreTrainedModel, factor: float) -> None:
    """Multiply the logits, by the last linear layer."""
    import torch

    with torch.no_grad():
        for parameter in _last_layer(model):
            parameter.mul_(factor)


def _last_layer(model: PreTrainedModel) -> list[Tensor]:
    """Weights and, where there is one, bias of the head's linear layer that gives the logits."""
    parameters = dict(model.named_parameters())
    return [parameters[name] for name in head_of(model) if parameters[name].shape[0] == len(STANCES)]


def is_decoder(model_type: str) -> bool:
    """Whether models of this type are causal: those that transformers lists for causal LM but not for masked LM."""
    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
        MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    )

    return model_type in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES and model_type not in MODEL_FOR_MASKED_LM_MAPPING_NAMES


def script_for(config: PretrainedConfig) -> str:
    """The script that this base reads Serbo-Croatian best in; `as_written` where it does not say."""
    return str(getattr(config, "script", AS_WRITTEN))


def frame_for(config: PretrainedConfig, tokenizer: Tokenizer) -> Frame:
    """The special ids around text and question that this base expects."""
    if is_decoder(config.model_type):
        return decoder_frame(tokenizer)
    return pair_frame(tokenizer)

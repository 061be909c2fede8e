"""A Gemma 3 classifier as a folder's graph and weights: in fp32, bf16 or int8."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from onnx import TensorProto

from stance.errors import CheckpointError
from stance.exporting.bf16 import Bf16Decoder
from stance.exporting.decoder import Decoder
from stance.exporting.embeddings import write_embeddings
from stance.exporting.graph import GraphWriter
from stance.exporting.int8 import Int8Decoder
from stance.exporting.rounding import Rounding, round_model
from stance.modeling.encoding import EncodedQuery
from stance.modeling.engine import GRAPH_FILE, WEIGHTS_FILE, Form
from stance.types import STANCES

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def write_gemma_graph(
    folder: Path,
    model: PreTrainedModel,
    *,
    form: Form = Form.fp32,
    max_tokens: int,
    calibration: Sequence[EncodedQuery] = (),
) -> Rounding | None:
    """Write graph, weights and embeddings of a Gemma 3 classifier.

    Args:
        max_tokens: of a text with one question; positions go no further.
        calibration: for int8: what the ranges of activations are read off and which matrices eight bits do not suit;
            should be like what the model will be asked. All that it is asked must begin with the same token as they do.

    Returns:
        How it was rounded, for int8.

    Raises:
        CheckpointError: another architecture, or one with several key-value heads.
    """
    check_architecture(model)
    rounding = round_model(model, calibration) if form is Form.int8 else None
    with (folder / WEIGHTS_FILE).open("wb") as weights:
        graph = GraphWriter(weights)
        if rounding is not None:
            decoder: Decoder = Int8Decoder(graph, model, max_tokens=max_tokens, rounding=rounding)
        else:
            decoder = (Bf16Decoder if form is Form.bf16 else Decoder)(graph, model, max_tokens=max_tokens)
        logits = decoder.logits()
        inputs = {
            "embedded": (TensorProto.FLOAT, ["streams", "tokens", model.config.hidden_size]),
            "position": (TensorProto.INT64, ["streams", "tokens"]),
            "end": (TensorProto.INT64, ["streams", "tokens"]),
            "last": (TensorProto.INT64, ["streams", "asked"]),
        }
        graph.finish(folder / GRAPH_FILE, inputs=inputs, output=logits, shape=["answers", len(STANCES)])
    write_embeddings(folder, model.get_input_embeddings().weight.detach().numpy())
    return rounding


def check_architecture(model: PreTrainedModel) -> None:
    """Refuse what the graph does not describe.

    Raises:
        CheckpointError: names what is not Gemma 3 or not supported of it.
    """
    config = model.config
    if config.model_type != "gemma3_text":
        raise CheckpointError(
            f"The model is a {config.model_type}; export onnx writes gemma3_text only. Such a model runs with "
            "--engine torch, and `stance export hf` writes it as a folder for transformers."
        )
    wanted = {"num_key_value_heads": 1, "attention_bias": False, "attn_logit_softcapping": None}
    for name, value in wanted.items():
        if getattr(config, name) != value:
            raise CheckpointError(f"config.json: {name} is {getattr(config, name)}; export onnx needs {value}.")

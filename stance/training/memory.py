"""Whether a run fits into the machine's memory, told before it starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stance.errors import ConfigError
from stance.training.processes import n_local_processes, n_processes

if TYPE_CHECKING:
    from stance.config import TrainingConfig
    from stance.training.feed import TrainingRow

_FLOAT = 4
_ADAM_STATES = 2
_GIB = 1024**3


@dataclass(frozen=True, slots=True)
class MemoryNeed:
    """Bytes that a process takes beside the loaded model: what stays all the time, and the activations of a batch."""

    lasting: int
    activations: int

    def __str__(self) -> str:
        lasting, activations = self.lasting / _GIB, self.activations / _GIB
        return (
            f"about {lasting + activations:.1f} GiB ({lasting:.1f} for gradients and optimiser, "
            f"{activations:.1f} for the longest batch)"
        )


def estimate_memory(model: Any, rows: Sequence[TrainingRow], *, training: TrainingConfig) -> MemoryNeed:
    """What a run takes, rather too much than too little.

    Source of the activations: Korthikanti et al. 2022, Reducing Activation Recomputation, section 4.1.

    Args:
        model: loaded, with what is frozen marked as such.
    """
    learnt = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    n_sharing = n_processes()
    # Several processes keep their gradients a second time, in the buckets that are sent around.
    n_gradients = 1 if n_sharing == 1 else 2
    lasting = _FLOAT * learnt * (n_gradients + _ADAM_STATES)
    config = model.config
    lengths = sorted((len(row.encoded.ids) for row in rows), reverse=True)
    lengths = lengths[: training.batch_size // n_sharing]
    width = lengths[0] if lengths else 0
    tokens = len(lengths) * width
    per_token = _FLOAT * config.hidden_size * 17 + _FLOAT * 5 * config.num_attention_heads * width // 2
    if training.gradient_checkpointing:
        activations = tokens * (per_token + _FLOAT * config.hidden_size * config.num_hidden_layers)
    else:
        activations = tokens * per_token * config.num_hidden_layers
    if training.text_loss:
        # Scores, their logarithms and gradients, for each token that occurs.
        vocabulary = {token for row in rows for token in row.encoded.ids[: row.encoded.n_text]}
        activations += _FLOAT * 3 * tokens * len(vocabulary)
    return MemoryNeed(lasting, activations * (2 if training.r_drop else 1))


def require_memory(need: MemoryNeed, *, available: int | None) -> None:
    """Refuse a run that cannot fit.

    Raises:
        ConfigError: even without any batch it takes more than is available; says what takes less.
    """
    if available is not None and need.lasting > available:
        raise ConfigError(
            f"This run takes {need}, but {available / _GIB:.1f} GiB are free. Less: model.method=lora, "
            "model.frozen_layers, model.freeze_embeddings=true, a smaller model.base or fewer model.num_layers."
        )


def memory_line(need: MemoryNeed, *, available: int | None) -> str:
    """What the run will take of what there is, for the user to read; with advice where it is tight."""
    if available is None:
        return f"{_whose()}: {need}"
    advice = ""
    if need.lasting + need.activations > available:
        advice = "; it may not suffice: training.gradient_checkpointing=true, or a smaller training.batch_size"
        advice += " with training.accumulate, takes less"
    return f"{_whose()}: {need} of {available / _GIB:.1f} GiB free{advice}"


def _whose() -> str:
    return "Memory" if n_processes() == 1 else f"Memory of each of {n_processes()} processes"


def available_memory() -> int | None:
    """Free bytes for this process: of its GPU if there is one, else its part of the machine; None if nothing tells."""
    import torch

    if torch.cuda.is_available():
        return int(torch.cuda.mem_get_info()[0])
    meminfo = Path("/proc/meminfo")
    lines = meminfo.read_text(encoding="ascii").splitlines() if meminfo.is_file() else []
    found = [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    return found[0] // n_local_processes() if found else None

"""Fit a classifier to encoded examples with the Hugging Face Trainer."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import is_zipfile

import numpy as np

from stance.config import Method, ModelConfig, Precision, Tracker, TrainingConfig
from stance.errors import CheckpointError, ConfigError
from stance.evaluation.metrics import macro_f1
from stance.modeling.model import quiet_transformers
from stance.modeling.processor import trains_faster_in_bf16
from stance.training.feed import Feed, TrainingRow, make_feed
from stance.training.memory import available_memory, estimate_memory, memory_line, require_memory
from stance.training.processes import is_first, join_processes, n_processes, threads_each
from stance.training.tracking import tracked
from stance.types import STANCES, Stance

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel, Trainer, TrainingArguments

# Told at each evaluation which one it is, from 1, and its dev macro-F1.
Watch = Callable[[int, float], None]


def fit(
    model: PreTrainedModel,
    train: Sequence[TrainingRow],
    dev: Sequence[TrainingRow],
    *,
    training: TrainingConfig,
    adaptation: ModelConfig,
    output_dir: Path,
    seed: int,
    resume: bool,
    log: Callable[[str], None],
    watch: Watch | None = None,
) -> PreTrainedModel:
    """The model of the best dev macro-F1 (without dev rows the last one), adapters merged, fp32, in evaluation mode.

    Several processes share every batch and end with the same model. `log` takes a line per logging step and
    evaluation. Intermediate states go to `output_dir/steps`, at each evaluation; `resume` goes on from the last one.
    What `watch` raises ends the run.

    Raises:
        ConfigError: the run does not fit into the memory that is free, the layers to freeze are not there, or there
            are more processes than GPUs.
    """
    import torch
    from transformers import set_seed

    from stance.training.dropout import require_dropout, set_dropout

    threads = threads_each() if training.threads is None else training.threads
    if threads is not None:
        torch.set_num_threads(threads)
    join_processes()
    set_seed(seed)
    if training.gradient_checkpointing:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    if adaptation.dropout is not None:
        set_dropout(model, adaptation.dropout)
    adapted = _adapt(model, adaptation)
    if training.r_drop:
        require_dropout(adapted)
    need, available = estimate_memory(adapted, train, training=training), available_memory()
    require_memory(need, available=available)
    log(memory_line(need, available=available))
    steps_dir = output_dir / "steps"
    trainer = _build_trainer(adapted, train, dev, training=training, steps_dir=steps_dir, seed=seed)
    _speak_through(trainer, log, watch)
    kind = training.tracker if is_first() else Tracker.none
    with quiet_transformers(), tracked(kind, output_dir=output_dir) as trackers:
        for tracker in trackers:
            trainer.add_callback(tracker)
        trainer.train(resume_from_checkpoint=_last_complete(steps_dir) if resume else None)
    if adaptation.method is not Method.full:
        adapted = adapted.merge_and_unload()
    return adapted.float().eval()


def _last_complete(steps_dir: Path) -> str | None:
    """The state of the latest step that was written to its end, by all processes.

    The first process's last file says how far the run is; each writes its random state, which others may do later.
    """
    names = [f"rng_state_{index}.pth" for index in range(n_processes())] if n_processes() > 1 else ["rng_state.pth"]
    states = [
        path.parent
        for path in steps_dir.glob("checkpoint-*/trainer_state.json")
        if _is_whole(path) and all(is_zipfile(path.parent / name) for name in names)
    ]
    return str(max(states, key=lambda folder: int(folder.name.rpartition("-")[2]))) if states else None


def _is_whole(path: Path) -> bool:
    """Whether a file of JSON was written to its end; a run may be killed while it is."""
    try:
        json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return False
    return True


def _speak_through(trainer: Trainer, log: Callable[[str], None], watch: Watch | None) -> None:
    """One voice: neither the library's bars nor its printed dictionaries."""
    from transformers import PrinterCallback

    from stance.training.progress import ProgressLines, WatchedEvaluations

    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(ProgressLines(log))
    if watch is not None:
        trainer.add_callback(WatchedEvaluations(watch))


def class_weights(labels: Sequence[int]) -> list[float]:
    """The square root of the inverse class frequency, 1.0 for balanced classes; an absent class gets 0."""
    counts = np.bincount(labels, minlength=len(STANCES))
    return [float(np.sqrt(len(labels) / (len(STANCES) * n))) if n else 0.0 for n in counts]


def _adapt(model: PreTrainedModel, config: ModelConfig) -> Any:
    layers = _layers(model, at_least=config.frozen_layers + 1) if config.frozen_layers else ()
    adapted = model if config.method is Method.full else _with_adapters(model, config)
    if config.freeze_embeddings:
        model.get_input_embeddings().requires_grad_(False)
    for layer in layers[: config.frozen_layers]:
        layer.requires_grad_(False)  # with what adapters it has: they start without effect and stay so
    return adapted


def _with_adapters(model: PreTrainedModel, config: ModelConfig) -> Any:
    from peft import LoraConfig, TaskType, get_peft_model

    heads = sorted({name.split(".")[0] for name, _ in model.named_parameters() if _is_head(model, name)})
    lora = LoraConfig(
        task_type=TaskType.SEQ_CLS,
        r=config.lora_rank,
        lora_alpha=config.lora_alpha,
        lora_dropout=config.lora_dropout,
        use_dora=config.method is Method.dora,
        target_modules="all-linear",
        modules_to_save=heads,
    )
    return get_peft_model(model, lora)


def _layers(model: PreTrainedModel, *, at_least: int) -> Any:
    """The base's layers in order: its list of as many modules as the config counts.

    Raises:
        CheckpointError: there is no such list.
        ConfigError: it is too short.
    """
    from torch.nn import ModuleList

    count = model.config.num_hidden_layers
    if count < at_least:
        raise ConfigError(f"model.frozen_layers is {at_least - 1}, but the model has {count} layers; one must learn.")
    found = [module for module in model.modules() if isinstance(module, ModuleList) and len(module) == count]
    if not found:
        raise CheckpointError(f"model.frozen_layers: the layers of a {model.config.model_type} cannot be told apart.")
    return found[0]


def _is_head(model: PreTrainedModel, name: str) -> bool:
    return not name.startswith(model.base_model_prefix + ".")


def _build_trainer(
    model: Any,
    train: Sequence[TrainingRow],
    dev: Sequence[TrainingRow],
    *,
    training: TrainingConfig,
    steps_dir: Path,
    seed: int,
) -> Trainer:
    import torch
    from datasets import Dataset
    from transformers import EarlyStoppingCallback

    from stance.training.dropout import TwoPasses
    from stance.training.losses import divergence_loss, goal_loss, relation_loss
    from stance.training.trainer import StanceTrainer

    weights = class_weights([row.label for row in train]) if training.class_weights else [1.0] * len(STANCES)
    weight = torch.tensor(weights)

    def weighted_loss(outputs: Any, labels: Tensor, num_items_in_batch: Tensor | None = None) -> Tensor:
        total = goal_loss(outputs["logits"], labels, weights=weight, loss=training.loss)
        if "again" in outputs:
            twice = goal_loss(outputs["again"], labels, weights=weight, loss=training.loss)
            total = (total + twice) / 2 + training.r_drop * divergence_loss(outputs["logits"], outputs["again"], labels)
        if training.pair_loss and "twins" in outputs:
            total = total + training.pair_loss * relation_loss(outputs["logits"], labels, outputs["twins"])
        if "text_loss" in outputs:
            total = total + training.text_loss * (labels.amax(dim=1) > 0).sum() * outputs["text_loss"]
        # Of all batches that go into one step, where their gradients are accumulated; it counts every number of a goal.
        return total / (len(labels) if num_items_in_batch is None else num_items_in_batch / len(STANCES))

    def compute_metrics(predictions: Any) -> dict[str, float]:
        gold = [STANCES[label] for label in predictions.label_ids.argmax(axis=1)]
        chosen = [STANCES[index] for index in predictions.predictions.argmax(axis=1)]
        return {"macro_f1": macro_f1(gold, chosen)}

    feed = make_feed(model, train, dev, training=training)
    return StanceTrainer(
        model=TwoPasses(feed.model) if training.r_drop else feed.model,
        args=_arguments(training, feed, steps_dir=steps_dir, seed=seed),
        data_collator=feed.collate,
        train_dataset=Dataset.from_list(feed.train),
        eval_dataset=Dataset.from_list(feed.dev) if feed.dev else None,
        compute_loss_func=weighted_loss,
        compute_metrics=compute_metrics,
        callbacks=[EarlyStoppingCallback(early_stopping_patience=training.patience)] if feed.dev else [],
        optimizers=(_optimizer(model, training), None),
    )


def _arguments(training: TrainingConfig, feed: Feed, *, steps_dir: Path, seed: int) -> TrainingArguments:
    from transformers import TrainingArguments

    batches = training.epochs * np.ceil(len(feed.train) / feed.batch_size)
    n_steps = max(1, round(batches / training.accumulate))
    every = max(1, n_steps // training.evaluations)
    return TrainingArguments(
        output_dir=str(steps_dir),
        max_steps=n_steps,
        per_device_train_batch_size=feed.batch_size,  # of all processes: StanceTrainer shares it out
        per_device_eval_batch_size=feed.eval_batch_size,
        gradient_accumulation_steps=training.accumulate,
        learning_rate=training.learning_rate,
        warmup_steps=round(training.warmup_ratio * n_steps),
        weight_decay=training.weight_decay,
        bf16=_use_bf16(training.precision),
        train_sampling_strategy="group_by_length",
        length_column_name="length",
        eval_strategy="steps" if feed.dev else "no",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=1,
        load_best_model_at_end=bool(feed.dev),
        metric_for_best_model="macro_f1",
        greater_is_better=True,
        logging_steps=max(1, n_steps // 40),
        remove_unused_columns=False,
        label_names=["labels"],
        seed=seed,
        data_seed=seed,
        report_to=[],
        disable_tqdm=True,
        use_cpu=not _has_gpu(),
        dataloader_pin_memory=_has_gpu(),
        ddp_find_unused_parameters=False,  # whatever learns takes part in every step
    )


def _optimizer(model: Any, training: TrainingConfig) -> Any:
    import torch

    trainable = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
    base = model.base_model_prefix + "."
    head = [parameter for name, parameter in trainable if base not in name and "lora_" not in name]
    body = [parameter for name, parameter in trainable if base in name or "lora_" in name]
    groups = [
        {"params": body, "lr": training.learning_rate},
        {"params": head, "lr": training.head_learning_rate},
    ]
    return torch.optim.AdamW(groups, weight_decay=training.weight_decay, betas=(0.9, 0.98), fused=True)


def _use_bf16(precision: Precision) -> bool:
    if precision is Precision.auto:
        return _has_gpu() or trains_faster_in_bf16()
    return precision is Precision.bf16


def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def gold_labels(stances: Sequence[Stance]) -> list[int]:
    """Class indices, in the order of the logits."""
    return [STANCES.index(stance) for stance in stances]

"""The model card that goes into every checkpoint folder."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from stance.modeling.checkpoint import CheckpointInfo

_CITATIONS = {
    "newsmtsc": "NewsMTSC (MIT-style licence): Hamborg and Donnay 2021, NewsMTSC: A Dataset for "
    "(Multi-)Target-dependent Sentiment Classification in Political News Articles, EACL 2021.",
    "dse": "Directed Sentiment Extraction (free use with citation): Park, Pan and Joo 2021, Who Blames or Endorses "
    "Whom? Entity-to-Entity Directed Sentiment Extraction in News Text, Findings of ACL 2021.",
    "rusentne": "RuSentNE-2023 (MIT): Golubev, Rusnachenko and Loukachevitch 2023, RuSentNE-2023: Evaluating "
    "Entity-Oriented Sentiment Analysis on Russian News Texts, Dialogue 2023.",
    "ruopinionne": "RuOpinionNE-2024 (MIT): Loukachevitch and others 2025, RuOpinionNE-2024: Extraction of Opinion "
    "Tuples from Russian News Texts, Dialogue 2025.",
    "composed": "The project's own composed sentences in data/sentences (CC BY 4.0).",
}


def render_card(info: CheckpointInfo, *, command: str) -> str:
    """Markdown: what the model is, trained on what, with which command and seed, its figures, limits and licence."""
    sources = _sources(info.metrics)
    licence = _licence(info.base)
    parts = [
        f"---\nlicense: {licence}\npipeline_tag: text-classification\ntags: [stance-detection]\n---\n",
        f"# {info.name}\n",
        "Three-way stance classifier (favor, neutral, against): which side an actor takes towards a target.\n",
        f"- base: `{info.base}`" + (f", first {info.num_layers} layers" if info.num_layers else ""),
        f"- kind: {info.kind}; seed: {info.seed}; temperature: {_number(info.temperature)}; "
        f"smoothing undone: {info.smoothing:.3f}",
        f"- command: `{command}`",
        *_ancestors(info),
        f"- data SHA-256: `{info.data_sha256}`; config SHA-256: `{info.config_sha256}`",
        *_calibration(info),
        "",
        *_use(info),
        "## Trained on\n",
        *[f"- {_CITATIONS.get(source, source)}" for source in sources],
        *[f"- {path}: {licences}" for path, licences in (info.metrics.get("licences") or {}).items()],
        "",
        *_figures("Dev split (used for early stopping and temperature)", info.metrics.get("dev")),
        *_figures("Held-out test split (unseen sentences)", info.metrics.get("test")),
        "## Limits\n",
        "It judges one sentence or quote at a time, from its words alone. Irony, long-distance context and languages "
        "with little training data are weak; the tables above say how weak. It is no fact checker and must not be used "
        "to decide about people.\n",
        "## Licence\n",
        _LICENCES[licence],
        "",
    ]
    return "\n".join(parts)


_LICENCES = {
    "gemma": "Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms. "
    "`NOTICE`, `GEMMA_TERMS.html` and `MODIFICATIONS.md` in this folder belong to the weights.",
    "apache-2.0": "Apache-2.0, as its base, the Universal Sentence Encoder; `NOTICE` in this folder names its makers.",
    "other": "The licence of the base applies to these weights.",
}


def _licence(base: str) -> str:
    return "gemma" if "gemma" in base else "apache-2.0" if "use-multilingual" in base else "other"


def _use(info: CheckpointInfo) -> list[str]:
    if info.use == "research":
        return ["**For research inside the house only: licences of its data do not allow to give the weights away.**\n"]
    return []


def _ancestors(info: CheckpointInfo) -> list[str]:
    if info.parent is not None:
        return [f"- training went on from: {_named(info.parent)}"]
    return [f"- average of the weights of: {_named(one)}" for one in info.averaged]


def _named(ancestor: Mapping[str, Any]) -> str:
    return (
        f"`{ancestor['model_id']}` (seed {ancestor['seed']}, data SHA-256 `{ancestor['data_sha256']}`, "
        f"config SHA-256 `{ancestor['config_sha256']}`)"
    )


def _sources(metrics: Mapping[str, Any]) -> list[str]:
    train = (metrics.get("rows") or {}).get("train", {})
    return sorted({key.split("/")[0] for key in train})


def _figures(title: str, scores: Mapping[str, Any] | None) -> list[str]:
    if not scores:
        return []
    rows = [("all", "", scores["overall"])]
    rows += [
        (column, value, figures)
        for column in ("lang", "group", "source", "lang_with_actor", "phenomenon", "target")
        for value, figures in scores["slices"].get(column, {}).items()
    ]
    lines = [
        f"## {title}\n",
        "| slice | value | rows | macro-F1 | accuracy | recall of neutral | ECE (by chance) | error at 80 % coverage |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for column, value, figures in rows:
        recall = figures["per_stance"]["neutral"]["recall"]
        lines.append(
            f"| {column} | {value} | {figures['rows']} | {figures['macro_f1']:.3f} | {figures['accuracy']:.3f} | "
            f"{recall:.3f} | {_calibration_error(figures)} | {figures.get('error_at_80', math.nan):.3f} |"
        )
    return [*lines, "", *_pairs(scores.get("minimal_pairs") or {})]


def _calibration_error(figures: Mapping[str, Any]) -> str:
    """With what chance alone would make of it on so few rows, where the checkpoint keeps that."""
    by_chance = figures.get("ece_by_chance")
    return f"{figures.get('ece', math.nan):.3f}" + ("" if by_chance is None else f" ({by_chance:.3f})")


def _pairs(pairs: Mapping[str, Mapping[str, Any]]) -> list[str]:
    lines = [
        f"- {relation} pairs, {found['questions']} questions: all members right {found['all_right']:.3f}, all answered "
        f"alike {found['all_equal']:.3f}"
        for relation, found in sorted(pairs.items())
    ]
    return [*lines, ""] if lines else []


def _calibration(info: CheckpointInfo) -> list[str]:
    if info.temperature is None:
        return []
    of_groups = ", ".join(f"{group} {value:.2f}" for group, value in sorted(info.temperatures.items()))
    thresholds = ", ".join(f"{name} {value:.2f}" for name, value in sorted(info.thresholds.items()))
    return [f"- temperatures of language groups: {of_groups or 'none'}", f"- thresholds: {thresholds}"]


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"

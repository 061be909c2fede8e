"""What a model makes of a language, or a kind of target, that its composed rows never showed.

python scripts/leave_one_out.py languages|targets [--rows 4000] [--seed 13]

Every run goes on from a first step on the public sets (out/public/checkpoint; it saw English and Russian news) on
the same number of composed rows: once with everything, once without one group. Both are tested on the composed test
rows of that group. Each language group is a run; the kinds of target, 3-4 % of the rows each, are left out together
by one. The difference comes with the 95 % interval of a paired bootstrap over sentences.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from stance.config import ExperimentConfig, LeaveOutConfig
from stance.data.dataset import load_dataset
from stance.evaluation.bootstrap import macro_f1_difference
from stance.evaluation.metrics import macro_f1
from stance.experiment import run
from stance.hydra_schema import compose_experiment
from stance.inference.classifier import StanceClassifier
from stance.types import STANCES, StanceExample

RUNS = Path("out/leave-one-out")
LANGUAGES = {
    "sr, hr, bs": ["sr-Latn", "sr-Cyrl", "hr", "bs"],
    "sq": ["sq"],
    "mk": ["mk"],
    "ru": ["ru"],
    "de": ["de"],
    "fr": ["fr"],
    "en": ["en"],
}
# Words of target names, in all languages.
TARGETS = {
    "Kosovo and Serbia": r"kosov|косов|1244|zajednica srpskih|заједница српских|serb-majority|ibar bridge|asociacion",
    "mines, dams, energy": r"\bmin(e|es|ing)\b|quarry|lith?iu?[mj]|лити[јйя]|rudni|рудни|miniera|kiesgrube|carrière"
    r"|шахт|bergwerk|hidro|hydro|elektran|електран|\bdam\b|\bbrana|digë|barrage|staudamm|\bwind|éolien|nu[ck]lear|solar",
    "taxes, wages, pensions": r"\btax|porez|порез|данок|tatim|steuer|impôt|налог|\bwage|\bpag(a|at)\b|salaire|зарплат"
    r"|\blohn|pension|penzij|mirovin|пензи|пенси|\brente\b|retraite",
    "traffic": r"\btram|\btoll|motorway|highway|autocest|auto-?put|autoroute|autobahn|автопат|autostrad|bridge|\bmost\b"
    r"|\bmetro\b|parking|tunn?el|тунел|tempolimit|rail|\bprug|пруг|hekurudh|bahn\b|emission zone|\bferry|aeroport",
    "schools and universities": r"school|škol|школ|shkoll|schul|école|lycée|tuition|student|универзит|univer[sz]it"
    r"|campus|matur|матур|dormitor|textbook|udžbeni|уџбени",
}


def main(arguments: Sequence[str]) -> None:
    """Print a table of Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("languages", "targets"), help="what is left out")
    parser.add_argument("--rows", type=int, default=4000, help="training rows of each run; some hundred teach nothing")
    parser.add_argument("--seed", type=int, default=13)
    options = parser.parse_args(arguments)
    everything = _trained("everything", _config(options, lang=[], target=[]))
    print("\n| left out | test rows | macro-F1, seen | never seen | difference |\n|---|---|---|---|---|", flush=True)
    for group, without, test in _languages(options) if options.what == "languages" else _targets(options):
        print(_line(group, test, seen=_answers(everything, test), unseen=_answers(without, test)), flush=True)


Group = tuple[str, StanceClassifier, Sequence[StanceExample]]


def _languages(options: argparse.Namespace) -> Iterator[Group]:
    for group, langs in LANGUAGES.items():
        config = _config(options, lang=langs, target=[])
        yield group, _trained(f"without {langs[0]}", config), load_dataset(config.data, seed=options.seed).test


def _targets(options: argparse.Namespace) -> Iterator[Group]:
    everything = load_dataset(_config(options, lang=[], target=[]).data, seed=options.seed)
    rows = (*everything.train, *everything.dev, *everything.test)
    left_out = re.compile("|".join(TARGETS.values()), re.IGNORECASE)
    config = _config(
        options, lang=[], target=sorted({t for row in rows if left_out.search(t := row.query.target.name)})
    )
    without = _trained("without targets", config)
    test = load_dataset(config.data, seed=options.seed).test
    for group, words in TARGETS.items():
        yield group, without, [row for row in test if re.search(words, row.query.target.name, re.IGNORECASE)]
    yield "all of them", without, test


def _config(options: argparse.Namespace, *, lang: list[str], target: list[str]) -> ExperimentConfig:
    settings = ["data=composed", "name=leave-one-out", "evaluate_test=false", "training.evaluations=1"]
    model = ["model.base=out/public/checkpoint", "model.frozen_layers=6", "training.learning_rate=5.0e-5"]
    config = compose_experiment([*settings, *model, f"data.max_train_rows={options.rows}", f"seed={options.seed}"])
    return replace(config, data=replace(config.data, leave_out=LeaveOutConfig(lang=lang, target=target)))


def _trained(name: str, config: ExperimentConfig) -> StanceClassifier:
    """The model of a run; one that is there already is taken as it is."""
    folder = RUNS / f"{name.replace(' ', '-')}-{config.data.max_train_rows}-{config.seed}"
    if not (folder / "checkpoint").is_dir():
        run(replace(config, output_dir=str(folder)), command="scripts/leave_one_out.py", log=print)
    return StanceClassifier.from_pretrained(folder / "checkpoint")


def _line(group: str, test: Sequence[StanceExample], *, seen: np.ndarray, unseen: np.ndarray) -> str:
    gold = np.array([STANCES.index(example.stance) for example in test])
    found = macro_f1_difference(gold, seen, unseen, [example.origin.text for example in test])
    with_, without = (macro_f1([e.stance for e in test], [STANCES[i] for i in answers]) for answers in (seen, unseen))
    interval = f"{found.value:+.3f} ({found.low:+.3f} to {found.high:+.3f})"
    return f"| {group} | {len(test)} | {with_:.3f} | {without:.3f} | {interval} |"


def _answers(model: StanceClassifier, rows: Sequence[StanceExample]) -> np.ndarray:
    return np.array([STANCES.index(p.stance) for p in model.predict([example.query for example in rows])])


if __name__ == "__main__":
    main(sys.argv[1:])

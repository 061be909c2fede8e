"""Cross-validation: every row of train and dev is dev once, groups stay whole, test is never touched."""

import json
import statistics
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from stance.cli.app import run as stance
from stance.config import ExperimentConfig
from stance.data.dataset import Dataset, load_dataset
from stance.errors import ConfigError, DataError
from stance.experiment import run
from stance.folds import cross_validate
from stance.hydra_schema import compose_experiment
from stance.modeling.checkpoint import read_info

_N_FOLDS = 4


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """A file of 40 documents of three sentences, every tenth sentence twice, every fifth document of the test part."""
    rows = []
    for number in range(120):
        document, stance = number // 3, ("favor", "against", "neutral", "favor")[number % 4]
        text = f"Ana spoke of bridge {number} on day {number}."
        for copy in range(2 if number % 10 == 0 else 1):
            annotation = {"actor": {"name": "Ana"}, "target": {"name": f"bridge {number}"}, "stance": stance}
            row = {"id": f"{number}-{copy}", "text": text, "lang": "en", "annotations": [annotation]}
            # A sentence that stands twice is in two documents, which therefore belong together.
            row["doc_id"] = f"d{document + 7 * copy}"
            if document % 5 == 0:
                row["split"] = "test"
            rows.append(row)
    path = tmp_path / "documents.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def _parts(path: Path, *overrides: str) -> Dataset:
    config = compose_experiment(["data=own", f"data.root={path.parent}", *overrides])
    return load_dataset(config.data, seed=config.seed)


def test_every_row_is_dev_once_and_groups_stay_whole(documents: Path) -> None:
    whole = _parts(documents)
    parts = [_parts(documents, f"data.folds={_N_FOLDS}", f"data.fold={n + 1}") for n in range(_N_FOLDS)]
    ids = [[example.origin.id for example in part.dev] for part in parts]
    assert Counter(i for part in ids for i in part) == Counter(e.origin.id for e in (*whole.train, *whole.dev))
    for part in parts:
        for field in ("doc_id", "text"):
            train, dev = ({getattr(e.origin, field) for e in rows} for rows in (part.train, part.dev))
            assert not train & dev
        assert [e.origin.id for e in part.test] == [e.origin.id for e in whole.test]
        assert len({e.stance for e in part.dev}) == 3
    sizes = [len(part) for part in ids]
    assert max(sizes) < 1.5 * min(sizes)


def test_the_same_seed_gives_the_same_parts(documents: Path) -> None:
    fold = ("data.folds=4", "data.fold=2")
    assert _parts(documents, *fold).sha256 == _parts(documents, *fold).sha256
    dev = [{e.origin.id for e in _parts(documents, *fold, f"seed={seed}").dev} for seed in (1, 2)]
    assert dev[0] != dev[1]


def test_each_fold_is_a_run_of_its_own(
    experiment: Callable[..., ExperimentConfig], tiny_base: Callable[[str], Path], tmp_path: Path
) -> None:
    base = (f"model.base={tiny_base('gemma3_text')}", "data.folds=3")
    found = cross_validate(experiment(tmp_path / "all", *base), command="pytest", log=print)
    infos = [read_info(fold.checkpoint) for fold in found.folds]
    assert sum(fold.dev_rows for fold in found.folds) == 12
    assert [fold.macro_f1 for fold in found.folds] == [i.metrics["dev"]["overall"]["macro_f1"] for i in infos]
    assert found.mean == pytest.approx(statistics.mean(fold.macro_f1 for fold in found.folds))
    assert len({info.data_sha256 for info in infos}) == 3
    alone = run(experiment(tmp_path / "alone", *base, "data.fold=2"), command="pytest", log=print)
    weights = [folder / "model.safetensors" for folder in (alone.folder, found.folds[1].checkpoint)]
    assert weights[0].read_bytes() == weights[1].read_bytes()


def test_the_command_shows_mean_and_deviation(
    sentences_file: Path, tiny_base: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ["debug=tiny", "data=own", f"data.root={sentences_file.parent}", f"output_dir={tmp_path}"]
    assert stance(["train", *common, f"model.base={tiny_base('gemma3_text')}", "data.folds=2"]) == 0
    out = capsys.readouterr().out
    infos = [read_info(tmp_path / f"fold-{number}" / "checkpoint") for number in (1, 2)]
    scores = [info.metrics["dev"]["overall"]["macro_f1"] for info in infos]
    assert all(f"{score:.3f}" in out for score in scores)
    assert f"{statistics.mean(scores):.3f} ({statistics.stdev(scores):.3f})" in out


@pytest.mark.parametrize(
    ("overrides", "kind", "message"),
    [
        (("data.folds=1", "data.fold=1"), ConfigError, r"data\.folds is 1"),
        (("data.folds=3", "data.fold=4"), ConfigError, r"data\.fold is 4"),
        (("data.folds=3",), ConfigError, r"data\.folds=3 makes several runs"),
        (("data.fold=1",), ConfigError, r"data\.fold is 1, but data\.folds"),
        (("data.folds=13", "data.fold=1"), DataError, r"data\.folds is 13, but .* only 12 groups"),
        (("data.folds=3", "sweep=optuna", "sweep.ints=[]"), ConfigError, "makes several runs"),
    ],
)
def test_wrong_folds_are_told(
    overrides: tuple[str, ...],
    kind: type[Exception],
    message: str,
    experiment: Callable[..., ExperimentConfig],
    tmp_path: Path,
) -> None:
    from stance.sweep import search

    config = experiment(tmp_path, *overrides)
    with pytest.raises(kind, match=message):
        (search if "sweep=optuna" in overrides else run)(config, command="pytest", log=print)

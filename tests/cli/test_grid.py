"""A grid runs every combination in a folder of its own, and tells at the end how each one ended."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from stance.cli.app import run
from stance.modeling.checkpoint import read_info

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def grid(sentences_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs `stance train -m` on the tiny base and the composed sentences; gives exit code, stdout, stderr."""

    def call(*overrides: str) -> tuple[int, str, str]:
        common = ["debug=tiny", "data=own", f"data.root={sentences_file.parent}", f"output_dir={tmp_path / 'grid'}"]
        code = run(["train", "-m", *common, *overrides])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def _rows(table: str) -> list[list[str]]:
    """The cells of each row; what a narrow column broke is put together again."""
    rows: list[list[str]] = []
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("│┃").split("│")]
        if len(cells) != 4:
            continue
        if cells[0]:
            rows.append(cells)
        else:
            rows[-1] = [before + more for before, more in zip(rows[-1], cells, strict=True)]
    return rows


def test_every_combination_has_its_folder_and_its_line(grid: Call, tmp_path: Path) -> None:
    code, out, _ = grid("training.learning_rate=1e-4,2e-2", "seed=1,2")
    assert code == 0
    expected = [("0.0001", "1"), ("0.0001", "2"), ("0.02", "1"), ("0.02", "2")]
    rows = _rows(out)
    assert [row[1] for row in rows] == [f"training.learning_rate={rate} seed={seed}" for rate, seed in expected]
    infos = [read_info(tmp_path / "grid" / str(number) / "checkpoint") for number in range(4)]
    assert [str(info.seed) for info in infos] == [seed for _, seed in expected]
    assert len({info.config_sha256 for info in infos}) == 4
    assert [row[2] for row in rows] == [f"{info.metrics['dev']['overall']['macro_f1']:.3f}" for info in infos]
    assert [row[3].endswith(f"grid/{number}") for number, row in enumerate(rows)] == [True] * 4
    card = (tmp_path / "grid" / "2" / "checkpoint" / "README.md").read_text(encoding="utf-8")
    assert re.search(r"stance train debug=tiny .*training\.learning_rate=0\.02 seed=1 output_dir=\S+/grid/2`", card)


def test_a_cell_that_cannot_be_run_is_told_and_the_others_run(grid: Call, tmp_path: Path) -> None:
    code, out, err = grid("training.batch_size=0,8")
    assert code == 1
    assert _rows(out)[0][2] == "failed"
    assert "cell 0" in err
    assert "training.batch_size is 0" in err
    assert (tmp_path / "grid" / "1" / "checkpoint" / "stance.json").is_file()


def test_a_grid_of_which_nothing_can_be_run_ends_with_2(grid: Call) -> None:
    code, out, err = grid("training.batch_size=0,-1")
    assert code == 2
    assert [row[2] for row in _rows(out)] == ["failed", "failed"]
    assert "training.batch_size is 0" in err
    assert "training.batch_size is -1" in err
    assert "Traceback" not in err


def test_a_value_that_does_not_fit_stops_the_grid_before_its_first_run(grid: Call, tmp_path: Path) -> None:
    code, out, err = grid("training.learning_rate=1e-4,fast")
    assert code == 2
    assert out == ""
    assert "fast" in err
    assert not list(tmp_path.glob("grid/*/checkpoint"))

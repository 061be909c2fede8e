"""Leaks between files and splits, and the plain counts of a set."""

import json
import os
from pathlib import Path

import pytest

from stance.cli.app import run
from stance.data.formats import read_sentences
from stance.data.leaks import find_leaks
from stance.data.losses import LossReport
from stance.data.stats import count

_PUBLIC = os.environ.get("STANCE_PUBLIC_DATA")
_LONG = "The council of the town voted for the bridge"


def _write(path: Path, *rows: tuple[str, str | None], stance: str = "favor") -> Path:
    records = [
        {
            "id": f"{path.stem}{number}",
            "text": text,
            "split": split,
            "phenomena": ["negation"] if number == 0 else [],
            "annotations": [
                {"actor": {"name": "A"}, "target": {"name": "t"}, "stance": stance, "annotator": "a1"},
                {"actor": None, "target": {"name": "t"}, "stance": "neutral", "annotator": "a1"},
            ],
        }
        for number, (text, split) in enumerate(rows)
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def test_equal_sentences_of_two_files_are_found_whatever_their_punctuation(tmp_path: Path) -> None:
    one = _write(tmp_path / "one.jsonl", (f"{_LONG}.", None), ("Another sentence of some length.", None))
    other = tmp_path / "plain.txt"
    other.write_text(f"first line of no format\n“{_LONG.upper()}”!\n", encoding="utf-8")
    (leak,) = find_leaks([one, other])
    assert (leak.first, leak.second, leak.n_shared) == (str(one), str(other), 1)
    assert leak.example == f"{_LONG}."


def test_near_duplicates_are_found_on_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = "after a long night of debate that nobody in the packed hall had wanted to miss"
    one = _write(tmp_path / "one.jsonl", (f"{_LONG} {words}.", None))
    other = _write(tmp_path / "two.jsonl", (f"{_LONG} {words} it.", None), ("Something else entirely was said.", None))
    assert find_leaks([one, other]) == []
    (leak,) = find_leaks([one, other], near=True)
    assert (leak.n_shared, leak.n_near, leak.n_first, leak.n_second) == (0, 1, 1, 2)
    assert run(["data", "leaks", "--near", str(one), str(other)]) == 1
    assert "Alike" in capsys.readouterr().out


@pytest.mark.skipif(_PUBLIC is None, reason="STANCE_PUBLIC_DATA does not name the folder of the public sets")
def test_the_known_overlaps_of_public_sets_are_found() -> None:
    assert _PUBLIC is not None
    root = Path(_PUBLIC)
    (russian,) = find_leaks([root / "rusentne2023/train_data.csv", root / "ruopinionne2024/train.jsonl"])
    (english,) = find_leaks([root / "dse/train.txt", root / "dse/valid.txt"])
    assert (russian.n_shared, english.n_shared) == (1821, 394)


def test_splits_of_one_folder_are_compared(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    _write(folder / "a.jsonl", (_LONG, "train"))
    _write(folder / "b.jsonl", (_LONG, "test"), ("Short.", "test"))
    (leak,) = find_leaks([folder])
    assert {leak.first, leak.second} == {f"{folder} (train)", f"{folder} (test)"}


def test_the_command_exits_1_on_a_leak_and_0_without(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = _write(tmp_path / "a.jsonl", (_LONG, None)), _write(tmp_path / "b.jsonl", (_LONG, None))
    clean = _write(tmp_path / "c.jsonl", ("Nothing here stands anywhere else.", None))
    assert run(["data", "leaks", str(one), str(other)]) == 1
    assert "The council" in capsys.readouterr().out
    assert run(["data", "leaks", str(one), str(clean)]) == 0


def test_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _write(tmp_path / "a.jsonl", (_LONG, "train"), (f"{_LONG} twice", "dev"))
    stats = count(read_sentences(path, format=None, losses=LossReport()))
    assert (stats.n_sentences, stats.n_pairs, stats.n_targets, stats.n_actors) == (2, 4, 1, 1)
    assert (stats.n_several, stats.n_mixed, stats.n_hard, stats.n_paired) == (2, 2, 1, 0)
    assert stats.stances == {"favor": 2, "neutral": 2, "against": 0}
    assert stats.splits == {"dev": 1, "train": 1}
    assert run(["data", "stats", str(path)]) == 0
    assert run(["data", "agreement", str(path)]) == 2
    assert "judged by two annotators" in capsys.readouterr().err

"""The page of the tour: its commands are those of `stance`, its files are read, and it runs as it stands."""

from __future__ import annotations

import importlib.util
import itertools
import json
import shlex
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

from stance.cli.app import app
from stance.errors import DataError
from stance.hydra_schema import compose_experiment

_ROOT = Path(__file__).parent.parent.parent
_PAGE = _ROOT / "docs" / "tour.md"
_SCRIPT = _ROOT / "scripts" / "tour.py"
_OTHERS = {"head", "sed", "python"}
# Before a path that a command writes, and the commands whose second argument is one.
_WRITES = {"--fix", "--report", "--out", "-o", ">"}
_SECOND_IS_WRITTEN = (["data", "split"], ["batch"])


@pytest.fixture(scope="module")
def tour() -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("tour", _SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up.
    sys.modules["tour"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder to run the page in: it sees the data of the project, and what is written stays apart."""
    (tmp_path / "data").symlink_to(_ROOT / "data", target_is_directory=True)
    return tmp_path


def _commands(tour: ModuleType) -> list[list[str]]:
    """The words of each command of the page."""
    commands = [step.text for step in tour.read_page(_PAGE) if isinstance(step, tour.Command)]
    return [shlex.split(text.replace("\\\n", " ")) for text in commands]


def _of_stance(tour: ModuleType) -> list[list[str]]:
    return [words[1:] for words in _commands(tour) if words[0] == "stance"]


def test_the_page_goes_the_whole_way(tour: ModuleType) -> None:
    done = [" ".join(words[:2]) if words[0] == "data" else words[0] for words in _of_stance(tour)]
    order = ["data check", "data split", "train", "evaluate", "batch", "report"]
    places = [done.index(name) for name in order if name != "evaluate"]
    assert places == sorted(places)
    assert {words[0] for words in _commands(tour)} == {"stance", *_OTHERS}
    assert any("--gate" in words for words in _of_stance(tour))


def test_every_command_and_option_of_the_page_exists(tour: ModuleType) -> None:
    for words in _of_stance(tour):
        command: Any = typer.main.get_command(app)
        rest = list(words)
        while hasattr(command, "commands") and rest[0] in command.commands:
            command = command.commands[rest.pop(0)]
        assert command.name == words[len(words) - len(rest) - 1], words
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        assert {word for word in rest if word.startswith("-")} <= known, words


def test_the_overrides_of_the_training_fit_the_configuration(tour: ModuleType) -> None:
    (overrides,) = [words[1:] for words in _of_stance(tour) if words[0] == "train"]
    config = compose_experiment(overrides)
    assert (config.model.base, config.data.root) == ("default", "out/tour/parts")


def test_every_file_that_is_named_is_there_or_written_before(tour: ModuleType) -> None:
    written: set[str] = set()
    for step in tour.read_page(_PAGE):
        if isinstance(step, tour.ShownFile):
            written.add(step.path)
            continue
        words = shlex.split(step.text.replace("\\\n", " "))
        here = {word for before, word in itertools.pairwise(words) if before in _WRITES}
        here |= {word.removeprefix("output_dir=") for word in words if word.startswith("output_dir=")}
        for command in _SECOND_IS_WRITTEN:
            if words[1 : 1 + len(command)] == command and "status" not in words:
                here.add(words[len(command) + 2])
        if words[1:3] == ["export", "average"]:
            here.add([word for word in words if "=" not in word][-1])
        for path in (word.rpartition("=")[2] for word in words if "/" in word):
            if path.startswith("data/"):
                assert (_ROOT / path).exists(), path
            elif path.startswith("out/") and path not in here:
                assert any(path == known or path.startswith(f"{known}/") for known in written), path
        written |= here


def test_the_page_runs_up_to_the_split(
    tour: ModuleType, clone: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(_ROOT))
    steps = tour.read_page(_PAGE)
    (last,) = (number for number, step in enumerate(steps) if getattr(step, "text", "").startswith("stance data split"))
    for step in steps[: last + 1]:
        tour.do(step, clone)
    printed = capfd.readouterr().out
    shown = [
        line for line in _PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("  out/tour/mended.jsonl")
    ]
    assert len(shown) == 3
    assert [line for line in shown if line not in printed] == []
    parts = {
        path.stem: path.read_text(encoding="utf-8").splitlines() for path in (clone / "out/tour/parts").glob("*.jsonl")
    }
    assert {"train", "dev", "test"} == parts.keys()
    assert sum(len(json.loads(line)["annotations"]) for lines in parts.values() for line in lines) == 216


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_the_whole_page_runs(tour: ModuleType, clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(_ROOT))
    tour.run(_PAGE, clone)
    gate = json.loads((clone / "out/tour/after/report.json").read_text(encoding="utf-8"))["gate"]
    assert gate["passed"]
    assert (clone / "out/tour/report.html").stat().st_size > 10_000


def test_files_and_commands_are_taken_from_a_page(tour: ModuleType, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "```yaml\n# out/a.yaml\na: 1\n```\n```\n$ not this\n```\n"
        "```console\n$ cat \\\n    out/a.yaml\na: 1\n$ exit 3    # exit code 3\n```\n```yaml\nno: path\n```\n",
        encoding="utf-8",
    )
    shown, *commands = tour.read_page(page)
    assert (shown.path, shown.content) == ("out/a.yaml", "# out/a.yaml\na: 1\n")
    assert [(command.text, command.exit_code) for command in commands] == [
        ("cat \\\n    out/a.yaml", 0),
        ("exit 3", 3),
    ]
    tour.run(page, tmp_path)
    assert (tmp_path / "out" / "a.yaml").read_text(encoding="utf-8") == shown.content


def test_another_exit_code_than_the_page_says_ends_the_run(tour: ModuleType, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```console\n$ exit 2\n$ touch after\n```\n", encoding="utf-8")
    with pytest.raises(DataError, match="exit 2\nended with exit code 2; the page says 0"):
        tour.run(page, tmp_path)
    assert not (tmp_path / "after").exists()
    page.write_text("no command here\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"page\.md: no command"):
        tour.read_page(page)

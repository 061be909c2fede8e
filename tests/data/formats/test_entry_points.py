"""Formats of other packages: found through their entry points, and named when they cannot be loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_READER = """
from stance.data.formats.format import Format
from stance.data.lines import text_lines
from stance.types import AnnotatedSentence, Annotation, Reference, Stance


def read(path, *, options, losses):
    for number, line in text_lines(path):
        actor, _, target = line.partition(" ++ ")
        if not target:
            losses.add("line without ++", f"{path}:{number}")
            continue
        annotation = Annotation(Reference(actor), Reference(target), Stance.FAVOR)
        yield AnnotatedSentence(id=str(number), text=line, annotations=(annotation,))


FORMAT = Format("plus", "one line per praise", read, lambda peek: "it has ++" if "++" in peek.text else None)
NOT_ONE = "plus"
"""
_READ_ALL = """
import sys
from pathlib import Path
from stance.data.formats import detect_format, read_sentences
from stance.data.losses import LossReport
from stance.errors import StanceError

path, losses = Path(sys.argv[1]), LossReport()
try:
    print(detect_format(path).format.name, detect_format(path).reason, sep=": ")
    for sentence in read_sentences(path, format=None, losses=losses):
        for a in sentence.annotations:
            print(a.actor.name, a.stance.value, a.target.name, sentence.lang, sep="|")
    print(dict(losses.counts))
except StanceError as error:
    print(f"{type(error).__name__}: {error}")
"""


def _install(site: Path, *, entry_point: str, module: str = _READER, package: str = "plus") -> None:
    """Lay out the package `plus-format` (or another one) as an installer does."""
    (site / f"{package}_format.py").write_text(module, encoding="utf-8")
    info = site / f"{package}_format-1.0.dist-info"
    info.mkdir()
    metadata = f"Metadata-Version: 2.1\nName: {package}-format\nVersion: 1.0\n"
    (info / "METADATA").write_text(metadata, encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[stance.formats]\n{package} = {entry_point}\n", encoding="utf-8")


def _read(site: Path, text: str) -> list[str]:
    """What a process with the package on its path prints on reading the text."""
    path = site / "praise.txt"
    path.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", _READ_ALL, str(path)],
        env=os.environ | {"PYTHONPATH": str(site), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert not done.stderr
    return done.stdout.splitlines()


def test_a_format_of_another_package_is_detected_and_read(tmp_path: Path) -> None:
    _install(tmp_path, entry_point="plus_format:FORMAT")
    assert _read(tmp_path, "Ана ++ мост 🙂\nnothing\n") == [
        "plus: it has ++",
        "Ана|favor|мост 🙂|None",
        "{'line without ++': 1}",
    ]


@pytest.mark.parametrize(
    ("entry_point", "module", "problem"),
    [
        ("plus_format:FORMAT", "import a_module_that_nobody_has\n", "ModuleNotFoundError: No module named 'a_module"),
        ("plus_format:FORMAT", "from stance.types import Nothing\n", "ImportError: cannot import name 'Nothing'"),
        ("plus_elsewhere:FORMAT", _READER, "ModuleNotFoundError: No module named 'plus_elsewhere'"),
        ("plus_format:OTHER", _READER, "AttributeError: "),
        ("plus_format:FORMAT", "def read(:\n", "SyntaxError: "),
        ("plus_format:FORMAT", "raise ValueError('an odd setting')\n", "ValueError: an odd setting"),
    ],
    ids=["missing dependency", "missing name", "missing module", "missing attribute", "syntax error", "value error"],
)
def test_a_package_whose_format_cannot_be_loaded_is_named(
    entry_point: str, module: str, problem: str, tmp_path: Path
) -> None:
    _install(tmp_path, entry_point=entry_point, module=module)
    [line] = _read(tmp_path, "Ana ++ bridge\n")
    assert line.startswith(f"EnvironmentMissing: The format 'plus' of plus-format cannot be loaded ({problem}")
    assert line.endswith("Repair or uninstall that package.")


def test_an_entry_point_that_is_no_format_is_named(tmp_path: Path) -> None:
    _install(tmp_path, entry_point="plus_format:NOT_ONE")
    assert _read(tmp_path, "Ana ++ bridge\n") == [
        "EnvironmentMissing: The entry point 'plus' of stance.formats is no Format but 'plus'."
    ]


def test_two_packages_with_a_format_of_one_name_are_an_error(tmp_path: Path) -> None:
    _install(tmp_path, entry_point="plus_format:FORMAT")
    _install(tmp_path, entry_point="more_format:FORMAT", package="more")
    [line] = _read(tmp_path, "Ana ++ bridge\n")
    assert line.startswith("EnvironmentMissing: ")
    assert "'plus'" in line
    assert "there already; uninstall it" in line

"""Run a page of docs as its reader would: write the files that it shows, run its commands, say how long each took.

    python scripts/tour.py docs/tour.md

A block ```console holds commands, each after a `$`, and perhaps what they print, which is not read. A command ends with
exit code 0, or with the one that its comment `# exit code N` names; any other ends the run with exit code 1. A block of
another kind whose first line is `# PATH` is a file that the reader writes, here as everywhere below the current folder.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from stance.errors import DataError

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PATH_LINE = re.compile(r"# ([\w./-]+/[\w.-]+)\n")
_EXIT_CODE = re.compile(r"\s+# exit code (\d+)$")


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file that the page shows whole."""

    path: str
    content: str


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the page, without its prompt and its comment, and the exit code that is expected."""

    text: str
    exit_code: int


Step = ShownFile | Command


def read_page(page: Path) -> list[Step]:
    """The files and commands of a page, in its order.

    Raises:
        DataError: the page cannot be read, or has no command.
    """
    try:
        text = page.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(f"{page}: cannot be read ({error.strerror}).") from error
    found = [step for kind, block in _FENCE.findall(text) for step in _steps(kind, block)]
    if not any(isinstance(step, Command) for step in found):
        raise DataError(f"{page}: no command; they stand in blocks ```console, each after a `$`.")
    return found


def _steps(kind: str, block: str) -> Iterator[Step]:
    if kind == "console":
        # A line that ends with a backslash goes on in the next one.
        for match in re.finditer(r"^\$ ((?:[^\n]*\\\n)*[^\n]*)$", block, re.MULTILINE):
            told = _EXIT_CODE.search(match[1])
            yield Command(_EXIT_CODE.sub("", match[1]), int(told[1]) if told else 0)
    elif path := _PATH_LINE.match(block):
        yield ShownFile(path[1], block)


def do(step: Step, folder: Path) -> None:
    """Write the file, or run the command in a shell of its own, so that `stance` is the one of this interpreter.

    Raises:
        DataError: the command ended with another exit code than the page says.
    """
    if isinstance(step, ShownFile):
        path = folder / step.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(step.content, encoding="utf-8")
        return
    done = subprocess.run(["bash", "-c", step.text], cwd=folder, env=_environment(os.environ), check=False)
    if done.returncode != step.exit_code:
        raise DataError(f"{step.text}\nended with exit code {done.returncode}; the page says {step.exit_code}.")


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    return {**given, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{given.get('PATH', '')}"}


def run(page: Path, folder: Path) -> float:
    """Do all steps of a page, telling each before it begins and its seconds after it, and give the seconds of all.

    Raises:
        DataError: as `read_page` and `do`.
    """
    steps = read_page(page)
    began = time.monotonic()
    for number, step in enumerate(steps, start=1):
        told = f"write {step.path}" if isinstance(step, ShownFile) else step.text
        print(f"\n[{number}/{len(steps)}] {told}", flush=True)
        step_began = time.monotonic()
        do(step, folder)
        print(f"[{number}/{len(steps)}] {time.monotonic() - step_began:.0f} s", flush=True)
    return time.monotonic() - began


def main() -> int:
    """The script."""
    if len(sys.argv) != 2:
        print("usage: python scripts/tour.py PAGE.md", file=sys.stderr)
        return 2
    try:
        seconds = run(Path(sys.argv[1]), Path.cwd())
    except DataError as error:
        print(f"tour: {error}", file=sys.stderr)
        return 1
    print(f"\nAll steps done in {seconds / 60:.1f} minutes.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

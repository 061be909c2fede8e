"""Importing stance and asking for help stay light."""

import subprocess
import sys

import pytest

import stance

_HEAVY = ("torch", "transformers", "datasets", "numpy", "hydra", "sklearn", "scipy", "pyarrow", "tokenizers")


@pytest.mark.parametrize(
    "code",
    [
        "import stance",
        "from stance.cli import app; import sys; app.run(['--help'])",
        "from stance.cli import app; import sys; app.run(['score', '--help'])",
        "from stance.cli import app; import sys; app.run(['read', '--help'])",
    ],
)
def test_import_and_help_load_no_heavy_library(code: str) -> None:
    probe = f"{code}\nimport sys; print('LOADED', [m for m in {_HEAVY!r} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert "LOADED []" in found.stdout


def test_every_public_name_can_be_reached() -> None:
    for name in stance.__all__:
        assert getattr(stance, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        _ = stance.Nonsense

"""What intervals and the paired comparison promise, on rows whose truth is known: the tables of docs/evaluation.md."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

_SCRIPT = Path(__file__).parent.parent.parent / "scripts" / "simulate_intervals.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("simulate_intervals", _SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_intervals_hold_the_truth_as_often_as_they_say(script: ModuleType) -> None:
    truth = script.true_figures(n_rows=5, seed=13)
    found = script.coverage(truth, 300, n_rows=5, simulations=1000, seed=13)
    # The calibration error's interval is too wide rather than too narrow.
    assert found.pop("ece") >= 0.93
    assert {name: share for name, share in found.items() if not 0.93 <= share <= 0.97} == {}


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_the_paired_comparison_finds_a_drop_and_seldom_errs(script: ModuleType) -> None:
    size = {"n_rows": 5, "simulations": 1000, "seed": 13}
    false_alarm, _, _ = script.alarms(300, drop=0.0, **size)
    found, _, unpaired = script.alarms(300, drop=0.03, **size)
    assert false_alarm <= 0.05
    assert found >= 0.8
    assert unpaired < found

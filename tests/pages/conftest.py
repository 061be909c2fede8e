"""A real browser for the pages."""

import os
import shutil

import pytest

_BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def browser() -> str:
    """The path of a Chromium; without one the test is skipped, or fails where STANCE_REQUIRE_BROWSER=1."""
    if _BROWSER is None and os.environ.get("STANCE_REQUIRE_BROWSER") == "1":
        pytest.fail("STANCE_REQUIRE_BROWSER=1, but there is no Chromium on the path")
    if _BROWSER is None:
        pytest.skip("no Chromium on the path")
    return _BROWSER

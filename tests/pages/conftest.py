"""A real browser for the pages."""

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.pages.chromium import Tab, open_browser

_BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def browser() -> str:
    """The path of a Chromium; without one the test is skipped, or fails where STANCE_REQUIRE_BROWSER=1."""
    if _BROWSER is None and os.environ.get("STANCE_REQUIRE_BROWSER") == "1":
        pytest.fail("STANCE_REQUIRE_BROWSER=1, but there is no Chromium on the path")
    if _BROWSER is None:
        pytest.skip("no Chromium on the path")
    return _BROWSER


@pytest.fixture(scope="session")
def tab(browser: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """One open tab for all tests; a page is loaded by `open`, and what was complained of before is forgotten."""
    with open_browser(browser, tmp_path_factory.mktemp("browser")) as opened:
        yield opened

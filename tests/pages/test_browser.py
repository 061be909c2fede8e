"""The pages in a real browser: their own script runs, nobody else's does, the console stays clean."""

import subprocess
from pathlib import Path

import pytest

from tests.pages.chromium import Tab
from tests.pages.test_article_page import hostile_page

_DARK = """(([r, g, b]) => r + g + b < 200)(
  getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number))"""


def test_the_pages_own_script_runs_and_no_other(browser: str, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        hostile_page("<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"),
        encoding="utf-8",
    )
    done = subprocess.run(
        [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0",
            f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", page.as_uri(),
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    # The table script makes the heads of the columns reachable by keyboard.
    assert 'tabindex="0"' in done.stdout
    assert "<title>Stances</title>" in done.stdout
    assert "CONSOLE" not in done.stderr


@pytest.mark.parametrize("dark", [False, True])
def test_the_switch_turns_the_colours_and_turns_them_back(tab: Tab, tmp_path: Path, dark: bool) -> None:
    page = tmp_path / "page.html"
    page.write_text(hostile_page("Ana"), encoding="utf-8")
    tab.open(page, width=400, dark=dark)
    names, seen = [], []
    for _ in range(3):
        names.append(tab.value("document.getElementById('theme').textContent"))
        seen.append(tab.value(_DARK))
        tab.value("document.getElementById('theme').click()")
    assert seen == [dark, not dark, dark]
    assert names == ["Light colours" if shown else "Dark colours" for shown in seen]
    assert tab.problems == []

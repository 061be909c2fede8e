"""The page of a search draws what it was given and trusts no name."""

import re

from stance.pages.sweep import HEIGHT, TrialPoint, sweep_page

_EVIL = "<script>alert(1)</script>"


def _page(*scores: tuple[str, float | None]) -> str:
    trials = [TrialPoint(n, state, score, [str(n), _EVIL]) for n, (state, score) in enumerate(scores)]
    importances = {"training.epochs": 0.75, _EVIL: 0.25}
    columns = ("trial", "value")
    return sweep_page(
        title=_EVIL, best=_EVIL, columns=columns, trials=trials, importances=importances, complete="complete"
    )


def test_the_line_is_the_best_score_of_complete_trials_so_far() -> None:
    page = _page(("complete", 0.2), ("pruned", 0.6), ("failed", None), ("complete", 0.5), ("complete", 0.4))
    found = re.search(r'<polyline points="([^"]*)"', page)
    assert found
    # The axis goes from 0.2 to 0.6: 0.2 lies at its foot, 0.5 a quarter below its top.
    heights = [float(point.partition(",")[2]) for point in found[1].split()]
    assert heights == [HEIGHT, HEIGHT, HEIGHT / 4, HEIGHT / 4]
    assert page.count("<circle") == 4


def test_bars_are_as_long_as_the_options_are_important() -> None:
    widths = [
        float(width) for width in re.findall(r'class="importance"[^>]*width="([\d.]+)"', _page(("complete", 0.5)))
    ]
    assert widths == [360.0, 120.0]


def test_names_are_text_and_trials_without_scores_do_no_harm() -> None:
    page = _page(("failed", None))
    assert _EVIL not in page
    assert "&lt;script&gt;" in page

"""The Markdown of a report: short, the verdict first, and whatever a name holds it stays a name."""

from __future__ import annotations

import re
from typing import Any

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from stance.evaluation.markdown import MAX_LINES, escaped, render_markdown
from tests.evaluation.reports import compared_of, judged_rows, report_of

_HOSTILE = (
    "a | b",
    "`code` ``more``",
    "<script>alert(1)</script><img src=x onerror=y><!-- -->",
    "@octocat and @org/team",
    "[link](http://evil.example) <http://evil.example>",
    "![pic](http://evil.example/x.png)",
    "https://evil.example www.evil.example mail@evil.example",
    "see #12, GH-12, owner/name#12, !12",
    "**bold** _it_ ~~gone~~ # head\n\n- item\n> quote",
    "&lt;b&gt; &#124; \\| \\",
    "\x1b[31mred \u202eflip",
    "[x]: http://evil.example",
    "Влада | Österreich | 政府 | حكومة 😀",
)

_MARKUP = {"link_open", "image", "code_inline", "html_inline", "html_block", "strong_open", "em_open", "s_open"}


def _tokens(markdown: str) -> list[Token]:
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(markdown)


def _cells(markdown: str) -> list[list[str]]:
    """The text of every table row's cells, as a reader sees it."""
    rows: list[list[str]] = []
    for before, token in zip(_tokens(markdown), _tokens(markdown)[1:], strict=False):
        if before.type == "tr_open":
            rows.append([])
        if before.type in ("td_open", "th_open"):
            assert token.children is not None
            rows[-1].append("".join(child.content for child in token.children))
    return rows


def _kinds(markdown: str) -> set[str]:
    tokens = _tokens(markdown)
    return {token.type for token in tokens} | {child.type for token in tokens for child in token.children or ()}


@pytest.mark.parametrize("name", _HOSTILE)
def test_a_hostile_name_comes_out_as_the_text_of_one_cell(name: str) -> None:
    table = f"| a | b |\n| --- | --- |\n| {escaped(name)} | x |\n"
    shown = _cells(table)[1]
    assert len(shown) == 2
    assert shown[0].replace("\u200b", "") == " ".join(re.sub("[\x1b\u202e]", "\ufffd", name).split())
    assert not _kinds(table) & _MARKUP
    # What GitHub and GitLab would turn into mentions and links after the Markdown is read.
    assert not re.search(r"[@#!](?=\w)|://|www\.|GH-\d", shown[0])


def test_a_name_with_everything_in_it_changes_no_other_part_of_the_report() -> None:
    name = " ".join(_HOSTILE)
    plain, hostile = (
        render_markdown(report_of(judged_rows(60, target=target), model_id=target)) for target in ("bridge", name)
    )
    assert _kinds(plain) == _kinds(hostile)
    assert [len(row) for row in _cells(plain)] == [len(row) for row in _cells(hostile)]


def test_the_verdict_comes_first_and_failed_checks_before_passed_ones() -> None:
    report = report_of(judged_rows(60))
    assert _tokens(render_markdown(report))[1].content == "No gate: figures only"
    checks = [_check("macro_f1", True), _check("slices.lang.sq.macro_f1", False)]
    markdown = render_markdown(report | {"gate": {"passed": False, "checks": checks}})
    assert _tokens(markdown)[1].content == "Gate failed: 1 of 2 checks"
    assert [row[:2] for row in _cells(markdown)[1:3]] == [["failed", "slices.lang.sq.macro_f1"], ["passed", "macro_f1"]]
    markdown = render_markdown(report | {"gate": {"passed": True, "checks": checks[:1]}})
    assert _tokens(markdown)[1].content == "Gate passed: 1 check"


def test_figures_are_those_of_the_report() -> None:
    report = report_of(judged_rows(60))
    found = report["overall"]["metrics"]["macro_f1"]
    assert ["Macro-F1", f"{found['value']:.3f}", f"[{found['low']:.3f}, {found['high']:.3f}]"] in _cells(
        render_markdown(report)
    )


def test_a_comparison_says_what_changed() -> None:
    first, second = judged_rows(200, seed=1, right=0.5), judged_rows(200, seed=2, right=0.95)
    compared = compared_of(first, second)
    markdown = render_markdown(report_of(second), compared=compared)
    assert _tokens(markdown)[1].content.startswith("Better: Macro-F1 0.")
    found = compared["metrics"]["macro_f1"]
    row = next(row for row in _cells(markdown) if row[0] == "Macro-F1")
    assert row[1:3] == [f"{found['first']:.3f}", f"{found['second']:.3f}"]
    assert f"{compared['flips']['fixed']} rows fixed, {compared['flips']['broken']} broken" in markdown


def test_no_report_is_longer_than_a_comment_should_be() -> None:
    judged = judged_rows(60)
    report = report_of(judged)
    worst = {"column": "target", "value": "x" * 500, "rows": 40, "metric": "macro_f1", "value_of_metric": 0.1}
    bounds = {"low": None, "high": None, "difference": -0.1, "p": 0.001, "p_holm": 0.01}
    test = {"test": "typos", "lang": "all", "cases": 9, "violated": 3, "share": 0.3, "low": 0.1, "high": 0.6}
    full = report | {
        "gate": {"passed": False, "checks": [_check(f"check {n}", n % 2 == 0) for n in range(500)]},
        "worst": [worst | bounds] * 500,
        "robustness": [test | {"examples": []}] * 500,
    }
    for compared in (None, compared_of(judged, judged)):
        markdown = render_markdown(full, compared=compared)
        assert len(markdown.splitlines()) < MAX_LINES
        assert len(markdown) < 60_000
        assert "and 490 more in report.json" in markdown


def _check(name: str, passed: bool) -> dict[str, Any]:
    return {"name": name, "passed": passed, "found": 0.5, "wanted": "at least 0.600", "detail": ""}

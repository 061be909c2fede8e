"""The page of a job trusts no name, no text and no address, and calls cells by what is known of them."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

from stance.cli.app import run
from stance.pages.circle import SIDE, Agreement, circle
from stance.pages.job import Cell, cell_words, level, mean, shade
from stance.pages.job_statements import ShownStatement, StatementWords, safe_url, shortened, statement_columns
from stance.pages.job_words import JobFigures, remarks
from stance.pages.packed import packed
from tests.batch.report.jobs import carried, statement, write_job

EVIL = "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">\x1b[31m\u202e"


def hostile_job(root: Path) -> Path:
    """The page of a job in which every name, text and address is hostile."""
    actors = [{"id": None, "name": f"{EVIL}{number}"} for number in range(3)]
    rows = [
        statement(
            actor,
            f"{EVIL}{target}",
            stance,
            doc_id=f"{EVIL}{target}{number}",
            text=EVIL,
            title=EVIL,
            source=EVIL,
            lang=EVIL,
            url="javascript:document.title='taken'",
        )
        for actor, stance in zip(actors, ("favor", "favor", "against"), strict=True)
        for target in range(2)
        for number in range(2)
    ]
    assert run(["report", str(write_job(root, [rows], failed=[(EVIL, EVIL)]))]) == 0
    return root / "report.html"


def test_hostile_words_are_text_and_nothing_else(tmp_path: Path) -> None:
    page = hostile_job(tmp_path / "job").read_text(encoding="utf-8")
    for hostile in ("<script>document", "<img", "\x1b", "\u202e"):
        assert hostile not in page
    # The page's own script, and two elements of data that no browser runs.
    assert re.findall(r"<script([^>]*)>", page) == [
        ' type="application/octet-stream" id="job-summary"',
        ' type="application/octet-stream" id="job-statements"',
        "",
    ]
    assert "default-src &#39;none&#39;" in page
    said = carried(page, "job-statements")
    assert set(said["articles"]["url"]) == {""}
    assert "\x1b" not in "".join(said["texts"])


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://news.example/a?b=1#c", True),
        ("http://news.example", True),
        ("HTTPS://news.example/", True),
        ("https://новости.example/статья", True),
        ("javascript:alert(1)", False),
        (" javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("https:///etc/passwd", False),
        ("file:///etc/passwd", False),
        ("data:text/html,<script>1</script>", False),
        ("//news.example/a", False),
        ("https://[broken", False),
        ("https://a.example/\u202egpj.exe", False),
        ("https://a.example/" + "x" * 3000, False),
        ("", False),
        (None, False),
    ],
)
def test_only_addresses_of_web_pages_become_links(url: str | None, safe: bool) -> None:
    assert safe_url(url) == (url if safe else "")


@pytest.mark.parametrize(
    ("low", "value", "high", "depth", "name"),
    [
        (0.05, 0.5, 0.9, 1, "for1"),
        (0.45, 0.7, 0.9, 3, "for3"),
        (0.97, 1.0, 1.0, 5, "for5"),
        (-0.9, -0.6, -0.21, -2, "opp2"),
        (-0.1, 0.8, 1.0, 0, "open"),
        (None, None, None, None, "sideless"),
    ],
)
def test_a_cell_is_as_deep_as_the_nearer_end_of_its_interval(
    low: float | None, value: float | None, high: float | None, depth: int | None, name: str
) -> None:
    found = level(Cell(1, 0, 1, 0, 2, value, low, high))
    assert (found, shade(found)) == (depth, name)


def test_cells_are_put_into_words() -> None:
    assert cell_words(Cell(3, 1, 0, 2, 1, 1.0, -0.12, 1.0)) == (
        "3 favor, 0 against, 1 neutral, 2 withheld; mean side +1.00, 95\u00a0% interval −0.12 to +1.00, from 1 article"
    )
    assert cell_words(Cell(0, 1, 0, 2, 0, None, None, None)).endswith("no side given")
    assert [mean(value) for value in (0.004, -0.004, -0.5, None)] == ["0.00", "0.00", "−0.50", "–"]


def test_what_is_left_out_of_a_page_is_said() -> None:
    counts = dict.fromkeys((field.name for field in fields(JobFigures) if field.type == "int"), 0)
    texts = dict.fromkeys((field.name for field in fields(JobFigures) if field.type == "str"), "")
    job = JobFigures(**{**counts, **texts, "languages": {}, "reasons": {}, "failures": []})
    assert remarks(replace(job, state="finished")) == ["There are no statements."]
    full = replace(
        job, state="finished", n_statements=100, n_actors=9, n_actors_shown=7, n_others=20, n_unknown_speaker=5
    )
    said = " ".join(remarks(replace(full, n_statements_shown=60)))
    # 100 statements less 5 without a speaker and 20 of other actors are 75, of which 60 are shown.
    assert "the 7 most spoken-of actors; 2 further actors with 20 statements" in said
    assert "the words of 15 of 75 are left out" in said
    assert "left out" not in " ".join(remarks(replace(full, n_statements_shown=75)))


def _shown(article: int, **words: str | None) -> ShownStatement:
    empty = dict.fromkeys(("title", "date", "url", "source", "lang", "reason", "most_probable"))
    return ShownStatement(0, 0, 0, 0.5, 0, article, StatementWords(**{"doc_id": "d", "text": "t", **empty, **words}))


def test_each_text_and_each_article_is_carried_once() -> None:
    rows = [_shown(7, title="T"), _shown(9, text="u"), _shown(7, title="T", text="u", reason="low_confidence")]
    found = statement_columns(rows)
    assert (found["article"], found["text"], found["reason"]) == ([0, 1, 0], [0, 1, 1], [0, 0, 1])
    assert (found["articles"]["label"], found["texts"]) == (("T", "d"), ["t", "u"])
    assert found["reasons"] == ["", "low confidence"]
    assert statement_columns([])["articles"]["label"] == ()


def test_long_texts_are_cut_and_say_so() -> None:
    assert shortened("слово " * 100, 20) == "слово слово слово с…"
    assert shortened(None) == ""


def test_equal_data_are_packed_equally() -> None:
    assert packed({"a": ["</script>", "č"]}) == packed({"a": ["</script>", "č"]})
    assert set(packed(["<>&"])) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")


def test_actors_stand_on_the_circle_in_their_order_and_names_are_never_upside_down() -> None:
    names = {number: f"actor {number} with a rather long name" for number in range(8)}
    pairs = [Agreement(0, 4, 3, 0.9), Agreement(1, 2, 2, 0.1), Agreement(5, 6, 2, -0.75)]
    drawn = circle(list(names), names, pairs, note="")
    assert [(line.first, line.second, line.kind) for line in drawn.lines] == [(0, 4, "same"), (5, 6, "opposite")]
    top, right, bottom, left = (drawn.nodes[number] for number in (0, 2, 4, 6))
    assert (top.x, bottom.x) == (SIDE / 2, SIDE / 2)
    assert top.y < right.y == left.y < bottom.y
    assert (right.anchor, left.anchor) == ("start", "end")
    assert all(-90 <= (node.turn + 180) % 360 - 180 <= 90 for node in drawn.nodes)
    assert [pair["agreement"] for pair in drawn.pairs] == ["+0.90", "+0.10", "−0.75"]


def test_of_many_pairs_the_ends_are_listed() -> None:
    pairs = [Agreement(0, 1, 2, 1 - number / 100) for number in range(200)]
    drawn = circle([0, 1], {0: "a", 1: "b"}, pairs, note="")
    assert (len(drawn.pairs), drawn.n_pairs) == (60, 200)
    assert (drawn.pairs[0]["agreement"], drawn.pairs[-1]["agreement"]) == ("+1.00", "−0.99")

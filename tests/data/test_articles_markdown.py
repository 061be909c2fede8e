"""Markdown articles: plain paragraphs in which offsets count, no character changed; front matter describes them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from stance.data.articles import read_articles
from stance.data.markdown import MAX_MARKDOWN_CHARACTERS, markdown_article
from stance.errors import DataError
from stance.types import Article

ReadMarkdown = Callable[[str], Article]


@pytest.fixture
def read_markdown(tmp_path: Path) -> ReadMarkdown:
    def read(source: str) -> Article:
        path = tmp_path / "a.md"
        path.write_text(source, encoding="utf-8", newline="")
        (article,) = read_articles([str(path)])
        return article

    return read


ARTICLE = """\
---
title: "Most: ne pre jeseni"
date: 2024-03-12
lang: sr-Latn
url: https://recne.example/most
source: Rečne novosti
tags: [most, reka]
---

# Most: ne pre jeseni

Vlada je *odbila* __predlog__ [opozicije](https://recne.example/opozicija "veza")
da se most gradi odmah.

## Šta traže meštani

![Most](most.jpg) Petar Lukić, predsednik mesne zajednice, rekao je:

> „Bez nasipa *nema* mosta.“
>
> „To znaju svi“, dodao je.

* nasip dug dva kilometra
* crpnu stanicu
    1. veliku
    2. malu

```python
print("kod")
```

    uvučen kod

Kraj.
"""


def test_every_block_is_one_paragraph_without_marks(read_markdown: ReadMarkdown) -> None:
    assert read_markdown(ARTICLE).text.split("\n\n") == [
        "Vlada je odbila predlog opozicije da se most gradi odmah.",
        "Šta traže meštani",
        "Petar Lukić, predsednik mesne zajednice, rekao je:",
        "„Bez nasipa nema mosta.“",
        "„To znaju svi“, dodao je.",
        "nasip dug dva kilometra",
        "crpnu stanicu",
        "veliku",
        "malu",
        "Kraj.",
    ]


def test_front_matter_describes_the_article(read_markdown: ReadMarkdown) -> None:
    article = read_markdown(ARTICLE)
    assert (article.title, article.date, article.lang, article.url, article.source) == (
        "Most: ne pre jeseni",
        "2024-03-12",
        "sr-Latn",
        "https://recne.example/most",
        "Rečne novosti",
    )


@pytest.mark.parametrize("end", ["---", "..."])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_values_of_front_matter_are_text_as_written(end: str, line_end: str, read_markdown: ReadMarkdown) -> None:
    lines = ["---", "title: 1984", "lang: no", "date: 2024-03-12T10:00Z", "source: ~", "doc_id: 007", end, "Tekst."]
    article = read_markdown(line_end.join(lines))
    assert (article.title, article.lang, article.date, article.source, article.doc_id) == (
        "1984",
        "no",
        "2024-03-12T10:00Z",
        None,
        "007",
    )
    assert article.text == "Tekst."


@pytest.mark.parametrize("heading", ["# Most *stoji*", "Most *stoji*\n===="])
def test_the_first_heading_of_level_one_is_the_title_and_no_text(heading: str, read_markdown: ReadMarkdown) -> None:
    article = read_markdown(f"Uvod.\n\n{heading}\n\nTekst.\n\n# Drugi naslov\n\nKraj.")
    assert article.title == "Most stoji"
    assert article.text == "Uvod.\n\nTekst.\n\nDrugi naslov\n\nKraj."


def test_a_heading_that_differs_from_the_title_stays_in_the_text(read_markdown: ReadMarkdown) -> None:
    article = read_markdown("---\ntitle: Most\n---\n# Reka\n\nTekst.")
    assert (article.title, article.text) == ("Most", "Reka\n\nTekst.")


@pytest.mark.parametrize(
    "text",
    [
        "\"Ne\", rekao je 'on' -- i otišao... (c) 1/2",
        "„Ne“, rekao je on – i otišao…",
        "Цена је 5 * 3 evra, a kod_od_mosta_je ovde",
        "他说：“不。” 🙂",
    ],
)
def test_no_character_of_prose_changes(text: str, read_markdown: ReadMarkdown) -> None:
    assert read_markdown(text).text == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Vidi <https://a.example/x> ovde.", "Vidi ovde."),
        ("Vidi https://a.example/x?y=1&z=(2) ovde.", "Vidi ovde."),
        ("Vidi (https://a.example/x), kaže.", "Vidi, kaže."),
        ("Vidi www.a.example/x. Kraj.", "Vidi. Kraj."),
        ("Vidi [ovde][1] i [tamo][].\n\n[1]: http://x.example\n[tamo]: http://y.example", "Vidi ovde i tamo."),
        ("Prva[^1] vest.\n\n[^1]: Beleška.", "Prva vest.\n\nBeleška."),
        ("A &amp; B \\*nije\\* <b>jako</b> ~~ipak~~ `da`", "A & B *nije* jako ipak da"),
        ("Prvi red  \ndrugi red<br>treći", "Prvi red\ndrugi red\ntreći"),
        ("Tekst.\n\n<!-- skriveno -->\n\n<div>\nBlok <i>je</i>\nu redu &lt;3\n</div>\n", "Tekst.\n\nBlok je u redu <3"),
        ("Tekst.\n\n<script>\nvar a = 1;\n</script>\n\nKraj.", "Tekst.\n\nKraj."),
        ("| a | b |\n|---|---|\n| c | *d* |\n", "a\tb\n\nc\td"),
        ("Tekst.\n\n* * *\n\nKraj.", "Tekst.\n\nKraj."),
    ],
)
def test_marks_and_addresses_leave_the_text(source: str, text: str, read_markdown: ReadMarkdown) -> None:
    assert read_markdown(source).text == text


@pytest.mark.parametrize(
    "text",
    [
        "9. oktobra je održana sednica.",
        "1999. godine počeo je rat.",
        "1. maja se slavi.\n\n2. maja se radi.",
        "- Ne znam, kaže Marić.",
        "- Ne znam, kaže Marić.\n\n- Znaš ti dobro!",
    ],
)
def test_prose_that_begins_as_a_list_does_keeps_its_number_or_dash(text: str, read_markdown: ReadMarkdown) -> None:
    assert read_markdown(f"Uvod.\n\n{text}\n\nKraj.").text == f"Uvod.\n\n{text}\n\nKraj."


def test_items_of_true_lists_have_no_marker(read_markdown: ReadMarkdown) -> None:
    assert read_markdown("- Prva rečenica.\n- Druga rečenica.\n\n1. treća\n2. četvrta").text.split("\n\n") == [
        "Prva rečenica.",
        "Druga rečenica.",
        "treća",
        "četvrta",
    ]


@pytest.mark.parametrize(
    "source",
    ["---\nRekao je samo: ne.\n---\n\nKraj.", "---\n\nTekst.\n\n---\n\nKraj.", "---\ntitle: bez kraja\n\nKraj."],
)
def test_rules_around_prose_are_no_front_matter(source: str, read_markdown: ReadMarkdown) -> None:
    article = read_markdown(source)
    assert article.title is None
    assert article.text.endswith("\n\nKraj.")


@pytest.mark.parametrize(
    ("front_matter", "message"),
    [
        ("title: Most: ne sada", r"a\.md:2: the front matter is no valid YAML: .* in quotes"),
        ("title: a\nlang: sr\ntitle: b", r"a\.md:4: title: this key is there twice"),
        ("title: [a, b]", r"a\.md:2: title: a sequence, expected text"),
        ("lang: {a: b}", r"a\.md:2: lang: a mapping, expected text"),
        ("a: " + "[" * 5000, "the front matter is no valid YAML"),
    ],
)
def test_wrong_front_matter_is_named(front_matter: str, message: str, read_markdown: ReadMarkdown) -> None:
    with pytest.raises(DataError, match=message):
        read_markdown(f"---\n{front_matter}\n---\nTekst.")


def test_front_matter_that_would_unfold_costs_nothing(read_markdown: ReadMarkdown) -> None:
    bomb = "\n".join(["a0: &a0 [x]", *(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 40))])
    assert read_markdown(f"---\n{bomb}\ntitle: Most\n---\nTekst.").title == "Most"


@pytest.mark.parametrize("source", ["", "# Samo naslov", "```\nkod\n```", "---\ntitle: a\n---\n", "![slika](a.png)"])
def test_markdown_without_text_is_named(source: str, read_markdown: ReadMarkdown) -> None:
    with pytest.raises(DataError, match=r"a\.md: the article is empty"):
        read_markdown(source)


def test_markdown_that_is_too_large_is_refused() -> None:
    with pytest.raises(DataError, match=r"a\.md: 4,000,001 characters of Markdown, at most 4,000,000"):
        markdown_article("a" * (MAX_MARKDOWN_CHARACTERS + 1), place="a.md")


@pytest.mark.parametrize(
    "source",
    ["[" * 30_000, "*a " * 10_000, " " * 100_000 + "a", "<!--" * 30_000, "1. a\n\n" * 2_000, "http://" + "a." * 50_000],
)
def test_hostile_markdown_takes_no_minutes(source: str) -> None:
    start = time.perf_counter()
    markdown_article(source, place="a.md")
    assert time.perf_counter() - start < 10

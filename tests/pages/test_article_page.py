"""The article page shows hostile text harmlessly, and every mark leads to its evidence."""

import re

from stance.pages.article import article_label, article_page
from stance.pages.clean import visible
from stance.types import (
    Article,
    ArticleStance,
    Context,
    Reference,
    Sentence,
    Span,
    Speaker,
    SpeakerSource,
    Stance,
    StancePrediction,
    StanceQuery,
    Statement,
)

_EVIL = "<script>alert(1)</script> \x1b[31mred \u202eflip =cmd()"


def _page(text: str, name: str, title: str) -> str:
    article = Article(text=text, doc_id="d", title=title)
    span = Span(0, len(text))
    actor = Reference(name)
    statement = Statement(article, Sentence(span, 0, 0), (span,), Speaker(actor, SpeakerSource.QUOTE, 0.9))
    query = StanceQuery(Context(text, span), actor, Reference("the bridge", "bridge"), "en", statement)
    prediction = StancePrediction(query, (0.9, 0.05, 0.05), Stance.FAVOR, calibrated=True, truncated=False)
    stance = ArticleStance(article, actor, query.target, Stance.FAVOR, 0.85, (prediction,))
    return article_page([(article, "en", [stance])], model_id="m<b>")


def hostile_page(words: str) -> str:
    """A page whose text, actor and title all hold the same words."""
    return _page(f"Text {words}", f"Name {words}", f"Title {words}")


def test_hostile_text_name_and_title_come_out_harmless() -> None:
    page = hostile_page(_EVIL)
    assert "<script>alert" not in page
    assert page.count("<script>") == 1
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "m&lt;b&gt;" in page


def test_the_policy_allows_nothing_but_the_pages_own_script_and_style() -> None:
    page = _page("Text", "Name", "Title")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert policy.group(1).startswith("default-src &#39;none&#39;")
    assert "unsafe" not in policy.group(1)
    assert not re.search(r'(?:src|href)="(?!#)', page)
    assert " style=" not in page


def test_every_evidence_link_has_its_mark() -> None:
    page = _page("The bridge is needed.", "Ana", "Title")
    links = re.findall(r'href="#([^"]+)"', page)
    assert links
    assert all(f'id="{anchor}"' in page for anchor in links)


def test_visible_replaces_what_steers_a_terminal_and_keeps_letters() -> None:
    assert visible("a\x1b[2Jb\x00c\u202ed") == "a\ufffd[2Jb\ufffdc\ufffdd"
    assert visible("Вучић é\u0301 😀\n") == "Вучић é\u0301 😀\n"
    assert visible("a\n b\t c", one_line=True) == "a b c"


def test_an_article_without_title_is_called_by_its_first_line() -> None:
    assert article_label(Article(text="\nHeadline here\n\nText.", doc_id="d")) == "Headline here"
    assert len(article_label(Article(text="word " * 99, doc_id="d"))) <= 120

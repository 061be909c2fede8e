"""HTML pages: the article's own paragraphs, apart, with title, date, address and site; nothing else, and no crash."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stance.data.articles import read_articles
from stance.data.webpage import MAX_PAGE_BYTES
from stance.errors import DataError, EnvironmentMissing
from stance.types import Article

PAGES = Path(__file__).parent / "fixtures" / "pages"
LEAD = "The council of the town rejected the plan for a second bridge on Tuesday evening."

ReadPage = Callable[[str], Article]


@pytest.fixture
def read_page(tmp_path: Path) -> ReadPage:
    def read(page: str) -> Article:
        path = tmp_path / "page.html"
        path.write_text(page, encoding="utf-8")
        (article,) = read_articles([str(path)])
        return article

    return read


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("reading a page reached for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def _shipped(name: str) -> Article:
    (article,) = read_articles([str(PAGES / name)])
    return article


def _article(*paragraphs: str, head: str = "") -> str:
    return f"<html><head>{head}</head><body><article>{''.join(paragraphs)}</article></body></html>"


def test_a_news_page_is_its_article_and_nothing_else() -> None:
    article = _shipped("vesti.html")
    assert article.text.split("\n\n") == [
        "Vlada je na sednici u utorak odbila predlog opozicije da se gradnja mosta odloži do jeseni.",
        "„Nećemo čekati ni dan duže“, rekao je ministar građevine Jovan Ilić posle sednice. "
        "„Most je obećan građanima i biće završen na vreme.“",
        "Predlog je podnela poslanica Ana Marić, koja tvrdi da projekat nema procenu uticaja na reku.\n"
        "Ona je najavila da će se obratiti sudu.",
        "Šta traže meštani",
        "Meštani Donjeg Sela podržavaju most, ali traže zaštitu od poplava:",
        "nasip dug dva kilometra od mosta do stare luke,",
        "novu crpnu stanicu pre početka radova.",
        "„Bez nasipa nema ni mosta“, poručio je predsednik mesne zajednice Petar Lukić na skupu u subotu.",
        "Rasprava o mostu nastavlja se u Skupštini sledeće nedelje, kada poslanici glasaju o budžetu za puteve.",
    ]
    assert (article.title, article.date, article.url, article.source) == (
        "Vlada odbila predlog o mostu",
        "2024-03-12",
        "https://recne.example/politika/vlada-odbila-predlog",
        "Rečne novosti",
    )


def test_a_cyrillic_page_without_article_element() -> None:
    article = _shipped("novosti.html")
    paragraphs = article.text.split("\n\n")
    assert paragraphs[0].startswith("Городские депутаты перенесли")
    assert paragraphs[1].startswith("«Мы не против моста, мы против спешки», — заявил")
    assert paragraphs[-1].startswith("Экологи, напротив")
    assert len(paragraphs) == 4
    assert (article.title, article.date, article.source) == (
        "Депутаты отложили голосование по мосту",
        "2024-05-07",
        "Речной вестник",
    )


def test_a_page_of_old_markup_has_no_byline_at_either_end_and_no_date_from_its_copyright() -> None:
    article = _shipped("nachrichten.html")
    paragraphs = article.text.split("\n\n")
    assert paragraphs[0] == "Der Stadtrat hat den Bau der neuen Brücke mit knapper Mehrheit abgelehnt."
    assert paragraphs[-1].startswith("Bürgermeister Uwe Brandt")
    assert len(paragraphs) == 3
    assert article.date is None


@pytest.mark.parametrize(
    "byline",
    [
        "By Jane Doe",
        "By Jane Doe and John Roe | 12 March 2024, 14:35",
        "Von Jens Ohlsen, Berlin",
        "Par Marie Dupont (AFP)",
        "Nga Arta Hoxha",
        "Shkruar nga Arta Hoxha",
        "Piše: Milica Petrović",
        "Autor: Redakcija",
        "Пише: Ана Марић",
        "Автор: Ирина Соколова и Олег Дронов",
        "Objavljeno: 12.03.2024. u 14:35h",
        "12. mart 2024. 14:35",
        "7 мая 2024, 09:10",
        "March 12, 2024",
        "2024-03-12 14:35",
    ],
)
def test_a_line_of_author_or_date_before_the_article_leaves_the_text(byline: str, read_page: ReadPage) -> None:
    assert read_page(_article(f"<p>{byline}</p>", f"<p>{LEAD}</p>")).text == LEAD


@pytest.mark.parametrize(
    "line",
    [
        "Von der Leyen lehnt die Brücke ab",
        "By Christmas",
        "Text Messages Leaked",
        "Kosovo 1999",
        "By Jane Doe, who saw it all!",
        "Jane Doe says no",
        "12 ministers of 2024",
    ],
)
def test_a_line_that_only_looks_like_one_stays(line: str, read_page: ReadPage) -> None:
    head = '<meta name="author" content="Jane Doe">'
    assert read_page(_article(f"<p>{line}</p>", f"<p>{LEAD}</p>", head=head)).text == f"{line}\n\n{LEAD}"


def test_the_authors_names_alone_leave_the_text_wherever_they_stand(read_page: ReadPage) -> None:
    head = '<meta name="author" content="Ana Ilić; Петар Марић">'
    page = _article(f"<p>{LEAD}</p>", "<p>Ана Илић и Petar Marić</p>", "<p>Ana Ilić said so.</p>", head=head)
    assert read_page(page).text == f"{LEAD}\n\nAna Ilić said so."


def test_lines_that_lead_elsewhere_leave_the_text(read_page: ReadPage) -> None:
    end = ("<p>Podeli na Fejsbuku</p>", "<p>Tags: bridge, river</p>", "<p>© 2024 River Times. All rights reserved.</p>")
    page = _article(f"<p>{LEAD}</p>", "<p>Read more: Bridge costs double</p>", "<p>Shareholders share this.</p>", *end)
    assert read_page(page).text == f"{LEAD}\n\nShareholders share this."


def test_a_last_paragraph_about_copyright_stays(read_page: ReadPage) -> None:
    last = "Copyright reform was rejected by the deputies."
    assert read_page(_article(f"<p>{LEAD}</p>", f"<p>{last}</p>")).text == f"{LEAD}\n\n{last}"


def test_the_headline_is_no_part_of_the_text(read_page: ReadPage) -> None:
    page = _article("<h1>Council rejects bridge</h1>", f"<p>{LEAD}</p>", head="<title>Council rejects bridge</title>")
    article = read_page(page)
    assert (article.title, article.text) == ("Council rejects bridge", LEAD)


def test_line_breaks_part_paragraphs_where_the_page_has_no_others(read_page: ReadPage) -> None:
    page = f"<html><body><font>{LEAD}<br><br>„Nein“, sagte\nsie.<br>Und ging.<br> <br>Er blieb.</font></body></html>"
    assert read_page(page).text == f"{LEAD}\n\n„Nein“, sagte sie.\nUnd ging.\n\nEr blieb."


def test_soft_hyphens_do_not_stand_inside_words(read_page: ReadPage) -> None:
    assert read_page(_article("<p>Die Bundes&shy;regierung hat es abgelehnt.</p>")).text == (
        "Die Bundesregierung hat es abgelehnt."
    )


@pytest.mark.parametrize(
    "page",
    [
        "<html><head><title>Kratko</title></head><body><p>Ministar je odbio.</p></body></html>",
        "<p>Ministar je odbio.</p>",
        "<div><div><div>Ministar je odbio.",
        "Ministar je odbio.",
        '<?xml version="1.0" encoding="utf-8"?><html><body><p>Ministar je odbio.</p></body></html>',
        "<svg><html><head></head><body><p>Ministar je odbio.</p></body></html>",
        "<html><body><p>Ministar je odbio.</p><noscript>Enable JavaScript.</noscript></body></html>",
    ],
)
def test_pages_of_little_text_and_pieces_of_pages_are_read(page: str, read_page: ReadPage) -> None:
    assert read_page(page).text == "Ministar je odbio."


@pytest.mark.parametrize(
    "page",
    [
        "",
        "   \n",
        "<html></html>",
        "<html><body><script>var text = 'Ministar je odbio.';</script></body></html>",
        "<html><body><div id=app></div><noscript>You need JavaScript.</noscript></body></html>",
        "<!-- only a comment -->",
    ],
)
def test_a_page_without_text_is_named(page: str, read_page: ReadPage) -> None:
    with pytest.raises(DataError, match=r"page\.html: the article is empty; this page has no text"):
        read_page(page)


def test_a_page_that_is_too_large_is_refused_before_it_is_read(read_page: ReadPage) -> None:
    with pytest.raises(DataError, match=r"page\.html: over 8 MiB"):
        read_page(" " * (MAX_PAGE_BYTES + 1))


def test_deep_nesting_is_no_crash(read_page: ReadPage) -> None:
    page = "<html><body>" + "<div>" * 200 + f"<p>{LEAD}</p>" + "</div>" * 200 + "</body></html>"
    assert read_page(page).text == LEAD
    with pytest.raises(DataError, match="the article is empty"):
        read_page("<html><body>" + "<div>" * 20_000 + f"<p>{LEAD}</p>")


def test_without_the_extra_the_message_says_what_to_install(
    read_page: ReadPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    with pytest.raises(EnvironmentMissing, match=r"page\.html: .* pip install 'stance-news\[html\]'"):
        read_page(_article(f"<p>{LEAD}</p>"))

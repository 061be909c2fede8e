"""Articles in the encodings of their time: the text comes back letter for letter, or the file is refused."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from stance.data.articles import read_articles
from stance.data.encodings import decode
from stance.errors import DataError
from stance.types import Article

SERBIAN = "Odbornici su odlučili da će most biti građen. „Šta će nam most“, pitao je Đorđe Žižić."
CROATIAN = "Vijeće je jučer odbilo prijedlog, što je naišlo na oštre kritike čelnika oporbe."
SERBIAN_CYRILLIC = "Одборници су одлучили да ће мост бити грађен. „Шта ће нам мост“, питао је Ђорђе Љубић."
RUSSIAN = "Депутаты проголосовали за мост, который построят до зимы, но это не дёшево."
MACEDONIAN = "Советниците гласаа за мостот што ќе се гради пред зима, но не е евтин. „Ѓорѓи ќе дојде“, рече тој."
BULGARIAN = "Съветниците гласуваха за моста, който ще се строи преди зимата, но не е евтин."
GERMAN = "Der Stadtrat lehnt die Brücke ab. „Wir müssen größere Schäden verhüten“, sagte Jäger."
FRENCH = "Le père du maire était très fâché : « C’est une hérésie », a-t-il déclaré à l’hôtel de ville."
ALBANIAN = "Këshilli i komunës votoi për urën, që do të ndërtohet në verë dhe nuk është e lirë, tha Çela."
UNICODE = {"SERBIAN": SERBIAN, "RUSSIAN": RUSSIAN, "emoji": "Ana je rekla „da“ 🙂 u četvrtak.", "Han": "他说不。"}
LEGACY = [
    *((SERBIAN, name) for name in ("cp1250", "mac_croatian")),
    *((CROATIAN, name) for name in ("cp1250", "iso8859_2", "mac_latin2")),
    (SERBIAN_CYRILLIC, "cp1251"),
    *((RUSSIAN, name) for name in ("cp1251", "koi8_r", "iso8859_5", "mac_cyrillic")),
    *((BULGARIAN, name) for name in ("cp1251", "koi8_r", "iso8859_5")),
    (MACEDONIAN, "cp1251"),
    (GERMAN, "cp1252"),
    (GERMAN, "cp1250"),
    (FRENCH, "cp1252"),
    (ALBANIAN, "cp1252"),
    (ALBANIAN, "mac_roman"),
]

ReadBytes = Callable[[str, bytes], Article]


@pytest.fixture
def read_bytes(tmp_path: Path) -> ReadBytes:
    def read(name: str, raw: bytes) -> Article:
        path = tmp_path / name
        path.write_bytes(raw)
        (article,) = read_articles([str(path)])
        return article

    return read


@pytest.mark.parametrize("text", UNICODE.values(), ids=UNICODE.keys())
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_unicode_is_read_with_or_without_a_mark(text: str, mark: bytes, encoding: str, read_bytes: ReadBytes) -> None:
    assert read_bytes("a.txt", mark + text.encode(encoding)).text == text


@pytest.mark.parametrize(("text", "encoding"), LEGACY)
def test_an_old_encoding_is_told_from_one_sentence(text: str, encoding: str, read_bytes: ReadBytes) -> None:
    assert read_bytes("a.txt", text.encode(encoding)).text == text


@pytest.mark.parametrize(("text", "encoding"), LEGACY)
def test_an_old_encoding_is_told_in_a_long_article_with_a_foreign_name(text: str, encoding: str) -> None:
    article = "\n\n".join([text] * 400 + ["Reuters, New York"])
    assert decode(article.encode(encoding), place="a.txt") == article


@pytest.mark.parametrize("between", ["\n", " "])
def test_letters_far_into_a_file_tell_its_encoding(between: str) -> None:
    article = between.join(["Ovo je prva vest dana." * 200_000, SERBIAN])
    assert decode(article.encode("cp1250"), place="a.txt") == article


@pytest.mark.parametrize("text", ["Što će, čovječe?", "Đorđe Šešelj i Ćamil Đurić", "žuč, ćuk, đak, šal, čađ"])
def test_south_slavic_letters_do_not_come_back_as_icelandic_ones(text: str) -> None:
    assert decode(text.encode("cp1250"), place="a.txt") == text


def test_capitals_throughout_are_told_too() -> None:
    text = "ДЕПУТАТЫ ПРОГОЛОСОВАЛИ ЗА НОВЫЙ МОСТ"
    assert [decode(text.encode(name), place="a.txt") for name in ("cp1251", "koi8_r")] == [text, text]


def test_english_with_typographic_quotes_only_is_read(read_bytes: ReadBytes) -> None:
    text = "“We can’t wait,” she said — £5 a day."
    assert read_bytes("a.txt", text.encode("cp1252")).text == text


def test_line_ends_and_blank_lines_stay_as_they_are(read_bytes: ReadBytes) -> None:
    text = "Šta će nam most?\r\n\r\n  Ništa, rekao je Đorđe.\r\n"
    assert read_bytes("a.txt", text.encode("cp1250")).text == text


@pytest.mark.parametrize("name", ["a.md", "a.txt", "a"])
def test_markdown_and_text_are_decoded_alike(name: str, read_bytes: ReadBytes) -> None:
    assert read_bytes(name, SERBIAN.encode("cp1250")).text == SERBIAN


def test_standard_input_is_decoded_as_files_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(RUSSIAN.encode("koi8_r"))))
    (article,) = read_articles(["-"])
    assert article.text == RUSSIAN


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", r"a\.txt: this is a binary file"),
        ("Ovo je tekst.".encode("utf-16-le"), "this is a binary file"),
        (codecs.BOM_UTF16_LE + b"a\0\0\0b\0", "this is a binary file"),
        (codecs.BOM_UTF32_LE + b"ab", "begins as UTF-32, but byte 5 is not"),
        (codecs.BOM_UTF16_LE + "most".encode("utf-16-le")[:-1], "begins as UTF-16, but byte 9 is not"),
        (bytes(range(1, 256)) * 4, r"byte 128 is not UTF-8 \(0x80\); this is a binary file"),
        (bytes(range(0xC0, 0x100)) * 9, r"byte 1 is not UTF-8 \(0xc0\); this is a binary file or in another encoding"),
        (RUSSIAN.encode()[:-2] + b"\xd0", r"is not UTF-8 \(0xd0\), but the rest is; the file is damaged or cut off"),
        (SERBIAN.encode() + b" \xe8", r"is not UTF-8 \(0xe8\), but the rest is"),
    ],
)
def test_binary_and_damaged_files_are_refused_with_the_place(raw: bytes, message: str, read_bytes: ReadBytes) -> None:
    with pytest.raises(DataError, match=message):
        read_bytes("a.txt", raw)


def _page(text: str, head: str) -> str:
    return f"<html><head>{head}<title>Most</title></head><body><p>{text}</p></body></html>"


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ('<meta charset="windows-1251">', "cp1251"),
        ("<meta charset=koi8-r>", "koi8_r"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=ISO-8859-5">', "iso8859_5"),
        ('<meta charset="x-unknown">', "cp1251"),
        ('<meta charset="hex">', "cp1251"),
        ('<meta charset="utf-8">', "cp1251"),
        ("", "cp1251"),
        ('<meta charset="windows-1251">', "utf-8"),
        ('<meta charset="windows-1251">', "utf-16"),
    ],
)
def test_a_page_is_read_as_it_declares_unless_that_cannot_be(head: str, encoding: str, read_bytes: ReadBytes) -> None:
    assert read_bytes("a.html", _page(RUSSIAN, head).encode(encoding)).text == RUSSIAN


@pytest.mark.parametrize("label", ["iso-8859-1", "ascii", "windows-1252"])
def test_the_declared_encoding_counts_before_what_the_words_tell(label: str, read_bytes: ReadBytes) -> None:
    page = _page("Er sagte: „Þórður“ – 5 €.", f'<meta charset="{label}">')
    assert read_bytes("a.html", page.encode("cp1252")).text == "Er sagte: „Þórður“ – 5 €."


def test_damage_in_a_page_shows_in_its_place_and_stops_nothing(read_bytes: ReadBytes) -> None:
    page = _page("Министар је рекао да неће потписати споразум?.", "").encode().replace(b"?", b"\xd0")
    assert read_bytes("a.html", page).text == "Министар је рекао да неће потписати споразум\ufffd."

"""What can be wrong with a text whatever is annotated in it: its language, its script, its characters."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from functools import lru_cache
from pathlib import Path

import pytest

from stance.data.defects import Kind
from stance.data.text_checks import character_defects, language_defect

_DATA = Path(__file__).parent.parent.parent / "data"
_LANGUAGES = ("bs", "de", "en", "fr", "hr", "mk", "ru", "sq", "sr-Cyrl", "sr-Latn")
_ONE_GROUP = ("bs", "hr", "sr", "sr-Cyrl", "sr-Latn", "cnr", "sh")
# Close kin in one script: a short sentence may read like either.
_KIN = {("mk", "sr-Cyrl"), ("sr-Cyrl", "mk"), ("mk", "hr"), ("mk", "bs")}
_SHARE = 0.97
_MIN_LETTERS = 25  # fewer tell nothing


@lru_cache
def _texts(lang: str) -> tuple[str, ...]:
    """All composed sentences in a language, the held-out ones too."""
    files = [_DATA / folder / f"{lang}.jsonl" for folder in ("sentences", "heldout")]
    lines = [line for file in files if file.exists() for line in file.read_text(encoding="utf-8").splitlines()]
    return tuple(json.loads(line)["text"] for line in lines)


def _flagged(texts: tuple[str, ...], lang: str) -> list[str]:
    return [text for text in texts if language_defect(text, lang) is not None]


@pytest.mark.parametrize("lang", _LANGUAGES)
def test_no_sentence_with_its_right_language_is_flagged(lang: str) -> None:
    assert len(_texts(lang)) > 100
    assert _flagged(_texts(lang), lang) == []
    decomposed = tuple(unicodedata.normalize("NFD", text) for text in _texts(lang))
    assert _flagged(decomposed, lang) == []


def test_sentences_with_a_wrong_language_are_flagged() -> None:
    shares = {}
    total: Counter[bool] = Counter()
    for lang in _LANGUAGES:
        for wrong in _LANGUAGES:
            if wrong == lang or (lang in _ONE_GROUP and wrong in _ONE_GROUP):
                continue
            n_flagged = len(_flagged(_texts(lang), wrong))
            total += Counter({True: n_flagged, False: len(_texts(lang)) - n_flagged})
            shares[lang, wrong] = n_flagged / len(_texts(lang))
    assert total[True] / total.total() >= _SHARE
    low = {pair: round(share, 3) for pair, share in shares.items() if share < _SHARE}
    assert set(low) <= _KIN, low
    assert min(shares.values()) > 0.7


@pytest.mark.parametrize("lang", ["bs", "hr", "sr-Latn", "sr-Cyrl"])
def test_bosnian_croatian_montenegrin_and_serbian_are_never_told_apart(lang: str) -> None:
    stated = [other for other in _ONE_GROUP if "-" not in other or other == lang]
    assert [(other, text) for other in stated for text in _flagged(_texts(lang), other)] == []


@pytest.mark.parametrize(
    ("lang", "stated", "script"),
    [
        ("sr-Latn", "sr-Cyrl", "Latn"),
        ("hr", "sr-Cyrl", "Latn"),
        ("sr-Cyrl", "sr-Latn", "Cyrl"),
        ("ru", "ru-Latn", "Cyrl"),
    ],
)
def test_the_other_script_is_flagged(lang: str, stated: str, script: str) -> None:
    long_enough = [text for text in _texts(lang) if sum(map(str.isalpha, text)) >= _MIN_LETTERS]
    assert len(long_enough) > 0.99 * len(_texts(lang))
    for text in long_enough:
        defect = language_defect(text, stated)
        assert defect is not None, text
        assert (defect.kind, defect.field, defect.found) == (Kind.OTHER_LANGUAGE, "lang", repr(stated))
        assert defect.expected == f"the text is written in {script}"


def test_the_language_that_it_reads_like_is_named() -> None:
    named = Counter(defect.nearest for text in _texts("sq") if (defect := language_defect(text, "de")) is not None)
    assert named["'sq'"] > _SHARE * named.total()


@pytest.mark.parametrize("stated", ["de", "ru", "sr-Cyrl", "sr-Latn"])
@pytest.mark.parametrize(
    "text",
    [
        "Yes.",
        "Nein, danke!",
        "Не, хвала.",
        "Ana Ross, London 2026",
        "1244 1244 1244 1244 1244 1244 1244",
        "🙂🙂🙂 ---",
        "是的",
    ],
)
def test_short_texts_are_never_flagged(text: str, stated: str) -> None:
    assert language_defect(text, stated) is None


@pytest.mark.parametrize("stated", ["xx", "und", "ar", "zh-Hant", "", "ja"])
def test_languages_that_are_not_told_are_never_flagged(stated: str) -> None:
    assert _flagged(_texts("en")[:50], stated) == []


@pytest.mark.parametrize(
    "text",
    [
        "Ana backs the “bridge” – at 5\u00a0% …\tnow.\r\nThen\u2028more\u0085here.",
        "Čvor, đak, žaba, šuma, ćup.",
        "Ѐ ѐ Ѝ ѝ: сѐ што ѝ рече на Ѓорѓи во Ќустендил.",
        "ǈubav, ǋegoš, ǅep, ǉǌǆ, Ǆ, Ǉ, Ǌ.",
        "Её ёлка, їжак, ґанок, ўсё.",
        "Sot në mëngjes, ç'kemi?",
        "رَحَّبَ أَحْمَدُ بِالجِسْرِ؛ إنّ ٱلْكِتَابَ لَهُ.",
        "می\u200cخواهم پل را",
        "क्\u200dष और र्\u200c क",
        "שָׁלוֹם עֲלֵיכֶם",
        "安娜支持这座桥。ガブリエル、각하",
        "👩‍🚀 👨‍👩‍👧‍👦 🏳️‍🌈 🇽🇰 👍🏽 ☀️ 1️⃣",
        "Ana\u00adlize, ﬁn, Ⅳ, № 5, ½, x², ℃",
        "Vučić (Вучић) i NATO-вац, USB-кабл, 5G-мрежа, COVID-19, т.е. etc.",
        "\u200eltr\u200f rtl marks",
    ],
)
def test_characters_that_belong_to_a_text_are_not_flagged(text: str) -> None:
    text = unicodedata.normalize("NFC", text)
    assert list(character_defects(text)) == []


@pytest.mark.parametrize("lang", _LANGUAGES)
def test_nothing_is_wrong_with_the_characters_of_our_sentences(lang: str) -> None:
    assert [(text, defect) for text in _texts(lang) for defect in character_defects(text)] == []


@pytest.mark.parametrize(
    "character",
    [
        "\x00",
        "\x07",
        "\x1b",
        "\x7f",
        "\x80",
        "\x9b",
        "\u200b",
        "\u2060",
        "\ufeff",
        "\u202a",
        "\u202e",
        "\u2066",
        "\u2069",
    ],
)
@pytest.mark.parametrize("text", ["Ana hails it.", "Ана хвали.", "أحمد يؤيد", "安娜支持", "🙂 Ana"])
def test_an_invisible_character_is_named_with_its_place(text: str, character: str) -> None:
    for at in (0, 3, len(text)):
        (defect,) = character_defects(text[:at] + character + text[at:])
        assert (defect.kind, defect.field) == (Kind.CONTROL_CHARACTER, "text")
        assert defect.found == f"U+{ord(character):04X} at {at}"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Ana c\u030cvor", 4),
        ("сѐ и\u0306", 3),
        ("Ѓорѓи К\u0301", 6),
        ("a\u0627\u0653", 1),
        ("か\u3099", 0),
        ("🙂 e\u0301", 2),
    ],
)
def test_decomposed_text_is_named_with_its_place(text: str, place: int) -> None:
    (defect,) = character_defects(text)
    assert defect.kind is Kind.NOT_NFC
    assert defect.found.endswith(f" at {place}")
    assert list(character_defects(unicodedata.normalize("NFC", text))) == []


@pytest.mark.parametrize(
    ("text", "word", "mended"),
    [
        ("Ana hvali m\u043est u gradu.", "m\u043est", "most"),
        ("\u0410na hvali most u gradu.", "\u0410na", "Ana"),
        ("Ана хвали м\u006fст у граду.", "м\u006fст", "мост"),
        ("\u0041на хвали мост у граду.", "\u0041на", "Ана"),
        ("Влада \u0434\u043e\u043d\u0065\u0063\u0435 закон.", "\u0434\u043e\u043d\u0065\u0063\u0435", "донесе"),
        ("Се\u0458а и \u0458\u0061\u0432\u043d\u043e \u0458\u006a мост.", "\u0458\u0061\u0432\u043d\u043e", "јавно"),
        ("E\u0443 supports \u0441ity \u0440lans.", "\u0441ity", "city"),
        ("Кос\u006fво и Метохија, Приштина.", "Кос\u006fво", "Косово"),
        ("Ministri i Jashtëm tha se Kos\u043eva është", "Kos\u043eva", "Kosova"),
    ],
)
def test_a_look_alike_of_the_other_script_is_named_with_the_right_word(text: str, word: str, mended: str) -> None:
    defects = {defect.found: defect for defect in character_defects(text)}
    found = f"{word!r} at {text.index(word)} mixes Latin and Cyrillic letters"
    assert {defect.kind for defect in defects.values()} == {Kind.HOMOGLYPH}
    assert defects[found].nearest == repr(mended)


@pytest.mark.parametrize("text", ["USB-кабл и Wi-Fi-мрежа", "iPhone-ови", "Zовите", "Vучић hvali", "Бgrad"])
def test_words_of_two_scripts_without_look_alikes_are_no_mistake(text: str) -> None:
    assert list(character_defects(text)) == []

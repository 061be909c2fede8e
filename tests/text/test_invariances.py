"""What must not change a reading: the script, missing diacritics, the style of quotation marks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import Any

import pytest
from reading_claims import composed_articles, reader

from stance.data.transliteration import to_latin
from stance.text.script import fold
from stance.types import Article, Reading, Reference, Span, Speaker

# --- two readings of one article -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Rewritten:
    """A text in which each character of an original was replaced by a piece, which may be empty."""

    pieces: Sequence[str]

    @cached_property
    def text(self) -> str:
        return "".join(self.pieces)

    @cached_property
    def _places(self) -> list[int]:
        return [0, *accumulate(map(len, self.pieces))]

    def span(self, original: Span) -> Span:
        """Where what replaced the characters of a span stands."""
        return Span(self._places[original.start], self._places[original.end])


_MARK = re.compile("\\s*[„“”«»\"‘’'‚‹›]\\s*")
Show = Callable[[Span], str]


def _facts(reading: Reading, show: Show) -> dict[str, list[Any]]:
    """What was found: spans as `show` has them, names folded."""
    text = reading.article.text
    return {
        "sentence": [(show(s.span), s.paragraph, s.boilerplate) for s in reading.sentences],
        "quote": [
            (show(quote.span), _bare(quote.inner.of(text)), quote.kind, quote.closed, quote.continues)
            for quote in reading.quotes
        ],
        "asides": [[show(aside) for aside in quote.asides] for quote in reading.quotes],
        "actor": [(show(mention.span), fold(mention.reference.key)) for mention in reading.actor_mentions],
        "position": [(show(m.span), m.reference.key, m.source) for m in reading.position_mentions],
        "quote speakers": [[_speaker(s, show) for s in speakers] for speakers in reading.quote_speakers],
        "sentence speakers": [[_speaker(s, show) for s in speakers] for speakers in reading.sentence_speakers],
        "query": list(_queries(reading, show)),
    }


def _bare(words: str) -> str:
    """Words without quotation marks, whose style a rewritten text may change inside a quote too."""
    return fold(_MARK.sub("", words).strip())


def _speaker(speaker: Speaker, show: Show) -> tuple[Any, ...]:
    reporter = speaker.reporter and fold(speaker.reporter)
    confidence = round(speaker.confidence, 6)
    return _reference(speaker.actor, show), speaker.source.value, confidence, speaker.represents, reporter


def _reference(reference: Reference | None, show: Show) -> tuple[Any, ...] | None:
    return None if reference is None else (fold(reference.key), reference.span and show(reference.span))


def _queries(reading: Reading, show: Show) -> Iterator[tuple[Any, ...]]:
    for query in reading.queries:
        assert query.statement is not None
        speaker = query.statement.speaker
        yield (
            _reference(query.actor, show),
            _reference(query.target, show),
            query.target_source,
            [show(span) for span in query.statement.evidence],
            speaker and _speaker(speaker, show),
        )


def _differences(original: Article, rewritten: _Rewritten, *, lang: str | None, known: bool) -> list[str]:
    """What the readings of two texts do not share; every span as it stands in the rewritten one."""

    def show(span: Span) -> str:
        return f"[{span.start}, {span.end}) {span.of(rewritten.text)}"

    wanted = _facts(reader(known=known).read(original), lambda span: show(rewritten.span(span)))
    found = _facts(reader(known=known).read(Article(rewritten.text, original.doc_id, lang=lang)), show)
    differences = []
    for kind in wanted:
        differences += [f"{kind}, lacking: {fact}" for fact in wanted[kind] if fact not in found[kind]]
        differences += [f"{kind}, added: {fact}" for fact in found[kind] if fact not in wanted[kind]]
        if len(wanted[kind]) != len(found[kind]) and not differences:
            differences.append(f"{kind}: {len(wanted[kind])} before, {len(found[kind])} after")
    return differences


def _named(articles: Sequence[Article]) -> list[Any]:
    return [pytest.param(article, id=article.doc_id) for article in articles]


def _articles(*languages: str) -> list[Any]:
    return _named([article for article in composed_articles() if article.lang in languages])


# --- scripts -------------------------------------------------------------------------------------------------

_LATIN, _CYRILLIC = "abvgdđežzijklmnoprstćufhcčš", "абвгдђежзијклмнопрстћуфхцчш"
_LETTERS = str.maketrans(_LATIN + _LATIN.upper(), _CYRILLIC + _CYRILLIC.upper())
_DIGRAPHS = re.compile("lj|nj|dž", re.IGNORECASE)
_ONE_LETTER = {"lj": "љ", "nj": "њ", "dž": "џ"}


def _to_cyrillic(text: str) -> str:
    """Serbian Latin in Cyrillic; `lj`, `nj` and `dž` are always one letter, other alphabets stay."""

    def letter(match: re.Match[str]) -> str:
        cyrillic = _ONE_LETTER[match.group().lower()]
        return cyrillic.upper() if match.group()[0].isupper() else cyrillic

    return _DIGRAPHS.sub(letter, text).translate(_LETTERS)


def _in_latin(cyrillic: str) -> _Rewritten:
    """Each letter in Latin, with its neighbours: they tell how a digraph is capitalised."""
    latin, start, pieces = to_latin(cyrillic), 0, []
    for character in cyrillic:
        pieces.append(latin[start : start + len(to_latin(character))])
        start += len(pieces[-1])
    return _Rewritten(pieces)


_LATIN_TAGS = {"sr-Cyrl": "sr-Latn", "bs-Cyrl": "bs"}
_HAND_WRITTEN = (
    "Љ. Ковачевић је подржала НАТО. „Без НАТО-а нема ни нас, рекла сам им“, додала је Ковачевић.",
    "Министар Џ. Његован: НАТО нам не треба\n\nЊеговану се то не свиђа. „Нећемо у НАТО, то сам им рекао“, каже он.",
    "Дневни ред\n\n— Нећу НАТО, рече Љиљана Ђорђевић. — Ни сада, ни сутра.\n\n— А ја хоћу — одговори Џорџ Њиви.",
    "ЉУБАВ И ЊЕГОВИ УСЛОВИ ЗА НАТО Љубица Џелатовић, шефица кабинета, одбацила је минималну зараду.",
    "Како тврди председница Љубинка Њежић-Џамбас, минимална зарада је мала.\r\n\r\nОна тражи повећање минималца!",
    "Удружење „Наша ријека“ и Љ. Њ. Џомбић, његов члан, одбили су НАТО; „љубав“ према њему није општа.",
)


def _both_scripts() -> list[Any]:
    """Pairs of the same article in Cyrillic and in Latin."""
    articles = [article for article in composed_articles() if article.lang in ("sr-Cyrl", "sr-Latn", "bs")]
    tags = {"sr-Latn": "sr-Cyrl", "bs": "bs-Cyrl"}
    in_cyrillic = [
        replace(a, text=_to_cyrillic(a.text), lang=tags[a.lang]) if a.lang in tags else a for a in articles if a.lang
    ]
    written = [Article(text, f"hand-written-{n}", lang="sr-Cyrl") for n, text in enumerate(_HAND_WRITTEN)]
    return _named([*in_cyrillic, *written])


@pytest.mark.parametrize("article", _articles("sr-Latn", "bs"))
def test_transliteration_there_and_back_loses_nothing(article: Article) -> None:
    assert to_latin(_to_cyrillic(article.text)) == article.text


@pytest.mark.parametrize("known", [True, False], ids=["known", "found"])
@pytest.mark.parametrize("article", _both_scripts())
def test_both_scripts_give_the_same_statements(article: Article, known: bool) -> None:
    assert article.lang is not None
    latin = _in_latin(article.text)
    assert latin.text == to_latin(article.text)
    assert _differences(article, latin, lang=_LATIN_TAGS[article.lang], known=known) == []


# --- diacritics ----------------------------------------------------------------------------------------------

_PLAIN = {"č": "c", "ć": "c", "š": "s", "ž": "z", "đ": "dj", "ë": "e", "ç": "c"}
_PLAIN |= {letter.upper(): plain.capitalize() for letter, plain in _PLAIN.items()}


@pytest.mark.parametrize("known", [True, False], ids=["known", "found"])
@pytest.mark.parametrize("article", _articles("sr-Latn", "hr", "bs", "sq"))
def test_missing_diacritics_give_the_same_actors(article: Article, known: bool) -> None:
    plain = _Rewritten([_PLAIN.get(character, character) for character in article.text])
    differences = _differences(article, plain, lang=article.lang, known=known)
    assert [difference for difference in differences if difference.startswith(("actor", "query"))] == []


@pytest.mark.parametrize("name", ["Vučić", "Vucic", "Вучић", "VUČIĆ", "Vučića", "Vucicu", "Вучићем"])
def test_every_spelling_of_a_known_name_means_the_same_actor(name: str) -> None:
    reading = reader(known=True).read(Article(f"Juče je {name} govorio o NATO.", "d", lang="sr"))
    assert [mention.reference.id for mention in reading.actor_mentions] == ["vucic"]


# --- quotation marks -----------------------------------------------------------------------------------------

_STYLES = {
    "low-high": ("„", "“"), "low-right": ("„", "”"), "high": ("“", "”"), "guillemets": ("«", "»"),
    "reversed": ("»", "«"), "straight": ('"', '"'), "single": ("‘", "’"), "straight-single": ("'", "'"),
    "french": ("«\u00a0", "\u00a0»"),
}  # fmt: skip
_SINGLE = ("single", "straight-single")
_APOSTROPHES = "'’‘‚‹›`"
_DOUBLE_MARKS = '„“”«»"'
_SAID = (
    ("en", "«We need NATO more than ever before», said Ana Brnabić. She called it «a must»."),
    ("en", "Ana Brnabić said: «We need NATO more than ever before.» «Never», she added, «shall we leave NATO again.»"),
    ("sr", "«Bez NATO nema ni nas», rekla je Ana Brnabić. Stranka «Naša reka» je za NATO, a «mir» je reč iz programa."),
    ("sr", "«Prvi pasus o NATO nema kraja.\n\n«Drugi pasus o NATO ima kraj», rekla je Ana Brnabić."),
    ("ru", "«НАТО нам не нужен, — сказал Александар Вучич. — И никогда не был нужен». «Всё!» — добавил он."),
    ("de", "«Die NATO brauchen wir mehr denn je», sagte Ana Brnabić. «Warum nicht?», fragte sie. «So.» Das war alles."),
    ("fr", "«Nous avons besoin de OTAN, a dit Ana Brnabić, plus que jamais.» Elle parle de «menace»."),
    ("sq", "«NATO na duhet më shumë se kurrë», tha Ana Bërnabiq. Ajo foli për «rrezikun»."),
    ("mk", "«НАТО ни треба повеќе од кога било», рече Ана Брнабиќ. Таа вели дека тоа е «нужно»."),
    ("bg", "«НАТО ни трябва повече от всякога», каза Ана Бърнабич. Тя го нарече «нужно»."),
)


def _marks(text: str) -> dict[int, bool] | None:
    """Place of each mark -> whether it opens; None where not all are of one style, each opened and closed in turn.

    A quote that runs on over paragraphs opens at the start of its paragraph and is not closed there.
    """
    for style in _STYLES.values():
        opening, closing = style[0].strip(), style[1].strip()
        places = [place for place, character in enumerate(text) if character in opening + closing]
        if opening != "'" and places and all(c in opening + closing for c in text if c in _DOUBLE_MARKS):
            opens = dict(_in_turn(text, places))
            fitting = all(text[place] == (opening if opens[place] else closing) for place in places)
            if fitting and all(_looks_right(text, place, opens[place]) for place in places):
                return opens
    return None


def _in_turn(text: str, places: Sequence[int]) -> Iterator[tuple[int, bool]]:
    is_open = False
    for place in places:
        is_open = not is_open or not text[text.rfind("\n", 0, place) + 1 : place].strip()
        yield place, is_open


def _looks_right(text: str, place: int, opens: bool) -> bool:
    """Whether a letter follows an opening mark, and none a closing one."""
    after = text[place + 1 :].lstrip() if opens else text[place + 1 : place + 2]
    return after[:1].isalnum() == opens


def _runs_over_paragraphs(text: str, marks: dict[int, bool]) -> bool:
    """Whether a paragraph has an opening mark without a closing one."""
    opens = Counter(text.count("\n", 0, place) for place, is_open in marks.items() if is_open)
    return opens != Counter(text.count("\n", 0, place) for place, is_open in marks.items() if not is_open)


def _restyled(text: str, marks: dict[int, bool], style: str) -> _Rewritten:
    pieces = list(text)
    for place, opens in marks.items():
        pieces[place] = _STYLES[style][0 if opens else 1]
        inside = place + 1 if opens else place - 1
        if text[inside].isspace():
            pieces[inside] = ""
    return _Rewritten(pieces)


def _styled_articles() -> list[Any]:
    written = [Article(text, f"hand-written-{lang}-{n}", lang=lang) for n, (lang, text) in enumerate(_SAID)]
    return _named([article for article in (*composed_articles(), *written) if _marks(article.text)])


@pytest.mark.parametrize("style", _STYLES)
@pytest.mark.parametrize("article", _styled_articles())
def test_the_style_of_quotation_marks_changes_nothing(article: Article, style: str) -> None:
    marks = _marks(article.text)
    assert marks is not None
    if style in _SINGLE and any(c in _APOSTROPHES for place, c in enumerate(article.text) if place not in marks):
        pytest.skip("apostrophes make single marks ambiguous")
    if style == "straight-single" and _runs_over_paragraphs(article.text, marks):
        pytest.skip("an unclosed straight single mark is taken for an apostrophe")
    restyled = _restyled(article.text, marks, style)
    for known in (True, False):
        assert _differences(article, restyled, lang=article.lang, known=known) == []

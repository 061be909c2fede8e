"""No text breaks the reading: hostile characters, known names in disorder, articles cut up and put together again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import lru_cache, partial
from importlib.resources import files
from itertools import chain
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from reading_claims import actors, broken_claims, composed_articles, positions, reader

from stance.data.transliteration import to_latin
from stance.text.languages import language_of
from stance.text.reading import ArticleReader
from stance.text.script import fold
from stance.types import Article

_FILES = ("en", "sr", "mk", "sq", "ru", "de", "fr", "bg")
_TAGS = (
    "en", "sr-Latn", "sr-Cyrl", "sr", "hr", "bs", "bs-Cyrl", "mk", "sq", "ru", "de", "de-AT", "fr", "bg", "xx",
    "EN", None,
)  # fmt: skip
_MARKS = "„“”«»\"‚‘’‹›'`´＂「」"
_DASHES = "-–—―‒‑−"
_BREAKS = ("\n", "\n\n", "\r\n", "\r\n\r\n", "\r", "\n\r", "\u2028", "\u2029", "\x0b", "\x0c", "\x85", "\x1c", "\x1d")
_POINTS = (".", "...", "…", "!", "?", "?!", ",", ";", ":", "(", ")", "[", "]", "•", "·", "/", "|", "_", "*", "@", "#")
_SPACES = (" ", " ", " ", " ", "", "\u00a0", "\u202f", "\u2009", "\u200b", "\t", "  ", "\u3000")
_STRANGE = (
    "\x00", "\x07", "\x1b[31m", "\x1f", "\x7f", "\x9b", "\ufeff", "\ufffd", "\ufffe", "\U0010ffff", "\u00ad",
    "\u202e", "\u202c", "\u2066", "\u2069", "\u200e", "\u200f", "\u061c", "\u200d", "\ufe0f", "🙂",
    "🇷🇸", "👍🏽", "👩\u200d👩\u200d👧", "\u0301", "e\u0301", "\u030c", "Vuc\u030cic\u0301", "и\u0306", "Й",
    "a" + "\u0316" * 40, "İ", "ı", "ß", "ẞ", "ŉ", "ﬁ", "ǆ", "ǅ", "Ǆ",
    "ь", "Ъ", "ъь", "ѐ", "Ѝ", "ʼ", "ª", "²", "½", "Ⅷ", "٣٤", "１２４４", "𝟙", "𝐀na", "中国政府", "حكومة", "ממשלה", "𠀀",
    "1", "9.", "15.", "1244", "2013.", "1.5", "1,000.50", "10:30", "s", "S", "'s", "’S", "I", "A.", "Dr.", "itd.",
    "AAAA BBBB CCCC DDDD EEEE", "A" * 300, "ж" * 300, "Aa" * 200, "a-" * 100, "\ud800", "\udfff", "\udc80\ud83d",
)  # fmt: skip
_UNHURRIED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

# --- hostile texts -------------------------------------------------------------------------------------------


@lru_cache(maxsize=len(_FILES))
def _lists(language: str) -> dict[str, Any]:
    text = files("stance.text.languages").joinpath(f"{language}.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.load(text, Loader=yaml.BaseLoader)
    return found


@lru_cache(maxsize=len(_FILES))
def _language_words(language: str) -> tuple[str, ...]:
    """What the rules of one language look for: a tenth of its verbs, and its other words."""
    lists = _lists(language)
    chosen = list(chain(lists["speech_verbs"][::10], lists["stance_verbs"][::10]))
    for key in ("according_to", "according_to_them", "subordinators", "conjunctions", "articles", "linking", "both"):
        chosen += lists.get(key, ())
    for key in ("body_nouns", "group_nouns", "government_nouns", "title_heads", "countries", "stance_nouns"):
        chosen += list(lists.get(key, ()))[::3]
    for key in ("pronouns", "oblique_pronouns", "first_names"):
        chosen += list(chain.from_iterable(lists.get(key, {}).values()))[:40]
    return tuple(dict.fromkeys(word.replace("*", "") for word in chosen))


@lru_cache(maxsize=1)
def _names() -> tuple[str, ...]:
    forms = (form for actor in actors() for table in (actor.aliases, actor.titles) for form in table.values())
    names = [*(actor.name for actor in actors()), *chain.from_iterable(forms)]
    return tuple(dict.fromkeys([*names, *(name.split()[-1] for name in names), *map(str.upper, names)]))


@lru_cache(maxsize=1)
def _aliases() -> tuple[str, ...]:
    forms = chain.from_iterable(forms for position in positions() for forms in position.aliases.values())
    whole = [*(position.name for position in positions()), *forms]
    return tuple(dict.fromkeys([*whole, *chain.from_iterable(form.split(" … ") for form in whole)]))


def _in_marks(words: str, marks: tuple[str, str]) -> str:
    return marks[0] + words + marks[1]


def _words(language: str) -> st.SearchStrategy[str]:
    """A few words of one language around a name or an alias."""
    word = st.sampled_from(_language_words(language))
    named = st.sampled_from([*_names(), *_aliases()])
    return st.lists(st.one_of(word, named), min_size=3, max_size=12).map(" ".join)


def _subjects(language: str) -> st.SearchStrategy[str]:
    """Names, offices with and without a name, and two of them joined."""
    lists = _lists(language)
    title = st.sampled_from([head.replace("*", "") for head in lists["title_heads"]])
    one = st.one_of(st.sampled_from(_names()), title, title.map(str.capitalize))
    titled = st.builds("{} {}".format, title, st.sampled_from(_names()))
    pronoun = st.sampled_from([*chain.from_iterable(lists["pronouns"].values())])
    joined = st.builds("{} {} {}".format, one, st.sampled_from(lists["conjunctions"]), st.one_of(one, titled))
    return st.one_of(one, titled, joined, pronoun)


def _utterances(language: str) -> st.SearchStrategy[str]:
    """Words in marks that may not match, or after dashes, with the reporting clause after, before or inside."""
    said, name, mark = _words(language), _subjects(language), st.sampled_from(_MARKS)
    verb = st.sampled_from(_language_words(language)[:60])
    clause = st.one_of(
        st.builds("{} {}".format, verb, name), st.builds("{} {}".format, name, verb), verb, name, st.just("")
    )
    marks = st.one_of(
        st.tuples(mark, mark),
        st.sampled_from([("„", "“"), ("“", "”"), ("«", "»"), ("« ", " »"), ('"', '"'), ("„", "")]),
    )
    quote, end = st.builds(_in_marks, said, marks), st.sampled_from([".", "!", "", "\n", ".\n\n", "?\n"])
    return st.one_of(
        st.builds("{}, {}{}".format, quote, clause, end), st.builds("{}: {}{}".format, clause, quote, end),
        st.builds("{}{}".format, quote, end), st.builds("\n— {}, {}. — {}{}".format, said, clause, said, end),
        st.builds(_in_marks, st.builds("{}, — {}. — {}".format, said, clause, said), marks),
        st.builds(_in_marks, st.builds("{}, {}, {}".format, said, clause, said), marks),
        st.builds("{} {}{}".format, clause, said, end),
    )  # fmt: skip


@lru_cache(maxsize=len(_FILES))
def _pieces(language: str) -> st.SearchStrategy[str]:
    words, mark = st.sampled_from(_language_words(language)), st.sampled_from(_MARKS)
    foreign = st.sampled_from(_FILES).flatmap(lambda other: st.sampled_from(_language_words(other)))
    return st.one_of(
        words, words.map(str.capitalize), foreign, st.sampled_from(_names()), st.sampled_from(_aliases()), mark,
        st.sampled_from(_BREAKS), st.sampled_from(_POINTS), st.sampled_from(_DASHES), st.sampled_from(_STRANGE),
        st.text(st.characters(), max_size=12), *[_utterances(language)] * 5,
    )  # fmt: skip


@st.composite
def _hostile(draw: st.DrawFn) -> tuple[str, str | None]:
    """A text of any pieces with anything between, and a language tag, mostly that of its words."""
    language = draw(st.sampled_from(_FILES))
    count = draw(st.integers(0, 20))
    piece = st.tuples(_pieces(language), st.sampled_from(_SPACES))
    pairs = draw(st.lists(piece, min_size=count, max_size=count))
    own = [tag for tag in _TAGS if tag is not None and language_of(tag).code == language]
    tag = draw(st.sampled_from([*own, *own, *_TAGS]))
    return "".join(text + gap for text, gap in pairs), tag


def _check(text: str, lang: str | None) -> None:
    article = Article(text, "d", lang=lang)
    for known in (True, False):
        reading = reader(known=known).read(article)
        assert broken_claims(reading) == []
        assert reading.article is article
        assert reading.lang == lang or lang is None
        assert reader(known=known).read(article) == reading


@settings(max_examples=300, deadline=None, suppress_health_check=_UNHURRIED)
@given(_hostile())
@example(("", None))
@example((" \n\u2028\x85", "sr"))
@example(("\ud800„\udfff“\ud83d", "en"))
@example(
    ("© „A quote in a line of rights“\n\n„We shall build it this year.\n\n„It will be dear,“ said Ana Ross.", "en")
)
@example(("The minister and Ana Ross rejected NATO.", "en"))
@example(("– Oui. Elle vint, dit-elle, puis Paul partit.", "fr"))
@example(("„Say say Kosovo … integral part … Serbia„, .", "en"))
def test_every_claim_holds_of_hostile_texts(case: tuple[str, str | None]) -> None:
    _check(*case)


@pytest.mark.long
@pytest.mark.timeout(3600)
@settings(max_examples=20_000, deadline=None, suppress_health_check=_UNHURRIED)
@given(_hostile())
def test_every_claim_holds_of_twenty_thousand_hostile_texts(case: tuple[str, str | None]) -> None:
    _check(*case)


@pytest.mark.parametrize("lang", ["en", "sr", "ru", "de", "fr", None])
def test_one_strange_piece_in_a_plain_text_breaks_nothing(lang: str | None) -> None:
    for piece in (*_STRANGE, *_BREAKS, *_MARKS, *_DASHES):
        plain = (
            f"„NATO{piece} is {piece}needed by all here,“ said Ana{piece} Brnabić {piece}. She rejected NATO.{piece}"
        )
        for text in (piece, piece * 2, f"{piece} {plain}", plain):
            assert broken_claims(reader(known=True).read(Article(text, "d", lang=lang))) == [], ascii(text)


# --- mutated articles ----------------------------------------------------------------------------------------


def _cut(text: str, random: Random) -> str:
    start, end = sorted(random.choices(range(len(text) + 1), k=2))
    return text[start:end]


def _shuffle(text: str, random: Random) -> str:
    parts = text.split("\n\n")
    random.shuffle(parts)
    return "\n\n".join(parts)


def _change_marks(text: str, random: Random, change: Callable[[str], str]) -> str:
    return "".join(change(c) if c in _MARKS and random.random() < 0.3 else c for c in text)


def _double_marks(text: str, random: Random) -> str:
    return _change_marks(text, random, lambda mark: mark * 2)


def _delete_marks(text: str, random: Random) -> str:
    return _change_marks(text, random, lambda mark: "")


def _replace_marks(text: str, random: Random) -> str:
    return _change_marks(text, random, lambda mark: random.choice(_MARKS))


def _insert(text: str, random: Random, pieces: tuple[str, ...], *, most: int) -> str:
    for _ in range(random.randint(1, most)):
        place = random.randint(0, len(text))
        text = text[:place] + random.choice(pieces) + text[place:]
    return text


def _to_cyrillic(text: str) -> str:
    return text.translate(str.maketrans("abcdefghijklmnopqrstuvzšžćčđ", "абцдефгхијклмнопqрстувзшжћчђ"))


def _swap_scripts(text: str, random: Random) -> str:
    start, end = sorted(random.choices(range(len(text) + 1), k=2))
    swap = random.choice((to_latin, _to_cyrillic, fold, str.upper, str.lower))
    return text[:start] + swap(text[start:end]) + text[end:]


def _join(text: str, random: Random) -> str:
    return random.choice((" ", "", "\u00a0", "\x85", "\t")).join(text.split("\n\n"))


def _repeat(text: str, random: Random) -> str:
    start, end = sorted(random.choices(range(len(text) + 1), k=2))
    return text[:end] + text[start:end] * random.randint(1, 3) + text[end:]


_MUTATIONS: tuple[Callable[[str, Random], str], ...] = (
    _cut, _shuffle, _double_marks, _delete_marks, _replace_marks, _swap_scripts, _join, _repeat,
    partial(_insert, pieces=_STRANGE, most=20), partial(_insert, pieces=_BREAKS, most=20),
    partial(_insert, pieces=tuple(_MARKS), most=10), partial(_insert, pieces=_POINTS, most=10),
)  # fmt: skip


@st.composite
def _mutated(draw: st.DrawFn) -> tuple[str, str | None]:
    """A composed article after up to four mutations, at times in another language."""
    article = draw(st.sampled_from(composed_articles()))
    random = draw(st.randoms(use_true_random=False))
    text = article.text
    for mutate in draw(st.lists(st.sampled_from(_MUTATIONS), min_size=1, max_size=4)):
        text = mutate(text, random)
    return text, draw(st.sampled_from([article.lang] * 3 + [None, *_TAGS[::4]]))


@settings(max_examples=60, deadline=None, suppress_health_check=_UNHURRIED)
@given(_mutated())
def test_every_claim_holds_of_mutated_articles(case: tuple[str, str | None]) -> None:
    _check(*case)


@pytest.mark.long
@pytest.mark.timeout(3600)
@settings(max_examples=2_000, deadline=None, suppress_health_check=_UNHURRIED)
@given(_mutated())
def test_every_claim_holds_of_two_thousand_mutated_articles(case: tuple[str, str | None]) -> None:
    _check(*case)


# --- the same again ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("known", [True, False])
def test_a_reader_that_has_read_others_reads_as_a_fresh_one(known: bool) -> None:
    one_per_language = {article.lang: article for article in composed_articles()}
    for article in one_per_language.values():
        fresh = ArticleReader(positions(), actors() if known else None)
        assert reader(known=known).read(article) == fresh.read(article)


def test_the_order_of_sets_changes_no_reading() -> None:
    """Python orders sets of words anew in each process."""
    script = (
        "import hashlib; from reading_claims import composed_articles, reader\n"
        "for a in composed_articles(): print(a.doc_id, hashlib.sha256("
        "repr([reader(known=known).read(a) for known in (True, False)]).encode()).hexdigest())"
    )
    printed = []
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.path.dirname(__file__)}
        done = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        printed.append(done.stdout.splitlines())
    assert len(printed[0]) == len(composed_articles())
    assert printed[0] == printed[1]

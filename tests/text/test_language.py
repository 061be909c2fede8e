"""The language of an article and of one sentence, told from small words and letters; the South Slavic three are one."""

import pytest

from stance.text.language import detect_language, sentence_language

BULGARIAN = (
    "Министърът заяви, че правителството няма да подкрепи предложението на опозицията.",
    "Това е лъжа, каза тя пред журналисти, които са чакали още от сутринта.",
    "Комисията одобри доклада само с три гласа против.",
    "Двете страни са подписали споразумение за сътрудничество между университетите.",
)
MACEDONIAN = (
    "Министерот изјави дека владата нема да го поддржи предлогот на опозицијата.",
    "Тоа е лага, рече таа пред новинарите, кои чекаа уште од утрото.",
    "Комисијата го усвои извештајот само со три гласа против.",
    "Двете страни потпишаа договор за соработка меѓу универзитетите.",
)
RUSSIAN = (
    "Министр заявил, что правительство не поддержит предложение оппозиции.",
    "Это ложь, сказала она журналистам, которые ждали ещё с утра.",
    "Комиссия одобрила доклад только тремя голосами против.",
    "Стороны подписали соглашение о сотрудничестве между университетами.",
)
SERBIAN = (
    "Министар је изјавио да влада неће подржати предлог опозиције.",
    "То је лаж, рекла је она новинарима који су чекали још од јутра.",
    "Комисија је усвојила извештај само са три гласа против.",
    "Стране су потписале споразум о сарадњи између универзитета.",
)
CYRILLIC = [
    *((text, "bg") for text in BULGARIAN),
    *((text, "mk") for text in MACEDONIAN),
    *((text, "ru") for text in RUSSIAN),
    *((text, "sr-Cyrl") for text in SERBIAN),
]
LATIN = [
    ("The council of the town voted for the bridge, and it is to be built.", {"en"}),
    ("Der Rat der Stadt hat für die Brücke gestimmt, und sie wird nicht billig.", {"de"}),
    ("Le conseil de la ville a voté pour le pont, et il ne sera pas cher.", {"fr"}),
    ("Këshilli i komunës votoi për urën, që do të ndërtohet në verë dhe nuk është e lirë.", {"sq"}),
    ("Odbornici su glasali za most koji će biti izgrađen pre zime, ali je to malo.", {"sr-Latn"}),
    ("Vijećnici su glasovali za most koji će biti izgrađen prije zime, što nije jeftino.", {"hr", "bs"}),
]
SENTENCES = [*((text, {tag}) for text, tag in CYRILLIC), *LATIN]
ARTICLES = ("en", "de", "fr", "sq", "mk", "ru", "bg", "sr", "sr-Latn", "sr-Cyrl", "hr", "bs")


def _group(tag: str) -> str:
    language = tag.partition("-")[0]
    return "sr" if language in ("hr", "bs") else language


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        *SENTENCES,
        ("Одборници су гласали за мост који ће бити изграђен пре зиме, али је то мало.", {"sr-Cyrl"}),
        ("Советниците гласаа за мостот што ќе се гради пред зима, но не е евтин.", {"mk"}),
        ("Депутаты проголосовали за мост, который построят до зимы, но это не дёшево.", {"ru"}),
        ("Съветниците гласуваха за моста, който ще се строи преди зимата, но не е евтин.", {"bg"}),
        ("", {"en"}),
        ("😀 123", {"en"}),
    ],
)
def test_languages(text: str, accepted: set[str]) -> None:
    assert detect_language(text) in accepted


@pytest.mark.parametrize(("word", "tag"), [("мъж", "bg"), ("выборы", "ru"), ("ноќ", "mk"), ("ноћ", "sr-Cyrl")])
def test_a_letter_is_enough_where_there_is_no_small_word(word: str, tag: str) -> None:
    assert detect_language(word) == tag


def test_names_from_abroad_do_not_make_an_article_foreign() -> None:
    text = "Đoković, Šešelj, Čović, Žižek and Vučić met Hoxhaj and Përparim."
    assert detect_language(text) == "en"
    assert sentence_language(text, "en") == "en"


@pytest.mark.parametrize("article", ARTICLES)
@pytest.mark.parametrize(("text", "accepted"), SENTENCES)
def test_a_sentence_in_another_language_is_told_apart(text: str, accepted: set[str], article: str) -> None:
    tag = sentence_language(text, article)
    assert _group(tag) in {_group(t) for t in accepted}
    if _group(article) not in {_group(t) for t in accepted}:
        assert tag in accepted


@pytest.mark.parametrize(("text", "tags"), LATIN)
def test_a_sentence_of_the_articles_language_keeps_its_tag(text: str, tags: set[str]) -> None:
    assert {sentence_language(text, tag) for tag in tags} == tags


@pytest.mark.parametrize(
    ("text", "article", "tag"),
    [
        (SERBIAN[0], "sr-Latn", "sr-Cyrl"),
        (SERBIAN[0], "sr-Latn-RS", "sr-Cyrl-RS"),
        (SERBIAN[0], "sr", "sr"),
        (SERBIAN[0], "bs", "bs-Cyrl"),
        (SERBIAN[0], "hr-HR", "hr-Cyrl-HR"),
        (LATIN[4][0], "sr-Cyrl", "sr-Latn"),
        (LATIN[4][0], "sr", "sr"),
        (LATIN[4][0], "hr", "hr"),
        (LATIN[5][0], "sr-Latn", "sr-Latn"),
        (LATIN[5][0], "bs", "bs"),
    ],
)
def test_inside_the_south_slavic_group_only_the_script_changes(text: str, article: str, tag: str) -> None:
    assert sentence_language(text, article) == tag


@pytest.mark.parametrize(
    ("text", "article"),
    [
        ("That is not for us.", "de"),
        ("То је лаж, рекла је.", "en"),
        ("Der Spiegel, Die Zeit, Le Monde, Reuters und die BBC berichten.", "de"),
        ("He told Der Spiegel and Die Zeit that it was over.", "en"),
        ("Il presidente ha detto che la legge non passa in Parlamento.", "it"),
        ("Reuters, Associated Press, Agence France Presse, BBC News", "mk"),
        ("", "en"),
        ("😀 1 2 3 4 5 6", "sr-Cyrl"),
    ],
)
def test_short_or_unclear_sentences_keep_the_articles_tag(text: str, article: str) -> None:
    assert sentence_language(text, article) == article

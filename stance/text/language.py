"""Tell which of our languages a text or one sentence is in, from its script, its small words and its letters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

# The commonest function words and forms. A word that several languages share stands in the list of each, so that it
# tells none of them from the others.
_LATIN = {
    "en": "the of and to in that is for was on with as by his said has are not from at this it be which he have they we"
    " will would but were been their who an a or she her more than about there what had you its do i me so our no s",
    "de": "der die und das den von zu mit sich des auf für ist im dem nicht ein eine als auch werden dass in an es sie"
    " er wird hat aus bei sind noch nach wie einen einem einer über zum zur war haben vor aber wir so um man was ich"
    " kann gegen wurde wurden keine kein nein ihr ihre",
    "fr": "le la les de des et en du que une un est dans pour qui sur pas par plus avec il ce au sont a à se ne on elle"
    " nous aux cette été mais ont leur ou être fait son sa ses je me y même comme si",
    "sq": "të në dhe për që një me nga se është do ka më por nuk kjo ky si ai janë kanë duke e i u s së ishte ne po"
    " këtë tij saj edhe pas kur ata këto ose nëse vetëm mund deri ndërsa ku na te",
    "sr": "je u i da na se za su od što koji će sa kao iz ne bi ali o po samo to a s nije nisu koja koje kako ili nakon"
    " više biti bio bila već zbog do ovo taj kada još između ima mi oni on ona šta ko smo sam te ti kod k jer protiv"
    " sve sada bez pod nad oko tako gde gdje nego mu me ih ga joj im rekao rekla treba može pre prije dok ni godine",
}
_CYRILLIC = {
    "sr": "је у и да на се за су од што који ће са као из не би али о по само то а с није нису која које како или након"
    " више бити био била већ због до ово тај када још између има ми они он она шта ко смо сам те ти код к јер против"
    " све сада без под над око тако где гдје него му ме их га јој им рекао рекла треба може пре прије док ни године",
    "mk": "на и во да се од за со е не ќе дека што како го ја ги беше според овој кој која кои тоа тој таа оваа им му"
    " нема уште меѓу само исто така но или до при по кон веќе сме биде бидат а ѝ сите може ова ми повеќе против без"
    " под над ние тие сум ни",
    "ru": "в и не на что с по как это он из к для от его за но все было также был о у они мы который которые будет"
    " после если только или их до при уже чтобы была были бы же я со об её ее а так ещё еще этом может она вы нет"
    " да против без под над ни",
    "bg": "че ще са се от за това като който която които няма беше след още между срещу само също така на и в да с не"
    " по към до при най вече обаче бъде тези този тази може му ѝ ги го си е ли но или без през а със във той тя бе има"
    " ни ми то те как под над против защото ние сме",
}
# Letters, spellings and endings that only some of the languages have. ъ is a vowel in Bulgarian, and in Russian only a
# sign before е, ё, ю and я; ь stands in Bulgarian only before о.
_LETTERS = {
    "Latn": (
        (re.compile(r"[čćđšž]"), ("sr",)),
        (re.compile(r"ë"), ("sq",)),
        (re.compile(r"[äöüß]"), ("de",)),
        (re.compile(r"[àâèéêîôœùû]"), ("fr",)),
    ),
    "Cyrl": (
        (re.compile(r"[ћђ]"), ("sr",)),
        (re.compile(r"[ќѓѕ]"), ("mk",)),
        (re.compile(r"[јљњџ]"), ("sr", "mk")),
        (re.compile(r"[ыэё]|ь(?!о)|ъ(?=[еёюя])"), ("ru",)),
        (re.compile(r"ъ(?![еёюя])|ьо"), ("bg",)),
        (re.compile(r"[йщюя]"), ("ru", "bg")),
        (re.compile(r"[иа]о\b(?<=\w{4})"), ("sr",)),
        (re.compile(r"от\b(?<=\w{5})"), ("mk",)),
        (re.compile(r"(?:[ое]го|ому|[ая]ми|[ио]й)\b(?<=\w{5})"), ("ru",)),
        (re.compile(r"(?:[ая]та|ото)\b(?<=\w{5})"), ("mk", "bg")),
    ),
}
# What tells Croatian and Bosnian from each other.
_NEIGHBOURS = {
    "hr": "što tko tijekom također europske vijeće općina tisuća povijest priopćenju vanjskih glede siječnja"
    " sveučilište ministarstvo obrane glasnogovornik sigurnosti rijeka uvjet",
    "bs": "općina historija sedmica saopćio bosne hercegovine bih federacije kantona sarajevu općine također vijeće"
    " ministar sigurnosti entiteta dijalog",
}
# The same words as the one and as the other pronunciation writes them.
_IJEKAVIAN = re.compile(
    r"\b(?:prije|poslije|gdje|ovdje|uvijek|čovjek|dio|dvije|obje|riječ|vrijeme|cijel|lijep|mjest|vijest|vijeć|rješ|mjer|"
    r"dijel|svjet|djel|sjed|vjer|predsjed|zahtjev|promjen|primjen|ocijen|ocjen|poslanik je|savjet|obavij|uspjeh)"
)
_EKAVIAN = re.compile(
    r"\b(?:pre|posle|gde|ovde|uvek|čovek|deo|dve|obe|reč|vreme|cel|lep|mest|vest|veće|reš|mer|del|svet|sed|ver|"
    r"predsed|zahtev|promen|primen|ocen|savet|obavešt|uspeh)"
)
_WORD = re.compile(r"[^\W\d_]+")
_NOT_CYRILLIC = re.compile(r"[^\u0400-\u04ff]+")
_SAMPLE = 20_000
_SOUTH_SLAVIC = ("sr", "hr", "bs")
# A sentence leaves the article's language on two signs that this language lacks, and twice as many as speak for it.
_MIN_WORDS = 6
_MIN_SIGNS = 2
_MIN_RATIO = 2

_Signs = Counter[tuple[str, ...]]


def _languages_of_words(markers: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    words = {language: listed.split() for language, listed in markers.items()}
    known = {word for listed in words.values() for word in listed}
    return {word: tuple(language for language, listed in words.items() if word in listed) for word in known}


_LANGUAGES = {"Latn": tuple(_LATIN), "Cyrl": tuple(_CYRILLIC)}
MARKERS = {"Latn": _languages_of_words(_LATIN), "Cyrl": _languages_of_words(_CYRILLIC)}


def detect_language(text: str) -> str:
    """BCP 47 tag of one of the supported languages; Serbian with its script.

    Bosnian and Croatian are told from Serbian by ijekavian forms and vocabulary; the three are close, and a short
    text may be called by its neighbour's name, which shares all resources. A text without any sign is `en`, or
    `sr-Cyrl` in Cyrillic.
    """
    sample = text[:_SAMPLE]
    words = _WORD.findall(sample)
    script = _script(words)
    signs = _signs(words, script)
    return _tag(max(_LANGUAGES[script], key=lambda language: _count(signs, of=language)), sample, script)


def sentence_language(words: str, article_lang: str) -> str:
    """BCP 47 tag of a sentence: the article's, unless the sentence is clearly in another language or script.

    Fewer than six words, and articles in a language that is not one of ours, keep the article's tag. Serbian, Croatian
    and Bosnian are one: inside the group only the script changes (`sr-Latn` to `sr-Cyrl`, `bs` to `bs-Cyrl`). A bare
    `sr` stands for both scripts and stays.
    """
    sentence = words[:_SAMPLE]
    found = _WORD.findall(sentence)
    home = _language(article_lang)
    if home is None or len(found) < _MIN_WORDS:
        return article_lang
    script = _script(found)
    signs = _signs(found, script)
    best = max(_LANGUAGES[script], key=lambda language: _count(signs, of=language))
    # What both languages share tells nothing, however often it stands there.
    if _count(signs, of=best, without=home) >= max(_MIN_SIGNS, _MIN_RATIO * _count(signs, of=home, without=best)):
        return _tag(best, sentence, script)
    return _in_script(article_lang, script) if home == "sr" else article_lang


def _script(words: Sequence[str]) -> str:
    """As `script_of`, several times as fast."""
    letters = "".join(words)
    return "Cyrl" if 2 * len(_NOT_CYRILLIC.sub("", letters)) > len(letters) else "Latn"


def _signs(words: Sequence[str], script: str) -> _Signs:
    """How often each set of languages is spoken for by a word or letter that exactly these languages have."""
    markers = MARKERS[script]
    signs = Counter(markers[word] for word in map(str.lower, words) if word in markers)
    # Latin names keep the letters of their language abroad; Cyrillic ones are spelt anew.
    spelt = " ".join(words).lower() if script == "Cyrl" else " ".join(word for word in words if word.islower())
    for letters, languages in _LETTERS[script]:
        signs[languages] += len(letters.findall(spelt))
    return signs


def _count(signs: _Signs, *, of: str, without: str | None = None) -> int:
    return sum(count for languages, count in signs.items() if of in languages and without not in languages)


def _language(tag: str) -> str | None:
    """The key in our lists; `sr` for the South Slavic three, None for a language that is not ours."""
    language = tag.partition("-")[0].lower()
    if language in _SOUTH_SLAVIC:
        return "sr"
    return language if language in _LATIN or language in _CYRILLIC else None


def _tag(language: str, text: str, script: str) -> str:
    if language != "sr":
        return language
    return "sr-Cyrl" if script == "Cyrl" else _south_slavic(text.lower())


def _in_script(tag: str, script: str) -> str:
    language, *subtags = tag.split("-")
    scripts = [subtag for subtag in subtags if len(subtag) == 4 and subtag.isalpha()]
    if scripts:
        return tag if scripts[0].title() == script else tag.replace(scripts[0], script)
    if language.lower() == "sr" or script == "Latn":
        return tag
    return "-".join([language, script, *subtags])


def _south_slavic(text: str) -> str:
    ijekavian, ekavian = len(_IJEKAVIAN.findall(text)), len(_EKAVIAN.findall(text))
    if ijekavian <= 2 * ekavian:
        return "sr-Latn"
    words = Counter(_WORD.findall(text))
    hits = {tag: sum(words[word] for word in set(listed.split())) for tag, listed in _NEIGHBOURS.items()}
    return "hr" if hits["hr"] >= hits["bs"] else "bs"

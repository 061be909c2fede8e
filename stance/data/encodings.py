"""The text of a file's bytes: UTF-8, what a byte-order mark or a page says, else the encoding that gives our words.

Which of the old eight-bit encodings a file is in stands nowhere in it. Each one is tried, and the result that reads
most like one of our languages is taken: `što će` (cp1250) has Serbian letters, `što æe` (the same bytes in cp1252) has
not. charset-normalizer, which judges by the statistics of letters, is asked where that leaves a tie. On NTREX-128 from
line 601, in cp125x, koi8-r and ISO 8859, 99.8 % of single sentences and 99.9 % of texts of ten come back as they were;
charset-normalizer alone has 84 % and 95 %.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter

from stance.errors import DataError
from stance.text.language import MARKERS

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LATIN = ("cp1252", "cp1250", "iso8859_2", "mac_roman", "mac_croatian", "mac_latin2")
_CYRILLIC = ("cp1251", "koi8_r", "iso8859_5", "mac_cyrillic")
_DECLARABLE = re.compile(r"cp\d+|iso8859-\d+|koi8-\w|mac-\w+")
# As browsers do: pages that say the narrow one are written in the wide one.
_WIDENED = {"ascii": "cp1252", "iso8859-1": "cp1252"}
_LETTERS = {
    "de": frozenset("äöüß"),
    "fr": frozenset("àâçéèêëîïôœùûüÿ"),
    "sq": frozenset("ëç"),
    "sr": frozenset("čćđšžабвгдђежзијклљмнњопрстћуфхцчџш"),
    "mk": frozenset("абвгдѓежзѕијклљмнњопрстќуфхцчџшѝѐ"),
    "ru": frozenset("абвгдеёжзийклмнопрстуфхцчшщъыьэюя"),
    "bg": frozenset("абвгдежзийклмнопрстуфхцчшщъьюяѝ"),
}
_ALL_LETTERS = frozenset().union(*_LETTERS.values())
_MARKERS = MARKERS["Latn"] | MARKERS["Cyrl"]
_WORD = re.compile(r"[^\W\d_]+")
_CYRILLIC_LETTER = re.compile(r"[\u0400-\u04ff]")
# Some keyboards and scans put these Latin letters into Cyrillic words.
_LOOK_ALIKES = str.maketrans("aeocpxyjsiABEKMHOPCTXJS", "аеосрхујѕіАВЕКМНОРСТХЈЅ")
# Signs that no newspaper prints, quote marks inside a word, and other signs that touch one.
_ODD = re.compile(
    r"[^\x00-\x7f\w\s„“”‚‘’«»‹›–—…§°©®№€£·•´º]"
    r"|(?<=[^\W\d_])[„“”‚‘«»‹›…](?=[^\W\d_])|(?<=[^\W\d_])[§°©№€£•´º]|[§°©№€£•´º](?=[^\W\d_])"
)
_TAG = re.compile(rb"<[^<>]*>")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_C1_CONTROL = re.compile(r"[\x80-\x9f]")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x19\x1c-\x1f\x7f]")
_SAMPLE_BYTES = 32 << 10


def decode(raw: bytes, *, place: str, declared: str | None = None, mend: bool = False) -> str:
    """The text of a file, without its byte-order mark; line ends stay.

    Args:
        place: what the file is called in messages.
        declared: the encoding that a page names. Bytes that are UTF-8 are read so whatever it says.
        mend: damaged UTF-8 is no error, but read with U+FFFD in the damaged places, as browsers do.

    Raises:
        DataError: the file is binary, damaged, or in an encoding that is none of ours.
    """
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return _decode_marked(raw, name, place=place)
    if b"\0" in raw:
        raise DataError(f"{place}: this is a binary file, not the text of an article.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _decode_legacy(raw, error, place=place, declared=declared, mend=mend)


def _decode_marked(raw: bytes, name: str, *, place: str) -> str:
    try:
        text = raw.decode(name)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{place}: the file begins as {name.upper()}, but byte {error.start + 1} is not ({error.reason}); it is "
            "binary or cut off. Save it as UTF-8."
        ) from error
    if "\0" in text:
        raise DataError(f"{place}: this is a binary file, not the text of an article.")
    return text


def _decode_legacy(raw: bytes, error: UnicodeDecodeError, *, place: str, declared: str | None, mend: bool) -> str:
    found = f"{place}: byte {error.start + 1} is not UTF-8 (0x{raw[error.start]:02x})"
    text = _decode_declared(raw, declared) if declared else None
    if text is not None:
        return text
    if _is_damaged_utf8(raw):
        if mend:
            return raw.decode("utf-8-sig", errors="replace")
        raise DataError(f"{found}, but the rest is; the file is damaged or cut off. Save it again as UTF-8.") from error
    name = None if 100 * len(_CONTROL.findall(raw)) > len(raw) else _likeliest(raw)
    if name is None:
        raise DataError(f"{found}; this is a binary file or in another encoding. Save it as UTF-8.") from error
    return raw.decode(name)


def _decode_declared(raw: bytes, label: str) -> str | None:
    try:
        name = codecs.lookup(label).name
        name = _WIDENED.get(name, name)
        return raw.decode(name) if _DECLARABLE.fullmatch(name) else None
    except (LookupError, ValueError):
        return None


def _is_damaged_utf8(raw: bytes) -> bool:
    """Whether two thirds of the characters beyond ASCII are UTF-8; in the old encodings hardly any happen to be."""
    text = raw.decode("utf-8", errors="replace")
    n_beyond_ascii = len(text) - len(text.encode("ascii", errors="ignore"))
    return n_beyond_ascii > 3 * text.count("\ufffd")


def _likeliest(raw: bytes) -> str | None:
    """Name of the encoding whose result reads most like one of our languages; None where none does."""
    sample = _sample(raw)
    texts = {name: sample.decode(name) for name in _LATIN + _CYRILLIC if _fits(raw, name)}
    scores = {
        name: _words_of_ours(text)
        for name, text in texts.items()
        if not _C1_CONTROL.search(text) and (name in _CYRILLIC) == _is_cyrillic(text)
    }
    best = max(scores.values(), default=-1)
    if best < 0:
        return None
    names = [name for name, score in scores.items() if score == best]
    # The Macintosh of before 2001 is far behind the rest: it wins by its words alone, never in a tie.
    names = [name for name in names if not name.startswith("mac")] or names
    if len({texts[name] for name in names}) == 1:
        return names[0]
    from charset_normalizer import from_bytes

    judged = from_bytes(sample, cp_isolation=names).best()
    return judged.encoding if judged is not None and judged.encoding in names else names[0]


def _fits(raw: bytes, name: str) -> bool:
    try:
        raw.decode(name)
    except UnicodeDecodeError:
        return False
    return True


def _sample(raw: bytes) -> bytes:
    """The lines with bytes beyond ASCII, without tags, up to a limit."""
    lines = []
    n_bytes = 0
    found = _BEYOND_ASCII.search(raw)
    while found and n_bytes < _SAMPLE_BYTES:
        start = max(raw.rfind(b"\n", 0, found.start()), found.start() - _SAMPLE_BYTES // 2, 0)
        end = raw.find(b"\n", found.start(), start + _SAMPLE_BYTES)
        lines.append(raw[start : end if end >= 0 else start + _SAMPLE_BYTES])
        n_bytes += len(lines[-1])
        found = _BEYOND_ASCII.search(raw, start + len(lines[-1]))
    joined = b"".join(lines)
    untagged = _TAG.sub(b" ", joined)
    return joined if untagged.isascii() else untagged


def _is_cyrillic(text: str) -> bool:
    """Whether every fifth word has a Cyrillic letter; beside the text of a page stands Latin script code."""
    words = _WORD.findall(text)
    return 5 * sum(_CYRILLIC_LETTER.search(word) is not None for word in words) > len(words)


def _words_of_ours(text: str) -> int:
    """How much a text reads like the one of our languages that it reads most like.

    Twice the small words and the words with its own letters, less the words with letters of another language of ours,
    less twice those that no language of ours writes, less four times the odd signs.
    """
    common = -4 * len(_ODD.findall(text))
    hits: Counter[str] = Counter()
    for word, count in Counter(_WORD.findall(text)).items():
        spelt = word.translate(_LOOK_ALIKES) if _CYRILLIC_LETTER.search(word) else word
        lower = spelt.lower()
        letters = {letter for letter in lower if letter > "\x7f"}
        if letters and not _is_spelt(spelt, letters):
            common -= 2 * count
            continue
        for language in _MARKERS.get(lower, ()):
            hits[language] += 2 * count
        if letters and len(word) > 1:
            for language, alphabet in _LETTERS.items():
                hits[language] += 2 * count if letters <= alphabet else -count
    return common + max(hits.values(), default=0)


def _is_spelt(word: str, letters: set[str]) -> bool:
    """Whether a word is in one script, in letters of ours, and has capitals at most at its start or throughout."""
    one_script = len(_CYRILLIC_LETTER.findall(word)) in (0, len(word))
    return one_script and letters <= _ALL_LETTERS and (word[1:].islower() or len(word) == 1 or word.isupper())

"""Every language has one complete file; the words of a file are folded and found by it."""

from importlib.resources import files

import pytest
import yaml

from stance.text.languages import PhraseSet, WordSet, language_of
from stance.text.reading import read_article
from stance.types import Article

_FILES = sorted(path for path in files("stance.text.languages").iterdir() if path.name.endswith(".yaml"))


def _keys(name: str) -> set[str]:
    text = files("stance.text.languages").joinpath(name).read_text(encoding="utf-8")
    return set(yaml.load(text, Loader=yaml.CBaseLoader))


@pytest.mark.parametrize("name", [path.name for path in _FILES])
def test_every_file_has_the_keys_of_every_other(name: str) -> None:
    assert _keys(name) == _keys("en.yaml")


@pytest.mark.parametrize("tag", ["en", "sr-Latn", "sr-Cyrl", "hr", "bs", "mk", "sq", "ru", "de", "fr", "bg"])
def test_every_language_knows_who_says_and_who_is_meant(tag: str) -> None:
    language = language_of(tag)
    assert language.speech_verbs
    assert language.title_heads
    assert language.pronouns
    assert language.first_names


def test_a_star_stands_for_an_ending_of_six_letters_at_most() -> None:
    words = WordSet(["said", "emphasi*", "u përgjigj"])
    assert "said" in words
    assert "emphasises" in words
    assert "pergjigj" in words
    assert "emphasi" + 7 * "x" not in words
    assert "saids" not in words


def test_phrases_are_found_by_their_first_and_last_word_the_longest_first() -> None:
    phrases = PhraseSet(["according to", "according to the words of"])
    assert [len(phrase) for phrase in phrases.starting("according")] == [5, 2]
    assert phrases.ending("of") == [("according", "to", "the", "words", "of")]


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("„Мостът ни е нужен повече от всякога“, заяви Ана Костова.", "Ана Костова"),
        ("Според Ана Костова мостът е нужен. „Без него няма село и няма живот тук“, добави тя.", "Ана Костова"),
    ],
)
def test_bulgarian_is_read_by_its_file_alone(text: str, speaker: str) -> None:
    reading = read_article(Article(text, "d", lang="bg"), [], None)
    assert [[s.actor and s.actor.name for s in speakers] for speakers in reading.quote_speakers] == [[speaker]]

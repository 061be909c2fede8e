"""Each change keeps what a text says, and says None where there is nothing to change or it would not be safe."""

import random
import unicodedata

import pytest

from stance.data.text_checks import character_defects
from stance.evaluation import rewriting
from stance.types import Span


def _rng() -> random.Random:
    return random.Random(1)


@pytest.mark.parametrize(
    ("text", "lang", "changed"),
    [
        ("Његош је у Џакарти.", "sr-Cyrl", "Njegoš je u Džakarti."),
        ("Njegoš je u Džakarti, kaže Ljubica ŽIVKOVIĆ.", "sr-Latn", "Његош је у Џакарти, каже Љубица ЖИВКОВИЋ."),
        ("Piše na Twitteru da je sve u redu.", "sr-Latn", None),
        ("The bridge stays.", "en", None),
        ("Most ostaje.", "hr", None),
    ],
)
def test_serbian_changes_its_script(text: str, lang: str, changed: str | None) -> None:
    assert rewriting.other_script(text, lang) == changed


@pytest.mark.parametrize(
    ("text", "lang", "changed"),
    [
        ("„Most ostaje gde jeste“, kaže Ana.", "sr-Latn", '"Most ostaje gde jeste", kaže Ana.'),
        ('"The bridge will stay here", Ana said.', "en", "“The bridge will stay here”, Ana said."),
        ("«Мост останется на месте», сказала Анна.", "ru", '"Мост останется на месте", сказала Анна.'),
        ("Nobody said anything.", "en", None),
        ("– On ne bougera pas d'ici, répond-elle.", "fr", None),
        ("„Ostajemo ovde", "sr-Latn", None),
    ],
)
def test_quotes_change_their_style(text: str, lang: str, changed: str | None) -> None:
    assert rewriting.other_quotes(text, lang) == changed


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("Đurić traži šest mostova.", "Djuric trazi sest mostova."),
        ("Großmächte überall", "Grossmachte uberall"),
        ("Ura është e çarë", "Ura eshte e care"),
        (unicodedata.normalize("NFD", "čas"), "cas"),
        ("plain words", None),
        ("Мост стоји", None),
        ("桥", None),
    ],
)
def test_diacritics_are_dropped_from_latin_letters(text: str, changed: str | None) -> None:
    assert rewriting.without_diacritics(text) == changed


@pytest.mark.parametrize("text", ["Ana Petrović supports building another bridge.", "Ана подржава изградњу моста."])
def test_a_typo_moves_letters_inside_words_and_spares_what_is_kept(text: str) -> None:
    changed = rewriting.with_typos(text, [], _rng())
    assert changed is not None
    assert changed != text
    assert sorted(changed) == sorted(text)
    before, after = text.split(), changed.split()
    differing = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
    assert 1 <= len(differing) <= 2
    assert all(len(a) >= 6 and a[0] == b[0] and a[0].islower() for a, b in differing)
    assert rewriting.with_typos(text, [Span(0, len(text))], _rng()) is None
    assert rewriting.with_typos("No, he is not.", [], _rng()) is None


@pytest.mark.parametrize("text", ["Ana supports another bridge.", "Ана подржава још један прелаз."])
def test_homoglyphs_look_the_same_and_are_found_by_the_check_of_data(text: str) -> None:
    changed = rewriting.with_homoglyphs(text, [], _rng())
    assert changed is not None
    assert len(changed) == len(text)
    assert changed != text
    assert [defect.kind.value for defect in character_defects(changed)]
    assert not list(character_defects(text))


def test_case_and_white_space() -> None:
    assert rewriting.in_capitals("Ana kaže ne 😀.") == "ANA KAŽE NE 😀."
    assert rewriting.in_small_letters("АНА каже") == "ана каже"
    assert rewriting.in_capitals("桥 123") is None
    assert rewriting.loosely_spaced("a b c d e") == "a  b\u00a0c\nd  e\n"


def test_a_sentence_on_the_weather_stands_before_or_after_in_language_and_script() -> None:
    assert rewriting.sentence_before("Мост стоји.", "sr") == "До петка ће бити суво и пријатно топло. Мост стоји."
    assert rewriting.sentence_after("Most stoji.", "sr-Latn") == "Most stoji. Do petka će biti suvo i prijatno toplo."
    assert rewriting.sentence_before("La pont reste.", "oc") is None


def test_a_target_is_rejected_in_the_language_of_the_text() -> None:
    assert rewriting.rejected("gradnja mosta", "sr-Latn", "Most stoji.") == "odbacivanje „gradnja mosta“"
    assert rewriting.rejected("the bridge", "mk", "Мостот стои.") == "rejection of “the bridge”"
    assert rewriting.rejected("the bridge", "xx", "x") is None

"""Statements that say no, in all languages."""

from __future__ import annotations

import pytest

from stance.text.negation import affirmed

PLAIN = {
    "The dam should not be built.": "The dam should be built.",
    "The dam shouldn't be built.": "The dam should be built.",
    "Ministers cannot sit on boards.": "Ministers can sit on boards.",
    "Farmers should no longer be paid by the hectare.": "Farmers should still be paid by the hectare.",
    "No refugees should be housed in the barracks.": "Refugees should be housed in the barracks.",
    "no lithium mining": "lithium mining",
    "There must be no compromise on the border.": "There must be compromise on the border.",
    "Der Damm soll nicht gebaut werden.": "Der Damm soll gebaut werden.",
    "Die Steuer soll nicht mehr erhoben werden.": "Die Steuer soll weiterhin erhoben werden.",
    "Es soll keinen Damm geben.": "Es soll einen Damm geben.",
    "Le barrage ne doit pas être construit.": "Le barrage doit être construit.",
    "Il n'est pas juste.": "Il est juste.",
    "Brana ne treba da se gradi.": "Brana treba da se gradi.",
    "Nova brana nije potrebna.": "Nova brana je potrebna.",
    "Брана не треба да се гради.": "Брана треба да се гради.",
    "Нова брана није потребна.": "Нова брана је потребна.",
    "Скенерот не смее да се пушти во употреба.": "Скенерот смее да се пушти во употреба.",
    "Плотина не должна строиться.": "Плотина должна строиться.",
    "Плотину нельзя строить.": "Плотину можно строить.",
    "Diga nuk duhet të ndërtohet.": "Diga duhet të ndërtohet.",
}


@pytest.mark.parametrize(("statement", "wanted"), PLAIN.items())
def test_one_negation_of_a_plain_statement_is_dropped(statement: str, wanted: str) -> None:
    assert affirmed(statement) == wanted
    assert affirmed(wanted) is None


@pytest.mark.parametrize(
    "statement",
    [
        "The dam should be built.",
        "It is not true that the dam should not be built.",
        "Those who do not vote should be fined.",
        "The dam is too dear and should not be built.",
        "Not only the dam should be built, it should not be small.",
        "Плотина слишком дорога и не должна строиться.",
        "NATO membership",
        "la liberté de s'installer",
    ],
)
def test_what_leaves_room_for_doubt_stays(statement: str) -> None:
    assert affirmed(statement) is None


@pytest.mark.parametrize("name", ["Ne davimo Beograd", "Не давимо Београд", "No Labels", "No to Lithium", "Nottingham"])
def test_names_with_a_no_in_them_are_no_statements(name: str) -> None:
    assert affirmed(name) is None

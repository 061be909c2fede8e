"""Both scripts and missing diacritics fold onto one form."""

import pytest

from stance.text.script import fold, script_of


@pytest.mark.parametrize(
    ("one", "other"),
    [("Вучићем", "Vučićem"), ("Vučićem", "Vucicem"), ("Ђоковић", "Đoković"), ("Његош", "NJEGOŠ"), ("Kosovë", "kosove")],
)
def test_spellings_of_one_name_fold_alike(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("text", "script"), [("Србија", "Cyrl"), ("Srbija", "Latn"), ("123", "Latn"), ("ЕУ Srb", "Latn")]
)
def test_the_script_is_that_of_most_letters(text: str, script: str) -> None:
    assert script_of(text) == script

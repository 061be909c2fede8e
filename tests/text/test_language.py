"""The language of an article, told from its small words; the South Slavic three are one group."""

import pytest

from stance.text.language import detect_language


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        ("The council of the town voted for the bridge, and it is to be built.", {"en"}),
        ("Der Rat der Stadt hat für die Brücke gestimmt, und sie wird nicht billig.", {"de"}),
        ("Le conseil de la ville a voté pour le pont, et il ne sera pas cher.", {"fr"}),
        ("Këshilli i komunës votoi për urën, që do të ndërtohet në verë dhe nuk është e lirë.", {"sq"}),
        ("Odbornici su glasali za most koji će biti izgrađen pre zime, ali je to malo.", {"sr-Latn"}),
        ("Vijećnici su glasovali za most koji će biti izgrađen prije zime, što nije jeftino.", {"hr", "bs"}),
        ("Одборници су гласали за мост који ће бити изграђен пре зиме, али је то мало.", {"sr-Cyrl"}),
        ("Советниците гласаа за мостот што ќе се гради пред зима, но не е евтин.", {"mk"}),
        ("Депутаты проголосовали за мост, который построят до зимы, но это не дёшево.", {"ru"}),
        ("", {"en"}),
        ("😀 123", {"en"}),
    ],
)
def test_languages(text: str, accepted: set[str]) -> None:
    assert detect_language(text) in accepted

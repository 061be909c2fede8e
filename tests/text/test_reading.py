"""Who says what in composed articles, with and without an actors file."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stance.text.reading import read_article
from stance.types import Actor, Article, Position, Reading, SpeakerSource, TargetSource

_BRIDGE = Position(
    "bridge",
    "the bridge",
    aliases={
        "en": ("bridge",),
        "sr": ("most",),
        "mk": ("мост",),
        "sq": ("ura", "urën"),
        "ru": ("мост",),
        "de": ("Brücke",),
        "fr": ("pont",),
    },
)


def _read(text: str, lang: str, actors: tuple[Actor, ...] | None = None) -> Reading:
    return read_article(Article(text=text, doc_id="d", lang=lang), [_BRIDGE], actors)


def _holders(text: str, lang: str, actors: tuple[Actor, ...] | None = None) -> list[str | None]:
    """The name of each query's holder; `author` for the text's own voice, None where nobody was found."""
    found: list[str | None] = []
    for query in _read(text, lang, actors).queries:
        if query.target_source is TargetSource.CONTEXT:
            continue
        assert query.statement is not None
        speaker = query.statement.speaker
        found.append(None if speaker is None else speaker.actor.name if speaker.actor else "author")
    return found


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        ("en", "„We need the bridge more than ever,“ said Ana Ross.", ["Ana Ross"]),
        ("en", "Ana Ross said that the bridge was needed.", ["Ana Ross"]),
        ("en", "According to Ana Ross, the bridge is needed.", ["Ana Ross"]),
        ("en", "Its envoy, Clara Westerholm, confirmed that the bridge was needed.", ["Clara Westerholm"]),
        ("en", "Mayor Ana Ross arrived late. She rejected the bridge.", ["Ana Ross"]),
        ("en", "The bridge was opened on Monday.", ["author"]),
        ("en", "It was said that the bridge is needed.", [None]),
        ("sr-Latn", "„Most nam treba više nego ikad“, rekla je Ana Kostić.", ["Ana Kostić"]),
        ("sr-Cyrl", "„Мост нам треба више него икад“, рекла је Ана Костић.", ["Ана Костић"]),
        ("hr", "Most nam treba, smatra gradonačelnica Ana Horvat.", ["Ana Horvat"]),
        ("mk", "„Мостот ни треба повеќе од кога било“, рече Ана Костовска.", ["Ана Костовска"]),
        ("sq", "“Ura na duhet më shumë se kurrë”, tha kryesuesja e këshillit, Ana Kelmendi.", ["Ana Kelmendi"]),
        ("sq", "Deputetja Ana Kelmendi e mbështeti urën.", ["Ana Kelmendi"]),
        ("ru", "«Мост нам нужен больше, чем когда-либо», — заявила Анна Котова.", ["Анна Котова"]),
        ("de", "„Die Brücke brauchen wir mehr denn je“, sagte Anna Roth.", ["Anna Roth"]),
        ("fr", "« Nous avons besoin du pont plus que jamais », a déclaré Anne Roux.", ["Anne Roux"]),
    ],
)
def test_the_holder_is_found_without_an_actors_file(lang: str, text: str, expected: list[str | None]) -> None:
    assert _holders(text, lang) == expected


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        # A body whose full name the article gives is known by its last word, but the person who touches it speaks.
        (
            "en",
            "Dock Workers' Union sent a letter. „The bridge is needed more than ever,“ said the Union head Ana Ross.",
            ["Ana Ross"],
        ),
        # The speaker of a quote over paragraphs stands at its end.
        (
            "en",
            "„We shall build the bridge this very year.\n\n„It will not be cheap for anyone here,“ said Ana Ross.",
            ["Ana Ross"],
        ),
        # Who a sentence is about is meant by the pronoun after it.
        ("en", "Nothing of this moved Ana Ross. She rejected the bridge.", ["Ana Ross"]),
        # A German noun beside a verb is no name, nor is any word that only opens sentences.
        ("de", "„Die Brücke brauchen wir mehr denn je“, sagte Anna Roth. Heftiger Widerspruch folgte.", ["Anna Roth"]),
        ("en", "Meanwhile said nobody that the bridge was needed.", [None]),
    ],
)
def test_holders_that_other_words_hide(lang: str, text: str, expected: list[str | None]) -> None:
    actors = (Actor("Ana Ross"), Actor("Dock Workers' Union"), Actor("Anna Roth"))
    assert _holders(text, lang, actors) == expected


def test_known_actors_are_found_by_alias_title_and_pronoun() -> None:
    ross = Actor("Ana Ross", id="ross", aliases={"en": ("A. Ross",)}, titles={"en": ("mayor",)})
    text = "A. Ross came. The mayor said the bridge was late. She rejected the bridge. Ross wants no bridge."
    reading = _read(text, "en", (ross,))
    assert [q.actor and q.actor.id for q in reading.queries] == ["ross", "ross", "ross"]


def test_what_somebody_is_said_to_want_keeps_holder_and_reporter_apart() -> None:
    text = "Ana Ross said that Leo Kent rejects the bridge."
    queries = _read(text, "en", (Actor("Ana Ross", id="ross"), Actor("Leo Kent", id="kent"))).queries
    by_actor = {q.actor.id: q.statement for q in queries if q.actor}
    assert set(by_actor) == {"ross", "kent"}
    kent = by_actor["kent"]
    assert kent is not None
    assert kent.speaker is not None
    assert kent.speaker.reporter == "Ana Ross"


def test_whom_a_speaker_quotes_is_reported_not_the_speaker() -> None:
    text = (
        "“The former mayor, Clara Westerholm, stated that the bridge is dear. She wants a ferry. The driver pays,” "
        "said Leo Kent."
    )
    reading = _read(text, "en")
    speakers = [[(s.actor and s.actor.name, s.reporter) for s in found] for found in reading.sentence_speakers]
    kent, westerholm = ("Leo Kent", None), ("Clara Westerholm", "Leo Kent")
    assert speakers == [[kent, westerholm], [kent, westerholm], [kent]]
    # Inside a quote a title means nobody of the article, and a pronoun only whom the quote names.
    assert [mention.span.of(text) for mention in reading.actor_mentions] == ["Clara Westerholm", "She", "Leo Kent"]


def test_both_are_the_two_people_who_spoke() -> None:
    text = "Ana Ross said so. Leo Kent denied it. The United Nations warned of it. Both of them want the bridge."
    assert _holders(text, "en") == ["Leo Kent", "Ana Ross"]


def test_a_quote_without_a_clause_goes_on_in_the_same_voice() -> None:
    text = "„The bridge is needed more than ever,“ said Ana Ross.\n\n„Without the bridge we are a village, no more.“"
    queries = _read(text, "en").queries
    assert [q.actor and q.actor.name for q in queries] == ["Ana Ross", "Ana Ross"]
    last = queries[1].statement
    assert last is not None
    assert last.speaker is not None
    assert last.speaker.source is SpeakerSource.CONTEXT


def test_whom_a_speaker_speaks_of_does_not_say_the_quote_that_follows() -> None:
    text = (
        "Ana Ross revealed that she spoke to the union leader Bo Lind about her fears, adding that Lind shared her "
        "opinion on them and Lind gave advice.\n\n"
        "“We will build the bridge, and nobody will stop us from building it.”"
    )
    reading = _read(text, "en")
    assert [s.actor and s.actor.name for s in reading.quote_speakers[-1]] == ["Ana Ross"]


def test_a_position_that_is_not_discussed_gives_nothing() -> None:
    assert _read("Ana Ross said it rained.", "en").queries == ()


def test_both_scripts_give_the_same_reading() -> None:
    latin = "Predsednica odbora Ana Kostić podržava most. „Bez mosta nema ni sela“, rekla je Kostićeva."
    cyrillic = "Председница одбора Ана Костић подржава мост. „Без моста нема ни села“, рекла је Костићева."
    one, other = _read(latin, "sr-Latn"), _read(cyrillic, "sr-Cyrl")
    assert [q.context.evidence for q in one.queries] == [q.context.evidence for q in other.queries]
    assert len(one.queries) == 2
    assert all(q.actor is not None for q in (*one.queries, *other.queries))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.sampled_from(["en", "sr-Latn", "sq", "ru", "mk", "de", "fr", "xx"]))
def test_no_text_breaks_the_reading_and_offsets_stay_inside(noise: str, lang: str) -> None:
    text = f"{noise} „The bridge is ours,“ said Ana Ross {noise}"
    reading = _read(text, lang)
    spans = [m.span for m in (*reading.actor_mentions, *reading.position_mentions)]
    spans += [s.span for s in reading.sentences] + [q.span for q in reading.quotes]
    assert all(0 <= span.start < span.end <= len(text) for span in spans)


def test_a_quote_that_names_a_position_twice_is_one_statement() -> None:
    text = (
        "„The bridge was late from the start. Nobody asked us. Now the bridge is here and we shall pay,“ said Ana Ross."
    )
    (query,) = _read(text, "en").queries
    assert query.statement is not None
    assert len(query.statement.evidence) == 3

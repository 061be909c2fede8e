"""The page of a reading: every part marked, every link with its place, hostile text harmless."""

import re

import pytest

from stance.pages.cut import cut
from stance.pages.findings import candidate_rows, missing_positions, position_rows, quote_rows, sentence_rows
from stance.pages.reading import reading_page
from stance.types import (
    Article,
    Context,
    Mention,
    Position,
    Quote,
    QuoteKind,
    Reading,
    Reference,
    Sentence,
    Span,
    Speaker,
    SpeakerSource,
    StanceQuery,
    Statement,
    TargetSource,
)

TEXT = "Ana Ross met Leo Kent.\n\n„The bridge is a “gift” to us,“ she said.\n\n(Photo: a camera)"
_EVIL = "<script>alert(1)</script> \x1b[31mred \u202eflip \"quoted' &amp; " + "x" * 400


def span_of(words: str, text: str = TEXT) -> Span:
    start = text.index(words)
    return Span(start, start + len(words))


def hand_made(*, text: str = TEXT, name: str = "Ana Ross", title: str | None = None) -> Reading:
    """A reading of a speech within which words are kept at a distance, its speaker in the sentence before."""
    article = Article(text=text, doc_id="d", title=title)
    ana = Reference(name, "ross", Span(0, 8))
    bridge = Mention(span_of("bridge", text), Reference("the bridge", "bridge", span_of("bridge", text)))
    bridge = Mention(bridge.span, bridge.reference, TargetSource.ALIAS)
    first, said = span_of("Ana Ross met Leo Kent.", text), span_of("„The bridge is a “gift” to us,“ she said.", text)
    speech, scare = span_of("„The bridge is a “gift” to us,“", text), span_of("“gift”", text)
    speaker = Speaker(ana, SpeakerSource.CONTEXT, 0.75, represents="Bridgeland", reporter="The Wire")
    sentences = (Sentence(first, 0, 0), Sentence(said, 1, 1), Sentence(span_of("(Photo: a camera)", text), 2, 2, True))
    statement = Statement(article, sentences[1], (said,), speaker)
    named = StanceQuery(Context(text, said), ana, bridge.reference, "en", statement, TargetSource.ALIAS)
    inherited = [
        StanceQuery(Context(text, first), None, Reference(key, key), "en",
                    Statement(article, sentences[0], (first,), None), TargetSource.CONTEXT)
        for key in ("bridge", "tunnel")
    ]  # fmt: skip
    return Reading(
        article=article,
        lang="en",
        sentences=sentences,
        quotes=(
            Quote(speech, Span(speech.start + 1, speech.end - 1), QuoteKind.SPEECH),
            Quote(scare, Span(scare.start + 1, scare.end - 1), QuoteKind.SCARE, closed=False, continues=0),
        ),
        sentence_speakers=((Speaker(None, SpeakerSource.AUTHOR, 0.5),), (speaker,), ()),
        quote_speakers=((speaker,), ()),
        actor_mentions=(Mention(ana.span or first, ana), Mention(span_of("Leo Kent", text), Reference("Leo Kent"))),
        position_mentions=(bridge,),
        queries=(named, *inherited),
    )


def hostile_reading() -> Reading:
    """A reading whose text, names and title all hold words that would do harm."""
    return hand_made(text=TEXT + f"\n\n{_EVIL}", name=f"Ana {_EVIL}", title=f"Title {_EVIL}")


def test_the_page_shows_the_whole_text_in_order() -> None:
    page = reading_page([hand_made()], [])
    article = re.search(r"<article[^>]*>(.*?)</article>", page, re.DOTALL)
    assert article is not None
    shown = re.sub(r"<[^>]+>", "", article.group(1))
    assert shown == TEXT


def test_each_quote_tells_its_speaker_without_the_script() -> None:
    page = reading_page([hand_made()], [])
    note = "speech 1: Ana Ross (for Bridgeland, passed on by The Wire) (context 0.75)"
    assert f'title="{note}' in page
    assert 'data-said-by="Ana Ross"' in page
    assert "scare 2: speaker not found" in page
    assert f'data-quote="1" data-to="0-8" tabindex="0" aria-label="{note}"' in page
    assert 'data-places="0-8"' in page


def test_words_within_a_quote_take_the_inner_quotes_colour() -> None:
    page = reading_page([hand_made()], [])
    assert re.search(r'<span class="scare"[^>]*data-quotes="1 2">“gift”</span>', page)
    assert re.search(r'<span class="speech position"[^>]*>bridge</span>', page)


def test_sentences_tell_their_voice_and_boilerplate_is_faded() -> None:
    page = reading_page([hand_made()], [])
    voices = re.findall(r'<a class="n (\w+)" id="a0-s(\d)"', page)
    assert voices == [("author", "1"), ("named", "2"), ("unknown", "3")]
    assert re.search(r'<span class="boilerplate"[^>]*>\(Photo: a camera\)</span>', page)


def test_every_link_has_its_place_and_ids_are_unique_over_articles() -> None:
    page = reading_page([hand_made(), hand_made(), hostile_reading()], [])
    ids = re.findall(r'\bid="([^"]+)"', page)
    links = re.findall(r'href="#([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert links
    assert set(links) <= set(ids)


def test_hostile_text_name_and_title_come_out_harmless() -> None:
    page = reading_page([hostile_reading()], [Position(id=f"p {_EVIL}", name="p")])
    assert "<script>alert" not in page
    assert page.count("<script>") == 1
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_policy_allows_nothing_but_the_pages_own_script_and_style() -> None:
    page = reading_page([hand_made()], [])
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert policy.group(1).startswith("default-src &#39;none&#39;")
    assert "unsafe" not in policy.group(1)
    assert not re.search(r'(?:src|href)="(?!#)', page)
    assert " style=" not in page


def test_rows_tell_who_speaks_how_that_was_found_and_what_is_named() -> None:
    reading = hand_made()
    rows = [(row.number, row.speakers, row.found, row.positions) for row in sentence_rows(reading)]
    assert rows == [(1, "author", "author 0.50", ()), (2, "(Ana Ross)", "context 0.75", ("bridge",)), (3, "?", "", ())]
    assert [(row.kind, row.speakers) for row in quote_rows(reading)] == [
        ("speech", "Ana Ross (for Bridgeland, passed on by The Wire)"),
        ("scare (unclosed, continues 1)", "?"),
    ]


def test_questions_of_the_same_words_by_context_are_one_row() -> None:
    reading = hand_made()
    rows = [(row.actor, row.positions, row.position_source, row.sentences) for row in candidate_rows(reading)]
    assert rows == [("Ana Ross", ("bridge",), "alias", "2"), ("?", ("bridge", "tunnel"), "context", "1")]
    assert [(row.id, row.n_candidates, row.n_inherited) for row in position_rows(reading)] == [("bridge", 1, 1)]


def test_positions_that_the_text_does_not_name_are_told() -> None:
    followed = [Position(id="bridge", name="the bridge"), Position(id="airport", name="the airport")]
    assert missing_positions(hand_made(), followed) == ["airport"]
    assert "Not in the text: airport" in reading_page([hand_made()], followed)
    assert "No positions given: no candidates." not in reading_page([hand_made()], followed)


def test_cut_gives_every_character_once_with_its_marks_in_order() -> None:
    marks = [(Span(2, 6), "a"), (Span(4, 8), "b"), (Span(3, 3), "empty"), (Span(0, 10), "all")]
    found = cut(10, marks)
    assert found == [
        (Span(0, 2), ["all"]),
        (Span(2, 3), ["a", "all"]),
        (Span(3, 4), ["a", "all"]),
        (Span(4, 6), ["a", "b", "all"]),
        (Span(6, 8), ["b", "all"]),
        (Span(8, 10), ["all"]),
    ]


@pytest.mark.parametrize(
    "text", ["Ana", "Вучић је рекао да.", "قال الرئيس نعم.", "他说好。", "Ana 😀 said yes.", " \n "]
)  # fmt: skip
def test_a_text_in_which_nothing_is_found_still_makes_a_page(text: str) -> None:
    article = Article(text=text, doc_id="d", title="T")
    page = reading_page([Reading(article, "und", (), (), (), (), (), (), ())], [])
    assert "No quotes." in page
    assert "No actors." in page
    assert text in page

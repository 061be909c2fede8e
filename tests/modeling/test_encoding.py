"""Text and question are tokenised apart, limits never cut the wording, cuts are told."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models

from stance.modeling.encoding import (
    CYRILLIC,
    EncodedQuery,
    EncodingOptions,
    Frame,
    encode_queries,
    harden_tokenizer,
    pair_frame,
    question_text,
)
from stance.modeling.tiny import byte_tokenizer
from stance.types import Context, Reference, Span, StanceQuery

_TOKENIZER = byte_tokenizer(pairs=False)
_TOKENIZER.encode_special_tokens = True
_OPTIONS = EncodingOptions(
    max_text_tokens=60,
    max_question_tokens=50,
    max_context_sentences=2,
    question="\nStance of {actor} towards {target}:",
    author_question="\nStance towards {target}:",
    position_text="name",
    frame=Frame(prefix=(2,), separator=(), suffix=()),
)


def _query(text: str, actor: str | None, target: str, *, start: int = 0, starts: tuple[int, ...] = ()) -> StanceQuery:
    context = Context(text, Span(start, len(text)), starts)
    return StanceQuery(context, None if actor is None else Reference(actor), Reference(target))


def _encode(query: StanceQuery, options: EncodingOptions = _OPTIONS) -> EncodedQuery:
    return encode_queries([query], _TOKENIZER, options=options)[0]


def _words(query: StanceQuery) -> str:
    return str(_TOKENIZER.decode(list(_encode(query).ids), skip_special_tokens=False))


def test_the_text_part_depends_on_neither_actor_nor_target() -> None:
    one = _encode(_query("Ana spoke.", "Ana", "NATO"))
    other = _encode(_query("Ana spoke.", None, "the bridge"))
    assert one.n_text == other.n_text
    assert one.ids[: one.n_text] == other.ids[: other.n_text]
    assert one.ids != other.ids


def test_swapping_actor_and_target_changes_the_input() -> None:
    one = _encode(_query("Ana met Bo.", "Ana", "Bo"))
    other = _encode(_query("Ana met Bo.", "Bo", "Ana"))
    assert one.ids != other.ids


@pytest.mark.parametrize("text", ["Ана је  рекла.", "Ана је\n\tрекла.", " Ана\u00a0је рекла.\r\n"])
def test_white_space_of_any_kind_is_one_space(text: str) -> None:
    assert _words(_query(text, "Ана", "мост")) == _words(_query("Ана је рекла.", "Ана", "мост"))


def test_special_tokens_in_a_text_are_plain_characters() -> None:
    assert 1 not in _encode(_query("end <eos> here", None, "x")).ids


def test_braces_and_line_breaks_in_names_stay_names() -> None:
    words = question_text(Reference("{target}\nX"), Reference("{actor}"), options=_OPTIONS)
    assert words == "\nStance of {target} X towards {actor}:"


@pytest.mark.parametrize("actor", ["A" * 300, "Ђ" * 200, "🙂" * 100, None])
def test_a_long_name_is_cut_and_told_but_the_wording_stays(actor: str | None) -> None:
    encoded = _encode(_query("Short.", actor, "цел" * 80))
    assert encoded.truncated
    assert len(encoded.ids) - encoded.n_text <= _OPTIONS.max_question_tokens
    assert _words(_query("Short.", actor, "цел" * 80)).endswith(":")


def test_a_long_text_is_cut_and_told() -> None:
    encoded = _encode(_query("word " * 100, None, "x"))
    assert encoded.truncated
    assert encoded.n_text == 1 + _OPTIONS.max_text_tokens


def test_context_is_taken_as_far_as_it_fits() -> None:
    text = "First one. Second one. The evidence."
    query = _query(text, None, "x", start=23, starts=(11, 0))
    assert _words(query).startswith("<bos>First one. Second one. The evidence.")
    long = "x" * 40 + ". Second one. The evidence."
    found = _words(_query(long, None, "x", start=55, starts=(42, 0)))
    assert found.startswith("<bos>Second one. The evidence.")


def test_a_pair_encoder_gets_its_own_template() -> None:
    frame = pair_frame(byte_tokenizer(pairs=True))
    assert frame.prefix == (2,)
    assert frame.separator == (1,)
    assert frame.suffix == (1,)
    assert frame.question_type_id == 1


@given(text=st.text(max_size=200), actor=st.none() | st.text(max_size=80), target=st.text(max_size=80))
def test_nothing_makes_encoding_fail(text: str, actor: str | None, target: str) -> None:
    encoded = _encode(_query(text, actor, target))
    assert len(encoded.ids) <= 1 + _OPTIONS.max_text_tokens + _OPTIONS.max_question_tokens


@pytest.mark.parametrize("lang", ["sr-Latn", "hr", "bs", None])
def test_a_base_that_asks_for_cyrillic_gets_it_whichever_script_a_row_is_in(lang: str | None) -> None:
    options = replace(_OPTIONS, script=CYRILLIC)
    latin = _query("Vučić je odbio predlog koji su mu poslali.", "Vučić", "Đerdap")
    cyrillic = _query("Вучић је одбио предлог који су му послали.", "Вучић", "Ђердап")
    in_latin = _encode(replace(latin, lang=lang), options)
    assert in_latin == _encode(replace(cyrillic, lang="sr-Cyrl"), options)
    assert in_latin != _encode(replace(latin, lang=lang))


@pytest.mark.parametrize("lang", ["en", "sq", "de"])
def test_other_languages_keep_their_script(lang: str) -> None:
    query = replace(_query("Ana spoke.", "Ana", "NATO"), lang=lang)
    options = replace(_OPTIONS, script=CYRILLIC)
    assert _encode(query, options) == _encode(query)


def test_queries_of_one_text_are_what_each_is_alone() -> None:
    queries = [
        _query("Ana spoke. Bo left.", "Ana", "NATO", start=11, starts=(0,)),
        _query("Ana spoke. Bo left.", "Bo", "NATO", start=11, starts=(0,)),
        _query("Ana spoke. Bo left.", "Bo", "NATO", start=11),
        _query("Ana spoke.", None, "the bridge"),
    ]
    assert encode_queries(queries, _TOKENIZER, options=_OPTIONS) == [_encode(query) for query in queries]


@pytest.mark.parametrize(
    "model", [models.BPE(), models.Unigram(), models.WordPiece(unk_token="?"), models.WordLevel(unk_token="?")]
)
def test_tokenizers_of_every_kind_are_hardened(model: models.Model) -> None:
    assert harden_tokenizer(Tokenizer(model)).encode_special_tokens

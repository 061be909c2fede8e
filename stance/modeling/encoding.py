"""Turn a query into token ids: ids(text) + ids(question), tokenised apart.

The text part depends on the context alone, never on actor or target, carries no markers and comes first, white space
of any kind as one space; so a causal model can share it among questions. It works on a `tokenizers.Tokenizer` or on
the tokenizer of an exported model: no transformers needed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from stance.data.transliteration import to_cyrillic
from stance.text.language import detect_language
from stance.types import Context, Reference, StanceQuery

if TYPE_CHECKING:
    from tokenizers import Tokenizer

AS_WRITTEN, CYRILLIC = "as_written", "cyrillic"
_SERBO_CROATIAN = frozenset({"sr", "hr", "bs", "sh", "cnr"})
_PLACEHOLDER = re.compile(r"\{(actor|target)\}")


class Cut(Protocol):
    """A text in pieces."""

    @property
    def ids(self) -> list[int]:
        """One for each piece."""

    @property
    def offsets(self) -> list[tuple[int, int]]:
        """Start and end of each piece, in characters; a piece may be one byte of a character."""


class TextTokenizer(Protocol):
    """What cuts texts into pieces; both kinds of tokenizers do it in this form."""

    def encode(self, sequence: str, *, add_special_tokens: bool) -> Cut:
        """The pieces of one text."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The special ids that a base puts before the text, between text and question, and after the question.

    `question_type_id` is 1 for sentence-pair encoders with segment embeddings, else 0.
    """

    prefix: tuple[int, ...]
    separator: tuple[int, ...]
    suffix: tuple[int, ...]
    question_type_id: int = 0


@dataclass(frozen=True, slots=True)
class EncodingOptions:
    """Limits and wordings, stored in the checkpoint; see `stance.config.EncodingConfig`.

    `script` is the base's: `cyrillic` gives it Serbian, Croatian and Bosnian in Cyrillic letters only.
    """

    max_text_tokens: int
    max_question_tokens: int
    max_context_sentences: int
    question: str
    author_question: str
    position_text: str
    frame: Frame
    script: str = AS_WRITTEN


@dataclass(frozen=True, slots=True)
class EncodedQuery:
    """Ids of one query; `n_text` of them (with the frame's prefix) depend on the text alone."""

    ids: tuple[int, ...]
    n_text: int
    question_type_id: int
    truncated: bool

    @property
    def type_ids(self) -> tuple[int, ...]:
        return (0,) * self.n_text + (self.question_type_id,) * (len(self.ids) - self.n_text)


def harden_tokenizer(tokenizer: Tokenizer) -> Tokenizer:
    """Make `<eos>` and the like in a text plain characters, switch off the tokenizer's own cutting and its memory.

    It would keep the first 10,000 texts, some 40 MB, and look for every later one among them in vain.
    """
    from tokenizers.models import BPE, Unigram

    tokenizer.encode_special_tokens = True
    tokenizer.no_truncation()
    tokenizer.no_padding()
    if isinstance(tokenizer.model, (BPE, Unigram)):  # the others have none
        tokenizer.model._resize_cache(0)
    return tokenizer


def pair_frame(tokenizer: Tokenizer) -> Frame:
    """The frame of a sentence-pair encoder, read off the tokenizer's own template.

    Raises:
        ValueError: the template does not keep text and question in order.
    """
    pair = tokenizer.encode("a", "b")
    special = pair.special_tokens_mask
    plain = [i for i, mask in enumerate(special) if not mask]
    inner = [i for i in range(plain[0], plain[-1]) if special[i]]
    if not inner:
        raise ValueError("the tokenizer's template puts no separator between two texts")
    return Frame(
        prefix=tuple(pair.ids[: plain[0]]),
        separator=tuple(pair.ids[inner[0] : inner[-1] + 1]),
        suffix=tuple(pair.ids[plain[-1] + 1 :]),
        question_type_id=pair.type_ids[plain[-1]],
    )


def decoder_frame(tokenizer: Tokenizer) -> Frame:
    """The frame of a causal decoder: what its tokenizer puts around one text, a begin-of-sequence id or nothing."""
    single = tokenizer.encode("a")
    plain = [i for i, mask in enumerate(single.special_tokens_mask) if not mask]
    return Frame(prefix=tuple(single.ids[: plain[0]]), separator=(), suffix=tuple(single.ids[plain[-1] + 1 :]))


def encode_queries(
    queries: Sequence[StanceQuery], tokenizer: TextTokenizer, *, options: EncodingOptions
) -> list[EncodedQuery]:
    """Ids of every query, in order; `truncated` where words of the evidence or of a name had to go.

    A text is cut into ids once for all its questions.
    """
    texts: dict[tuple[Context, str | None], tuple[tuple[int, ...], bool]] = {}
    frame = options.frame
    encoded = []
    for query in queries:
        spell, key = _spelling(query, options=options), (query.context, query.lang)
        if key not in texts:
            texts[key] = encode_context(query.context, tokenizer, options=options, spell=spell)
        text_ids, text_truncated = texts[key]
        actor, target = query.actor and Reference(spell(query.actor.name)), Reference(spell(query.target.name))
        question_ids, question_truncated = _encode_question(actor, target, tokenizer, options=options)
        text_part = (*frame.prefix, *text_ids)
        encoded.append(
            EncodedQuery(
                ids=(*text_part, *frame.separator, *question_ids, *frame.suffix),
                n_text=len(text_part) + len(frame.separator),
                question_type_id=frame.question_type_id,
                truncated=text_truncated or question_truncated,
            )
        )
    return encoded


def encode_context(
    context: Context, tokenizer: TextTokenizer, *, options: EncodingOptions, spell: Callable[[str], str] = str
) -> tuple[tuple[int, ...], bool]:
    """Ids of the evidence after as many preceding sentences as fit, and whether the evidence was cut."""
    limit = options.max_text_tokens
    end = context.evidence.end
    best = _text_ids(spell(context.text[context.evidence.start : end]), tokenizer)
    if len(best) > limit:
        return best[:limit], True
    for start in context.starts[: options.max_context_sentences]:
        ids = _text_ids(spell(context.text[start:end]), tokenizer)
        if len(ids) > limit:
            break
        best = ids
    return best, False


def question_text(actor: Reference | None, target: Reference, *, options: EncodingOptions) -> str:
    """The question in words, as the model sees it; names may hold braces, line breaks become spaces."""
    template = options.author_question if actor is None else options.question
    names = {"actor": "" if actor is None else actor.name, "target": target.name}
    return _PLACEHOLDER.sub(lambda match: _one_line(names[match.group(1)]), template)


def _spelling(query: StanceQuery, *, options: EncodingOptions) -> Callable[[str], str]:
    """How text and names are spelt for the base; a row that names no language is looked at."""
    if options.script != CYRILLIC:
        return str
    lang = query.lang or detect_language(query.context.evidence.of(query.context.text))
    return to_cyrillic if lang.partition("-")[0].lower() in _SERBO_CROATIAN else str


def _encode_question(
    actor: Reference | None, target: Reference, tokenizer: TextTokenizer, *, options: EncodingOptions
) -> tuple[tuple[int, ...], bool]:
    ids = _ids(question_text(actor, target, options=options), tokenizer)
    if len(ids) <= options.max_question_tokens:
        return ids, False
    # The wording around the names must stay whole: the last id is where a causal model answers.
    n_names = 1 if actor is None else 2
    wording = len(_ids(question_text(actor and Reference(""), Reference(""), options=options), tokenizer))
    # One id per seam is kept back: a shortened name may be cut into other tokens beside its neighbours.
    share = max(1, (options.max_question_tokens - wording) // n_names - 1)
    shorter_actor = actor and Reference(_shorten(actor.name, tokenizer, max_tokens=share))
    shorter_target = Reference(_shorten(target.name, tokenizer, max_tokens=share))
    return _ids(question_text(shorter_actor, shorter_target, options=options), tokenizer), True


def _shorten(name: str, tokenizer: TextTokenizer, *, max_tokens: int) -> str:
    encoding = tokenizer.encode(_one_line(name), add_special_tokens=False)
    if len(encoding.ids) <= max_tokens:
        return name
    # Where the first token too many starts: a token may be one byte of a character.
    return _one_line(name)[: encoding.offsets[max_tokens][0]]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _text_ids(text: str, tokenizer: TextTokenizer) -> tuple[int, ...]:
    # Doubled or unbreakable spaces and the ends of lines say nothing, but turned one answer in three.
    return _ids(_one_line(text), tokenizer)


def _ids(text: str, tokenizer: TextTokenizer) -> tuple[int, ...]:
    return tuple(tokenizer.encode(text, add_special_tokens=False).ids)

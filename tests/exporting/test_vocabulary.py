"""A trimmed tokenizer cuts what it is kept for as before, and lets everything else through; so does its export."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, trainers

from stance.data.rows import parse_row, read_rows
from stance.data.shipped import shipped_folder
from stance.errors import CheckpointError, EnvironmentMissing
from stance.exporting import onnx
from stance.exporting.corpus import shipped_texts
from stance.exporting.onnx import export_onnx
from stance.exporting.pieces import sentencepiece_model
from stance.exporting.vocabulary import Scope, Vocabulary, applied_pairs, trim_vocabulary
from stance.inference.classifier import StanceClassifier
from stance.modeling.checkpoint import FULL, load_checkpoint, read_info, save_checkpoint
from stance.modeling.encoding import decoder_frame, encode_queries, harden_tokenizer
from stance.modeling.engine import Form, load_exported
from stance.modeling.model import load_classifier, load_config
from stance.modeling.pieces import PIECES_FILE, PieceTokenizer, load_pieces
from stance.modeling.runtime import predict_logits
from stance.modeling.tiny import byte_tokenizer

_FOUND_FIRST = ("\n", "\n\n", "\t\t", "<b>")
_SPECIAL = ("<pad>", "<eos>", "<bos>", "<unk>")
_OTHER_SCRIPTS = ("آنا تدعم الجسر", "安娜支持这座桥。", "アンナは橋を支持する", "아나는 다리를 지지한다")
_UNSEEN = ("Η Άννα στηρίζει τη γέφυρα", "👩‍👩‍👧 🇷🇸 👍🏽 ✔️", "µm², 5ª — ﬁn", "q\u0301\u200d\x00\ufffd", *_OTHER_SCRIPTS)
_OURS = st.text(st.sampled_from("aeinrstšđñßABEN аеинрстћџіΑβγ 0129.,„“’-…🙂\u0301\n\t<b>_▁"), max_size=40)
_ANY = st.text(max_size=30) | st.sampled_from(_UNSEEN)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    """As Gemma's: bytes where a character is unknown, each piece listed with all pairs that give it."""
    lines = (shipped_folder("sentences") / "sr-Latn.jsonl").read_text(encoding="utf-8").splitlines()[:400]
    texts = [json.loads(line)["text"] for line in lines] + ["Die Brücke, the bridge, мост, γέφυρα 🙂 "] * 9
    draft = Tokenizer(models.BPE())
    draft.normalizer = normalizers.Replace(" ", "▁")
    draft.train_from_iterator([*texts, *_OTHER_SCRIPTS * 9], trainers.BpeTrainer(vocab_size=1500, show_progress=False))
    learnt = sorted(draft.get_vocab(), key=draft.get_vocab().__getitem__)
    pieces = [*_SPECIAL, "<unused0>", *_FOUND_FIRST, *(f"<0x{byte:02X}>" for byte in range(256)), *learnt]
    vocab = {piece: index for index, piece in enumerate(dict.fromkeys(pieces))}
    splits = ((piece[:place], piece[place:]) for piece in learnt for place in range(1, len(piece)))
    merges = [pair for pair in splits if pair[0] in vocab and pair[1] in vocab]
    made = Tokenizer(models.BPE(vocab=vocab, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    made.normalizer = normalizers.Replace(" ", "▁")
    made.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    made.add_special_tokens([AddedToken(token, special=True) for token in (*_SPECIAL, "<unused0>")])
    made.add_tokens([AddedToken(token, normalized=False) for token in _FOUND_FIRST])
    return harden_tokenizer(made)


@pytest.fixture(scope="module")
def trimmed(tokenizer: Tokenizer) -> dict[Scope, Vocabulary]:
    return {scope: trim_vocabulary(tokenizer, scope, texts=lambda: ["Ana podržava most."]) for scope in Scope}


def _cut(tokenizer: Tokenizer, text: str) -> list[str]:
    return tokenizer.encode(text, add_special_tokens=False).tokens


@settings(max_examples=300, deadline=None)
@given(text=_OURS)
def test_text_in_our_scripts_is_cut_as_before(
    text: str, tokenizer: Tokenizer, trimmed: dict[Scope, Vocabulary]
) -> None:
    assert _cut(trimmed[Scope.LANGUAGES].tokenizer, text) == _cut(tokenizer, text)


@settings(max_examples=300, deadline=None)
@given(text=_ANY | _OURS)
def test_pairs_that_never_apply_are_not_missed(
    text: str, tokenizer: Tokenizer, trimmed: dict[Scope, Vocabulary]
) -> None:
    assert _cut(trimmed[Scope.ALL].tokenizer, text) == _cut(tokenizer, text)


@settings(max_examples=200, deadline=None)
@given(text=_ANY | _OURS)
def test_any_text_comes_through_whole(text: str, trimmed: dict[Scope, Vocabulary]) -> None:
    for vocabulary in trimmed.values():
        ids = vocabulary.tokenizer.encode(text, add_special_tokens=False).ids
        # A blank and its sign are one to such tokenizers, whatever was trimmed.
        assert vocabulary.tokenizer.decode(ids, skip_special_tokens=False) == text.replace("▁", " ")


@pytest.fixture(scope="module")
def written(trimmed: dict[Scope, Vocabulary], tmp_path_factory: pytest.TempPathFactory) -> dict[Scope, PieceTokenizer]:
    """The same tokenizers, as files of SentencePiece's."""
    folders = {scope: tmp_path_factory.mktemp(scope) for scope in trimmed}
    for scope, vocabulary in trimmed.items():
        model = sentencepiece_model(vocabulary.file)
        assert model is not None
        (folders[scope] / PIECES_FILE).write_bytes(model)
    return {scope: load_pieces(folder) for scope, folder in folders.items()}


@settings(max_examples=300, deadline=None)
@given(text=_ANY | _OURS)
def test_sentencepiece_cuts_as_the_tokenizer_that_it_was_made_from(
    text: str, trimmed: dict[Scope, Vocabulary], written: dict[Scope, PieceTokenizer]
) -> None:
    for scope, vocabulary in trimmed.items():
        expected = vocabulary.tokenizer.encode(text, add_special_tokens=False)
        found = written[scope].encode(text, add_special_tokens=False)
        assert found.ids == expected.ids
        assert [start for start, _ in found.offsets] == [start for start, _ in expected.offsets]


def test_special_tokens_are_plain_text_to_sentencepiece(written: dict[Scope, PieceTokenizer]) -> None:
    assert len(written[Scope.ALL].encode("<eos>", add_special_tokens=False).ids) > 1
    with pytest.raises(ValueError, match="puts nothing around a text"):
        written[Scope.ALL].encode("a", add_special_tokens=True)


@pytest.mark.parametrize(
    "change",
    [
        {"normalizer": None},
        {"pre_tokenizer": {"type": "Whitespace"}},
        {"model": {"ignore_merges": True}},
        {"model": {"byte_fallback": False}},
        {"model": {"vocab": {"<unk>": 3, "a": 0}}},
        {"model": {"unk_token": None}},
        {"model": {"end_of_word_suffix": "</w>"}},
    ],
)
def test_a_tokenizer_that_sentencepiece_would_cut_otherwise_is_kept(
    change: dict[str, Any], trimmed: dict[Scope, Vocabulary]
) -> None:
    parts = json.loads(trimmed[Scope.CORPUS].file)
    parts["model"] |= change.get("model", {})
    assert sentencepiece_model(json.dumps(parts | {k: v for k, v in change.items() if k != "model"})) is None


def test_a_name_is_shortened_between_the_bytes_of_no_character(
    trimmed: dict[Scope, Vocabulary], written: dict[Scope, PieceTokenizer], tiny_checkpoint: Path
) -> None:
    row = {"text": "Ana podržava most.", "actor": "安娜 " * 40, "target": "мост 安" * 40}
    query = parse_row(row, place="row", need_stance=False).query
    options = read_info(tiny_checkpoint).encoding
    for scope, vocabulary in trimmed.items():
        expected, found = (
            encode_queries([query], one, options=options) for one in (vocabulary.tokenizer, written[scope])
        )
        assert found == expected
        assert found[0].truncated


def test_pieces_and_embeddings_of_two_exports_are_told_apart(
    checkpoint: Path, a_few: Path, written: dict[Scope, PieceTokenizer], tmp_path: Path
) -> None:
    export_onnx(checkpoint, tmp_path / "out", force=True, n_rows=20, log=print)
    other = written[Scope.CORPUS].processor.serialized_model_proto()
    (tmp_path / "out" / PIECES_FILE).write_bytes(other)
    with pytest.raises(CheckpointError, match="its files are of two exports"):
        load_exported(tmp_path / "out")


def test_a_damaged_file_of_pieces_is_named(tmp_path: Path) -> None:
    (tmp_path / PIECES_FILE).write_bytes(b"no model")
    with pytest.raises(CheckpointError, match=f"{PIECES_FILE}: cannot be opened"):
        load_pieces(tmp_path)


def test_what_runs_the_pieces_is_named_where_it_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    with pytest.raises(EnvironmentMissing, match="needs sentencepiece, which is not installed"):
        load_pieces(tmp_path)


def test_a_corpus_is_cut_as_before_and_little_else_is_kept(
    tokenizer: Tokenizer, trimmed: dict[Scope, Vocabulary]
) -> None:
    small = trimmed[Scope.CORPUS]
    assert _cut(small.tokenizer, "Ana podržava most.") == _cut(tokenizer, "Ana podržava most.")
    sizes = [len(trimmed[scope].kept) for scope in (Scope.CORPUS, Scope.LANGUAGES, Scope.ALL)]
    assert sizes == sorted(set(sizes))
    assert len(_cut(small.tokenizer, "安")) == 3
    assert _cut(trimmed[Scope.LANGUAGES].tokenizer, "安") == ["安"]


def test_ids_are_those_of_the_same_pieces(tokenizer: Tokenizer, trimmed: dict[Scope, Vocabulary]) -> None:
    for scope, vocabulary in trimmed.items():
        for new, former in enumerate(vocabulary.kept):
            assert vocabulary.tokenizer.id_to_token(new) == tokenizer.id_to_token(int(former))
        read = harden_tokenizer(Tokenizer.from_str(vocabulary.file))
        assert read.encode("<eos> <unused0>\n most").ids == vocabulary.tokenizer.encode("<eos> <unused0>\n most").ids
        assert vocabulary.n_before == tokenizer.get_vocab_size()
        assert (vocabulary.tokenizer.token_to_id("<unused0>") is None) is (scope is not Scope.ALL)


def test_each_piece_comes_from_the_pair_that_is_joined_last() -> None:
    # ab is joined before bc: of `abc` only (ab, c) is left, and `bcd` falls apart into b and cd.
    pairs = [("a", "b"), ("c", "d"), ("b", "c"), ("a", "bc"), ("ab", "c"), ("bc", "d"), ("b", "cdx"), ("bcd", "x")]
    found = applied_pairs(pairs)
    assert found["abc"] == ("ab", "c")
    assert "bcdx" not in found


@pytest.fixture
def a_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped data, of sentences the first of each file: to read them all would take seconds."""
    sentences = tmp_path / "shipped" / "sentences"
    sentences.mkdir(parents=True)
    for path in shipped_folder("sentences").glob("*.jsonl"):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        (sentences / path.name).write_text("".join(lines[::50]), encoding="utf-8")
    monkeypatch.setattr(onnx, "shipped_folder", (tmp_path / "shipped").joinpath)
    return sentences


def test_the_shipped_texts_hold_sentences_questions_names_and_words(a_few: Path, tiny_checkpoint: Path) -> None:
    rows = read_rows(a_few, need_stance=True)
    found = set(shipped_texts(rows, options=read_info(tiny_checkpoint).encoding))
    assert rows[0].query.context.text in found
    assert " UN Security Council Resolution 1244" in found
    assert any(text.startswith("\nStance of") for text in found)
    assert any("Rezolucij" in text for text in found)
    assert len(found) > 10_000


def test_a_tokenizer_of_bytes_is_kept_whole_and_not_trimmed() -> None:
    tokenizer = byte_tokenizer(pairs=False)
    for scope in (None, Scope.ALL):
        vocabulary = trim_vocabulary(tokenizer, scope, texts=list)
        assert vocabulary.scope is Scope.ALL
        assert vocabulary.kept.tolist() == list(range(tokenizer.get_vocab_size()))
    with pytest.raises(CheckpointError, match="--trim-vocab corpus: only a tokenizer"):
        trim_vocabulary(tokenizer, Scope.CORPUS, texts=list)


@pytest.fixture(scope="module")
def checkpoint(
    tokenizer: Tokenizer,
    tiny_checkpoint: Path,
    tiny_base: Callable[[str], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A full checkpoint of random weights on that tokenizer."""
    from transformers import AutoModelForSequenceClassification

    folder = tmp_path_factory.mktemp("pieces")
    tokenizer.save(str(folder / "tokenizer.json"))
    config = load_config(tiny_base("gemma3_text"))
    config.vocab_size = tokenizer.get_vocab_size()
    AutoModelForSequenceClassification.from_config(config).save_pretrained(folder)
    model = load_classifier(folder, config=config)
    info = read_info(tiny_checkpoint)
    encoding = replace(info.encoding, frame=replace(decoder_frame(tokenizer), prefix=(2,)))
    info = replace(info, kind=FULL, base=str(folder), base_sha256=None, encoding=encoding)
    place = folder / "checkpoint"
    save_checkpoint(
        place,
        info=info,
        card="",
        trained_on=None,
        model=model,
        delta=None,
        tokenizer_folder=folder,
        modification="random weights.",
    )
    return place


@pytest.mark.parametrize(
    ("scope", "form"),
    [(Scope.ALL, Form.fp32), (Scope.LANGUAGES, Form.fp32), (Scope.LANGUAGES, Form.int8), (Scope.CORPUS, Form.bf16)],
)
def test_an_export_with_a_trimmed_vocabulary_answers_as_torch(
    scope: Scope,
    form: Form,
    checkpoint: Path,
    a_few: Path,
    tmp_path: Path,
    loaded_by: Callable[[str, Sequence[str]], list[str]],
) -> None:
    loaded = load_checkpoint(checkpoint)
    shown: dict[tuple[str, int], list[int]] = {}

    @contextmanager
    def bar(label: str, total: int) -> Iterator[Callable[[int], None]]:
        yield shown.setdefault((label, total), []).append

    export_onnx(checkpoint, tmp_path / "out", form=form, scope=scope, force=True, n_rows=20, log=print, bar=bar)
    assert {what: sum(done) for what, done in shown.items()} == {
        ("Asking torch", 20): 20,
        ("Comparing the engine", 20): 20,
    }
    exported = load_exported(tmp_path / "out")
    rows = [
        {"text": "Ana podržava most.", "actor": "Ana", "target": "most"},
        {"text": "Aна подржава мост 🙂\n", "actor": None, "target": "мост"},
    ]
    queries = [
        parse_row(row, place="row", need_stance=False).query for row in rows[: 1 if scope is Scope.CORPUS else 2]
    ]
    expected, found = (
        predict_logits(one.model, encode_queries(queries, one.tokenizer, options=one.info.encoding), batch_tokens=512)
        for one in (loaded, exported)
    )
    assert np.abs(found - expected).max() < (1e-4 if form is Form.fp32 else 0.1)
    info = read_info(tmp_path / "out")
    assert info.export is not None
    texts = list(shipped_texts(read_rows(a_few, need_stance=True), options=loaded.info.encoding))
    kept = info.export["vocabulary"]
    assert (kept["scope"], kept["of"]) == (scope, loaded.tokenizer.get_vocab_size())
    assert kept["pieces"] == len(trim_vocabulary(loaded.tokenizer, scope, texts=lambda: texts).kept)
    assert isinstance(exported.tokenizer, PieceTokenizer)
    code = (
        "from stance import StanceClassifier\n"
        f"StanceClassifier.from_pretrained({str(tmp_path / 'out')!r}).predict([{rows[0]!r}])"
    )
    assert loaded_by(code, ("torch", "transformers", "tokenizers")) == []
    assert ("--trim-vocab" in (tmp_path / "out" / "README.md").read_text()) is (scope is not Scope.ALL)


def test_the_export_in_the_cache_is_trimmed_to_our_scripts(
    checkpoint: Path, a_few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STANCE_CACHE", str(tmp_path / "cache"))
    # The weights are random and unsure of everything, so that rounding may turn an answer.
    monkeypatch.setattr(onnx, "MIN_AGREEMENT", 0.0)
    monkeypatch.setattr(onnx, "MAX_MACRO_F1_LOSS", 1.0)
    info = StanceClassifier.from_pretrained(checkpoint, engine="onnx").info
    assert info.export is not None
    assert info.export["vocabulary"]["scope"] == Scope.LANGUAGES

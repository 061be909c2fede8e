"""A tokenizer of SentencePiece's, which opens in a fraction of the time that `tokenizers` takes for the same pieces."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stance.errors import CheckpointError, EnvironmentMissing

if TYPE_CHECKING:
    from sentencepiece import SentencePieceProcessor

PIECES_FILE = "tokenizer.model"


@dataclass(frozen=True, slots=True)
class Pieces:
    """What a text was cut into."""

    text: str
    processor: SentencePieceProcessor

    @property
    def ids(self) -> list[int]:
        """One for each piece."""
        found: list[int] = self.processor.encode(self.text)
        return found

    @property
    def offsets(self) -> list[tuple[int, int]]:
        """Where each piece stands, in characters."""
        found = self.processor.encode(self.text, out_type="immutable_proto").pieces
        return [(piece.begin, piece.end) for piece in found]


@dataclass(frozen=True, slots=True)
class PieceTokenizer:
    """Cuts texts as the tokenizer does that `stance.exporting.pieces` made it from, special tokens being plain text."""

    processor: SentencePieceProcessor

    @property
    def n_pieces(self) -> int:
        """How many it knows."""
        return int(self.processor.get_piece_size())

    def encode(self, sequence: str, *, add_special_tokens: bool) -> Pieces:
        """Ids and places of the pieces of one text.

        Raises:
            ValueError: special tokens are wanted; it knows no template.
        """
        if add_special_tokens:
            raise ValueError("a tokenizer of an exported model puts nothing around a text")
        return Pieces(sequence, self.processor)


def load_pieces(folder: Path) -> PieceTokenizer:
    """Open the tokenizer of an exported folder.

    Raises:
        CheckpointError: its file is damaged.
        EnvironmentMissing: SentencePiece is not installed.
    """
    try:
        from sentencepiece import SentencePieceProcessor
    except ImportError:
        raise EnvironmentMissing(
            "The tokenizer of this exported model needs sentencepiece, which is not installed: "
            "pip install 'stance-news[onnx]'."
        ) from None
    path = folder / PIECES_FILE
    try:
        return PieceTokenizer(SentencePieceProcessor(model_file=str(path)))
    except (OSError, RuntimeError) as error:
        raise CheckpointError(f"{path}: cannot be opened ({str(error).strip().splitlines()[0]}).") from error

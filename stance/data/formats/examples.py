"""Training examples, a row per (actor, target): a Hugging Face `DatasetDict` with fixed features."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stance.data.formats import huggingface
from stance.data.formats.format import Format
from stance.data.judgements import examples_of, pair_key
from stance.data.losses import LossReport
from stance.data.writing import folder_written_whole
from stance.errors import DataError
from stance.types import STANCES, AnnotatedSentence, Split, StanceExample

if TYPE_CHECKING:
    import datasets

_BATCH_SENTENCES = 1000


def example_features() -> datasets.Features:
    """The columns of an example; `label` counts in the order of STANCES, `actor` is null for the text's own voice."""
    import datasets

    text = datasets.Value("string")
    names = [stance.value for stance in STANCES]
    columns = dict.fromkeys(("id", "text", "actor", "target"), text)
    columns |= {"label": datasets.ClassLabel(names=names)}
    return datasets.Features(columns | dict.fromkeys(("lang", "doc_id", "source", "licence"), text))


def write(path: Path, sentences: Iterable[AnnotatedSentence], *, losses: LossReport) -> int:
    """Write a folder that `datasets.load_from_disk` opens as a DatasetDict, and return the number of sentences.

    Sentences that name no split go to `train`. Spans, ids and single judgements are not what a model is trained on:
    pairs that annotators leave undecided are counted as lost.

    Raises:
        DataError: the folder is there and not empty, or cannot be written.
    """
    import datasets
    import pyarrow as pa

    schema = example_features().arrow_schema
    n_written = 0
    with folder_written_whole(path) as folder:
        with ExitStack() as open_files:
            writers: dict[Split, Any] = {}
            source = iter(sentences)
            while batch := list(islice(source, _BATCH_SENTENCES)):
                n_written += len(batch)
                _count_undecided(batch, losses)
                for split in dict.fromkeys(sentence.split or Split.TRAIN for sentence in batch):
                    rows = [row for s in batch if (s.split or Split.TRAIN) is split for row in example_rows(s)]
                    if not rows:
                        continue
                    if split not in writers:
                        sink = open_files.enter_context(pa.OSFile(str(folder / f"{split.value}.part"), "wb"))
                        writers[split] = open_files.enter_context(pa.ipc.new_stream(sink, schema))
                    writers[split].write_batch(pa.RecordBatch.from_pylist(rows, schema=schema))
        if not writers:
            raise DataError(f"{path}: no sentence has a pair that its annotators settled; there are no examples.")
        datasets.disable_progress_bars()
        parts = {split.value: folder / f"{split.value}.part" for split in Split if split in writers}
        datasets.DatasetDict(
            {name: datasets.Dataset.from_file(str(part)) for name, part in parts.items()}
        ).save_to_disk(str(folder))
        for part in parts.values():
            part.unlink()
    return n_written


def example_rows(sentence: AnnotatedSentence) -> Iterator[dict[str, Any]]:
    """A row per example of a sentence."""
    for index, example in enumerate(examples_of(sentence)):
        yield _row(example, f"{sentence.id}#{index}")


def _count_undecided(sentences: Iterable[AnnotatedSentence], losses: LossReport) -> None:
    for sentence in sentences:
        n_pairs = len({pair_key(annotation) for annotation in sentence.annotations})
        for _ in range(n_pairs - len(examples_of(sentence))):
            losses.add("pair that its annotators leave undecided", sentence.id)


def _row(example: StanceExample, identifier: str) -> dict[str, Any]:
    query, origin = example.query, example.origin
    return {
        "id": identifier,
        "text": query.context.text,
        "actor": None if query.actor is None else query.actor.name,
        "target": query.target.name,
        "label": STANCES.index(example.stance),
        "lang": query.lang,
        "doc_id": origin.doc_id,
        "source": origin.source,
        "licence": origin.licence,
    }


FORMAT = Format("examples", "training examples, a DatasetDict of Hugging Face", huggingface.read, lambda _: None, write)

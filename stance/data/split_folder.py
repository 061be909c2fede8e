"""Write a divided set: a folder with a file per split, and a look at what the splits share all the same."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from stance.data.grouping import fingerprint
from stance.data.leaks import MIN_CHARACTERS
from stance.data.partition import Assigned
from stance.data.seen import SeenKeys
from stance.data.writing import folder_written_whole, json_line, sentence_record
from stance.types import AnnotatedSentence, Split

LEFT_OUT = "left_out"
# Another ending than .jsonl: whoever reads the folder must not take these rows for data.
LEFT_OUT_FILE = "left_out.jsonl.txt"
_NUMBERS = {split: number for number, split in enumerate(Split)}


@dataclass(slots=True)
class SplitReport:
    """Sentences and annotations by part, and how many sentences stand in two splits.

    stances, languages: annotations and sentences by part and value.
    """

    n_sentences: Counter[str] = field(default_factory=Counter)
    n_annotations: Counter[str] = field(default_factory=Counter)
    stances: dict[str, Counter[str]] = field(default_factory=dict)
    languages: dict[str, Counter[str]] = field(default_factory=dict)
    n_shared: int = 0


def write_split(folder: Path, assigned: Assigned) -> SplitReport:
    """Write `train.jsonl`, `dev.jsonl`, `test.jsonl` and, for what had to be left out, `left_out.jsonl.txt`.

    Raises:
        DataError: the folder is there and not empty, or cannot be written.
    """
    report = SplitReport()
    texts = SeenKeys()
    with folder_written_whole(folder) as part, ExitStack() as stack:
        files: dict[str, IO[str]] = {}
        for name in (split.value for split in Split):
            files[name] = stack.enter_context((part / f"{name}.jsonl").open("w", encoding="utf-8", newline="\n"))
        for sentence, split in assigned:
            name = LEFT_OUT if split is None else split.value
            if name not in files:
                files[name] = stack.enter_context((part / LEFT_OUT_FILE).open("w", encoding="utf-8", newline="\n"))
            record = sentence_record(sentence)
            record["split"] = split
            files[name].write(json_line(record if split else {k: v for k, v in record.items() if k != "split"}))
            _count(report, name, sentence)
            if split is not None and len(sentence.text) >= MIN_CHARACTERS:
                texts.add(fingerprint(sentence.text), 0, _NUMBERS[split])
        report.n_shared = sum(repeat.value != repeat.first_value for repeat in texts.repeats())
    return report


def _count(report: SplitReport, name: str, sentence: AnnotatedSentence) -> None:
    report.n_sentences[name] += 1
    report.n_annotations[name] += len(sentence.annotations)
    report.languages.setdefault(name, Counter())[sentence.lang or "not given"] += 1
    stances = report.stances.setdefault(name, Counter())
    for annotation in sentence.annotations:
        stances[annotation.stance.value] += 1

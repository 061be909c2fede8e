"""Reading the fixtures of the annotation tools, and what their shared invented document says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from stance.data.formats import read_sentences
from stance.data.formats.format import ReadOptions
from stance.data.losses import LossReport
from stance.types import AnnotatedSentence, Reference

Judgement = tuple[str | None, str, str]
Read = Callable[..., tuple[list[AnnotatedSentence], LossReport]]

# A text and who takes which side on what; INCEpTION's, WebAnno's and brat's fixtures all hold it. One stance is held in
# the second sentence towards a target in the first, so that both come as one.
_DOCUMENT: tuple[tuple[str, tuple[Judgement, ...]], ...] = (
    (
        "🌱 Odrina Velk of the Brindlemoor council backs the heath tram plan against the Quillhaven Dockers’ Union."
        "{gap}The dockers’ union 😠 opposes it, and Tessel Marr wants no harbour toll.",
        (
            ("Odrina Velk", "the heath tram plan", "favor"),
            ("Odrina Velk", "Quillhaven Dockers’ Union", "against"),
            ("The dockers’ union", "the heath tram plan", "against"),
            ("Tessel Marr", "harbour toll", "against"),
        ),
    ),
    (
        "🚋 Udruženje „Zlatni Javor“ podržava zabranu buke u Vrelogradu.",
        (
            ("Udruženje „Zlatni Javor“", "zabranu buke", "favor"),
            ("Udruženje „Zlatni Javor“", "Vrelogradu", "neutral"),
        ),
    ),
    (
        "🏔️ Одборница Невенка Трњић је против продаје Горског дома.",
        (("Невенка Трњић", "продаје Горског дома", "against"),),
    ),
    (
        "🐟 Советот на Ѓурѓорека ја поддржува новата рибна берза.",
        (("Советот на Ѓурѓорека", "новата рибна берза", "favor"),),
    ),
    (
        "Ratsfrau Falka Ührig 🏊\u200d♀️ lehnt die Moosbadschließung ab.",
        (("Falka Ührig", "Moosbad", "against"),),
    ),
    (
        "Honestly, 🎻 the Fennwick concert levy is long overdue, and I cannot stand the lamp curfew.",
        ((None, "the Fennwick concert levy", "favor"), (None, "the lamp curfew", "against")),
    ),
    ('Tovia Bracken told reporters_[draft]* | "C\\D ring-road <A&B> -> undecided; ask later".', ()),
)


def _by_words(judgement: Judgement) -> tuple[str, str, str]:
    actor, target, stance = judgement
    return actor or "", target, stance


@pytest.fixture(scope="session")
def fixtures() -> Path:
    """The folder with one folder of fixtures per tool."""
    return Path(__file__).parent.parent / "fixtures"


@pytest.fixture(scope="session")
def read() -> Read:
    """Reads a path to its sentences and losses."""

    def read_all(
        path: Path,
        *,
        format: str | None = None,  # noqa: A002
        labels: Mapping[str, str] | None = None,
        lang: str | None = None,
    ) -> tuple[list[AnnotatedSentence], LossReport]:
        losses = LossReport()
        options = ReadOptions(labels=labels or {}, lang=lang)
        return list(read_sentences(path, format=format, losses=losses, options=options)), losses

    return read_all


@pytest.fixture(scope="session")
def judgements() -> Callable[[AnnotatedSentence], list[Judgement]]:
    """Actor, target and stance of every annotation, the words as the spans cover them; sorted."""

    def judge(sentence: AnnotatedSentence) -> list[Judgement]:
        def words(reference: Reference) -> str:
            if reference.span is None:
                return reference.name
            assert reference.span.of(sentence.text) == reference.name
            return reference.span.of(sentence.text)

        found = [(a.actor and words(a.actor), words(a.target), a.stance.value) for a in sentence.annotations]
        return sorted(found, key=_by_words)

    return judge


@pytest.fixture(scope="session")
def document() -> Callable[..., list[tuple[str, list[Judgement]]]]:
    """The shared document, sentence by sentence; `gap` stands between the two that come as one."""

    def make(*, gap: str = "\n", renamed: Mapping[str, str] | None = None) -> list[tuple[str, list[Judgement]]]:
        names = renamed or {}
        return [
            (
                text.replace("{gap}", gap),
                sorted(((actor, names.get(target, target), side) for actor, target, side in found), key=_by_words),
            )
            for text, found in _DOCUMENT
        ]

    return make

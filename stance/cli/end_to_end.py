"""Annotated articles scored from their text alone, as `stance score` would, for `stance evaluate`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stance.inference.classifier import StanceClassifier
    from stance.types import Actor, Position


def annotated_articles(path: Path, *, split: str | None) -> list[dict[str, Any]]:
    """The records of the annotated articles (.json) among the rows of a file or folder.

    Raises:
        DataError: one is no annotated article.
    """
    from stance.data.lines import expand
    from stance.data.rows import article_record

    records = []
    for part in expand([path]):
        if part.suffix == ".json":
            record = article_record(part)
            if split is None or record.get("split") == split:
                records.append({"doc_id": part.stem, **record})
    return records


def score_end_to_end(
    records: Sequence[Mapping[str, Any]],
    classifier: StanceClassifier,
    *,
    positions: Sequence[Path],
    actors: Sequence[Path],
    min_probability: float | None,
    in_context: bool,
    semantic: bool,
) -> dict[str, Any]:
    """What becomes of the gold triples of articles, as `report.json` holds it under `stages`.

    Args:
        positions, actors: files of what is followed; without, the targets and actors of the annotations by their names.

    Raises:
        DataError: a file is wrong.
    """
    from stance.cli.output import progress
    from stance.data.entities import load_actors, load_positions
    from stance.evaluation.read_article import ReadArticle
    from stance.evaluation.stages import stage_report
    from stance.inference.scorer import ArticleScorer
    from stance.types import Article

    followed = [position for path in positions for position in load_positions(path)] or annotated_targets(records)
    known = [actor for path in actors for actor in load_actors(path)]
    documents = {str(record["doc_id"]) for record in records}
    scored = []
    with progress("Articles", len(records)) as advance:
        for record in records:
            scorer = ArticleScorer(
                classifier,
                actors_of(record, known, documents=documents),
                min_probability=min_probability,
                in_context=in_context,
                semantic=semantic,
            )
            found = scorer.score(Article(record["text"], str(record["doc_id"]), lang=record.get("lang")), followed)
            scored.append(ReadArticle(record, found.reading, found.predictions, found.stances))
            advance(1)
    return stage_report(scored)


def annotated_targets(records: Sequence[Mapping[str, Any]]) -> list[Position]:
    """The targets that the annotations of articles name, as positions without aliases."""
    from stance.types import Position

    found: dict[str, Position] = {}
    for record in records:
        for pair in (*record["gold"], *(record.get("absent") or ())):
            key, name = _key_and_name(pair["target"])
            found.setdefault(key, Position(key, name))
    return list(found.values())


def actors_of(record: Mapping[str, Any], known: Sequence[Actor], *, documents: set[str]) -> list[Actor]:
    """Whom a user would list for an article: the known actors, but for those of another one, and who is annotated.

    An actor belongs to the article whose `doc_id` and a dot begin its id.
    """
    from stance.types import Actor

    own = str(record["doc_id"])
    listed = [actor for actor in known if _owner(actor.id) in (own, None) or _owner(actor.id) not in documents]
    ids = {actor.id for actor in listed}
    named = dict(_key_and_name(reference) for reference in _annotated_actors(record) if reference is not None)
    return [*listed, *(Actor(name, key) for key, name in named.items() if key not in ids)]


def _owner(identifier: str | None) -> str | None:
    owner, dot, _ = (identifier or "").partition(".")
    return owner if dot else None


def _annotated_actors(record: Mapping[str, Any]) -> Iterator[Any]:
    for mention in record.get("mentions") or ():
        yield mention.get("actor")
    for quote in record.get("quotes") or ():
        yield from quote.get("speakers") or ()
    for pair in (*record["gold"], *(record.get("absent") or ())):
        yield pair.get("actor")


def _key_and_name(reference: Any) -> tuple[str, str]:
    if isinstance(reference, str):
        return reference, reference
    name = reference.get("name") or reference.get("id")
    return str(reference.get("id") or name), str(name)

"""Minimal pairs as tests of robustness: what turns a stance must be noticed, what leaves it must leave the answer."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from stance.data.rows import Row
from stance.evaluation.judging import Judged
from stance.evaluation.minimal_pairs import FLIP, Member, member, pair_groups
from stance.evaluation.robustness import NOT_GIVEN, SEED, Outcome, sample_rank

_EXPECTED = {True: "all right: the change turns the stance", False: "the same stance"}


def has_pairs(judged: Sequence[Judged]) -> bool:
    """Whether any row says to which minimal pair it belongs."""
    return any(_relation(item) is not None for item in judged)


def pair_rows(rows: Sequence[Row], *, per_relation: int, seed: int = SEED) -> list[Row]:
    """The rows of a sample of the pairs, at most `per_relation` of each relation; the same for the same seed."""
    pairs: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        pair, relation = row.record.get("pair_id"), row.record.get("relation")
        if pair is not None and relation is not None:
            pairs[str(relation), str(pair)].append(row)
    kept: Counter[str] = Counter()
    found = []
    for relation, pair in sorted(pairs, key=lambda key: sample_rank(key[1], seed)):
        if kept[relation] < per_relation:
            kept[relation] += 1
            found += pairs[relation, pair]
    return found


def pair_outcomes_of(judged: Sequence[Judged]) -> Iterator[Outcome]:
    """The outcome of every question that was put to all texts of a pair; the language is that of the first text."""
    paired = [(item, relation) for item in judged if (relation := _relation(item)) is not None]
    members = [_member(item, *relation) for item, relation in paired]
    languages = {item.row.query.context.text: item.row.query.lang or NOT_GIVEN for item, _ in paired}
    for name, groups in sorted(pair_groups(members).items()):
        for group in groups:
            yield _outcome(group, name, lang=languages[group[0].text])


def _outcome(group: Sequence[Member], relation: str, *, lang: str) -> Outcome:
    first, flips = group[0], relation == FLIP
    other = next((m for m in group[1:] if m.predicted is not first.predicted), group[1])
    equal = all(m.predicted is first.predicted for m in group)
    right = all(m.predicted is m.gold for m in group)
    return Outcome(
        f"minimal pairs: {relation}",
        lang,
        not (right if flips else equal),
        {
            "id": first.pair,
            "before": first.text,
            "after": other.text,
            "said_before": first.predicted.value,
            "said_after": other.predicted.value,
            "expected": _EXPECTED[flips],
        },
    )


def _member(item: Judged, pair: str, relation: str) -> Member:
    return member(pair, relation, item.row.query, gold=item.gold, predicted=item.stance)


def _relation(item: Judged) -> tuple[str, str] | None:
    pair, relation = item.row.record.get("pair_id"), item.row.record.get("relation")
    return None if pair is None or relation is None else (str(pair), str(relation))

"""Which licences let a model trained on a set be shipped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from stance.config import Use
from stance.errors import ConfigError
from stance.types import AnnotatedSentence

# SPDX identifiers, in lower case. Share-alike and non-commercial ones are not here: whether weights are derived from
# the data is disputed, and whoever knows better declares another licence for the source.
_SHIPPABLE = frozenset(
    {
        "mit", "apache-2.0", "bsd-2-clause", "bsd-3-clause", "isc", "cc0-1.0", "pddl-1.0", "odc-by-1.0", "unlicense",
        "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "free use with citation",
    }
)  # fmt: skip
NONE = "none named"


def may_ship(licence: str | None) -> bool:
    """Whether weights trained under this licence may be given away; False where none is named."""
    return licence is not None and licence.strip().lower() in _SHIPPABLE


def require_licences(
    sentences: Mapping[str, Iterable[AnnotatedSentence]], *, declared: Mapping[str, str | None], use: Use
) -> dict[str, str]:
    """The licences of each source, as text for the model card.

    Args:
        sentences: by source path. Each sentence's own licence counts; `declared` fills in for those without one.
        use: what the weights are for; `ship` refuses every licence that does not allow it.

    Raises:
        ConfigError: names each source whose licence forbids the use, with its licences and counts.
    """
    found, refused = {}, []
    for path, rows in sentences.items():
        counts = Counter(sentence.licence or declared.get(path) or NONE for sentence in rows)
        told = ", ".join(f"{licence} {count:,}" for licence, count in counts.most_common())
        found[path] = told
        if use is Use.ship and not all(may_ship(licence) for licence in counts):
            refused.append(f"data.sources {path}: licences {told}")
    if refused:
        raise ConfigError(
            "data.use is ship, which these sources do not allow:\n"
            + "\n".join(refused)
            + "\nDeclare data.use=research (the model card will say so), leave the source out, or name the licence of "
            "rows that name none with `licence` of the source."
        )
    return found

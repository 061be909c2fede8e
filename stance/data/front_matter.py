"""Front matter: the YAML between two lines of dashes at the head of a Markdown file."""

from __future__ import annotations

import re

import yaml

from stance.errors import DataError

FIELDS = ("doc_id", "title", "lang", "date", "url", "source")
_MAX_CHARACTERS = 64 << 10
_OPEN = re.compile(r"---[ \t]*\r?\n")
_CLOSE = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.MULTILINE)
# Prose between two rules begins otherwise.
_FIRST_KEY = re.compile(r"(?:\s*#.*\n)*\s*[A-Za-z_][\w-]*[ \t]*:(?:\s|$)")
_NOTHING = ("", "~", "null")


def split_front_matter(source: str, *, place: str) -> tuple[dict[str, str], str]:
    """The fields of an article that the front matter gives, as they are written, and the rest of the file.

    Other keys are ignored; a file without front matter gives no fields. Values are text: `date: 2024-03-01` stays so.

    Raises:
        DataError: it is no valid YAML, names a field twice, or a field holds a list or mapping.
    """
    opening = _OPEN.match(source)
    closing = _CLOSE.search(source, opening.end(), opening.end() + _MAX_CHARACTERS) if opening else None
    if opening is None or closing is None or not _FIRST_KEY.match(source, opening.end(), closing.start()):
        return {}, source
    node = _compose(source[opening.end() : closing.start()], place=place)
    if not isinstance(node, yaml.MappingNode):
        return {}, source
    return _fields(node, place=place), source[closing.end() :]


def _compose(text: str, *, place: str) -> yaml.Node | None:
    try:
        # Nodes are composed, never constructed: no types are guessed, and aliases cannot unfold.
        node: yaml.Node | None = yaml.compose(text, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 2}" if mark else ""
        problem = getattr(error, "problem", None) or "it is nested too deep or has a control character"
        raise DataError(
            f"{place}{line}: the front matter is no valid YAML: {problem}. Put values that contain `: ` in quotes."
        ) from error
    return node


def _fields(node: yaml.MappingNode, *, place: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.value not in FIELDS:
            continue
        where = f"{place}:{key.start_mark.line + 2}: {key.value}"
        if key.value in fields:
            raise DataError(f"{where}: this key is there twice.")
        if not isinstance(value, yaml.ScalarNode):
            raise DataError(f"{where}: a {value.id}, expected text.")
        fields[key.value] = "" if value.style is None and value.value in _NOTHING else " ".join(value.value.split())
    return {name: value for name, value in fields.items() if value}

"""What all kinds of article files have in common: plain text, an id made from it, metadata beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stance.data.articles import read_articles
from stance.errors import DataError
from stance.text.languages import language_of
from stance.text.segmentation import segment
from stance.types import text_digest

PARAGRAPHS = [
    "Vlada je u utorak odbila predlog da se gradnja mosta odloži do jeseni.",
    "„Nećemo čekati“, rekao je Ilić.",
]
TEXT = "\n\n".join(PARAGRAPHS)
FILES = {
    "a.txt": TEXT,
    "a": TEXT,
    "a.md": f"# Most\n\n{TEXT}",
    "a.html": f"<html><body><article>{''.join(f'<p>{p}</p>' for p in PARAGRAPHS)}</article></body></html>",
    "a.HTM": "".join(f"<p>{p}</p>" for p in PARAGRAPHS),
    "a.jsonl": json.dumps({"text": TEXT}),
}


def _write(path: Path, content: str) -> str:
    path.write_text(content, encoding="utf-8")
    return str(path)


def test_the_same_article_has_the_same_text_and_id_in_every_kind_of_file(tmp_path: Path) -> None:
    articles = list(read_articles([_write(tmp_path / name, content) for name, content in FILES.items()]))
    assert {(article.text, article.doc_id) for article in articles} == {(TEXT, text_digest(TEXT))}
    assert [article.title for article in articles if article.title] == ["Most"]


@pytest.mark.parametrize("name", FILES)
def test_paragraphs_of_every_kind_of_file_are_told_apart(name: str, tmp_path: Path) -> None:
    (article,) = read_articles([_write(tmp_path / name, FILES[name])])
    sentences = segment(article.text, language_of("sr"))
    assert [(s.paragraph, s.span.of(article.text)) for s in sentences] == list(enumerate(PARAGRAPHS))


def test_json_lines_are_utf8_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(json.dumps({"text": TEXT}, ensure_ascii=False).encode("cp1250"))
    with pytest.raises(DataError, match=r"a\.jsonl:1: byte \d+ of the line is not UTF-8"):
        list(read_articles([str(path)]))


def test_the_text_of_a_json_line_is_not_taken_for_markup(tmp_path: Path) -> None:
    text = "# Most\r\n*nije* <b>ovde</b>"
    (article,) = read_articles([_write(tmp_path / "a.jsonl", json.dumps({"text": text}))])
    assert (article.text, article.title) == (text, None)

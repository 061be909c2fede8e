"""The article of a Markdown file: plain text by paragraphs; front matter and the first heading describe it.

In news a paragraph may begin as a list does without being one: `9. oktobra ...`, `- Ne znam, kaže Marić.` A list of one
item, or with blank lines between its items, therefore keeps its numbers, and its dashes before whole sentences.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from stance.data.front_matter import split_front_matter
from stance.errors import DataError
from stance.types import Article, text_digest

# Reading takes a second or two per million.
MAX_MARKDOWN_CHARACTERS = 4_000_000
_SPACE = re.compile(r"[ \t]+")
# Taken out before parsing: `[^1]: Word` would be read as the address of a link.
_FOOTNOTE = re.compile(r"\[\^[\w-]{1,40}\]:?")
_URL = re.compile(r" ?\b(?:https?://|www\.)(?:[^\s<>()\[\]\"«»„“”]|\([^\s<>()]*\))+(?<![.,;:!?'])")
_EMPTY_BRACKETS = re.compile(r" ?\( ?\)")
_SENTENCE_END = tuple(".!?…\"'“”»")
_LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_BLOCK_END = re.compile(r"</(?:p|div|li|h[1-6]|blockquote|tr)>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
# HTML that is no text: it ends where its block ends.
_NO_TEXT = re.compile(r"\s*<(?:script|style|pre|textarea|\?|!(?!--))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Block:
    """One paragraph; level: that of a heading, 0 for all else."""

    text: str
    level: int = 0


def markdown_article(source: str, *, place: str) -> Article:
    """The article of one file. Headings, paragraphs, list items, table rows and quotes are apart by a blank line.

    Marks, code blocks, pictures and addresses are left out, the text of links stays; no character is changed. The title
    is that of the front matter, else the first heading of level 1; that heading leaves the text. The text may be empty.

    Raises:
        DataError: the file is too large, or its front matter is not what it should be.
    """
    if len(source) > MAX_MARKDOWN_CHARACTERS:
        raise DataError(
            f"{place}: {len(source):,} characters of Markdown, at most {MAX_MARKDOWN_CHARACTERS:,} are read; give one "
            "article per file."
        )
    fields, body = split_front_matter(source, place=place)
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    blocks = [block for block in _blocks(SyntaxTreeNode(parser.parse(_FOOTNOTE.sub("", body)))) if block.text]
    heading = next((block for block in blocks if block.level == 1), None)
    title = fields.get("title") or (heading.text if heading else None)
    text = "\n\n".join(block.text for block in blocks if block is not heading or block.text != title)
    return Article(
        text,
        fields.get("doc_id") or text_digest(text),
        title=title,
        lang=fields.get("lang"),
        date=fields.get("date"),
        url=fields.get("url"),
        source=fields.get("source"),
    )


def _blocks(node: SyntaxTreeNode) -> Iterator[_Block]:
    if node.type == "inline":
        assert node.token is not None, "only the root and nested nodes have none"
        yield _Block(_plain(node.token.children or ()))
    elif node.type == "heading":
        yield _Block(" ".join(block.text for block in _children(node)), level=int(node.tag[1:]))
    elif node.type == "tr":
        yield _Block("\t".join(block.text for block in _children(node)))
    elif node.type == "html_block":
        yield from map(_Block, html_paragraphs(node.content))
    elif node.type in ("bullet_list", "ordered_list"):
        yield from _list_blocks(node)
    elif node.type not in ("fence", "code_block"):
        yield from _children(node)


def _children(node: SyntaxTreeNode) -> Iterator[_Block]:
    for child in node.children:
        yield from _blocks(child)


def _list_blocks(node: SyntaxTreeNode) -> Iterator[_Block]:
    paragraphs = [child for item in node.children for child in item.children if child.type == "paragraph"]
    is_list = len(node.children) > 1 and all(paragraph.hidden for paragraph in paragraphs)
    for item in node.children:
        first, *others = [*_children(item)] or [_Block("")]
        yield first if is_list else _Block(_marker(item, first.text) + first.text, level=first.level)
        yield from others


def _marker(item: SyntaxTreeNode, text: str) -> str:
    """The number or dash of an item that reads as a paragraph which happens to begin so."""
    if item.info:
        return f"{item.info}{item.markup} "
    return "- " if item.markup == "-" and text[:1].isupper() and text.endswith(_SENTENCE_END) else ""


def _plain(tokens: Sequence[Token]) -> str:
    parts = []
    in_address = False
    for token in tokens:
        if token.type in ("link_open", "link_close"):
            in_address = token.type == "link_open" and token.info == "auto"
        elif token.type in ("text", "code_inline") and not in_address:
            parts.append(token.content)
        elif token.type == "softbreak":
            parts.append(" ")
        elif token.type == "hardbreak" or (token.type == "html_inline" and _LINE_BREAK.match(token.content)):
            parts.append("\n")
    return _tidy("".join(parts))


def _tidy(text: str) -> str:
    # Runs of spaces go first: the other patterns would go over them once from each.
    spaced = _SPACE.sub(" ", text)
    without = _URL.sub("", spaced)
    if without != spaced:
        without = _SPACE.sub(" ", _EMPTY_BRACKETS.sub("", without))
    return "\n".join(filter(None, (line.strip() for line in without.split("\n"))))


def html_paragraphs(block: str) -> Iterator[str]:
    """What an HTML block says, by paragraphs."""
    if _NO_TEXT.match(block):
        return
    first, *commented = block.split("<!--")
    shown = first + "".join(part.partition("-->")[2] for part in commented)
    lines = _TAG.sub("", _BLOCK_END.sub("\n\n", _LINE_BREAK.sub(" ", shown)))
    for paragraph in re.split(r"\n[ \t]*\n", html.unescape(lines)):
        yield _tidy(paragraph.replace("\n", " "))

"""INCEpTION's UIMA CAS exports: XMI with its TypeSystem.xml beside it or in the zip, and JSON.

A relation layer is one whose features Governor and Dependent are spans: the governor is the actor, the dependent the
target, a text feature the stance. A span layer with a stance as a text feature is a target of the text's own voice. The
layer Sentence says what the sentences are.
"""

from __future__ import annotations

import lzma
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stance.data.formats.format import Format, Peek, ReadOptions
from stance.data.formats.labels import LabelMap
from stance.data.formats.markup import Link, MarkedSpan, MarkedText, sentences_of
from stance.data.lines import read_whole, require_file
from stance.data.losses import LossReport
from stance.errors import DataError, EnvironmentMissing
from stance.types import AnnotatedSentence, Span

# cassis takes about 40 bytes of memory per byte of a file, and more for long texts.
MAX_DOCUMENT_BYTES = 16 << 20
_TYPE_SYSTEM = "TypeSystem.xml"
_SENTENCE = "de.tudarmstadt.ukp.dkpro.core.api.segmentation.type.Sentence"
_BOOKKEEPING = ("segmentation.type.", "api.metadata.type.", "clarin.webanno.api.type.")
_ENCODING = re.compile(r"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']*)")
_DOCTYPE = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)


def read(path: Path, *, options: ReadOptions, losses: LossReport) -> Iterator[AnnotatedSentence]:
    """The sentences of an .xmi, a .zip of one, a .json, or of all of these in a folder.

    Raises:
        DataError: no CAS, one with a document type declaration, one that is too large, or a label has no stance.
        EnvironmentMissing: dkpro-cassis is not installed.
    """
    labels = LabelMap(options.labels)
    for part in _documents(path):
        cas = _load(part, losses=losses)
        if not cas.sofa_string:
            raise DataError(f"{part}: no text in it; is this a document of INCEpTION?")
        yield from sentences_of(_marked(cas, part, options, losses=losses), labels=labels, losses=losses)
    labels.require_all_mapped(path)


def _documents(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(part for part in path.rglob("*") if part.suffix in (".xmi", ".json", ".zip"))
    if not found:
        raise DataError(f"{path}: no .xmi, .json or .zip file in this folder.")
    return found


def _load(path: Path, *, losses: LossReport) -> Any:
    try:
        import cassis
        from cassis.typesystem import TypeNotFoundError
        from lxml.etree import XMLSyntaxError
    except ImportError as error:
        raise EnvironmentMissing(
            f"{path}: reading INCEpTION exports needs dkpro-cassis. "
            "Install it with: pip install 'stance-news[inception]'"
        ) from error
    require_file(path)
    if path.stat().st_size > MAX_DOCUMENT_BYTES:
        raise DataError(f"{path}: over {MAX_DOCUMENT_BYTES >> 20} MiB; export smaller documents.")
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            if path.suffix == ".json":
                cas = cassis.load_cas_from_json(read_whole(path))
            else:
                types, xmi = _zipped(path) if path.suffix == ".zip" else _loose(path)
                cas = cassis.load_cas_from_xmi(xmi, typesystem=cassis.load_typesystem(types), lenient=True)
    except (XMLSyntaxError, TypeNotFoundError, LookupError, ValueError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: no UIMA CAS ({type(error).__name__}: {str(error)[:200]}).") from error
    except RuntimeError as error:
        raise DataError(f"{path}: no UIMA CAS ({str(error)[:200]}).") from error

    for warning in told:
        message = str(warning.message)
        # cassis keeps such an offset as it is: in code points it would point elsewhere.
        if "external offset" in message:
            raise DataError(f"{path}: an offset lies inside a character or past the text ({message[:100]}).")
        losses.add(f"what cassis warns of: {message[:100]}", str(path))
    return cas


def _loose(path: Path) -> tuple[str, str]:
    types = path.parent / _TYPE_SYSTEM
    if not types.is_file():
        raise DataError(f"{path}: no {_TYPE_SYSTEM} beside it; INCEpTION exports both, keep them together.")
    return _checked(read_whole(types), types), _checked(read_whole(path), path)


def _zipped(path: Path) -> tuple[str, str]:
    """The type system and the document of an export."""
    try:
        with zipfile.ZipFile(path) as archive:
            found = {}
            for info in archive.infolist():
                name = Path(info.filename).name
                if name == _TYPE_SYSTEM or name.endswith(".xmi"):
                    if info.file_size > MAX_DOCUMENT_BYTES:
                        raise DataError(f"{path}: {name} unpacks to over {MAX_DOCUMENT_BYTES >> 20} MiB.")
                    if name in found:
                        raise DataError(f"{path}: two files named {name}; export one document.")
                    with archive.open(info) as file:
                        found[name] = file.read(MAX_DOCUMENT_BYTES + 1).decode("utf-8")
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError, ValueError) as error:
        raise DataError(f"{path}: no readable zip file ({error}).") from error
    documents = [name for name in found if name.endswith(".xmi")]
    if len(documents) != 1 or _TYPE_SYSTEM not in found:
        raise DataError(f"{path}: expected one .xmi and {_TYPE_SYSTEM}; found {', '.join(sorted(found)) or 'neither'}.")
    return _checked(found[_TYPE_SYSTEM], path), _checked(found[documents[0]], path)


def _checked(xml: str, path: Path) -> str:
    """The XML itself. A document type declaration may define entities that expand without end or read other files."""
    if "\0" in xml:
        raise DataError(f"{path}: a NUL character; INCEpTION writes UTF-8, so that this file is refused.")
    encoding = _ENCODING.match(xml)
    if encoding and encoding[1].lower() not in ("utf-8", "us-ascii"):
        # Another encoding could hide what is looked for here from all but the parser.
        raise DataError(f"{path}: the encoding {encoding[1]!r}; INCEpTION writes UTF-8, so that this file is refused.")
    if _DOCTYPE.search(xml):
        raise DataError(f"{path}: a document type declaration; INCEpTION writes none, so that this file is refused.")
    return xml


def _marked(cas: Any, path: Path, options: ReadOptions, *, losses: LossReport) -> MarkedText:
    text = cas.sofa_string or ""
    spans: dict[str, MarkedSpan] = {}
    links: list[Link] = []
    units: list[Span] = []
    for kind in sorted(cas.typesystem.get_types(), key=lambda kind: kind.name):
        features = {feature.name for feature in kind.all_features}
        for index, item in enumerate(cas.select(kind.name) if not _is_bookkeeping(kind.name) else ()):
            if item.type.name != kind.name:
                continue
            if {"Governor", "Dependent"} <= features:
                links.append(_link(item, kind, order=len(links) + index))
                continue
            span = _span(item, text)
            if span is None:
                losses.add("span whose offsets do not fit the text", str(path))
            elif kind.name == _SENTENCE:
                units.append(span)
            else:
                labels = (kind.name.rpartition(".")[2], *_values(item, kind))
                spans[str(item.xmiID)] = MarkedSpan((span,), labels, order=span.start)
    columns = {"lang": options.lang} if options.lang else {}
    return MarkedText(path.stem, text, spans, links, str(path), tuple(units) if units else None, columns)


def _is_bookkeeping(name: str) -> bool:
    """Types that every export has and that nobody annotates stance with."""
    own = not name.startswith("uima.") and not any(part in name for part in _BOOKKEEPING)
    return not own and name != _SENTENCE


def _link(item: Any, kind: Any, *, order: int) -> Link:
    governor, dependent = item.Governor, item.Dependent
    labels = (kind.name.rpartition(".")[2], *_values(item, kind))
    return Link(
        "" if governor is None else str(getattr(governor, "xmiID", "")),
        "" if dependent is None else str(getattr(dependent, "xmiID", "")),
        labels,
        order=order,
    )


def _span(item: Any, text: str) -> Span | None:
    start, end = getattr(item, "begin", None), getattr(item, "end", None)
    fits = type(start) is int and type(end) is int and 0 <= start < end <= len(text)
    return Span(start, end) if fits and start is not None and end is not None else None


def _values(item: Any, kind: Any) -> tuple[str, ...]:
    """The values of the text features."""
    found = []
    for feature in kind.all_features:
        value = getattr(item, feature.name, None)
        if feature.rangeType.name == "uima.cas.String" and isinstance(value, str):
            found.append(value)
    return tuple(found)


def detect(peek: Peek) -> str | None:
    """An .xmi, a .zip with one, a folder with them, or JSON with `%FEATURE_STRUCTURES`."""
    if peek.names is not None:
        return "a folder with .xmi files" if any(name.endswith(".xmi") for name in peek.names) else None
    if peek.path.suffix == ".xmi":
        return "its name ends in .xmi"
    if peek.head.startswith(b"PK") and b".xmi" in peek.head:
        return "it is a zip file with an .xmi"
    return "it has `%FEATURE_STRUCTURES`" if '"%FEATURE_STRUCTURES"' in peek.text or '"%TYPES"' in peek.text else None


FORMAT = Format("inception", "INCEpTION's UIMA CAS, XMI or JSON", read, detect)

"""Bytes of a file, decompressed where its name says so; a bomb or a cut file is told from a sound one."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from stance.errors import EnvironmentMissing

COMPRESSIONS = (".gz", ".zst")
# Text shrinks to a third or a tenth, telegraphic feeds to a thirtieth.
MAX_EXPANSION = 200
_ALWAYS_ALLOWED = 64 << 20


class DamagedInput(Exception):
    """An input cannot be read on from here; the rows before are good."""


class Source:
    """A file's bytes as they are read, and how far into the file on disk that is."""

    def __init__(self, stream: BinaryIO, file: BinaryIO, *, seekable: bool = True) -> None:
        self.stream = stream
        self._file = file
        self._seekable = seekable

    @property
    def read_bytes(self) -> int:
        """0 where nobody knows how much there is, as of a pipe."""
        return self._file.tell() if self._seekable else 0


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """The bytes of a file, out of gzip or Zstandard where its name ends so.

    Reading raises `DamagedInput` where the file is cut off, damaged, or expands beyond reason.

    Raises:
        EnvironmentMissing: Zstandard is given and its extra is not installed.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        if path.suffix.lower() not in COMPRESSIONS:
            yield Source(file, file)
            return
        inner, damage = _gzip(file) if path.suffix.lower() == ".gz" else _zstandard(path, file)
        with io.BufferedReader(_Expanded(inner, file, damage), buffer_size=1 << 16) as stream:
            yield Source(stream, file)


def _gzip(file: BinaryIO) -> tuple[Any, tuple[type[Exception], ...]]:
    """A decompressor and the errors of a damaged file."""
    return gzip.GzipFile(fileobj=file), (gzip.BadGzipFile, EOFError, zlib.error)


def _zstandard(path: Path, file: BinaryIO) -> tuple[Any, tuple[type[Exception], ...]]:
    try:
        import zstandard
    except ImportError as error:
        raise EnvironmentMissing(
            f"{path}: reading .zst needs zstandard. Install it with: pip install 'stance-news[batch]'"
        ) from error
    return zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True), (zstandard.ZstdError,)


class _Expanded(io.RawIOBase):
    """What comes out of a decompressor, watched."""

    def __init__(self, inner: Any, file: BinaryIO, damage: tuple[type[Exception], ...]) -> None:
        self._inner, self._file, self._damage, self._n_out = inner, file, damage, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            # Of a file that is cut off, `read` would keep back all that comes before the cut.
            data: bytes = self._inner.read1(len(buffer))
        except self._damage as error:
            raise DamagedInput(f"the compressed file is cut off or damaged ({error})") from error
        self._n_out += len(data)
        if self._n_out > max(_ALWAYS_ALLOWED, MAX_EXPANSION * self._file.tell()):
            raise DamagedInput(
                f"the compressed file expands more than {MAX_EXPANSION}-fold; text does not, so it is not read on"
            )
        buffer[: len(data)] = data
        return len(data)

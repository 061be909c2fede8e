"""Data that a page carries for its own script: JSON, compressed, in letters that end no element."""

from __future__ import annotations

import base64
import gzip
from typing import Any

import orjson
from markupsafe import Markup


def packed(value: Any) -> Markup:
    """Gzip in Base64 of a value's JSON, equal for equal values; `packed.js` reads it back."""
    return Markup(base64.b64encode(gzip.compress(orjson.dumps(value), compresslevel=6, mtime=0)).decode("ascii"))

"""Fill a page template; the page needs no other file and no network, and allows no script but its own."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from stance.pages.clean import visible

if TYPE_CHECKING:
    import jinja2

_STYLES, _SCRIPTS = ("style.css",), ("theme.js", "table.js")


def render_page(
    template: str,
    values: Mapping[str, Any],
    *,
    title: str,
    styles: Sequence[str] = (),
    scripts: Sequence[str] = (),
) -> str:
    """A whole HTML page.

    The Content-Security-Policy names the hashes of the page's own stylesheet and script; all else is refused by the
    browser, whatever an article brings. Every value is escaped.

    Args:
        template: a file name in `stance/pages/templates`, as `styles` and `scripts` are: those that the page
            needs beside the common ones.
    """
    from markupsafe import Markup

    environment = _environment()
    style, script = ("".join(map(_source, names)) for names in ((*_STYLES, *styles), (*_SCRIPTS, *scripts)))
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return environment.get_template(template).render(
        **values, page_title=title, policy=policy, style=Markup(style), script=Markup(script)
    )


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("stance.pages", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["visible"] = visible
    return environment


def _source(name: str) -> str:
    loader = _environment().loader
    assert loader is not None
    return loader.get_source(_environment(), name)[0]


def _hash(source: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode("utf-8")).digest()).decode("ascii")

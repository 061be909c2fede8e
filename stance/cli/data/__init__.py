"""`stance data`: check, convert, split, count and compare annotated files."""

from __future__ import annotations

import typer

from stance.cli.data import agreement, check, convert, describe, split

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Check, convert, split, count and compare annotated files."
)
app.command("check")(check.check)
app.command("convert")(convert.convert)
app.command("split")(split.split)
app.command("leaks")(split.leaks)
app.command("stats")(describe.stats)
app.command("agreement")(agreement.agreement)

"""`stance models` and `stance doctor`: what is here, what is missing, and the command that mends it."""

from __future__ import annotations

import typer


def models() -> None:
    """List the known checkpoints and base models."""
    from stance.cli.output import print_table
    from stance.modeling.inventory import known_models

    rows = [(m.name, m.kind, m.licence, m.languages, m.size, m.state) for m in known_models()]
    print_table(None, ("Name", "Kind", "Licence", "Languages", "Size", "Installed"), rows, wide="Installed")


def doctor() -> None:
    """Say what is installed, which base is cached, and what mends what is missing."""
    from stance.cli.output import print_table
    from stance.modeling.inventory import examine

    findings = examine()
    print_table(
        None, ("", "What", "Found"), [("ok" if f.fine else "!!", f.what, f.found) for f in findings], wide="Found"
    )
    missing = [f.mend for f in findings if f.mend]
    if missing:
        typer.echo("To mend: " + "; ".join(dict.fromkeys(missing)))
        raise typer.Exit(1)
    typer.echo("Everything that stance needs is here.")

"""The `stance` command. Heavy imports live inside the commands, so that `--help` is quick."""

from stance.cli.app import main

__all__ = ["main"]

"""The command line's outermost frame: commands, errors in one paragraph, exit codes."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from stance.cli import batch, batch_report, compare, data, environment, evaluate, export, read, rows, score, train
from stance.cli.output import print_error
from stance.errors import StanceError
from stance.training.processes import last_word

# Some releases of typer bring click along under a name of their own.
_WrongUsage: Any = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")
OK, WRONG_INPUT, OUR_DEFECT, INTERRUPTED = 0, 2, 3, 130

app = typer.Typer(
    name="stance",
    help="Who takes which side on what, in the news.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("score")(score.score)
app.command("read")(read.read)
app.command("predict")(rows.predict)
app.command("evaluate")(evaluate.evaluate)
app.command("compare")(compare.compare)
app.command("train", context_settings={"ignore_unknown_options": True, "allow_extra_args": True})(train.train)
app.command("batch")(batch.batch)
app.command("batch-config", hidden=True, context_settings={"ignore_unknown_options": True, "allow_extra_args": True})(
    batch.batch_of_config
)
app.command("report")(batch_report.report)
app.add_typer(data.app, name="data")
app.add_typer(export.app, name="export")
app.command("models")(environment.models)
app.command("doctor")(environment.doctor)


@app.callback(invoke_without_command=True)
def root(
    version: bool = typer.Option(False, "--version", help="Print the version and exit."),
    debug: bool = typer.Option(False, "--debug", help="Show the whole traceback of an error."),
) -> None:
    """Who takes which side on what, in the news."""
    if debug:
        os.environ["STANCE_DEBUG"] = "1"
    if version:
        from stance import __version__

        typer.echo(f"stance {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line and leave with its exit code."""
    # Rows stream through in millions of small objects without cycles: to look for cycles less often saves a sixth.
    gc.set_threshold(50_000, 20, 100)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """The exit code of a call: 0 done, 1 negative verdict, 2 wrong input, 3 our defect, 130 interrupted, 143 ended."""
    try:
        result = app(arguments, standalone_mode=False, prog_name="stance")
        return result if isinstance(result, int) else OK
    except typer.Exit as leaving:
        return leaving.exit_code
    except _WrongUsage as error:
        error.show()
        return WRONG_INPUT
    except (KeyboardInterrupt, typer.Abort):
        _say_last(lambda: "Interrupted.")
        return INTERRUPTED
    except StanceError as error:
        message = str(error)
        _say_last(lambda: message)
        return WRONG_INPUT
    except BrokenPipeError:
        # The reader of our output has gone, as `| head` does; nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except Exception as error:
        defect = error
        _say_last(lambda: _defect(defect))
        return OUR_DEFECT


def _say_last(words: Callable[[], str]) -> None:
    """Say why this call ends; of several processes one does."""
    with last_word() as ours:
        if ours:
            _show_trace()
            print_error(words())


def _show_trace() -> None:
    if os.environ.get("STANCE_DEBUG") == "1":
        traceback.print_exc()


def _defect(error: Exception) -> str:
    with tempfile.NamedTemporaryFile(
        "w", prefix="stance-error-", suffix=".txt", delete=False, encoding="utf-8", errors="backslashreplace"
    ) as file:
        traceback.print_exc(file=file)
    return (
        f"This is a defect of stance, not of your input: {type(error).__name__}. The trace is in {Path(file.name)}; "
        "please report it with what you ran."
    )

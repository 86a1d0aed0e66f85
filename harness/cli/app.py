"""The application: the commands by name, and what happens to an error."""

from __future__ import annotations

import inspect
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import version
from io import TextIOWrapper
from types import FrameType
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from harness.cli import console
from harness.cli.command_options import FLAG
from harness.cli.commands.agent_commands import play, record
from harness.cli.commands.clean_command import clean
from harness.cli.commands.compare_command import compare
from harness.cli.commands.dashboard_command import dashboard
from harness.cli.commands.doctor_command import doctor
from harness.cli.commands.history_command import history
from harness.cli.commands.import_command import import_
from harness.cli.commands.list_command import list_app
from harness.cli.commands.logs_command import logs
from harness.cli.commands.matrix_commands import check, init, schema
from harness.cli.commands.merge_command import merge
from harness.cli.commands.plan_command import plan
from harness.cli.commands.plot_command import plot
from harness.cli.commands.publish_command import publish
from harness.cli.commands.result_commands import export, report
from harness.cli.commands.robustness_command import robustness
from harness.cli.commands.run_command import run
from harness.cli.commands.show_command import show_app
from harness.cli.commands.status_command import status
from harness.cli.commands.stop_command import stop
from harness.cli.commands.train_command import train
from harness.cli.completion import whole_words
from harness.cli.help_examples import EXAMPLES
from harness.cli.usage_hints import add_hint
from harness.core.printable_text import mask_passwords
from harness.errors import HarnessError, UsageError
from harness.input_limits import is_text

DEBUG: Final = "HARNESS_DEBUG"

INTERNAL: Final = 3
"""Exit code of an error nobody foresaw."""


class _Commands(TyperGroup):
    """The commands; what typer says of their arguments has hints and shows no password in them."""

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        with _explain_errors():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: Any) -> object:
        with _explain_errors():
            return super().invoke(ctx)


@contextmanager
def _explain_errors() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        add_hint(error)
        message = getattr(error, "message", None)
        if isinstance(message, str):
            with suppress(AttributeError):  # of a class that makes it from something else
                setattr(error, "message", mask_passwords(message))  # noqa: B010 - it is unknown
        raise


_PANELS: Final[Mapping[str, Mapping[str, Callable[..., Any] | typer.Typer]]] = {
    "Prepare": {
        "init": init,
        "check": check,
        "plan": plan,
        "list": list_app,
        "show": show_app,
        "schema": schema,
    },
    "Run": {
        "run": run,
        "status": status,
        "stop": stop,
        "logs": logs,
        "doctor": doctor,
        "clean": clean,
    },
    "Use the results": {
        "report": report,
        "publish": publish,
        "compare": compare,
        "history": history,
        "merge": merge,
        "import": import_,
        "robustness": robustness,
        "export": export,
        "plot": plot,
        "dashboard": dashboard,
        "train": train,
        "play": play,
        "record": record,
    },
}


def _version(value: bool) -> None:
    if value:
        console.out(f"rl-harness {version('rl-harness')}")
        raise typer.Exit


def _root(
    _: Annotated[
        bool,
        typer.Option(
            "--version", metavar=FLAG, callback=_version, is_eager=True, help="Print the version."
        ),
    ] = False,
    debug: Annotated[
        bool,
        typer.Option(
            "--debug", metavar=FLAG, envvar=DEBUG, help="Print the traceback of every error."
        ),
    ] = False,
) -> None:
    """Does tuning this RL algorithm on this scenario really help, by how much, can you trust it?"""
    if debug:
        os.environ[DEBUG] = "1"


def _help(command: Callable[..., Any]) -> str:
    """The docstring of a command without its line breaks, which a terminal has elsewhere."""
    paragraphs = (inspect.getdoc(command) or "").split("\n\n")
    return "\n\n".join(" ".join(each.split()) for each in paragraphs)


def application(only: str = "") -> typer.Typer:
    """The application; where `only` is a command's name, with that one alone.

    Building all of them takes ten times as long.
    """
    built = typer.Typer(
        name="harness",
        cls=_Commands,
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    built.callback(epilog=EXAMPLES["harness"])(_root)
    is_known = any(only in commands for commands in _PANELS.values())
    for panel, commands in _PANELS.items():
        for name, command in commands.items():
            if is_known and name != only:
                continue
            if isinstance(command, typer.Typer):
                built.add_typer(command, name=name, rich_help_panel=panel)
            else:
                register = built.command(
                    name, help=_help(command), epilog=EXAMPLES[name], rich_help_panel=panel
                )
                register(command)
    return built


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of ``harness``; ends the process with the documented exit code.

    Args:
        arguments: Words after the program's name; None takes those of the process.
    """
    _end_by_signals()
    _make_streams_lossless()
    try:
        words = sys.argv[1:] if arguments is None else list(arguments)
        _check_words(words)
        command = next((word for word in words if not word.startswith("-")), "")
        with whole_words():
            application(command)(args=words, prog_name="harness")
    except HarnessError as error:
        if os.environ.get(DEBUG):
            console.note(traceback.format_exc())
        console.note(console.error_text(error))
        sys.exit(error.exit_code)
    except OSError as error:
        # What a disk or a name may be like is no fault of the program, wherever it is met.
        if os.environ.get(DEBUG):
            console.note(traceback.format_exc())
        location = "" if error.filename is None else f"{error.filename}: "
        reason = error.strerror or str(error) or type(error).__name__
        if "AF_UNIX path too long" in reason:
            reason += "\n  = help: processes meet below TMPDIR: set it to a shorter path"
        console.note(f"error: {location}{reason}")
        sys.exit(HarnessError.exit_code)
    except Exception as error:
        if isinstance(error.__cause__, KeyboardInterrupt):
            # Python 3.11 wraps what is raised while an import makes a class.
            raise KeyboardInterrupt from error
        message = f"internal error: {type(error).__name__}: {error}\n  = help: please report it"
        console.note(f"{traceback.format_exc()}{message}")
        sys.exit(INTERNAL)


def _end_by_signals() -> None:
    """Let SIGTERM and SIGHUP end a command as an error does: what it was writing goes."""

    def end(number: int, _: FrameType | None) -> None:
        sys.exit(128 + number)

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP):
            # Whoever started it may want to have one of them ignored, as `nohup` does.
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, end)


def _make_streams_lossless() -> None:
    """What a terminal's encoding has no sign for is printed as its number, and ends no command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


def _check_words(words: Sequence[str]) -> None:
    """Refuse words and variables that no file, database or page can hold.

    Raises:
        UsageError: One is not UTF-8, or has a control character.
    """
    variables = (value for name, value in os.environ.items() if name.startswith("HARNESS_"))
    for word in (*words, *variables):
        if not is_text(word):
            raise UsageError(
                f"{ascii(word)[:80]} is no text",
                help="write it in UTF-8, without control characters",
            )

"""What to write instead of a command or an option that does not exist."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from harness.errors import did_you_mean, nearest

_COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "check": ("lint", "verify"),
    "clean": ("delete", "prune", "remove", "rm"),
    "init": ("create", "new", "start"),
    "list": ("ls",),
    "play": ("enjoy", "eval", "evaluate", "replay"),
    "record": ("film", "record-video", "record_video", "render", "video"),
    "report": ("html", "leaderboard", "results"),
    "run": ("optimise", "optimize", "resume", "search", "study", "tune"),
    "show": ("describe", "info"),
    "status": ("best", "best-trial", "best-trials", "progress", "top", "trials"),
    "stop": ("abort", "cancel", "kill"),
    "--help": ("help",),
    "--version": ("version",),
}
"""Command -> what other tools call it."""

_OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "`harness plan` says what would be trained, and trains nothing": ("dry", "dry-run", "dryrun"),
    "the same command goes on where it was, always": ("continue", "load-if-exists", "resume"),
}
"""What there is instead of an option -> what other tools call that."""

_UNKNOWN_COMMAND: Final = re.compile(r"No such command '([^']*)'")
_OF_VALIDATION: Final = "Value error, "
_EXTRA_ARGUMENTS: Final = "Got unexpected extra argument"


def add_hint(error: Any) -> None:
    """Says in an error of the command line's parser what is near the unknown word, or nothing."""
    command = getattr(getattr(error, "ctx", None), "command", None)
    message = str(getattr(error, "message", ""))
    if message.startswith(_OF_VALIDATION):
        # What the parser's own checks say of a value stands behind the name of their kind.
        error.message = message.removeprefix(_OF_VALIDATION)
    if command is None:
        return
    names = [n for each in command.params for n in (*each.opts, *each.secondary_opts)]
    options = [name for name in names if name.startswith("-")]
    if hasattr(error, "possibilities"):
        # The parser's own are alike in letters alone: `--trials` for `--matrix`.
        error.possibilities = None
        option = str(error.option_name)
        if option.removeprefix("--") in {*names, *(name.removesuffix("s") for name in names)}:
            hint = f"write `{error.ctx.command_path} NAME`, without it"
        else:
            hint = _option_hint(option, options)
        error.message = _with(hint, message)
    elif message.startswith(_EXTRA_ARGUMENTS):
        ways = {"--campaign": "the campaign", "--cells": "cells", "--matrix": "matrices"}
        hints = [f"`{way}` names {what}" for way, what in ways.items() if way in options]
        error.message = _with("; ".join(hints), message)
    elif unknown := _UNKNOWN_COMMAND.match(message):
        hint = _command_hint(unknown[1], error.ctx.command_path, command.commands)
        error.message = _with(hint, unknown[0])


def _with(hint: str, message: str) -> str:
    return f"{message}. {hint[0].upper()}{hint[1:]}" if hint else f"{message}."


def _command_hint(name: str, group: str, commands: Iterable[str]) -> str:
    words = {word: command for command, others in _COMMANDS.items() for word in others}
    if group == "harness":
        near = words.get(name.lower())
        return f"did you mean `harness {near}`?" if near else did_you_mean(name, commands)
    if near := did_you_mean(name, commands):
        return near
    if group == "harness show":
        return f"write {' or '.join(f'`{group} {command} {name}`' for command in commands)}"
    return f"there are {', '.join(commands)}"


def _option_hint(option: str, options: Sequence[str]) -> str:
    from harness.config import option_answer

    if not option.startswith("--"):
        return ""
    name = option.removeprefix("--")
    answers = {word: answer for answer, words in _OPTIONS.items() for word in words}
    own = _own_option(name, options)
    hint = answers.get(name.lower()) or (f"did you mean `{own}`?" if own else "")
    return hint or (option_answer(name.replace("-", "_")) if "--set" in options else "")


def _own_option(name: str, options: Sequence[str]) -> str:
    """The option of a command that is meant by another name; empty for none."""
    from harness.config import run_option

    if "." in name and "--set" in options:
        return f"--set {name}=..."
    near = nearest(name, [each.removeprefix("--") for each in options])
    if near:
        return f"--{near[0]}"
    other = run_option(name.replace("-", "_"))
    if other.startswith("--runs") and "--out" in options:
        return "--out"
    return other if set(re.findall(r"--[\w-]+", other)) <= set(options) else ""

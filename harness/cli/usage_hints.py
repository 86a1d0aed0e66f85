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
_EXTRA_ARGUMENTS: Final = "Got unexpected extra argument"


def add_hint(error: Any) -> None:
    """Says in an error of the command line's parser what is near the unknown word, or nothing."""
    command = getattr(getattr(error, "ctx", None), "command", None)
    message = str(getattr(error, "message", ""))
    if command is None:
        return
    names = [name for parameter in command.params for name in parameter.opts]
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
    from harness.config import option_answer, run_option

    if not option.startswith("--"):
        return ""
    name = option.removeprefix("--")
    for hint, words in _OPTIONS.items():
        if name.lower() in words:
            return hint
    near = nearest(name, [each.removeprefix("--") for each in options])
    if near:
        return f"did you mean `--{near[0]}`?"
    key = name.replace("-", "_")
    other = run_option(key)
    if other.startswith("--runs") and "--out" in options:
        return "did you mean `--out`?"
    if other and set(re.findall(r"--[\w-]+", other)) <= set(options):
        return f"did you mean `{other}`?"
    return option_answer(key) if "--set" in options else ""

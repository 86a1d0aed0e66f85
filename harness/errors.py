"""The one tree of errors. Each says what happened, where, and what to do.

HarnessError                    anything a user can act on; the CLI prints it without a traceback
├── UsageError                  a wrong option, name or combination (exit 2)
│   ├── MatrixError             a matrix that does not hold; carries every `Problem` found (exit 2)
│   ├── UnknownNameError        a name no registry knows; carries close matches (exit 2)
│   ├── MissingExtraError       a plug-in needs a package that is not installed (exit 2)
│   ├── UserCodeError           an environment or its module breaks (exit 2; in `execution`)
│   └── CampaignChangedError    the matrix no longer is the one the campaign was begun with (exit 2)
├── LockedError                 another coordinator holds the campaign (exit 75)
├── StorageError                the campaign's database cannot be read or written (exit 3)
├── ExecutionError              the executor cannot go on (exit 3; in `execution`)
└── RunError                   one training run failed; becomes a recorded `Failure`
    ├── DivergedError           NaN or infinity in an action, observation, reward or weight
    └── EnvironmentFailedError  the environment raised

Whoever interrupts a command ends it with `INTERRUPTED`, which is no error.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import ClassVar, Final

__all__ = [
    "INTERRUPTED",
    "CampaignChangedError",
    "DivergedError",
    "EnvironmentFailedError",
    "HarnessError",
    "LockedError",
    "MatrixError",
    "MissingExtraError",
    "Problem",
    "RunError",
    "StorageError",
    "UnknownNameError",
    "UsageError",
    "bullet_list",
    "did_you_mean",
]


INTERRUPTED: Final = 130
"""Exit code after Ctrl-C, as shells have it."""


def did_you_mean(name: str, names: Sequence[str]) -> str:
    """A hint such as ``did you mean `ppo`?``, or the empty string when nothing is close."""
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    return f"did you mean `{close[0]}`?" if close else ""


def bullet_list(lines: Iterable[str]) -> str:
    """The lines below one another, as a list in a message."""
    return "\n".join(f"  - {line}" for line in lines)


class HarnessError(Exception):
    """Root of all errors a user can act on."""

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, *, help: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help

    def __str__(self) -> str:
        return f"{self.message}\n  = help: {self.help}" if self.help else self.message


class UsageError(HarnessError):
    """A wrong option, name or combination."""

    exit_code = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong in a matrix.

    Attributes:
        message: What is wrong, lower case, with the offending value quoted.
        path: Where in the document, e.g. ``("search", "trials")``.
        source: File name, or ``--set #1``; empty when the value has no written origin.
        line: 1-based line, or 0 when unknown.
        column: 1-based column, or 0 when unknown.
        text: The offending line as written.
        width: How many characters to underline from `column`.
        help: What to do, e.g. a close match.
    """

    message: str
    path: tuple[str | int, ...] = ()
    source: str = ""
    line: int = 0
    column: int = 0
    text: str = ""
    width: int = 1
    help: str = ""


class MatrixError(UsageError):
    """A matrix that does not hold. `problems` lists all of them, in the order of the file."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        super().__init__(f"the matrix has {count} problem{'s' if count != 1 else ''}")


class UnknownNameError(UsageError):
    """A name that no registry knows."""

    def __init__(self, kind: str, name: str, names: Sequence[str], *, help: str = "") -> None:
        self.kind = kind
        self.name = name
        self.known = tuple(names)
        hint = did_you_mean(name, names)
        hint = hint or (f"known: {', '.join(names)}" if names else f"there is no {kind} yet")
        super().__init__(f"unknown {kind} `{name}`", help=help or hint)


class MissingExtraError(UsageError):
    """A plug-in needs a package that is not installed; `help` is the command that installs it."""


class CampaignChangedError(UsageError):
    """The matrix no longer is the one the campaign was begun with; `changes` lists what moved."""

    def __init__(self, campaign: str, changes: Sequence[str], *, help: str) -> None:
        self.changes = tuple(changes)
        changes_text = bullet_list(self.changes)
        super().__init__(f"campaign `{campaign}` was begun differently:\n{changes_text}", help=help)


class LockedError(HarnessError):
    """Another coordinator holds the campaign."""

    exit_code = 75


class StorageError(HarnessError):
    """The campaign's database cannot be read or written."""


class RunError(HarnessError):
    """One training run failed. `step` is the environment step, where it is known."""

    def __init__(self, message: str, *, step: int | None = None, help: str = "") -> None:
        super().__init__(message, help=help)
        self.step = step


class DivergedError(RunError):
    """NaN or infinity in an action, observation, reward or weight."""


class EnvironmentFailedError(RunError):
    """The environment raised; the original exception is the `__cause__`."""

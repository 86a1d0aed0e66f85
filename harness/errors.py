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

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

_SHORT: Final = 2
"""Letters of a word that says nothing by itself, such as the n of ``n_steps``."""

_FEWEST_LETTERS: Final = 4
"""Letters of a word that may stand for a longer one."""

_LETTERS_PER_ERROR: Final = 4
_LONGEST: Final = 200
"""Letters of a name that is compared with others."""


INTERRUPTED: Final = 130
"""Exit code after Ctrl-C, as shells have it."""


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """A hint such as ``did you mean `ppo`?``, or the empty string when nothing is near."""
    near = nearest(name, names)
    return f"did you mean `{near[0]}`?" if near else ""


def nearest(name: str, names: Iterable[str]) -> list[str]:
    """The names that `name` may be meant for, the likeliest first; the case of letters aside.

    Near are a misspelt name, one of the same words and others, as ``num_trials`` and ``trials``
    are, and one with letters left out, such as ``HerBuffer``. A word that is only alike is no
    answer: it sends people in a wrong direction.
    """
    near = [
        (_typing_errors(name, each), each)
        for each in dict.fromkeys(names)
        if is_misspelt(name, each) or _shares_words(name, each) or _is_shortened(name, each)
    ]
    # Of equals the later: names of environments end in their versions.
    near.reverse()
    return [each for _, each in sorted(near, key=lambda item: item[0])]


def is_misspelt(name: str, other: str) -> bool:
    """Whether one name is the other with a typing error in four letters, one at least."""
    longest = max(len(name), len(other))
    most = max(1, longest // _LETTERS_PER_ERROR)
    is_possible = abs(len(name) - len(other)) <= most < longest <= _LONGEST
    return is_possible and _typing_errors(name, other) <= most


def _shares_words(name: str, other: str) -> bool:
    """Whether all words of one name are, misspelt perhaps, words of the other."""
    fewer, more = sorted((_words(name), _words(other)), key=len)
    return bool(fewer) and all(
        any(
            word == each or (len(word) >= _FEWEST_LETTERS and is_misspelt(word, each))
            for each in more
        )
        for word in fewer
    )


def _words(name: str) -> set[str]:
    """The words of a name, without a plural's s; not those of one or two letters."""
    words = re.split(r"[^0-9a-z]+", name.casefold())
    return {word.removesuffix("s") for word in words if len(word) > _SHORT}


def _is_shortened(name: str, other: str) -> bool:
    """Whether one name is the other without some letters, half of them at most."""
    short, long = sorted((name.casefold(), other.casefold()), key=len)
    letters = iter(long)
    return len(short) >= max(_FEWEST_LETTERS, len(long) / 2) and all(
        letter in letters for letter in short
    )


def _typing_errors(one: str, other: str) -> int:
    """How many letters are missing, wrong, too many or swapped with their neighbour."""
    one, other = one.casefold()[:_LONGEST], other.casefold()[:_LONGEST]
    before: list[int] = []
    row: list[int] = [*range(len(other) + 1)]
    for i, letter in enumerate(one, start=1):
        older, before, row = before, row, [i]
        for j, match in enumerate(other, start=1):
            costs = [before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != match)]
            if i > 1 and j > 1 and (letter, one[i - 2]) == (other[j - 2], match):
                costs.append(older[j - 2] + 1)
            row.append(min(costs))
    return row[-1]


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
        noun = "problem" if len(self.problems) == 1 else "problems"
        super().__init__(f"the matrix has {len(self.problems)} {noun}")


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

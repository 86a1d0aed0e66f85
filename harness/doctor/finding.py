"""What a check found, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Finding", "State", "fail", "fine", "warn"]


class State(StrEnum):
    """How well it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of an examination.

    Attributes:
        check: What was looked at.
        state: How well it is.
        value: What was found.
        help: What to do; empty where all is well.
        repair: Drops or rebuilds what is wrong and says so; None where only a user can help.
    """

    check: str
    state: State
    value: str
    help: str = ""
    repair: Callable[[], str] | None = None


def fine(check: str, value: str) -> Finding:
    return Finding(check=check, state=State.OK, value=value)


def warn(check: str, value: str, help: str) -> Finding:
    return Finding(check=check, state=State.WARN, value=value, help=help)


def fail(
    check: str, value: str, help: str = "", repair: Callable[[], str] | None = None
) -> Finding:
    advice = help or "`harness doctor CAMPAIGN --repair` does it; the next run does the rest"
    return Finding(check=check, state=State.FAIL, value=value, help=advice, repair=repair)

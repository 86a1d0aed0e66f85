"""Schedules of a training: functions of the share of the training that remains, 1 .. 0.

`LinearSchedule` is the library's own, so that a saved model needs nothing of this package.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from stable_baselines3.common.utils import LinearSchedule

from harness.errors import UnknownNameError, UsageError

__all__ = ["CosineSchedule", "Schedule", "is_schedule", "schedule"]

Schedule = Callable[[float], float]
"""Share of the training that remains, in 1 .. 0 -> value."""

KNOWN: Final = ("constant", "cosine", "linear")


class CosineSchedule:
    """Half a cosine from `initial` to `final` (Loshchilov and Hutter 2017, eq. 5, no restart)."""

    def __init__(self, initial: float, final: float) -> None:
        self.initial = initial
        self.final = final

    def __call__(self, remaining: float) -> float:
        # The last rollout may end beyond the budget, where the remaining share is negative.
        done = 1 - min(max(remaining, 0.0), 1.0)
        return self.final + (self.initial - self.final) * (1 + math.cos(math.pi * done)) / 2

    def __repr__(self) -> str:
        return f"CosineSchedule(initial={self.initial}, final={self.final})"


def is_schedule(value: Any) -> bool:
    """Whether an argument is the JSON form of a schedule."""
    return isinstance(value, Mapping) and "schedule" in value


def schedule(form: Mapping[str, Any]) -> Schedule | float:
    """The schedule of a JSON form ``{"schedule": ..., "initial": ..., "final": 0}``.

    Raises:
        UnknownNameError: The schedule is none of constant, linear and cosine.
        UsageError: `initial` is missing, or there is a key too many.
    """
    kind = form["schedule"]
    if kind not in KNOWN:
        raise UnknownNameError("schedule", str(kind), KNOWN)
    surplus = sorted(set(form) - {"schedule", "initial", "final"})
    if "initial" not in form or surplus:
        raise UsageError(
            f"schedule {dict(form)} does not hold",
            help='write {"schedule": "linear", "initial": 0.001}, with `final` if it is not 0',
        )
    initial, final = float(form["initial"]), float(form.get("final", 0.0))
    if kind == "constant":
        return initial
    if kind == "cosine":
        return CosineSchedule(initial, final)
    linear: Schedule = LinearSchedule(initial, final, 1.0)
    return linear

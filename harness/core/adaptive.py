"""Held-out seeds in groups: more of them only where the ones so far do not tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

__all__ = ["Adaptive", "adaptive_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adaptive:
    """A rule that adds seeds until a cell is decided.

    Attributes:
        start: Seeds of the first group.
        step: Seeds of every later group; the last one may be smaller.
        max: Seeds in all, at most.
    """

    start: int = 5
    step: int = 5
    max: int = 20

    @property
    def groups(self) -> tuple[int, ...]:
        """Seeds of each group; they are looked at after each.

        >>> Adaptive(start=5, step=5, max=18).groups
        (5, 5, 5, 3)
        """
        steps, rest = divmod(self.max - self.start, self.step)
        return (self.start, *(self.step,) * steps, *((rest,) if rest else ()))

    @property
    def ends(self) -> tuple[int, ...]:
        """Seeds in all after each group."""
        return tuple(accumulate(self.groups))

    def __str__(self) -> str:
        return f"{self.start} to {self.max} seeds, {self.step} at a time"


def adaptive_of(spec: Mapping[str, Any]) -> Adaptive | None:
    """The rule in a cell's description; None where the number of seeds is fixed."""
    given = spec.get("test", {}).get("seeds")
    return Adaptive(**given) if isinstance(given, Mapping) else None

"""Which GPU a run gets: processes are told by the environment, before CUDA starts in them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from harness.core.record import RunResult
from harness.execution.worker import Order

__all__ = ["VISIBLE", "Gpus", "Pinned"]

VISIBLE: Final = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True, slots=True)
class Pinned:
    """Runs an order in a process that sees only the GPUs `visible`."""

    function: Callable[[Order], RunResult]
    visible: str

    def __call__(self, order: Order) -> RunResult:
        os.environ[VISIBLE] = self.visible
        return self.function(order)


class Gpus:
    """The GPUs of this machine and the shares of them that are taken."""

    def __init__(self, names: Sequence[str]) -> None:
        self._taken = dict.fromkeys(names, 0.0)

    @classmethod
    def visible(cls, count: int) -> Gpus:
        """Those that this process sees, by the names that its environment gives them."""
        named = os.environ.get(VISIBLE, "")
        return cls(named.split(",")[:count] if named else [str(place) for place in range(count)])

    def __len__(self) -> int:
        return len(self._taken)

    def take(self, share: float) -> str:
        """The GPU with most left."""
        name = min(self._taken, key=lambda name: self._taken[name])
        self._taken[name] += share
        return name

    def give_back(self, name: str, share: float) -> None:
        self._taken[name] -= share

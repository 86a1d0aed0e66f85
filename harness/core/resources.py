"""Resources: what a run occupies while it runs, and what of a capacity is still free."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from harness.core.identity import RUNTIME

__all__ = ["CPU", "CUDA", "Resources", "Room"]

CPU: Final = "cpu"
CUDA: Final = "cuda"

_ROUNDING: Final = 1e-9
"""Ten tenths of a GPU are one GPU."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What a run occupies, or what there is of it.

    Attributes:
        cpus: Worker slots on this machine, CPU cores on a cluster.
        gpus: Share of a GPU.
    """

    cpus: float = field(default=1.0, metadata=RUNTIME)
    gpus: float = field(default=0.0, metadata=RUNTIME)

    @property
    def device(self) -> str:
        """Where the networks are trained; another device gives other digits."""
        return CUDA if self.gpus > 0 else CPU


class Room:
    """What of a capacity is free. A run wider than all there is runs when nothing else does.

    What does not fit is not overtaken by what would take the same resource: a wide run waits for
    a while, never for ever.
    """

    def __init__(self, capacity: Resources, taken: Iterable[Resources]) -> None:
        running = list(taken)
        self._cpus = capacity.cpus - sum(run_id.cpus for run_id in running)
        self._gpus = capacity.gpus - sum(run_id.gpus for run_id in running)
        self._idle = not running

    @property
    def is_full(self) -> bool:
        """Whether nothing fits any more, whatever it is."""
        return self._cpus < _ROUNDING and not self._idle

    def take(self, wanted: Resources) -> bool:
        """Occupy `wanted` if it is free."""
        cpus, gpus = self._cpus + _ROUNDING, self._gpus + _ROUNDING
        if not self._idle and (wanted.cpus > cpus or (wanted.gpus and wanted.gpus > gpus)):
            self._cpus = 0.0 if wanted.cpus > cpus else self._cpus
            self._gpus = 0.0 if wanted.gpus > gpus else self._gpus
            return False
        self._idle = False
        self._cpus -= wanted.cpus
        self._gpus -= wanted.gpus
        return True

"""What of a capacity is still free: which runs may start beside those that are running."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from harness.core.settings import Resources

_ROUNDING: Final = 1e-9
"""Ten tenths of a GPU are one GPU."""


class Room:
    """What of a capacity is free. A run wider than all there is runs when nothing else does.

    What does not fit is not overtaken by what would take the same resource: a wide run waits for
    a while, never for ever.
    """

    def __init__(self, capacity: Resources, allocations: Iterable[Resources]) -> None:
        running = list(allocations)
        self._cpus = capacity.cpus - sum(each.cpus for each in running)
        self._gpus = capacity.gpus - sum(each.gpus for each in running)
        self._idle = not running

    @property
    def is_full(self) -> bool:
        """Whether nothing fits any more, whatever it is."""
        return self._cpus < _ROUNDING and not self._idle

    def take(self, resources: Resources) -> bool:
        """Occupy these resources if they are free."""
        cpus, gpus = self._cpus + _ROUNDING, self._gpus + _ROUNDING
        if not self._idle and (resources.cpus > cpus or (resources.gpus and resources.gpus > gpus)):
            self._cpus = 0.0 if resources.cpus > cpus else self._cpus
            self._gpus = 0.0 if resources.gpus > gpus else self._gpus
            return False
        self._idle = False
        self._cpus -= resources.cpus
        self._gpus -= resources.gpus
        return True

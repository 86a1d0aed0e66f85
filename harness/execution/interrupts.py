"""Ctrl-C in three steps: the first drains, the second stops, the third kills.

SIGTERM is a system that ends: it drains too, but not for longer than a minute.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Final, Self

from harness.errors import INTERRUPTED

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

_GRACE: Final = 60.0
"""Seconds that SIGTERM leaves the runs in progress; systems kill after 90 or so."""


class Interrupts:
    """Counts SIGINT and SIGTERM while it is entered; the third one ends the process at once."""

    def __init__(
        self, kill: Callable[[], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`kill` is called on the third signal, just before the process ends."""
        self._count = 0
        self._stop_at = float("inf")
        self._kill = kill
        self._clock = clock
        self._handlers: dict[signal.Signals, Any] = {}

    @property
    def count(self) -> int:
        """Signals so far; SIGTERM is a second one when its time is over."""
        return max(self._count, 2) if self._clock() >= self._stop_at else self._count

    @property
    def draining(self) -> bool:
        """Start nothing more."""
        return self.count >= 1

    @property
    def stopping(self) -> bool:
        """End what runs."""
        return self.count >= 2

    def raise_to(self, count: int) -> None:
        """As if that many signals had come; never takes one back, and never kills."""
        self._count = max(self._count, min(count, 2))

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            self._handlers[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self._count += 1
        if number == signal.SIGTERM:
            self._stop_at = min(self._stop_at, self._clock() + _GRACE)
        if self._count >= 3:
            self._kill()
            os._exit(INTERRUPTED)

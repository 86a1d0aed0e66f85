"""Ctrl-C in three steps: the first drains, the second stops, the third kills."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Final, Self

from harness.errors import INTERRUPTED

__all__ = ["Interrupts"]

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Counts SIGINT and SIGTERM while it is entered; the third one ends the process at once.

    Attributes:
        count: Signals so far.
    """

    def __init__(self, kill: Callable[[], None]) -> None:
        """`kill` is called on the third signal, just before the process ends."""
        self.count = 0
        self._kill = kill
        self._handlers: dict[signal.Signals, Any] = {}

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
        self.count = max(self.count, min(count, 2))

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            self._handlers[number] = signal.signal(number, self._receive)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        if self.count >= 3:
            self._kill()
            os._exit(INTERRUPTED)

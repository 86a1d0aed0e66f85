"""Calls into an environment that do not return: where a process is told to, it ends them.

Only a signal reaches Python code that loops or sleeps, and a process has one of each kind. So a
process of its own that trains or plays switches this on; anywhere else it does nothing. Code that
never comes back to Python is out of reach: only the `timeout` of a run ends that.
"""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import Final

from harness.errors import UsageError

LIMIT_VARIABLE: Final = "HARNESS_USER_CODE_SECONDS"
"""Environment variable with the seconds that user code has for an answer."""

_ANSWER: Final = 30.0

_CALL: Final = 20
"""Times as long as a whole answer of `check`, a single call may take in a training."""

_TICKS: Final = 4
"""Looks within the limit; each costs a signal, a call nothing but counting."""


class CallTimeoutError(BaseException):
    """A call did not return in time. No `Exception`, so that the code that hangs does not catch it.

    Attributes:
        seconds: The limit.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"no answer within {seconds:g} s")


class CallWatch:
    """Looks now and then whether the same call still goes on.

    Attributes:
        turn: Odd inside a call; whoever calls adds 1 before and after.
    """

    def __init__(self) -> None:
        self.turn = 0
        self._seconds = 0.0
        self._seen = (0, 0)

    def start(self) -> None:
        """Have calls in this process' main thread end at their limit, or a little later.

        Raises:
            UsageError: The limit is no number of seconds.
        """
        seconds = self._seconds = _CALL * answer_seconds()
        signal.signal(signal.SIGALRM, self._look)
        signal.setitimer(signal.ITIMER_REAL, seconds / _TICKS, seconds / _TICKS)

    def _look(self, _: int, __: FrameType | None) -> None:
        turn, looks = self._seen
        self._seen = (self.turn, looks + 1 if turn == self.turn else 0)
        if self.turn % 2 and self._seen[1] >= _TICKS:
            self._seen = (0, 0)
            raise CallTimeoutError(self._seconds)


WATCH: Final = CallWatch()
"""That of this process; it is off until somebody starts it."""


def answer_seconds() -> float:
    """Seconds that user code has for an answer.

    Raises:
        UsageError: The environment variable holds something else.
    """
    text = os.environ.get(LIMIT_VARIABLE, "")
    try:
        limit = float(text) if text else _ANSWER
    except ValueError:
        limit = 0.0
    if not 0 < limit < 10**6:
        raise UsageError(f"{LIMIT_VARIABLE}={text} is no number of seconds", help="e.g. 120")
    return limit

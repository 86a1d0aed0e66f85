"""How long a run takes, as far as earlier ones tell. All times are seconds."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from harness.core.costs.effort import effort
from harness.core.run import DEFAULT, TUNED, PlannedRun, Variant
from harness.core.settings import Rung

QUANTILE: Final = 0.9
"""Of the measured durations, from the shortest to the longest, the one that estimates use."""

SAFETY: Final = 1.1
"""Estimates are this much longer than measured."""

_LATEST: Final = 50
"""Runs of a kind that count, the last ones: what is searched later may take more, or less."""

_WHOLE_CORE: Final = 0.9
"""CPU seconds per second of a run that has a core for itself, and is not one that waits."""

_LATEST_SHARES: Final = 5
"""Runs of a cell, the last ones, that tell whether runs have a core for themselves now."""

_SAME_RUNG: Final = "configuration in this rung"
_OTHER_RUNG: Final = "configuration"


@dataclass(frozen=True, slots=True)
class _Measurement:
    """What a run took: seconds per environment step and per unit of expected effort.

    Attributes:
        share: CPU seconds per second, one at most.
    """

    cell: str
    per_step: float
    per_effort: float
    share: float


class DurationModel:
    """Seconds per environment step, and per unit of expected effort, of the complete runs.

    Only those are measured: a failed run ends at any time, and a pruned one has a larger share
    of what is paid once. Once the latest runs of a cell have had a core for themselves, earlier
    ones that had to share theirs count as if they had not: other programs come and go.
    """

    def __init__(self) -> None:
        self._measurements: dict[tuple[str, ...], deque[_Measurement]] = {}
        self._shares: dict[str, deque[float]] = {}
        self._has_core: dict[str, bool] = {}
        self._counts: dict[str, int] = {}

    def add(self, planned_run: PlannedRun, *, wall: float, steps: int, cpu: float = 0.0) -> None:
        """Count a complete run that took `wall` seconds for `steps` environment steps.

        Args:
            cpu: CPU seconds of it; 0 where nobody measured.
        """
        cell = planned_run.cell
        if wall <= 0 or steps <= 0:
            return
        share = min(1.0, cpu / wall) if cpu > 0 else 1.0
        amount = effort(planned_run.run, steps)
        measurement = _Measurement(cell, wall / steps, wall / amount, share)
        for key in ((), *_kinds(planned_run)):
            self._measurements.setdefault(key, deque(maxlen=_LATEST)).append(measurement)
        shares = self._shares.setdefault(cell, deque(maxlen=_LATEST_SHARES))
        shares.append(share)
        self._has_core[cell] = median(shares) >= _WHOLE_CORE
        self._counts[cell] = self._counts.get(cell, 0) + 1

    def version(self, cell: str) -> tuple[bool, int]:
        """Changes with what may change an estimate in a cell."""
        own = self._counts.get(cell, 0)
        # As long as it has no measurement of its own, those of others count.
        return own > 0, own or sum(self._counts.values())

    def estimate(self, planned_run: PlannedRun) -> float | None:
        """Seconds a run takes, from the nearest of its kind; None where none was measured.

        Nearest are runs of the same configuration in this rung, then in any, runs of the same cell
        and rung, then of the cell, of the algorithm, of the scenario. Unless those differ less in
        seconds per step than per effort, effort counts: the run's configuration tells more than the
        mean of the others.
        """
        for kind in _kinds(planned_run):
            per_step, per_effort = self._durations(kind)
            if not per_step:
                continue
            if _spread(per_effort) <= _spread(per_step):
                seconds = _high(per_effort) * effort(planned_run.run)
            else:
                seconds = _high(per_step) * planned_run.run.planned_steps
            factor = self._rung_factor(planned_run) if kind[0] == _OTHER_RUNG else 1.0
            return seconds * factor * SAFETY
        return None

    def _rung_factor(self, planned_run: PlannedRun) -> float:
        """How long a step of this rung takes the default, by what one of the search takes it.

        Runs of other lengths share what is paid once with more steps or fewer, and are evaluated
        more often or less.
        """
        search, own = (
            self._durations((_SAME_RUNG, planned_run.cell, DEFAULT, rung.value))[0]
            for rung in (Rung.SEARCH, planned_run.rung)
        )
        return _high(own) / _high(search) if own and search else 1.0

    def guess(self, planned_run: PlannedRun) -> float:
        """The estimate, or what the slowest run of the whole campaign suggests, or 0."""
        estimate = self.estimate(planned_run)
        if estimate is not None:
            return estimate
        longest = max(self._durations(())[0], default=0.0)
        return longest * planned_run.run.planned_steps * SAFETY

    def _durations(self, kind: tuple[str, ...]) -> tuple[list[float], list[float]]:
        """Per step and per effort, of the runs of a kind, each from the shortest."""
        pairs = [
            (each, each.share if self._has_core[each.cell] else 1.0)
            for each in self._measurements.get(kind, ())
        ]
        per_step = sorted(each.per_step * factor for each, factor in pairs)
        return per_step, sorted(each.per_effort * factor for each, factor in pairs)


def _high(durations: Sequence[float]) -> float:
    return durations[max(0, math.ceil(QUANTILE * len(durations)) - 1)]


def _spread(durations: Sequence[float]) -> float:
    return _high(durations) / durations[(len(durations) - 1) // 2]


def _kinds(planned_run: PlannedRun) -> tuple[tuple[str, ...], ...]:
    run, cell, rung = planned_run.run, planned_run.cell, planned_run.rung.value
    variant = planned_run.variant
    if variant == TUNED and planned_run.trial:
        variant = Variant.of_trial(planned_run.trial)
    return (
        (_SAME_RUNG, cell, variant, rung),
        (_OTHER_RUNG, cell, variant),
        ("cell", cell, rung),
        ("cell", cell),
        ("algorithm", run.algorithm.name),
        ("scenario", run.scenario.name),
    )


def fits(seconds: float | None, limit: float) -> bool:
    """Whether a run may begin; one of unknown length may."""
    return limit > 0 if seconds is None else seconds <= limit

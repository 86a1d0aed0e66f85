"""How long a run takes, as far as earlier ones tell. All times are seconds."""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Sequence
from typing import Final

from harness.core.costs.effort import effort
from harness.core.run import DEFAULT, TUNED, PlannedRun, Variant
from harness.core.settings import Rung

QUANTILE: Final = 0.9
"""Of the measured durations, from the shortest to the longest, the one that estimates use."""

SAFETY: Final = 1.1
"""Estimates are this much longer than measured."""

_SAME_RUNG: Final = "configuration in this rung"
_OTHER_RUNG: Final = "configuration"


class DurationModel:
    """Seconds per environment step, and per unit of expected effort, of the complete runs.

    Only those are measured: a failed run ends at any time, and a pruned one has a larger share
    of what is paid once.
    """

    def __init__(self) -> None:
        self._by_steps: dict[tuple[str, ...], list[float]] = {}
        self._by_effort: dict[tuple[str, ...], list[float]] = {}

    def add(self, planned_run: PlannedRun, *, wall: float, steps: int) -> None:
        """Count a complete run that took `wall` seconds for `steps` environment steps."""
        if wall <= 0 or steps <= 0:
            return
        amount = effort(planned_run.run, steps)
        for key in ((), *_kinds(planned_run)):
            insort(self._by_steps.setdefault(key, []), wall / steps)
            insort(self._by_effort.setdefault(key, []), wall / amount)

    def version(self, cell: str) -> tuple[bool, int]:
        """Changes with what may change an estimate in a cell."""
        own = self._by_steps.get(("cell", cell), [])
        # As long as it has no measurement of its own, those of others count.
        return bool(own), len(own or self._by_steps.get((), []))

    def estimate(self, planned_run: PlannedRun) -> float | None:
        """Seconds a run takes, from the nearest of its kind; None where none was measured.

        Nearest are runs of the same configuration in this rung, then in any, runs of the same cell
        and rung, then of the cell, of the algorithm, of the scenario. Unless those differ less in
        seconds per step than per effort, effort counts: the run's configuration tells more than the
        mean of the others.
        """
        for kind in _kinds(planned_run):
            per_step = self._by_steps.get(kind)
            if not per_step:
                continue
            per_effort = self._by_effort[kind]
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
            self._by_steps.get((_SAME_RUNG, planned_run.cell, DEFAULT, rung.value))
            for rung in (Rung.SEARCH, planned_run.rung)
        )
        return _high(own) / _high(search) if own and search else 1.0

    def guess(self, planned_run: PlannedRun) -> float:
        """The estimate, or what the slowest run of the whole campaign suggests, or 0."""
        estimate = self.estimate(planned_run)
        if estimate is not None:
            return estimate
        return max(self._by_steps.get((), (0.0,))) * planned_run.run.planned_steps * SAFETY


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

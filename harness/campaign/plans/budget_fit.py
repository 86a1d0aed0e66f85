"""The budget of a search that is used up in a given time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.campaign.plans.plan_summary import CellPlan, summarize
from harness.campaign.plans.speed_calibration import UNKNOWN_SPEED, MachineSpeed
from harness.config.documents.layers import TIME_GIVEN
from harness.config.documents.nodes import DEFAULT
from harness.core.costs.search_budget import run_share
from harness.core.declarations import MOST_TRIALS
from harness.core.matrix import Matrix
from harness.errors import UsageError
from harness.input_limits import parse_json

__all__ = ["BudgetFit", "fit_budget", "fit_to_time"]

_LEAST: Final = 20
"""Runs as long as a trial below which no time makes a budget; the clock may end it earlier."""

_PROBES: Final = (1000, 2000)
"""Budgets large enough for any confirm rung; in between, time is a straight line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetFit:
    """A budget, and what it buys.

    Attributes:
        budget: In whole runs of the default.
        matrix: The matrix with it.
        plans: Of its cells.
        workers: That share the work.
        seconds: What it should take them here.
    """

    budget: int
    matrix: Matrix
    plans: tuple[CellPlan, ...]
    workers: int
    seconds: float


def fit_budget(
    load: Callable[[float], Matrix],
    measure: Callable[[Matrix], MachineSpeed],
    *,
    seconds: float,
    workers: int,
) -> BudgetFit:
    """The largest budget that fits.

    Args:
        load: Gives the matrix with that `search.budget`.
        measure: Tells how fast this machine is.
        seconds: Of the clock.
        workers: Runs that run at once.

    Raises:
        UsageError: Nothing that could be called a search fits.
        MatrixError: The matrix does not hold.
    """
    probes = [load(budget) for budget in _PROBES]
    speed = measure(probes[0])
    per_run, rest = (each / workers for each in _straight_line(probes, speed))
    if per_run <= 0:
        raise UsageError(
            "no cell has a budget: overrides give all of them `search.trials`",
            help="take `trials` out of the overrides",
        )
    budget = min(MOST_TRIALS, math.floor((seconds - rest) / per_run + 1e-9))
    if budget < 1:
        raise UsageError(
            f"the test alone takes about {rest / 60:,.0f} minutes here, {workers} at once",
            help="give more time, fewer `test.seeds`, or fewer steps",
        )
    matrix = load(budget)
    plans = summarize(matrix)
    total = speed.seconds(plans)["middle"] / workers
    return BudgetFit(budget=budget, matrix=matrix, plans=plans, workers=workers, seconds=total)


def fit_to_time(
    matrix: Matrix,
    load: Callable[[float], Matrix],
    *,
    folder: Path,
    seconds: float | None,
    workers: int,
) -> Matrix:
    """The matrix with the budget that fits a time, if its search has no size of its own.

    As many runs as a machine twice as fast as the cost model's would do in that time, so that most
    others are ended by the clock: a function of the command, not of this machine. A campaign that
    was begun keeps what it was begun with.

    Args:
        matrix: As it is without.
        load: Gives it with a budget.
        folder: Of the campaign, if it was begun.
        seconds: The time; None for no limit.
        workers: Runs that run at once.
    """
    has_no_size = all(
        matrix.origins.get(key) == str(DEFAULT) for key in ("search.trials", "search.budget")
    )
    budget: float | None = None
    if has_no_size and (folder / "origins.json").is_file():
        budget = _read_earlier_budget(folder)
    elif has_no_size and seconds is not None:
        budget = _budget_of_time(load, seconds * workers)
    return matrix if budget is None else load(budget)


def _budget_of_time(load: Callable[[float], Matrix], seconds: float) -> float | None:
    """None where overrides give all searches a size."""
    probes = [load(budget) for budget in _PROBES]
    per_run, rest = _straight_line(probes)
    if per_run <= 0:
        return None
    fitting = (seconds / UNKNOWN_SPEED.low - rest) / per_run
    least = max(_LEAST * run_share(cell) for cell in probes[0].cells)
    return float(min(MOST_TRIALS, max(math.ceil(least), math.floor(fitting))))


def _read_earlier_budget(folder: Path) -> float | None:
    """The budget that an earlier command gave a campaign."""
    try:
        origins, document = (
            parse_json((folder / name).read_text(encoding="utf-8"))
            for name in ("origins.json", "matrix.json")
        )
        is_from_time = origins["search.budget"] == str(TIME_GIVEN)
        return float(document["search"]["budget"]) if is_from_time else None
    except (OSError, ValueError, KeyError, TypeError):
        return None  # whoever reads the campaign next says what is wrong with it


def _straight_line(
    probes: Sequence[Matrix], speed: MachineSpeed = UNKNOWN_SPEED
) -> tuple[float, float]:
    """Seconds of one worker for a run of the budget, and for everything else."""
    low, high = (speed.seconds(summarize(matrix))["middle"] for matrix in probes)
    per_run = (high - low) / (_PROBES[1] - _PROBES[0])
    return per_run, low - _PROBES[0] * per_run

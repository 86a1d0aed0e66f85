"""The sizes of search and test that a given time holds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.campaign.plans.plan_summary import CellPlan, summarize
from harness.campaign.plans.speed_calibration import UNKNOWN_SPEED, MachineSpeed
from harness.config.documents.layers import TIME_GIVEN
from harness.config.documents.nodes import DEFAULT
from harness.config.search_sizes import FOLLOWS
from harness.core.costs.search_budget import run_share
from harness.core.declarations import MOST_TRIALS
from harness.core.matrix import Matrix
from harness.core.search_settings import SEQUENCES
from harness.core.settings import CellSettings
from harness.errors import UsageError
from harness.input_limits import parse_json

_LEAST: Final = 20
"""Runs as long as a trial below which no time makes a budget; the clock may end it earlier."""

_TEST_SHARE: Final = 0.5
"""Part of a time, on the machine of the cost model, that the test may take with all its seeds."""

_LEAST_SEEDS: Final = 5
"""Held-out seeds that it keeps however short the time is; fewer find next to nothing."""

_SHORT: Final = 150
"""Budget of a time below which a trial may cost `_SHORT_LIMIT` default runs: one that does not fit
before the deadline ends the search, whatever would come after it.
"""

_SHORT_LIMIT: Final = 2.0
"""What replays of short searches ship is no worse than with the limit of longer ones."""

_SIZES: Final = (("search", "budget"), ("search", "cost_aware"), ("test", "seeds"))
"""What may follow from a time: stage and key in a matrix."""

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
    if not _has_budget(probes[0]):
        raise UsageError(
            "no cell has a budget: overrides give all of them `search.trials`",
            help="take `trials` out of the overrides",
        )
    speed = measure(probes[0])
    per_run, rest = (each / workers for each in _straight_line(probes, speed))
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
    load: Callable[[Mapping[str, object]], Matrix],
    *,
    runs: Path,
    seconds: float | None,
    workers: int,
) -> Matrix:
    """The matrix with sizes that fit a time, if its search has no size of its own.

    The search gets as many runs as a machine twice as fast as the cost model's would do in that
    time, so that most others are ended by the clock: a function of the command, not of this
    machine. A test that would take more than half of the time gets fewer seeds, where the matrix
    says nothing of them. A campaign that was begun keeps what it was begun with.

    Args:
        load: Gives the matrix with these settings below its own.
        runs: Folder of all campaigns, in which its own lies if it was begun.
        seconds: The time; None for no limit.
        workers: Runs that run at once.
    """
    matrix = load({})
    folder = runs / matrix.name
    has_no_size = all(
        matrix.origins.get(key) == str(DEFAULT) for key in ("search.trials", "search.budget")
    )
    sizes: Mapping[str, object] = {}
    if has_no_size and (folder / "origins.json").is_file():
        sizes = _read_earlier_sizes(folder)
    elif has_no_size and seconds is not None:
        sizes = _sizes_of_time(load, seconds * workers)
    return load(sizes) if sizes else matrix


def _sizes_of_time(
    load: Callable[[Mapping[str, object]], Matrix], seconds: float
) -> Mapping[str, object]:
    """Settings as a matrix writes them; none where overrides give all searches a size."""
    probes = [load({"search": {"budget": budget}}) for budget in _PROBES]
    if not _has_budget(probes[0]):
        return {}
    per_run, rest = _straight_line(probes)
    seeds = CellSettings().test.seeds
    share = _TEST_SHARE * seconds / rest if rest > 0 else 1.0
    test: dict[str, object] = {}
    is_open = probes[0].origins.get("test.seeds") == str(DEFAULT)
    if is_open and isinstance(seeds, int) and share < 1:
        fewer = max(_LEAST_SEEDS, math.floor(seeds * share))
        rest *= fewer / seeds
        test = {"test": {"seeds": fewer}}
    fitting = (seconds / UNKNOWN_SPEED.low - rest) / per_run
    least = max(_LEAST * run_share(cell) for cell in probes[0].cells)
    budget = float(min(MOST_TRIALS, max(math.ceil(least), math.floor(fitting))))
    search = {"budget": budget}
    if budget < _SHORT and _may_limit_cost(probes[0]):
        search["cost_aware"] = _SHORT_LIMIT
    return {"search": search, **test}


def _may_limit_cost(matrix: Matrix) -> bool:
    """Whether nobody wrote what a trial may cost, and every sampler can be asked again."""
    origin = matrix.origins.get("search.cost_aware", str(DEFAULT))
    is_open = origin in {str(DEFAULT), str(FOLLOWS)}
    return is_open and not any(cell.search.sampler.name in SEQUENCES for cell in matrix.cells)


def _read_earlier_sizes(folder: Path) -> Mapping[str, object]:
    """The sizes that an earlier command gave a campaign."""
    try:
        origins, document = (
            parse_json((folder / name).read_text(encoding="utf-8"))
            for name in ("origins.json", "matrix.json")
        )
        sizes: dict[str, dict[str, object]] = {}
        for rung, key in _SIZES:
            if origins.get(f"{rung}.{key}") == str(TIME_GIVEN):
                sizes.setdefault(rung, {})[key] = document[rung][key]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}  # whoever reads the campaign next says what is wrong with it
    return sizes


def _has_budget(matrix: Matrix) -> bool:
    """Whether a search takes the budget; other counts may follow it where overrides say more."""
    return any(cell.search.budget is not None for cell in matrix.cells)


def _straight_line(
    probes: Sequence[Matrix], speed: MachineSpeed = UNKNOWN_SPEED
) -> tuple[float, float]:
    """Seconds of one worker for a run of the budget, and for everything else."""
    low, high = (speed.seconds(summarize(matrix))["middle"] for matrix in probes)
    per_run = (high - low) / (_PROBES[1] - _PROBES[0])
    return per_run, low - _PROBES[0] * per_run

"""The sizes of search and test that a given time holds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.campaign.plans.plan_schedule import count_slots, ending
from harness.campaign.plans.plan_summary import CellPlan, Foresight, summarize
from harness.campaign.plans.speed_calibration import UNKNOWN_SPEED, MachineSpeed
from harness.config.documents.layers import TIME_GIVEN
from harness.config.documents.nodes import DEFAULT
from harness.config.search_sizes import FOLLOWS
from harness.core.costs.budget_split import LEAST
from harness.core.costs.search_budget import run_share
from harness.core.declarations import MOST_TRIALS
from harness.core.matrix import Cell, Matrix
from harness.core.printable_text import quantity
from harness.core.search_settings import SEQUENCES
from harness.core.settings import CellSettings
from harness.errors import MatrixError, UsageError
from harness.input_limits import parse_json

_LEAST_BUDGET: Final = 20
"""Runs as long as a trial below which no time makes a budget; the clock may end it earlier."""

_TEST_SHARE: Final = 1 / 3
"""Part of a time, on the machine of the cost model, that the test may take with all its seeds."""

_LEAST_SEEDS: Final = 5
"""Held-out seeds that it keeps however short the time is; fewer find next to nothing."""

_SHORT: Final = 150
"""Budget of a time below which a trial may cost `_SHORT_LIMIT` default runs: one that does not fit
before the deadline ends the search, whatever would come after it.
"""

_SHORT_LIMIT: Final = 2.0
"""What replays of short searches ship is no worse than with the limit of longer ones."""

_SIZES: Final = (
    ("search", "budget"),
    ("search", "cost_aware"),
    ("search", "in_flight"),
    ("test", "seeds"),
)
"""What may follow from a time: stage and key in a matrix."""

_PROBES: Final = (1000, 2000)
"""Budgets large enough for any confirm rung; in between, time is a straight line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetFit:
    """A budget, and what it buys.

    Attributes:
        budget: In whole runs of the default.
        in_flight: Trials that each search keeps open; None where the matrix says it, or its default
            suffices.
        matrix: The matrix with both.
        plans: Of its cells.
        workers: That share the work.
        seconds: What it should take them here.
    """

    budget: int
    in_flight: int | None
    matrix: Matrix
    plans: tuple[CellPlan, ...]
    workers: int
    seconds: float


def fit_budget(
    load: Callable[[float, Mapping[str, object]], Matrix],
    measure: Callable[[Matrix], MachineSpeed],
    *,
    foresight_of: Callable[[Matrix], Callable[[Cell], Foresight]],
    seconds: float,
    workers: int,
) -> BudgetFit:
    """The largest budget that fits.

    Args:
        load: Gives the matrix with that `search.budget`, and with settings below its own.
        measure: Tells how fast this machine is.
        foresight_of: Tells what is likely of searches.
        seconds: Of the clock.
        workers: Runs that run at once.

    Raises:
        UsageError: Nothing that could be called a search fits.
        MatrixError: The matrix does not hold.
    """
    first = load(_PROBES[0], {})
    if not _has_budget(first):
        raise UsageError(
            "no cell has a budget: overrides give all of them `search.trials`",
            help="take `trials` out of the overrides",
        )
    speed, foresee, in_flight = measure(first), foresight_of(first), _open_trials(first, workers)
    sizes = {} if in_flight is None else {"search": {"in_flight": in_flight}}

    def fit(budget: int) -> BudgetFit:
        matrix = load(budget, sizes)
        plans = summarize(matrix, foresee=foresee)
        return BudgetFit(
            budget=budget,
            in_flight=in_flight,
            matrix=matrix,
            plans=plans,
            workers=workers,
            seconds=ending(plans, speed, workers)["middle"],
        )

    least, most = _smallest_fit(fit), fit(_PROBES[0])
    if least.seconds > seconds:
        raise UsageError(
            f"a budget of {least.budget} runs and its test take about {least.seconds / 60:,.0f} "
            f"minutes here, {workers} at once",
            help="give more time, fewer `test.seeds`, or fewer steps",
        )
    while most.seconds <= seconds and most.budget < MOST_TRIALS:
        least, most = most, fit(min(MOST_TRIALS, 4 * most.budget))
    return most if most.seconds <= seconds else _largest_fit(fit, least, most, seconds)


def _smallest_fit(fit: Callable[[int], BudgetFit]) -> BudgetFit:
    """About the smallest budget that the matrix may have: it may name what is confirmed."""
    budget = LEAST
    while True:
        try:
            return fit(budget)
        except MatrixError:
            if budget >= _PROBES[0]:
                raise
        budget *= 2


def _largest_fit(
    fit: Callable[[int], BudgetFit], least: BudgetFit, most: BudgetFit, seconds: float
) -> BudgetFit:
    """The last budget that fits, of those between one that does and one that does not.

    Time is nearly a straight line in between.
    """
    while most.budget - least.budget > 1:
        slope = (most.budget - least.budget) / (most.seconds - least.seconds)
        middle = least.budget + math.ceil((seconds - least.seconds) * slope)
        each = fit(min(max(middle, least.budget + 1), most.budget - 1))
        least, most = (each, most) if each.seconds <= seconds else (least, each)
    return least


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
    machine. It keeps as many trials open as the workers can run. A test that would take more than a
    third of the time gets fewer seeds, where the matrix says nothing of them. A campaign that was
    begun keeps what it was begun with.

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
        sizes = _sizes_of_time(load, seconds, workers)
    return load(sizes) if sizes else matrix


def idle_note(matrix: Matrix, workers: int) -> str:
    """That the searches leave workers without a trial, and what to write; empty if they do not."""
    open_count = sum(cell.search.in_flight for cell in matrix.cells)
    slots = _slots(matrix, workers)
    if open_count >= slots:
        return ""
    return (
        f"note: searches keep {quantity(open_count, 'trial')} open, of {quantity(slots, 'worker')} "
        f"the others idle: `search: {{in_flight: {_trials_each(matrix, workers)}}}` fills them, "
        "with other trials"
    )


def _slots(matrix: Matrix, workers: int) -> int:
    return count_slots((cell.resources.cpus for cell in matrix.cells), workers)


def _trials_each(matrix: Matrix, workers: int) -> int:
    """Trials that each search has to keep open so that no worker idles."""
    return math.ceil(_slots(matrix, workers) / len(matrix.cells))


def _open_trials(matrix: Matrix, workers: int) -> int | None:
    """What `in_flight` has to be; None where somebody wrote it, or its default suffices."""
    count = _trials_each(matrix, workers)
    is_open = matrix.origins.get("search.in_flight") == str(DEFAULT)
    return count if is_open and count > CellSettings().search.in_flight else None


def _sizes_of_time(
    load: Callable[[Mapping[str, object]], Matrix], seconds: float, workers: int
) -> Mapping[str, object]:
    """Settings as a matrix writes them; none where overrides give all searches a size."""
    probes = [load({"search": {"budget": budget}}) for budget in _PROBES]
    if not _has_budget(probes[0]):
        return {}
    per_run, rest = _straight_line(probes)
    seconds *= workers
    seeds = CellSettings().test.seeds
    share = _TEST_SHARE * seconds / rest if rest > 0 else 1.0
    test: dict[str, object] = {}
    is_open = probes[0].origins.get("test.seeds") == str(DEFAULT)
    if is_open and isinstance(seeds, int) and share < 1:
        fewer = max(_LEAST_SEEDS, math.floor(seeds * share))
        rest *= fewer / seeds
        test = {"test": {"seeds": fewer}}
    fitting = (seconds / UNKNOWN_SPEED.low - rest) / per_run
    least = max(_LEAST_BUDGET * run_share(cell) for cell in probes[0].cells)
    budget = float(min(MOST_TRIALS, max(math.ceil(least), math.floor(fitting))))
    search = {"budget": budget}
    if (in_flight := _open_trials(probes[0], workers)) is not None:
        search["in_flight"] = in_flight
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


def _straight_line(probes: Sequence[Matrix]) -> tuple[float, float]:
    """Seconds of one worker for a run of the budget, and for everything else."""
    low, high = (UNKNOWN_SPEED.seconds(summarize(matrix))["middle"] for matrix in probes)
    per_run = (high - low) / (_PROBES[1] - _PROBES[0])
    return per_run, low - _PROBES[0] * per_run

"""One configuration for all scenarios of an algorithm: the best of what its cells ship.

The candidates are the default and what every cell of the algorithm ships. Each is trained in every
scenario on the fresh seeds of the transfer rung, so that no held-out seed decides anything. The
best by normalised score is trained on the held-out seeds of every cell, as the variant `ACROSS`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from harness.core.decisions import plan
from harness.core.decisions.transfer import (
    ShippedConfiguration,
    plan_on_seeds,
    transfer_arguments,
    transfer_seeds,
)
from harness.core.learner_arguments import cell_arguments
from harness.core.matrix import Cell
from harness.core.run import ACROSS, DEFAULT, PlannedRun
from harness.core.scenario import Scenario
from harness.core.search_settings import WORST


def normalise_means(
    scenario: Scenario, scores: Mapping[str, Sequence[float | None]]
) -> dict[str, float | None]:
    """Candidate -> mean normalised score in a scenario.

    None where a run has no score, so that a candidate that fails or cannot be trained is none.

    Args:
        scenario: The scenario; without its two references nothing is normalised.
        scores: Candidate -> score on each fresh seed.
    """
    random, reference = scenario.random, scenario.reference
    if random is None or reference is None or random.value == reference.value:
        return dict.fromkeys(scores)
    span = reference.value - random.value
    means: dict[str, float | None] = {}
    for candidate, seeds in scores.items():
        complete = [score for score in seeds if score is not None]
        has_all = bool(complete) and len(complete) == len(seeds)
        mean = math.fsum(complete) / len(complete) if has_all else None
        means[candidate] = None if mean is None else (mean - random.value) / span
    return means


def worth_across(means: Sequence[float | None], by: str) -> float | None:
    """What a candidate is worth over all scenarios; None if it has no mean in one of them.

    Args:
        means: Its normalised mean in each scenario.
        by: ``mean`` of the scenarios, or the ``worst`` of them.
    """
    complete = [mean for mean in means if mean is not None]
    if not complete or len(complete) < len(means):
        return None
    return min(complete) if by == WORST else math.fsum(complete) / len(complete)


def choose_across(scenarios: Sequence[Mapping[str, float | None]], by: str) -> str:
    """The candidate that is worth most; the default wins ties, and where no other has all means.

    Args:
        scenarios: Of each scenario the means of `normalise_means`; the same candidates in each.
        by: See `worth_across`.
    """
    best, most = str(DEFAULT), worth_across([each.get(DEFAULT) for each in scenarios], by)
    for candidate in scenarios[0]:
        worth = worth_across([each.get(candidate) for each in scenarios], by)
        if worth is not None and (most is None or worth > most):
            best, most = candidate, worth
    return best


def plan_default(cell: Cell) -> tuple[PlannedRun, ...]:
    """The default among the candidates: on every fresh seed of the cell's transfer rung."""
    arguments = cell_arguments.default_arguments(cell)
    return plan_on_seeds(cell, DEFAULT, arguments, transfer_seeds(cell))


def plan_across(
    cell: Cell, configuration: ShippedConfiguration | None, seeds: int
) -> tuple[PlannedRun, ...]:
    """The one configuration on the held-out seeds of a cell.

    Where the cell tests the same configuration as `default` or `tuned`, these are the same runs.

    Args:
        configuration: The configuration; None for the default.
        seeds: How many of the seeds, the first ones.
    """
    if configuration is None:
        arguments = cell_arguments.default_arguments(cell)
    else:
        arguments = transfer_arguments(configuration, cell)
    return plan_on_seeds(cell, ACROSS, arguments, plan.test_seeds(cell)[:seeds])

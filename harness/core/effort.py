"""Effort: what a training should take, told from its configuration alone.

Seconds on one core of the machine where `tests/benchmarks/cost_model.py` fitted the prices.
No measured time enters, so that what a campaign decides by effort does not depend on machines. For
seconds of another machine, compare the efforts of runs that it has finished with what they took.

An environment step costs the simulator, the learner's own work per step, and its share of the
gradient steps; a gradient step costs something fixed (calls), something for every parameter (the
optimiser), something for every parameter and sample (products of matrices) and, where returns are
told by quantiles, something for every sample and two of these (each is compared with each).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from harness.core.algorithm import Algorithm
from harness.core.matrix import Cell
from harness.core.plan import retrain
from harness.core.prices import (
    HABITS,
    LABELS,
    OTHER_PHYSICS,
    PHYSICS,
    PRICES,
    Habits,
    Price,
    Prices,
)
from harness.core.run import Run
from harness.core.scenario import Scenario
from harness.core.settings import SB3

__all__ = [
    "HABITS",
    "PRICES",
    "STARTUP",
    "Habits",
    "Price",
    "effort",
    "evaluation",
    "parameters",
    "physics",
    "rate",
    "relative",
]

STARTUP: Final = 0.25
"""Seconds of a run before its first step and after its last."""

INPUTS: Final = 16
"""Numbers in an observation; a scenario does not say, and hidden layers matter more."""

UNKNOWN: Final = 5e-4
"""Seconds per step of a learner that is not in the tables."""


def effort(run: Run) -> float:
    """Reference seconds of a run's training, its evaluations aside."""
    per_step = rate(run.algorithm, run.scenario, run.arguments, backend=run.backend)
    return run.steps * per_step


def relative(cell: Cell, arguments: Mapping[str, Any]) -> float:
    """Effort of a training with these arguments in multiples of the default's."""
    asked, default = (retrain(cell, each, 0, 1) for each in (arguments, cell.arguments))
    return effort(asked) / effort(default)


def evaluation(run: Run) -> float:
    """Reference seconds of a run's evaluations, if every episode lasts as long as it may."""
    schedule = run.schedule
    length = run.scenario.max_episode_steps or EPISODE
    return schedule.evals * schedule.episodes * length * (physics(run.scenario) + ACTION)


EPISODE: Final = 500
"""Steps of an episode whose limit the scenario leaves to the environment."""

ACTION: Final = 1e-5
"""Seconds of choosing an action in an evaluation."""


def physics(scenario: Scenario) -> float:
    """Reference seconds of one environment step."""
    return PHYSICS.get(scenario.family, OTHER_PHYSICS)


def rate(
    algorithm: Algorithm,
    scenario: Scenario,
    arguments: Mapping[str, Any],
    *,
    backend: str,
    prices: Prices | None = None,
) -> float:
    """Reference seconds of one environment step of learning.

    Args:
        algorithm, scenario: Of the cell.
        arguments: Constructor arguments as JSON.
        backend: ``sb3`` or ``fast``; one without prices costs what ``sb3`` does.
        prices: Others than those of the table.
    """
    known = PRICES if prices is None else prices
    learner = algorithm.learner.partition(":")[2]
    habits = HABITS.get(learner)
    price = known.get((learner, backend)) or known.get((learner, SB3))
    if habits is None or price is None:
        return physics(scenario) + UNKNOWN
    quantiles = _quantiles(arguments, habits)
    count = parameters(_networks(arguments, habits), outputs=quantiles or 1)
    batch, updates = _updates(algorithm, scenario.n_envs, arguments, habits)
    update = price.update + count * (price.parameter + batch * price.product)
    update += batch * quantiles**2 * price.pair
    own = price.step / scenario.n_envs + price.transition
    return physics(scenario) + own + updates * update


def parameters(networks: Sequence[Sequence[int]], outputs: int = 1) -> int:
    """Weights of fully connected networks with these hidden layers."""
    return sum(
        below * above
        for widths in networks
        for below, above in zip((INPUTS, *widths), (*widths, outputs), strict=True)
    )


def _quantiles(arguments: Mapping[str, Any], habits: Habits) -> int:
    policy = arguments.get("policy_kwargs")
    asked = policy.get("n_quantiles") if isinstance(policy, Mapping) else None
    return asked if habits.quantiles and isinstance(asked, int) else habits.quantiles


def _updates(
    algorithm: Algorithm, n_envs: int, arguments: Mapping[str, Any], habits: Habits
) -> tuple[int, float]:
    """Samples of a gradient step, and gradient steps per environment step."""

    def given(name: str, otherwise: int | None) -> int:
        value = arguments.get(name, otherwise)
        return value if isinstance(value, int) and value > 0 else (otherwise or 1)

    if algorithm.on_policy:
        rollout = given("n_steps", habits.n_steps) * n_envs
        batch = min(given("batch_size", habits.batch or rollout), rollout)
        return batch, given("n_epochs", habits.epochs) / batch
    every = given("train_freq", habits.train_freq) * n_envs
    steps = arguments.get("gradient_steps", habits.gradient_steps)
    # -1 stands for as many as there were environment steps.
    share = 1.0 if steps == -1 else given("gradient_steps", habits.gradient_steps) / every
    return given("batch_size", habits.batch), share


def _networks(arguments: Mapping[str, Any], habits: Habits) -> list[list[int]]:
    """Hidden layers of the actor and of the critic."""
    policy = arguments.get("policy_kwargs")
    asked = policy.get("net_arch") if isinstance(policy, Mapping) else None
    if isinstance(asked, Mapping):
        found = [_widths(widths) for widths in asked.values()]
        return found * (2 if len(found) == 1 else 1) or [[], []]
    if asked is None:
        return [list(habits.widths), list(habits.critic or habits.widths)]
    widths = _widths(asked)
    return [widths, widths]


def _widths(asked: Any) -> list[int]:
    if isinstance(asked, str):
        asked = LABELS.get(asked, ())
    return [each for each in asked if isinstance(each, int)] if isinstance(asked, Sequence) else []

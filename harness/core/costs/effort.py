"""Effort: what a training should take, computed from its configuration alone.

Seconds on one core of the machine where `tests/benchmarks/cost_model.py` fitted the coefficients.
No measured time enters, so that what a campaign decides by effort does not depend on machines. For
seconds of another machine, compare the efforts of runs that it has finished with what they took.

An environment step costs the simulator, the learner's own work per step, and its share of the
gradient steps; a gradient step costs something fixed (calls), something for every parameter (the
optimiser), something for every parameter and sample (products of matrices); where returns are
described by quantiles, something for every sample and pair of these (each is compared with each);
and what is recurrent, something for every step of a sequence (one waits for the other).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from harness.core.algorithm import Algorithm
from harness.core.costs.cost_coefficients import (
    COEFFICIENTS,
    LEARNER_DEFAULTS,
    OTHER_STEP_SECONDS,
    STEP_SECONDS,
    CoefficientTable,
    CostCoefficients,
    LearnerDefaults,
)
from harness.core.costs.network_sizes import NetworkSize, network_size, read_count
from harness.core.costs.training_steps import trained_steps
from harness.core.decisions.plan import retrain
from harness.core.learner_arguments.cell_arguments import default_arguments
from harness.core.matrix import Cell
from harness.core.run import Run
from harness.core.scenario import Scenario
from harness.core.settings import SB3

STARTUP: Final = 0.25
"""Seconds of a run before its first step and after its last."""

UNKNOWN: Final = 5e-4
"""Seconds per step of a learner that is not in the tables."""


def effort(run: Run, steps: int | None = None) -> float:
    """Reference seconds of a run's training, its evaluations aside.

    Args:
        steps: Environment steps that count; None for those that it takes.
    """
    if run.members:
        share = None if steps is None else round(steps / len(run.members))
        return math.fsum(effort(each, share) for each in run.members)
    if steps is None:
        one = trained_steps(run.algorithm, run.scenario, run.arguments, run.steps)
        steps = one * len(run.parts)
    return steps * rate(run.algorithm, run.scenario, run.arguments, backend=run.backend)


def relative(cell: Cell, arguments: Mapping[str, object]) -> float:
    """Effort of a training with these arguments in multiples of the default's."""
    return relative_to(cell, arguments, default_arguments(cell))


def relative_to(cell: Cell, arguments: Mapping[str, Any], default: Mapping[str, Any]) -> float:
    """The same where the default's arguments are known; a record of a cell cannot make them."""
    own, usual = (retrain(cell, each, 0, 1) for each in (arguments, default))
    return effort(own, 1) / effort(usual, 1)


def evaluation(run: Run) -> float:
    """Reference seconds of a run's evaluations, if every episode lasts as long as it may.

    An ensemble is evaluated beside each of its members.
    """
    episodes = len(run.parts) * len(run.evaluation_steps) * run.schedule.episodes
    length = run.scenario.max_episode_steps or EPISODE
    own = episodes * length * action_seconds(run.scenario, max(1, len(run.members)))
    return own + math.fsum(map(evaluation, run.members))


EPISODE: Final = 500
"""Steps of an episode whose limit the scenario leaves to the environment."""

ACTION: Final = 1e-5
"""Seconds of choosing an action in an evaluation."""

IMAGE_ACTION: Final = 1e-3
"""The same by an image."""


def action_seconds(scenario: Scenario, policies: int = 1) -> float:
    """Reference seconds of a step of an evaluation, in which so many policies choose."""
    action = IMAGE_ACTION if scenario.observation == "image" else ACTION
    return step_seconds(scenario) + action * policies


def step_seconds(scenario: Scenario) -> float:
    """Reference seconds of one environment step."""
    return STEP_SECONDS.get(scenario.family, OTHER_STEP_SECONDS)


def rate(
    algorithm: Algorithm,
    scenario: Scenario,
    arguments: Mapping[str, object],
    *,
    backend: str,
    coefficients: CoefficientTable | None = None,
) -> float:
    """Reference seconds of one environment step of learning.

    Args:
        arguments: Constructor arguments as JSON.
        backend: ``sb3`` or ``fast``; one without coefficients costs what ``sb3`` does.
        coefficients: Others than those of the table.
    """
    table = COEFFICIENTS if coefficients is None else coefficients
    learner = algorithm.learner.partition(":")[2]
    defaults = LEARNER_DEFAULTS.get(learner)
    cost = table.get((learner, backend)) or table.get((learner, SB3))
    if defaults is None or cost is None:
        return step_seconds(scenario) + UNKNOWN
    size = network_size(arguments, defaults, scenario.observation)
    # Actions are chosen by the same look at an image as updates take.
    own = cost.step / scenario.n_envs + cost.transition + size.image_products * cost.product
    n_steps = read_count(arguments, "n_steps", defaults.n_steps)
    updates = sum(
        per_step * _update_seconds(batch, min(batch, n_steps), size, cost)
        for batch, per_step in _updates(algorithm, scenario.n_envs, arguments, defaults)
    )
    return step_seconds(scenario) + own + updates


def _update_seconds(batch: int, length: int, size: NetworkSize, cost: CostCoefficients) -> float:
    """Reference seconds of a gradient step.

    Args:
        batch: Samples.
        length: Of the sequences among them.
        size: Of the networks.
        cost: Coefficients of the learner.
    """
    return (
        cost.update
        + size.weights * cost.parameter
        + batch * size.products * cost.product
        + batch * size.quantiles**2 * cost.pair
        + length * size.lstms * cost.unroll
    )


def parameters_of(algorithm: Algorithm, scenario: Scenario, arguments: Mapping[str, object]) -> int:
    """Weights of a learner's actor and critic; as the default where nobody knows the learner."""
    defaults = LEARNER_DEFAULTS.get(algorithm.learner.partition(":")[2], LearnerDefaults())
    return network_size(arguments, defaults, scenario.observation).weights


def _updates(
    algorithm: Algorithm, n_envs: int, arguments: Mapping[str, object], defaults: LearnerDefaults
) -> list[tuple[int, float]]:
    """Samples of a gradient step, and such steps per environment step, of each kind."""
    if algorithm.on_policy:
        rollout = read_count(arguments, "n_steps", defaults.n_steps) * n_envs
        batch = min(read_count(arguments, "batch_size", defaults.batch or rollout), rollout)
        if not defaults.conjugate:
            return [(batch, read_count(arguments, "n_epochs", defaults.epochs) / batch)]
        passes = read_count(arguments, "n_critic_updates", defaults.epochs)
        conjugate = read_count(arguments, "cg_max_steps", defaults.conjugate)
        return [(batch, passes / batch), (rollout, conjugate / rollout)]
    every = read_count(arguments, "train_freq", defaults.train_freq) * n_envs
    steps = read_count(arguments, "gradient_steps", defaults.gradient_steps)
    # -1 stands for as many as there were environment steps.
    share = 1.0 if arguments.get("gradient_steps") == -1 else steps / every
    return [(read_count(arguments, "batch_size", defaults.batch), share)]

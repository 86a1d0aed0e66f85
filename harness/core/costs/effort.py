"""Effort: what a training should take, computed from its configuration alone.

Seconds on one core of the machine where `tests/benchmarks/cost_model.py` fitted the coefficients.
No measured time enters, so that what a campaign decides by effort does not depend on machines. For
seconds of another machine, compare the efforts of runs that it has finished with what they took.

An environment step costs the simulator, the learner's own work per step, and its share of the
gradient steps; a gradient step costs something fixed (calls), something for every parameter (the
optimiser), something for every parameter and sample (products of matrices) and, where returns are
described by quantiles, something for every sample and pair of these (each is compared with each).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from harness.core.algorithm import Algorithm
from harness.core.arguments import NETWORKS
from harness.core.costs.cost_coefficients import (
    COEFFICIENTS,
    LEARNER_DEFAULTS,
    OTHER_STEP_SECONDS,
    STEP_SECONDS,
    CoefficientTable,
    LearnerDefaults,
)
from harness.core.costs.training_steps import trained_steps
from harness.core.decisions.plan import retrain
from harness.core.learner_arguments.cell_arguments import default_arguments
from harness.core.matrix import Cell
from harness.core.run import Run
from harness.core.scenario import Scenario
from harness.core.settings import SB3

STARTUP: Final = 0.25
"""Seconds of a run before its first step and after its last."""

INPUTS: Final = 16
"""Numbers in an observation; a scenario does not say, and hidden layers matter more."""

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


def action_seconds(scenario: Scenario, policies: int = 1) -> float:
    """Reference seconds of a step of an evaluation, in which so many policies choose."""
    return step_seconds(scenario) + ACTION * policies


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
    quantiles = _quantiles(arguments, defaults)
    count = parameters(_networks(arguments, defaults), outputs=quantiles or 1)
    batch, updates = _updates(algorithm, scenario.n_envs, arguments, defaults)
    update = cost.update + count * (cost.parameter + batch * cost.product)
    update += batch * quantiles**2 * cost.pair
    own = cost.step / scenario.n_envs + cost.transition
    return step_seconds(scenario) + own + updates * update


def parameters(networks: Sequence[Sequence[int]], outputs: int = 1) -> int:
    """Weights of fully connected networks with these hidden layers."""
    return sum(
        below * above
        for widths in networks
        for below, above in zip((INPUTS, *widths), (*widths, outputs), strict=True)
    )


def parameters_of(algorithm: Algorithm, arguments: Mapping[str, object]) -> int:
    """Weights of a learner's actor and critic; as the default where nobody knows the learner."""
    defaults = LEARNER_DEFAULTS.get(algorithm.learner.partition(":")[2], LearnerDefaults())
    return parameters(_networks(arguments, defaults), outputs=_quantiles(arguments, defaults) or 1)


def _quantiles(arguments: Mapping[str, object], defaults: LearnerDefaults) -> int:
    policy = arguments.get("policy_kwargs")
    n_quantiles = policy.get("n_quantiles") if isinstance(policy, Mapping) else None
    return (
        n_quantiles if defaults.quantiles and isinstance(n_quantiles, int) else defaults.quantiles
    )


def _updates(
    algorithm: Algorithm, n_envs: int, arguments: Mapping[str, object], defaults: LearnerDefaults
) -> tuple[int, float]:
    """Samples of a gradient step, and gradient steps per environment step."""

    def argument(name: str, default: int | None) -> int:
        value = arguments.get(name, default)
        return value if isinstance(value, int) and value > 0 else (default or 1)

    if algorithm.on_policy:
        rollout = argument("n_steps", defaults.n_steps) * n_envs
        batch = min(argument("batch_size", defaults.batch or rollout), rollout)
        return batch, argument("n_epochs", defaults.epochs) / batch
    every = argument("train_freq", defaults.train_freq) * n_envs
    steps = arguments.get("gradient_steps", defaults.gradient_steps)
    # -1 stands for as many as there were environment steps.
    share = 1.0 if steps == -1 else argument("gradient_steps", defaults.gradient_steps) / every
    return argument("batch_size", defaults.batch), share


def _networks(arguments: Mapping[str, object], defaults: LearnerDefaults) -> list[list[int]]:
    """Hidden layers of the actor and of the critic."""
    policy = arguments.get("policy_kwargs")
    net_arch = policy.get("net_arch") if isinstance(policy, Mapping) else None
    if isinstance(net_arch, Mapping):
        networks = [_widths(widths) for widths in net_arch.values()]
        return networks * (2 if len(networks) == 1 else 1) or [[], []]
    if net_arch is None:
        return [list(defaults.widths), list(defaults.critic or defaults.widths)]
    widths = _widths(net_arch)
    return [widths, widths]


def _widths(layers: object) -> list[int]:
    if isinstance(layers, str):
        layers = NETWORKS.get(layers, ())
    return (
        [each for each in layers if isinstance(each, int)] if isinstance(layers, Sequence) else []
    )

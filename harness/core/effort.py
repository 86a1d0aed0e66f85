"""Effort: what a training should take, told from its configuration alone.

Seconds on one core of the machine where `tests/benchmarks/cost_model.py` fitted the prices below.
No measured time enters, so that what a campaign decides by effort does not depend on machines. For
seconds of another machine, compare the efforts of units that it has finished with what they took.

An environment step costs the simulator, the learner's own work per step, and its share of the
gradient steps; a gradient step costs something fixed (calls), something for every parameter (the
optimiser), something for every parameter and sample (products of matrices) and, where returns are
told by quantiles, something for every sample and two of these (each is compared with each).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from harness.core.algorithm import Algorithm
from harness.core.backend import FAST, SB3
from harness.core.matrix import Cell
from harness.core.plan import retrain
from harness.core.scenario import Scenario
from harness.core.unit import Unit

__all__ = [
    "HABITS",
    "PRICES",
    "STARTUP",
    "TABLE",
    "Habits",
    "Price",
    "effort",
    "evaluation",
    "parameters",
    "physics",
    "rate",
    "relative",
]

TABLE: Final = 1
"""Number of the tables below. Searches decide by them: other prices are another table."""

STARTUP: Final = 0.25
"""Seconds of a unit before its first step and after its last."""

PHYSICS: Final[Mapping[str, float]] = MappingProxyType(
    {"box2d": 6e-5, "bucket_brigade": 4e-5, "classic_control": 1.5e-5, "mujoco": 1e-4}
)
"""Seconds of an environment's step by the scenario's family."""

OTHER_PHYSICS: Final = 5e-5
INPUTS: Final = 16
"""Numbers in an observation; a scenario does not say, and hidden layers matter more."""

UNKNOWN: Final = 5e-4
"""Seconds per step of a learner that is not in the tables."""

LABELS: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {"tiny": (64,), "small": (64, 64), "medium": (256, 256), "big": (400, 300)}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What a learner does where its arguments say nothing.

    Attributes:
        widths: Hidden layers.
        critic: Those of the critic, where they are others.
        batch: Samples of a gradient step; None for the whole rollout.
        n_steps: Steps of a rollout per environment, on policy.
        epochs: Passes over a rollout, on policy.
        train_freq, gradient_steps: Vectorised steps between updates, and their gradient steps.
        quantiles: Of a return; 0 where only its mean is learned.
    """

    widths: tuple[int, ...] = (64, 64)
    critic: tuple[int, ...] | None = None
    batch: int | None = 64
    n_steps: int = 2048
    epochs: int = 10
    train_freq: int = 1
    gradient_steps: int = 1
    quantiles: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Seconds on the machine of the fit.

    Attributes:
        step: Of a step of the vectorised environment, the simulator aside.
        transition: Of a transition, whatever is done with it.
        update: Of a gradient step.
        parameter: Of a gradient step and one of the learner's parameters.
        product: Of a parameter and a sample.
        pair: Of a sample and two quantiles.
    """

    step: float
    transition: float = 0.0
    update: float = 0.0
    parameter: float = 0.0
    product: float = 0.0
    pair: float = 0.0


OFF_POLICY: Final = Habits(widths=(256, 256), batch=256)
VALUES: Final = Habits(batch=32, train_freq=4)

HABITS: Final[Mapping[str, Habits]] = MappingProxyType(
    {
        "A2C": Habits(batch=None, n_steps=5, epochs=1),
        "CrossQ": replace(OFF_POLICY, critic=(1024, 1024)),
        "DDPG": Habits(widths=(400, 300), batch=256),
        "DQN": VALUES,
        "MaskablePPO": Habits(),
        "PPO": Habits(),
        "QRDQN": replace(VALUES, quantiles=200),
        "RecurrentPPO": Habits(batch=128, n_steps=128),
        "SAC": OFF_POLICY,
        "TD3": Habits(widths=(400, 300), batch=256),
        "TQC": replace(OFF_POLICY, quantiles=25),
        "TRPO": Habits(batch=128),
    }
)
"""Name of the learner's class -> its habits; the tests compare them with the constructors."""

Prices = Mapping[tuple[str, str], Price]

_PPO: Final = Price(step=4.3e-4, transition=1.1e-5, update=1.7e-3, parameter=4e-9, product=1.1e-10)
_SAC: Final = Price(step=3e-4, transition=1.8e-4, update=4.8e-3, parameter=4.2e-9, product=3.1e-10)
_TD3: Final = Price(step=2e-4, update=4.8e-3, parameter=8.6e-9, product=1.4e-10)
_FAST: Final = Price(step=2.8e-5, transition=3e-6, update=6.6e-5, parameter=3.5e-9, product=1.1e-10)

PRICES: Final[Prices] = MappingProxyType(
    {
        ("A2C", FAST): replace(_FAST, update=2.5e-4),
        ("A2C", SB3): replace(_PPO, update=2.1e-3),
        ("CrossQ", SB3): Price(step=2e-4, update=9e-3, parameter=1.5e-8, product=4e-10),
        ("DDPG", SB3): _TD3,
        ("DQN", SB3): Price(step=1.5e-4, update=1e-3, parameter=2.6e-9, product=7e-11),
        ("MaskablePPO", FAST): _FAST,
        ("MaskablePPO", SB3): _PPO,
        ("PPO", FAST): _FAST,
        ("PPO", SB3): _PPO,
        ("QRDQN", SB3): Price(step=1.2e-4, update=2e-3, parameter=4.6e-9, product=2e-10),
        ("RecurrentPPO", SB3): Price(step=1.2e-3, update=1.5e-2, parameter=1e-8, product=5e-10),
        ("SAC", SB3): _SAC,
        ("TD3", SB3): _TD3,
        ("TQC", SB3): Price(step=2e-4, update=1.1e-2, product=4.5e-10),
        ("TRPO", SB3): Price(step=4.3e-4, update=1.7e-3, parameter=4e-9, product=1.1e-10),
    }
)
"""Name of the learner's class and backend -> prices."""


def effort(unit: Unit) -> float:
    """Reference seconds of a unit's training, its evaluations aside."""
    per_step = rate(unit.algorithm, unit.scenario, unit.arguments, backend=unit.backend)
    return unit.steps * per_step


def relative(cell: Cell, arguments: Mapping[str, Any]) -> float:
    """Effort of a training with these arguments in multiples of the default's."""
    asked, default = (retrain(cell, each, 0, 1) for each in (arguments, cell.arguments))
    return effort(asked) / effort(default)


def evaluation(unit: Unit) -> float:
    """Reference seconds of a unit's evaluations, if every episode lasts as long as it may."""
    schedule = unit.schedule
    length = unit.scenario.max_episode_steps or EPISODE
    return schedule.evals * schedule.episodes * length * (physics(unit.scenario) + ACTION)


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

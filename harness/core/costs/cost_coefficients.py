"""CoefficientTable: what the parts of a training step take, by learner and backend.

Fitted by `tests/benchmarks/cost_model.py`, in seconds on one core of one machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from harness.core.settings import FAST, SB3

STEP_SECONDS: Final[Mapping[str, float]] = MappingProxyType(
    {"box2d": 6e-5, "bucket_brigade": 4e-5, "classic_control": 8e-6, "mujoco": 1e-4}
)
"""Seconds of an environment's step by the scenario's family."""

OTHER_STEP_SECONDS: Final = 5e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerDefaults:
    """What a learner does where its arguments say nothing.

    Attributes:
        widths: Hidden layers.
        critic: Those of the critic, where they are others.
        batch: Samples of a gradient step; None for the whole rollout.
        n_steps: Steps of a rollout per environment, on policy.
        epochs: Passes over a rollout, on policy; of the critic alone where there are `conjugate`.
        conjugate: Steps of conjugate gradients over a whole rollout for the actor; 0 without.
        train_freq, gradient_steps: Vectorised steps between updates, and their gradient steps.
        quantiles: Of a return; 0 where only its mean is learned.
        lstm: Width of the recurrent layers before the others; 0 without.
    """

    widths: tuple[int, ...] = (64, 64)
    critic: tuple[int, ...] | None = None
    batch: int | None = 64
    n_steps: int = 2048
    epochs: int = 10
    conjugate: int = 0
    train_freq: int = 1
    gradient_steps: int = 1
    quantiles: int = 0
    lstm: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CostCoefficients:
    """Seconds on the machine of the fit.

    Attributes:
        step: Of a step of the vectorised environment, the simulator aside.
        transition: Of a transition, whatever is done with it.
        update: Of a gradient step.
        parameter: Of a gradient step and one of the learner's parameters.
        product: Of a parameter and a sample.
        pair: Of a sample and two quantiles.
        unroll: Of a gradient step, a recurrent network and a step of its sequences.
    """

    step: float = 0.0
    transition: float = 0.0
    update: float = 0.0
    parameter: float = 0.0
    product: float = 0.0
    pair: float = 0.0
    unroll: float = 0.0


OFF_POLICY: Final = LearnerDefaults(widths=(256, 256), batch=256)
VALUES: Final = LearnerDefaults(batch=32, train_freq=4)

LEARNER_DEFAULTS: Final[Mapping[str, LearnerDefaults]] = MappingProxyType(
    {
        "A2C": LearnerDefaults(batch=None, n_steps=5, epochs=1),
        "CrossQ": replace(OFF_POLICY, critic=(1024, 1024)),
        "DDPG": LearnerDefaults(widths=(400, 300), batch=256),
        "DQN": VALUES,
        "MaskablePPO": LearnerDefaults(),
        "PPO": LearnerDefaults(),
        "QRDQN": replace(VALUES, quantiles=200),
        "RecurrentPPO": LearnerDefaults(batch=128, n_steps=128, lstm=256),
        "SAC": OFF_POLICY,
        "TD3": LearnerDefaults(widths=(400, 300), batch=256),
        "TQC": replace(OFF_POLICY, quantiles=25),
        "TRPO": LearnerDefaults(batch=128, conjugate=15),
    }
)
"""Name of the learner's class -> its defaults; the tests compare them with the constructors."""

CoefficientTable = Mapping[tuple[str, str], CostCoefficients]

_PPO: Final = CostCoefficients(
    step=4.3e-4, transition=1.8e-5, update=1.7e-3, parameter=4e-9, product=1.1e-10
)
_FAST: Final = CostCoefficients(
    step=2.9e-5, transition=1.1e-5, update=7e-5, parameter=3.4e-9, product=1e-10
)

COEFFICIENTS: Final[CoefficientTable] = MappingProxyType(
    {
        ("A2C", FAST): CostCoefficients(
            step=2e-5, transition=6.8e-6, update=3.3e-4, parameter=4.7e-9, product=1.6e-10
        ),
        ("A2C", SB3): replace(_PPO, update=2.1e-3),
        ("CrossQ", FAST): CostCoefficients(
            step=4.7e-5, transition=4.7e-5, update=6.6e-4, parameter=1.9e-9, product=1.5e-10
        ),
        ("CrossQ", SB3): CostCoefficients(
            step=1.2e-4, transition=1.3e-4, update=2.8e-3, parameter=1.9e-9, product=3.8e-10
        ),
        ("DDPG", FAST): CostCoefficients(
            step=4.2e-5, transition=4.2e-5, update=3.1e-4, parameter=2.8e-9, product=1.3e-10
        ),
        ("DDPG", SB3): CostCoefficients(
            step=1.2e-4, transition=9.8e-5, update=1.7e-3, product=1.8e-10
        ),
        ("DQN", FAST): CostCoefficients(
            step=5.7e-5, transition=2.5e-6, update=1.6e-4, parameter=6.4e-10, product=7e-11
        ),
        ("DQN", SB3): CostCoefficients(
            step=2.1e-4, transition=2.8e-6, update=1e-3, parameter=2e-9, product=8e-11
        ),
        ("MaskablePPO", FAST): _FAST,
        ("MaskablePPO", SB3): _PPO,
        ("PPO", FAST): _FAST,
        ("PPO", SB3): _PPO,
        ("QRDQN", FAST): CostCoefficients(
            transition=3e-5, update=3.7e-4, parameter=2.1e-9, product=5.3e-11, pair=2e-9
        ),
        ("QRDQN", SB3): CostCoefficients(step=1.8e-4, update=8.8e-4, product=8.3e-11, pair=1.4e-8),
        ("RecurrentPPO", SB3): CostCoefficients(
            step=7.1e-4, transition=1.4e-4, update=4.1e-3, product=1.1e-9, unroll=2.1e-5
        ),
        ("SAC", FAST): CostCoefficients(
            step=6.2e-5, transition=5.1e-5, update=6.6e-4, parameter=2.6e-9, product=2.1e-10
        ),
        ("SAC", SB3): CostCoefficients(
            step=1.3e-4, transition=3.9e-4, update=4.8e-3, parameter=4.2e-9, product=3.1e-10
        ),
        ("TD3", FAST): CostCoefficients(
            step=6.8e-5, update=2.8e-4, parameter=2.6e-9, product=1.4e-10
        ),
        ("TD3", SB3): CostCoefficients(
            step=1.5e-4, transition=1.4e-4, update=2.2e-3, parameter=3.6e-9, product=1.6e-10
        ),
        ("TQC", FAST): CostCoefficients(
            step=8.5e-5,
            transition=8e-5,
            update=5.8e-4,
            parameter=5.4e-9,
            product=2.1e-10,
            pair=6.5e-9,
        ),
        ("TQC", SB3): CostCoefficients(
            step=8.7e-5,
            transition=8.8e-5,
            update=6.1e-3,
            parameter=4.9e-9,
            product=2.9e-10,
            pair=4.7e-8,
        ),
        ("TRPO", SB3): CostCoefficients(
            step=3.9e-4, transition=6.4e-5, update=5.3e-4, parameter=5.6e-9, product=3.1e-11
        ),
    }
)
"""Name of the learner's class and backend -> coefficients."""

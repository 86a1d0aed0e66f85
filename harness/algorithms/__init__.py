"""One small data file per algorithm: class path, capabilities, search space."""

from __future__ import annotations

from harness.algorithms import (
    a2c,
    ars,
    crossq,
    ddpg,
    dqn,
    ppo,
    ppo_mask,
    ppo_recurrent,
    qrdqn,
    sac,
    td3,
    tqc,
    trpo,
)
from harness.core.algorithm import Algorithm

__all__ = ["ALGORITHMS"]

ALGORITHMS: tuple[Algorithm, ...] = (
    a2c.ALGORITHM,
    ars.ALGORITHM,
    crossq.ALGORITHM,
    ddpg.ALGORITHM,
    dqn.ALGORITHM,
    ppo.ALGORITHM,
    ppo_mask.ALGORITHM,
    ppo_recurrent.ALGORITHM,
    qrdqn.ALGORITHM,
    sac.ALGORITHM,
    td3.ALGORITHM,
    tqc.ALGORITHM,
    trpo.ALGORITHM,
)
"""Every built-in algorithm, by name; found through the entry point `harness.algorithms`."""

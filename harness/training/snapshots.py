"""Self-play: snapshots of the learner, taken while it trains, for the seats beside its own."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sb3_contrib import MaskablePPO
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback

from harness.envs.players import PolicyFunction, SnapshotPool

__all__ = ["Snapshots", "snapshots_of"]


def snapshots_of(learner: BaseAlgorithm) -> list[BaseCallback]:
    """What takes the snapshots that the learner's environments ask for, if they do."""
    env = learner.get_env()
    pool = env.get_attr("pool")[0] if env is not None and env.has_attr("pool") else None
    return [] if pool is None else [Snapshots(pool, learner)]


class Snapshots(BaseCallback):
    """Puts the policy into the pool before the first step and every so many steps."""

    def __init__(self, pool: SnapshotPool, learner: BaseAlgorithm) -> None:
        super().__init__()
        self._pool = pool
        self._due = pool.every
        pool.add(frozen(learner))

    def _on_step(self) -> bool:
        if self.num_timesteps >= self._due:
            self._due = (self.num_timesteps // self._pool.every + 1) * self._pool.every
            self._pool.add(frozen(self.model))
        return True


def frozen(learner: BaseAlgorithm) -> PolicyFunction:
    """The learner's policy as it is now, with its normalisation; it explores as in training."""
    # A new policy draws its first weights, which must not move the training's own stream.
    with torch.random.fork_rng(devices=[]):
        policy = type(learner.policy)(**learner.policy._get_constructor_parameters())  # noqa: SLF001
    weights = {name: tensor.clone() for name, tensor in learner.policy.state_dict().items()}
    policy.load_state_dict(weights)
    policy.to(learner.device)
    policy.set_training_mode(False)
    masked = isinstance(learner, MaskablePPO)
    normalization = copy.deepcopy(learner.get_vec_normalize_env())

    def act(observations: NDArray[Any], masks: NDArray[Any] | None) -> NDArray[Any]:
        batch: Any = observations
        if normalization is not None:
            batch = normalization.normalize_obs(batch)
        more: dict[str, Any] = {"action_masks": masks} if masked and masks is not None else {}
        actions, _ = policy.predict(batch, deterministic=False, **more)
        return np.asarray(actions)

    return act

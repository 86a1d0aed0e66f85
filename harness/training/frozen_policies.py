"""Policies that no longer learn, as players in a training: saved models and snapshots of itself."""

from __future__ import annotations

import copy
import io
from functools import lru_cache
from typing import Any, Final

import numpy as np
import torch
from sb3_contrib import MaskablePPO
from sb3_contrib.ars.policies import ARSPolicy
from sb3_contrib.common.maskable.policies import MaskableActorCriticPolicy
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.policies import ActorCriticPolicy, BasePolicy
from stable_baselines3.common.save_util import load_from_zip_file

from harness import saved_models
from harness.core.opponents import SavedModel, replace_models
from harness.core.scenario import Scenario
from harness.envs.players import PolicyFunction, SnapshotPool
from harness.errors import HarnessError, UsageError
from harness.restricted_pickle import read_object
from harness.saved_models import ModelContent
from harness.training.observation_statistics import ObservationStatistics
from harness.training.vec_envs import games_of

_POLICY_DATA: Final = frozenset(
    {"policy_class", "policy_kwargs", "use_sde", "observation_space", "action_space"}
)
"""What a policy is made of again; the rest of a saved model stays unread."""

_SEED_LIMIT: Final = 2**63


def load_opponents(scenario: Scenario) -> Scenario:
    """The scenario with every saved model among its arguments ready to play.

    Raises:
        UsageError: A file is missing, or is not what it was when the matrix was read.
    """
    return replace_models(scenario, _open)


@lru_cache(maxsize=32)
def _open(model: SavedModel) -> FrozenPolicy:
    return FrozenPolicy(model)


class FrozenPolicy:
    """A policy that no longer learns, with the normalisation it was trained with.

    It acts on the CPU: equal games, whatever the learner's device. Sampled actions come from the
    environment's own generator, so that a seed fixes the game.
    """

    def __init__(self, model: SavedModel) -> None:
        """Load the policy.

        Raises:
            UsageError: The file is missing, is another one by now, or is no such model.
        """
        content = saved_models.read_verified_content(model)
        saved_models.read_description(content, is_sampled=model.sampled)
        self.name = model.name
        self._sampled = model.sampled
        try:
            self._policy = _policy(content)
            self._normalization = _normalization(content)
        except HarnessError:
            raise
        except Exception as exc:
            raise UsageError(
                f"the saved model {model.path} cannot be loaded: {type(exc).__name__}: {exc}",
                help="save it again with the versions that are installed here",
            ) from exc
        self.observation_space = self._policy.observation_space
        self.action_space = self._policy.action_space
        self._masked = isinstance(self._policy, MaskableActorCriticPolicy)

    def __deepcopy__(self, _memo: object) -> FrozenPolicy:
        # Gymnasium copies the arguments of an environment; nothing here ever changes.
        return self

    def __call__(
        self, observations: np.ndarray, masks: np.ndarray | None, rng: np.random.Generator
    ) -> np.ndarray:
        batch: Any = observations
        if self._normalization is not None:
            batch = self._normalization.normalize_obs(batch)
        more: dict[str, Any] = {"action_masks": masks} if self._masked and masks is not None else {}
        if not self._sampled:
            actions, _ = self._policy.predict(batch, deterministic=True, **more)
            return np.asarray(actions)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(rng.integers(_SEED_LIMIT)))
            if getattr(self._policy, "use_sde", False):
                self._policy.reset_noise(len(observations))  # type: ignore[operator]
            actions, _ = self._policy.predict(batch, deterministic=False, **more)
        return np.asarray(actions)


def _policy(content: ModelContent) -> BasePolicy:
    description = saved_models.read_description(content, is_sampled=False)
    data = {key: read_object(description, key) for key in _POLICY_DATA}
    # Weights alone: the library would unpickle whatever is in the description.
    _, weights, _ = load_from_zip_file(io.BytesIO(content.model), load_data=False, device="cpu")
    arguments = dict(data["policy_kwargs"] or {})
    kind = data["policy_class"]
    if not (isinstance(kind, type) and issubclass(kind, BasePolicy)):
        raise UsageError("it is no model of stable-baselines3", help="save it again")
    if issubclass(kind, ActorCriticPolicy):
        # Others have it among their `policy_kwargs`.
        arguments["use_sde"] = bool(data["use_sde"])
    if not issubclass(kind, ARSPolicy):
        arguments["lr_schedule"] = _zero_schedule
    # First weights and exploration noise are drawn, which must not move the training's own stream.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        policy: BasePolicy = kind(
            observation_space=data["observation_space"],
            action_space=data["action_space"],
            **arguments,
        )
    state: Any = weights["policy"]
    policy.load_state_dict(state)
    policy.set_training_mode(False)
    return policy


def _zero_schedule(_remaining: float) -> float:
    return 0.0


def _normalization(content: ModelContent) -> ObservationStatistics | None:
    return None if content.statistics is None else ObservationStatistics.read(content.statistics)


def snapshot_callbacks(learner: BaseAlgorithm) -> list[BaseCallback]:
    """The callback that takes snapshots, where the learner's environments ask for them."""
    games = games_of(learner.get_env())
    if games is None or games.pool is None:
        return []
    return [SnapshotCallback(games.pool, learner)]


class SnapshotCallback(BaseCallback):
    """Puts the policy into the pool before the first step and every so many steps."""

    def __init__(self, pool: SnapshotPool, learner: BaseAlgorithm) -> None:
        super().__init__()
        self._pool = pool
        self._next_step = pool.every
        pool.add(snapshot_policy(learner))

    def _on_step(self) -> bool:
        if self.num_timesteps >= self._next_step:
            self._next_step = (self.num_timesteps // self._pool.every + 1) * self._pool.every
            self._pool.add(snapshot_policy(self.model))
        return True


def snapshot_policy(learner: BaseAlgorithm) -> PolicyFunction:
    """The learner's policy as it is now, with its normalisation; it explores as in training."""
    # A new policy draws its first weights, which must not move the training's own stream.
    with torch.random.fork_rng(devices=[]):
        policy = type(learner.policy)(**learner.policy._get_constructor_parameters())  # noqa: SLF001
    weights = {name: tensor.clone() for name, tensor in learner.policy.state_dict().items()}
    policy.load_state_dict(weights)
    policy.to(learner.device)
    policy.set_training_mode(False)
    takes_masks = isinstance(learner, MaskablePPO)
    normalization = copy.deepcopy(learner.get_vec_normalize_env())

    def act(observations: np.ndarray, masks: np.ndarray | None) -> np.ndarray:
        batch: Any = observations
        if normalization is not None:
            batch = normalization.normalize_obs(batch)
        more: dict[str, Any] = {"action_masks": masks} if takes_masks and masks is not None else {}
        actions, _ = policy.predict(batch, deterministic=False, **more)
        return np.asarray(actions)

    return act

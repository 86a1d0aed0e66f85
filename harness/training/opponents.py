"""Saved models that play in a training's environments."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any, Final

import cloudpickle  # type: ignore[import-untyped]
import numpy as np
import torch
from sb3_contrib.ars.policies import ARSPolicy
from sb3_contrib.common.maskable.policies import MaskableActorCriticPolicy
from stable_baselines3.common.policies import ActorCriticPolicy, BasePolicy
from stable_baselines3.common.save_util import load_from_zip_file
from stable_baselines3.common.vec_env import VecNormalize

from harness import saved_models
from harness.core.opponents import SavedModel, with_models_replaced
from harness.core.scenario import Scenario
from harness.errors import HarnessError, UsageError
from harness.saved_models import ModelContent

__all__ = ["Frozen", "seated"]

Array = np.ndarray[Any, Any]

_NEEDED: Final = frozenset(
    {"policy_class", "policy_kwargs", "use_sde", "observation_space", "action_space"}
)
"""What a policy is made of again; the rest of a saved model stays unread."""

_SEEDS: Final = 2**63


def seated(scenario: Scenario) -> Scenario:
    """The scenario with every saved model among its arguments ready to play.

    Raises:
        UsageError: A file is missing, or is not what it was when the matrix was read.
    """
    return with_models_replaced(scenario, _open)


@lru_cache(maxsize=32)
def _open(model: SavedModel) -> Frozen:
    return Frozen(model)


class Frozen:
    """A policy that no longer learns, with the normalisation it was trained with.

    It acts on the CPU: equal games, whatever the learner's device. Sampled actions come from the
    environment's own generator, so that a seed fixes the game.
    """

    def __init__(self, model: SavedModel) -> None:
        """Load the policy.

        Raises:
            UsageError: The file is missing, is another one by now, or is no such model.
        """
        content = saved_models.verified_content(model)
        saved_models.read_description(content, sampled=model.sampled)
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

    def __deepcopy__(self, _memo: object) -> Frozen:
        # Gymnasium copies the arguments of an environment; nothing here ever changes.
        return self

    def __call__(self, observations: Array, masks: Array | None, rng: np.random.Generator) -> Array:
        seen: Any = observations
        if self._normalization is not None:
            seen = self._normalization.normalize_obs(seen)
        more: dict[str, Any] = {"action_masks": masks} if self._masked and masks is not None else {}
        if not self._sampled:
            actions, _ = self._policy.predict(seen, deterministic=True, **more)
            return np.asarray(actions)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(rng.integers(_SEEDS)))
            if getattr(self._policy, "use_sde", False):
                self._policy.reset_noise(len(observations))  # type: ignore[operator]
            actions, _ = self._policy.predict(seen, deterministic=False, **more)
        return np.asarray(actions)


def _policy(content: ModelContent) -> BasePolicy:
    unread = dict.fromkeys(saved_models.read_description(content, sampled=False).keys() - _NEEDED)
    data, weights, _ = load_from_zip_file(
        io.BytesIO(content.model), custom_objects=unread, device="cpu"
    )
    if data is None:
        raise UsageError("it is no model of stable-baselines3", help="save it again")
    arguments = dict(data.get("policy_kwargs") or {})
    kind = data["policy_class"]
    if issubclass(kind, ActorCriticPolicy):
        # Others have it among their `policy_kwargs`.
        arguments["use_sde"] = data.get("use_sde", False)
    if not issubclass(kind, ARSPolicy):
        arguments["lr_schedule"] = _no_rate
    # First weights and exploration noise are drawn, which must not move the training's own stream.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        policy: BasePolicy = kind(
            observation_space=data["observation_space"],
            action_space=data["action_space"],
            **arguments,
        )
    trained: Any = weights["policy"]
    policy.load_state_dict(trained)
    policy.set_training_mode(False)
    return policy


def _no_rate(_left: float) -> float:
    return 0.0


def _normalization(content: ModelContent) -> VecNormalize | None:
    if content.statistics is None:
        return None
    found = cloudpickle.loads(content.statistics)
    if not isinstance(found, VecNormalize):
        raise UsageError("its statistics are not those of VecNormalize", help="save it again")
    return found

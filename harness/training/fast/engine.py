"""Engine: everything numpy needs to act for a policy and to update it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.torch_layers import FlattenExtractor

from harness.training.fast.heads import Head, Masks, head_of
from harness.training.fast.memory import Floats, Memory
from harness.training.fast.network import Network, parameter_order
from harness.training.fast.observations import Encoder, encoder
from harness.training.fast.optimizers import Descent, descent

__all__ = ["Engine"]

CHUNK: Final = 1024
"""Rows judged at once, so that hidden layers stay in the processor's cache."""


class Engine:
    """The numpy side of one torch policy; both work on the same memory.

    Attributes:
        memory: Parameters and gradients.
        network: Actor and critic.
        head: Action distribution.
        encode: Observations -> inputs of the network.
        descent: The optimiser.
    """

    def __init__(self, policy: ActorCriticPolicy) -> None:
        """Take a policy over.

        Raises:
            ValueError: A part of the policy has no counterpart here.
        """
        if type(policy.features_extractor) is not FlattenExtractor:
            raise ValueError(f"extractor {type(policy.features_extractor).__name__}")
        self._policy = policy
        space = policy.observation_space
        self.encode: Encoder = encoder(space, scaled=policy.normalize_images)
        self.memory = Memory(policy, parameter_order(policy))
        self.network = Network(policy, self.memory)
        self.head: Head = head_of(policy, self.memory)
        self.descent: Descent = descent(self.memory, policy.optimizer)
        # None of the layers that these policies have acts differently in training.
        policy.set_training_mode(mode=False)

    def predict(
        self, observations: NDArray[Any], *, deterministic: bool, masks: Masks = None
    ) -> NDArray[Any]:
        """Actions for a batch of observations, fit for the environment.

        Args:
            observations: Shape (B, ...), already normalised.
            deterministic: By the mode instead of sampling.
            masks: Shape (B, n).
        """
        out, latent = self.network.act(self.encode(observations))
        if deterministic:
            actions = self.head.mode(out, masks)
        else:
            actions = self.head.sample(out, latent, masks)
        return self.within_bounds(actions.reshape(-1, *(self._policy.action_space.shape or ())))

    def judge(
        self, inputs: Floats, actions: NDArray[Any], masks: Masks = None
    ) -> tuple[Floats, Floats]:
        """Values of inputs (N, d) and log-probabilities of the actions (N, k) taken there."""
        values, log_probs = np.empty(len(inputs), np.float32), np.empty(len(inputs), np.float32)
        for start in range(0, len(inputs), CHUNK):
            place = slice(start, start + CHUNK)
            allowed = None if masks is None else masks[place]
            out, latent = self.network.act(inputs[place])
            log_probs[place], _ = self.head.assess(out, latent, actions[place], allowed)
            values[place] = self.network.value(inputs[place])
        return values, log_probs

    def within_bounds(self, actions: NDArray[Any]) -> NDArray[Any]:
        """Continuous actions clipped to their space; others as they are."""
        space = self._policy.action_space
        if not isinstance(space, spaces.Box):
            return actions
        # The method costs half of the function.
        clipped: NDArray[Any] = actions.clip(space.low, space.high)
        return clipped

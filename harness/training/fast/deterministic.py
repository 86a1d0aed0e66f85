"""TD3 and DDPG with their updates in numpy: actors without chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3 import DDPG, TD3

from harness.training.fast.critics import Critics, joined
from harness.training.fast.memory import Floats, Memory
from harness.training.fast.mlp import Mlp, hidden_layers, sequential_layers
from harness.training.fast.off_policy import FastOffPolicy, OffPolicyEngine, flat_encoder
from harness.training.fast.optimizers import descent
from harness.training.fast.replay import Transitions

__all__ = ["FastDDPG", "FastTD3"]


class DeterministicEngine(OffPolicyEngine):
    """Actor and critics of one policy, and the slower ones that they are drawn to."""

    def __init__(self, policy: Any) -> None:
        self._policy = policy
        self.encode = flat_encoder(policy.actor)
        layers = sequential_layers("mu", policy.actor.mu)
        names = hidden_layers(layers)
        self.memory = Memory(policy.actor, names)
        self._slower = Memory(policy.actor_target, names)
        self.net, self.slow = (
            Mlp(memory, [[layer] for layer in layers], policy.activation_fn)
            for memory in (self.memory, self._slower)
        )
        self.descent = descent(self.memory, policy.actor.optimizer)
        self.critics = Critics(policy.critic, policy.critic_target, policy.activation_fn)

    def act(self, inputs: Floats, *, deterministic: bool) -> NDArray[Any]:
        """Actions (B, k) within the bounds of their space."""
        actions = np.tanh(self.net.forward(inputs))
        scaled: NDArray[Any] = self._policy.unscale_action(
            actions.reshape(-1, *self._policy.action_space.shape)
        )
        return scaled

    def follow(self, share: float) -> None:
        """Move the slower networks towards the others."""
        self.critics.follow(share)
        self._slower.follow(self.memory, share)


class Deterministic(FastOffPolicy):
    """The update that TD3 and DDPG share."""

    actor: Any
    critic: Any
    policy_delay: int
    target_noise_clip: float
    target_policy_noise: float

    def _take_over(self) -> DeterministicEngine:
        return DeterministicEngine(self.policy)

    def train(self, gradient_steps: int, batch_size: int = 100) -> None:
        """Steps of gradient for the critics, and every so often for the actor."""
        engine: DeterministicEngine = self._engine
        self._update_learning_rate([self.actor.optimizer, self.critic.optimizer])
        engine.descent.begin()
        actor_losses, critic_losses = [], []
        with np.errstate(all="ignore"):
            for _ in range(gradient_steps):
                self._n_updates += 1
                batch = self._drawn(batch_size)
                critic_losses.append(self._criticise(engine, batch))
                if self._n_updates % self.policy_delay == 0:
                    actor_losses.append(_improve(engine, batch.inputs))
                    engine.follow(self.tau)
        self._report(actor_loss=actor_losses, critic_loss=critic_losses)

    def _criticise(self, engine: DeterministicEngine, batch: Transitions) -> float:
        most = self.target_noise_clip
        drawn = torch.empty(batch.actions.shape).normal_(0, self.target_policy_noise)
        noise: Floats = drawn.clamp_(-most, most).numpy()
        after = np.clip(np.tanh(engine.slow.forward(batch.following)) + noise, -1, 1)
        slow = engine.critics.judge(batch.following, after, slow=True)
        wanted = batch.discounts * np.minimum.reduce(slow)[:, 0]
        wanted += batch.rewards
        found = engine.critics.judge(batch.inputs, batch.actions)
        errors = [values - wanted[:, None] for values in found]
        loss = sum(float(np.mean(error * error)) for error in errors)
        engine.critics.descend([error * np.float32(2 / len(wanted)) for error in errors])
        return loss


def _improve(engine: DeterministicEngine, inputs: Floats) -> float:
    """One step of the actor up the first critic; returns its loss."""
    size = len(inputs)
    actions = np.tanh(engine.net.forward(inputs))
    critic = engine.critics.nets[0]
    values = critic.forward(joined(inputs, actions))
    slopes = critic.to_inputs(np.full((size, 1), -1 / size, np.float32), size)
    engine.net.backward(slopes[:, -actions.shape[1] :] * (1 - actions * actions))
    engine.descent.step(None)
    return -float(values.mean())


class FastTD3(Deterministic, TD3):
    """TD3 with its updates in numpy."""


class FastDDPG(Deterministic, DDPG):
    """DDPG with its updates in numpy."""

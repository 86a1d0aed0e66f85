"""TD3 and DDPG with their updates in numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from stable_baselines3 import DDPG, TD3

from harness.learners.accelerated import encoder
from harness.learners.critics import Critics, join_pairs, squared_errors
from harness.learners.flat_memory import FlatMemory, Floats
from harness.learners.mlp import Mlp, linear_layers, parameter_names
from harness.learners.off_policy import FastOffPolicy, OffPolicyEngine
from harness.learners.optimizers import numpy_optimizer
from harness.learners.transitions import Transitions


class DeterministicActorEngine(OffPolicyEngine):
    """Actor and critics of one policy, and the target networks that follow them."""

    def __init__(self, policy: Any) -> None:
        self._policy = policy
        self.encode = encoder(policy.actor)
        layers = linear_layers("mu", policy.actor.mu)
        names = parameter_names(layers)
        self.memory = FlatMemory(policy.actor, names)
        self._target_memory = FlatMemory(policy.actor_target, names)
        self.net, self.target = (
            Mlp(memory, [[layer] for layer in layers], policy.activation_fn)
            for memory in (self.memory, self._target_memory)
        )
        self.optimizer = numpy_optimizer(self.memory, policy.actor.optimizer)
        self.critics = Critics(policy.critic, policy.critic_target, policy.activation_fn)

    def act(self, inputs: Floats, *, deterministic: bool) -> np.ndarray:
        actions = np.tanh(self.net.forward(inputs))
        rows = actions.reshape(-1, *self._policy.action_space.shape)
        env_actions: np.ndarray = self._policy.unscale_action(rows)
        return env_actions

    def update_targets(self, tau: float) -> None:
        """Move the target networks by the share `tau` towards the others."""
        self.critics.update_targets(tau)
        self._target_memory.polyak_update(self.memory, tau)


class Td3Update(FastOffPolicy):
    """The update that TD3 and DDPG share."""

    actor: Any
    critic: Any
    policy_delay: int
    target_noise_clip: float
    target_policy_noise: float

    def _make_engine(self) -> DeterministicActorEngine:
        return DeterministicActorEngine(self.policy)

    def train(self, gradient_steps: int, batch_size: int = 100) -> None:
        """Gradient steps of the critics, and every `policy_delay` of the actor."""
        engine: DeterministicActorEngine = self._engine
        self._update_learning_rate([self.actor.optimizer, self.critic.optimizer])
        engine.optimizer.synchronise()
        actor_losses, critic_losses = [], []
        with np.errstate(all="ignore"):
            for _ in range(gradient_steps):
                self._n_updates += 1
                batch = self._sample_batch(batch_size)
                critic_losses.append(self._update_critics(engine, batch))
                if self._n_updates % self.policy_delay == 0:
                    actor_losses.append(_update_actor(engine, batch.inputs))
                    engine.update_targets(self.tau)
        self._log_updates(actor_loss=actor_losses, critic_loss=critic_losses)

    def _update_critics(self, engine: DeterministicActorEngine, batch: Transitions) -> float:
        """One step of the critics; returns their loss."""
        limit = self.target_noise_clip
        tensor = torch.empty(batch.actions.shape).normal_(0, self.target_policy_noise)
        noise: Floats = tensor.clamp_(-limit, limit).numpy()
        next_actions = np.clip(np.tanh(engine.target.forward(batch.next_inputs)) + noise, -1, 1)
        next_values = engine.critics.target_q_values(batch.next_inputs, next_actions)
        targets = batch.discounts * np.minimum.reduce(next_values)[:, 0]
        targets += batch.rewards
        outputs = engine.critics.q_values(batch.inputs, batch.actions)
        loss, gradients = squared_errors(outputs, targets, 1.0)
        engine.critics.descend(gradients)
        return loss


def _update_actor(engine: DeterministicActorEngine, inputs: Floats) -> float:
    """One step of the actor towards larger values of the first critic; returns its loss."""
    size = len(inputs)
    actions = np.tanh(engine.net.forward(inputs))
    critic = engine.critics.nets[0]
    values = critic.forward(join_pairs(inputs, actions))
    d_pairs = critic.input_gradient(np.full((size, 1), -1 / size, np.float32), size)
    engine.net.backward(d_pairs[:, -actions.shape[1] :] * (1 - actions * actions))
    engine.optimizer.step(None)
    return -float(values.mean())


class FastTD3(Td3Update, TD3):
    """TD3 with its updates in numpy."""


class FastDDPG(Td3Update, DDPG):
    """DDPG with its updates in numpy."""

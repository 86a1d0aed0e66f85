"""What SAC, TQC and CrossQ share: a tanh-squashed normal actor and a learned entropy weight.

Formulas and their order are those of stable-baselines3 (Haarnoja et al. 2018, appendix C); random
numbers come from torch's generator by the calls that it makes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import torch

from harness.learners.accelerated import encoder
from harness.learners.flat_memory import FlatMemory, Floats
from harness.learners.mlp import Mlp, linear_layers, parameter_names
from harness.learners.off_policy import FastOffPolicy, OffPolicyEngine
from harness.learners.optimizers import numpy_optimizer

HALF_LOG_TWO_PI: Final = np.float32(0.5 * math.log(2 * math.pi))
EPSILON: Final = np.float32(1e-6)
LOG_STD_MIN, LOG_STD_MAX = np.float32(-20), np.float32(2)

MEAN: Final = ("mu.weight", "mu.bias")
WIDTH: Final = ("log_std.weight", "log_std.bias")
OUTPUT_PARAMETERS: Final = (MEAN[0], WIDTH[0], MEAN[1], WIDTH[1])
"""Both read the same layer: side by side, so that one product serves both."""


class SquashedSample:
    """Actions sampled for a batch, (B, k), in (-1, 1), with what their gradient needs.

    Attributes:
        actions: (B, k).
        log_probs: (B,).
    """

    def __init__(self, out: Floats, noise: Floats) -> None:
        """Sample.

        Args:
            out: The actor's outputs, (B, 2 k): means, logarithms of widths.
            noise: Standard normal, (B, k).
        """
        count = noise.shape[1]
        self._noise = noise
        self._within = (out[:, count:] >= LOG_STD_MIN) & (out[:, count:] <= LOG_STD_MAX)
        logs = np.clip(out[:, count:], LOG_STD_MIN, LOG_STD_MAX)
        self._std = np.exp(logs)
        means = out[:, :count]
        gaussian = means + noise * self._std
        self._z = (gaussian - means) / self._std
        # Torch's own: where tanh comes near 1, its last digit decides the logarithm below.
        self.actions: Floats = torch.tanh(torch.from_numpy(gaussian)).numpy()
        self._slope = 1 - self.actions * self.actions
        exponents = np.float32(-0.5) * self._z * self._z
        logs += HALF_LOG_TWO_PI + np.log(self._slope + EPSILON)
        self.log_probs: Floats = np.add.reduce(exponents - logs, axis=1)

    def gradient(self, d_actions: Floats, d_log_prob: float) -> Floats:
        """Gradient of the actor's outputs.

        Args:
            d_actions: Gradient of each action, (B, k).
            d_log_prob: Gradient of every log-probability.
        """
        weight = np.float32(d_log_prob)
        # Of what is squashed: by the action, and by the correction for the squashing. The normal
        # density itself stays, as mean and sample move together.
        d_means = 2 * weight * self.actions / (self._slope + EPSILON)
        d_means += d_actions
        d_means *= self._slope
        d_widths = d_means * self._noise * self._std
        d_widths += weight * (self._z * (self._z - self._noise) - 1)
        d_widths *= self._within
        return np.concatenate([d_means, d_widths], axis=1)


class SquashedActor:
    """An actor's network and its distribution.

    Attributes:
        memory: Its parameters.
        net: Inputs (B, d) -> outputs (B, 2 k).
        action_size: k.
    """

    def __init__(self, actor: Any) -> None:
        """Take an actor over.

        Raises:
            ValueError: It explores in a way that has no counterpart here.
        """
        if actor.use_sde:
            raise ValueError("state-dependent exploration")
        self.memory, self.net = self._make_network(actor)
        self.action_size = int(actor.mu.out_features)

    def _make_network(self, actor: Any) -> tuple[FlatMemory, Mlp]:
        hidden_layers = linear_layers("latent_pi", actor.latent_pi)
        memory = FlatMemory(actor, [*parameter_names(hidden_layers), *OUTPUT_PARAMETERS])
        layers = [*([layer] for layer in hidden_layers), [MEAN, WIDTH]]
        return memory, Mlp(memory, layers, actor.activation_fn)

    def noise(self, size: int) -> Floats:
        """Standard normal numbers (size, k)."""
        return torch.empty(size, self.action_size).normal_().numpy()

    def act(self, inputs: Floats, *, deterministic: bool) -> Floats:
        """Actions (B, k) in [-1, 1]."""
        out = self.net.forward(inputs)
        means = out[:, : self.action_size]
        if not deterministic:
            logs = np.clip(out[:, self.action_size :], LOG_STD_MIN, LOG_STD_MAX)
            means = means + self.noise(len(inputs)) * np.exp(logs)
        return np.tanh(means)


class SquashedActorEngine(OffPolicyEngine):
    """The actor of one policy and its optimiser; derived classes add critics."""

    def __init__(self, policy: Any, actor: SquashedActor) -> None:
        self._policy = policy
        self.encode = encoder(policy.actor)
        self.actor = actor
        self.optimizer = numpy_optimizer(actor.memory, policy.actor.optimizer)

    def act(self, inputs: Floats, *, deterministic: bool) -> np.ndarray:
        actions = self.actor.act(inputs, deterministic=deterministic)
        rows = actions.reshape(-1, *self._policy.action_space.shape)
        env_actions: np.ndarray = self._policy.unscale_action(rows)
        return env_actions


class EntropyWeight:
    """The weight of entropy where it is learned: its logarithm, in memory of its own."""

    def __init__(self, log: torch.Tensor, optimizer: torch.optim.Optimizer) -> None:
        memory = FlatMemory(OneParameterModule(log), ["log"])
        (self._log,) = memory.values("log")
        (self._gradient,) = memory.gradients("log")
        self._tensor = log.detach()
        self._optimizer = numpy_optimizer(memory, optimizer)

    def value(self) -> float:
        """Its present value."""
        return float(torch.exp(self._tensor))

    def descend(self, surplus: float) -> float:
        """One step, by how far entropy lies below its target; returns the loss before."""
        loss = -float(self._log[0]) * surplus
        self._gradient[:] = -surplus
        self._optimizer.synchronise()
        self._optimizer.step(None)
        return loss


class OneParameterModule:
    """A tensor as the only parameter of a module."""

    def __init__(self, tensor: torch.Tensor) -> None:
        self._tensor = tensor

    def named_parameters(self) -> Iterator[tuple[str, torch.Tensor]]:
        yield "log", self._tensor


class FastMaximumEntropy(FastOffPolicy):
    """A learner whose objective includes the entropy of its policy."""

    actor: Any
    critic: Any
    ent_coef_optimizer: Any
    log_ent_coef: Any
    ent_coef_tensor: Any
    target_entropy: Any
    _entropy_weight: EntropyWeight | None = None

    def _setup_learn(self, *args: Any, **kwargs: Any) -> Any:
        setup = super()._setup_learn(*args, **kwargs)
        if self.ent_coef_optimizer is not None:
            self._entropy_weight = EntropyWeight(self.log_ent_coef, self.ent_coef_optimizer)
        return setup

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "_entropy_weight"]

    def _start_updates(self) -> dict[str, list[float]]:
        """Set the learning rates of a series of steps; returns an empty list for each loss."""
        optimizers = [self.actor.optimizer, self.critic.optimizer]
        if self.ent_coef_optimizer is not None:
            optimizers.append(self.ent_coef_optimizer)
        self._update_learning_rate(optimizers)
        return {name: [] for name in ("ent_coef", "actor_loss", "critic_loss", "ent_coef_loss")}

    def _ent_coef(self) -> float:
        """The present weight of entropy."""
        if self._entropy_weight is None:
            return float(self.ent_coef_tensor)
        return self._entropy_weight.value()

    def _update_ent_coef(self, log_probs: Floats) -> dict[str, float]:
        """One step of the weight, where it is learned; returns what it was before, and its loss."""
        losses = {"ent_coef": self._ent_coef()}
        if self._entropy_weight is not None:
            surplus = float(np.mean(log_probs + np.float32(self.target_entropy)))
            losses["ent_coef_loss"] = self._entropy_weight.descend(surplus)
        return losses

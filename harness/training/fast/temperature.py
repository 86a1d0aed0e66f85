"""What SAC and its kin share: a squashed actor, and a learned weight of entropy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from harness.training.fast.memory import Floats, Memory
from harness.training.fast.off_policy import FastOffPolicy, OffPolicyEngine, flat_encoder
from harness.training.fast.optimizers import descent
from harness.training.fast.squashed import Squashed

__all__ = ["SquashedEngine", "Tempered"]


class SquashedEngine(OffPolicyEngine):
    """The actor of one policy and its optimiser; derived classes add critics."""

    def __init__(self, policy: Any, actor: Squashed) -> None:
        self._policy = policy
        self.encode = flat_encoder(policy.actor)
        self.actor = actor
        self.descent = descent(actor.memory, policy.actor.optimizer)

    def act(self, inputs: Floats, *, deterministic: bool) -> NDArray[Any]:
        """Actions (B, k) within the bounds of their space."""
        actions = self.actor.act(inputs, deterministic=deterministic)
        scaled: NDArray[Any] = self._policy.unscale_action(
            actions.reshape(-1, *self._policy.action_space.shape)
        )
        return scaled


class Temperature:
    """The weight of entropy where it is learned: its logarithm, on memory of its own."""

    def __init__(self, log: torch.Tensor, optimizer: torch.optim.Optimizer) -> None:
        memory = Memory(Single(log), ["log"])
        (self._log,) = memory.values("log")
        (self._slot,) = memory.gradients("log")
        self._tensor = log.detach()
        self._descent = descent(memory, optimizer)

    def weight(self) -> float:
        """Its present value."""
        return float(torch.exp(self._tensor))

    def descend(self, surplus: float) -> float:
        """One step, by how much more entropy there is than wanted; returns the loss before."""
        loss = -float(self._log[0]) * surplus
        self._slot[:] = -surplus
        self._descent.begin()
        self._descent.step(None)
        return loss


class Single:
    """A tensor as the only parameter of a module."""

    def __init__(self, tensor: torch.Tensor) -> None:
        self._tensor = tensor

    def named_parameters(self) -> Iterator[tuple[str, torch.Tensor]]:
        yield "log", self._tensor


class Tempered(FastOffPolicy):
    """A learner that is paid for entropy."""

    actor: Any
    critic: Any
    ent_coef_optimizer: Any
    log_ent_coef: Any
    ent_coef_tensor: Any
    target_entropy: Any
    _temperature: Temperature | None = None

    def _setup_learn(self, *args: Any, **kwargs: Any) -> Any:
        prepared = super()._setup_learn(*args, **kwargs)
        if self.ent_coef_optimizer is not None:
            self._temperature = Temperature(self.log_ent_coef, self.ent_coef_optimizer)
        return prepared

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "_temperature"]

    def _begin(self) -> dict[str, list[float]]:
        """Set the learning rates of a series of steps; returns a list for each loss."""
        optimizers = [self.actor.optimizer, self.critic.optimizer]
        if self.ent_coef_optimizer is not None:
            optimizers.append(self.ent_coef_optimizer)
        self._update_learning_rate(optimizers)
        return {name: [] for name in ("ent_coef", "actor_loss", "critic_loss", "ent_coef_loss")}

    def _weight(self) -> float:
        """The weight of entropy now."""
        if self._temperature is None:
            return float(self.ent_coef_tensor)
        return self._temperature.weight()

    def _tempered(self, log_probs: Floats) -> dict[str, float]:
        """One step of the weight, and what it was before."""
        found = {"ent_coef": self._weight()}
        if self._temperature is not None:
            surplus = float(np.mean(log_probs + np.float32(self.target_entropy)))
            found["ent_coef_loss"] = self._temperature.descend(surplus)
        return found

"""What SAC and its kin share: a squashed actor, and a learned weight of entropy."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from harness.training.fast.memory import Floats
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


class Tempered(FastOffPolicy):
    """A learner that is paid for entropy; its weight is learned by torch's own optimiser."""

    actor: Any
    critic: Any
    ent_coef_optimizer: Any
    log_ent_coef: Any
    ent_coef_tensor: Any
    target_entropy: Any

    def _begin(self) -> dict[str, list[float]]:
        """Set the learning rates of a series of steps; returns a list for each loss."""
        optimizers = [self.actor.optimizer, self.critic.optimizer]
        if self.ent_coef_optimizer is not None:
            optimizers.append(self.ent_coef_optimizer)
        self._update_learning_rate(optimizers)
        return {name: [] for name in ("ent_coef", "actor_loss", "critic_loss", "ent_coef_loss")}

    def _weight(self) -> float:
        """The weight of entropy now."""
        if self.ent_coef_optimizer is None:
            return float(self.ent_coef_tensor)
        return float(torch.exp(self.log_ent_coef.detach()))

    def _tempered(self, log_probs: Floats) -> dict[str, float]:
        """One step of the weight, and what it was before."""
        weight = self._weight()
        if self.ent_coef_optimizer is None:
            return {"ent_coef": weight}
        log = self.log_ent_coef.detach()
        surplus = float(np.mean(log_probs + np.float32(self.target_entropy)))
        self.log_ent_coef.grad = torch.full_like(log, -surplus)
        loss = -float(log) * surplus
        self.ent_coef_optimizer.step()
        return {"ent_coef": weight, "ent_coef_loss": loss}

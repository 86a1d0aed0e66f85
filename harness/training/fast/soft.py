"""SAC and TQC with their updates in numpy: actors that are paid for entropy."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sb3_contrib import TQC
from stable_baselines3 import SAC

from harness.training.fast.critics import Critics, joined
from harness.training.fast.memory import Floats
from harness.training.fast.off_policy import FastOffPolicy, OffPolicyEngine, flat_encoder
from harness.training.fast.optimizers import descent
from harness.training.fast.quantiles import QuantileLoss
from harness.training.fast.replay import Transitions
from harness.training.fast.squashed import Sampled, Squashed

__all__ = ["FastSAC", "FastTQC"]


class SoftEngine(OffPolicyEngine):
    """Actor and critics of one policy."""

    def __init__(self, policy: Any) -> None:
        self._policy = policy
        self.encode = flat_encoder(policy.actor)
        self.actor = Squashed(policy.actor)
        self.descent = descent(self.actor.memory, policy.actor.optimizer)
        self.critics = Critics(policy.critic, policy.critic_target, policy.activation_fn)

    def act(self, inputs: Floats, *, deterministic: bool) -> NDArray[Any]:
        """Actions (B, k) within the bounds of their space."""
        actions = self.actor.act(inputs, deterministic=deterministic)
        scaled: NDArray[Any] = self._policy.unscale_action(
            actions.reshape(-1, *self._policy.action_space.shape)
        )
        return scaled


class Soft(FastOffPolicy):
    """The update that SAC and TQC share."""

    actor: Any
    critic: Any
    ent_coef_optimizer: Any
    log_ent_coef: Any
    ent_coef_tensor: Any
    target_entropy: Any
    target_update_interval: int

    def _take_over(self) -> SoftEngine:
        return SoftEngine(self.policy)

    def train(self, gradient_steps: int, batch_size: int = 64) -> None:
        """Steps of gradient for temperature, critics and actor."""
        engine: SoftEngine = self._engine
        tempered = self.ent_coef_optimizer is not None
        optimizers = [self.actor.optimizer, self.critic.optimizer]
        self._update_learning_rate([*optimizers, *([self.ent_coef_optimizer] * tempered)])
        engine.descent.begin()
        losses: dict[str, list[float]] = {
            name: [] for name in ("ent_coef", "actor_loss", "critic_loss", "ent_coef_loss")
        }
        with np.errstate(all="ignore"):
            for step in range(gradient_steps):
                for name, value in self._step(engine, self._drawn(batch_size)).items():
                    losses[name].append(value)
                if step % self.target_update_interval == 0:
                    engine.critics.follow(self.tau)
        self._n_updates += gradient_steps
        self._report(**losses)

    def _step(self, engine: SoftEngine, batch: Transitions) -> dict[str, float]:
        size = len(batch.inputs)
        actor, critics = engine.actor, engine.critics
        # One pass serves the actions of now and of what follows.
        out = actor.net.forward(np.concatenate([batch.inputs, batch.following]))
        now = Sampled(out[:size], actor.noise(size))
        found = self._tempered(now.log_probs)
        weight = np.float32(found["ent_coef"])
        after = Sampled(out[size:], actor.noise(size))
        slow = critics.judge(batch.following, after.actions, slow=True)
        wanted = self._wanted(slow, weight * after.log_probs, batch)
        loss, slopes = self._errors(critics.judge(batch.inputs, batch.actions), wanted)
        critics.descend(slopes)
        values, d_actions = self._praise(critics, joined(batch.inputs, now.actions))
        gain = weight * now.log_probs - values
        d_out = now.gradient(d_actions[:, -actor.actions :], float(weight) / size)
        actor.net.backward(d_out, 2 * size)
        engine.descent.step(None)
        return found | {"critic_loss": loss, "actor_loss": float(gain.mean())}

    def _tempered(self, log_probs: Floats) -> dict[str, float]:
        """The weight of entropy before this step; it is learned by torch's own optimiser."""
        if self.ent_coef_optimizer is None:
            return {"ent_coef": float(self.ent_coef_tensor)}
        parameter = self.log_ent_coef
        log = parameter.detach()
        weight = float(torch.exp(log))
        surplus = float(np.mean(log_probs + np.float32(self.target_entropy)))
        loss = -float(log) * surplus
        parameter.grad = torch.full_like(log, -surplus)
        self.ent_coef_optimizer.step()
        return {"ent_coef": weight, "ent_coef_loss": loss}

    @abstractmethod
    def _wanted(self, slow: list[Floats], cost: Floats, batch: Transitions) -> Floats:
        """What the critics should say, given the slower ones' outputs and entropy's cost (B,)."""

    @abstractmethod
    def _errors(self, found: list[Floats], wanted: Floats) -> tuple[float, list[Floats]]:
        """The critics' loss, and the gradient of each one's outputs."""

    @abstractmethod
    def _praise(self, critics: Critics, pairs: Floats) -> tuple[Floats, Floats]:
        """Values (B,) that the actor raises, and the gradient of their negative mean by pairs."""


class FastSAC(Soft, SAC):
    """SAC with its updates in numpy."""

    def _wanted(self, slow: list[Floats], cost: Floats, batch: Transitions) -> Floats:
        least = np.minimum.reduce(slow)[:, 0]
        wanted: Floats = batch.rewards + batch.discounts * (least - cost)
        return wanted

    def _errors(self, found: list[Floats], wanted: Floats) -> tuple[float, list[Floats]]:
        errors = [values - wanted[:, None] for values in found]
        loss = sum(float(np.mean(error * error)) for error in errors)
        return 0.5 * loss, [error * np.float32(1 / len(wanted)) for error in errors]

    def _praise(self, critics: Critics, pairs: Floats) -> tuple[Floats, Floats]:
        size = len(pairs)
        found = np.concatenate([net.forward(pairs) for net in critics.nets], axis=1)
        least = found.argmin(axis=1)
        slopes = np.empty_like(pairs)
        for place, net in enumerate(critics.nets):
            # Only the critic that says least is heard.
            rows = np.flatnonzero(least == place)
            d_out = np.full((len(rows), 1), -1 / size, np.float32)
            slopes[rows] = net.to_inputs(d_out, size, rows)
        return found[np.arange(size), least], slopes


class FastTQC(Soft, TQC):
    """TQC with its updates in numpy."""

    top_quantiles_to_drop_per_net: int

    def _take_over(self) -> SoftEngine:
        self._regression = QuantileLoss(self.critic.n_quantiles, self.critic.n_critics)
        return super()._take_over()

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "_regression"]

    def _wanted(self, slow: list[Floats], cost: Floats, batch: Transitions) -> Floats:
        every = np.sort(np.concatenate(slow, axis=1), axis=1)
        kept = every.shape[1] - self.top_quantiles_to_drop_per_net * len(slow)
        least = every[:, :kept] - cost[:, None]
        return batch.rewards[:, None] + batch.discounts[:, None] * least

    def _errors(self, found: list[Floats], wanted: Floats) -> tuple[float, list[Floats]]:
        current = np.concatenate(found, axis=1)
        total, gradient = self._regression(current, wanted)
        pairs = current.size * wanted.shape[1]
        gradient *= np.float32(1 / pairs)
        parts = np.split(gradient, len(found), axis=1)
        return total / pairs, [np.ascontiguousarray(part) for part in parts]

    def _praise(self, critics: Critics, pairs: Floats) -> tuple[Floats, Floats]:
        size = len(pairs)
        found = np.concatenate([net.forward(pairs) for net in critics.nets], axis=1)
        share = np.full((size, found.shape[1] // len(critics.nets)), -1 / found.size, np.float32)
        slopes = [net.to_inputs(share, size) for net in critics.nets]
        return found.mean(axis=1), np.add.reduce(slopes)

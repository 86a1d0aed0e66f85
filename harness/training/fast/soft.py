"""SAC and TQC with their updates in numpy: actors that are paid for entropy."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from sb3_contrib import TQC
from stable_baselines3 import SAC

from harness.training.fast.critics import Critics, joined, raised, squared
from harness.training.fast.memory import Floats
from harness.training.fast.quantiles import QuantileLoss
from harness.training.fast.replay import Transitions
from harness.training.fast.squashed import Sampled, Squashed
from harness.training.fast.temperature import SquashedEngine, Tempered

__all__ = ["FastSAC", "FastTQC"]


class SoftEngine(SquashedEngine):
    """Actor and critics of one policy."""

    def __init__(self, policy: Any) -> None:
        super().__init__(policy, Squashed(policy.actor))
        self.critics = Critics(policy.critic, policy.critic_target, policy.activation_fn)


class Soft(Tempered):
    """The update that SAC and TQC share."""

    target_update_interval: int

    def _take_over(self) -> SoftEngine:
        return SoftEngine(self.policy)

    def train(self, gradient_steps: int, batch_size: int = 64) -> None:
        """Steps of gradient for temperature, critics and actor."""
        engine: SoftEngine = self._engine
        losses = self._begin()
        engine.descent.begin()
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
        return squared(found, wanted)

    def _praise(self, critics: Critics, pairs: Floats) -> tuple[Floats, Floats]:
        return raised(critics.nets, pairs)


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

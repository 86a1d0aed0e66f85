"""SAC, TQC and CrossQ with their updates in numpy."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from sb3_contrib import TQC, CrossQ
from sb3_contrib.common.torch_layers import BatchRenorm1d
from stable_baselines3 import SAC

from harness.learners.batch_renorm import RenormMlp, renorm_layers, renorm_parameter_names
from harness.learners.critics import (
    Critics,
    QuantileLoss,
    join_pairs,
    min_q_and_gradient,
    squared_errors,
)
from harness.learners.flat_memory import FlatMemory, Floats
from harness.learners.maximum_entropy import (
    MEAN,
    OUTPUT_PARAMETERS,
    WIDTH,
    FastMaximumEntropy,
    SquashedActor,
    SquashedActorEngine,
    SquashedSample,
)
from harness.learners.mlp import linear_layers, parameter_names
from harness.learners.optimizers import NumpyOptimizer, numpy_optimizer
from harness.learners.transitions import Transitions


class SacEngine(SquashedActorEngine):
    """Actor and critics of one policy."""

    def __init__(self, policy: Any) -> None:
        super().__init__(policy, SquashedActor(policy.actor))
        self.critics = Critics(policy.critic, policy.critic_target, policy.activation_fn)


class SacUpdate(FastMaximumEntropy):
    """The update that SAC and TQC share."""

    target_update_interval: int

    def _make_engine(self) -> SacEngine:
        return SacEngine(self.policy)

    def train(self, gradient_steps: int, batch_size: int = 64) -> None:
        """Gradient steps of entropy weight, critics and actor."""
        engine: SacEngine = self._engine
        losses = self._start_updates()
        engine.optimizer.synchronise()
        with np.errstate(all="ignore"):
            for step in range(gradient_steps):
                for name, value in self._step(engine, self._sample_batch(batch_size)).items():
                    losses[name].append(value)
                if step % self.target_update_interval == 0:
                    engine.critics.update_targets(self.tau)
        self._n_updates += gradient_steps
        self._log_updates(**losses)

    def _step(self, engine: SacEngine, batch: Transitions) -> dict[str, float]:
        size = len(batch.inputs)
        actor, critics = engine.actor, engine.critics
        # One pass serves the actions at these observations and at the next ones.
        out = actor.net.forward(np.concatenate([batch.inputs, batch.next_inputs]))
        sample = SquashedSample(out[:size], actor.noise(size))
        losses = self._update_ent_coef(sample.log_probs)
        weight = np.float32(losses["ent_coef"])
        next_sample = SquashedSample(out[size:], actor.noise(size))
        next_values = critics.target_q_values(batch.next_inputs, next_sample.actions)
        targets = self._targets(next_values, weight * next_sample.log_probs, batch)
        outputs = critics.q_values(batch.inputs, batch.actions)
        critic_loss, gradients = self._critic_loss(outputs, targets)
        critics.descend(gradients)
        values, d_pairs = self._value_and_gradient(
            critics, join_pairs(batch.inputs, sample.actions)
        )
        actor_loss = weight * sample.log_probs - values
        d_out = sample.gradient(d_pairs[:, -actor.action_size :], float(weight) / size)
        actor.net.backward(d_out, 2 * size)
        engine.optimizer.step(None)
        return losses | {"critic_loss": critic_loss, "actor_loss": float(actor_loss.mean())}

    @abstractmethod
    def _targets(
        self, next_values: list[Floats], entropy_cost: Floats, batch: Transitions
    ) -> Floats:
        """What the critics should output, from the target networks' outputs.

        Args:
            next_values: Of each target network, (B, n).
            entropy_cost: Weighted log-probability of the next action, (B,).
            batch: Has rewards and discounts.
        """

    @abstractmethod
    def _critic_loss(self, outputs: list[Floats], targets: Floats) -> tuple[float, list[Floats]]:
        """The critics' loss, and the gradient of each one's outputs."""

    @abstractmethod
    def _value_and_gradient(self, critics: Critics, pairs: Floats) -> tuple[Floats, Floats]:
        """Values (B,) to maximise, and the gradient of their negative mean by pairs."""


class FastSAC(SacUpdate, SAC):
    """SAC with its updates in numpy."""

    def _targets(
        self, next_values: list[Floats], entropy_cost: Floats, batch: Transitions
    ) -> Floats:
        minimum = np.minimum.reduce(next_values)[:, 0]
        targets: Floats = batch.rewards + batch.discounts * (minimum - entropy_cost)
        return targets

    def _critic_loss(self, outputs: list[Floats], targets: Floats) -> tuple[float, list[Floats]]:
        return squared_errors(outputs, targets, 0.5)

    def _value_and_gradient(self, critics: Critics, pairs: Floats) -> tuple[Floats, Floats]:
        return min_q_and_gradient(critics.nets, pairs)


class FastTQC(SacUpdate, TQC):
    """TQC with its updates in numpy."""

    top_quantiles_to_drop_per_net: int

    def _make_engine(self) -> SacEngine:
        self._quantile_loss = QuantileLoss(self.critic.n_quantiles, self.critic.n_critics)
        return super()._make_engine()

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "_quantile_loss"]

    def _targets(
        self, next_values: list[Floats], entropy_cost: Floats, batch: Transitions
    ) -> Floats:
        quantiles = np.sort(np.concatenate(next_values, axis=1), axis=1)
        count = quantiles.shape[1] - self.top_quantiles_to_drop_per_net * len(next_values)
        lowest = quantiles[:, :count] - entropy_cost[:, None]
        return batch.rewards[:, None] + batch.discounts[:, None] * lowest

    def _critic_loss(self, outputs: list[Floats], targets: Floats) -> tuple[float, list[Floats]]:
        estimates = np.concatenate(outputs, axis=1)
        total, gradient = self._quantile_loss(estimates, targets)
        pairs = estimates.size * targets.shape[1]
        gradient *= np.float32(1 / pairs)
        parts = np.split(gradient, len(outputs), axis=1)
        return total / pairs, [np.ascontiguousarray(part) for part in parts]

    def _value_and_gradient(self, critics: Critics, pairs: Floats) -> tuple[Floats, Floats]:
        size = len(pairs)
        quantiles = np.concatenate([net.forward(pairs) for net in critics.nets], axis=1)
        width = quantiles.shape[1] // len(critics.nets)
        d_out = np.full((size, width), -1 / quantiles.size, np.float32)
        gradients = [net.input_gradient(d_out, size) for net in critics.nets]
        return quantiles.mean(axis=1), np.add.reduce(gradients)


class RenormActor(SquashedActor):
    """An actor with batch renormalisation."""

    net: RenormMlp

    def _make_network(self, actor: Any) -> tuple[FlatMemory, RenormMlp]:
        path, latent = "latent_pi", actor.latent_pi
        hidden_layers = linear_layers(path, latent, (BatchRenorm1d,))
        renorms = renorm_layers(path, latent)
        names = [
            *parameter_names(hidden_layers),
            *OUTPUT_PARAMETERS,
            *renorm_parameter_names(renorms),
        ]
        memory = FlatMemory(actor, names)
        layers = [*([layer] for layer in hidden_layers), [MEAN, WIDTH]]
        return memory, RenormMlp(memory, layers, actor.activation_fn, renorms)


class RenormCritics:
    """The critics of one policy, with batch renormalisation and without target networks.

    Attributes:
        nets: One network per critic.
        optimizer: Of all of them.
    """

    def __init__(self, critic: Any, activation: Any) -> None:
        paths = [(f"qf{index}", net) for index, net in enumerate(critic.q_networks)]
        layers = [linear_layers(path, net, (BatchRenorm1d,)) for path, net in paths]
        renorms = [renorm_layers(path, net) for path, net in paths]
        names = [name for net in layers for name in parameter_names(net)]
        names += [name for net in renorms for name in renorm_parameter_names(net)]
        memory = FlatMemory(critic, names)
        self.nets = [
            RenormMlp(memory, [[layer] for layer in net], activation, own)
            for net, own in zip(layers, renorms, strict=True)
        ]
        self.optimizer: NumpyOptimizer = numpy_optimizer(memory, critic.optimizer)

    def descend(self, gradients: Sequence[Floats], size: int) -> None:
        """One step, by the gradient of the first rows of each critic's latest outputs."""
        for net, gradient in zip(self.nets, gradients, strict=True):
            net.backward(gradient, size)
        self.optimizer.synchronise()
        self.optimizer.step(None)


class CrossQEngine(SquashedActorEngine):
    """Actor and critics of one policy."""

    actor: RenormActor

    def __init__(self, policy: Any) -> None:
        super().__init__(policy, RenormActor(policy.actor))
        self.critics = RenormCritics(policy.critic, policy.activation_fn)


class FastCrossQ(FastMaximumEntropy, CrossQ):
    """CrossQ with its updates in numpy."""

    policy_delay: int

    def _make_engine(self) -> CrossQEngine:
        return CrossQEngine(self.policy)

    def train(self, gradient_steps: int, batch_size: int = 64) -> None:
        """Gradient steps of the critics, and every `policy_delay` of entropy weight and actor."""
        engine: CrossQEngine = self._engine
        losses = self._start_updates()
        engine.optimizer.synchronise()
        with np.errstate(all="ignore"):
            for _ in range(gradient_steps):
                self._n_updates += 1
                batch = self._sample_batch(batch_size)
                weight = self._ent_coef()
                step_losses = {
                    "ent_coef": weight,
                    "critic_loss": _update_critics(engine, batch, weight),
                }
                if self._n_updates % self.policy_delay == 0:
                    step_losses |= self._update_actor(engine, batch.inputs, weight)
                for name, value in step_losses.items():
                    losses[name].append(value)
        self._log_updates(**losses)

    def _update_actor(
        self, engine: CrossQEngine, inputs: Floats, weight: float
    ) -> dict[str, float]:
        """One step of entropy weight and actor."""
        actor, size = engine.actor, len(inputs)
        sample = SquashedSample(actor.net.forward_by_batch(inputs), actor.noise(size))
        losses = self._update_ent_coef(sample.log_probs)
        pairs = join_pairs(inputs, sample.actions)
        values, d_pairs = min_q_and_gradient(engine.critics.nets, pairs)
        actor_loss = np.float32(weight) * sample.log_probs - values
        actor.net.backward(sample.gradient(d_pairs[:, -actor.action_size :], weight / size))
        engine.optimizer.step(None)
        return losses | {"actor_loss": float(actor_loss.mean())}


def _update_critics(engine: CrossQEngine, batch: Transitions, weight: float) -> float:
    """One step of the critics; returns their loss."""
    actor, nets, size = engine.actor, engine.critics.nets, len(batch.inputs)
    next_sample = SquashedSample(actor.net.forward(batch.next_inputs), actor.noise(size))
    # Present and next pairs are one batch with the same statistics: CrossQ's idea.
    pairs = np.concatenate(
        [
            join_pairs(batch.inputs, batch.actions),
            join_pairs(batch.next_inputs, next_sample.actions),
        ]
    )
    outputs = [net.forward_by_batch(pairs) for net in nets]
    minimum = np.minimum.reduce([values[size:, 0] for values in outputs])
    next_values = minimum - np.float32(weight) * next_sample.log_probs
    targets = batch.rewards + batch.discounts * next_values
    loss, gradients = squared_errors([values[:size] for values in outputs], targets, 0.5)
    engine.critics.descend(gradients, 2 * size)
    return loss

"""CrossQ with its updates in numpy: renormalised critics without slower copies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sb3_contrib import CrossQ
from sb3_contrib.common.torch_layers import BatchRenorm1d

from harness.training.fast.critics import joined, raised, squared
from harness.training.fast.memory import Floats, Memory
from harness.training.fast.mlp import hidden_layers, sequential_layers
from harness.training.fast.optimizers import Descent, descent
from harness.training.fast.renorm import renorm_layers, renorm_names
from harness.training.fast.renormed import RenormedMlp
from harness.training.fast.replay import Transitions
from harness.training.fast.squashed import HEADS, MEAN, WIDTH, Sampled, Squashed
from harness.training.fast.temperature import SquashedEngine, Tempered

__all__ = ["FastCrossQ"]


class RenormedActor(Squashed):
    """An actor with renormalisation."""

    net: RenormedMlp

    def _take_over(self, actor: Any) -> None:
        path, latent = "latent_pi", actor.latent_pi
        hidden = sequential_layers(path, latent, (BatchRenorm1d,))
        renorms = renorm_layers(path, latent)
        names = [*hidden_layers(hidden), *HEADS, *renorm_names(renorms)]
        self.memory = Memory(actor, names)
        layers = [*([layer] for layer in hidden), [MEAN, WIDTH]]
        self.net = RenormedMlp(self.memory, layers, actor.activation_fn, renorms)


class RenormedCritics:
    """The critics of one policy.

    Attributes:
        nets: One network per critic.
        descent: Their optimiser.
    """

    def __init__(self, critic: Any, activation: Any) -> None:
        paths = [(f"qf{place}", net) for place, net in enumerate(critic.q_networks)]
        layers = [sequential_layers(*each, (BatchRenorm1d,)) for each in paths]
        renorms = [renorm_layers(*each) for each in paths]
        names = [name for net in layers for name in hidden_layers(net)]
        names += [name for net in renorms for name in renorm_names(net)]
        memory = Memory(critic, names)
        self.nets = [
            RenormedMlp(memory, [[layer] for layer in net], activation, own)
            for net, own in zip(layers, renorms, strict=True)
        ]
        self.descent: Descent = descent(memory, critic.optimizer)

    def descend(self, slopes: Sequence[Floats], size: int) -> None:
        """One step, given the gradient of the first rows of each critic's latest outputs."""
        for net, slope in zip(self.nets, slopes, strict=True):
            net.backward(slope, size)
        self.descent.begin()
        self.descent.step(None)


class CrossQEngine(SquashedEngine):
    """Actor and critics of one policy."""

    actor: RenormedActor

    def __init__(self, policy: Any) -> None:
        super().__init__(policy, RenormedActor(policy.actor))
        self.critics = RenormedCritics(policy.critic, policy.activation_fn)


class FastCrossQ(Tempered, CrossQ):
    """CrossQ with its updates in numpy."""

    policy_delay: int

    def _take_over(self) -> CrossQEngine:
        return CrossQEngine(self.policy)

    def train(self, gradient_steps: int, batch_size: int = 64) -> None:
        """Steps of gradient for the critics, and every so often for temperature and actor."""
        engine: CrossQEngine = self._engine
        losses = self._begin()
        engine.descent.begin()
        with np.errstate(all="ignore"):
            for _ in range(gradient_steps):
                self._n_updates += 1
                batch = self._drawn(batch_size)
                weight = self._weight()
                found = {"ent_coef": weight, "critic_loss": _criticise(engine, batch, weight)}
                if self._n_updates % self.policy_delay == 0:
                    found |= self._improve(engine, batch.inputs, weight)
                for name, value in found.items():
                    losses[name].append(value)
        self._report(**losses)

    def _improve(self, engine: CrossQEngine, inputs: Floats, weight: float) -> dict[str, float]:
        """One step of temperature and actor."""
        actor, size = engine.actor, len(inputs)
        now = Sampled(actor.net.forward_by_batch(inputs), actor.noise(size))
        found = self._tempered(now.log_probs)
        values, d_pairs = raised(engine.critics.nets, joined(inputs, now.actions))
        gain = np.float32(weight) * now.log_probs - values
        actor.net.backward(now.gradient(d_pairs[:, -actor.actions :], weight / size))
        engine.descent.step(None)
        return found | {"actor_loss": float(gain.mean())}


def _criticise(engine: CrossQEngine, batch: Transitions, weight: float) -> float:
    """One step of the critics; returns their loss."""
    actor, nets, size = engine.actor, engine.critics.nets, len(batch.inputs)
    after = Sampled(actor.net.forward(batch.following), actor.noise(size))
    # What they judge and what they learn from are one batch with the same statistics.
    now = joined(batch.inputs, batch.actions)
    pairs = np.concatenate([now, joined(batch.following, after.actions)])
    found = [net.forward_by_batch(pairs) for net in nets]
    least = np.minimum.reduce([values[size:, 0] for values in found])
    wanted = batch.rewards + batch.discounts * (least - np.float32(weight) * after.log_probs)
    loss, slopes = squared([values[:size] for values in found], wanted)
    engine.critics.descend(slopes, 2 * size)
    return loss

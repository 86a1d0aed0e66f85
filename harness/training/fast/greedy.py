"""DQN and QR-DQN with their inner loops in numpy: greedy in estimated values."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sb3_contrib import QRDQN
from stable_baselines3 import DQN

from harness.training.fast.memory import Floats, Memory
from harness.training.fast.mlp import Mlp, hidden_layers, sequential_layers
from harness.training.fast.off_policy import FastOffPolicy, OffPolicyEngine, flat_encoder
from harness.training.fast.optimizers import Descent, descent
from harness.training.fast.quantiles import QuantileLoss
from harness.training.fast.replay import Transitions

__all__ = ["FastDQN", "FastQRDQN"]


class Values(OffPolicyEngine):
    """Estimates of every action's value, and the slower ones that they are drawn to.

    Attributes:
        net, target: Both networks.
        descent: The optimiser of the first.
    """

    def __init__(self, policy: Any, path: str, quantiles: int = 1) -> None:
        """Take a policy over.

        Args:
            policy: Of DQN or QR-DQN.
            path: Name of its network, and of that network's layers.
            quantiles: Estimates for each action.
        """
        module, slower = getattr(policy, path), getattr(policy, f"{path}_target")
        layers = sequential_layers(path, getattr(module, path))
        names = hidden_layers(layers)
        self.encode = flat_encoder(module)
        self.memory = Memory(module, names)
        self.net, self.target = (
            Mlp(memory, [[layer] for layer in layers], policy.activation_fn)
            for memory in (self.memory, Memory(slower, names))
        )
        self.descent: Descent = descent(self.memory, policy.optimizer)
        self._quantiles = quantiles

    def act(self, inputs: Floats, *, deterministic: bool) -> NDArray[Any]:
        """The best actions (B,)."""
        return self.best(self.net.forward(inputs))

    def best(self, out: Floats) -> NDArray[np.intp]:
        """The actions (B,) of the largest value, given outputs of a network."""
        if self._quantiles > 1:
            out = self.by_quantile(out).mean(axis=1)
        actions: NDArray[np.intp] = out.argmax(axis=1)
        return actions

    def by_quantile(self, out: Floats) -> Floats:
        """Outputs as (B, quantiles, actions)."""
        return out.reshape(len(out), self._quantiles, -1)


class Greedy(FastOffPolicy):
    """Epsilon-greedy learners: steps of gradient on a replay buffer."""

    exploration_rate: float
    max_grad_norm: Any

    def _act(self, observations: NDArray[Any], masks: Any, *, deterministic: bool) -> NDArray[Any]:
        """The best actions, by chance random ones for all if not deterministic."""
        if not deterministic and np.random.rand() < self.exploration_rate:  # noqa: NPY002
            return np.array([self.action_space.sample() for _ in observations])
        return super()._act(observations, masks, deterministic=deterministic)

    def train(self, gradient_steps: int, batch_size: int = 100) -> None:
        """Steps of gradient."""
        engine: Values = self._engine
        self._update_learning_rate(self.policy.optimizer)
        engine.descent.begin()
        losses = []
        with np.errstate(all="ignore"):
            for _ in range(gradient_steps):
                loss, d_out = self._loss(engine, self._drawn(batch_size))
                engine.net.backward(d_out)
                engine.descent.step(self.max_grad_norm)
                losses.append(loss)
        self._n_updates += gradient_steps
        self._report(loss=losses)

    @abstractmethod
    def _loss(self, engine: Values, batch: Transitions) -> tuple[float, Floats]:
        """The loss, and its gradient with respect to the network's outputs."""


class FastDQN(Greedy, DQN):
    """DQN with its updates in numpy."""

    def _take_over(self) -> Values:
        return Values(self.policy, "q_net")

    def _loss(self, engine: Values, batch: Transitions) -> tuple[float, Floats]:
        wanted = np.maximum.reduce(engine.target.forward(batch.following), axis=1)
        wanted *= batch.discounts
        wanted += batch.rewards
        out = engine.net.forward(batch.inputs)
        chosen = (np.arange(len(out)), batch.actions[:, 0])
        errors = out[chosen] - wanted
        kept = np.clip(errors, np.float32(-1), np.float32(1))
        d_out = np.zeros_like(out)
        d_out[chosen] = kept * np.float32(1 / len(out))
        # Huber's loss: half the square up to 1, linear beyond.
        errors -= np.float32(0.5) * kept
        return float(np.dot(kept, errors)) / len(out), d_out


class FastQRDQN(Greedy, QRDQN):
    """QR-DQN with its updates in numpy."""

    def _take_over(self) -> Values:
        self._regression = QuantileLoss(self.n_quantiles)
        return Values(self.policy, "quantile_net", self.n_quantiles)

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "_regression"]

    def _loss(self, engine: Values, batch: Transitions) -> tuple[float, Floats]:
        rows, count = np.arange(len(batch.inputs)), self.n_quantiles
        after = engine.target.forward(batch.following)
        wanted = engine.by_quantile(after)[rows, :, engine.best(after)]
        wanted *= batch.discounts[:, None]
        wanted += batch.rewards[:, None]
        out = engine.net.forward(batch.inputs)
        chosen = (rows, slice(None), batch.actions[:, 0])
        current = engine.by_quantile(out)[chosen]
        total, gradient = self._regression(current, wanted)
        gradient *= np.float32(1 / (len(rows) * count))
        d_out = np.zeros_like(out)
        engine.by_quantile(d_out)[chosen] = gradient
        return total / (len(rows) * count), d_out

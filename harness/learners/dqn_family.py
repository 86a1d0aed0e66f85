"""DQN and QR-DQN with their updates in numpy."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sb3_contrib import QRDQN
from stable_baselines3 import DQN

from harness.learners.accelerated import encoder
from harness.learners.critics import QuantileLoss
from harness.learners.flat_memory import FlatMemory, Floats
from harness.learners.mlp import Mlp, linear_layers, parameter_names
from harness.learners.off_policy import FastOffPolicy, OffPolicyEngine
from harness.learners.optimizers import NumpyOptimizer, numpy_optimizer
from harness.learners.transitions import Transitions


class QEngine(OffPolicyEngine):
    """Estimates of every action's value, and the target network that follows them.

    Attributes:
        net, target: Both networks.
        optimizer: Of `net`.
    """

    def __init__(self, policy: Any, path: str, quantiles: int = 1) -> None:
        """Take a policy over.

        Args:
            policy: Of DQN or QR-DQN.
            path: Name of its network, and of that network's layers.
            quantiles: Estimates for each action.
        """
        module, target_module = getattr(policy, path), getattr(policy, f"{path}_target")
        layers = linear_layers(path, getattr(module, path))
        names = parameter_names(layers)
        self.encode = encoder(module)
        self.memory = FlatMemory(module, names)
        self.net, self.target = (
            Mlp(memory, [[layer] for layer in layers], policy.activation_fn)
            for memory in (self.memory, FlatMemory(target_module, names))
        )
        self.optimizer: NumpyOptimizer = numpy_optimizer(self.memory, policy.optimizer)
        self._quantiles = quantiles

    def act(self, inputs: Floats, *, deterministic: bool) -> np.ndarray:
        """The best actions (B,)."""
        return self.best_actions(self.net.forward(inputs))

    def best_actions(self, out: Floats) -> NDArray[np.intp]:
        """The actions (B,) of the largest value, from the outputs of a network."""
        if self._quantiles > 1:
            out = self.by_quantile(out).mean(axis=1)
        actions: NDArray[np.intp] = out.argmax(axis=1)
        return actions

    def by_quantile(self, out: Floats) -> Floats:
        """Outputs as (B, quantiles, actions)."""
        return out.reshape(len(out), self._quantiles, -1)


class EpsilonGreedyLearner(FastOffPolicy):
    """What both share: exploration by random actions, and gradient steps on a replay buffer."""

    exploration_rate: float
    max_grad_norm: Any

    def _predict_batch(
        self, observations: np.ndarray, masks: object, *, deterministic: bool
    ) -> np.ndarray:
        """The best actions; unless deterministic, now and then random ones for the whole batch."""
        if not deterministic and np.random.rand() < self.exploration_rate:  # noqa: NPY002
            return np.array([self.action_space.sample() for _ in observations])
        return super()._predict_batch(observations, masks, deterministic=deterministic)

    def train(self, gradient_steps: int, batch_size: int = 100) -> None:
        """Gradient steps on batches of the replay buffer."""
        engine: QEngine = self._engine
        self._update_learning_rate(self.policy.optimizer)
        engine.optimizer.synchronise()
        losses = []
        with np.errstate(all="ignore"):
            for _ in range(gradient_steps):
                loss, d_out = self._loss(engine, self._sample_batch(batch_size))
                engine.net.backward(d_out)
                engine.optimizer.step(self.max_grad_norm)
                losses.append(loss)
        self._n_updates += gradient_steps
        self._log_updates(loss=losses)

    @abstractmethod
    def _loss(self, engine: QEngine, batch: Transitions) -> tuple[float, Floats]:
        """The loss, and its gradient with respect to the network's outputs."""


class FastDQN(EpsilonGreedyLearner, DQN):
    """DQN with its updates in numpy."""

    def _make_engine(self) -> QEngine:
        return QEngine(self.policy, "q_net")

    def _loss(self, engine: QEngine, batch: Transitions) -> tuple[float, Floats]:
        targets = np.maximum.reduce(engine.target.forward(batch.next_inputs), axis=1)
        targets *= batch.discounts
        targets += batch.rewards
        out = engine.net.forward(batch.inputs)
        actions = (np.arange(len(out)), batch.actions[:, 0])
        errors = out[actions] - targets
        slopes = np.clip(errors, np.float32(-1), np.float32(1))
        d_out = np.zeros_like(out)
        d_out[actions] = slopes * np.float32(1 / len(out))
        # Huber's loss: half the square up to 1, linear beyond.
        errors -= np.float32(0.5) * slopes
        return float(np.dot(slopes, errors)) / len(out), d_out


class FastQRDQN(EpsilonGreedyLearner, QRDQN):
    """QR-DQN with its updates in numpy."""

    def _make_engine(self) -> QEngine:
        self._quantile_loss = QuantileLoss(self.n_quantiles)
        return QEngine(self.policy, "quantile_net", self.n_quantiles)

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "_quantile_loss"]

    def _loss(self, engine: QEngine, batch: Transitions) -> tuple[float, Floats]:
        rows, count = np.arange(len(batch.inputs)), self.n_quantiles
        next_out = engine.target.forward(batch.next_inputs)
        targets = engine.by_quantile(next_out)[rows, :, engine.best_actions(next_out)]
        targets *= batch.discounts[:, None]
        targets += batch.rewards[:, None]
        out = engine.net.forward(batch.inputs)
        actions = (rows, slice(None), batch.actions[:, 0])
        estimates = engine.by_quantile(out)[actions]
        total, gradient = self._quantile_loss(estimates, targets)
        gradient *= np.float32(1 / (len(rows) * count))
        d_out = np.zeros_like(out)
        engine.by_quantile(d_out)[actions] = gradient
        return total / (len(rows) * count), d_out

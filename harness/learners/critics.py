"""Critics of an action, that read observations and actions side by side, and their losses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.policies import ContinuousCritic
from torch import nn

from harness.learners.flat_memory import FlatMemory, Floats
from harness.learners.mlp import Mlp, linear_layers, parameter_names
from harness.learners.optimizers import NumpyOptimizer, numpy_optimizer

CHUNK: Final = 160_000
"""Pairs of quantile and target taken at once, so that they stay in the processor's cache."""


class Critics:
    """The critics of one policy and their target networks, which follow them slowly.

    Shapes: outputs of a critic (B, n).

    Attributes:
        nets, targets: One network per critic.
        optimizer: Of `nets`.
    """

    def __init__(
        self, critic: ContinuousCritic, target: ContinuousCritic, activation: type[nn.Module]
    ) -> None:
        networks: list[Any] = critic.q_networks
        layers = [linear_layers(f"qf{index}", net) for index, net in enumerate(networks)]
        names = [name for net in layers for name in parameter_names(net)]
        self._memory, self._target_memory = FlatMemory(critic, names), FlatMemory(target, names)
        self.nets, self.targets = (
            [Mlp(memory, [[layer] for layer in net], activation) for net in layers]
            for memory in (self._memory, self._target_memory)
        )
        self.optimizer: NumpyOptimizer = numpy_optimizer(self._memory, critic.optimizer)

    def update_targets(self, tau: float) -> None:
        """Move the target networks by the share `tau` towards the critics."""
        self._target_memory.polyak_update(self._memory, tau)

    def q_values(self, inputs: Floats, actions: NDArray[np.floating]) -> list[Floats]:
        """Outputs of every critic for inputs (B, d) and actions (B, k)."""
        pairs = join_pairs(inputs, actions)
        return [net.forward(pairs) for net in self.nets]

    def target_q_values(self, inputs: Floats, actions: NDArray[np.floating]) -> list[Floats]:
        """Outputs of every target network, likewise."""
        pairs = join_pairs(inputs, actions)
        return [net.forward(pairs) for net in self.targets]

    def descend(self, gradients: Sequence[Floats]) -> None:
        """One step, by the gradient of each critic's latest outputs."""
        for net, gradient in zip(self.nets, gradients, strict=True):
            net.backward(gradient)
        self.optimizer.synchronise()
        self.optimizer.step(None)


def join_pairs(inputs: Floats, actions: NDArray[np.floating]) -> Floats:
    """What the critics read: (B, d + k)."""
    return np.concatenate([inputs, actions.astype(np.float32, copy=False)], axis=1)


def squared_errors(
    outputs: Sequence[Floats], targets: Floats, weight: float
) -> tuple[float, list[Floats]]:
    """The critics' mean squared errors added up, and the gradients of their outputs (B, 1).

    Args:
        outputs: Of each critic, (B, 1).
        targets: (B,).
        weight: Of the errors in the loss.
    """
    errors = [values - targets[:, None] for values in outputs]
    loss = sum(float(np.mean(error * error)) for error in errors)
    scale = np.float32(2 * weight / len(targets))
    return weight * loss, [error * scale for error in errors]


def min_q_and_gradient(nets: Sequence[Mlp], pairs: Floats) -> tuple[Floats, Floats]:
    """The least of the critics' values (B,), and the gradient of its negative mean by pairs."""
    size = len(pairs)
    q_values = np.concatenate([net.forward(pairs) for net in nets], axis=1)
    argmin = q_values.argmin(axis=1)
    gradient = np.empty_like(pairs)
    for index, net in enumerate(nets):
        # Only the critic with the least value has a gradient.
        rows = np.flatnonzero(argmin == index)
        d_out = np.full((len(rows), 1), -1 / size, np.float32)
        gradient[rows] = net.input_gradient(d_out, size, rows)
    return q_values[np.arange(size), argmin], gradient


class QuantileLoss:
    """Quantile regression with Huber's loss (Dabney et al. 2018, eq. 10).

    Its value is that of estimates (B, M) of the quantiles of targets (B, T).
    """

    def __init__(self, quantiles: int, copies: int = 1) -> None:
        """Set the probabilities.

        Args:
            quantiles: How many are estimated, at the midpoints of as many equal shares.
            copies: How many sets of such estimates lie side by side.
        """
        probabilities = (torch.arange(quantiles) + 0.5) / quantiles
        self._weights = probabilities.repeat(copies)[:, None]
        # Errors above an estimate weigh its probability w, those below 1 - w: with x- the negative
        # part, w x+ + (1 - w) x- = w x + (1 - 2 w) x-.
        self._negative_weights = 1 - 2 * self._weights
        self._scratch = torch.empty(3, 0)

    def __call__(self, estimates: Floats, targets: Floats) -> tuple[float, Floats]:
        """Sum of the loss over all pairs of an estimate and a target, and its gradient (B, M)."""
        size, width = estimates.shape[1], targets.shape[1]
        step = max(1, CHUNK // (size * width))
        if self._scratch.shape[1] < step * size * width:
            self._scratch = torch.empty(3, step * size * width)
        all_estimates, all_targets = torch.from_numpy(estimates), torch.from_numpy(targets)
        gradient = torch.empty(len(estimates), size)
        total = 0.0
        for start in range(0, len(estimates), step):
            rows = slice(start, start + step)
            total += self._add_rows(all_estimates[rows], all_targets[rows], gradient[rows])
        return total, np.negative(gradient.numpy())

    def _add_rows(self, estimates: torch.Tensor, targets: torch.Tensor, out: torch.Tensor) -> float:
        """Sum of the loss of some rows; the negative gradient goes to `out`."""
        shape = (*estimates.shape, targets.shape[1])
        count = estimates.numel() * targets.shape[1]
        errors, clipped_errors, weighted_errors = (
            flat[:count].view(shape) for flat in self._scratch
        )
        torch.sub(targets[:, None, :], estimates[:, :, None], out=errors)
        torch.clamp(errors, -1, 1, out=clipped_errors)
        torch.clamp_max(clipped_errors, 0, out=weighted_errors)
        weighted_errors.mul_(self._negative_weights).addcmul_(clipped_errors, self._weights)
        torch.sum(weighted_errors, dim=2, out=out)
        # Huber's loss is the error less half of its clipped part, times that part.
        errors.add_(clipped_errors, alpha=-0.5)
        return float(torch.dot(weighted_errors.view(-1), errors.view(-1)))

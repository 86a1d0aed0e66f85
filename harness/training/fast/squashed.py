"""Actors of SAC and its kin: a normal distribution squashed by tanh, and its gradient.

Formulas and their order are those of stable-baselines3 (Haarnoja et al. 2018, appendix C); random
numbers come from torch's generator by the calls that it makes.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import torch

from harness.training.fast.memory import Floats, Memory
from harness.training.fast.mlp import Mlp, hidden_layers, sequential_layers

__all__ = ["HEADS", "MEAN", "WIDTH", "Sampled", "Squashed"]

HALF_LOG_TWO_PI: Final = np.float32(0.5 * math.log(2 * math.pi))
EPSILON: Final = np.float32(1e-6)
LOWEST, HIGHEST = np.float32(-20), np.float32(2)
"""Bounds of the logarithm of a width."""

MEAN: Final = ("mu.weight", "mu.bias")
WIDTH: Final = ("log_std.weight", "log_std.bias")
HEADS: Final = (MEAN[0], WIDTH[0], MEAN[1], WIDTH[1])
"""Both read the same layer: side by side, so that one product serves both."""


class Sampled:
    """Actions drawn for a batch, (B, k), in (-1, 1), with what their gradient needs.

    Attributes:
        actions: (B, k).
        log_probs: (B,).
    """

    def __init__(self, out: Floats, noise: Floats) -> None:
        """Draw.

        Args:
            out: The actor's outputs, (B, 2 k): means, logarithms of widths.
            noise: Standard normal, (B, k).
        """
        count = noise.shape[1]
        self._noise = noise
        self._inside = (out[:, count:] >= LOWEST) & (out[:, count:] <= HIGHEST)
        logs = np.clip(out[:, count:], LOWEST, HIGHEST)
        self._std = np.exp(logs)
        means = out[:, :count]
        drawn = means + noise * self._std
        self._z = (drawn - means) / self._std
        # Torch's own: where tanh comes near 1, its last digit decides the logarithm below.
        self.actions: Floats = torch.tanh(torch.from_numpy(drawn)).numpy()
        self._room = 1 - self.actions * self.actions
        squared = np.float32(-0.5) * self._z * self._z
        logs += HALF_LOG_TWO_PI + np.log(self._room + EPSILON)
        self.log_probs: Floats = np.add.reduce(squared - logs, axis=1)

    def gradient(self, d_actions: Floats, d_log_prob: float) -> Floats:
        """Gradient of the actor's outputs.

        Args:
            d_actions: Of each action, (B, k).
            d_log_prob: Of every log-probability.
        """
        share = np.float32(d_log_prob)
        # Of what is squashed: by the action, and by the correction for the squashing. The normal
        # density itself stays, as mean and sample move together.
        moved = 2 * share * self.actions / (self._room + EPSILON)
        moved += d_actions
        moved *= self._room
        widths = moved * self._noise * self._std
        widths += share * (self._z * (self._z - self._noise) - 1)
        widths *= self._inside
        return np.concatenate([moved, widths], axis=1)


class Squashed:
    """An actor's network and its distribution.

    Attributes:
        memory: Its parameters.
        net: Inputs (B, d) -> outputs (B, 2 k).
    """

    def __init__(self, actor: Any) -> None:
        """Take an actor over.

        Raises:
            ValueError: It explores in a way that has no counterpart here.
        """
        if actor.use_sde:
            raise ValueError("state-dependent exploration")
        self._take_over(actor)
        self.actions = int(actor.mu.out_features)

    def _take_over(self, actor: Any) -> None:
        hidden = sequential_layers("latent_pi", actor.latent_pi)
        self.memory = Memory(actor, [*hidden_layers(hidden), *HEADS])
        layers = [*([layer] for layer in hidden), [MEAN, WIDTH]]
        self.net = Mlp(self.memory, layers, actor.activation_fn)

    def noise(self, size: int) -> Floats:
        """Standard normal numbers (size, k)."""
        drawn: Floats = torch.empty(size, self.actions).normal_().numpy()
        return drawn

    def act(self, inputs: Floats, *, deterministic: bool) -> Floats:
        """Actions (B, k) in [-1, 1]."""
        out = self.net.forward(inputs)
        means = out[:, : self.actions]
        if not deterministic:
            logs = np.clip(out[:, self.actions :], LOWEST, HIGHEST)
            means = means + self.noise(len(inputs)) * np.exp(logs)
        actions: Floats = np.tanh(means)
        return actions

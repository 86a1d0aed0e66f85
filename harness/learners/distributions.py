"""Action distributions on the actor's outputs: sample, mode, log-probability, entropy, gradient.

Random numbers come from torch's generator, by the calls that torch's own distributions make, so
that a training draws the same numbers as with plain stable-baselines3.

Shapes: outputs (n, B), log-probabilities and entropies (B,).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from sb3_contrib.common.maskable.distributions import (
    MaskableCategoricalDistribution,
    MaskableMultiCategoricalDistribution,
)
from stable_baselines3.common.distributions import (
    CategoricalDistribution,
    DiagGaussianDistribution,
    MultiCategoricalDistribution,
    StateDependentNoiseDistribution,
)
from stable_baselines3.common.policies import ActorCriticPolicy

from harness.learners.flat_memory import FlatMemory, Floats

Actions = np.ndarray
Masks = NDArray[np.bool_] | None
"""Shape (B, n): which actions are allowed."""

HALF_LOG_TWO_PI: Final = np.float32(0.5 * math.log(2 * math.pi))
HALF: Final = np.float32(0.5)
FORBIDDEN: Final = np.float32(-1e8)
"""Logit of a forbidden action."""


class Distribution(Protocol):
    """A distribution over actions. The actor's outputs may be overwritten."""

    def sample(self, out: Floats, latent: Floats, masks: Masks = None) -> Actions:
        """Draw actions; (B,) or (B, k)."""

    def mode(self, out: Floats, masks: Masks = None) -> Actions:
        """The most likely actions."""

    def evaluate(
        self, out: Floats, latent: Floats, actions: Actions, masks: Masks = None
    ) -> tuple[Floats, Floats]:
        """Log-probabilities of actions (B, k), and entropies."""

    def gradient(self, d_log_prob: Floats, d_entropy: float) -> Floats:
        """Gradient of the outputs after `evaluate`; those of own parameters go to memory.

        Args:
            d_log_prob: Gradient of each log-probability, (B,).
            d_entropy: Gradient of every entropy.
        """


class Categorical:
    """One choice of n, by logits."""

    def __init__(self, options: int) -> None:
        self._options = options
        # A product with ones is quicker than a sum.
        self._ones = np.ones(options, np.float32)
        self._make_noise(0)

    def sample(self, out: Floats, latent: Floats, masks: Masks = None) -> Actions:
        if masks is not None:
            np.copyto(out, FORBIDDEN, where=~masks.T)
        if self._noise.shape[1] != out.shape[1]:
            self._make_noise(out.shape[1])
        # torch.multinomial draws the action with the largest quotient of probability and noise.
        self._tensor.exponential_()
        actions: Actions = (out - np.log(self._noise)).argmax(axis=0)
        return actions

    def mode(self, out: Floats, masks: Masks = None) -> Actions:
        if masks is not None:
            np.copyto(out, FORBIDDEN, where=~masks.T)
        actions: Actions = out.argmax(axis=0)
        return actions

    def evaluate(
        self, out: Floats, latent: Floats, actions: Actions, masks: Masks = None
    ) -> tuple[Floats, Floats]:
        if masks is not None:
            np.copyto(out, FORBIDDEN, where=~masks.T)
        out -= np.maximum.reduce(out, axis=0)
        probabilities = np.exp(out)
        totals = self._ones.dot(probabilities)
        probabilities /= totals
        out -= np.log(totals)
        self._probabilities, self._logs = probabilities, out
        # Indices of the actions in a flat view, in which looking them up takes half the time.
        size = out.shape[1]
        self._indices = actions[:, 0].astype(np.intp, copy=False) * size + np.arange(size)
        information = probabilities * out
        if masks is not None:
            information *= masks.T
        self._entropies: Floats = self._ones.dot(information)
        np.negative(self._entropies, out=self._entropies)
        return out.reshape(-1)[self._indices], self._entropies

    def gradient(self, d_log_prob: Floats, d_entropy: float) -> Floats:
        probabilities = self._probabilities
        result: Floats = probabilities * -d_log_prob
        result.reshape(-1)[self._indices] += d_log_prob
        if d_entropy:
            self._logs += self._entropies
            self._logs *= probabilities
            self._logs *= np.float32(d_entropy)
            result -= self._logs
        return result

    def _make_noise(self, size: int) -> None:
        self._tensor = torch.empty(size, self._options)
        self._noise: Floats = self._tensor.numpy().T


class MultiCategorical:
    """Several independent choices, their logits one after another."""

    def __init__(self, options: Sequence[int]) -> None:
        self._parts = [Categorical(count) for count in options]
        edges = np.cumsum([0, *options])
        self._slices = [slice(start, stop) for start, stop in pairwise(edges)]

    def sample(self, out: Floats, latent: Floats, masks: Masks = None) -> Actions:
        pairs = zip(self._parts, self._slices, strict=True)
        actions = [part.sample(out[rows], latent, _columns(masks, rows)) for part, rows in pairs]
        return np.stack(actions, axis=1)

    def mode(self, out: Floats, masks: Masks = None) -> Actions:
        pairs = zip(self._parts, self._slices, strict=True)
        modes = [part.mode(out[rows], _columns(masks, rows)) for part, rows in pairs]
        return np.stack(modes, axis=1)

    def evaluate(
        self, out: Floats, latent: Floats, actions: Actions, masks: Masks = None
    ) -> tuple[Floats, Floats]:
        evaluations = [
            part.evaluate(out[rows], latent, actions[:, [index]], _columns(masks, rows))
            for index, (part, rows) in enumerate(zip(self._parts, self._slices, strict=True))
        ]
        log_probs, entropies = zip(*evaluations, strict=True)
        return np.add.reduce(log_probs), np.add.reduce(entropies)

    def gradient(self, d_log_prob: Floats, d_entropy: float) -> Floats:
        return np.concatenate([part.gradient(d_log_prob, d_entropy) for part in self._parts])


def _columns(masks: Masks, columns: slice) -> Masks:
    return None if masks is None else masks[:, columns]


class Gaussian:
    """Independent normal distributions around the outputs; the log of their widths is learned."""

    def __init__(self, memory: FlatMemory) -> None:
        self._log_std = memory.values("log_std")[0][:, None]
        self._d_log_std = memory.gradients("log_std")[0]
        self._make_noise(0)

    def sample(self, out: Floats, latent: Floats, masks: Masks = None) -> Actions:
        if self._noise.shape[1] != out.shape[1]:
            self._make_noise(out.shape[1])
        self._tensor.normal_()
        out += self._noise * np.exp(self._log_std)
        return out.T

    def mode(self, out: Floats, masks: Masks = None) -> Actions:
        return out.T

    def evaluate(
        self, out: Floats, latent: Floats, actions: Actions, masks: Masks = None
    ) -> tuple[Floats, Floats]:
        self._std = np.exp(self._log_std)
        z = self._z = (actions.T - out) / self._std
        log_probs: Floats = np.add.reduce(z * z, axis=0)
        log_probs *= -HALF
        log_probs -= np.add.reduce(self._log_std + HALF_LOG_TWO_PI, axis=0)
        entropy = np.add.reduce(self._log_std + (HALF + HALF_LOG_TWO_PI), axis=0)
        return log_probs, np.broadcast_to(entropy, log_probs.shape)

    def gradient(self, d_log_prob: Floats, d_entropy: float) -> Floats:
        result: Floats = self._z * d_log_prob
        np.add.reduce(result * self._z - d_log_prob, axis=1, out=self._d_log_std)
        if d_entropy:
            self._d_log_std += np.float32(d_entropy * len(d_log_prob))
        result /= self._std
        return result

    def _make_noise(self, size: int) -> None:
        self._tensor = torch.empty(size, len(self._log_std))
        self._noise: Floats = self._tensor.numpy().T


class StateDependent:
    """Noise that is a linear function of the actor's features (Raffin et al. 2022, gSDE).

    The noise matrices are torch's own: the policy redraws them, this reads them.
    """

    def __init__(self, distribution: StateDependentNoiseDistribution, memory: FlatMemory) -> None:
        self._distribution = distribution
        self._log_std = memory.values("log_std")[0]
        self._d_log_std = memory.gradients("log_std")[0]
        self._epsilon = np.float32(distribution.epsilon)

    def sample(self, out: Floats, latent: Floats, masks: Masks = None) -> Actions:
        matrices = self._distribution.exploration_matrices
        if len(latent) == 1 or len(latent) != len(matrices):
            out += (latent @ self._distribution.exploration_mat.detach().numpy()).T
        else:
            out += np.matmul(latent[:, None], matrices.detach().numpy())[:, 0].T
        return out.T

    def mode(self, out: Floats, masks: Masks = None) -> Actions:
        return out.T

    def evaluate(
        self, out: Floats, latent: Floats, actions: Actions, masks: Masks = None
    ) -> tuple[Floats, Floats]:
        self._squares = latent * latent
        widths = np.exp(self._log_std) ** 2
        wide = np.broadcast_to(widths, (len(widths), len(out)))
        self._std = np.sqrt(np.dot(wide.T, self._squares.T) + self._epsilon)
        self._z = (actions.T - out) / self._std
        logs = np.log(self._std) + HALF_LOG_TWO_PI
        log_probs: Floats = -np.add.reduce(HALF * self._z * self._z + logs, axis=0)
        return log_probs, np.add.reduce(logs + HALF, axis=0)

    def gradient(self, d_log_prob: Floats, d_entropy: float) -> Floats:
        # With s the width of one action: ds of log p is (z^2 - 1) / s, of the entropy 1 / s, and
        # that of s^2, on which log_std acts, half of it over s.
        d_square = self._z * self._z - np.float32(1)
        d_square *= d_log_prob
        d_square += np.float32(d_entropy)
        d_square /= np.float32(2) * self._std * self._std
        d_log_std = np.dot(d_square, self._squares).T * np.float32(2)
        d_log_std = d_log_std * np.exp(self._log_std) ** 2
        whole = self._d_log_std.shape == d_log_std.shape
        self._d_log_std[:] = d_log_std if whole else d_log_std.sum(axis=1, keepdims=True)
        result: Floats = self._z / self._std * d_log_prob
        return result


def distribution_of(policy: ActorCriticPolicy, memory: FlatMemory) -> Distribution:
    """The counterpart of a policy's action distribution.

    Raises:
        ValueError: There is none for it.
    """
    distribution: object = policy.action_dist
    if isinstance(distribution, CategoricalDistribution | MaskableCategoricalDistribution):
        return Categorical(distribution.action_dim)
    if isinstance(
        distribution, MultiCategoricalDistribution | MaskableMultiCategoricalDistribution
    ):
        return MultiCategorical([int(count) for count in distribution.action_dims])
    if type(distribution) is DiagGaussianDistribution:
        return Gaussian(memory)
    if isinstance(distribution, StateDependentNoiseDistribution):
        if (
            distribution.bijector is not None
            or distribution.use_expln
            or distribution.learn_features
        ):
            raise ValueError("gSDE with squashed actions, `use_expln` or learned features")
        return StateDependent(distribution, memory)
    raise ValueError(f"action distribution {type(distribution).__name__}")

"""Action distributions on the actor's outputs: sample, mode, log-probability, entropy, gradient.

Random numbers come from torch's generator, by the calls that torch's own distributions make, so
that a training draws the same numbers as with plain stable-baselines3.

Shapes: outputs (B, n), log-probabilities and entropies (B,).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.distributions import (
    CategoricalDistribution,
    DiagGaussianDistribution,
    MultiCategoricalDistribution,
    StateDependentNoiseDistribution,
)
from stable_baselines3.common.policies import ActorCriticPolicy
from sb3_contrib.common.maskable.distributions import (
    MaskableCategoricalDistribution,
    MaskableMultiCategoricalDistribution,
)

from harness.training.fast.memory import Floats, Memory

__all__ = ["Head", "Masks", "head_of"]

Actions = NDArray[Any]
Masks = NDArray[np.bool_] | None
"""Shape (B, n): which actions are allowed."""

HALF_LOG_TWO_PI: Final = np.float32(0.5 * math.log(2 * math.pi))
HALF: Final = np.float32(0.5)
FORBIDDEN: Final = np.float32(-1e8)
"""Logit of a forbidden action."""


class Head(Protocol):
    """A distribution over actions. The actor's outputs may be overwritten."""

    def sample(
        self, out: Floats, latent: Floats, masks: Masks = None
    ) -> tuple[Actions, Floats]:
        """Draw actions; returns them, of their own shape, and their log-probabilities."""
        ...

    def mode(self, out: Floats, masks: Masks = None) -> Actions:
        """The most likely actions."""
        ...

    def assess(
        self, out: Floats, latent: Floats, actions: Actions, masks: Masks = None
    ) -> tuple[Floats, Floats]:
        """Log-probabilities of given actions (B, k) and entropies."""
        ...

    def gradient(self, d_log_prob: Floats, d_entropy: float) -> Floats:
        """Gradient of the outputs after `assess`; those of own parameters go to memory.

        Args:
            d_log_prob: Gradient of each log-probability, (B,).
            d_entropy: Gradient of every entropy.
        """
        ...


class Categorical:
    """One choice of n, by logits."""

    def __init__(self, options: int) -> None:
        self._options = options
        self._noise = torch.empty(0, options)

    def sample(
        self, out: Floats, latent: Floats, masks: Masks = None
    ) -> tuple[Actions, Floats]:
        shares, totals = self._exponentiate(out, masks)
        if len(self._noise) != len(out):
            self._noise = torch.empty(len(out), self._options)
        # As torch.multinomial does for a single draw.
        self._noise.exponential_()
        shares /= totals
        shares /= self._noise.numpy()
        actions = shares.argmax(axis=1)
        log_probs = out[np.arange(len(out)), actions] - np.log(totals[:, 0])
        return actions, log_probs

    def mode(self, out: Floats, masks: Masks = None) -> Actions:
        if masks is not None:
            out = np.where(masks, out, FORBIDDEN)
        return out.argmax(axis=1)

    def assess(
        self, out: Floats, latent: Floats, actions: Actions, masks: Masks = None
    ) -> tuple[Floats, Floats]:
        shares, totals = self._exponentiate(out, masks)
        shares /= totals
        out -= np.log(totals)
        self._rows = np.arange(len(out))
        self._actions = actions[:, 0].astype(np.intp, copy=False)
        self._shares, self._logs = shares, out
        information = shares * out
        if masks is not None:
            information *= masks
        self._entropies: Floats = -np.add.reduce(information, axis=1)
        return out[self._rows, self._actions], self._entropies

    def gradient(self, d_log_prob: Floats, d_entropy: float) -> Floats:
        shares = self._shares
        result = shares * -d_log_prob[:, None]
        result[self._rows, self._actions] += d_log_prob
        if d_entropy:
            self._logs += self._entropies[:, None]
            self._logs *= shares
            self._logs *= np.float32(d_entropy)
            result -= self._logs
        return result

    @staticmethod
    def _exponentiate(out: Floats, masks: Masks) -> tuple[Floats, Floats]:
        """Shift the logits in place; returns their exponentials and the sums of these, (B, 1)."""
        if masks is not None:
            np.copyto(out, FORBIDDEN, where=~masks)
        out -= np.maximum.reduce(out, axis=1, keepdims=True)
        shares = np.exp(out)
        return shares, np.add.reduce(shares, axis=1, keepdims=True)


class MultiCategorical:
    """Several independent choices, their logits side by side."""

    def __init__(self, options: Sequence[int]) -> None:
        self._parts = [Categorical(count) for count in options]
        edges = np.cumsum([0, *options])
        self._slices = [slice(a, b) for a, b in zip(edges[:-1], edges[1:], strict=True)]

    def sample(
        self, out: Floats, latent: Floats, masks: Masks = None
    ) -> tuple[Actions, Floats]:
        drawn = [
            part.sample(out[:, place], latent, _cut(masks, place))
            for part, place in zip(self._parts, self._slices, strict=True)
        ]
        actions, log_probs = zip(*drawn, strict=True)
        return np.stack(actions, axis=1), np.add.reduce(log_probs)

    def mode(self, out: Floats, masks: Masks = None) -> Actions:
        pairs = zip(self._parts, self._slices, strict=True)
        modes = [part.mode(out[:, place], _cut(masks, place)) for part, place in pairs]
        return np.stack(modes, axis=1)

    def assess(
        self, out: Floats, latent: Floats, actions: Actions, masks: Masks = None
    ) -> tuple[Floats, Floats]:
        assessed = [
            part.assess(out[:, place], latent, actions[:, [index]], _cut(masks, place))
            for index, (part, place) in enumerate(zip(self._parts, self._slices, strict=True))
        ]
        log_probs, entropies = zip(*assessed, strict=True)
        return np.add.reduce(log_probs), np.add.reduce(entropies)

    def gradient(self, d_log_prob: Floats, d_entropy: float) -> Floats:
        parts = [part.gradient(d_log_prob, d_entropy) for part in self._parts]
        return np.concatenate(parts, axis=1)


def _cut(masks: Masks, place: slice) -> Masks:
    return None if masks is None else masks[:, place]


class Gaussian:
    """Independent normal distributions around the outputs; log of their widths is learned."""

    def __init__(self, memory: Memory) -> None:
        self._log_std = memory.values("log_std")[0]
        self._slot = memory.gradients("log_std")[0]
        self._noise = torch.empty(0, len(self._log_std))

    def sample(
        self, out: Floats, latent: Floats, masks: Masks = None
    ) -> tuple[Actions, Floats]:
        if len(self._noise) != len(out):
            self._noise = torch.empty(out.shape)
        self._noise.normal_()
        std = np.exp(self._log_std)
        actions = self._noise.numpy() * std
        actions += out
        return actions, self._log_probs((actions - out) / std)

    def mode(self, out: Floats, masks: Masks = None) -> Actions:
        return out

    def assess(
        self, out: Floats, latent: Floats, actions: Actions, masks: Masks = None
    ) -> tuple[Floats, Floats]:
        self._std = np.exp(self._log_std)
        self._z = (actions - out) / self._std
        entropy = np.add.reduce(self._log_std + (HALF + HALF_LOG_TWO_PI))
        return self._log_probs(self._z), np.full(len(out), entropy, np.float32)

    def gradient(self, d_log_prob: Floats, d_entropy: float) -> Floats:
        result = self._z * d_log_prob[:, None]
        self._slot[:] = np.add.reduce(result * self._z - d_log_prob[:, None])
        if d_entropy:
            self._slot += np.float32(d_entropy * len(result))
        result /= self._std
        return result

    def _log_probs(self, z: Floats) -> Floats:
        constant = np.add.reduce(self._log_std + HALF_LOG_TWO_PI)
        log_probs: Floats = np.add.reduce(z * z, axis=1)
        log_probs *= -HALF
        log_probs -= constant
        return log_probs


class StateDependent:
    """Noise that is a linear function of the actor's features (Raffin et al. 2022, gSDE).

    The noise matrices are torch's own: the policy redraws them, this reads them.
    """

    def __init__(self, distribution: StateDependentNoiseDistribution, memory: Memory) -> None:
        self._distribution = distribution
        self._log_std = memory.values("log_std")[0]
        self._slot = memory.gradients("log_std")[0]
        self._epsilon = np.float32(distribution.epsilon)

    def sample(
        self, out: Floats, latent: Floats, masks: Masks = None
    ) -> tuple[Actions, Floats]:
        matrices = self._distribution.exploration_matrices
        if len(latent) == 1 or len(latent) != len(matrices):
            noise = latent @ self._distribution.exploration_mat.detach().numpy()
        else:
            noise = np.matmul(latent[:, None], matrices.detach().numpy())[:, 0]
        actions = out + noise
        return actions, self._measure(out, latent, actions)

    def mode(self, out: Floats, masks: Masks = None) -> Actions:
        return out

    def assess(
        self, out: Floats, latent: Floats, actions: Actions, masks: Masks = None
    ) -> tuple[Floats, Floats]:
        log_probs = self._measure(out, latent, actions)
        entropies = np.add.reduce(np.log(self._std) + (HALF + HALF_LOG_TWO_PI), axis=1)
        return log_probs, entropies

    def gradient(self, d_log_prob: Floats, d_entropy: float) -> Floats:
        # With s the width of one action: ds of log p is (z^2 - 1) / s, of the entropy 1 / s, and
        # that of s^2, on which log_std acts, half of it over s.
        d_square = self._z * self._z - np.float32(1)
        d_square *= d_log_prob[:, None]
        d_square += np.float32(d_entropy)
        d_square /= np.float32(2) * self._std * self._std
        d_log_std = self._squares.T @ d_square
        d_log_std *= np.float32(2) * np.exp(self._log_std) ** 2
        whole = self._slot.shape == d_log_std.shape
        self._slot[:] = d_log_std if whole else d_log_std.sum(axis=1, keepdims=True)
        result: Floats = self._z / self._std * d_log_prob[:, None]
        return result

    def _measure(self, out: Floats, latent: Floats, actions: Actions) -> Floats:
        self._squares = latent * latent
        widths = np.exp(self._log_std) ** 2
        wide = np.broadcast_to(widths, (len(widths), out.shape[1]))
        self._std = np.sqrt(self._squares @ wide + self._epsilon)
        self._z = (actions - out) / self._std
        terms = HALF * self._z * self._z + np.log(self._std) + HALF_LOG_TWO_PI
        log_probs: Floats = -np.add.reduce(terms, axis=1)
        return log_probs


def head_of(policy: ActorCriticPolicy, memory: Memory) -> Head:
    """The counterpart of a policy's action distribution.

    Raises:
        ValueError: There is none for it.
    """
    given: object = policy.action_dist
    if isinstance(given, CategoricalDistribution | MaskableCategoricalDistribution):
        return Categorical(given.action_dim)
    if isinstance(given, MultiCategoricalDistribution | MaskableMultiCategoricalDistribution):
        return MultiCategorical([int(count) for count in given.action_dims])
    if type(given) is DiagGaussianDistribution:
        return Gaussian(memory)
    if isinstance(given, StateDependentNoiseDistribution):
        if given.bijector is not None or given.use_expln or given.learn_features:
            raise ValueError("gSDE with squashed actions, `use_expln` or learned features")
        return StateDependent(given, memory)
    raise ValueError(f"action distribution {type(given).__name__}")

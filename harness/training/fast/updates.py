"""The updates of PPO and A2C: losses and their gradients by hand, on an engine.

What is logged is what stable-baselines3 logs, computed once per epoch from per-sample arrays.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from harness.training.fast.engine import Engine
from harness.training.fast.memory import Floats
from harness.training.fast.rollouts import Samples, normalised

__all__ = ["Clipped", "Log", "Weights", "actor_critic_update", "clipped_update"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Coefficients of the loss.

    Attributes:
        entropy, value: Of the entropy bonus and of the value loss.
        norm: The gradient is clipped to this norm.
    """

    entropy: float
    value: float
    norm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Clipped:
    """Settings of PPO's update (Schulman et al. 2017, eq. 7).

    Attributes:
        ratio: Clip range of the probability ratio.
        value: Clip range of the change in value; None for no clipping.
        epochs, batch_size: Passes over the rollout, and minibatches.
        normalize: Whether advantages are normalised in each minibatch.
        target_kl: Divergence beyond 1.5 times of which the update ends; None for no limit.
    """

    ratio: float
    value: float | None
    epochs: int
    batch_size: int
    normalize: bool
    target_kl: float | None


@dataclass(slots=True)
class Log:
    """Means of an update, as they are logged; one entry per minibatch."""

    policy: list[float] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    entropy: list[float] = field(default_factory=list)
    clipped: list[float] = field(default_factory=list)
    divergence: list[float] = field(default_factory=list)
    """Of the latest epoch only."""
    epochs: int = 0


class Epoch:
    """Per-sample quantities of one epoch, filled minibatch by minibatch."""

    def __init__(self, size: int) -> None:
        self.log_ratios = np.empty(size, np.float32)
        self.surrogates = np.empty(size, np.float32)
        self.entropies = np.empty(size, np.float32)
        self.value_errors = np.empty(size, np.float32)

    def report(self, log: Log, settings: Clipped, seen: int) -> None:
        """Add the means of the minibatches among the first `seen` samples to the log."""
        starts = np.arange(0, seen, settings.batch_size)
        counts = np.diff(np.append(starts, seen))

        def means(values: Floats) -> list[float]:
            found: list[float] = (np.add.reduceat(values, starts) / counts).tolist()
            return found

        logs = self.log_ratios[:seen]
        ratios = np.exp(logs)
        errors = self.value_errors[:seen]
        log.policy += means(-self.surrogates[:seen])
        log.value += means(errors * errors)
        log.entropy += means(-self.entropies[:seen])
        outside = np.abs(ratios - 1) > settings.ratio
        log.clipped += means(outside.astype(np.float32))
        log.divergence = means(ratios - 1 - logs)
        log.epochs += 1


def clipped_update(engine: Engine, data: Samples, settings: Clipped, weights: Weights) -> Log:
    """All epochs of one update of PPO.

    Minibatches are drawn with numpy's global generator, one permutation per epoch.
    """
    log = Log()
    epoch = Epoch(len(data))
    engine.descent.begin()
    for _ in range(settings.epochs):
        order = np.random.permutation(len(data))  # noqa: NPY002  (the one that SB3 draws from)
        shuffled = data[order]
        seen, ended = _pass(engine, shuffled, settings, weights, epoch)
        epoch.report(log, settings, seen)
        if ended:
            break
    return log


def _pass(
    engine: Engine, data: Samples, settings: Clipped, weights: Weights, epoch: Epoch
) -> tuple[int, bool]:
    """One epoch; returns how many samples it saw and whether the divergence ended it."""
    low, high = np.float32(1 - settings.ratio), np.float32(1 + settings.ratio)
    gains = data.advantages
    if settings.normalize:
        gains = normalised(gains, settings.batch_size)
    for place, batch in data.batches(settings.batch_size):
        size = len(batch)
        out, latent, values = engine.network.forward(batch.inputs)
        log_probs, entropies = engine.head.assess(out, latent, batch.actions, batch.masks)
        epoch.entropies[place] = entropies
        logs = np.subtract(log_probs, batch.log_probs, out=epoch.log_ratios[place])
        ratios = np.exp(logs)
        plain = gains[place] * ratios
        bounded = gains[place] * np.minimum(np.maximum(ratios, low), high)
        np.minimum(plain, bounded, out=epoch.surrogates[place])
        errors, slopes = _value_errors(values, batch, settings.value)
        epoch.value_errors[place] = errors
        if settings.target_kl is not None:
            divergence = float(np.mean(ratios - 1 - logs))
            if divergence > 1.5 * settings.target_kl:
                return place.start + size, True
        # Of the smaller of the two, only the unclipped one depends on the policy.
        plain *= np.less_equal(plain, bounded)
        plain *= np.float32(-1 / size)
        d_out = engine.head.gradient(plain, -weights.entropy / size)
        slopes *= np.float32(weights.value * 2 / size)
        engine.network.backward(batch.inputs, d_out, slopes)
        engine.descent.step(weights.norm)
    return len(data), False


def _value_errors(values: Floats, batch: Samples, most: float | None) -> tuple[Floats, Floats]:
    """Predicted minus wanted values, and half the slope of their squares."""
    if most is None:
        errors = values - batch.returns
        return errors, errors.copy()
    changes = values - batch.values
    kept = np.clip(changes, np.float32(-most), np.float32(most))
    errors = batch.values + kept - batch.returns
    return errors, errors * (kept == changes)


def actor_critic_update(
    engine: Engine, data: Samples, weights: Weights, *, normalize: bool
) -> dict[str, float]:
    """The one gradient step of A2C on a whole rollout (Mnih et al. 2016); returns the losses."""
    # Drawn by SB3 too; the order of the only batch plays no part but in rounding.
    data = data[np.random.permutation(len(data))]  # noqa: NPY002
    size = len(data)
    gains = normalised(data.advantages, size) if normalize else data.advantages
    out, latent, values = engine.network.forward(data.inputs)
    log_probs, entropies = engine.head.assess(out, latent, data.actions, data.masks)
    errors = values - data.returns
    losses = {
        "entropy_loss": -float(np.add.reduce(entropies)) / size,
        "policy_loss": -float(np.dot(gains, log_probs)) / size,
        "value_loss": float(np.dot(errors, errors)) / size,
    }
    d_out = engine.head.gradient(gains * np.float32(-1 / size), -weights.entropy / size)
    errors *= np.float32(weights.value * 2 / size)
    engine.network.backward(data.inputs, d_out, errors)
    engine.descent.begin()
    engine.descent.step(weights.norm)
    return losses

"""The numpy side of an actor-critic policy, and the updates of PPO and A2C on it.

Losses and gradients are written by hand. What is logged is what stable-baselines3 logs, computed
once per epoch from per-sample arrays.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from gymnasium import spaces
from stable_baselines3.common.policies import ActorCriticPolicy

from harness.learners.accelerated import Encoder, encoder
from harness.learners.actor_critic import ActorCriticNetwork, parameter_order
from harness.learners.distributions import Distribution, Masks, distribution_of
from harness.learners.flat_memory import FlatMemory, Floats
from harness.learners.optimizers import NumpyOptimizer, numpy_optimizer
from harness.learners.rollouts import Samples, normalise

CHUNK: Final = 1024
"""Rows evaluated at once, so that hidden layers stay in the processor's cache."""


class ActorCriticEngine:
    """The numpy side of one torch policy; both work on the same memory.

    Attributes:
        memory: Parameters and gradients.
        network: Actor and critic.
        distribution: Of actions.
        encode: Observations -> inputs of the network.
        optimizer: Of all parameters.
    """

    def __init__(self, policy: ActorCriticPolicy) -> None:
        """Take a policy over.

        Raises:
            ValueError: A part of the policy has no counterpart here.
        """
        self.action_space = policy.action_space
        self.encode: Encoder = encoder(policy)
        self.memory = FlatMemory(policy, parameter_order(policy))
        self.network = ActorCriticNetwork(policy, self.memory)
        self.distribution: Distribution = distribution_of(policy, self.memory)
        self.optimizer: NumpyOptimizer = numpy_optimizer(self.memory, policy.optimizer)
        # None of the layers that these policies have acts differently in training.
        policy.set_training_mode(mode=False)

    def predict(
        self, observations: np.ndarray, *, deterministic: bool, masks: Masks = None
    ) -> np.ndarray:
        """Actions for a batch of observations, within the bounds of their space.

        Args:
            observations: Shape (B, ...), already normalised.
            deterministic: By the mode instead of sampling.
            masks: Shape (B, n).
        """
        out, latent = self.network.act(self.encode(observations))
        if deterministic:
            actions = self.distribution.mode(out, masks)
        else:
            actions = self.distribution.sample(out, latent, masks)
        return self.clip_actions(actions.reshape(-1, *(self.action_space.shape or ())))

    def evaluate(
        self, inputs: Floats, actions: np.ndarray, masks: Masks = None
    ) -> tuple[Floats, Floats]:
        """Values of inputs (N, d) and log-probabilities of the actions (N, k) taken there."""
        values, log_probs = np.empty(len(inputs), np.float32), np.empty(len(inputs), np.float32)
        for start in range(0, len(inputs), CHUNK):
            rows = slice(start, start + CHUNK)
            chunk_masks = None if masks is None else masks[rows]
            out, latent = self.network.act(inputs[rows])
            log_probs[rows], _ = self.distribution.evaluate(out, latent, actions[rows], chunk_masks)
            values[rows] = self.network.value(inputs[rows])
        return values, log_probs

    def clip_actions(self, actions: np.ndarray) -> np.ndarray:
        """Continuous actions clipped to their space; others as they are."""
        if not isinstance(self.action_space, spaces.Box):
            return actions
        # The method costs half of the function.
        return actions.clip(self.action_space.low, self.action_space.high)


@dataclass(frozen=True, slots=True, kw_only=True)
class LossWeights:
    """Coefficients of the loss.

    Attributes:
        entropy, value: Of the entropy bonus and of the value loss.
        max_norm: The gradient is clipped to this norm.
    """

    entropy: float
    value: float
    max_norm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PpoSettings:
    """Settings of PPO's update (Schulman et al. 2017, eq. 7).

    Attributes:
        clip_range: Of the probability ratio.
        clip_range_vf: Of the change in value; None for no clipping.
        epochs, batch_size: Passes over the rollout, and minibatches.
        normalize: Whether advantages are normalised in each minibatch.
        target_kl: Divergence beyond 1.5 times of which the update ends; None for no limit.
    """

    clip_range: float
    clip_range_vf: float | None
    epochs: int
    batch_size: int
    normalize: bool
    target_kl: float | None


@dataclass(slots=True)
class UpdateLog:
    """Means of an update, as they are logged; one entry per minibatch."""

    policy: list[float] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    entropy: list[float] = field(default_factory=list)
    clip_fraction: list[float] = field(default_factory=list)
    kl: list[float] = field(default_factory=list)
    """Of the latest epoch only."""
    epochs: int = 0


class EpochArrays:
    """Per-sample quantities of one epoch, filled minibatch by minibatch."""

    def __init__(self, size: int) -> None:
        self.log_ratios = np.empty(size, np.float32)
        self.surrogates = np.empty(size, np.float32)
        self.entropies = np.empty(size, np.float32)
        self.value_errors = np.empty(size, np.float32)

    def add_means(self, log: UpdateLog, settings: PpoSettings, count: int) -> None:
        """Add the means of the minibatches of the first `count` samples to the log."""
        starts = np.arange(0, count, settings.batch_size)
        sizes = np.diff(np.append(starts, count))

        def means(values: Floats) -> list[float]:
            batches: list[float] = (np.add.reduceat(values, starts) / sizes).tolist()
            return batches

        logs = self.log_ratios[:count]
        ratios = np.exp(logs)
        errors = self.value_errors[:count]
        log.policy += means(-self.surrogates[:count])
        log.value += means(errors * errors)
        log.entropy += means(-self.entropies[:count])
        outside = np.abs(ratios - 1) > settings.clip_range
        log.clip_fraction += means(outside.astype(np.float32))
        log.kl = means(ratios - 1 - logs)
        log.epochs += 1


def ppo_update(
    engine: ActorCriticEngine, data: Samples, settings: PpoSettings, weights: LossWeights
) -> UpdateLog:
    """All epochs of one update of PPO.

    Minibatches are drawn with numpy's global generator, one permutation per epoch.
    """
    log = UpdateLog()
    epoch = EpochArrays(len(data))
    engine.optimizer.synchronise()
    for _ in range(settings.epochs):
        order = np.random.permutation(len(data))  # noqa: NPY002  (the one that SB3 draws from)
        count, stop = _run_epoch(engine, data[order], settings, weights, epoch)
        epoch.add_means(log, settings, count)
        if stop:
            break
    return log


def _run_epoch(
    engine: ActorCriticEngine,
    data: Samples,
    settings: PpoSettings,
    weights: LossWeights,
    epoch: EpochArrays,
) -> tuple[int, bool]:
    """One epoch; returns how many samples it used and whether `target_kl` stopped it."""
    low, high = np.float32(1 - settings.clip_range), np.float32(1 + settings.clip_range)
    advantages = data.advantages
    if settings.normalize:
        advantages = normalise(advantages, settings.batch_size)
    for rows, batch in data.batches(settings.batch_size):
        size = len(batch)
        out, latent, values = engine.network.forward(batch.inputs)
        log_probs, entropies = engine.distribution.evaluate(out, latent, batch.actions, batch.masks)
        epoch.entropies[rows] = entropies
        logs = np.subtract(log_probs, batch.log_probs, out=epoch.log_ratios[rows])
        ratios = np.exp(logs)
        gains = advantages[rows] * ratios
        bounds = advantages[rows] * np.minimum(np.maximum(ratios, low), high)
        np.minimum(gains, bounds, out=epoch.surrogates[rows])
        errors, slopes = _value_errors(values, batch, settings.clip_range_vf)
        epoch.value_errors[rows] = errors
        if settings.target_kl is not None:
            kl = float(np.mean(ratios - 1 - logs))
            if kl > 1.5 * settings.target_kl:
                return rows.start + size, True
        # Of the smaller of the two, only the unclipped one depends on the policy.
        gains *= np.less_equal(gains, bounds)
        gains *= np.float32(-1 / size)
        d_out = engine.distribution.gradient(gains, -weights.entropy / size)
        slopes *= np.float32(weights.value * 2 / size)
        engine.network.backward(batch.inputs, d_out, slopes)
        engine.optimizer.step(weights.max_norm)
    return len(data), False


def _value_errors(
    values: Floats, batch: Samples, clip_range: float | None
) -> tuple[Floats, Floats]:
    """Predicted values less returns, and half the slope of their squares."""
    if clip_range is None:
        errors = values - batch.returns
        return errors, errors.copy()
    changes = values - batch.values
    clipped_changes = np.clip(changes, np.float32(-clip_range), np.float32(clip_range))
    errors = batch.values + clipped_changes - batch.returns
    return errors, errors * (clipped_changes == changes)


def a2c_update(
    engine: ActorCriticEngine, data: Samples, weights: LossWeights, *, normalize: bool
) -> dict[str, float]:
    """The one gradient step of A2C on a whole rollout (Mnih et al. 2016); returns the losses."""
    # Drawn by SB3 too; the order of the only batch plays no part but in rounding.
    data = data[np.random.permutation(len(data))]  # noqa: NPY002
    size = len(data)
    advantages = normalise(data.advantages, size) if normalize else data.advantages
    out, latent, values = engine.network.forward(data.inputs)
    log_probs, entropies = engine.distribution.evaluate(out, latent, data.actions, data.masks)
    errors = values - data.returns
    losses = {
        "entropy_loss": -float(np.add.reduce(entropies)) / size,
        "policy_loss": -float(np.dot(advantages, log_probs)) / size,
        "value_loss": float(np.dot(errors, errors)) / size,
    }
    d_out = engine.distribution.gradient(
        advantages * np.float32(-1 / size), -weights.entropy / size
    )
    errors *= np.float32(weights.value * 2 / size)
    engine.network.backward(data.inputs, d_out, errors)
    engine.optimizer.synchronise()
    engine.optimizer.step(weights.max_norm)
    return losses

"""Rules: pure functions that tie searched values together and turn readable ones into arguments.

Each takes the values of one trial and its context and returns new values. A rule leaves alone what
it does not find, because a matrix may fix any parameter and so take it out of the space. The
library default is trained with the constructor's own arguments; no rule ever touches it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final

from harness.core.arguments import NETWORKS, NO_NOISE, NOISES, SCHEDULES
from harness.core.space import Context
from harness.errors import UsageError

__all__ = [
    "MIN_UPDATES",
    "action_noise",
    "bounded_rollout",
    "bounded_target_update",
    "bounded_warmup",
    "entropy_bonus",
    "fitted_batch",
    "kept_quantiles",
    "network",
    "scheduled_learning_rate",
    "top_directions",
    "updates_per_step",
]

MIN_UPDATES: Final = 4
"""Policy updates that even the longest rollout leaves room for within the budget."""

SHORTEST_ROLLOUT: Final = 8
"""Steps per environment below which advantages are mostly bootstrap."""


def bounded_rollout(values: dict[str, Any], context: Context) -> dict[str, Any]:
    """Shorten `n_steps` until the budget holds `MIN_UPDATES` updates.

    A rollout longer than the budget would score a network that was never updated.
    """
    if "n_steps" not in values or "n_steps" in context.fixed:
        return values
    room = max(context.steps // (MIN_UPDATES * context.n_envs), SHORTEST_ROLLOUT)
    target = int(values["n_steps"])
    return values | {"n_steps": target if target <= room else _power_of_two_below(room)}


def fitted_batch(values: dict[str, Any], context: Context) -> dict[str, Any]:
    """Move `batch_size` to the nearest divisor of the rollout, by ratio; never to 1.

    A batch of one has no advantage to normalise, a last batch cut short has a noisy one. Where
    the matrix fixes `batch_size`, `n_steps` is moved instead.
    """
    if "n_steps" not in values or "batch_size" not in values:
        return values
    if "batch_size" in context.fixed:
        return values | {"n_steps": _fitted_rollout(values, context)}
    rollout = int(values["n_steps"]) * context.n_envs
    target = int(values["batch_size"])
    small = [size for size in range(1, math.isqrt(rollout) + 1) if rollout % size == 0]
    divisors = {size for low in small for size in (low, rollout // low) if size > 1}
    nearest = min(divisors, key=lambda size: (abs(math.log(size / target)), size), default=target)
    return values | {"batch_size": nearest}


def _fitted_rollout(values: Mapping[str, Any], context: Context) -> int:
    """The `n_steps` nearest to the searched one whose rollout is whole batches.

    Not a longer one than leaves room for `MIN_UPDATES`, unless a single batch is.
    """
    target, batch = int(values["n_steps"]), int(values["batch_size"])
    if "n_steps" in context.fixed:
        return target
    step = batch // math.gcd(batch, context.n_envs)
    most = max(1, context.steps // (MIN_UPDATES * context.n_envs) // step)
    return min(max(1, round(target / step)), most) * step


def network(values: dict[str, Any], _context: Context) -> dict[str, Any]:
    """Turn the label of a network, or its JSON text, into lists of layer widths.

    Raises:
        UsageError: The text is neither a label nor JSON.
    """
    if "net_arch" not in values:
        return values
    label = values["net_arch"]
    if label in NETWORKS:
        return values | {"net_arch": list(NETWORKS[label])}
    try:
        return values | {"net_arch": json.loads(label)}
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"`net_arch` = {label!r} is no network",
            help=f"one of {', '.join(NETWORKS)}, or layer widths such as `[128, 128]`",
        ) from error


def scheduled_learning_rate(values: dict[str, Any], _context: Context) -> dict[str, Any]:
    """Join `lr_schedule` and `learning_rate`; a constant rate stays a plain number."""
    result = dict(values)
    schedule = result.pop("lr_schedule", SCHEDULES[0])
    if schedule != SCHEDULES[0] and "learning_rate" in result:
        result["learning_rate"] = {"schedule": schedule, "initial": result["learning_rate"]}
    return result


def entropy_bonus(values: dict[str, Any], _context: Context) -> dict[str, Any]:
    """Set `ent_coef` to 0, which no logarithmic range contains, where there is no bonus."""
    result = dict(values)
    if result.pop("entropy_bonus", True) is False:
        result["ent_coef"] = 0.0
    return result


def updates_per_step(values: dict[str, Any], _context: Context) -> dict[str, Any]:
    """Turn `train_freq` and `replay_ratio` into whole numbers that keep the ratio exactly.

    The replay ratio counts gradient steps per step of the vectorised environment, the unit of
    stable-baselines3's `train_freq`.
    """
    result = dict(values)
    ratio = result.pop("replay_ratio", None)
    if ratio is None or "train_freq" not in result:
        return result
    every = max(int(result["train_freq"]), math.ceil(1 / ratio))
    return result | {"train_freq": every, "gradient_steps": max(1, round(every * ratio))}


def bounded_warmup(values: dict[str, Any], context: Context) -> dict[str, Any]:
    """Keep random warm-up steps to a tenth of the budget at most."""
    return _at_most(values, "learning_starts", max(context.steps // 10, 1))


def bounded_target_update(values: dict[str, Any], context: Context) -> dict[str, Any]:
    """Let the target network be updated at least ten times, and not more often than steps come."""
    room = max(context.steps // 10, context.n_envs)
    bounded = _at_most(values, "target_update_interval", room)
    if "target_update_interval" not in bounded:
        return bounded
    interval = max(bounded["target_update_interval"], context.n_envs)
    return bounded | {"target_update_interval": interval}


def action_noise(values: dict[str, Any], _context: Context) -> dict[str, Any]:
    """Join `noise` and `noise_sigma` into ``{"noise": ..., "sigma": ...}``, or None.

    Raises:
        UsageError: There is no such noise.
    """
    result = dict(values)
    kind = result.pop("noise", None)
    sigma = result.pop("noise_sigma", None)
    if kind == NO_NOISE:
        result["action_noise"] = None
    elif kind is not None and kind not in NOISES:
        # Its `noise_sigma` is not active, so that nothing but the noise would be missing.
        raise UsageError(f"unknown action noise `{kind}`", help=f"known: {', '.join(NOISES)}")
    elif kind is not None and sigma is not None:
        result["action_noise"] = {"noise": kind, "sigma": sigma}
    return result


def kept_quantiles(values: dict[str, Any], _context: Context) -> dict[str, Any]:
    """Leave at least one quantile per critic after the truncation."""
    if "n_quantiles" not in values:
        return values
    return _at_most(values, "top_quantiles_to_drop_per_net", int(values["n_quantiles"]) - 1)


def top_directions(values: dict[str, Any], _context: Context) -> dict[str, Any]:
    """Turn `top_fraction` of the `n_delta` directions into `n_top`, at least one."""
    result = dict(values)
    fraction = result.pop("top_fraction", None)
    if fraction is not None and "n_delta" in result:
        result["n_top"] = max(1, round(result["n_delta"] * fraction))
    return result


def _at_most(values: dict[str, Any], name: str, room: int) -> dict[str, Any]:
    return values | {name: min(int(values[name]), room)} if name in values else values


def _power_of_two_below(bound: int) -> int:
    return 1 << (bound.bit_length() - 1)

"""Rules: pure functions that tie searched values together and turn readable ones into arguments.

Each takes the values of one trial and its context and returns new values. A rule leaves alone what
it does not find, because a matrix may fix any parameter and so take it out of the space. The
library default is trained with the constructor's own arguments; of the rules only those that keep
rollouts within the budget touch it. A rule leaves alone what it has moved before. Records keep
rules by their names: a rule of another name makes another search space.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from harness.core.arguments import NETWORKS, NO_NOISE, NOISES, SCHEDULES, is_number
from harness.core.costs.training_steps import EQUAL, overshoot
from harness.core.spaces.domain import Choice, Domain
from harness.core.spaces.value_rules import Context, TrialValues
from harness.errors import UsageError

MIN_UPDATES: Final = 4
"""Policy updates that even the longest rollout leaves room for within the budget."""

SHORTEST_ROLLOUT: Final = 8
"""Steps per environment below which advantages are mostly bootstrap."""

_NEAR: Final = 256
"""Multiples of a batch on either side of a rollout among which the nearest is looked for."""


def bounded_rollout(values: TrialValues, context: Context) -> TrialValues:
    """Shorten `n_steps` until the budget holds `MIN_UPDATES` rollouts and ends with the last one.

    A rollout longer than the budget would score a network that was never updated, and one that
    reaches past its end would train more steps than others do.
    """
    return _short_enough(values, "n_steps", SHORTEST_ROLLOUT, context)


def bounded_train_freq(values: TrialValues, context: Context) -> TrialValues:
    """Shorten `train_freq` in the same way: between two updates no budget is looked at."""
    return _short_enough(values, "train_freq", 1, context)


def _short_enough(values: TrialValues, name: str, shortest: int, context: Context) -> TrialValues:
    if not _numbers_in(values, name) or name in context.fixed:
        return values
    return values | {name: _longest(int(values[name]), name, shortest, context)}


def _longest(target: int, name: str, shortest: int, context: Context) -> int:
    """The longest rollout of at most `target` steps per environment that the budget holds.

    It is one of the parameter's domain, if need be a longer one, or else a power of two.
    """
    if _fits(target, shortest, context):
        return target
    domain = context.domains.get(name)
    options = [1 << power for power in range(target.bit_length())]
    longer: list[int] = []
    if domain is not None:
        rollouts = max(MIN_UPDATES, -(-context.steps // (target * context.n_envs)))
        exact = -(-context.steps // (rollouts * context.n_envs))
        numbers = _whole_numbers(domain)
        options += [exact, *(n for n in numbers if n <= target)]
        longer = sorted(n for n in numbers if n > target and _fits(n, shortest, context))
    fitting = [n for n in options if n <= target and _fits(n, shortest, context)]
    within = [n for n in fitting if domain is not None and domain.contains(n)]
    return max(within or longer[:1] or [n for n in fitting if n.bit_count() == 1])


def _fits(n_steps: int, shortest: int, context: Context) -> bool:
    """Whether rollouts of that many steps per environment fill the budget and hardly more."""
    if n_steps <= shortest:
        return True
    rollout = n_steps * context.n_envs
    return rollout * MIN_UPDATES <= context.steps and overshoot(context.steps, rollout) <= EQUAL


def _whole_numbers(domain: Domain) -> list[int]:
    """Whole numbers all over a domain, both ends among them."""
    values = map(domain.from_axis, domain.grid(64))
    return [value for value in values if type(value) is int]


def fitted_batch(values: TrialValues, context: Context) -> TrialValues:
    """Move `batch_size` to the nearest divisor of the rollout, by ratio; never to 1.

    A batch of one has no advantage to normalise, a last batch cut short has a noisy one. Where
    the matrix fixes `batch_size`, or only a move of `n_steps` keeps both in their domains or is the
    smaller one, `n_steps` is moved instead.
    """
    if not _numbers_in(values, "n_steps", "batch_size"):
        return values  # whoever checks arguments says what is wrong with it
    n_steps, target = int(values["n_steps"]), int(values["batch_size"])
    if not (n_steps and target):
        return values
    if "batch_size" in context.fixed:
        is_fixed = "n_steps" in context.fixed
        return values | {
            "n_steps": n_steps if is_fixed else _whole_batches(n_steps, target, context)
        }
    rollout = n_steps * context.n_envs
    if rollout % target == 0 and target > 1:
        return values
    small = [size for size in range(1, math.isqrt(rollout) + 1) if rollout % size == 0]
    divisors = sorted({size for low in small for size in (low, rollout // low) if size > 1})
    domain = context.domains.get("batch_size")
    batch = _nearest(divisors, target, domain)
    if batch is None:
        return values
    sizes = [] if domain is None or domain.contains(batch) else _whole_numbers(domain)
    pairs = [(n_steps, batch), *_other_rollouts(n_steps, [target, *sizes], context)]
    best = min(
        pairs,
        key=lambda pair: (
            not _may_be(pair[1], domain),
            _ratio(pair[0], n_steps) + _ratio(pair[1], target),
        ),
    )
    return values | {"n_steps": best[0], "batch_size": best[1]}


def _other_rollouts(
    n_steps: int, batches: Sequence[int], context: Context
) -> Iterator[tuple[int, int]]:
    """Rollouts of the searched range that are whole batches of each of these sizes."""
    domain = context.domains.get("n_steps")
    if domain is None or "n_steps" in context.fixed:
        return
    for batch in batches:
        rollout = _whole_batches(n_steps, batch, context) if batch > 1 else 0
        if domain.contains(rollout) and _fits(rollout, SHORTEST_ROLLOUT, context):
            yield rollout, batch


def _whole_batches(n_steps: int, batch: int, context: Context) -> int:
    """The `n_steps` nearest to the searched one whose rollout is whole batches.

    Not one that the budget does not hold, unless a single batch is.
    """
    step = batch // math.gcd(batch, context.n_envs)
    middle = n_steps // step
    near = range(max(1, middle - _NEAR), middle + _NEAR)
    domain = context.domains.get("n_steps")
    options = {step, *(count * step for count in near)}
    options |= {n for n in _whole_numbers(domain) if n % step == 0} if domain is not None else set()
    fitting = sorted(n for n in options if _fits(n, SHORTEST_ROLLOUT, context))
    nearest = _nearest(fitting, n_steps, domain)
    return step if nearest is None else nearest


def _nearest(options: Sequence[int], target: int, domain: Domain | None) -> int | None:
    """The option nearest to a number by ratio, the smaller one of two; one of the domain first."""
    options = [option for option in options if _may_be(option, domain)] or options
    return min(options, key=lambda option: (_ratio(option, target), option), default=None)


def _ratio(one: int, other: int) -> float:
    return abs(math.log(one / other)) if one and other else math.inf


def _may_be(value: int, domain: Domain | None) -> bool:
    return domain is None or domain.contains(value)


def network(values: TrialValues, _context: Context) -> TrialValues:
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


def scheduled_learning_rate(values: TrialValues, _context: Context) -> TrialValues:
    """Join `lr_schedule` and `learning_rate`; a constant rate stays a plain number."""
    result = dict(values)
    schedule = result.pop("lr_schedule", SCHEDULES[0])
    # A choice that is a schedule itself stays what it is.
    if schedule != SCHEDULES[0] and is_number(result.get("learning_rate")):
        result["learning_rate"] = {"schedule": schedule, "initial": result["learning_rate"]}
    return result


def entropy_bonus(values: TrialValues, _context: Context) -> TrialValues:
    """Set `ent_coef` to 0, which no logarithmic range contains, where there is no bonus."""
    result = dict(values)
    if result.pop("entropy_bonus", True) is False:
        result["ent_coef"] = 0.0
    return result


def whole_updates(values: TrialValues, context: Context) -> TrialValues:
    """Move `train_freq` to where it holds whole gradient steps, and the ratio to what they give.

    The replay ratio counts gradient steps per step of the vectorised environment, the unit of
    stable-baselines3's `train_freq`.
    """
    if not _numbers_in(values, "replay_ratio", "train_freq"):
        return values
    ratio, every = values["replay_ratio"], int(values["train_freq"])
    if "train_freq" not in context.fixed:
        every = _whole_updates_every(every, ratio, context)
    domain = context.domains.get("replay_ratio")
    steps = (max(1, math.floor(every * ratio)), max(1, math.ceil(every * ratio)))
    ratios = sorted((count / every for count in steps), key=lambda each: abs(each - ratio))
    options = [n for n in domain.options if _is_positive(n)] if isinstance(domain, Choice) else []
    others = (each for each in options if round(each * every, 9) % 1 == 0)
    ratios += sorted(others, key=lambda each: _ratio(each, ratio))
    nearest = next((each for each in ratios if _may_be(each, domain)), ratios[0])
    return values | {"train_freq": every, "replay_ratio": ratio if nearest == ratio else nearest}


def _whole_updates_every(train_freq: int, ratio: float, context: Context) -> int:
    """The least `train_freq` from this one on that gives the ratio, or comes near it."""
    domain = context.domains.get("train_freq")
    near = max(train_freq, math.ceil(round(1 / ratio, 9)))
    if isinstance(context.domains.get("replay_ratio"), Choice):
        whole = Fraction(ratio).limit_denominator(1000).denominator
        exact = -(-near // whole) * whole
        if _may_be(exact, domain):
            near = exact
        elif domain is not None:
            near = _from(near, [n for n in _whole_numbers(domain) if n > 0 and n % whole == 0])
    if domain is not None and not _may_be(near, domain):
        near = _from(near, _whole_numbers(domain))
    return _longest(near, "train_freq", 1, context)


def _from(least: int, numbers: Sequence[int]) -> int:
    """The first of the numbers from this one on, else their largest, else this one."""
    return min((n for n in numbers if n >= least), default=max(numbers, default=least))


def updates_per_step(values: TrialValues, _context: Context) -> TrialValues:
    """Turn `replay_ratio` into the gradient steps after every `train_freq` steps.

    Raises:
        UsageError: The ratio is no number above 0, or steps are counted in episodes.
    """
    result = dict(values)
    ratio = _above_0("replay_ratio", result.pop("replay_ratio", None))
    if "replay_ratio" in values and isinstance(result.get("train_freq"), str):
        hint = "give `gradient_steps` a range or a value instead"
        raise UsageError("`replay_ratio` needs a `train_freq` in steps", help=hint)
    if not _numbers_in(values, "replay_ratio", "train_freq"):
        return result
    return result | {"gradient_steps": max(1, round(int(result["train_freq"]) * ratio))}


def bounded_warmup(values: TrialValues, context: Context) -> TrialValues:
    """Keep random warm-up steps to a tenth of the budget at most."""
    return _at_most(values, "learning_starts", max(context.steps // 10, 1), context)


OFF_POLICY: Final = (
    bounded_warmup,
    bounded_train_freq,
    whole_updates,
    updates_per_step,
    scheduled_learning_rate,
)
"""Of the learners with a replay buffer."""


def bounded_target_update(values: TrialValues, context: Context) -> TrialValues:
    """Let the target network be updated at least ten times, and not more often than steps come."""
    room = max(context.steps // 10, context.n_envs)
    limit = _at_most(values, "target_update_interval", room, context)
    if not _numbers_in(limit, "target_update_interval"):
        return limit
    interval = max(limit["target_update_interval"], context.n_envs)
    return limit | {"target_update_interval": interval}


DQN: Final = (
    bounded_warmup,
    bounded_target_update,
    bounded_train_freq,
    whole_updates,
    updates_per_step,
    scheduled_learning_rate,
)
"""Of DQN and QR-DQN."""


def action_noise(values: TrialValues, _context: Context) -> TrialValues:
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


def kept_quantiles(values: TrialValues, context: Context) -> TrialValues:
    """Leave at least one quantile per critic after the truncation."""
    if not _numbers_in(values, "n_quantiles"):
        return values
    most = int(values["n_quantiles"]) - 1
    return _at_most(values, "top_quantiles_to_drop_per_net", most, context)


def whole_directions(values: TrialValues, context: Context) -> TrialValues:
    """Move `top_fraction` to what a whole number of the `n_delta` directions comes to.

    Where no such share lies in its range it stays, so that the sampler can be told of the trial.
    """
    if not _numbers_in(values, "top_fraction", "n_delta"):
        return values
    fraction, count = values["top_fraction"], int(values["n_delta"])
    domain = context.domains.get("top_fraction")
    shares = [top / count for top in range(1, count + 1)]
    inside = [share for share in shares if domain is None or domain.contains(share)]
    return values | {"top_fraction": min(inside, key=lambda x: abs(x - fraction), default=fraction)}


def top_directions(values: TrialValues, context: Context) -> TrialValues:
    """Turn `top_fraction` of the `n_delta` directions into `n_top`, at least one and at most all.

    Raises:
        UsageError: The fraction is no number above 0.
    """
    result = dict(values)
    fraction = _above_0("top_fraction", result.pop("top_fraction", None))
    if _numbers_in(values, "top_fraction", "n_delta"):
        result["n_top"] = max(1, round(result["n_delta"] * fraction))
    if not _numbers_in(result, "n_delta"):
        return result
    return _at_most(result, "n_top", int(result["n_delta"]), context)


def _at_most(values: TrialValues, name: str, room: int, context: Context) -> TrialValues:
    """The values with one of at most `room`, of its domain where that has one."""
    if not _numbers_in(values, name) or int(values[name]) <= room:
        return values
    domain = context.domains.get(name)
    part = None if domain is None else domain.within(-math.inf, room)
    numbers = [] if part is None else _whole_numbers(part)
    return values | {name: max(numbers, default=room)}


def _above_0(name: str, value: object) -> Any:
    if value is not None and not _numbers_in({name: value}, name):
        raise UsageError(f"`{name}` must be a number above 0, not {value!r}")
    return value


def _numbers_in(values: Mapping[str, Any], *names: str) -> bool:
    """Whether all of these are positive numbers; a matrix may have a text or a null there."""
    return all(_is_positive(values.get(name)) for name in names)


def _is_positive(value: Any) -> bool:
    return type(value) in {int, float} and value > 0

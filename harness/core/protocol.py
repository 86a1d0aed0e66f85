"""The ladder's budgets and the rule that turns a training run into one number."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from harness.core.adaptive import Adaptive
from harness.core.identity import EXTENDABLE, LATER

__all__ = [
    "Component",
    "Confirm",
    "CostLimit",
    "Rung",
    "Schedule",
    "Search",
    "Test",
    "Transfer",
    "evaluation_steps",
    "late_count",
    "late_mean",
]


class Rung(StrEnum):
    """A stage of a cell."""

    SEARCH = "search"
    CONFIRM = "confirm"
    TEST = "test"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A sampler, pruner or executor by registered name, with its options."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLimit:
    """How dear a trial may be, by what `harness.core.effort` expects of it.

    Attributes:
        times: Multiple of the default's effort.
        table: Number of the table of prices; another one would ask other trials.
    """

    times: float
    table: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Budget of the search rung.

    Attributes:
        trials: Trials in all, the library default (trial 0) included; failed ones count.
        steps: Environment steps of one trial.
        evals: Evaluations per trial, evenly spaced, the last at the end.
        episodes: Episodes per evaluation.
        in_flight: Trials open at once; part of the identity, unlike the number of workers.
        sampler, pruner: Registered names with their options.
        cost_aware: The effort above which a suggestion is passed over; None for any effort.
        first: Values of trials 1, 2, ...: known configurations, tried before any is suggested.
    """

    trials: int = field(default=20, metadata=EXTENDABLE)
    steps: int = 50_000
    evals: int = 10
    episodes: int = 10
    in_flight: int = 2
    sampler: Component = Component(name="tpe")
    pruner: Component = Component(name="median")
    cost_aware: CostLimit | None = field(default=None, metadata=LATER)
    first: tuple[Mapping[str, Any], ...] = field(default=(), metadata=LATER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """Budget of the confirm rung: `top` configurations and the default, on fresh seeds.

    Attributes:
        top: Distinct configurations taken from the search.
        seeds: How many seeds to derive, or the seeds themselves.
    """

    top: int = field(default=3, metadata=EXTENDABLE)
    seeds: int | tuple[int, ...] = field(default=4, metadata=EXTENDABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """Budget of the test rung: the variants, trained from scratch on held-out seeds.

    Attributes:
        seeds: How many seeds to derive, the seeds themselves, or a rule that adds them.
        steps: Environment steps of one run.
        evals: Evaluations per run: the points of the learning curve.
        episodes: Episodes per evaluation.
        variants: ``default``, ``tuned`` and names from the matrix' `variants`.
    """

    __test__ = False  # not a pytest class

    seeds: int | tuple[int, ...] | Adaptive = field(default=10, metadata=EXTENDABLE)
    steps: int = 50_000
    evals: int = 10
    episodes: int = 10
    variants: tuple[str, ...] = field(default=("default", "tuned"), metadata=EXTENDABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Budget of the transfer rung: other scenarios' winners, trained here as in the test.

    Attributes:
        seeds: How many fresh seeds; 0 for none, and so no such rung.
    """

    seeds: int = field(default=0, metadata=EXTENDABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When and how a training run is evaluated.

    Attributes:
        evals: Evaluations, evenly spaced over the run, the last after the last update.
        episodes: Episodes per evaluation, the same seeded ones every time.
        seed: Seed of the episodes; never a training seed.
        deterministic: Whether the policy acts by its mode instead of sampling.
    """

    evals: int
    episodes: int
    seed: int
    deterministic: bool = True


def evaluation_steps(steps: int, evals: int) -> tuple[int, ...]:
    """Environment steps at which to evaluate: `evals` even parts of `steps`, the last one `steps`.

    >>> evaluation_steps(1000, 4)
    (250, 500, 750, 1000)
    """
    return tuple(math.ceil(steps * part / evals) for part in range(1, evals + 1))


def late_count(evals: int) -> int:
    """How many evaluations count as late: the last quarter, at least one."""
    return max(1, math.ceil(evals / 4))


def late_mean(means: Sequence[float], evals: int) -> float:
    """Mean of the late evaluations' means; the score of a run, never the best of it.

    Args:
        means: Mean return of each evaluation made so far, at least one.
        evals: Evaluations the schedule plans; a pruned run has fewer.
    """
    late = list(means)[-late_count(evals) :]
    return math.fsum(late) / len(late)

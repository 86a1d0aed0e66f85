"""The settings of a search, and what they are made of: components, objectives, preferences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field
from typing import Any, Final

from harness.core.declarations import (
    MOST_EPISODES,
    MOST_EVALS,
    MOST_REPEATS,
    MOST_STEPS,
    MOST_TRIALS,
    CostMultiple,
    RunCount,
    setting,
)
from harness.core.identity import RUNTIME, SPARSE, Role

MAX: Final = "max"
MIN: Final = "min"
"""Directions of an objective."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A sampler, pruner or executor by registered name, or by where it is, with its options.

    Attributes:
        name: Registered, ``module:function`` or ``file.py:function``.
        options: Its keywords.
        version: Digest of the file, and of what it imports from beside it; empty without one.
        path: ``/absolute/file.py:function``, of a file alone.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    version: str = field(default="", metadata={SPARSE: True})
    path: str = field(default="", metadata=RUNTIME)

    @property
    def reference(self) -> str:
        """What a registry knows it by."""
        return self.path or self.name


OWN_ARGUMENTS: Final[Mapping[str, frozenset[str]]] = {
    "sampler": frozenset({"seed", "space", "algorithm"}),
    "listener": frozenset({"folder", "campaign"}),
    "pruner": frozenset({"evals", "steps"}),
}
"""Kind of component -> what the harness passes to its functions, as far as they take it."""

SEQUENCES: Final = frozenset({"grid", "qmc"})
"""Samplers whose points are one sequence, none of which can be passed over."""

SINGLE_OBJECTIVE: Final = frozenset({"cmaes"})
"""Samplers that can follow one objective only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """Something a search optimises; `harness.core.objectives` says how it is measured."""

    name: str = setting(
        MISSING, "What is measured; a name alone may stand for the entry.", unset="required"
    )
    direction: str = setting(
        MISSING,
        "Whether more or less of it is better; `{NAME: max}` and `{NAME: min}` may stand for the "
        "entry.",
        options=(MAX, MIN),
        unset="`max` for `return`, else `min`",
    )
    threshold: float | None = setting(
        None,
        "Mean return of an evaluation that `steps_to_threshold` waits for; "
        "`{steps_to_threshold: 400}` may stand for the entry.",
    )
    version: str = field(default="", metadata={SPARSE: True})
    path: str = field(default="", metadata=RUNTIME)

    @property
    def is_own(self) -> bool:
        """Whether a user's function measures it."""
        return ":" in self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How far from the best value one may lie: so much, or that share of the best value's size."""

    amount: float
    is_share: bool

    def __str__(self) -> str:
        size = f"{100 * self.amount:g} %" if self.is_share else f"{self.amount:g}"
        return f"within {size} of the best"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """Which of several configurations is shipped: of those near the best, the best in `then`.

    Attributes:
        limits: Objective -> how far from the best candidate's value is near enough.
        then: The objective that decides among these.
    """

    limits: Mapping[str, Tolerance]
    then: str

    def __str__(self) -> str:
        limits = ", ".join(f"{name} {limit}" for name, limit in self.limits.items())
        return f"{limits}; then {self.then}"


LATE: Final = "late"
SCORES: Final = (LATE, "last", "best", "mean", "median")
"""What one number a run's evaluations make; `harness.core.evaluation` computes them."""


MEAN: Final = "mean"
WORST: Final = "worst"
OVER_SEEDS: Final = (MEAN, "median", "iqm")
"""What the scores of a trial's seeds make."""

MOST_TRIAL_SEEDS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Until:
    """When a search ends before it has all its trials: as soon as one of these holds."""

    plateau: int | None = setting(
        None,
        "Trials in a row, failed ones aside, none of which has a better score than those before.",
        at_least=1,
        at_most=MOST_TRIALS,
    )
    regret: float | None = setting(
        None,
        "Return: Optuna's bound of how much better than the best trial any configuration is, by a "
        "Gaussian process of the better half of the trials, is below this.",
        above=0,
    )
    noise: float | None = setting(
        None,
        "The same bound is below so many standard errors of the best trial's score over its seeds; "
        "needs `seeds` of 2 at least.",
        above=0,
    )
    emmr: float | None = setting(
        None,
        "Optuna's expected minimum model regret is below this share of what it was at first, its "
        "median after trials 11 to 30.",
        above=0,
        at_most=1,
    )

    @property
    def limits(self) -> dict[str, float]:
        """Name of a rule that a model of the scores tells -> below what it ends the search."""
        rules = {"regret": self.regret, "noise": self.noise, "emmr": self.emmr}
        return {name: limit for name, limit in rules.items() if limit is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Budget of the search rung."""

    budget: RunCount | None = setting(
        None,
        "Effort of search and confirm rung together, in runs of the default as long as a test run: "
        "`60 runs`; instead of `trials`, and the other counts follow from it.",
        role=Role.EXTENDABLE,
    )
    trials: int = setting(
        20,
        "Trials in all, the library's default (trial 0) and failed ones included.",
        role=Role.EXTENDABLE,
        at_least=1,
        at_most=MOST_TRIALS,
    )
    steps: int = setting(
        50_000,
        "Environment steps of one trial, and of one confirm run.",
        at_least=1,
        at_most=MOST_STEPS,
    )
    evals: int = setting(
        10,
        "Evaluations per trial, evenly spaced, the last at the end; `score` says what they make.",
        at_least=1,
        at_most=MOST_EVALS,
    )
    episodes: int = setting(10, "Episodes per evaluation.", at_least=1, at_most=MOST_EPISODES)
    score: str = setting(
        LATE,
        "What a trial's or confirm run's evaluations make: the mean of the last quarter (`late`), "
        "the `last`, the `best`, the `mean` or the `median` of all.",
        options=SCORES,
        sparse=True,
    )
    seeds: int = setting(
        1,
        "Training seeds of each trial, one after the other and the same for all trials; with one "
        "each trial has a seed of its own.",
        at_least=1,
        at_most=MOST_TRIAL_SEEDS,
        sparse=True,
    )
    over_seeds: str = setting(
        MEAN,
        "What the scores of several seeds make: their `mean`, `median` or `iqm`, the mean of the "
        "middle half.",
        options=OVER_SEEDS,
        sparse=True,
    )
    repeats: int = setting(
        1,
        "Independent searches of each scenario and algorithm: each has its own trials and seeds, "
        "confirms and ships its own winner. More of them tell whether tuning helps, or one search.",
        role=Role.EXTENDABLE,
        at_least=1,
        at_most=MOST_REPEATS,
    )
    until: Until | None = setting(
        None,
        "When the search ends before it has all its trials.",
        role=Role.EXTENDABLE,
    )
    in_flight: int = setting(
        2,
        "Trials open at once, at most; part of the identity, unlike `--workers`.",
        at_least=1,
        at_most=MOST_TRIALS,
    )
    sampler: Component = setting(Component(name="tpe"), "What suggests the trials.")
    pruner: Component = setting(Component(name="median"), "What ends trials early.")
    cost_aware: CostMultiple | None = setting(
        None,
        "Whether trials that should take far longer than the default are passed over: `true` for "
        "more than 4 times, or another multiple.",
    )
    parameters: tuple[str, ...] = setting(
        (),
        "Names of the only hyperparameters to search; the others stay at the library's default, or "
        "at the matrix' `arguments`.",
        # What decides a cell's numbers is the space that comes of it.
        role=Role.RUNTIME,
        unset="all; with a `budget` those that matter most",
    )
    first: tuple[Mapping[str, Any], ...] = setting(
        (), "Known configurations, tried right after the default, as values of the search."
    )
    transfer: bool = setting(
        False,
        "Whether the search begins with what the algorithm's cells before it in the matrix "
        "shipped; it waits for them.",
        sparse=True,
    )
    objectives: tuple[Objective, ...] = setting(
        (),
        "What is optimised, the return among it; of several the best compromises are searched.",
        unset="the return alone",
        sparse=True,
    )
    choose: Preference | None = setting(
        None,
        "Which of the best compromises is shipped: `{return: within 5 % of the best, then: "
        "inference_time}`.",
        role=Role.EXTENDABLE,
        unset="the first objective within 5 % of the best, then the second",
    )

    @property
    def is_open_ended(self) -> bool:
        """Whether results say how many trials there are."""
        return self.budget is not None or self.until is not None

"""Run: the smallest piece of work, one training run. Same run, same result, on any worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, TypeVar

from harness.core import seeds
from harness.core.algorithm import Algorithm
from harness.core.evaluation import Schedule, evaluation_steps, rung_steps
from harness.core.identity import RUNTIME, SPARSE, canonical, digest_of
from harness.core.scenario import Scenario
from harness.core.search_settings import MEAN, Component
from harness.core.seeds import Purpose
from harness.core.settings import CPU, SB3, Rung, RunSettings
from harness.core.space import Space
from harness.core.spaces.training_scenario import configure_scenario

_ENSEMBLE: Final = "ensemble"
"""Among constructor arguments, alone there: the arguments of each member of an ensemble."""


def ensemble_arguments(configurations: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """What stands for the constructor arguments of an ensemble, the best member first."""
    return {_ENSEMBLE: list(configurations)}


def configurations_of(arguments: Mapping[str, Any]) -> tuple[Mapping[str, object], ...]:
    """The constructor arguments of each member of an ensemble; themselves for one learner."""
    members = arguments.get(_ENSEMBLE)
    return tuple(members) if arguments.keys() == {_ENSEMBLE} and members else (arguments,)


Evaluated = TypeVar("Evaluated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A finished trial as a pruner sees it.

    Attributes:
        number: Trial number.
        state: ``complete``, ``pruned`` or ``failed``.
        score: Score of a complete trial.
        means: Mean return of each evaluation, in order.
        attrs: What the pruner itself wrote to the trial (Optuna's system attributes).
    """

    number: int
    state: str
    score: float | None
    means: tuple[float, ...]
    attrs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PruningRule:
    """When to give a trial up, frozen at the moment the trial was suggested.

    Attributes:
        study: Digest of the search the trial belongs to; Hyperband draws a bracket from it.
        number: Trial number.
        pruner: Registered name with its options.
        effort: Of the trial in multiples of the default's, a function of its arguments in `study`.
        finished: The trials finished before the suggestion, a function of `study` and `number`.
    """

    study: str
    number: int
    pruner: Component
    effort: float = field(default=1.0, metadata=RUNTIME)
    finished: tuple[Curve, ...] = field(default=(), metadata=RUNTIME)


@dataclass(frozen=True, kw_only=True)  # no slots: the id is computed once
class Run(RunSettings):
    """One training run, complete in itself.

    Attributes:
        scenario: With all settings.
        algorithm: Learner and capabilities; its search space plays no part any more.
        policy: Policy name.
        arguments: Constructor arguments as JSON; schedules and activations by name. Of an ensemble
            those of its members, see `ensemble_arguments`.
        seed: Training seed: learner, networks and training environments.
        steps: Environment steps to train for.
        schedule: When and how to evaluate.
        pruning: Only in the search.
        replicas: Further seeds of a trial that has several, each with that of its episodes.
        over_seeds: What the scores of all seeds make, see `harness.core.evaluation.over_seeds`.
        backend: ``sb3`` or ``fast``, see `harness.core.backend`.
        device: ``cpu`` or ``cuda``; another device gives other digits.
        measures: Functions of the user's that measure what was trained.
    """

    scenario: Scenario
    algorithm: Algorithm
    policy: str
    arguments: Mapping[str, Any]
    seed: int
    steps: int
    schedule: Schedule
    pruning: PruningRule | None = None
    replicas: tuple[tuple[int, int], ...] = field(default=(), metadata={SPARSE: True})
    over_seeds: str = field(default=MEAN, metadata={SPARSE: True})
    backend: str = SB3
    device: str = CPU
    measures: tuple[Component, ...] = field(default=(), metadata={SPARSE: True})

    @property
    def parts(self) -> tuple[Run, ...]:
        """One run for each seed."""
        first = replace(self, replicas=())
        others = (
            replace(first, seed=seed, schedule=replace(self.schedule, seed=episodes))
            for seed, episodes in self.replicas
        )
        return (first, *others) if self.replicas else (self,)

    @cached_property
    def members(self) -> tuple[Run, ...]:
        """One run for each member of an ensemble; empty for one learner.

        Their training seeds follow from the ensemble's own and lie among those of the test.
        """
        configurations = configurations_of(self.arguments)
        if configurations == (self.arguments,):
            return ()
        return tuple(
            replace(
                self,
                scenario=configure_scenario(self.scenario, arguments),
                arguments=arguments,
                seed=seeds.derive_one(self.seed, _ENSEMBLE, Purpose.TEST, str(index)),
            )
            for index, arguments in enumerate(configurations)
        )

    @property
    def trainings(self) -> int:
        """How many learners it trains: one for each seed or member."""
        return max(1, len(self.members)) * (1 + len(self.replicas))

    @property
    def planned_steps(self) -> int:
        """Environment steps of all seeds and members."""
        return self.steps * self.trainings

    @property
    def evaluation_steps(self) -> tuple[int, ...]:
        """Environment steps at which it is evaluated: the even parts, and its pruner's rungs."""
        rule, evals = self.pruning, self.schedule.evals
        rungs = () if rule is None else rung_steps(rule.pruner, self.steps, evals, rule.effort)
        return evaluation_steps(self.steps, evals, rungs)

    def even_evaluations(self, evaluations: Sequence[Evaluated]) -> Sequence[Evaluated]:
        """Those of some evaluations from the first on that make its score.

        The ones at its pruner's rungs are for the pruner alone; all count while there is no other.
        """
        even = set(evaluation_steps(self.steps, self.schedule.evals))
        pairs = zip(self.evaluation_steps, evaluations, strict=False)
        return [each for step, each in pairs if step in even] or evaluations

    @cached_property
    def id(self) -> str:
        """Digest of everything that decides the result."""
        data = canonical(replace(self, algorithm=replace(self.algorithm, space=Space())))
        del data["algorithm"]["space"]
        return digest_of(data)


class Variant(str):
    """What a run trains: the library's default, a trial's configuration, or one with a name.

    The text is what ledgers, reports, command lines and file names show: ``default``, ``tuned`` for
    what the confirm rung chose, ``trial-<number>``, the name of a configuration in the matrix or,
    in the transfer rung, the name of the cell whose configuration it is.
    """

    __slots__ = ()

    @classmethod
    def of_trial(cls, number: int) -> Variant:
        """The configuration of a trial; trial 0 is the library's default."""
        return cls(f"{_TRIAL_PREFIX}{number}") if number else DEFAULT

    @property
    def trial(self) -> int | None:
        """Number of the trial whose configuration it is, from 1; None for all others."""
        number = self.removeprefix(_TRIAL_PREFIX)
        return int(number) if number != self and number.isdecimal() else None

    @property
    def is_searched(self) -> bool:
        """Whether it is known only once a search has ended: its choice, or a trial's own."""
        return self == TUNED or self.trial is not None

    @property
    def is_reserved(self) -> bool:
        """Whether a configuration in a matrix may not have this name."""
        return self in {DEFAULT, TUNED, ACROSS} or self.startswith(_TRIAL_PREFIX)

    def seed_rung(self, rung: Rung) -> Rung:
        """The rung whose seeds it has: what serves all scenarios is tested on held-out ones."""
        return Rung.TEST if (self, rung) == (ACROSS, Rung.TRANSFER) else rung


_TRIAL_PREFIX: Final = "trial-"
DEFAULT: Final = Variant("default")
TUNED: Final = Variant("tuned")
ACROSS: Final = Variant("across")
"""In the transfer rung: the one configuration for all scenarios, on the held-out seeds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRun:
    """A run and what it is for in a campaign. One run may serve several purposes.

    Attributes:
        run: The work.
        cell: Name of the cell.
        rung: Stage.
        variant: What it trains.
        index: Trial number in the search, index of the seed elsewhere.
        trial: Number of the trial the arguments come from; None for default and named variants.
    """

    run: Run
    cell: str
    rung: Rung
    variant: Variant
    index: int
    trial: int | None = None

    @property
    def key(self) -> tuple[str, str, str, int]:
        return (self.cell, self.rung.value, self.variant, self.index)

    @property
    def is_held_out(self) -> bool:
        """Whether its seed is held out, so that its model may be shipped."""
        return self.variant.seed_rung(self.rung) is Rung.TEST

    def __str__(self) -> str:
        return f"{self.cell} {self.rung.value} {self.variant} #{self.index}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong when a run is set up and takes its first steps.

    Attributes:
        message: What is wrong.
        help: What to do.
        run: Index of the run among those that were begun.
        path: What is to blame: ``arguments`` and a learner's argument, or ``wrappers``,
            ``training_wrappers`` and an index; empty where that is not known.
        is_note: Whether it may be meant, so that runs go on.
    """

    message: str
    help: str = ""
    run: int = 0
    path: tuple[str, ...] = ()
    is_note: bool = False

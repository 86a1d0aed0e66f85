"""Run: the smallest piece of work, one training run. Same run, same result, on any worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from harness.core.algorithm import Algorithm
from harness.core.backend import SB3
from harness.core.identity import LATER, RUNTIME, canonical, digest_of
from harness.core.protocol import Component, Rung, Schedule
from harness.core.resources import CPU, Resources
from harness.core.scenario import Scenario
from harness.core.space import Space

__all__ = ["Curve", "PlannedRun", "PruningRule", "Run"]


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
    """When to give a trial up, frozen at the moment the trial was asked.

    Attributes:
        study: Digest of the search the trial belongs to; Hyperband draws a bracket from it.
        number: Trial number.
        pruner: Registered name with its options.
        finished: The trials told before the ask, a function of `study` and `number`.
    """

    study: str
    number: int
    pruner: Component
    finished: tuple[Curve, ...] = field(default=(), metadata=RUNTIME)


@dataclass(frozen=True, kw_only=True)  # no slots: the id is computed once
class Run:
    """One training run, complete in itself.

    Attributes:
        scenario: With all settings.
        algorithm: Learner and capabilities; its search space plays no part any more.
        policy: Policy name.
        arguments: Constructor arguments as JSON; schedules and activations by name.
        seed: Training seed: learner, networks and training environments.
        steps: Environment steps to train for.
        schedule: When and how to evaluate.
        threads: Torch threads; other threads give other digits.
        pruning: Only in the search.
        backend: ``sb3`` or ``fast``, see `harness.core.backend`.
        timeout: Seconds of wall clock; None for no limit.
        memory: Bytes of resident memory, children included; None for no limit.
        device: ``cpu`` or ``cuda``; another device gives other digits.
        resources: What it occupies while it runs.
    """

    scenario: Scenario
    algorithm: Algorithm
    policy: str
    arguments: Mapping[str, Any]
    seed: int
    steps: int
    schedule: Schedule
    threads: int = 1
    pruning: PruningRule | None = None
    backend: str = field(default=SB3, metadata=LATER)
    timeout: float | None = field(default=None, metadata=RUNTIME)
    memory: int | None = field(default=None, metadata=RUNTIME)
    device: str = field(default=CPU, metadata=LATER)
    resources: Resources = field(default=Resources(), metadata=RUNTIME)

    @cached_property
    def id(self) -> str:
        """Digest of everything that decides the result."""
        data = canonical(replace(self, algorithm=replace(self.algorithm, space=Space())))
        del data["algorithm"]["space"]
        return digest_of(data)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRun:
    """A run and the place it has in a campaign. One run may have several places.

    Attributes:
        run: The work.
        cell: Name of the cell.
        rung: Stage.
        variant: ``default``, ``tuned`` or a named variant; in the confirm rung and the search
            ``trial-<number>``, with ``default`` for the library default.
        index: Trial number in the search, place of the seed elsewhere.
        trial: Number of the trial the arguments come from; None for default and named variants.
    """

    run: Run
    cell: str
    rung: Rung
    variant: str
    index: int
    trial: int | None = None

    @property
    def key(self) -> tuple[str, str, str, int]:
        return (self.cell, self.rung.value, self.variant, self.index)

    def __str__(self) -> str:
        return f"{self.cell} {self.rung.value} {self.variant} #{self.index}"

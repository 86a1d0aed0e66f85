"""Matrix and cell: what a campaign is asked to do, fully resolved."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cached_property
from typing import Any

from harness.core.algorithm import Algorithm
from harness.core.declarations import CampaignName, setting, settings_of
from harness.core.identity import EXTENDABLE, RUNTIME, SPARSE, canonical, digest
from harness.core.scenario import Scenario
from harness.core.search_settings import Component
from harness.core.settings import CPU, SB3, CellSettings, RunSettings
from harness.core.space import Space
from harness.core.spaces.value_rules import Context


def cell_name(algorithm: str, scenario: str, repeat: int = 1) -> str:
    """``ppo@CartPole-v1``, and ``ppo@CartPole-v1#2`` where it is searched a second time."""
    return f"{algorithm}@{scenario}" + (f"#{repeat}" if repeat > 1 else "")


def scenario_in(name: str) -> str:
    """The scenario in the name of a cell.

    >>> scenario_in("ppo@CartPole-v1#2")
    'CartPole-v1'
    """
    return re.sub(r"#\d+$", "", name.partition("@")[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedConfiguration:
    """A named configuration that is tested beside `default` and `tuned`."""

    name: str
    arguments: Mapping[str, Any]
    source: str = field(default="", metadata=RUNTIME)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ensemble:
    """A variant whose policy is the vote or the mean of several configurations' policies.

    Attributes:
        name: Of the variant.
        size: How many configurations: the best that are known when the confirm rung has decided.
    """

    name: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Donor:
    """A cell whose winner is among another one's first trials, and the digest of its search."""

    name: str
    study: str


@dataclass(frozen=True, kw_only=True)  # no slots: the study's digest is computed once
class Cell(CellSettings):
    """One (scenario, algorithm) pair of a matrix with every setting resolved.

    Attributes:
        scenario: With the matrix' settings applied.
        algorithm: As registered.
        space: The algorithm's space with overrides, for this action space, defaults filled in.
        arguments: Constructor arguments fixed by the matrix, for every variant alike.
        variants: Named configurations, beside `default` and `tuned`.
        ensembles: Variants in which several configurations act together.
        seed: The campaign seed.
        backend: ``sb3``, or ``fast`` for all runs that it covers.
        device: ``cpu`` or ``cuda``, as the resources say.
        donors: The cells whose winners its search begins with, in their order.
        repeat: Which search of its scenario and algorithm it is, from 1; later ones have seeds of
            their own, since these follow from the name.
    """

    scenario: Scenario
    algorithm: Algorithm
    space: Space
    arguments: Mapping[str, Any] = field(default_factory=dict)
    variants: tuple[NamedConfiguration, ...] = field(default=(), metadata=EXTENDABLE)
    ensembles: tuple[Ensemble, ...] = field(default=(), metadata=EXTENDABLE)
    seed: int = 0
    backend: str = SB3
    device: str = CPU
    donors: tuple[Donor, ...] = field(default=(), metadata={SPARSE: True})
    repeat: int = field(default=1, metadata={SPARSE: True})

    @property
    def name(self) -> str:
        return cell_name(self.algorithm.name, self.scenario.name, self.repeat)

    @property
    def first_search(self) -> str:
        """Name of the cell that is the first search of its scenario and algorithm."""
        return cell_name(self.algorithm.name, self.scenario.name)

    @property
    def policy(self) -> str:
        """Policy name for this scenario's observations."""
        return self.algorithm.policies[self.scenario.observation]

    @property
    def ensembles_in_test(self) -> tuple[Ensemble, ...]:
        """Those that its test names."""
        return tuple(each for each in self.ensembles if each.name in self.test.tested_variants)

    def context(self, steps: int | None = None) -> Context:
        """What decoding a configuration depends on.

        Args:
            steps: Environment steps of the training; None for those of the cell's shortest one. A
                configuration is one thing in all rungs, so that each of them has to hold it.
        """
        return Context(
            n_envs=self.scenario.environment_count(self.arguments),
            steps=min(self.search.steps, self.test.steps) if steps is None else steps,
            action=self.scenario.action,
            fixed=frozenset(self.arguments),
            domains={parameter.name: parameter.domain for parameter in self.space.parameters},
        )

    def identity(self) -> dict[str, Any]:
        """What must not change during a campaign, as JSON."""
        data: dict[str, Any] = canonical(self)
        # The resolved space stands beside the algorithm; the registered one is not used.
        del data["algorithm"]["space"]
        return data

    def study_digest(self) -> str:
        """Digest of all that decides the search; trials belong to it, not to the cell's name."""
        return self._study

    @cached_property
    def _study(self) -> str:
        identity = self.identity()
        return digest({key: identity[key] for key in identity if key not in {"confirm", "test"}})

    def describe(self) -> dict[str, object]:
        """Everything as JSON, for the record and the report; unlike `identity`, only to read."""
        return {
            each.name: canonical(getattr(self, each.name), everything=True) for each in fields(self)
        } | {"name": self.name}


def section_names() -> tuple[str, ...]:
    """The parts of a cell's description that a person reads, in order: what it was set to."""
    run = [field.name for field in settings_of(RunSettings)]
    rungs = [field.name for field in settings_of(CellSettings) if field.name not in run]
    return ("scenario", "arguments", *rungs, "seed", *run, "space")


@dataclass(frozen=True, slots=True, kw_only=True)
class CellNote:
    """What of a cell is legal, but not what one might expect.

    Attributes:
        cell: Its name.
        text: A sentence, lower case and without a full stop.
        source: Where it was written, ``matrix.yaml:7``; empty where it was not.
        of_environment: Whether its environment showed it, tried out: `run` says it too.
    """

    cell: str
    text: str
    source: str = ""
    of_environment: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """What a campaign is asked to do.

    Attributes:
        cells: In the order of the file: scenario by scenario, algorithm by algorithm.
        document: The resolved YAML document, as JSON.
        origins: Dotted path of a value -> where it was written (``file:line``, ``--set #1``).
        notes: What a reader of it should know.
        listeners: What is told of every run.
    """

    name: CampaignName = setting(
        MISSING,
        "The campaign: `runs/<name>/`, `reports/<name>/`; not inherited by `extends`.",
        unset="the file's name",
    )
    cells: tuple[Cell, ...]
    seed: int = setting(0, "The campaign seed; every other seed follows from it.", at_least=0)
    document: Mapping[str, Any] = field(default_factory=dict, metadata=RUNTIME)
    origins: Mapping[str, str] = field(default_factory=dict, metadata=RUNTIME)
    notes: tuple[CellNote, ...] = field(default=(), metadata=RUNTIME)
    listeners: tuple[Component, ...] = setting(
        (),
        "What is told of every run: `harness list listeners`; `tensorboard`, `mlflow`, `wandb`.",
    )

    def __getitem__(self, name: str) -> Cell:
        for cell in self.cells:
            if cell.name == name:
                return cell
        raise KeyError(name)

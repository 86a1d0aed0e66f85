"""Every setting of a matrix: its type, default, role, bounds and description, written once.

The validation of a matrix, its JSON Schema, the defaults below it, the resolved document, the
tables of ``docs/matrix.md`` and the report's page of settings are derived from the fields here and
from those that `Scenario` declares with `setting`. To add a setting, add a field to the class it
belongs to:

- `RunSettings`: what a single training run needs to know; every `Run` has these fields;
- `harness.core.search_settings.Search`, `Confirm`, `Test`, `Transfer`: the budget of a rung;
- `CellSettings`: everything else that may differ from cell to cell;
- `harness.core.scenario.Scenario`: of the environment.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from typing import Any, Final

from harness.core.declarations import (
    MOST_EPISODES,
    MOST_EVALS,
    MOST_SECONDS,
    MOST_SEEDS,
    MOST_STEPS,
    MOST_THREADS,
    MOST_TRIALS,
    Bytes,
    Seeds,
    setting,
    settings_of,
)
from harness.core.identity import Role
from harness.core.search_settings import MEAN, WORST, Search

AUTO: Final = "auto"
FAST: Final = "fast"
SB3: Final = "sb3"
"""Backends: plain stable-baselines3, and the same learners with their inner loops in numpy."""

CPU: Final = "cpu"
CUDA: Final = "cuda"


class Rung(StrEnum):
    """A stage of a cell."""

    SEARCH = "search"
    CONFIRM = "confirm"
    TEST = "test"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """Budget of the confirm rung: `top` configurations and the default, on fresh seeds."""

    top: int = setting(
        3,
        "Distinct configurations taken from the search; the default is always there.",
        role=Role.EXTENDABLE,
        at_least=1,
        at_most=MOST_TRIALS,
    )
    seeds: Seeds = setting(
        4, "How many fresh seeds, or a list of the seeds themselves.", role=Role.EXTENDABLE
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Adaptive:
    """A rule that adds held-out seeds until a cell is decided."""

    start: int = setting(5, "Seeds of the first look.", at_least=1, at_most=MOST_SEEDS)
    step: int = setting(
        5,
        "Seeds added before every later look; the last one may add fewer.",
        at_least=1,
        at_most=MOST_SEEDS,
    )
    max: int = setting(20, "Seeds at most.", at_least=1, at_most=MOST_SEEDS)

    @property
    def groups(self) -> tuple[int, ...]:
        """Seeds of each group; they are looked at after each.

        >>> Adaptive(start=5, step=5, max=18).groups
        (5, 5, 5, 3)
        """
        steps, rest = divmod(self.max - self.start, self.step)
        return (self.start, *(self.step,) * steps, *((rest,) if rest else ()))

    @property
    def ends(self) -> tuple[int, ...]:
        """Seeds in all after each group."""
        return tuple(accumulate(self.groups))

    def __str__(self) -> str:
        return f"{self.start} to {self.max} seeds, {self.step} at a time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """The smallest difference that matters: so many returns, or that share of a scale."""

    amount: float
    is_share: bool

    def __str__(self) -> str:
        return f"{100 * self.amount:g} %" if self.is_share else f"{self.amount:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """Budget of the test rung: the variants, trained from scratch on held-out seeds."""

    __test__ = False  # not a pytest class

    seeds: Seeds | Adaptive = setting(
        10,
        "How many held-out seeds, a list of the seeds themselves, or a rule that adds them.",
        role=Role.EXTENDABLE,
    )
    steps: int = setting(50_000, "Environment steps of one run.", at_least=1, at_most=MOST_STEPS)
    evals: int = setting(
        10,
        "Evaluations per run: the points of the learning curve.",
        at_least=1,
        at_most=MOST_EVALS,
    )
    episodes: int = setting(10, "Episodes per evaluation.", at_least=1, at_most=MOST_EPISODES)
    variants: tuple[str, ...] = setting(
        ("default", "tuned"),
        "What is tested: these two, and names from `variants`.",
        role=Role.EXTENDABLE,
    )
    against: str | None = setting(
        None,
        "A name from `variants`, tested too, that tuned is held against first, beside the default.",
        role=Role.EXTENDABLE,
    )

    margin: Margin | None = setting(
        None,
        "The smallest difference that matters: so many returns, or `5 %` of the way from the "
        "random policy to the reference, without these of the default's mean. Verdicts are "
        "`better`, `worse`, `equivalent` or `undecided` then.",
        role=Role.RUNTIME,
        unset="none; verdicts are about any difference",
    )

    correction: str = setting(
        "holm",
        "What verdicts are corrected for: the chance of any false one (`holm`), or, for large "
        "matrices, the expected share of false ones among them (`fdr`). Seeds that grow by a rule "
        "keep the first.",
        role=Role.RUNTIME,
        options=("holm", "fdr"),
    )

    @property
    def adaptive(self) -> Adaptive | None:
        """The rule that adds seeds; None where their number is fixed."""
        return self.seeds if isinstance(self.seeds, Adaptive) else None

    @property
    def tested_variants(self) -> tuple[str, ...]:
        """Every variant that is tested, each once."""
        return tuple(dict.fromkeys((*self.variants, *((self.against,) if self.against else ()))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Budget of the transfer rung: other scenarios' winners, trained here as in the test."""

    seeds: int = setting(
        0,
        "How many fresh seeds; 0 for no such rung.",
        role=Role.EXTENDABLE,
        at_least=0,
        at_most=MOST_SEEDS,
    )
    tune_across: str | None = setting(
        None,
        "Choose one configuration for all scenarios of an algorithm, by the `mean` or the `worst` "
        "of its normalised scores, and test it in each.",
        role=Role.EXTENDABLE,
        options=(MEAN, WORST),
        unset="none",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What one training run occupies while it runs, or what there is of it."""

    cpus: float = setting(
        1.0,
        "Worker slots (`--workers`) on this machine, CPU cores on a cluster; set it to `threads` "
        "where that is above 1.",
        role=Role.RUNTIME,
        above=0,
        at_most=MOST_THREADS,
    )
    gpus: float = setting(
        0.0,
        "Share of a GPU; above 0 the run trains on the GPU, which gives other digits than the CPU.",
        role=Role.RUNTIME,
        at_least=0,
        at_most=1,
    )

    @property
    def device(self) -> str:
        """Where the networks are trained; another device gives other digits."""
        return CUDA if self.gpus > 0 else CPU


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """What a single training run needs to know, beside what it trains."""

    threads: int = setting(
        1,
        "Torch threads of one run; part of what decides its numbers.",
        at_least=1,
        at_most=MOST_THREADS,
    )
    backend: str = setting(
        AUTO,
        "What trains: `sb3`, `fast`, or `auto`: `fast` for every run that it can train.",
        options=(AUTO, SB3, FAST),
    )
    timeout: float | None = setting(
        None,
        "Seconds after which a run is ended and recorded as failed; breaks reproducibility where "
        "it strikes.",
        role=Role.RUNTIME,
        above=0,
        at_most=MOST_SECONDS,
    )
    memory: Bytes | None = setting(
        None,
        "Resident memory above which a run is ended and recorded as failed: a number with `MiB`, "
        "`GiB`, `MB` or `GB`, e.g. `2GiB`.",
        role=Role.RUNTIME,
    )
    resources: Resources = setting(
        Resources(), "What one run occupies while it runs.", role=Role.RUNTIME
    )


def run_settings(cell: RunSettings) -> dict[str, Any]:
    """The values of the settings that a run takes over from its cell, by name."""
    return {each.name: getattr(cell, each.name) for each in settings_of(RunSettings)}


@dataclass(frozen=True, slots=True, kw_only=True)
class CellSettings(RunSettings):
    """What may differ from cell to cell, beside scenario, algorithm and hyperparameters."""

    search: Search = setting(Search(), "Budget of the search rung.")
    confirm: Confirm = setting(Confirm(), "Budget of the confirm rung.")
    test: Test = setting(Test(), "Budget of the test rung.")
    transfer: Transfer = setting(
        Transfer(),
        "Budget of the transfer rung, off unless it is given.",
        role=Role.EXTENDABLE,
    )
    baseline: float | None = setting(
        None,
        "A return you already have; the report shows it beside the others.",
        role=Role.RUNTIME,
        cells_only=True,
    )

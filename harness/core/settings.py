"""Every setting of a matrix: its type, default, role, bounds and description, written once.

The validation of a matrix, its JSON Schema, the defaults below it, the resolved document, the
tables of ``docs/matrix.md`` and the report's page of settings are derived from the fields here and
from those that `Scenario` declares with `setting`. To add a setting, add a field to the class it
belongs to:

- `RunSettings`: what a single training run needs to know; every `Run` has these fields;
- `Search`, `Confirm`, `Test`, `Transfer`: the budget of a rung;
- `CellSettings`: everything else that may differ from cell to cell;
- `harness.core.scenario.Scenario`: of the environment.

Field metadata is read with `declaration_of`. Where a type is written in a matrix otherwise than in
Python, e.g. a size as ``2GiB``, `harness.config.written_forms` says how, once for each type.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field
from enum import StrEnum
from itertools import accumulate
from typing import Annotated, Any, Final, get_args, get_type_hints

from harness.core.identity import RUNTIME, SPARSE, Role, role_of

__all__ = [
    "AUTO",
    "CPU",
    "CUDA",
    "FAST",
    "LATE",
    "MAX",
    "MEAN",
    "MIN",
    "MOST_CELLS",
    "MOST_SEEDS",
    "MOST_STEPS",
    "MOST_TRIALS",
    "OVER_SEEDS",
    "OWN_ARGUMENTS",
    "SB3",
    "SCORES",
    "SEQUENCES",
    "SINGLE_OBJECTIVE",
    "WORST",
    "Adaptive",
    "Bytes",
    "CampaignName",
    "CellSettings",
    "Component",
    "Confirm",
    "CostMultiple",
    "Declaration",
    "DottedPath",
    "Objective",
    "Preference",
    "Resources",
    "RunCount",
    "RunSettings",
    "Rung",
    "Search",
    "Seeds",
    "Test",
    "Tolerance",
    "Transfer",
    "Until",
    "declaration_of",
    "find_declaration",
    "run_settings",
    "setting",
    "settings_of",
]

AUTO: Final = "auto"
FAST: Final = "fast"
SB3: Final = "sb3"
"""Backends: plain stable-baselines3, and the same learners with their inner loops in numpy."""

MOST_TRIALS: Final = 10_000
MOST_SEEDS: Final = 1_000
MOST_CELLS: Final = 2_000
"""Bounds of whatever a plan lists one by one; a billion would only fill the memory."""

MOST_STEPS: Final = 10**12
MOST_EVALS: Final = 10_000
MOST_EPISODES: Final = 100_000
MOST_SECONDS: Final = 10**8
MOST_THREADS: Final = 1024

CPU: Final = "cpu"
CUDA: Final = "cuda"

MAX: Final = "max"
MIN: Final = "min"
"""Directions of an objective."""

Bytes = Annotated[int, "bytes, written as a size such as `2GiB`"]
CampaignName = Annotated[str, "a name that folders can have"]
CostMultiple = Annotated[float, "a multiple of the default's effort"]
DottedPath = Annotated[str, "a dotted path such as `package.Class`"]
RunCount = Annotated[float, "a number of runs of the default, written `60` or `60 runs`"]
Seeds = int | tuple[int, ...]
"""How many seeds to derive, or the seeds themselves."""


class Rung(StrEnum):
    """A stage of a cell."""

    SEARCH = "search"
    CONFIRM = "confirm"
    TEST = "test"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What is said of a setting beside its name, type, default and role.

    Attributes:
        description: One line.
        at_least, above, at_most: Bounds of a number.
        options: The words that it may be; empty for any value of its type.
        unset: What holds where a matrix leaves it out, in words, if that is not the default.
        cells_only: Whether it can only be set for some cells, in an override.
    """

    description: str
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    options: tuple[str, ...] = ()
    unset: str = ""
    cells_only: bool = False


def setting(  # noqa: PLR0913
    default: Any,
    description: str,
    *,
    role: Role = Role.IDENTITY,
    at_least: float | None = None,
    above: float | None = None,
    at_most: float | None = None,
    options: tuple[str, ...] = (),
    unset: str = "",
    cells_only: bool = False,
    sparse: bool = False,
) -> Any:
    """A dataclass field that is a setting; see `Declaration`.

    Args:
        default: Its value where no matrix says another; a mutable one is copied for each instance;
            ``dataclasses.MISSING`` for a setting that must be given.
        sparse: Whether it is no part of an identity where it has its default, see `SPARSE`.
    """
    declaration = Declaration(
        description=description,
        at_least=at_least,
        above=above,
        at_most=at_most,
        options=options,
        unset=unset,
        cells_only=cells_only,
    )
    metadata = {"role": role, "declaration": declaration, SPARSE: sparse}
    if isinstance(default, Mapping):
        return field(default_factory=lambda: dict(default), metadata=metadata)
    return field(default=default, metadata=metadata)


def declaration_of(each: dataclasses.Field[Any]) -> Declaration | None:
    """What a field declares with `setting`; None for a field that is no setting."""
    declaration: Declaration | None = each.metadata.get("declaration")
    return declaration


def settings_of(kind: type) -> Iterator[dataclasses.Field[Any]]:
    """The fields of a dataclass that are settings."""
    return (each for each in dataclasses.fields(kind) if declaration_of(each) is not None)


def find_declaration(kind: type, path: tuple[str, ...]) -> tuple[Declaration, Role] | None:
    """What is declared at the end of a path through nested dataclasses, and with which role.

    A path may go on below a setting, e.g. to one of the options of a sampler; then what is declared
    of that setting counts. A setting inside one that is no identity is none either.

    >>> find_declaration(CellSettings, ("test", "seeds"))[1]
    <Role.EXTENDABLE: 'extendable'>
    """
    nearest: tuple[Declaration, Role] | None = None
    for name in path:
        each = {each.name: each for each in dataclasses.fields(kind)}.get(name)
        if each is None:
            break
        declaration, role = declaration_of(each), role_of(each)
        if nearest is not None and nearest[1] is not Role.IDENTITY:
            role = nearest[1]
        if declaration is not None:
            nearest = (declaration, role)
        hint = get_type_hints(kind)[name]
        nested = [part for part in (hint, *get_args(hint)) if dataclasses.is_dataclass(part)]
        if not nested:
            break
        kind = nested[0]  # type: ignore[assignment]  # a class, not an instance of one
    return nearest


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
    """When a search ends before it has all its trials."""

    plateau: int = setting(
        10,
        "Trials in a row, failed ones aside, none of which has a better score than those before.",
        at_least=1,
        at_most=MOST_TRIALS,
    )


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

    @property
    def adaptive(self) -> Adaptive | None:
        """The rule that adds seeds; None where their number is fixed."""
        return self.seeds if isinstance(self.seeds, Adaptive) else None


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

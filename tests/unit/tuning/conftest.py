"""A small cell and the records of its trials."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from builders import CARTPOLE, PLAIN_PPO

from harness.core.learner_arguments.cell_arguments import configuration
from harness.core.matrix import Cell
from harness.core.record import TrialRecord
from harness.core.run_result import Cost, Evaluation, Failure, RunResult, Status
from harness.core.search_settings import Component, Search
from harness.core.space import Space
from harness.core.spaces.domain import Choice, Float, Int, PowerOfTwo
from harness.core.spaces.parameter import Parameter, When
from harness.registry import Registry, component_paths
from harness.tuning.suggestion import Suggester

REGISTRY = Registry(samplers=component_paths("sampler"), pruners=component_paths("pruner"))

SPACE = Space(
    parameters=(
        Parameter(name="learning_rate", domain=Float(low=1e-5, high=1e-1, log=True), default=3e-4),
        Parameter(
            name="gamma",
            domain=Float(low=0.9, high=0.9999, log=True, complement=True),
            default=0.99,
        ),
        Parameter(name="n_steps", domain=PowerOfTwo(low=32, high=4096), default=2048),
        Parameter(name="epochs", domain=Int(low=1, high=20), default=10),
        Parameter(
            name="net_arch",
            domain=Choice(options=("[64, 64]", "[32]")),
            default="[64, 64]",
            target="policy_kwargs.net_arch",
        ),
        Parameter(name="use_sde", domain=Choice(options=(False, True)), default=False),
        Parameter(
            name="sde_freq",
            domain=Int(low=1, high=64, log=True),
            default=4,
            when=When(parameter="use_sde", values=(True,)),
        ),
    )
)


def small_cell() -> Cell:
    return Cell(
        scenario=CARTPOLE,
        algorithm=PLAIN_PPO,
        space=SPACE,
        search=Search(trials=30, steps=1000, evals=10, in_flight=1),
        seed=7,
    )


@pytest.fixture
def cell() -> Cell:
    return small_cell()


@pytest.fixture
def searching(cell: Cell) -> Callable[..., Cell]:
    """The cell with another sampler, pruner or number of trials in flight."""

    def make(
        *, sampler: str = "random", options: dict[str, Any] | None = None, in_flight: int = 1
    ) -> Cell:
        component = Component(name=sampler, options=options or {})
        return replace(cell, search=replace(cell.search, sampler=component, in_flight=in_flight))

    return make


def result(
    score: float | None = 1.0,
    *,
    status: Status = Status.COMPLETE,
    means: Sequence[float] | None = None,
    failure: Failure | None = None,
) -> RunResult:
    returns = [score or 0.0] * 10 if means is None else means
    return RunResult(
        run_id="u",
        status=status,
        score=score,
        steps=1000,
        evaluations=tuple(
            Evaluation(step=100 * number, returns=(mean, mean), lengths=(9, 9))
            for number, mean in enumerate(returns, start=1)
        ),
        failure=failure,
        cost=Cost(started="2026-01-02T03:04:05+00:00", wall=60.0),
    )


@pytest.fixture
def make_result() -> Callable[..., RunResult]:
    return result


def run_search(
    cell: Cell,
    count: int,
    score: Callable[[dict[str, Any]], float | None],
    registry: Registry = REGISTRY,
) -> list[TrialRecord]:
    """Runs a search one trial at a time with a scoring function over readable values."""
    trials: list[TrialRecord] = []
    suggester = Suggester(registry, "campaign", cell)
    for number in range(count):
        suggestion = suggester.suggest(trials, [])
        values, _ = configuration(cell, number, suggestion.coordinates)
        value = score(values)
        status = Status.FAILED if value is None else Status.COMPLETE
        record = TrialRecord(
            suggestion=suggestion,
            values=values,
            arguments=cell.space.arguments(values, cell.context(1000)) if number else {},
            seed=100 + number,
            run_id=f"run-{number}",
            result=result(value, status=status, means=[] if value is None else None),
        )
        trials.append(record)
    return trials


@pytest.fixture
def search() -> Callable[..., list[TrialRecord]]:
    return run_search

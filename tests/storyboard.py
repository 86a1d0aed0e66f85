"""Events of an invented campaign, and a registry with one scenario and one algorithm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.core.algorithm import Algorithm
from harness.core.evaluation import Schedule
from harness.core.events import (
    CampaignFinished,
    CampaignStarted,
    CellDecided,
    CellFinished,
    Event,
    RunFinished,
    RunStarted,
)
from harness.core.progress.remaining import Span
from harness.core.record import RunRecord, Suggestion, TrialRecord
from harness.core.run import PlannedRun, Run, Variant
from harness.core.run_result import Cost, Failure, RunResult, Status
from harness.core.scenario import Description, Scenario, Score
from harness.core.settings import Rung
from harness.core.space import Space
from harness.core.spaces.domain import Float
from harness.core.spaces.parameter import Parameter
from harness.registry import Registry

CELL = "ppo@CartPole-v1"

SCENARIO = Scenario(
    name="CartPole-v1",
    env="CartPole-v1",
    family="classic_control",
    action="Discrete",
    random=Score(value=22.2, source="measured, 1000 episodes"),
    reference=Score(value=500, source="the maximum"),
    steps=50_000,
    description="Balance a pole",
)
ALGORITHM = Algorithm(
    name="ppo",
    title="PPO",
    learner="stable_baselines3.ppo.ppo:PPO",
    policies={"vector": "MlpPolicy"},
    actions=frozenset({"Discrete", "Box"}),
    on_policy=True,
    priors={"learning_rate": (1e-4, 2e-4, 4e-4, 8e-4), "use_sde": (False, True, True)},
    space=Space(
        parameters=(
            Parameter(
                name="learning_rate", domain=Float(low=1e-5, high=1e-2, log=True), source="a paper"
            ),
        )
    ),
)
REGISTRY = Registry(
    scenarios={"CartPole-v1": SCENARIO},
    algorithms={"ppo": ALGORITHM},
    samplers={"tpe": "harness.constructors:read"},
    describe=lambda _: Description(
        action="Discrete",
        observation="vector",
        action_space="Discrete(2)",
        observation_space="Box(4)",
        layouts=("Discrete(2)", "Box(4)"),
        max_episode_steps=500,
        threshold=475.0,
    ),
)


def planned(
    rung: Rung = Rung.SEARCH,
    variant: str = "trial-3",
    index: int = 3,
    *,
    cell: str = CELL,
    steps: int = 4000,
) -> PlannedRun:
    run = Run(
        scenario=SCENARIO,
        algorithm=ALGORITHM,
        policy="MlpPolicy",
        arguments={},
        seed=7,
        steps=steps,
        schedule=Schedule(evals=4, episodes=5, seed=9),
    )
    return PlannedRun(run=run, cell=cell, rung=rung, variant=variant, index=index)


def result(
    score: float | None = 212.4,
    *,
    status: Status = Status.COMPLETE,
    steps: int = 4000,
    wall: float = 3.1,
    failure: Failure | None = None,
    run_id: str = "abc",
) -> RunResult:
    return RunResult(
        run_id=run_id,
        status=status,
        score=score,
        steps=steps,
        failure=failure,
        cost=Cost(wall=wall),
    )


FAILURE = Failure(kind="diverged", message='NaN in "actor" weights', step=1200)


def started(cells: Mapping[str, int] | None = None, **changes: Any) -> CampaignStarted:
    cells = cells or {CELL: 4}
    given: dict[str, Any] = {
        "campaign": "quick",
        "cells": cells,
        "done": dict.fromkeys(cells, 0),
        "workers": 2,
        "steps": {name: total * 4000 for name, total in cells.items()},
    }
    return CampaignStarted(**{**given, **changes})


def story() -> list[Event]:
    """One cell from its start to its end: default, a trial, a failed one, a test of each."""
    default = planned(variant="default", index=0)
    trial = planned()
    bad = planned(variant="trial-4", index=4)
    held_out = planned(Rung.TEST, "tuned", 0)
    return [
        started(),
        RunStarted(planned=default),
        RunStarted(planned=trial),
        RunFinished(planned=default, result=result(100.0)),
        RunFinished(planned=trial, result=result()),
        RunStarted(planned=bad),
        RunFinished(
            planned=bad, result=result(None, status=Status.FAILED, steps=1200, failure=FAILURE)
        ),
        CellDecided(cell=CELL, winner="trial-3"),
        RunStarted(planned=held_out),
        RunFinished(planned=held_out, result=result(190.0)),
        CellFinished(cell=CELL, failed=0),
        CampaignFinished(
            campaign="quick",
            remaining=Span(least=0, most=0),
            failed_cells=(),
            interrupted=False,
        ),
    ]


def trial(number: int, **changes: Any) -> TrialRecord:
    return TrialRecord(
        suggestion=Suggestion(number=number, coordinates={}),
        values={},
        arguments={},
        seed=number,
        run_id=f"trial-{number}",
        result=result(run_id=f"trial-{number}", **changes),
    )


def held_out(variant: str, index: int, score: float | None, run_id: str = "") -> RunRecord:
    run_id = run_id or f"{variant}-{index}"
    return RunRecord(
        rung=Rung.TEST,
        variant=Variant(variant),
        index=index,
        trial=None,
        seed=index,
        arguments={},
        run_id=run_id,
        result=None if score is None else result(score, run_id=run_id),
    )

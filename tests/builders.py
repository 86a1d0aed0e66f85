"""Small cells for tests."""

from dataclasses import replace

from harness.core.algorithm import Algorithm
from harness.core.domain import Choice, Float
from harness.core.matrix import Cell
from harness.core.record import Evaluation, RunResult, Status, Suggestion, TrialRecord
from harness.core.scenario import Scenario
from harness.core.settings import Confirm, Search, Test
from harness.core.space import Parameter, Space

SPACE = Space(
    parameters=(
        Parameter(name="lr", domain=Float(low=1e-5, high=1e-1, log=True), default=1e-3),
        Parameter(name="net", domain=Choice(options=("small", "big")), default="small"),
    )
)


def cell(**changes):
    settings = {
        "scenario": Scenario(name="Toy-v0", env="Toy-v0", action="Discrete"),
        "algorithm": Algorithm(
            name="toy",
            title="Toy",
            learner="toy:Toy",
            policies={"vector": "MlpPolicy"},
            actions=frozenset({"Discrete"}),
            on_policy=True,
            space=SPACE,
        ),
        "space": SPACE,
        "search": Search(trials=6, steps=100, evals=4, episodes=2, in_flight=2),
        "confirm": Confirm(top=2, seeds=2),
        "test": Test(seeds=4, steps=200, evals=4, episodes=2),
        "seed": 7,
    }
    return Cell(**(settings | changes))


def cell_of(name, **changes):
    """The small cell under another name, ``ppo@CartPole-v1``."""
    algorithm, _, scenario = name.partition("@")
    small = cell(**changes)
    return replace(
        small,
        scenario=replace(small.scenario, name=scenario, env=scenario),
        algorithm=replace(small.algorithm, name=algorithm),
    )


def result(run_id, score=1.0, status=Status.COMPLETE):
    mean = 0.0 if score is None else score
    return RunResult(
        run_id=run_id,
        status=status,
        score=score,
        steps=100,
        evaluations=(Evaluation(step=100, returns=(mean,), lengths=(1,)),),
    )


def trial(number, score, arguments=None, status=Status.COMPLETE):
    return TrialRecord(
        suggestion=Suggestion(number=number, coordinates={}),
        values={},
        arguments={"lr": 10.0**-number} if arguments is None else arguments,
        seed=number,
        run_id=f"run-{number}",
        result=result(f"run-{number}", score, status),
    )

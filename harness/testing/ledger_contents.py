"""A small campaign to fill a ledger with: cells, trials, plans, results and a winner; a clock."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from harness.core.algorithm import Algorithm
from harness.core.evaluation import Schedule
from harness.core.ledger import CellState, Ledger
from harness.core.matrix import Cell
from harness.core.record import CellRecord, Suggestion, TrialRecord
from harness.core.run import DEFAULT, TUNED, PlannedRun, Run, Variant
from harness.core.run_result import Cost, Evaluation, Failure, RunResult, Status
from harness.core.scenario import Scenario
from harness.core.search_settings import Search
from harness.core.settings import Rung
from harness.core.space import Space

ENVIRONMENT = "e" * 64
OTHER_ENVIRONMENT = "f" * 64
STUDY = "5" * 64
CAMPAIGN = "quick"
CELL = "ppo@CartPole-v1"
SECOND_CELL = "a2c@CartPole-v1"

_ALGORITHM = Algorithm(
    name="ppo",
    title="PPO",
    learner="stable_baselines3.ppo.ppo:PPO",
    policies={"vector": "MlpPolicy"},
    actions=frozenset({"Discrete"}),
    on_policy=True,
)
_SCENARIO = Scenario(name="CartPole-v1", env="CartPole-v1", action="Discrete")
_RUN = Run(
    scenario=_SCENARIO,
    algorithm=_ALGORITHM,
    policy="MlpPolicy",
    arguments={},
    seed=0,
    steps=1000,
    schedule=Schedule(evals=2, episodes=3, seed=9),
)


def planned_run(
    seed: int,
    *,
    variant: Variant = DEFAULT,
    index: int = 0,
    rung: Rung = Rung.TEST,
    trial: int | None = None,
    cell: str = CELL,
) -> PlannedRun:
    """A run of 1,000 steps; `seed` and `trial` tell one from another."""
    arguments = {} if trial is None else {"n_steps": 64 * (trial + 1), "gamma": 0.99}
    run = replace(_RUN, seed=seed, arguments=arguments)
    return PlannedRun(run=run, cell=cell, rung=rung, variant=variant, index=index, trial=trial)


def complete_result(run_id: str, score: float = 10.0) -> RunResult:
    """A result with two evaluations, what a pruner left, and what it cost."""
    return RunResult(
        run_id=run_id,
        status=Status.COMPLETE,
        score=score,
        steps=1000,
        evaluations=(
            Evaluation(step=500, returns=(1.0, 2.5), lengths=(1, 2)),
            Evaluation(step=1000, returns=(score, score), lengths=(10, 10)),
        ),
        pruner_attrs={"completed_rung_0": 1.5},
        cost=Cost(wall=1.25, cpu=1.0, peak_memory=1 << 33, host="node", attempts=2),
    )


def failed_result(run_id: str) -> RunResult:
    """A failure whose message has a letter that no UTF-8 text can hold."""
    failure = Failure(kind="diverged", message="NaN in \u00e4ction \ud800", step=17, traceback="T")
    return RunResult(run_id=run_id, status=Status.FAILED, score=None, steps=16, failure=failure)


def trial(number: int, run_id: str | None = None) -> TrialRecord:
    """A trial without a result; its run is called by its number unless `run_id` says otherwise."""
    return TrialRecord(
        suggestion=Suggestion(
            number=number,
            coordinates={"log2(n_steps)": 6 + number, "1-gamma": 0.01, "activation": "tanh"},
            trial_attrs={"tpe:relative_params": "{}"},
            study_attrs={"cma:1": "00ff"},
        ),
        values={"n_steps": 64, "gamma": 0.99, "activation": "tanh"},
        arguments={"n_steps": 64, "policy_kwargs": {"net_arch": [64, 64]}},
        seed=1024 * number,
        run_id=run_id or f"{number:064x}",
    )


def cell_state(name: str = CELL, *, study: str = STUDY, trials: int = 2) -> CellState:
    """A cell as a campaign begins with it."""
    algorithm, _, scenario = name.partition("@")
    cell = Cell(
        scenario=replace(_SCENARIO, name=scenario),
        algorithm=replace(_ALGORITHM, name=algorithm),
        space=Space(),
        search=Search(trials=trials),
    )
    return CellState(cell=cell, study=study)


def begin(
    ledger: Ledger, *cells: CellState, campaign: str = CAMPAIGN, environment: str = ENVIRONMENT
) -> None:
    """Begin a campaign, with two cells unless others are named."""
    ledger.begin(
        campaign,
        environment=environment,
        document={"name": campaign, "algorithms": ["ppo"], "seed": 2026},
        origins={"seed": "quick.yaml:3"},
        provenance={"versions": {"torch": "2.13.0", "environment": environment[:4]}},
        cells=cells or (cell_state(), cell_state(SECOND_CELL, study="6" * 64)),
    )


def fill(ledger: Ledger) -> None:
    """All that a campaign leaves behind: trials, runs, a winner, a failure, a pending run."""
    begin(ledger)
    for number in (0, 1):
        ledger.add_trial(CAMPAIGN, CELL, STUDY, trial(number))
    ledger.add_results([complete_result(trial(0).run_id, 20.0)], environment=ENVIRONMENT)
    ledger.add_results([failed_result(trial(1).run_id)], environment=ENVIRONMENT)
    runs = (
        planned_run(2048, index=0),
        planned_run(4096, index=1),
        planned_run(2048, variant=TUNED, index=0, trial=1),
    )
    ledger.set_plan(CAMPAIGN, CELL, Rung.TEST, runs)
    ledger.set_plan(CAMPAIGN, CELL, Rung.CONFIRM, [planned_run(8192, rung=Rung.CONFIRM)])
    ledger.add_results([complete_result(runs[0].run.id, 30.0)], environment=ENVIRONMENT)
    ledger.set_winner(CAMPAIGN, CELL, Variant.of_trial(1))
    ledger.set_importances(CAMPAIGN, CELL, {"log2(n_steps)": 0.75, "1-gamma": 0.25})


_numbers = st.floats(allow_nan=False, allow_infinity=False)
_counts = st.integers(0, 2**53)
_json = st.recursive(
    st.none() | st.booleans() | _numbers | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def run_results() -> st.SearchStrategy[RunResult]:
    """Any result that a run can have."""
    evaluation = st.builds(
        Evaluation,
        step=_counts,
        returns=st.lists(_numbers, min_size=1, max_size=4).map(tuple),
        lengths=st.lists(_counts, max_size=4).map(tuple),
    )
    failure = st.builds(
        Failure,
        kind=st.text(),
        message=st.text(st.characters(codec=None)),
        step=st.none() | _counts,
        traceback=st.text(),
    )
    return st.builds(
        RunResult,
        run_id=st.text("0123456789abcdef", min_size=64, max_size=64),
        status=st.sampled_from(Status),
        score=st.none() | _numbers,
        steps=_counts,
        evaluations=st.lists(evaluation, max_size=3).map(tuple),
        failure=st.none() | failure,
        pruner_attrs=st.dictionaries(st.text(), _json, max_size=3),
        cost=st.builds(Cost, wall=_numbers, peak_memory=_counts, host=st.text()),
    )


class Clock:
    """The ledger's clock: a new day at every look."""

    def __init__(self) -> None:
        self.day = 0

    def __call__(self) -> str:
        self.day += 1
        return date(self.day)


def date(day: int) -> str:
    """A day of January, as a ledger writes it."""
    return f"2026-01-{day:02d}T00:00:00+00:00"


def outcome(result: RunResult | None) -> tuple[Status, Failure | None] | None:
    """How a run ended."""
    return None if result is None else (result.status, result.failure)


def scores_of_tests(cell: CellRecord) -> list[float | None]:
    """Scores of the runs of the test rung that have a result."""
    results = [run.result for run in cell.runs if run.rung is Rung.TEST]
    return [result.score for result in results if result is not None]

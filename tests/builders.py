"""Small cells for tests, and their ways up the ladder."""

import zlib
from dataclasses import dataclass, replace

from harness.algorithms import ALGORITHMS
from harness.campaign.plans.plan_summary import RungPlan
from harness.campaign.plans.training_seconds import TrainingSeconds
from harness.core.algorithm import Algorithm
from harness.core.decisions import plan
from harness.core.decisions.joint_decisions import advance_all, new_histories
from harness.core.ladder import RunCache
from harness.core.learner_arguments import cell_arguments
from harness.core.matrix import Cell
from harness.core.record import RunRecord, Suggestion, TrialRecord
from harness.core.run import TUNED
from harness.core.run_result import Cost, Evaluation, Failure, RunResult, Status
from harness.core.scenario import Scenario
from harness.core.search_settings import Search
from harness.core.settings import Confirm, Rung, Test
from harness.core.space import Space
from harness.core.spaces.domain import Choice, Float
from harness.core.spaces.parameter import Parameter

SPACE = Space(
    parameters=(
        Parameter(name="lr", domain=Float(low=1e-5, high=1e-1, log=True), default=1e-3),
        Parameter(name="net", domain=Choice(options=("small", "big")), default="small"),
    )
)

PPO = next(algorithm for algorithm in ALGORITHMS if algorithm.name == "ppo")
PLAIN_PPO = Algorithm(
    name="ppo",
    title="PPO",
    learner="stable_baselines3.ppo.ppo:PPO",
    policies={"vector": "MlpPolicy"},
    actions=frozenset({"Discrete"}),
    on_policy=True,
)
"""Without a space or priors of its own."""

CARTPOLE = Scenario(name="CartPole-v1", env="CartPole-v1", action="Discrete", max_episode_steps=500)
SEARCHED = replace(
    PPO.space.for_actions("Discrete"),
    parameters=tuple(p for p in PPO.space.parameters if p.name in {"n_epochs", "batch_size"}),
).with_defaults({"n_epochs": 10, "batch_size": 64})


class Clock:
    """Shows the seconds that it is set to."""

    now = 0.0

    def __call__(self):
        return self.now


def ppo(**changes):
    """PPO on CartPole, with a search of two of its hyperparameters."""
    return cell(**{"scenario": CARTPOLE, "algorithm": PPO, "space": SEARCHED} | changes)


def cell(**changes):
    settings = {
        "scenario": Scenario(name="Toy-v0", env="Toy-v0", action="Discrete"),
        "algorithm": replace(PLAIN_PPO, name="toy", title="Toy", learner="toy:Toy", space=SPACE),
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


def run_record(
    index, score, *, variant=TUNED, rung=Rung.TEST, means=None, seed=None, arguments=None, **cost
):
    """A run with a score, without one (None), or without a result (...)."""
    run_id = f"{rung} {variant} {index}"
    outcome = None
    if score is not ...:
        status = Status.FAILED if score is None else Status.COMPLETE
        failure = Failure(kind="diverged", message="NaN") if score is None else None
        outcome = replace(result(run_id, score, status), failure=failure, cost=Cost(**cost))
    if means is not None:
        evaluations = [
            Evaluation(step=100 * step, returns=(mean,), lengths=(1,))
            for step, mean in enumerate(means, start=1)
        ]
        outcome = replace(outcome, evaluations=tuple(evaluations))
    return RunRecord(
        rung=rung,
        variant=variant,
        index=index,
        trial=None,
        seed=1000 + index if seed is None else seed,
        arguments=arguments or {},
        run_id=run_id,
        result=outcome,
    )


def searched(make=cell, *, budget=5.0, seeds=1, top=2, confirm=2, **search):
    """A cell whose trials are half as long as a test run."""
    settings = {"trials": 50, "steps": 100, "evals": 4, "episodes": 2, "in_flight": 1}
    return make(
        search=Search(budget=budget, seeds=seeds, **(settings | search)),
        confirm=Confirm(top=top, seeds=confirm),
        test=Test(seeds=4, steps=200, evals=4, episodes=2),
    )


def pruned(number, steps, arguments=None):
    """A trial that was given up after so many steps."""
    each = trial(number, 0.0, arguments, Status.PRUNED)
    return replace(each, result=replace(each.result, steps=steps))


def still_open(number, arguments=None):
    return replace(trial(number, None, arguments), result=None)


def rung_plan(seconds, evaluation=0.0, start=0.0, runs=1, spread=(1.0, 1.0), **changes):
    """A rung of so many runs, and what one of them takes."""
    training = TrainingSeconds(learning=seconds, evaluation=evaluation, start=start, spread=spread)
    sizes = {"runs": runs, "most_runs": runs, "steps": runs, "most_steps": runs}
    sizes |= {"least": runs, "usual": runs, "most": runs}
    return RungPlan(training=training, **(sizes | changes))


def content(rule, cells, *, share, seed):
    """An interim analysis that adds no seeds."""
    seeds = max((len(pairs) for pairs in cells if pairs), default=rule.start)
    return [Look(decision="no clear difference", look=1, seeds=seeds, final=True) for _ in cells]


def generous(rule, cells, *, share, seed):
    """An interim analysis that adds seeds until there are no more; none where nobody tunes."""
    seeds = max((len(pairs) for pairs in cells if pairs), default=rule.max)
    more = next((end for end in rule.ends if end > seeds), None)
    decision, end = ("no clear difference", seeds) if more is None else ("undecided", more)
    look = Look(decision=decision, look=rule.ends.index(seeds) + 1, seeds=end, final=more is None)
    default = Look(decision="no clear difference", look=0, seeds=rule.start, final=True)
    return [default if pairs is None else look for pairs in cells]


@dataclass(frozen=True)
class Look:
    decision: str
    look: int
    seeds: int
    final: bool


def ladders(cells, score, *, judge=content, pick=lambda pending: pending[0]):
    """Where the cells stand after every result, up to the end of their ladders.

    Args:
        cells: Of one campaign.
        score: The score of a planned run; None for one that fails.
        judge: The interim analyses.
        pick: Which of the pending runs ends next.
    """
    histories, results = new_histories(cells), {}
    caches = {each.name: RunCache() for each in cells}
    while True:
        progress = advance_all(cells, histories, judge, caches)
        histories = {name: each.history for name, each in progress.items()}
        new = {n: each for n, each in progress.items() if each.next_trial is not None}
        for name, each in new.items():
            histories[name] = replace(histories[name], trials=(*each.trials, _suggested(each)))
        if new:
            continue
        yield progress
        pending = [planned for each in progress.values() for planned in each.pending]
        if not pending:
            return
        planned = pick(pending)
        value = score(planned)
        status = Status.FAILED if value is None else Status.COMPLETE
        results = {**results, planned.run.id: result(planned.run.id, value, status)}
        histories = {name: replace(each, results=results) for name, each in histories.items()}


def _suggested(progress):
    number, of = progress.next_trial, progress.cell
    # Of every cell another one: what is shipped then differs too.
    rate = 10.0**-number * zlib.crc32(of.name.encode()) / 2**32
    values = {"lr": rate, "net": "small"}
    arguments = of.arguments if number == 0 else cell_arguments.arguments_of(of, values)
    before = progress.trials[: max(0, number - of.search.in_flight + 1)]
    planned = plan.plan_trial(of, number, arguments, before)
    return TrialRecord(
        suggestion=Suggestion(number=number, coordinates={}),
        values=values,
        arguments=arguments,
        seed=planned.run.seed,
        run_id=planned.run.id,
    )

"""Train an ensemble: its members one after the other, and then what they do together.

Members are trained and evaluated as any run is. At each evaluation their policies are remembered,
so that the ensemble has a learning curve and a score of the same points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.core.run import Run
from harness.core.run_result import Evaluation, RunResult
from harness.training.cost_meter import sum_of_counts, total_cost
from harness.training.ensemble_files import member_names, write_ensemble
from harness.training.evaluate import Arena
from harness.training.randomness import set_threads
from harness.training.train_run import Training, attempt, train_seed
from harness.training.voting_policies import Member, VotingPolicy


class _JointEvaluation(Training):
    """The evaluations of members that act together, after they were trained."""

    def __init__(self, run: Run, members: Sequence[Member], results: Sequence[RunResult]) -> None:
        super().__init__(run)
        self._members = members
        self._results = results
        self._evaluations: list[Evaluation] = []

    @property
    def steps(self) -> int:
        return sum(result.steps for result in self._results)

    @property
    def evaluations(self) -> tuple[Evaluation, ...]:
        return tuple(self._evaluations)

    def train(self, save_to: Path | None) -> None:
        """Evaluate the members at each evaluation of theirs; nothing is trained or saved."""
        run = self.run
        # What policies see is the same for all members: only stacked observations could differ.
        scenario = run.members[0].scenario
        arena = self._arena = Arena(
            scenario, run.schedule, masks=run.algorithm.masks, steps=run.steps
        )
        voting = VotingPolicy(self._members)
        set_threads(run.threads)
        with self.meter.training(), self.meter.evaluating():
            for index in range(len(self._results[0].evaluations)):
                voting.restore(index)
                self._evaluations.append(arena.evaluate(voting))
        self.inference = arena.action_seconds


def train_ensemble(run: Run, save_to: Path | None) -> RunResult:
    """Train and evaluate an ensemble.

    Args:
        run: With `members`.
        save_to: Where to write the members' models, one archive.

    Returns:
        The result: evaluations and score of the members together, steps and cost of all of them. A
        member that fails ends the run as failed.
    """
    members: list[Member] = []
    results: list[RunResult] = []
    with TemporaryDirectory(prefix="harness-ensemble-") as folder:
        files = [Path(folder) / name for name in member_names(len(run.members))]
        for each, file in zip(run.members, files, strict=True):
            members.append(Member())
            save_member_to = None if save_to is None else file
            results.append(train_seed(each, watch=members[-1].add, save_to=save_member_to))
            if results[-1].failure is not None:
                return _join_results(run, results)
        joint = attempt(_JointEvaluation(run, members, results), None)
        if save_to is not None and joint.failure is None:
            write_ensemble(files, save_to)
    return _join_results(run, results, joint)


def _join_results(
    run: Run, results: Sequence[RunResult], joint: RunResult | None = None
) -> RunResult:
    """One result of the members' and of what they did together, None where one has failed."""
    last = results[-1] if joint is None else joint
    failure = last.failure
    if failure is not None and joint is None:
        message = f"member {len(results)} of {len(run.members)}: {failure.message}"
        failure = replace(failure, message=message)
    costs = [result.cost for result in results]
    cost = total_cost(costs if joint is None else [*costs, joint.cost])
    parameters = [result.parameters for result in results]
    return replace(
        last,
        run_id=run.id,
        failure=failure,
        backend=run.backend,
        steps=sum(result.steps for result in results),
        evaluations=() if joint is None else joint.evaluations,
        levels=results[0].levels,
        parameters=None if failure is not None else sum_of_counts(parameters),
        game_steps=sum_of_counts(result.game_steps for result in results),
        agent_steps=sum_of_counts(result.agent_steps for result in results),
        cost=replace(cost, inference=0.0 if joint is None else joint.cost.inference),
    )

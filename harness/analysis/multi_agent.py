"""Cells in which several agents play: the return of each agent, and how many steps they took."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from harness.core.evaluation import late_count
from harness.core.opponents import SavedModel, map_leaves, models_in, saved_model_from_json
from harness.core.record import CellRecord
from harness.core.run import DEFAULT, TUNED
from harness.core.run_result import Evaluation, RunResult
from harness.core.settings import Rung


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentReturns:
    """One agent of a team, one opponent of a panel or one seat.

    Attributes:
        name: As the environment names it; saved models as people do.
        default, tuned: Mean return over the late evaluations of the test runs; None without runs.
    """

    name: str
    default: float | None
    tuned: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiAgentResults:
    """Mean returns of the agents of a cell, and the steps they took.

    Attributes:
        parts: Returns of each agent, in the order of their names.
        steps: Steps that the budget counts: one for every agent slot at every step of the game.
        game_steps: Steps of the game itself.
        agent_steps: Actions that agents chose: the transitions that were learned from.
    """

    parts: tuple[AgentReturns, ...]
    steps: int
    game_steps: int
    agent_steps: int


def multi_agent_results(cell: CellRecord) -> MultiAgentResults | None:
    """Returns and steps of the agents in a cell's runs; None where a single agent plays."""
    multi_agent = [result for result in cell.results if result.game_steps is not None]
    if not multi_agent:
        return None
    default, tuned = (
        [run.result for run in cell.runs_of(Rung.TEST, variant) if run.result is not None]
        for variant in (DEFAULT, TUNED)
    )
    names = sorted(
        {name for result in (*default, *tuned) for e in _late(result) for name in e.parts}
    )
    models = models_in(map_leaves(cell.cell.scenario.arguments, saved_model_from_json))
    return MultiAgentResults(
        parts=tuple(
            AgentReturns(
                name=_title(name, models), default=_mean(default, name), tuned=_mean(tuned, name)
            )
            for name in names
        ),
        steps=sum(result.steps for result in multi_agent),
        game_steps=sum(result.game_steps or 0 for result in multi_agent),
        agent_steps=sum(result.agent_steps or 0 for result in multi_agent),
    )


def _title(name: str, models: Iterable[SavedModel]) -> str:
    for model in models:
        name = name.replace(model.name, model.title)
    return name


def _late(result: RunResult) -> tuple[Evaluation, ...]:
    evaluations = result.evaluations
    return evaluations[-late_count(len(evaluations)) :] if evaluations else ()


def _mean(results: Iterable[RunResult], name: str) -> float | None:
    """Mean over the runs of their mean late return; every run has the same weight."""
    means = []
    for result in results:
        returns = [e.parts[name] for e in _late(result) if name in e.parts]
        if returns and result.score is not None:
            means.append(math.fsum(returns) / len(returns))
    return math.fsum(means) / len(means) if means else None

"""Cells in which several agents play: what their returns are made of, and whose steps they took."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from harness.analysis.variant_scores import runs_of
from harness.core.evaluation import late_count
from harness.core.opponents import SavedModel, map_leaves, models_in, saved_model_from_json
from harness.core.plan import DEFAULT, TUNED
from harness.core.record import CellRecord, Evaluation, RunResult
from harness.core.settings import Rung

__all__ = ["Company", "Part", "company"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One agent of a team, one opponent of a panel or one seat.

    Attributes:
        name: As the environment names it; saved models as people do.
        default, tuned: Mean return over the late evaluations of the test runs; None without runs.
    """

    name: str
    default: float | None
    tuned: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """What is known of the agents of a cell.

    Attributes:
        parts: In the order of their names.
        steps: Steps counted by the budget, one for every slot of an agent.
        game_steps: Steps of the game in the same time.
        agent_steps: Choices that agents made: what was learned from.
    """

    parts: tuple[Part, ...]
    steps: int
    game_steps: int
    agent_steps: int


def company(cell: CellRecord) -> Company | None:
    """The agents of a cell's runs; None where one agent is alone."""
    counted = [result for result in cell.results if result.game_steps is not None]
    if not counted:
        return None
    default, tuned = (
        [run.result for run in runs_of(cell, Rung.TEST.value, variant) if run.result is not None]
        for variant in (DEFAULT, TUNED)
    )
    names = sorted(
        {name for result in (*default, *tuned) for e in _late(result) for name in e.parts}
    )
    models = models_in(map_leaves(cell.cell.scenario.arguments, saved_model_from_json))
    return Company(
        parts=tuple(
            Part(name=_title(name, models), default=_mean(default, name), tuned=_mean(tuned, name))
            for name in names
        ),
        steps=sum(result.steps for result in counted),
        game_steps=sum(result.game_steps or 0 for result in counted),
        agent_steps=sum(result.agent_steps or 0 for result in counted),
    )


def _title(name: str, models: Iterable[SavedModel]) -> str:
    for model in models:
        name = name.replace(model.name, model.title)
    return name


def _late(result: RunResult) -> tuple[Evaluation, ...]:
    evaluations = result.evaluations
    return evaluations[-late_count(len(evaluations)) :] if evaluations else ()


def _mean(results: Iterable[RunResult], name: str) -> float | None:
    """Over the runs, each of which counts once."""
    means = []
    for result in results:
        found = [e.parts[name] for e in _late(result) if name in e.parts]
        if found and result.score is not None:
            means.append(math.fsum(found) / len(found))
    return math.fsum(means) / len(means) if means else None

"""Tuned and default beside policies that learn nothing: random and scripted ones."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from harness import stats
from harness.analysis import LeaderboardRow
from harness.core.scenario import Scenario, Score
from harness.report.campaign_views import CampaignView
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """One policy on a scenario.

    Attributes:
        name: A cell's algorithm with its variant, or the policy that learns nothing.
        kind: ``trained``, ``random`` or ``scripted``.
        mean: Mean return.
        normalised: 0 = random policy, 1 = reference; None without them.
        source: Where a fixed score is from; empty for a trained policy.
    """

    name: str
    kind: Literal["trained", "random", "scripted"]
    mean: float
    normalised: float | None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioRanking:
    """A scenario's policies, the best first."""

    scenario: str
    entrants: tuple[Entrant, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Baselines:
    """The rankings of all scenarios that know scores of scripted policies."""

    rankings: tuple[ScenarioRanking, ...]


def compute(view: CampaignView) -> Baselines | None:
    """Scenarios that know scores of scripted policies; left out where none does."""
    rankings = []
    for name in dict.fromkeys(row.scenario for row in view.rows):
        rows = [row for row in view.rows if row.scenario == name]
        scenario = view.cells[rows[0].cell].cell.scenario
        if scenario.baselines:
            entrants = sorted(_entrants(rows, scenario), key=lambda entrant: -entrant.mean)
            rankings.append(ScenarioRanking(scenario=name, entrants=tuple(entrants)))
    return Baselines(rankings=tuple(rankings)) if rankings else None


def _entrants(rows: Sequence[LeaderboardRow], scenario: Scenario) -> Iterator[Entrant]:
    for name, score in scenario.baselines.items():
        yield _fixed_entrant(name, "scripted", score, scenario)
    if scenario.random is not None:
        yield _fixed_entrant("uniformly random", "random", scenario.random, scenario)
    for row in rows:
        for variant in (row.tuned, row.default):
            if variant is not None and variant.mean is not None:
                yield Entrant(
                    name=f"{row.title} {variant.variant}",
                    kind="trained",
                    mean=variant.mean,
                    normalised=_normalise(variant.mean, scenario),
                )


def _fixed_entrant(
    name: str, kind: Literal["random", "scripted"], score: Score, scenario: Scenario
) -> Entrant:
    return Entrant(
        name=name,
        kind=kind,
        mean=score.value,
        normalised=_normalise(score.value, scenario),
        source=score.source,
    )


def _normalise(mean: float, scenario: Scenario) -> float | None:
    if scenario.random is None or scenario.reference is None:
        return None
    value = stats.normalise(mean, scenario.random.value, scenario.reference.value)
    return None if math.isnan(value) else value


PART = Part(title="Beside policies that learn nothing", page="campaign", order=22, compute=compute)

"""Tuned and default beside policies that learn nothing: random and scripted ones."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from harness import stats
from harness.analysis import LeaderboardRow
from harness.report.campaign_views import CampaignView
from harness.report.page_parts import Part

__all__ = ["PART", "Baselines", "Entrant", "ScenarioRanking", "compute"]


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
    for scenario in dict.fromkeys(row.scenario for row in view.rows):
        rows = [row for row in view.rows if row.scenario == scenario]
        spec = view.cells[rows[0].cell].spec["scenario"]
        # Campaigns of earlier versions know of no such scores.
        if not spec.get("baselines"):
            continue
        entrants = sorted(_entrants(rows, spec), key=lambda entrant: -entrant.mean)
        rankings.append(ScenarioRanking(scenario=scenario, entrants=tuple(entrants)))
    return Baselines(rankings=tuple(rankings)) if rankings else None


def _entrants(rows: Sequence[LeaderboardRow], spec: Mapping[str, Any]) -> Iterator[Entrant]:
    random, reference = spec["random"], spec["reference"]
    fixed = {name: (score, "scripted") for name, score in spec["baselines"].items()}
    if random is not None:
        fixed["uniformly random"] = (random, "random")
    for name, (score, kind) in fixed.items():
        yield Entrant(
            name=name,
            kind="random" if kind == "random" else "scripted",
            mean=score["value"],
            normalised=_normalised(score["value"], random, reference),
            source=score["source"],
        )
    for row in rows:
        for variant in (row.tuned, row.default):
            if variant is not None and variant.mean is not None:
                yield Entrant(
                    name=f"{row.title} {variant.variant}",
                    kind="trained",
                    mean=variant.mean,
                    normalised=_normalised(variant.mean, random, reference),
                )


def _normalised(
    mean: float, random: Mapping[str, Any] | None, reference: Mapping[str, Any] | None
) -> float | None:
    if random is None or reference is None:
        return None
    value = stats.normalise(mean, random["value"], reference["value"])
    return None if math.isnan(value) else value


PART = Part(
    title="Beside policies that learn nothing",
    page="campaign",
    order=22,
    compute=compute,
)

"""The default's score beside published ones: is something badly off?"""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis import PublishedScore, VariantScores, published_scores
from harness.core.record import CellRecord
from harness.report.campaign_views import CellView
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Data of the panel of published scores.

    Attributes:
        env: The cell's environment.
        default, tuned: Scores of this campaign.
        steps: Environment steps behind them.
        scores: Published ones.
        changed: Whether the cell changes the environment, so that no published score compares.
    """

    env: str
    default: VariantScores
    tuned: VariantScores | None
    steps: int
    scores: tuple[PublishedScore, ...]
    changed: bool


def compute(view: CellView) -> Published | None:
    """Left out where no published score is known."""
    scores = known_scores(view.cell)
    if not scores:
        return None
    scenario = view.cell.cell.scenario
    return Published(
        env=scenario.env,
        default=view.row.default,
        tuned=view.row.tuned,
        steps=view.row.steps,
        scores=scores,
        changed=bool(scenario.arguments or scenario.wrappers),
    )


def known_scores(cell: CellRecord) -> tuple[PublishedScore, ...]:
    """Published scores of the cell's algorithm on its environment."""
    return published_scores(cell.cell.scenario.env, cell.cell.algorithm.name)


PART = Part(title="Beside published scores", page="cell", order=75, compute=compute)

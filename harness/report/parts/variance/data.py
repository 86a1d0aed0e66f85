"""Where the variance comes from: episodes, evaluations, seeds, configurations or searches."""

from __future__ import annotations

import math
from dataclasses import dataclass

from harness.analysis import Decomposition, variance_sources
from harness.report.campaign_views import CellView
from harness.report.number_format import number, percent
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceTable:
    """The levels of a cell's variance.

    Attributes:
        levels: Names of the levels that any of the decompositions has, the smallest first.
        decompositions: Of different runs, side by side.
        advice: What more seeds and more episodes would do for a mean, in sentences.
        is_cut: Whether any estimate was below 0.
    """

    levels: tuple[str, ...]
    decompositions: tuple[Decomposition, ...]
    advice: tuple[str, ...]
    is_cut: bool


def compute(view: CellView) -> VarianceTable | None:
    """Left out until runs have told one level at least."""
    decompositions = variance_sources(view.searches)
    if not decompositions:
        return None
    sources = [source for each in decompositions for source in each.sources]
    return VarianceTable(
        levels=tuple(dict.fromkeys(source.level for source in sources)),
        decompositions=decompositions,
        advice=tuple(filter(None, map(_advice, decompositions))),
        is_cut=any(source.is_cut for source in sources),
    )


def _advice(decomposition: Decomposition) -> str:
    """What makes a mean over seeds uncertain, and what would help."""
    if not decomposition.score_sd or decomposition.noise_share is None:
        return ""
    noise, episodes = decomposition.noise_share, decomposition.episode_share or 0.0
    return (
        f"Scores of {decomposition.runs_of}: a standard deviation of "
        f"{number(decomposition.score_sd)} over training seeds, {percent(noise)} of its square "
        "from evaluations and episodes alone. Twice the seeds make the interval of a mean "
        f"{percent(1 - math.sqrt(0.5))} narrower, twice the episodes "
        f"{percent(1 - math.sqrt(1 - episodes / 2))}."
    )


PART = Part(title="Where the variance comes from", page="cell", order=26, compute=compute)

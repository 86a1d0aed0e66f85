"""Named variants and numbers the user already had, beside the default and the tuned one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.analysis import ReferenceComparison
from harness.analysis.reference_comparisons import BASELINE
from harness.core.matrix import Ensemble
from harness.core.record import CellRecord
from harness.core.run import DEFAULT, Variant, configurations_of
from harness.core.settings import Rung
from harness.report.campaign_views import CampaignView
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantRow:
    """A variant or a bare number of a cell, with what tuned is against it.

    Attributes:
        source: Where it is from.
        comparison: The numbers and the word.
    """

    source: str
    comparison: ReferenceComparison


@dataclass(frozen=True, slots=True, kw_only=True)
class Variants:
    """The rows of all cells."""

    rows: tuple[VariantRow, ...]


def compute(view: CampaignView) -> Variants | None:
    """Left out when the matrix names none."""
    rows = tuple(
        VariantRow(source=_source(view.cells[each.cell], each.name), comparison=each)
        for each in view.analysis.references
    )
    return Variants(rows=rows) if rows else None


def _source(cell: CellRecord, name: str) -> str:
    if name == BASELINE:
        return "given in the matrix, not trained here"
    for ensemble in cell.cell.ensembles:
        if ensemble.name == name:
            return _ensemble(cell, ensemble)
    for run in cell.imported:
        if run.variant == name:
            return f"imported from {run.arguments.get('source')}, not trained here"
    return {item.name: item.source for item in cell.cell.variants}.get(name, "")


def _ensemble(cell: CellRecord, ensemble: Ensemble) -> str:
    """What an ensemble consists of."""
    act = "mean" if cell.cell.scenario.action == "Box" else "vote"
    runs = cell.runs_of(Rung.TEST, ensemble.name)
    if not runs:
        return f"{act} of the best {ensemble.size} configurations, not known yet"
    members = configurations_of(runs[0].arguments)
    names = ", ".join(_configuration_name(cell, arguments) for arguments in members)
    lacking = "" if len(members) == ensemble.size else f"; {ensemble.size} asked for"
    return f"{act} of {names}{lacking}"


def _configuration_name(cell: CellRecord, arguments: Mapping[str, object]) -> str:
    """The first trial that trained it; the first of all is the default's."""
    numbers = (trial.number for trial in cell.trials if trial.arguments == arguments)
    return next(map(Variant.of_trial, numbers), DEFAULT)


PART = Part(title="Named variants and baselines", page="campaign", order=40, compute=compute)

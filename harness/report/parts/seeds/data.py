"""Training seeds of every cell, rung by rung."""

from __future__ import annotations

from dataclasses import dataclass

from harness.core.record import CellRecord
from harness.report.campaign_views import CampaignView
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class CellSeeds:
    """A cell's seeds; trials have one each."""

    cell: str
    page: str
    search: tuple[int, ...]
    confirm: tuple[int, ...]
    test: tuple[int, ...]
    transfer: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeds:
    """The training seeds of all cells."""

    cells: tuple[CellSeeds, ...]


def compute(view: CampaignView) -> Seeds | None:
    """Left out while the campaign has no cells."""
    cells = tuple(_seeds(cell, view.pages[cell.name]) for cell in view.record.cells)
    return Seeds(cells=cells) if cells else None


def _seeds(cell: CellRecord, page: str) -> CellSeeds:
    def of(rung: str) -> tuple[int, ...]:
        return tuple(dict.fromkeys(run.seed for run in cell.runs if run.seed_rung == rung))

    return CellSeeds(
        cell=cell.name,
        page=page,
        search=tuple(trial.seed for trial in cell.trials),
        confirm=of("confirm"),
        test=of("test"),
        transfer=of("transfer"),
    )


PART = Part(title="Seeds", page="provenance", order=40, compute=compute)

"""Training seeds of every cell, rung by rung."""

from __future__ import annotations

from dataclasses import dataclass

from harness.core.record import CellRecord
from harness.report.section import Section
from harness.report.view import CampaignView

__all__ = ["SECTION", "CellSeeds", "build"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellSeeds:
    """A cell's seeds; trials have one each."""

    cell: str
    page: str
    search: tuple[int, ...]
    confirm: tuple[int, ...]
    test: tuple[int, ...]
    transfer: tuple[int, ...]


def build(view: CampaignView) -> tuple[CellSeeds, ...] | None:
    """Left out while the campaign has no cells."""
    return tuple(_seeds(cell, view.pages[cell.name]) for cell in view.record.cells) or None


def _seeds(cell: CellRecord, page: str) -> CellSeeds:
    def of(rung: str) -> tuple[int, ...]:
        return tuple(dict.fromkeys(run.seed for run in cell.runs if run.rung == rung))

    return CellSeeds(
        cell=cell.name,
        page=page,
        search=tuple(trial.seed for trial in cell.trials),
        confirm=of("confirm"),
        test=of("test"),
        transfer=of("transfer"),
    )


SECTION = Section(
    id="seeds",
    title="Seeds",
    order=40,
    page="provenance",
    build=build,
    template="seeds.html",
)

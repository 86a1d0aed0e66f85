"""Who learns faster, tuned or default."""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis import EfficiencyArm, EfficiencyRow
from harness.report.section import Section
from harness.report.view import CellView

__all__ = ["SECTION", "Efficiency", "build"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Efficiency:
    """The numbers of both arms, those that exist, default first."""

    row: EfficiencyRow
    arms: tuple[EfficiencyArm, ...]


def build(view: CellView) -> Efficiency | None:
    """Left out until a test run has been evaluated."""
    row = view.efficiency
    arms = tuple(arm for arm in (row.default, row.tuned) if arm is not None)
    return Efficiency(row=row, arms=arms) if arms else None


SECTION = Section(
    id="efficiency",
    title="Sample efficiency",
    order=25,
    page="cell",
    build=build,
    template="efficiency.html",
)

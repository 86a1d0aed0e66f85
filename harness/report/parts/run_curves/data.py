"""Every run's learning curve by where it ended among the runs of its variant."""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis import VariantRobustness
from harness.report.campaign_views import CellView
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCurves:
    """Default and tuned, with every run."""

    variants: tuple[VariantRobustness, ...]


def compute(view: CellView) -> RunCurves | None:
    """Left out until a variant has several runs with a score."""
    cell = view.robustness
    variants = (cell.default, cell.tuned)
    visible = tuple(each for each in variants if each is not None and each.spread.value is not None)
    return RunCurves(variants=visible) if visible else None


PART = Part(title="Every run by its percentile", page="cell", order=22, compute=compute)

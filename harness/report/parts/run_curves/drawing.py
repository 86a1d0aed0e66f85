"""Every run drawn; the worst, the middle and the best stand out."""

from __future__ import annotations

from collections.abc import Iterator

from harness.analysis import RunCurve, VariantRobustness
from harness.report.figures import Figure, axis, figure, line, name_once
from harness.report.number_format import percent
from harness.report.parts.run_curves.data import RunCurves
from harness.stats import TAIL


def draw(data: RunCurves) -> tuple[Figure, ...]:
    """One figure per variant, on one scale."""
    means = [m for each in data.variants for curve in each.curves for m in curve.means]
    room = 0.05 * (max(means, default=1.0) - min(means, default=0.0))
    ends = [min(means, default=0.0) - room, max(means, default=1.0) + room]
    return tuple(_variant_figure(each, ends) for each in data.variants)


def _variant_figure(variant: VariantRobustness, ends: list[float]) -> Figure:
    traces = list(_traces(variant))
    name_once(traces)
    return figure(
        f"runs-{variant.variant}",
        f"Runs of {variant.variant}",
        "Mean return per evaluation of each run on a held-out seed. Red and dashed: the worst "
        "quarter by final score, and runs that failed; thick: the middle one; grey: the others.",
        traces,
        height=340,
        xaxis=axis("environment steps", rangemode="tozero"),
        yaxis=axis("mean return", range=ends),
    )


def _traces(variant: VariantRobustness) -> Iterator[dict[str, object]]:
    ranked_curves = [curve for curve in variant.curves if curve.percentile is not None]
    middle = ranked_curves[(len(ranked_curves) - 1) // 2].seed if ranked_curves else None
    for curve in variant.curves:
        if not curve.means:
            continue
        rank = curve.percentile
        text = "failed" if rank is None else f"percentile {percent(rank)}"
        hover = f"%{{y:.4g}} at %{{x:,.0f}} steps<br>seed {curve.seed}, {text}"
        name, color, width, dash = _style(curve, middle, variant.variant)
        yield line(
            curve.steps,
            curve.means,
            name,
            color,
            width=width,
            dash=dash,
            legendgroup=name,
            hovertemplate=hover,
        )


def _style(curve: RunCurve, middle: int | None, variant: str) -> tuple[str, str, float, str]:
    if curve.percentile is None:
        return "failed", "@bad", 1.5, "dot"
    if curve.seed == middle:
        return "middle run", "@tuned" if variant == "tuned" else "@default", 3.5, "solid"
    if curve.percentile <= TAIL:
        return "worst quarter", "@bad", 1.8, "dash"
    return "other runs", "@muted", 1, "solid"

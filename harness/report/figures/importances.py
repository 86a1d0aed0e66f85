"""How much of the score each hyperparameter accounts for."""

from __future__ import annotations

from harness.analysis import ranked_trials
from harness.core.record import CellRecord
from harness.report.figures.figure import Figure, axis, figure
from harness.report.figures.tried import by_importance
from harness.report.format import count

__all__ = ["importance_figure"]


def importance_figure(cell: CellRecord) -> Figure | None:
    """Bars, the most important on top."""
    known = [p for p in by_importance(cell) if p.importance is not None]
    if not known:
        return None
    known.reverse()
    shares = [parameter.importance or 0.0 for parameter in known]
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": shares,
        "y": [parameter.name for parameter in known],
        "marker": {"color": "@tuned"},
        "text": [f"{share:.0%}" for share in shares],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": "%{y}: %{x:.1%}",
        "showlegend": False,
        "name": "",
    }
    return figure(
        "importances",
        "Importances",
        "Share of the score's variance over the trials that each hyperparameter accounts for. "
        + _trust(len(ranked_trials(cell)), len(known)),
        [bars],
        height=max(400, 60 + 30 * len(known)),
        bargap=0.45,
        xaxis=axis("share of variance", tickformat=".0%", range=[0, max(shares) * 1.18 or 1]),
        yaxis={"automargin": True, "ticksuffix": "  "},
    )


def _trust(trials: int, parameters: int) -> str:
    drawn = f"From {count(trials, 'complete trial')}"
    if trials < 2 * parameters:
        return f"{drawn} over {count(parameters, 'hyperparameter')}: a rough hint at best."
    return f"{drawn}."

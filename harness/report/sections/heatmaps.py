"""Scenario x algorithm at a glance."""

from __future__ import annotations

from collections.abc import Callable

from harness.analysis import LeaderboardRow
from harness.report.format import percent, signed
from harness.report.headline import outcome
from harness.report.heat import HeatCell, HeatRow, HeatTable, around, rising
from harness.report.section import Section
from harness.report.view import CampaignView, algorithm_views

__all__ = ["SECTION", "build"]

NOTHING = HeatCell(text="")


def build(view: CampaignView) -> tuple[HeatTable, ...] | None:
    """Left out with a single cell, which needs no map."""
    if len(view.rows) < 2:
        return None
    tables = [
        _table(
            view,
            "map-gain",
            "Did tuning help?",
            "Tuned minus default in returns, with the verdict. The shade is the probability that "
            "a tuned run beats a default run: green above a half, red below.",
            _gain,
        )
    ]
    if any(row.normalised_tuned is not None for row in view.rows):
        tables.append(
            _table(
                view,
                "map-score",
                "How good is the tuned one?",
                "Tuned mean from the random policy (0 %) to the scenario's reference score "
                "(100 %), with the default's below it.",
                _level,
            )
        )
    return tuple(tables)


def _table(
    view: CampaignView,
    id: str,
    title: str,
    explain: str,
    draw: Callable[[LeaderboardRow, str], HeatCell],
) -> HeatTable:
    algorithms = algorithm_views(view)
    found = {(row.scenario, row.algorithm): row for row in view.rows}
    rows = []
    for scenario in dict.fromkeys(row.scenario for row in view.rows):
        cells = []
        for algorithm in algorithms:
            row = found.get((scenario, algorithm.algorithm))
            cells.append(NOTHING if row is None else draw(row, view.pages[row.cell]))
        rows.append(HeatRow(name=scenario, cells=tuple(cells)))
    return HeatTable(
        id=id,
        title=title,
        explain=explain,
        corner="Scenario",
        columns=tuple(algorithm.title for algorithm in algorithms),
        rows=tuple(rows),
    )


def _gain(row: LeaderboardRow, page: str) -> HeatCell:
    word, found = outcome(row), row.difference
    if found is None:
        return HeatCell(text=word, page=page)
    return HeatCell(
        text=signed(found.difference),
        sub=word,
        shade=around(found.probability),
        page=page,
        exact=found.difference,
    )


def _level(row: LeaderboardRow, page: str) -> HeatCell:
    place = row.normalised_tuned
    if place is None:
        return HeatCell(text="no score yet" if row.tuned is None else "no reference", page=page)
    return HeatCell(
        text=percent(place),
        sub=f"default {percent(row.normalised_default)}",
        shade=rising(place),
        page=page,
        exact=place,
    )


SECTION = Section(
    id="maps",
    title="Scenario by algorithm",
    order=25,
    page="campaign",
    build=build,
    template="heat.html",
)

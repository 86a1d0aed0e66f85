"""Views: what the parts of a page are computed from, and the names of the pages."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness import analysis as analyses
from harness.analysis import (
    Aggregates,
    AlgorithmAcross,
    AlgorithmDrift,
    AlgorithmTransfer,
    CampaignEffect,
    CellRobustness,
    EdgeRow,
    EfficiencyRow,
    FalseVerdicts,
    ImprovementRow,
    Improvements,
    LeaderboardRow,
    OptimismTable,
    ProfileCurve,
    PrunerRegret,
    ReferenceComparison,
    Robustness,
    SearchAndTest,
    leaderboard,
)
from harness.core.printable_text import slugs
from harness.core.progress.remaining import Remaining, remaining_in
from harness.core.record import CampaignRecord, CellRecord
from harness.core.run import DEFAULT, TUNED
from harness.report.outcomes import headline
from harness.report.redaction import redact
from harness.report.trust import Check, Evidence, trust_checks


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """One filmed episode.

    Attributes:
        variant: Variant whose agent plays.
        seed: Training seed of that agent.
        episode_seed: Seed of the episode.
        score: Return of the episode.
        length: Number of steps of the episode.
        steps: Steps that the frames show, in order.
        data: The filmstrip, encoded.
        kind: ``png`` or ``jpeg``.
        width, height: Pixels.
    """

    variant: str
    seed: int
    episode_seed: int
    score: float
    length: int
    steps: tuple[int, ...]
    data: bytes
    kind: str
    width: int
    height: int

    def to_json(self) -> dict[str, Any]:
        """Everything but the picture, which is a file of its own."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "data"}

    @property
    def uri(self) -> str:
        """The picture as an address that needs no file."""
        return f"data:image/{self.kind};base64,{base64.b64encode(self.data).decode('ascii')}"


Films = Mapping[str, tuple[Film, ...]]
"""Cell name -> its films."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignAnalysis:
    """What several pages show, computed once; see the functions of `harness.analysis`."""

    false_verdicts: FalseVerdicts
    effect: CampaignEffect | None
    aggregates: Aggregates
    profiles: tuple[ProfileCurve, ...]
    improvements: tuple[ImprovementRow, ...]
    tuned_matrix: Improvements
    default_matrix: Improvements
    optimism: OptimismTable
    search_and_test: SearchAndTest
    efficiency: Mapping[str, EfficiencyRow]
    foresight: Mapping[str, PrunerRegret]
    drift: tuple[AlgorithmDrift, ...]
    edges: tuple[EdgeRow, ...]
    transfer: tuple[AlgorithmTransfer, ...]
    across: tuple[AlgorithmAcross, ...]
    references: tuple[ReferenceComparison, ...]
    robustness: Robustness


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignView:
    """The front page's material.

    Attributes:
        record: The campaign.
        rows: The campaign's leaderboard.
        cells: Cell name -> its record.
        pages: Cell name -> its page.
        analysis: Figures over cells, and those of single cells by name.
        headline: The answer to "did tuning help?".
        checks: What could make the verdicts wrong, check by check.
        remaining: Cell name -> runs still to do, of repeated searches too.
        films: Filmed episodes, by cell.
    """

    record: CampaignRecord
    rows: tuple[LeaderboardRow, ...]
    cells: Mapping[str, CellRecord]
    pages: Mapping[str, str]
    analysis: CampaignAnalysis
    headline: str
    checks: tuple[Check, ...]
    remaining: Mapping[str, Remaining]
    films: Films = field(default_factory=dict)

    @property
    def pending(self) -> int:
        """Runs that numbers wait for, at least."""
        return sum(rest.awaited for rest in self.remaining.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class CellView:
    """A cell page's material.

    Attributes:
        campaign: Name of the campaign.
        cell: The cell's record.
        row: Its row of the leaderboard.
        peers: Rows of the same scenario, its own included, best first.
        efficiency: How fast tuned and default learned.
        robustness: How alike the runs of either are.
        foresight: What early evaluations told; None before the first trial.
        films: Filmed episodes, each with the path of its picture in the site.
        searches: Every search of its scenario and algorithm, the first one first.
    """

    campaign: str
    cell: CellRecord
    searches: tuple[CellRecord, ...]
    row: LeaderboardRow
    peers: tuple[LeaderboardRow, ...]
    efficiency: EfficiencyRow
    robustness: CellRobustness
    foresight: PrunerRegret | None
    films: tuple[tuple[str, Film], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgorithmView:
    """Material of an algorithm's page.

    Attributes:
        algorithm, title: Its name in the matrix and in reports.
        page: Its page.
        cells: Records of its cells, in the order of the leaderboard.
        rows: Their rows.
        pages: Cell name -> its page.
        drift: Default against best over its scenarios; None before a search has a best trial.
        edges: Best values at the edge of their range.
    """

    algorithm: str
    title: str
    page: str
    cells: tuple[CellRecord, ...]
    rows: tuple[LeaderboardRow, ...]
    pages: Mapping[str, str]
    drift: AlgorithmDrift | None
    edges: tuple[EdgeRow, ...]


def campaign_view(
    record: CampaignRecord, films: Films | None = None, *, hosts: bool = False
) -> CampaignView:
    """Everything the front page is built from.

    Args:
        record: The campaign; where its files lie is left out.
        films: Filmed episodes, by cell; None for none.
        hosts: Whether the names of machines are published too.
    """
    record = redact(record, hosts=hosts)
    rows = leaderboard(record)
    names = slugs(cell.name for cell in record.cells)
    cells = {cell.name: cell for cell in record.cells}
    analysis = analyse(record, rows)
    remaining = remaining_in(record) | {row.cell: row.remaining for row in rows}
    evidence = Evidence(
        record=record,
        rows=rows,
        cells=cells,
        figures={figures.cell: figures for figures in analyses.trust(record)},
        foresight=analysis.foresight,
        edges=analysis.edges,
        remaining=remaining,
    )
    return CampaignView(
        record=record,
        rows=rows,
        cells=cells,
        pages={cell: f"cells/{slug}" for cell, slug in names.items()},
        analysis=analysis,
        headline=headline(rows),
        checks=trust_checks(evidence),
        remaining=remaining,
        films=films or {},
    )


def analyse(record: CampaignRecord, rows: tuple[LeaderboardRow, ...]) -> CampaignAnalysis:
    """Everything that several pages show."""
    return CampaignAnalysis(
        false_verdicts=analyses.expected_false(record, rows),
        effect=analyses.campaign_effect(record),
        aggregates=analyses.aggregates(record),
        profiles=analyses.profiles(record),
        improvements=analyses.improvements(record),
        tuned_matrix=analyses.improvement_matrix(record, TUNED),
        default_matrix=analyses.improvement_matrix(record, DEFAULT),
        optimism=analyses.optimism(rows),
        search_and_test=analyses.search_and_test(record, rows),
        efficiency={row.cell: row for row in analyses.efficiency(record)},
        foresight={entry.cell: entry for entry in analyses.pruner_regret(record)},
        drift=analyses.drift(record),
        edges=analyses.edges(record),
        transfer=analyses.transfer(record),
        across=analyses.across(record),
        references=analyses.reference_comparisons(rows),
        robustness=analyses.robustness(record, rows),
    )


def cell_views(view: CampaignView) -> tuple[CellView, ...]:
    """One per cell, in the order of the leaderboard; then those of repeated searches."""
    views = _cell_views(view, view.rows, view.analysis.efficiency, view.analysis.robustness)
    for number in sorted({cell.cell.repeat for cell in view.record.cells} - {1}):
        # Each search is judged among those of its own number.
        record = view.record.search(number)
        rows = leaderboard(record)
        if rows[0].cell != view.rows[0].cell:
            efficiency = {row.cell: row for row in analyses.efficiency(record)}
            views += _cell_views(view, rows, efficiency, analyses.robustness(record, rows))
    return views


def _cell_views(
    view: CampaignView,
    rows: tuple[LeaderboardRow, ...],
    efficiency: Mapping[str, EfficiencyRow],
    robustness: Robustness,
) -> tuple[CellView, ...]:
    reliability = {cell.cell: cell for cell in robustness.cells}
    return tuple(
        CellView(
            campaign=view.record.name,
            cell=view.cells[row.cell],
            searches=view.record.searches(view.cells[row.cell]),
            row=row,
            peers=tuple(peer for peer in rows if peer.scenario == row.scenario),
            efficiency=efficiency[row.cell],
            robustness=reliability[row.cell],
            foresight=view.analysis.foresight.get(row.cell),
            films=film_paths(view, row.cell),
        )
        for row in rows
    )


def film_paths(view: CampaignView, cell: str) -> tuple[tuple[str, Film], ...]:
    """The films of a cell, each with the path of its picture in the site."""
    films = view.films.get(cell, ())
    if view.cells[cell].winner == DEFAULT:
        films = _distinct(films)
    names = slugs(film.variant for film in films)
    stem = f"films/{view.pages[cell].rpartition('/')[2]}"
    return tuple((f"{stem}-{names[film.variant]}.{film.kind}", film) for film in films)


def _distinct(films: tuple[Film, ...]) -> tuple[Film, ...]:
    """Films of a cell that ships its default, where tuned is the same agent, each episode once."""
    episodes: dict[tuple[object, ...], Film] = {}
    for film in sorted(films, key=lambda film: film.variant == TUNED):
        agent = DEFAULT if film.variant == TUNED else film.variant
        episodes.setdefault((agent, film.seed, film.episode_seed), film)
    return tuple(film for film in films if film in episodes.values())


def algorithm_views(view: CampaignView) -> tuple[AlgorithmView, ...]:
    """One per algorithm, in the order in which the leaderboard meets them."""
    views = []
    drifts = {drift.algorithm: drift for drift in view.analysis.drift}
    # No algorithm's page may replace the overview beside it.
    names = slugs(["index", *dict.fromkeys(row.algorithm for row in view.rows)])
    for algorithm in dict.fromkeys(row.algorithm for row in view.rows):
        rows = tuple(row for row in view.rows if row.algorithm == algorithm)
        views.append(
            AlgorithmView(
                algorithm=algorithm,
                title=rows[0].title,
                page=f"algorithms/{names[algorithm]}",
                cells=tuple(view.cells[row.cell] for row in rows),
                rows=rows,
                pages=view.pages,
                drift=drifts.get(algorithm),
                edges=tuple(e for e in view.analysis.edges if e.algorithm == algorithm),
            )
        )
    return tuple(views)

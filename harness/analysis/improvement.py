"""Who beats whom, over all scenarios that both were tested on."""

from __future__ import annotations

from dataclasses import dataclass

from harness import stats
from harness.analysis.arms import known
from harness.analysis.pools import (
    Estimated,
    algorithms,
    counted,
    estimated,
    held_out_scores,
    pools,
    stacked,
)
from harness.core.plan import DEFAULT, TUNED
from harness.core.record import CampaignRecord

__all__ = ["ImprovementRow", "Improvements", "improvement_matrix", "improvements"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Improvements:
    """Who beats whom.

    Attributes:
        variant: Which variant of each algorithm stands here.
        algorithms, titles: Rows and columns.
        chances: Row by row, the probability that a run of the row's algorithm beats one of the
            column's on a scenario that both were tested on.
        scenarios: How many scenarios each pair shares.
    """

    variant: str
    algorithms: tuple[str, ...]
    titles: tuple[str, ...]
    chances: tuple[tuple[Estimated, ...], ...]
    scenarios: tuple[tuple[int, ...], ...]


def improvement_matrix(
    record: CampaignRecord,
    variant: str = TUNED,
    *,
    resamples: int = stats.RESAMPLES,
    seed: int = 0,
) -> Improvements:
    """Between all algorithms of the campaign, on raw returns: ranks need no normalisation."""
    names = algorithms(record)
    places = {cell.spec["scenario"]["name"]: None for cell in record.cells}
    cells = {
        (cell.spec["algorithm"]["name"], cell.spec["scenario"]["name"]): cell
        for cell in record.cells
    }
    scores = [
        stacked(
            [
                held_out_scores(cells[name, place], variant) if (name, place) in cells else []
                for place in places
            ]
        )
        for name in names
    ]
    found = stats.improvement_matrix(scores, resamples=resamples, seed=seed)
    size = range(len(names))
    return Improvements(
        variant=variant,
        algorithms=tuple(names),
        titles=tuple(names.values()),
        chances=tuple(
            tuple(
                Estimated(
                    value=known(float(found.value[i, j])),
                    low=known(float(found.low[i, j])),
                    high=known(float(found.high[i, j])),
                )
                for j in size
            )
            for i in size
        ),
        scenarios=tuple(tuple(int(n) for n in row) for row in found.scenarios),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ImprovementRow:
    """How likely a tuned run beats a default run, averaged over an algorithm's cells.

    Attributes:
        algorithm: None for all cells of the campaign together.
        title: Name in reports.
        chance: Probability; 0.5 where tuned is as good as default.
        cells: Names of the cells that count: those with scores of both.
    """

    algorithm: str | None
    title: str
    chance: Estimated
    cells: tuple[str, ...]


def improvements(
    record: CampaignRecord, *, resamples: int = stats.RESAMPLES, seed: int = 0
) -> tuple[ImprovementRow, ...]:
    """Tuned over default, the whole campaign first, then algorithm by algorithm."""
    found = {(pool.algorithm, pool.variant): pool for pool in pools(record, normalised=False)}
    rows = []
    names: list[tuple[str | None, str]] = [(None, "all"), *algorithms(record).items()]
    for name, title in names:
        tuned, default = found.get((name, TUNED)), found.get((name, DEFAULT))
        if tuned is None or default is None:
            continue
        chance = stats.average_improvement(
            tuned.scores, default.scores, resamples=resamples, seed=seed
        )
        both = set(counted(tuned)) & set(counted(default))
        cells = tuple(cell for cell in tuned.cells if cell in both)
        rows.append(
            ImprovementRow(algorithm=name, title=title, chance=estimated(chance), cells=cells)
        )
    return tuple(rows)

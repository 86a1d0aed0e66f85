"""Decisions over several cells: more held-out seeds, and configurations for other scenarios.

An interim analysis waits until all cells of a family have their seeds, a configuration is
transferred once it is shipped. So these decisions too follow from the histories alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from harness.core.decisions.transfer import ShippedConfiguration, sources
from harness.core.decisions.tune_across import choose_across, normalise_means
from harness.core.ladder import RunCache, advance
from harness.core.matrix import Cell
from harness.core.progress.ladder_progress import History, Progress
from harness.core.run import DEFAULT
from harness.core.settings import Adaptive

ScorePairs = Sequence[tuple[float | None, float | None]]


class InterimState(Protocol):
    """What the analyses so far say of a cell; `harness.analysis` has the whole of it."""

    @property
    def decision(self) -> str: ...

    @property
    def look(self) -> int: ...

    @property
    def seeds(self) -> int: ...

    @property
    def final(self) -> bool: ...


class Judge(Protocol):
    """Makes every analysis of a family that its scores permit, as `harness.analysis` does."""

    def __call__(
        self, rule: Adaptive, cells: Sequence[ScorePairs | None], *, share: float, seed: int
    ) -> Sequence[InterimState]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class InterimAnalysis:
    """An analysis of the held-out seeds so far, over the cells of one family.

    Attributes:
        look, looks: Which analysis it was, and how many are planned; 0 where every cell ships its
            default, so that nothing is compared.
        decisions: Cell name -> decision so far, of the cells with two variants to compare.
        seeds: Cell name -> held-out seeds the cell has before and after it.
    """

    look: int
    looks: int
    decisions: Mapping[str, str]
    seeds: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class JointDecisions:
    """What may be decided over the cells now.

    Attributes:
        histories: Cell name -> its new history, of the cells that something changes for.
        analyses: The interim analyses made.
    """

    histories: Mapping[str, History]
    analyses: tuple[InterimAnalysis, ...] = ()


def families(rules: Mapping[str, Adaptive | None]) -> dict[Adaptive | None, tuple[str, ...]]:
    """Cells by rule, in the order of the matrix; None is the family of fixed numbers of seeds.

    Each family has the share of the level that it has of the cells, so that the chance of any
    false verdict in the campaign stays below the level.
    """
    names: dict[Adaptive | None, tuple[str, ...]] = {}
    for cell, rule in rules.items():
        names[rule] = (*names.get(rule, ()), cell)
    return names


def new_histories(cells: Sequence[Cell]) -> dict[str, History]:
    """The histories of cells of which nothing is known yet."""
    return {
        cell.name: History(sources=tuple(source.name for source in sources(cell, cells)))
        for cell in cells
    }


def decide_jointly(cells: Mapping[str, Progress], judge: Judge) -> JointDecisions:
    """Ship what can be shipped and make the interim analyses that are due.

    Args:
        cells: Every cell of the campaign, in the order of the matrix.
        judge: The statistics of an interim analysis.
    """
    histories = _find_transfers(cells)
    analyses = []
    cell_count = sum(each.cell.repeat == 1 for each in cells.values())
    rules = {name: each.cell.test.seeds for name, each in cells.items()}
    adaptive = {name: r if isinstance(r, Adaptive) else None for name, r in rules.items()}
    for rule, names in families(adaptive).items():
        family = [cells[name] for name in names]
        if rule is None or all(each.settled for each in family):
            continue
        if not all(each.is_tested for each in family):
            continue
        states = judge(
            rule,
            [each.score_pairs() for each in family],
            share=len(names) / cell_count,
            seed=family[0].cell.seed,
        )
        for name, interim in zip(names, states, strict=True):
            history = histories.get(name, cells[name].history)
            histories[name] = replace(history, seeds=interim.seeds, settled=interim.final)
        analyses.append(_analysis(rule, family, states))
    return JointDecisions(histories=histories, analyses=tuple(analyses))


def _analysis(
    rule: Adaptive, family: Sequence[Progress], states: Sequence[InterimState]
) -> InterimAnalysis:
    both = list(zip(family, states, strict=True))
    return InterimAnalysis(
        look=max(interim.look for interim in states),
        looks=len(rule.groups),
        decisions={
            each.cell.name: interim.decision
            for each, interim in both
            if each.winner is not None and each.winner.variant != DEFAULT
        },
        seeds={each.cell.name: (each.seeds, interim.seeds) for each, interim in both},
    )


def _find_transfers(cells: Mapping[str, Progress]) -> dict[str, History]:
    """The histories of the cells that get more, or other, configurations than they have."""
    changes = {}
    across = _across(cells)
    for name, each in cells.items():
        history = each.history
        best = _best_of(cells, history.sources)
        donations = _best_of(cells, [donor.name for donor in each.cell.donors])
        choice = across.get(name) if best == history.shipped else None
        before = (history.shipped, history.received, history.across)
        if (best, donations, choice) != before:
            changes[name] = replace(history, shipped=best, received=donations, across=choice)
    return changes


def _across(cells: Mapping[str, Progress]) -> dict[str, str | None]:
    """Cell name -> the one configuration for all scenarios, of the cells that want one."""
    groups: dict[str, list[Progress]] = {}
    for each in cells.values():
        if each.cell.transfer.tune_across and each.history.sources:
            groups.setdefault(each.cell.algorithm.name, []).append(each)
    choices: dict[str, str | None] = {}
    for group in groups.values():
        pools = [each.pool for each in group]
        complete = [pool for pool in pools if pool is not None]
        choice = None
        if len(complete) == len(group):
            both = zip(group, complete, strict=True)
            means = [normalise_means(each.cell.scenario, pool) for each, pool in both]
            choice = choose_across(means, group[0].cell.transfer.tune_across or "")
        choices |= dict.fromkeys((each.cell.name for each in group), choice)
    return choices


def _best_of(
    cells: Mapping[str, Progress], names: Iterable[str]
) -> tuple[ShippedConfiguration, ...]:
    configurations = (cells[name].shipped for name in names)
    return tuple(configuration for configuration in configurations if configuration is not None)


def advance_all(
    cells: Iterable[Cell],
    histories: Mapping[str, History],
    judge: Judge,
    caches: Mapping[str, RunCache] | None = None,
) -> dict[str, Progress]:
    """Go up the ladders of all cells as far as their histories permit, joint decisions included.

    Args:
        cells: Every cell of the campaign, in the order of the matrix.
        histories: Cell name -> what is known of it.
        judge: The statistics of an interim analysis.
        caches: Cell name -> its runs, if they are kept from call to call.
    """
    caches = {} if caches is None else caches
    progress = {c.name: advance(c, histories[c.name], caches.get(c.name)) for c in cells}
    while changes := decide_jointly(progress, judge).histories:
        for name, history in changes.items():
            progress[name] = advance(progress[name].cell, history, caches.get(name))
    return progress

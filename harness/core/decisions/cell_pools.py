"""Several campaigns as one: cells side by side, and what equal cells have of one another's runs.

Whoever pools changes no number: a run has one result per environment, decisions stay what they
were. So parts of a matrix that ran on several machines make the campaign that one machine would
have made of the whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from harness.core.identity import differences, extendable
from harness.core.matrix import Cell
from harness.core.record import (
    IMPORTED,
    MERGED,
    RAISED_SEARCHES,
    RAISED_SEEDS,
    CampaignRecord,
    CellRecord,
    RunRecord,
    TrialRecord,
)
from harness.core.run_result import RunResult
from harness.errors import UsageError, bullet_list

PARTS: Final = "merged"
"""Key of a document that is no matrix: label -> the matrix of a campaign that was merged."""

_Entry = TypeVar("_Entry", TrialRecord, RunRecord)

_LISTED: Final = 20


def pool_campaigns(
    name: str, records: Mapping[str, CampaignRecord], order: Sequence[str] = ()
) -> CampaignRecord:
    """The record of a campaign that has what all of these have.

    Args:
        name: Of the new campaign.
        records: Label -> campaign; all in one environment. The first ones win where two have
            another result of the same run.
        order: Names of cells; others follow in the order of the records.

    Raises:
        UsageError: A cell is another one in two of them; the message lists the differences.
    """
    cells: dict[str, CellRecord] = {}
    obstacles: list[str] = []
    for label, record in records.items():
        for cell in record.cells:
            other = cells.get(cell.name)
            lines = [] if other is None else list(_obstacles(other, cell))
            obstacles += [f"{label}, {cell.name}: {line}" for line in lines]
            if not lines:
                cells[cell.name] = cell if other is None else _pool(other, cell)
    if obstacles:
        raise UsageError(
            f"equal cells alone can be merged; these differ:\n{bullet_list(obstacles[:_LISTED])}",
            help="run them with the same settings, or compare them: `harness compare`",
        )
    positions = {cell: position for position, cell in enumerate(order)}
    return CampaignRecord(
        name=name,
        created=min(record.created for record in records.values()),
        updated=max(record.updated for record in records.values()),
        cells=tuple(sorted(cells.values(), key=lambda c: positions.get(c.name, len(positions)))),
        document=_document(name, records),
        origins=next(iter(records.values())).origins,
        provenance=_provenance(records),
    )


def _obstacles(first: CellRecord, second: CellRecord) -> Iterator[str]:
    """What makes two cells of one name different experiments."""
    yield from differences(first.cell.identity(), second.cell.identity())
    yield from differences(_settings(first.cell), _settings(second.cell))
    runs = {trial.number: trial.run_id for trial in first.trials}
    for trial in second.trials:
        if runs.get(trial.number, trial.run_id) != trial.run_id:
            yield f"trial {trial.number} is another configuration"
            return
    both = (first, second)
    if all(cell.winner and cell.closed is None for cell in both) and first.winner != second.winner:
        yield f"winner: {first.winner} -> {second.winner}"


def _settings(cell: Cell) -> dict[str, object]:
    """What a cell may change as it goes on; lists of test seeds are pooled instead."""
    settings = extendable(cell)
    if isinstance(cell.test.seeds, tuple):
        settings["test"]["seeds"] = "a list"
    return settings


def _pool(first: CellRecord, second: CellRecord) -> CellRecord:
    """Two records of the same cell as one: decisions of the one that is further."""
    base, other = sorted((first, second), key=_advance, reverse=True)
    results = {result.run_id: result for result in (*second.results, *first.results)}
    trials = {trial.number: trial for trial in (*other.trials, *base.trials)}
    runs = list(base.runs)
    if (base.winner, base.closed) == (other.winner, other.closed):
        runs = _add_runs(runs, other.runs)
    return replace(
        base,
        cell=_with_seeds(base.cell, other.cell),
        trials=tuple(_with_result(trials[number], results) for number in sorted(trials)),
        runs=tuple(_with_result(run, results) for run in runs),
        imported=tuple(
            {(r.variant, r.index): r for r in (*other.imported, *base.imported)}.values()
        ),
    )


def _advance(cell: CellRecord) -> tuple[bool, bool, int, int]:
    # One whose search had its whole time knows more than one that was cut.
    return (cell.winner is not None, cell.closed is None, len(cell.trials), len(cell.results))


def _add_runs(runs: Sequence[RunRecord], others: Sequence[RunRecord]) -> list[RunRecord]:
    """Runs of a plan, and those that another plan of the cell has beyond them."""
    keys = {(run.rung, run.variant, run.run_id) for run in runs}
    numbers = {(run.rung, run.variant): run.index for run in sorted(runs, key=lambda r: r.index)}
    plan = list(runs)
    for run in others:
        if (run.rung, run.variant, run.run_id) not in keys:
            variant = (run.rung, run.variant)
            numbers[variant] = numbers.get(variant, -1) + 1
            plan.append(replace(run, index=numbers[variant]))
    return plan


def _with_seeds(cell: Cell, other: Cell) -> Cell:
    seeds, more = cell.test.seeds, other.test.seeds
    if isinstance(seeds, tuple) and isinstance(more, tuple):
        return replace(cell, test=replace(cell.test, seeds=tuple(dict.fromkeys((*seeds, *more)))))
    return cell


def _with_result(entry: _Entry, results: Mapping[str, RunResult]) -> _Entry:
    return replace(entry, result=results.get(entry.run_id))


def _document(name: str, records: Mapping[str, CampaignRecord]) -> Mapping[str, object]:
    """The matrix that all have, else all of them."""
    documents = {label: {**record.document, "name": name} for label, record in records.items()}
    first, *others = documents.values()
    return first if all(other == first for other in others) else {"name": name, PARTS: documents}


def _provenance(records: Mapping[str, CampaignRecord]) -> dict[str, dict[str, str]]:
    """Who ran what; of the rest what all have in common, and who has what where they differ."""
    facts: dict[str, dict[str, dict[str, str]]] = {}
    parts: dict[str, str] = {}
    for label, record in records.items():
        parts |= record.provenance.get(MERGED, {label: _origin(record)})
        for section, texts in record.provenance.items():
            for key, text in texts.items():
                facts.setdefault(section, {}).setdefault(key, {})[label] = text
    provenance = {
        section: {key: _joint(texts, len(records)) for key, texts in keys.items()}
        for section, keys in facts.items()
        if section not in {IMPORTED, MERGED, RAISED_SEEDS, RAISED_SEARCHES}
    }
    additions = {
        section: {
            cell: ", ".join(dict.fromkeys(texts.values())) for cell, texts in facts[section].items()
        }
        for section in (RAISED_SEEDS, RAISED_SEARCHES)
        if section in facts
    }
    return provenance | {MERGED: parts} | additions


def _joint(texts: Mapping[str, str], records: int) -> str:
    """One text that all have, or each with the labels of those that have it."""
    labels: dict[str, list[str]] = {}
    for label, text in texts.items():
        labels.setdefault(text, []).append(label)
    if len(labels) == 1 and len(texts) == records:
        return next(iter(labels))
    return "; ".join(f"{text} ({', '.join(names)})" for text, names in labels.items())


def _origin(record: CampaignRecord) -> str:
    results = sum(len(cell.results) for cell in record.cells)
    host = record.provenance.get("machine", {}).get("host", "a machine without a name")
    command = record.provenance.get("run", {}).get("command", "no command")
    cells = ", ".join(cell.name for cell in record.cells)
    return f"{results} results of {cells} on {host}: {command}"

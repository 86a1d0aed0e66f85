"""``harness status``: how far a campaign is, cell by cell."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from harness.cli import console
from harness.cli.best_parameters_text import (
    best_json,
    best_lines,
    best_trial_lines,
    best_trials_json,
)
from harness.cli.command_options import (
    AsJson,
    CampaignName,
    Runs,
    Storage,
    flag,
    read_named_campaign,
)
from harness.cli.console import Table, columns
from harness.cli.coordinator_text import (
    cell_state,
    coordinator_json,
    coordinator_lines,
    estimate_work,
    running_table,
)
from harness.cli.text_format import duration, number, numbers, utc_now
from harness.core.costs.search_budget import count_planned_trials, sum_effort
from harness.core.decisions.best_configurations import (
    best_configurations,
    best_trials,
    mean_on_held_out_seeds,
    needs_whole_results,
)
from harness.core.identity import canonical
from harness.core.progress.remaining import Remaining, remaining_in, total
from harness.core.record import CampaignRecord, CellRecord, TrialRecord
from harness.core.run import DEFAULT, TUNED
from harness.core.run_result import Status
from harness.core.settings import Rung
from harness.errors import StorageError, UnknownNameError

if TYPE_CHECKING:
    from harness.analysis import Interim, ReferenceComparison
    from harness.campaign import Coordinator

_INTERVAL: Final = 2.0
"""Seconds between two looks with --watch."""


def status(
    campaign: CampaignName = None,
    watch: Annotated[
        bool,
        flag("--watch", help="Show it again every two seconds until nobody runs the campaign."),
    ] = False,
    every: Annotated[
        bool,
        flag("--all", help="Show cells of earlier runs, too, that the matrix no longer names."),
    ] = False,
    runs: Runs = Path("runs"),
    storage: Storage = None,
    as_json: AsJson = False,
) -> None:
    """Show how far a campaign is, who runs it, what it found best, and why runs failed."""
    is_alive = _show(campaign, runs, storage, as_json=as_json, clear=watch, every=every)
    while watch and is_alive:
        time.sleep(_INTERVAL)
        is_alive = _show(campaign, runs, storage, as_json=as_json, clear=True, every=every)


def _show(
    campaign: str | None,
    runs: Path,
    storage: str | None,
    *,
    as_json: bool,
    clear: bool,
    every: bool,
) -> bool:
    """Print it once; whether somebody runs the campaign."""
    from harness import campaign as campaigns

    name = campaign or campaigns.latest(runs, storage)
    process = campaigns.coordinator(name, runs, storage)
    try:
        record = read_named_campaign(name, runs, storage, brief=True)
    except (UnknownNameError, StorageError):
        if process is None or not process.alive:
            raise
        return _show_start(name, process, as_json=as_json, clear=clear)
    if _needs_arguments(record):
        record = read_named_campaign(name, runs, storage)
    looks, against = _looks(record), _against(record)
    work = remaining_in(record, {name: look.final for name, look in looks.items()})
    cells = [
        cell_status(cell, looks.get(cell.name))
        | {"state": cell_state(cell, work[cell.name], process, looks.get(cell.name))}
        for cell in record.cells
    ]
    if as_json:
        answer = _status_json(record, process, cells, work.values(), runs)
        answer["against"] = canonical(against, everything=True)
        answer["unlisted"] = [cell_status(cell) for cell in record.unlisted]
        # Of one that is watched each line is an answer.
        console.emit(answer, indent=None if clear else 2)
    else:
        if clear:
            console.clear()
        _print(record, process, cells, work.values(), runs)
        if against:
            console.out("")
            console.show(against_table(against))
        _print_other_cells(record.unlisted, every=every)
    return process is not None and process.alive


_MOST_READ: Final = 5000
"""Results up to which arguments of trials are read for what is best so far."""


def _needs_arguments(record: CampaignRecord) -> bool:
    """Whether a brief record, which has no arguments of trials, does not suffice."""
    if any(each.cell.search.budget or needs_whole_results(each.cell) for each in record.cells):
        return True
    is_open = any(cell.winner is None and cell.trials for cell in record.cells)
    return is_open and sum(len(cell.results) for cell in record.cells) <= _MOST_READ


def _show_start(name: str, process: Coordinator, *, as_json: bool, clear: bool) -> bool:
    """Show a campaign that somebody is about to begin: nothing else of it is known yet."""
    if as_json:
        coordinator = coordinator_json(process, utc_now())
        answer = {"campaign": name, "status": "starting", "coordinator": coordinator}
        console.emit(answer, indent=None if clear else 2)
        return True
    if clear:
        console.clear()
    for line in coordinator_lines(process):
        console.out(f"{name}: {line}")
    return True


def _status_json(
    record: CampaignRecord,
    process: Coordinator | None,
    cells: Sequence[Mapping[str, object]],
    work: Collection[Remaining],
    runs: Path,
) -> dict[str, object]:
    incomplete = [each for each in work if each.total.most]
    return {
        "campaign": record.name,
        "status": "partial" if incomplete else "complete",
        "created": record.created,
        "updated": record.updated,
        "coordinator": coordinator_json(process, utc_now()),
        "cells": cells,
        "best": best_json(best_configurations(record), runs),
        "best_so_far": best_trials_json(_best_trials(record)),
        "remaining": canonical(total(work)),
        "unfinished": canonical(incomplete),
    }


def _print(
    record: CampaignRecord,
    process: Coordinator | None,
    cells: Sequence[Mapping[str, object]],
    work: Collection[Remaining],
    runs: Path,
) -> None:
    console.show(status_table(cells))
    for line in coordinator_lines(process):
        console.out(f"\n{line}")
    tables = [
        running_table(process, utc_now()),
        make_remaining_table((each for each in work if each.total.most), process),
    ]
    for table in tables:
        if table.rows:
            console.out("")
            console.show(table)
    for line in (
        *best_lines(best_configurations(record), runs),
        *best_trial_lines(_best_trials(record)),
    ):
        console.out(line)
    reasons = failures(record)
    if reasons:
        console.out("")
        console.show(reasons_table(reasons))
    console.note(f"\n{record.name}: begun {record.created}, last result {record.updated}")


def _best_trials(record: CampaignRecord) -> dict[str, TrialRecord]:
    return best_trials(record) if _needs_arguments(record) else {}


def _print_other_cells(cells: Sequence[CellRecord], *, every: bool) -> None:
    """What the ledger has of cells that the matrix no longer names; a line, or in full."""
    if not cells:
        return
    are = "cell of the ledger is" if len(cells) == 1 else "cells of the ledger are"
    ending = (
        "" if every else ": `harness status --all` shows " + ("it" if len(cells) == 1 else "them")
    )
    console.note(f"\n{len(cells)} {are} not in this matrix{ending}")
    if every:
        console.show(
            status_table(cell_status(cell) | {"state": "not in this matrix"} for cell in cells)
        )


def _looks(record: CampaignRecord) -> Mapping[str, Interim]:
    if all(cell.cell.test.adaptive is None for cell in record.cells):
        return {}
    from harness.analysis import interims

    return interims(record)


def _against(record: CampaignRecord) -> Sequence[ReferenceComparison]:
    """Tuned against named variants and bare numbers, where the matrix has any."""
    if not any(len(c.tested_variants) > 2 or c.cell.baseline is not None for c in record.cells):
        return ()
    from harness.analysis import leaderboard, reference_comparisons

    return reference_comparisons(leaderboard(record))


def against_table(comparisons: Iterable[ReferenceComparison]) -> Table:
    """One row per named variant or bare number of a cell."""
    from harness.report.outcomes import difference_text

    rows = []
    for one in comparisons:
        change = difference_text(one)
        rows.append((one.cell, one.name, number(one.mean), change, one.word or "unfinished"))
    numbers = ("mean", "tuned minus this")
    return Table(
        columns=columns("cell", "against", *numbers, "verdict", right=numbers), rows=tuple(rows)
    )


def cell_status(cell: CellRecord, interim: Interim | None = None) -> dict[str, object]:
    """How far a cell is, as JSON: done and planned runs per rung, scores of the test rung.

    Runs are distinct ones, as everywhere: one that serves two variants is one.

    Args:
        interim: What the looks at a growing number of its seeds say.
    """
    return {
        "cell": cell.name,
        "search": {
            "done": cell.ended_trial_count,
            "planned": max(len(cell.trials), count_planned_trials(cell)),
            "closed": cell.closed,
            "error": cell.sampler_error,
        },
        "effort": _effort(cell),
        **{rung.value: _rung(cell, rung) for rung in (Rung.CONFIRM, Rung.TEST, Rung.TRANSFER)},
        "pruned": sum(result.status is Status.PRUNED for result in cell.results),
        "failed": len(cell.failures),
        "backends": sorted({result.backend for result in cell.results}),
        "interim": None if interim is None else canonical(interim),
        "winner": cell.winner,
        "default": mean_on_held_out_seeds(cell, DEFAULT),
        "tuned": mean_on_held_out_seeds(cell, TUNED),
    }


def _rung(cell: CellRecord, rung: Rung) -> dict[str, int]:
    # Where the default won it is `tuned` as well, and neither is a run of its own.
    runs = {run.run_id: run for run in reversed(cell.runs)}
    own = [run for run in runs.values() if run.rung == rung]
    return {"done": sum(run.result is not None for run in own), "planned": len(own)}


def _effort(cell: CellRecord) -> dict[str, float] | None:
    """What search and confirm rung took of their budget, in runs of the default."""
    budget = cell.cell.search.budget
    return None if budget is None else {"used": round(sum_effort(cell), 2), "budget": budget}


def status_table(cells: Iterable[Mapping[str, Any]]) -> Table:
    """One row per cell; ``?`` where the plan is not known before the rung below has ended.

    ``20/20+`` means that more may be planned: the held-out seeds so far have not decided.
    """
    every = list(cells)
    # The rung that few matrices have shows where one has it.
    rungs = [
        rung.value
        for rung in Rung
        if rung is not Rung.TRANSFER or any(cell[rung.value]["planned"] for cell in every)
    ]
    effort = ("effort",) if any(cell["effort"] for cell in every) else ()
    titles = (*rungs, *effort, "pruned", "failed", "winner", "default", "tuned")
    return Table(
        columns=columns("cell", "state", *titles, right=titles),
        rows=tuple(_row(cell, rungs, effort) for cell in every),
    )


def _row(cell: Mapping[str, Any], rungs: Iterable[str], effort: Iterable[str]) -> tuple[str, ...]:
    return (
        cell["cell"],
        cell["state"],
        *(_share(cell[rung]) + (_more(cell) if rung == Rung.TEST else "") for rung in rungs),
        *(_used(cell[name]) for name in effort),
        str(cell["pruned"]),
        str(cell["failed"]),
        cell["winner"] or "-",
        *numbers((cell["default"], cell["tuned"])),
    )


def _share(rung: Mapping[str, object]) -> str:
    return f"{rung['done']}/{rung['planned'] or '?'}"


def _used(effort: Mapping[str, float] | None) -> str:
    return "-" if effort is None else f"{effort['used']:g}/{effort['budget']:g} runs"


def _more(cell: Mapping[str, Any]) -> str:
    """A plus while more seeds may be added."""
    interim = cell["interim"]
    return "+" if interim is not None and not interim["final"] else ""


def make_remaining_table(work: Iterable[Remaining], process: Coordinator | None = None) -> Table:
    """What is not done, cell by cell, and how much work that is for who runs it."""
    seconds = estimate_work(process)
    work_columns = ("work",) if seconds else ()
    rows = [
        (each.cell, *([duration(seconds.get(each.cell))] if seconds else []), str(each))
        for each in work
    ]
    titles = ("cell", *work_columns, "not done")
    return Table(columns=columns(*titles, right={"work"}, wrapped={"not done"}), rows=tuple(rows))


def failures(record: CampaignRecord) -> Counter[tuple[str, str, str]]:
    """How often which cell failed for which reason: (cell, kind, message) -> count."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for cell in record.cells:
        for result in cell.failures:
            if result.failure is not None:
                counts[cell.name, result.failure.kind, result.failure.message] += 1
        if cell.sampler_error is not None:
            counts[cell.name, "sampler", cell.sampler_error] += 1
    return counts


def reasons_table(reasons: Counter[tuple[str, str, str]]) -> Table:
    """The failures, most frequent first."""
    titles = ("failed", "cell", "kind", "reason")
    return Table(
        columns=columns(*titles, right={"failed"}, wrapped={"reason"}),
        rows=tuple((str(runs), *reason) for reason, runs in reasons.most_common()),
    )

"""Can it be repeated: completeness, versions, machines, source, clocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from harness.analysis import LeaderboardRow
from harness.core.objectives import clock_objectives
from harness.core.printable_text import quantity
from harness.core.progress.remaining import Remaining
from harness.core.record import CampaignRecord, CellRecord
from harness.report.trust.rule import Evidence, Findings, Measured, cell_rule, fail, rule, warn

_VERSIONS = ("torch", "stable-baselines3", "gymnasium", "numpy")


@cell_rule(
    "T20",
    "Campaign complete",
    threshold="every planned run has ended, every cell has a comparison",
    why="Numbers of an unfinished campaign may still move; the same command goes on with it.",
    good="{cells} complete",
    bad="{failing} of {cells} are not",
)
def _campaign_complete(evidence: Evidence, cell: CellRecord, row: LeaderboardRow) -> Findings:
    if row.state == "failed":
        return (fail("ended without a comparison"),)
    if row.pending:
        least = "at least " if row.winner is None else ""
        text = f"{least}{quantity(row.pending, 'run')} to do"
        return (warn(text),)
    further = evidence.record.searches(cell)[1:]
    run_count = sum(evidence.remaining[each.name].total.least for each in further)
    return (
        (warn(f"at least {quantity(run_count, 'run')} of repeated searches to do"),)
        if run_count
        else ()
    )


@rule(
    "T21",
    "Versions recorded",
    threshold=f"{', '.join(_VERSIONS)} and the simulators",
    why="Other versions of these train to other numbers.",
)
def _versions(evidence: Evidence) -> Measured:
    versions = evidence.record.provenance.get("versions", {})
    absent_versions = [name for name in _VERSIONS if name not in versions]
    findings = tuple(warn(f"{name} is not recorded") for name in absent_versions)
    return Measured(value=f"{quantity(len(versions), 'version')} recorded", findings=findings)


@rule(
    "T22",
    "One kind of processor",
    threshold="all runs on the same model",
    why="Processors round differently, and training amplifies the last digit. Verdicts hold; "
    "single scores may not repeat to the last digit elsewhere.",
)
def _machines(evidence: Evidence) -> Measured:
    models = {name for figures in evidence.figures.values() for name in figures.cpu_models}
    if not models:
        return Measured(value="no machine recorded", applies=False)
    if len(models) == 1:
        return Measured(value=f"one kind of processor: {models.pop()}")
    text = f"results of {', '.join(sorted(models))}"
    return Measured(value=f"{len(models)} kinds of processor", findings=(warn(text),))


@rule(
    "T23",
    "Source under version control",
    threshold="a git commit without changed files, where there is a checkout",
    why="Changed files are nowhere recorded: nobody else can run what ran here.",
)
def _source(evidence: Evidence) -> Measured:
    facts = evidence.record.provenance.get("source", {})
    commit = facts.get("git commit", "")
    if "changed" in facts.get("git tree", ""):
        text = f"files differed from commit {commit[:12]} when the campaign ran"
        return Measured(value="changed files", findings=(warn(text),))
    if facts.get("git tree") == "clean":
        return Measured(value=f"commit {commit[:12]}, nothing changed")
    return Measured(value="not run in a git checkout", applies=False)


@rule(
    "T24",
    "No wall-clock limits",
    threshold="no run ended by a timeout, no search closed and nothing left by a deadline, no "
    "objective that a clock tells",
    why="Where a clock decides, a slower machine gets other numbers: fewer trials, another "
    "winner. The same command without a time limit goes on with what is not done.",
)
def _clocks(evidence: Evidence) -> Measured:
    """Runs that a timeout ended, searches that a deadline closed, objectives that are seconds."""
    timeouts = Counter(
        cell.name
        for cell in evidence.record.cells
        for result in cell.results
        if result.failure is not None and result.failure.kind == "timeout"
    )
    limit = _time_limit(evidence.record)
    remainders = {
        name: remainder
        for name, remainder in evidence.remaining.items()
        if remainder.total.most and (remainder.closed is not None or limit)
    }
    findings = []
    for cell in evidence.cells:
        texts = (
            [f"{quantity(timeouts[cell], 'run')} ended by a timeout"] if cell in timeouts else []
        )
        texts += [str(remainders[cell])] if cell in remainders else []
        clocks = clock_objectives(evidence.cells[cell].cell)
        texts += [f"the search optimised {' and '.join(clocks)}"] if clocks else []
        findings += [warn(text, cell) for text in texts]
    if not findings and not any(cell.results for cell in evidence.record.cells):
        return Measured(value="nothing to check yet", applies=False)
    return Measured(
        value=_clock_summary(limit, timeouts.total(), remainders, _timed_cells(evidence)),
        findings=tuple(findings),
    )


def _timed_cells(evidence: Evidence) -> int:
    return sum(bool(clock_objectives(cell.cell)) for cell in evidence.cells.values())


def _clock_summary(
    limit: str, timeouts: int, remainders: Mapping[str, Remaining], timed_cells: int
) -> str:
    closures = sum(cell.closed is not None for cell in remainders.values())
    texts = [
        f"{quantity(timeouts, 'run')} ended by a timeout" if timeouts else "",
        f"the search of {quantity(closures, 'cell')} closed early" if closures else "",
        f"{quantity(len(remainders), 'cell')} not done" if remainders else "",
        f"seconds optimised in {quantity(timed_cells, 'cell')}" if timed_cells else "",
    ]
    texts = [text for text in texts if text] or ["no clock ended a run or a search"]
    return "; ".join([*texts, f"last run with {limit}"] if limit else texts)


def _time_limit(record: CampaignRecord) -> str:
    """The option that limited the campaign's last run, e.g. ``--budget``; empty without one."""
    words = record.provenance.get("run", {}).get("command", "").split()
    options = [word.partition("=")[0] for word in words]
    return next((name for name in ("--deadline", "--budget") if name in options), "")


@rule(
    "T25",
    "Runs that were started again",
    threshold="none",
    why="A run is repeated when its process died. The numbers are the same; the machine may "
    "be short of memory.",
)
def _restarts(evidence: Evidence) -> Measured:
    runs = sum(figures.runs for figures in evidence.figures.values())
    if not runs:
        return Measured(value="nothing to check yet", applies=False)
    findings = tuple(
        warn(f"{quantity(figures.retried, 'run')} started more than once", name)
        for name, figures in evidence.figures.items()
        if figures.retried
    )
    again = sum(figures.retried for figures in evidence.figures.values())
    return Measured(value=f"{again} of {quantity(runs, 'run')}", findings=findings)

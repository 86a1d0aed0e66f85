"""Can it be repeated: completeness, versions, machines, source, clocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from harness.analysis import LeaderboardRow
from harness.core.record import CampaignRecord, CellRecord, RunRecord, RunResult, TrialRecord
from harness.core.undone import Undone, undone
from harness.report.number_format import count
from harness.report.trust.rule import Evidence, Finding, Measured, Rule, per_cell

__all__ = ["RULES", "all_results"]

_VERSIONS = ("torch", "stable-baselines3", "gymnasium", "numpy")


def all_results(record: CampaignRecord) -> Iterator[tuple[CellRecord, RunResult]]:
    """Every result of the ledger with its cell; a run with two places comes once."""
    for cell in record.cells:
        seen: set[str] = set()
        places: list[TrialRecord | RunRecord] = [*cell.trials, *cell.runs]
        for place in places:
            if place.result is not None and place.run_id not in seen:
                seen.add(place.run_id)
                yield cell, place.result


def _complete(evidence: Evidence) -> Measured:
    def look(cell: CellRecord, row: LeaderboardRow) -> Sequence[Finding] | None:
        if row.state == "failed":
            return (Finding(status="fail", text="ended without a comparison", cell=cell.name),)
        if row.pending:
            least = "at least " if row.winner is None else ""
            text = f"{least}{count(row.pending, 'run')} to do"
            return (Finding(status="warn", text=text, cell=cell.name),)
        return ()

    return per_cell(evidence, look, "{cells} complete", "{found} of {cells} are not")


def _versions(evidence: Evidence) -> Measured:
    known = evidence.record.provenance.get("versions", {})
    missing = [name for name in _VERSIONS if name not in known]
    findings = tuple(Finding(status="warn", text=f"{name} is not recorded") for name in missing)
    return Measured(value=f"{count(len(known), 'version')} recorded", findings=findings)


def _machines(evidence: Evidence) -> Measured:
    models = {name for figures in evidence.figures.values() for name in figures.cpu_models}
    if not models:
        return Measured(value="no machine recorded", applies=False)
    if len(models) == 1:
        return Measured(value=f"one kind of processor: {models.pop()}")
    text = f"results of {', '.join(sorted(models))}"
    return Measured(
        value=f"{len(models)} kinds of processor", findings=(Finding(status="warn", text=text),)
    )


def _source(evidence: Evidence) -> Measured:
    facts = evidence.record.provenance.get("source", {})
    commit = facts.get("git commit", "")
    if facts.get("git tree") == "changed":
        text = f"files differed from commit {commit[:12]} when the campaign ran"
        return Measured(value="changed files", findings=(Finding(status="warn", text=text),))
    if facts.get("git tree") == "clean":
        return Measured(value=f"commit {commit[:12]}, nothing changed")
    return Measured(value="not run in a git checkout", applies=False)


def _clocks(evidence: Evidence) -> Measured:
    """Runs that a timeout ended, searches that a deadline closed, work it left undone."""
    ended = Counter(
        cell.name
        for cell, result in all_results(evidence.record)
        if result.failure is not None and result.failure.kind == "timeout"
    )
    limited = _time_limit(evidence.record)
    cut = {
        left.cell: left
        for left in undone(evidence.record.cells)
        if left.closed is not None or limited
    }
    findings = []
    for cell in evidence.cells:
        texts = [f"{count(ended[cell], 'run')} ended by a timeout"] if cell in ended else []
        texts += [str(cut[cell])] if cell in cut else []
        findings += [Finding(status="warn", text=text, cell=cell) for text in texts]
    if not findings and not any(True for _ in all_results(evidence.record)):
        return Measured(value="nothing to check yet", applies=False)
    return Measured(value=_clocked(evidence.record, ended, cut), findings=tuple(findings))


def _clocked(record: CampaignRecord, ended: Counter[str], cut: Mapping[str, Undone]) -> str:
    closed = sum(left.closed is not None for left in cut.values())
    said = [
        f"{count(ended.total(), 'run')} ended by a timeout" if ended else "",
        f"the search of {count(closed, 'cell')} closed early" if closed else "",
        f"{count(len(cut), 'cell')} not done" if cut else "",
    ]
    said = [text for text in said if text] or ["no clock ended a run or a search"]
    limited = _time_limit(record)
    return "; ".join([*said, f"last run with {limited}"] if limited else said)


def _time_limit(record: CampaignRecord) -> str:
    """The option that limited the campaign's last run, e.g. ``--budget``; empty without one."""
    words = record.provenance.get("run", {}).get("command", "").split()
    options = [word.partition("=")[0] for word in words]
    return next((name for name in ("--deadline", "--budget") if name in options), "")


def _retried(evidence: Evidence) -> Measured:
    runs = sum(figures.runs for figures in evidence.figures.values())
    if not runs:
        return Measured(value="nothing to check yet", applies=False)
    findings = tuple(
        Finding(
            status="warn", text=f"{count(figures.retried, 'run')} started more than once", cell=name
        )
        for name, figures in evidence.figures.items()
        if figures.retried
    )
    again = sum(figures.retried for figures in evidence.figures.values())
    return Measured(value=f"{again} of {count(runs, 'run')}", findings=findings)


RULES = (
    Rule(
        id="T20",
        title="Campaign complete",
        threshold="every planned run has ended, every cell has a comparison",
        why="Numbers of an unfinished campaign may still move; the same command goes on with it.",
        measure=_complete,
    ),
    Rule(
        id="T21",
        title="Versions recorded",
        threshold=f"{', '.join(_VERSIONS)} and the simulators",
        why="Other versions of these train to other numbers.",
        measure=_versions,
    ),
    Rule(
        id="T22",
        title="One kind of processor",
        threshold="all runs on the same model",
        why="Processors round differently, and training amplifies the last digit. Verdicts hold; "
        "single scores may not repeat to the last digit elsewhere.",
        measure=_machines,
    ),
    Rule(
        id="T23",
        title="Source under version control",
        threshold="a git commit without changed files, where there is a checkout",
        why="Changed files are nowhere recorded: nobody else can run what ran here.",
        measure=_source,
    ),
    Rule(
        id="T24",
        title="No wall-clock limits",
        threshold="no run ended by a timeout, no search closed and nothing left by a deadline",
        why="Where a clock decides, a slower machine gets other numbers: fewer trials, another "
        "winner. The same command without a time limit goes on with what is not done.",
        measure=_clocks,
    ),
    Rule(
        id="T25",
        title="Runs that were started again",
        threshold="none",
        why="A run is repeated when its process died. The numbers are the same; the machine may "
        "be short of memory.",
        measure=_retried,
    ),
)

"""Reading campaigns back: one, or the list of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.core.matrix import Matrix
from harness.core.record import CampaignRecord, CellRecord, RunRecord, TrialRecord
from harness.errors import UnknownNameError, UsageError
from harness.store import open_ledger, write_atomically

__all__ = [
    "CampaignInfo",
    "campaigns",
    "database",
    "keep_matrix",
    "kept_matrix",
    "latest",
    "record",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignInfo:
    """One line of a list of campaigns.

    Attributes:
        name: Campaign.
        created, updated: UTC, ISO 8601.
        cells: Cells in all.
        decided: Cells whose confirm rung has chosen.
        results: Units with a result.
        failed: Units that failed.
    """

    name: str
    created: str
    updated: str
    cells: int
    decided: int
    results: int
    failed: int


def database(name: str, runs: Path) -> Path:
    """Where a campaign's database lies."""
    return runs / name / "campaign.db"


def keep_matrix(matrix: Matrix, folder: Path) -> None:
    """Keep the resolved matrix, a matrix again, beside the origins of its values."""
    for name, value in (("matrix.json", matrix.document), ("origins.json", matrix.origins)):
        with write_atomically(folder / name) as beside:
            beside.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def kept_matrix(name: str, runs: Path) -> Path:
    """The matrix a campaign was last run with."""
    return runs / name / "matrix.json"


def names(runs: Path) -> list[str]:
    """Campaigns that have a database, by name."""
    return sorted(path.parent.name for path in runs.glob("*/campaign.db"))


def latest(runs: Path) -> str:
    """The campaign that was written last.

    Raises:
        UsageError: There is none.
    """
    found = [(_last_written(database(name, runs)), name) for name in names(runs)]
    if not found:
        raise UsageError(
            f"no campaign in {runs}/", help="`harness run --matrix benchmarks/quick.yaml` makes one"
        )
    return max(found)[1]


def _last_written(path: Path) -> float:
    # What was written last may still lie in SQLite's write-ahead log.
    log = path.with_name(f"{path.name}-wal")
    return max(file.stat().st_mtime for file in (path, log) if file.exists())


def record(name: str, runs: Path, *, brief: bool = False) -> CampaignRecord:
    """All that is known of a campaign; in brief only what says how far it is.

    Raises:
        UnknownNameError: There is none of that name.
    """
    path = database(name, runs)
    if not path.exists():
        raise UnknownNameError("campaign", name, names(runs))
    with open_ledger(path) as ledger:
        return ledger.record(name, brief=brief)


def campaigns(runs: Path) -> tuple[CampaignInfo, ...]:
    """Every campaign under `runs`, by name."""
    return tuple(_info(record(name, runs, brief=True)) for name in names(runs))


def _records(cell: CellRecord) -> Iterator[TrialRecord | RunRecord]:
    yield from cell.trials
    yield from cell.runs


def _info(campaign: CampaignRecord) -> CampaignInfo:
    results = [
        item.result for cell in campaign.cells for item in _records(cell) if item.result is not None
    ]
    return CampaignInfo(
        name=campaign.name,
        created=campaign.created,
        updated=campaign.updated,
        cells=len(campaign.cells),
        decided=sum(cell.winner is not None for cell in campaign.cells),
        results=len(results),
        failed=sum(result.failure is not None for result in results),
    )

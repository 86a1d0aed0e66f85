"""What runs printed: a file for each that printed anything, in its campaign's folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from harness.campaign.campaign_records import check_has_ledger, record
from harness.core.printable_text import mask_passwords
from harness.core.record import CampaignRecord
from harness.core.settings import Rung
from harness.errors import UnknownNameError, UsageError
from harness.files import write_atomically

_LOGS: Final = "logs"
_DIGITS: Final = 32
"""Of a run's id: as many as no two runs share, and every file system takes."""


def log_path(folder: Path, run_id: str) -> Path:
    """Where the output of a run goes."""
    return folder / _LOGS / f"{run_id[:_DIGITS]}.log"


def finish_log(log: Path) -> None:
    """Mask the passwords in what a run printed; a run that printed nothing leaves no file.

    However much it is, no more of it than a line is in memory.
    """
    try:
        if not log.stat().st_size:
            log.unlink(missing_ok=True)
        elif any(mask_passwords(line) != line for line in _lines(log)):
            with write_atomically(log) as beside, beside.open("w", encoding="utf-8") as file:
                file.writelines(map(mask_passwords, _lines(log)))
    except (FileNotFoundError, NotADirectoryError):
        return


def _lines(log: Path) -> Iterator[str]:
    """Lines with their ends, as they are; bytes that are no text as their numbers."""
    with log.open(encoding="utf-8", errors="backslashreplace", newline="") as lines:
        yield from lines


def read_log(
    name: str, run: str, runs: Path, storage: str | None = None, *, variant: str = "", rung: str
) -> Iterator[str]:
    """What a run printed, line by line.

    Args:
        run: ``ppo@CartPole-v1#3``: of the search trial 3, elsewhere the run on seed 3.
        runs: Folder of the campaigns.
        storage: URL of the database; None for where the campaign's folder says.
        variant: Of a run that is no trial: ``default``, ``tuned``, or another one's name.

    Raises:
        UnknownNameError: There is no such campaign, cell or run.
        UsageError: The run has no number, or the campaign no logs.
    """
    check_has_ledger(name)
    run_id = run_id_of(record(name, runs, storage), run, variant=variant, rung=Rung(rung))
    log = log_path(runs / name, run_id)
    if log.is_file():
        with log.open(encoding="utf-8", errors="backslashreplace") as lines:
            yield from map(mask_passwords, lines)


def run_id_of(campaign: CampaignRecord, run: str, *, variant: str, rung: Rung) -> str:
    """Id of the run that the arguments of `read_log` name."""
    name, mark, number = run.rpartition("#")
    if not mark or not number.isdecimal():
        raise UsageError(f"`{run}` is no run", help="write CELL#N, e.g. `ppo@CartPole-v1#3`")
    cells = {cell.name: cell for cell in campaign.cells}
    if name not in cells:
        raise UnknownNameError("cell", name, sorted(cells))
    cell = cells[name]
    if variant:
        variants = sorted({each.variant for each in cell.runs if each.rung is rung})
        if variants and variant not in variants:
            raise UnknownNameError("variant", variant, variants)
        ids = {each.index: each.run_id for each in cell.runs_of(rung, variant)}
    else:
        ids = {trial.number: trial.run_id for trial in cell.trials}
    if int(number) not in ids:
        kind = f"{variant} run of the {rung} rung" if variant else "trial"
        raise UnknownNameError(kind, number, _ranges(ids))
    return ids[int(number)]


def _ranges(numbers: Iterable[int]) -> list[str]:
    every = sorted(numbers)
    return [f"0 to {every[-1]}"] if every else []

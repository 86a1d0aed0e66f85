"""``harness import``: scores that were not trained here, as a variant of a campaign's cells."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.campaign.campaign_records import required_database
from harness.core.identity import digest
from harness.core.matrix import cell_name
from harness.core.record import CampaignRecord, RunRecord
from harness.core.run import Variant
from harness.core.run_result import Failure, RunResult, Status
from harness.core.settings import Rung
from harness.errors import UsageError, did_you_mean
from harness.input_limits import read_file
from harness.store import lock_campaign

_COLUMNS: Final = ("cell", "algorithm", "scenario", "variant", "seed", "score")
_LONGEST: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignScore:
    """A line of the file.

    Attributes:
        line: Its number, from 1.
        cell, variant: Where it belongs.
        seed: As the file has it; None for the line's place among those of the variant.
        score: None of a run that failed.
    """

    line: int
    cell: str
    variant: str
    seed: int | None
    score: float | None


def import_scores(
    file: Path,
    campaign: str,
    runs: Path,
    storage: str | None = None,
    *,
    variant: str | None = None,
    source: str = "",
) -> dict[str, int]:
    """Enter the scores of a file as variants of a campaign's cells, in the place of earlier ones.

    Args:
        file: CSV with the columns of `read_scores`.
        variant: Name for all lines; None where the file has a column of them.
        source: Where the scores come from, for the report; empty for the file's name.

    Returns:
        Cell -> scores entered.

    Raises:
        UsageError: A line is wrong, or a name; the message has the line's number.
        LockedError: The campaign is running.
        StorageError: Its database cannot be read or written.
    """
    scores = list(read_scores(file, variant))
    database = required_database(campaign, runs, storage)
    with lock_campaign(database, campaign, create=False) as ledger:
        record = ledger.record(campaign, brief=True)
        _check(file, scores, record)
        cells = _runs(scores, source or file.name)
        ledger.set_imports(campaign, cells)
    return {cell: len(entries) for cell, entries in cells.items()}


def read_scores(file: Path, variant: str | None = None) -> Iterator[ForeignScore]:
    """The lines of a CSV file with a header.

    Columns: ``score``, empty or ``nan`` for a run that failed; ``cell``, or ``algorithm`` and
    ``scenario``; if wanted ``seed``, and ``variant`` unless there is one name for all.

    Args:
        file: UTF-8, with commas.
        variant: Name for all lines.

    Raises:
        UsageError: The file cannot be read, or a line is wrong.
    """
    try:
        text = read_file(file).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UsageError(f"{file} cannot be read: {reason}", help="name a CSV file") from error
    reader = csv.reader(text.splitlines(), strict=True)
    header: list[str] | None = None
    try:
        for row in reader:
            if header is None:
                header = _header(file, row, variant)
            elif row:
                yield _score(f"{file}:{reader.line_num}", reader.line_num, header, row, variant)
    except csv.Error as error:
        raise UsageError(f"{file}:{reader.line_num}: {error}", help="it is no CSV line") from error
    if header is None or reader.line_num < 2:
        raise UsageError(f"{file} has no scores", help="a header, and a line for each run")


def _header(file: Path, row: Sequence[str], variant: str | None) -> list[str]:
    names = [name.strip().lower() for name in row]
    has_cell = "cell" in names or {"algorithm", "scenario"} <= set(names)
    lacks = [] if "score" in names else ["score"]
    lacks += [] if has_cell else ["cell (or algorithm and scenario)"]
    lacks += [] if variant or "variant" in names else ["variant (or --variant NAME)"]
    if lacks:
        raise UsageError(
            f"{file}:1: no column {', '.join(lacks)}", help="the first line names the columns"
        )
    if len(set(names)) < len(names):
        raise UsageError(f"{file}:1: a column is there twice", help=f"known: {', '.join(_COLUMNS)}")
    return names


def _score(
    position: str, line: int, header: Sequence[str], row: Sequence[str], variant: str | None
) -> ForeignScore:
    if len(row) != len(header):
        raise UsageError(
            f"{position}: {len(row)} values for {len(header)} columns", help="one value for each"
        )
    values = dict(zip(header, (value.strip() for value in row), strict=True))
    name = variant or values["variant"]
    if Variant(name).is_reserved or not name or len(name) > _LONGEST or "/" in name:
        raise UsageError(f"{position}: `{name}` cannot name a variant", help="e.g. `published`")
    return ForeignScore(
        line=line,
        cell=values.get("cell")
        or cell_name(values.get("algorithm", ""), values.get("scenario", "")),
        variant=name,
        seed=_seed(position, values.get("seed", "")),
        score=_number(position, values["score"]),
    )


def _seed(position: str, text: str) -> int | None:
    if text and not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise UsageError(f"{position}: seed `{text}` is no whole number", help="leave it empty")
    return int(text) if text else None


def _number(position: str, text: str) -> float | None:
    if text.lower() in {"", "nan"}:
        return None
    try:
        score = float(text)
    except ValueError:
        score = math.inf
    if math.isinf(score):
        raise UsageError(
            f"{position}: score `{text}` is no finite number",
            help="a return with a point, as in 561.5; empty for a run that failed",
        )
    return score


def _check(file: Path, scores: Sequence[ForeignScore], record: CampaignRecord) -> None:
    """See that the cells are the campaign's and the names free.

    Raises:
        UsageError: They are not.
    """
    cells = {cell.name: cell.cell for cell in record.cells}
    for each in scores:
        if each.cell not in cells:
            raise UsageError(
                f"{file}:{each.line}: campaign `{record.name}` has no cell `{each.cell}`",
                help=did_you_mean(each.cell, list(cells)) or f"known: {', '.join(cells)}",
            )
        if each.variant in cells[each.cell].test.tested_variants:
            raise UsageError(
                f"{file}:{each.line}: the matrix has a variant `{each.variant}`",
                help="call the imported one otherwise",
            )


def _runs(scores: Sequence[ForeignScore], source: str) -> dict[str, list[RunRecord]]:
    runs: dict[str, list[RunRecord]] = {}
    counts: dict[tuple[str, str], int] = {}
    for each in scores:
        index = counts.get((each.cell, each.variant), 0)
        counts[each.cell, each.variant] = index + 1
        runs.setdefault(each.cell, []).append(_run(each, index, {"source": source}))
    return runs


def _run(score: ForeignScore, index: int, arguments: Mapping[str, str]) -> RunRecord:
    run_id = digest(["import", score.cell, score.variant, index, score.seed, score.score])
    failure = Failure(kind="exception", message="the imported file has no score")
    result = RunResult(
        run_id=run_id,
        status=Status.FAILED if score.score is None else Status.COMPLETE,
        score=score.score,
        steps=0,
        failure=failure if score.score is None else None,
    )
    return RunRecord(
        rung=Rung.TEST,
        variant=Variant(score.variant),
        index=index,
        trial=None,
        seed=index if score.seed is None else score.seed,
        arguments=arguments,
        run_id=run_id,
        result=result,
    )

"""``harness merge``: several campaigns become one, with the runs that each of them has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

from harness.campaign.campaign_records import (
    campaign_names,
    check_has_ledger,
    claim_database,
    keep_matrix,
    locate_database,
    names_publication,
    remember_database,
)
from harness.campaign.provenance import own_run
from harness.campaign.stores import study_key
from harness.config import cell_order, check_campaign_name
from harness.core.decisions.cell_pools import PARTS, pool_campaigns
from harness.core.identity import differences
from harness.core.ledger import CampaignState
from harness.core.record import CampaignRecord
from harness.errors import LockedError, UnknownNameError, UsageError, bullet_list
from harness.files import write_atomically
from harness.report.record_files import RECORD_FILE
from harness.store import (
    SqlLedger,
    display_url,
    file_lock,
    lock_campaign,
    lock_holder,
    open_ledger,
    parse_url,
)
from harness.tuning.optuna_tables import open_tables
from harness.tuning.projection import Projection


@dataclass(frozen=True, slots=True, kw_only=True)
class _SourceCampaign:
    """A campaign to be merged: where it is, its state and all that is known of it."""

    database: str
    state: CampaignState
    record: CampaignRecord


def merge_campaigns(
    sources: Sequence[str], into: str, runs: Path, storage: str | None = None
) -> CampaignRecord:
    """Enter a campaign that has the runs of all these; they stay as they are.

    Everything is entered at once: who is killed leaves no half of a campaign.

    Args:
        sources: Names, or paths of the folders of campaigns that were run elsewhere.
        into: Name of the new campaign.
        runs: Folder of the campaigns.
        storage: URL of the database; None for files in `runs`.

    Raises:
        UsageError: A name is wrong, unknown or there twice, the new campaign exists, or cells or
            versions differ.
        LockedError: One of them is running.
        StorageError: A database cannot be read or written, or is of another schema.
    """
    check_campaign_name(into)
    parts = {word: _read(word, runs, storage) for word in sources}
    _check(sources, parts)
    first = next(iter(parts.values()))
    order = cell_order(first.record.document)
    records = {label: part.record for label, part in parts.items()}
    record = pool_campaigns(into, records, order)
    _write(record, first.state.environment, runs, storage)
    return record


def _read(word: str, runs: Path, storage: str | None) -> _SourceCampaign:
    name, folder, url = word, runs, storage
    if names_publication(word) and not Path(word, RECORD_FILE).exists():
        path = Path(word).resolve()
        name, folder, url = path.name, path.parent, None
    else:
        check_has_ledger(word)
    database = locate_database(name, folder, url)
    if isinstance(database, Path) and not database.exists():
        raise UnknownNameError("campaign", word, campaign_names(folder))
    with open_ledger(database) as ledger:
        return _source(ledger, name, word, database)


def _source(ledger: SqlLedger, name: str, word: str, database: str | Path) -> _SourceCampaign:
    names = ledger.campaigns()
    # A folder that came from elsewhere may have been given another name.
    name = name if name in names or "/" not in word or len(names) != 1 else names[0]
    is_held, holder = lock_holder(ledger, name)
    if is_held:
        who = f": process {holder['pid']} on {holder['host']}" if holder else ""
        raise LockedError(
            f"campaign `{word}` is running{who}",
            help=f"merge it when it has ended; `harness stop {name} --wait` ends it",
        )
    state = ledger.campaign(name)
    if state is None:
        raise UnknownNameError("campaign", word, names)
    record = ledger.record(name)
    return _SourceCampaign(
        database=f"{display_url(parse_url(database))} {name}", state=state, record=record
    )


def _check(sources: Sequence[str], parts: Mapping[str, _SourceCampaign]) -> None:
    """See that these are several campaigns, of one environment.

    Raises:
        UsageError: They are not.
    """
    labels: dict[str, str] = {}
    for word in sources:
        label = labels.setdefault(parts[word].database, word)
        if label != word or sources.count(word) > 1:
            raise UsageError(
                f"`{word}` is the same campaign as `{label}`", help="name each campaign once"
            )
    first, *others = parts.values()
    for word, other in zip(sources[1:], others, strict=True):
        if other.state.environment != first.state.environment:
            old, new = (part.state.provenance.get("versions", {}) for part in (first, other))
            raise UsageError(
                f"`{word}` ran with other versions than `{sources[0]}`, which train to other "
                f"numbers:\n{bullet_list(differences(dict(old), dict(new)))}",
                help="results of several versions are compared, not pooled: `harness compare`",
            )


def _write(record: CampaignRecord, environment: str, runs: Path, storage: str | None) -> None:
    database = claim_database(record.name, runs, storage)
    run = own_run(display_url(parse_url(database)))
    record = replace(record, provenance={**record.provenance, "run": run})
    if not isinstance(database, Path):
        with lock_campaign(database, record.name) as ledger:
            _enter(ledger, record, environment)
    else:
        database.parent.mkdir(parents=True, exist_ok=True)
        with file_lock(database, record.name):
            if database.exists():
                with open_ledger(database) as ledger:
                    _refuse_existing(ledger, record.name)
            # Optuna's tables and all: in a file that is whole before it has its name.
            with write_atomically(database) as beside, open_ledger(beside, create=True) as ledger:
                _enter(ledger, record, environment)
    folder = runs / record.name
    folder.mkdir(parents=True, exist_ok=True)
    remember_database(folder, database)
    if PARTS not in record.document:
        keep_matrix(record, folder)


def _enter(ledger: SqlLedger, record: CampaignRecord, environment: str) -> None:
    """Write the studies, and then the campaign, which says that all is there."""
    _refuse_existing(ledger, record.name)
    with ExitStack() as stack:
        with ledger.exclusive_setup():
            tables = stack.enter_context(closing(open_tables(ledger.url)))
        for cell in record.cells:
            finished_trials = tuple(takewhile(lambda trial: trial.result is not None, cell.trials))
            Projection(tables, record.name, cell.cell).sync(finished_trials)
        studies = {cell.name: study_key(cell.cell, environment) for cell in record.cells}
        ledger.add_record(record, environment=environment, studies=studies)


def _refuse_existing(ledger: SqlLedger, name: str) -> None:
    if name in ledger.campaigns():
        raise UsageError(
            f"there is a campaign `{name}` already",
            help="take another name, or `harness run --reuse` to take over results",
        )

"""The SQLAlchemy door: ledger, lock, atomic files.

The ledger is the source of truth of a campaign: which runs there are, how they ended, what the
samplers proposed. One process writes it (see `coordinate`); anyone may read it at any time.
"""

from harness.store.advice import explain
from harness.store.atomic import replace_directory, storage_errors, write_atomically
from harness.store.audit import Audit, PlanRow, TrialRow
from harness.store.checksums import verify, write_sealed
from harness.store.coordinate import coordinate, holder
from harness.store.ledger import Ledger
from harness.store.opening import open_ledger
from harness.store.states import CampaignState, CellState
from harness.store.urls import file_of, parse_url, shown, without_password

__all__ = [
    "Audit",
    "CampaignState",
    "CellState",
    "Ledger",
    "PlanRow",
    "TrialRow",
    "coordinate",
    "explain",
    "file_of",
    "holder",
    "open_ledger",
    "parse_url",
    "replace_directory",
    "shown",
    "storage_errors",
    "verify",
    "without_password",
    "write_atomically",
    "write_sealed",
]

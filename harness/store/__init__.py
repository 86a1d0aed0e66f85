"""The SQLAlchemy door: ledger, lock, atomic files.

The ledger is the source of truth of a campaign: which units there are, how they ended, what the
samplers proposed. One process writes it (see `Lock`); anyone may read it at any time.
"""

from harness.store.atomic import replace_directory, write_atomically
from harness.store.ledger import Ledger, open_ledger
from harness.store.lock import Lock
from harness.store.states import CampaignState, CellState

__all__ = [
    "CampaignState",
    "CellState",
    "Ledger",
    "Lock",
    "open_ledger",
    "replace_directory",
    "write_atomically",
]

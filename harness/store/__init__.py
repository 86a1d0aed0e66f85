"""The SQLAlchemy door: the ledger in a database, and the lock of who may write it.

The ledger is the source of truth of a campaign: which runs there are, how they ended, what the
samplers suggested. One process writes it (see `lock_campaign`); anyone may read it at any time.
"""

from harness.store.audit import Audit, PlanRow, TrialRow
from harness.store.connections import (
    display_url,
    explain,
    file_url,
    parse_url,
    sqlite_file,
    without_password,
)
from harness.store.memory_ledger import MemoryLedger
from harness.store.opening import file_lock, lock_campaign, lock_holder, open_ledger
from harness.store.sql_ledger import SqlLedger

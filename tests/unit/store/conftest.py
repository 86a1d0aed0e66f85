"""A ledger on disk and the values that go into it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.store import SqlLedger, open_ledger


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "campaign.db"


@pytest.fixture
def ledger(database: Path) -> Iterator[SqlLedger]:
    with open_ledger(database, create=True) as opened:
        yield opened

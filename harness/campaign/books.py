"""What a campaign writes to: the ledger, which decides, and Optuna's tables, which follow it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from harness.core.ledger import Ledger
from harness.registry import Registry
from harness.tuning.optuna_tables import OptunaTables

__all__ = ["Books"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Both of them, and whose numbers they keep.

    Attributes:
        ledger: Open for writing.
        tables: In the same database.
        registry: Knows the samplers and pruners.
        environment: Key of the versions that change numbers.
    """

    ledger: Ledger
    tables: OptunaTables
    registry: Registry
    environment: str

    @contextmanager
    def together(self) -> Iterator[None]:
        """What cells decide inside is written when the block is left, the ledger first."""
        with self.tables.transaction(), self.ledger.transaction():
            yield

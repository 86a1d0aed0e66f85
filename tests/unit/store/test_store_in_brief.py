"""A campaign read in brief says as much about its progress as the whole of it."""

from __future__ import annotations

import store_samples as sample
from sqlalchemy import update
from store_samples import CAMPAIGN, CELL

from harness.cli.commands.status_command import cell_status, failures
from harness.core.undone import undone
from harness.store import Ledger, schema
from harness.store.engine import writing


def test_it_gives_the_same_status(ledger: Ledger) -> None:
    sample.fill(ledger)
    whole, brief = ledger.record(CAMPAIGN), ledger.record(CAMPAIGN, brief=True)
    assert [*map(cell_status, brief.cells)] == [*map(cell_status, whole.cells)]
    assert failures(brief) == failures(whole)
    assert sum(failures(brief).values()) == 1
    assert undone(brief.cells) == undone(whole.cells)
    assert (brief.created, brief.updated) == (whole.created, whole.updated)


def test_what_is_not_needed_is_not_opened(ledger: Ledger) -> None:
    """Else a hundred thousand results would be parsed to count them."""
    sample.fill(ledger)
    with writing(ledger._engine) as connection:
        complete = schema.results.c.run_id == sample.trial(0).run_id
        connection.execute(update(schema.results).where(complete).values(body="{half"))
        connection.execute(update(schema.trials).values(body="{half"))
    (cell, _) = ledger.record(CAMPAIGN, brief=True).cells
    assert cell.name == CELL
    assert cell_status(cell)["search"]["done"] == 2

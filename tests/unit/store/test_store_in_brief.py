"""A campaign read in brief says as much about its progress as the whole of it."""

from __future__ import annotations

from sqlalchemy import update

from harness.cli.commands.status_command import cell_status, failures
from harness.core.decisions.best_configurations import best_configurations
from harness.core.progress.remaining import remaining_in
from harness.store import SqlLedger, tables
from harness.store.connections import write_transaction
from harness.testing import ledger_contents as contents
from harness.testing.ledger_contents import CAMPAIGN, CELL


def test_it_gives_the_same_status(ledger: SqlLedger) -> None:
    contents.fill(ledger)
    whole, brief = ledger.record(CAMPAIGN), ledger.record(CAMPAIGN, brief=True)
    assert [*map(cell_status, brief.cells)] == [*map(cell_status, whole.cells)]
    assert failures(brief) == failures(whole)
    assert sum(failures(brief).values()) == 1
    assert remaining_in(brief) == remaining_in(whole)
    assert (brief.created, brief.updated) == (whole.created, whole.updated)


def test_what_is_not_needed_is_not_opened(ledger: SqlLedger) -> None:
    """Else a hundred thousand results would be parsed to count them."""
    contents.fill(ledger)
    with write_transaction(ledger._engine) as connection:
        complete = tables.results.c.run_id == contents.trial(0).run_id
        connection.execute(update(tables.results).where(complete).values(body="{half"))
        others = tables.trials.c.number != 1  # the configuration that is shipped
        connection.execute(update(tables.trials).where(others).values(body="{half"))
    (cell, _) = ledger.record(CAMPAIGN, brief=True).cells
    assert cell.name == CELL
    assert cell_status(cell)["search"]["done"] == 2


def test_it_says_what_is_shipped_as_the_whole_does(ledger: SqlLedger) -> None:
    contents.fill(ledger)
    whole, brief = ledger.record(CAMPAIGN), ledger.record(CAMPAIGN, brief=True)
    assert best_configurations(brief) == best_configurations(whole)
    assert [best.values for best in best_configurations(brief)]

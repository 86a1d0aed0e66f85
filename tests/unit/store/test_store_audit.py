"""Rows that cannot be read are told apart and dropped; the rest stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from harness.core.run import DEFAULT, Variant
from harness.core.settings import Rung
from harness.store import Audit, SqlLedger, open_ledger
from harness.store.connections import write_transaction
from harness.store.tables import SCHEMA_VERSION
from harness.testing import ledger_contents as contents
from harness.testing.ledger_contents import CAMPAIGN, CELL, ENVIRONMENT, SECOND_CELL, STUDY


@pytest.fixture
def audit(ledger: SqlLedger) -> Audit:
    contents.fill(ledger)
    return Audit(ledger, CAMPAIGN, ENVIRONMENT)


def execute(ledger: SqlLedger, sql: str) -> None:
    with write_transaction(ledger.engine) as connection:
        assert connection.execute(text(sql)).rowcount


def test_it_reads_what_the_ledger_reads(audit: Audit, ledger: SqlLedger) -> None:
    assert audit.cells == {CELL: STUDY, SECOND_CELL: "6" * 64}
    assert audit.results == ledger.results(ENVIRONMENT)
    assert audit.damaged == []
    rows = audit.trials(CELL)
    assert [(row.number, row.run_id) for row in rows] == [
        (number, contents.trial(number).run_id) for number in (0, 1)
    ]
    assert tuple(row.record for row in rows) == ledger.trials(STUDY, ENVIRONMENT)
    assert [(row.variant, row.index, row.trial) for row in audit.plan(CELL, Rung.TEST)] == [
        ("default", 0, None),
        ("default", 1, None),
        ("tuned", 0, 1),
    ]
    assert audit.plan(SECOND_CELL, Rung.TEST) == ()
    assert audit.winners() == {CELL: Variant.of_trial(1)}
    assert audit.schema_version() == SCHEMA_VERSION
    assert audit.pragma("journal_mode") == ["wal"]


def test_damaged_results_are_named_and_dropped(audit: Audit, ledger: SqlLedger) -> None:
    first, second = (contents.trial(number).run_id for number in (0, 1))
    execute(ledger, f"update harness_results set body = '{{half' where run_id = '{first}'")
    execute(ledger, f"update harness_results set run_id = '{'a' * 64}' where run_id = '{second}'")
    audit.refresh()
    assert sorted(audit.damaged) == [first, "a" * 64]
    assert len(audit.results) == 1
    audit.drop_results(audit.damaged)
    audit.refresh()
    assert audit.damaged == []
    assert ledger.results(ENVIRONMENT) == audit.results
    assert len(audit.results) == 1


def test_a_damaged_trial_is_shown_without_its_record(audit: Audit, ledger: SqlLedger) -> None:
    execute(ledger, "update harness_trials set body = '[]' where number = 1")
    rows = audit.trials(CELL)
    assert [row.record is None for row in rows] == [False, True]
    audit.drop_trials(CELL, 1)
    assert [row.number for row in audit.trials(CELL)] == [0]


def test_a_plan_is_dropped_by_rung(audit: Audit) -> None:
    audit.drop_plan(CELL, Rung.TEST)
    assert audit.plan(CELL, Rung.TEST) == ()
    assert len(audit.plan(CELL, Rung.CONFIRM)) == 1


def test_another_environment_has_rows_of_its_own(audit: Audit, ledger: SqlLedger) -> None:
    other = Audit(ledger, CAMPAIGN, contents.OTHER_ENVIRONMENT)
    assert (other.results, other.damaged, other.winners()) == ({}, [], {})
    assert other.trials(CELL) == other.plan(CELL, Rung.TEST) == ()
    other.drop_results([contents.trial(0).run_id])
    other.drop_trials(CELL, 0)
    other.drop_plan(CELL, Rung.TEST)
    audit.refresh()
    assert len(audit.results) == 3
    assert len(audit.trials(CELL)) == 2
    assert len(audit.plan(CELL, Rung.TEST)) == 3


def test_a_reader_may_audit_while_a_coordinator_holds_the_ledger(
    audit: Audit, database: Path
) -> None:
    with open_ledger(database) as reader:
        assert Audit(reader, CAMPAIGN, ENVIRONMENT).results == audit.results


def test_another_campaign_has_plans_and_decisions_of_its_own(
    audit: Audit, ledger: SqlLedger
) -> None:
    contents.begin(ledger, contents.cell_state(), campaign="other")
    ledger.set_plan("other", CELL, Rung.TEST, [contents.planned_run(2048, index=7)])
    ledger.set_winner("other", CELL, DEFAULT)
    ledger.close_search(CAMPAIGN, CELL, 1)
    ledger.close_search("other", CELL, 2)
    other = Audit(ledger, "other", ENVIRONMENT)
    assert list(other.cells) == [CELL]
    assert [row.index for row in other.plan(CELL, Rung.TEST)] == [7]
    assert (other.winners(), other.search_ends()) == ({CELL: DEFAULT}, {CELL: 2})
    assert (audit.winners(), audit.search_ends()) == ({CELL: Variant.of_trial(1)}, {CELL: 1})
    other.drop_plan(CELL, Rung.TEST)
    assert len(audit.plan(CELL, Rung.TEST)) == 3
    # Results and trials belong to what was run, not to who asked first.
    assert other.results == audit.results
    assert other.trials(CELL) == audit.trials(CELL)


def test_dropping_takes_what_was_named_and_no_more(audit: Audit, ledger: SqlLedger) -> None:
    ledger.add_trial(CAMPAIGN, SECOND_CELL, "6" * 64, contents.trial(0, "7" * 64))
    audit.drop_trials(SECOND_CELL, 1)
    assert len(audit.trials(SECOND_CELL)) == 1
    audit.drop_trials(SECOND_CELL, 0)
    assert audit.trials(SECOND_CELL) == ()
    assert len(audit.trials(CELL)) == 2
    before = set(audit.results)
    audit.drop_results([contents.trial(0).run_id])
    audit.refresh()
    assert before - set(audit.results) == {contents.trial(0).run_id}

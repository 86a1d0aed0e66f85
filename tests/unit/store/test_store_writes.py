"""Whole campaigns, imported scores and moments in a database; and how MySQL is written to."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from builders import run_record
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import IntegrityError

from harness.core.record import IMPORTED
from harness.core.run import DEFAULT, Variant
from harness.errors import StorageError, UnknownNameError, UsageError
from harness.store import SqlLedger, open_ledger, writes
from harness.testing import ledger_contents as contents
from harness.testing.ledger_contents import (
    CAMPAIGN,
    CELL,
    ENVIRONMENT,
    OTHER_ENVIRONMENT,
    SECOND_CELL,
    STUDY,
    Clock,
    date,
)

STUDIES = {CELL: STUDY, SECOND_CELL: "6" * 64}
PUBLISHED, OTHER = Variant("published"), Variant("other")


def scores(variant, *values, source="Table 2"):
    """Imported runs, some of which failed (None)."""
    runs = [
        run_record(index, value, variant=variant, arguments={"source": source})
        for index, value in enumerate(values)
    ]
    return [replace(run, result=replace(run.result, steps=0)) for run in runs]


def test_a_record_is_entered_whole_and_read_back(ledger: SqlLedger, tmp_path: Path) -> None:
    contents.fill(ledger)
    ledger.close_search(CAMPAIGN, SECOND_CELL, 1)
    ledger.set_imports(CAMPAIGN, {CELL: scores(PUBLISHED, 1.0, None)})
    record = ledger.record(CAMPAIGN)
    with open_ledger(tmp_path / "copy.db", create=True) as copy:
        copy.add_record(record, environment=ENVIRONMENT, studies=STUDIES)
        entered = copy.record(CAMPAIGN)
        results = copy.results(ENVIRONMENT)
        state = copy.campaign(CAMPAIGN)
    assert entered.cells == record.cells
    assert [cell.closed for cell in entered.cells] == [None, 1]
    assert (entered.created, entered.updated) == (record.created, record.updated)
    assert (entered.document, entered.origins) == (record.document, record.origins)
    assert entered.provenance == record.provenance
    assert results == ledger.results(ENVIRONMENT)
    assert state is not None
    assert state.environment == ENVIRONMENT


def test_imported_scores_replace_those_of_their_variant_alone(ledger: SqlLedger) -> None:
    contents.begin(ledger)
    ledger.set_imports(
        CAMPAIGN, {CELL: scores(PUBLISHED, 1.0, None), SECOND_CELL: scores(PUBLISHED, 5.0)}
    )
    ledger.set_imports(CAMPAIGN, {CELL: scores(OTHER, 3.0, source="Figure 1")})
    before = ledger.record(CAMPAIGN)
    assert before.provenance[IMPORTED] == {
        "published": "3 scores from Table 2", "other": "1 scores from Figure 1",
    }  # fmt: skip
    ledger.set_imports(CAMPAIGN, {CELL: scores(PUBLISHED, 2.0, source="Table 3")})
    first, second = ledger.record(CAMPAIGN).cells
    assert {(run.variant, run.index, run.arguments["source"]) for run in first.imported} == {
        (PUBLISHED, 0, "Table 3"), (OTHER, 0, "Figure 1"),
    }  # fmt: skip
    assert second.imported == ()
    assert all(not cell.runs for cell in (first, second))
    ledger.set_imports(CAMPAIGN, {})
    assert ledger.record(CAMPAIGN).cells == (first, second)
    with pytest.raises(UnknownNameError, match="quack"):
        ledger.set_imports("quack", {})


def test_at_a_moment_only_what_was_recorded_by_then_is_known(ledger: SqlLedger) -> None:
    """Results of two days, and on a third day one under other versions."""
    dated = SqlLedger(ledger.engine, now=Clock())  # begin: 1, trials: 2 and 3
    contents.begin(dated)
    runs = [contents.trial(number) for number in (0, 1)]
    for trial in runs:
        dated.add_trial(CAMPAIGN, CELL, STUDY, trial)
    for trial in runs:  # days 4 and 5
        dated.add_results([contents.complete_result(trial.run_id)], environment=ENVIRONMENT)

    def known(moment: str) -> list[bool]:
        (cell, _) = dated.record_at(CAMPAIGN, moment).cells
        return [trial.result is not None for trial in cell.trials]

    assert known(date(4)) == [True, False]
    assert known(date(5)) == known(date(30)) == [True, True]
    assert dated.record_at(CAMPAIGN, date(4)).updated == date(4)
    with pytest.raises(UsageError, match=f"had no result by {date(3)[:10]}"):
        dated.record_at(CAMPAIGN, date(3))
    with pytest.raises(UnknownNameError, match="quack"):
        dated.record_at("quack", date(4))
    contents.begin(dated, environment=OTHER_ENVIRONMENT)
    dated.add_trial(CAMPAIGN, CELL, STUDY, runs[0])
    dated.add_results([contents.complete_result(runs[0].run_id)], environment=OTHER_ENVIRONMENT)
    assert known(date(5)) == [True, True]
    assert known(date(30)) == [True]


def test_in_brief_a_shipped_default_has_its_configuration(ledger: SqlLedger) -> None:
    contents.fill(ledger)
    ledger.set_winner(CAMPAIGN, CELL, DEFAULT)
    (cell, _) = ledger.record(CAMPAIGN, brief=True).cells
    assert [bool(trial.arguments) for trial in cell.trials] == [True, False]
    ledger.set_winner(CAMPAIGN, CELL, Variant.of_trial(1))
    (cell, _) = ledger.record(CAMPAIGN, brief=True).cells
    assert [bool(trial.arguments) for trial in cell.trials] == [False, True]


class MySql:
    """Stands for a connection to MySQL: keeps what it is asked, and refuses some keys."""

    dialect = SimpleNamespace(name="mysql")

    def __init__(self, taken=(), number=1062):
        self.taken, self.number, self.statements = set(taken), number, []

    def begin_nested(self):
        return nullcontext()

    def execute(self, statement):
        compiled = statement.compile(dialect=mysql.dialect())
        if compiled.params.get("run_id") in self.taken:
            raise IntegrityError(str(compiled), compiled.params, Exception(self.number, "taken"))
        self.statements.append(" ".join(str(compiled).split()))


def test_on_mysql_a_key_that_is_taken_is_passed_over_and_no_other_fault() -> None:
    results = [contents.complete_result(letter * 64) for letter in "cab"]
    connection = MySql(taken=["a" * 64])
    new = writes.add_results(connection, ENVIRONMENT, results, moment=date(1))
    assert new == {"b" * 64, "c" * 64}
    assert len(connection.statements) == 2
    assert not any("IGNORE" in statement for statement in connection.statements)
    with pytest.raises(IntegrityError):
        writes.add_results(
            MySql(taken=["a" * 64], number=1048), ENVIRONMENT, results, moment=date(1)
        )


def test_on_mysql_what_is_there_is_changed_in_its_values_alone() -> None:
    connection = MySql()
    writes.set_outcome(connection, ENVIRONMENT, campaign=CAMPAIGN, cell=CELL, values={"closed": 3})
    (statement,) = connection.statements
    assert statement.endswith("ON DUPLICATE KEY UPDATE closed = VALUES(closed)")


def test_another_run_under_the_number_of_a_trial_is_refused(ledger: SqlLedger) -> None:
    contents.begin(ledger)
    ledger.add_trial(CAMPAIGN, CELL, STUDY, contents.trial(1))
    ledger.add_trial(CAMPAIGN, CELL, STUDY, contents.trial(1))
    with pytest.raises(StorageError, match="trial 1"):
        ledger.add_trial(CAMPAIGN, CELL, STUDY, contents.trial(1, run_id="f" * 64))

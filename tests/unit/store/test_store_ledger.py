"""Both ledgers hold to the contract; and what only one in a database can show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from harness.core.record import TrialRecord
from harness.core.run import DEFAULT, Variant
from harness.core.settings import Rung
from harness.errors import StorageError
from harness.store import MemoryLedger, SqlLedger, open_ledger
from harness.testing import ledger_contents as contents
from harness.testing.ledger_contents import CAMPAIGN, CELL, ENVIRONMENT, SECOND_CELL, STUDY
from harness.testing.ledger_contract import LedgerContract, NewLedger


class TestInMemory(LedgerContract):
    @pytest.fixture
    def new_ledger(self) -> NewLedger:
        return MemoryLedger


class TestInFile(LedgerContract):
    @pytest.fixture
    def new_ledger(self, database: Path) -> Iterator[NewLedger]:
        with open_ledger(database, create=True) as opened:
            yield lambda now: SqlLedger(opened.engine, now=now)


@pytest.mark.parametrize("kind", ["file", "memory"])
def test_of_a_transaction_nothing_stays_if_one_part_fails(kind: str, ledger: SqlLedger) -> None:
    """Where nobody else can write meanwhile; on a server each part is a transaction."""
    tested = ledger if kind == "file" else MemoryLedger()
    contents.begin(tested)
    tested.add_trial(CAMPAIGN, CELL, STUDY, contents.trial(1))
    another = replace(contents.trial(1), run_id="f" * 64)

    def decide(trial: TrialRecord) -> None:
        with tested.transaction():
            tested.set_winner(CAMPAIGN, CELL, Variant.of_trial(0))
            tested.set_plan(CAMPAIGN, CELL, Rung.TEST, [contents.planned_run(1)])
            tested.add_trial(CAMPAIGN, CELL, STUDY, contents.trial(0))
            tested.add_trial(CAMPAIGN, CELL, STUDY, trial)

    before = tested.record(CAMPAIGN)
    with pytest.raises(StorageError, match="trial 1"):
        decide(another)
    assert tested.record(CAMPAIGN) == before
    with pytest.raises(StorageError, match="NaN"):
        decide(replace(another, values={"lr": float("nan")}))
    tested.set_winner(CAMPAIGN, SECOND_CELL, DEFAULT)
    assert tested.record(CAMPAIGN).cells[0] == before.cells[0]


def test_results_survive_closing(database: Path) -> None:
    result = contents.complete_result("u" * 64)
    with open_ledger(database, create=True) as first:
        first.add_results([result], environment=ENVIRONMENT)
    with open_ledger(database) as second:
        assert second.results(ENVIRONMENT) == {result.run_id: result}


def test_equal_results_are_equal_text(ledger: SqlLedger) -> None:
    forth = replace(contents.complete_result("a" * 64), pruner_attrs={"one": 1, "two": 2})
    back = replace(forth, run_id="b" * 64, pruner_attrs={"two": 2, "one": 1})
    for result in (forth, back):
        ledger.add_results([result], environment=ENVIRONMENT)
    engine = create_engine(ledger.url)
    with engine.connect() as connection:
        bodies = connection.scalars(text("select body from harness_results order by run_id"))
        one, two = (body.partition(',"sha256"')[0] for body in bodies)
    engine.dispose()
    assert one.replace("a" * 64, "b" * 64) == two


def test_bodies_can_be_read_without_this_program(ledger: SqlLedger) -> None:
    contents.fill(ledger)
    engine = create_engine(ledger.url)
    with engine.connect() as connection:
        body = connection.scalar(
            text("select body from harness_results where status = 'complete' limit 1")
        )
    engine.dispose()
    assert json.loads(body)["status"] == "complete"


def test_more_runs_are_looked_for_than_one_statement_can_name(ledger: SqlLedger) -> None:
    results = {f"{n:064d}": contents.complete_result(f"{n:064d}") for n in range(1200)}
    ledger.add_results(results.values(), environment=ENVIRONMENT)
    assert ledger.results(ENVIRONMENT, [*results, "absent"]) == results


def test_optunas_tables_live_beside_the_ledger(ledger: SqlLedger) -> None:
    optuna = pytest.importorskip("optuna")
    contents.fill(ledger)
    storage = optuna.storages.RDBStorage(ledger.url)
    study = optuna.create_study(storage=storage, study_name=f"{CAMPAIGN}/{CELL}")
    study.add_trial(optuna.trial.create_trial(value=1.0))
    storage.engine.dispose()
    ledger.add_results([contents.complete_result("u" * 64)], environment=ENVIRONMENT)
    assert ledger.campaigns() == (CAMPAIGN,)
    assert len(study.trials) == 1
    storage.engine.dispose()

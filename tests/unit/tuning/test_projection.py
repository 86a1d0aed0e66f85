from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from harness.core.matrix import Cell
from harness.core.record import TrialRecord
from harness.core.run_result import Failure, Status
from harness.core.space import Space
from harness.core.spaces.domain import Choice
from harness.core.spaces.parameter import Parameter
from harness.errors import StorageError
from harness.tuning.optuna_tables import OptunaTables, open_tables
from harness.tuning.projection import Projection, disagreement

NAME = "campaign/ppo@CartPole-v1"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'campaign.db'}"


@pytest.fixture
def trials(cell: Cell, search, make_result) -> list[TrialRecord]:
    found = search(cell, 6, lambda v: float(v["epochs"]))
    pruned = make_result(2.5, status=Status.PRUNED, means=[1.0, 2.0, 3.0])
    failed = make_result(
        None,
        status=Status.FAILED,
        means=[1.0],
        failure=Failure(kind="diverged", message="NaN in the action"),
    )
    found[3] = replace(found[3], result=pruned)
    found[4] = replace(found[4], result=failed)
    return found


@pytest.fixture
def opened(url: str, cell: Cell) -> Iterator[list[Projection]]:
    """Projections to close afterwards."""
    made: list[Projection] = []
    yield made
    for projection in made:
        projection.close()


@pytest.fixture
def projection(url: str, cell: Cell, opened: list[Projection]) -> Projection:
    opened.append(Projection(url, "campaign", cell))
    return opened[0]


def load(url: str) -> optuna.Study:
    return optuna.load_study(study_name=NAME, storage=url)


def dump(url: str) -> list[tuple[object, ...]]:
    return [
        (t.number, t.state, t.value, t.params, t.intermediate_values, t.user_attrs)
        for t in load(url).trials
    ]


def test_plain_optuna_reads_the_study(projection, url, trials) -> None:
    projection.sync(trials)
    study = load(url)
    assert [trial.number for trial in study.trials] == list(range(6))
    assert study.direction == optuna.study.StudyDirection.MAXIMIZE
    assert study.metric_names == ["mean return"]
    assert study.user_attrs["scenario"] == "CartPole-v1"
    assert study.user_attrs["algorithm"] == "ppo"
    assert study.user_attrs["axes"]["log2(n_steps)"] == "n_steps"
    complete = [t.result.score for t in trials if t.result.status is Status.COMPLETE]
    assert study.best_value == max(complete)


def test_a_trial_has_its_readable_values(projection, url, trials) -> None:
    projection.sync(trials)
    there = load(url).trials[1]
    assert there.params == trials[1].suggestion.coordinates
    assert there.user_attrs["n_steps"] == trials[1].values["n_steps"]
    assert there.user_attrs["gamma"] == trials[1].values["gamma"]
    assert there.user_attrs["policy_kwargs.net_arch"] == trials[1].values["net_arch"]
    assert there.user_attrs["seed"] == 101
    assert there.user_attrs["run_id"] == "run-1"
    assert there.intermediate_values == {
        evaluation.step: evaluation.mean for evaluation in trials[1].result.evaluations
    }
    started = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).astimezone().replace(tzinfo=None)
    assert there.datetime_start == started
    assert there.duration.total_seconds() == 60.0


def test_the_default_shows_its_values_though_it_has_no_arguments(projection, url, trials) -> None:
    assert not trials[0].arguments
    projection.sync(trials)
    assert load(url).trials[0].user_attrs["n_steps"] == 2048


def test_nested_arguments_are_flattened(projection, url, trials) -> None:
    arguments = {"policy_kwargs": {"net_arch": [64, 32], "optimizer": {"eps": 1e-5}}, "n_steps": 64}
    projection.add(replace(trials[0], arguments=arguments))
    attrs = load(url).trials[0].user_attrs
    assert attrs["policy_kwargs.net_arch"] == "[64, 32]"
    assert attrs["policy_kwargs.optimizer.eps"] == 1e-5
    assert attrs["n_steps"] == 64


def test_pruned_and_failed_trials_are_told_apart(projection, url, trials) -> None:
    projection.sync(trials)
    pruned, failed = load(url).trials[3:5]
    assert (pruned.state, pruned.value) == (TrialState.PRUNED, 2.5)
    assert pruned.intermediate_values == {100: 1.0, 200: 2.0, 300: 3.0}
    assert (failed.state, failed.value) == (TrialState.FAIL, None)
    assert failed.user_attrs["failure"] == "diverged: NaN in the action"


def test_adding_and_syncing_twice_changes_nothing(projection, url, trials) -> None:
    projection.sync(trials)
    before = dump(url)
    projection.sync(trials)
    projection.add(trials[2])
    assert dump(url) == before


def test_a_gap_is_refused(projection, trials) -> None:
    projection.add(trials[0])
    with pytest.raises(ValueError, match="trial 2 cannot be added after 1 trials"):
        projection.add(trials[2])


@pytest.mark.parametrize("killed_after", range(6))
def test_sync_after_a_kill_between_adds(
    killed_after: int, projection, url, cell, trials, opened, tmp_path
) -> None:
    for trial in trials[:killed_after]:
        projection.add(trial)
    study_id = load(url)._study_id
    opened.append(Projection(url, "campaign", cell))
    opened[-1].sync(trials)
    whole = f"sqlite:///{tmp_path / 'whole.db'}"
    opened.append(Projection(whole, "campaign", cell))
    opened[-1].sync(trials)
    assert dump(url) == dump(whole)
    assert load(url)._study_id == study_id  # completed, not written again


@pytest.mark.parametrize(
    "change",
    [
        {"run_id": "another"},
        {"seed": 5},
        {"values": {}, "arguments": {"n_steps": 1}},
    ],
)
def test_what_disagrees_is_written_again(change, projection, url, trials) -> None:
    projection.sync(trials)
    changed = [*trials[:2], replace(trials[2], **change), *trials[3:]]
    projection.sync(changed)
    assert (
        load(url).trials[2].user_attrs.items()
        >= {"seed": changed[2].seed, "run_id": changed[2].run_id}.items()
    )
    assert len(load(url).trials) == 6
    projection.sync(trials[:3])  # a shorter ledger is another one, too
    assert len(load(url).trials) == 3


def test_another_space_is_written_again(url, cell, trials, opened, search) -> None:
    opened.append(Projection(url, "campaign", cell))
    opened[0].sync(trials)
    narrower = replace(cell, space=cell.space.without(frozenset({"net_arch"})), seed=99)
    other = search(narrower, 3, lambda v: float(v["epochs"]))
    opened.append(Projection(url, "campaign", narrower))
    opened[1].sync(other)
    assert [t.params for t in load(url).trials] == [t.suggestion.coordinates for t in other]
    assert "net_arch" not in load(url).user_attrs["axes"]


def test_reopening_with_another_space_describes_its_axes(url, cell, opened) -> None:
    opened.append(Projection(url, "campaign", cell))
    narrower = replace(cell, space=cell.space.without(frozenset({"net_arch"})))
    opened.append(Projection(url, "campaign", narrower))
    assert "net_arch" not in load(url).user_attrs["axes"]


def test_cells_share_a_database(url, cell, trials, opened) -> None:
    other = replace(cell, algorithm=replace(cell.algorithm, name="a2c"))
    for some in (cell, other):
        opened.append(Projection(url, "campaign", some))
        opened[-1].sync(trials)
    assert optuna.get_all_study_names(url) == [NAME, "campaign/a2c@CartPole-v1"]


def test_trials_of_several_cells_are_written_together(url, cell, trials, opened) -> None:
    other = replace(cell, algorithm=replace(cell.algorithm, name="a2c"))
    with closing(open_tables(url)) as tables:
        first, second = (Projection(tables, "campaign", some) for some in (cell, other))
        with tables.transaction():
            for trial in trials:
                first.add(trial)
                second.add(trial)
            assert not load(url).trials
        assert [trial.number for trial in load(url).trials] == list(range(6))
        together = dump(url)
        with pytest.raises(ValueError, match="cannot be added"):
            add_together(tables, first, trials[0], (6, 8))
        assert dump(url) == together
    alone = f"{url}.alone"
    opened.append(Projection(alone, "campaign", cell))
    for trial in trials:
        opened[-1].add(trial)
    assert dump(alone) == together


def add_together(tables, projection, trial, numbers) -> None:
    with tables.transaction():
        for number in numbers:
            projection.add(replace(trial, suggestion=replace(trial.suggestion, number=number)))


class TestBesideAnotherConnection:
    """The ledger writes the same file through connections of its own."""

    @pytest.fixture
    def ledger(self, url: str, projection: Projection) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=5)
        connection.execute("CREATE TABLE ledger (run TEXT)")
        connection.commit()
        yield connection
        connection.close()

    def test_the_file_is_in_wal_mode(self, ledger) -> None:
        assert ledger.execute("PRAGMA journal_mode").fetchone() == ("wal",)

    def test_writes_alternate(self, ledger, projection, url, trials) -> None:
        for trial in trials:
            ledger.execute("INSERT INTO ledger VALUES (?)", (trial.run_id,))
            ledger.commit()
            projection.add(trial)
        assert ledger.execute("SELECT count(*) FROM ledger").fetchone() == (6,)
        assert len(load(url).trials) == 6

    def test_an_open_reader_does_not_block(self, ledger, projection, url, trials) -> None:
        ledger.execute("BEGIN")
        ledger.execute("SELECT * FROM ledger").fetchall()
        projection.add(trials[0])
        ledger.rollback()
        assert len(load(url).trials) == 1

    def test_no_transaction_stays_open(self, ledger, projection, trials) -> None:
        projection.sync(trials)
        ledger.execute("PRAGMA busy_timeout = 0")
        ledger.execute("BEGIN EXCLUSIVE")  # would fail at once beside an open transaction
        ledger.rollback()


def test_a_database_that_cannot_be_opened(tmp_path, cell) -> None:
    with pytest.raises(StorageError, match="Optuna tables") as caught:
        Projection(f"sqlite:///{tmp_path}/no/such/folder/campaign.db", "campaign", cell)
    assert "check that the folder is there" in caught.value.help


def test_a_file_that_is_no_database(tmp_path, cell) -> None:
    (tmp_path / "campaign.db").write_text("not a database, but long enough to have a header" * 9)
    with pytest.raises(StorageError):
        Projection(f"sqlite:///{tmp_path / 'campaign.db'}", "campaign", cell)


def test_a_switch_is_not_shown_as_the_argument_it_switches(url, opened, cell, trials) -> None:
    """`entropy_bonus: false` is no `ent_coef` of False."""
    switch = Parameter(
        name="bonus", domain=Choice(options=(False, True)), default=False, target="coef"
    )
    switched = replace(cell, space=Space(parameters=(switch,)))
    suggestion = replace(trials[0].suggestion, coordinates={"bonus": False})
    opened.append(Projection(url, "campaign", switched))
    opened[0].add(replace(trials[0], suggestion=suggestion, values={"bonus": False}))
    attrs = load(url).trials[0].user_attrs
    assert attrs["bonus"] is False
    assert "coef" not in attrs


def test_rows_are_those_that_optuna_itself_would_write(url, cell, trials, projection, tmp_path):
    """The lean way of writing a trial is no other table."""
    projection.sync(trials)
    plain = f"sqlite:///{tmp_path / 'plain.db'}"
    study = optuna.create_study(study_name=NAME, storage=plain, direction="maximize")
    study.add_trials(load(url).trials)
    for table in ("trials", "params", "values", "user_attributes", "intermediate_values"):
        name = table if table == "trials" else f"trial_{table}"
        ours, theirs = rows(url, name), rows(plain, name)
        assert ours == theirs != []


def rows(url: str, table: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        # The first column numbers the rows, whose order means nothing.
        return sorted(row[1:] for row in connection.execute(f"SELECT * FROM {table}"))


class TestDisagreement:
    @pytest.fixture
    def tables(self, url: str) -> Iterator[OptunaTables]:
        with closing(open_tables(url)) as tables:
            yield tables

    def test_a_study_of_the_finished_trials_agrees(self, tables, cell, trials) -> None:
        Projection(tables, "campaign", cell).sync(trials)
        assert disagreement(tables, "campaign", cell, trials) == ""

    def test_a_missing_study_is_none_of_no_trials(self, tables, cell, trials) -> None:
        assert disagreement(tables, "campaign", cell, []) == ""
        assert disagreement(tables, "campaign", cell, trials) == "is missing"

    def test_trials_that_are_missing_or_too_many(self, tables, cell, trials) -> None:
        Projection(tables, "campaign", cell).sync(trials[:4])
        found = disagreement(tables, "campaign", cell, trials)
        assert found == "has 4 of 6 finished trials"
        found = disagreement(tables, "campaign", cell, trials[:3])
        assert found == "has 4 of 3 finished trials"

    @pytest.mark.parametrize(
        "change",
        [
            {"run_id": "another"},
            {"values": {"epochs": 1}},
            {"result": {"score": 77.0}},
            {"result": {"status": Status.PRUNED}},
            {"result": {"evaluations": ()}},
        ],
    )
    def test_a_trial_that_differs_is_named(self, tables, cell, trials, change) -> None:
        Projection(tables, "campaign", cell).sync(trials)
        trial = trials[2]
        if "values" in change:
            change = {"values": {**trial.values, **change["values"]}}
        if "result" in change:
            change = {"result": replace(trial.result, **change["result"])}
        others = [*trials[:2], replace(trial, **change), *trials[3:]]
        assert disagreement(tables, "campaign", cell, others) == "differs in trials [2]"

    def test_a_trial_that_runs_has_no_place_in_a_projection(self, tables, url, cell, trials):
        Projection(tables, "campaign", cell).sync(trials[:2])
        load(url).add_trial(optuna.trial.create_trial(state=TrialState.RUNNING))
        found = disagreement(tables, "campaign", cell, trials[:2])
        assert found == "has unfinished trials: [2]"


def test_a_study_is_completed_without_writing_what_it_has(url, cell, trials, opened) -> None:
    """Attributes and trials stay the rows they are."""
    opened.append(Projection(url, "campaign", cell))
    opened[0].sync(trials[:3])
    before = {table: rows(url, table) for table in ("study_user_attributes", "trials")}
    opened.append(Projection(url, "campaign", cell))
    opened[1].sync(trials)
    assert rows(url, "study_user_attributes") == before["study_user_attributes"]
    assert rows(url, "trials")[:3] == before["trials"]
    assert len(rows(url, "trials")) == 6

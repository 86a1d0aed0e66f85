"""A campaign of fake runs as small as one can be and still have everything."""

import dataclasses
import sqlite3
from contextlib import closing

from builders import cell
from fakes import PromptExecutor, services

from harness.analysis import export_csv
from harness.campaign import RunOptions, run_campaign
from harness.campaign.campaign_records import record
from harness.core.matrix import Matrix
from harness.core.scenario import Scenario
from harness.core.search_settings import Component, Search
from harness.core.settings import Confirm, Test

SCORES = ("scores.csv", "trials.csv", "evaluations.csv")


def matrix(cells=1, trials=4, seeds=2, steps=100, in_flight=2):
    """`cells` equal cells, two confirm runs and `seeds` runs of each variant."""

    def toy(number):
        name = f"Toy{number}-v0"
        return dataclasses.replace(
            cell(),
            scenario=Scenario(name=name, env=name, action="Discrete"),
            search=Search(
                trials=trials,
                steps=steps,
                evals=5,
                episodes=2,
                in_flight=in_flight,
                sampler=Component(name="tpe", options={"n_startup_trials": 2}),
                pruner=Component(name="median", options={"n_startup_trials": 1}),
            ),
            confirm=Confirm(top=1, seeds=1),
            test=Test(seeds=seeds, steps=100, evals=2, episodes=2),
        )

    return Matrix(name="camp", cells=tuple(map(toy, range(cells))), seed=7)


def execute(asked, folder, executor=None, *, queue=None, listener=lambda event: None, **options):
    """`harness run` in a folder, on a fake executor."""
    chosen = RunOptions(
        **({"workers": 3} | options), runs=folder / "runs", reports=folder / "reports"
    )
    # A clock that stands still: what is written now and then is written once, whatever the pace.
    own = services(executor or PromptExecutor(), queue=queue, clock=lambda: 0.0)
    return run_campaign(asked, chosen, listener, own)


def scores(folder):
    """The exported files that must not depend on how the campaign was run."""
    export_csv(record("camp", folder / "runs"), folder / "csv")
    return {name: (folder / "csv" / name).read_bytes() for name in SCORES}


def ask(folder, query):
    """Rows of the campaign's database, while it is being written too."""
    path = folder / "runs" / "camp" / "campaign.db"
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        try:
            return database.execute(query).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):
                raise
            return []


STUDIES = """
    SELECT study_name, number, state, value FROM trials JOIN studies USING (study_id)
    LEFT JOIN trial_values USING (trial_id) ORDER BY 1, 2
"""
"""What Optuna's tables say: study, trial number, state, value."""


def check_studies(folder):
    """Optuna's studies are told prefixes: numbered without a gap, nothing left running."""
    numbers = {}
    for study, number, state, _ in ask(folder, STUDIES):
        assert state in {"COMPLETE", "PRUNED", "FAIL"}
        numbers.setdefault(study, []).append(number)
    for found in numbers.values():
        assert found == list(range(len(found)))

"""The doctor finds what is broken, and its repair only ever has it done again."""

import json
import re
import sqlite3
from contextlib import closing

import pytest

from harness.campaign import load
from harness.doctor import Severity, examine_campaign, examine_machine, repair_campaign
from harness.errors import LockedError, StorageError, UnknownNameError
from harness.files import write_with_checksum
from harness.store import lock_campaign

MATRIX = """
name: camp
seed: 7
scenarios: [CartPole-v1]
algorithms: [ppo]
search: {trials: 5, steps: 256, evals: 4, episodes: 2}
confirm: {top: 2, seeds: 2}
test: {seeds: 2, steps: 256, evals: 2, episodes: 2}
"""


@pytest.fixture
def camp(faked, tmp_path):
    """A finished campaign: how it can be run again, its folder of campaigns, its scores."""
    path = tmp_path / "m.yaml"
    path.write_text(MATRIX)
    first = faked(load(str(path)))
    return lambda: faked(load(str(path)), seed=3), tmp_path / "here" / "runs", first.exported


def unwell(runs, name="camp"):
    return [f for f in examine_campaign(name, runs) if f.state is not Severity.OK]


def statement(runs, sql, *values):
    with closing(sqlite3.connect(runs / "camp" / "campaign.db")) as database:
        changed = database.execute(sql, values).rowcount
        database.commit()
    assert changed


def test_a_sound_campaign(camp):
    _, runs, _ = camp
    findings = examine_campaign("camp", runs)
    assert [f for f in findings if f.state is not Severity.OK] == []
    assert {f.check for f in findings} >= {
        "database", "integrity", "journal", "coordinator", "results", "trials", "plans",
        "winners", "studies", "matrix.json", "models",
    }  # fmt: skip


OF_TEST = "(select run_id from harness_plan where rung = 'test' limit 1)"
LESS = "replace(body, '\"steps\":2', '\"steps\":1')"
OF_TRIAL_0 = "(select run_id from harness_trials where number = 0)"
OF_TRIAL_1 = "(select run_id from harness_trials where number = 1)"
BROKEN = {
    "a result that cannot be read": (
        "results",
        f"update harness_results set body = '{{half' where run_id = {OF_TEST}",
    ),
    "a changed score": (
        "results",
        f"update harness_results set body = {LESS} where run_id = {OF_TRIAL_1}",
    ),
    "a result of another run": (
        "results",
        f"update harness_results set run_id = 'abc' where run_id = {OF_TEST}",
    ),
    "a trial that cannot be read": (
        "trials",
        "update harness_trials set body = '[]' where number = 2",
    ),
    "a trial of another run": (
        "trials",
        f"update harness_trials set run_id = {OF_TRIAL_1} where number = 3",
    ),
    "a lost result of an early trial": (
        "trials",
        f"delete from harness_results where run_id = {OF_TRIAL_0}",
    ),
    "results of other runs": ("results", "update harness_results set run_id = upper(run_id)"),
    "a missing trial": ("trials", "delete from harness_trials where number = 1"),
    "a plan of another run": (
        "plans",
        "update harness_plan set run_id = 'abc' where rung = 'test' and number = 0",
    ),
    "a plan of an unknown trial": (
        "plans",
        "update harness_plan set trial = 77 where rung = 'confirm'",
    ),
    "an unknown winner": ("winners", "update harness_outcomes set winner = 'trial-99'"),
    "a missing study": (
        "studies",
        "update studies set study_name = 'lost'",
    ),
    "a trial left running": (
        "studies",
        "update trials set state = 'RUNNING' where number = 2",
    ),
    "another value": ("studies", "update trial_values set value = 1e6"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_found_repaired_and_done_again(camp, what):
    again, runs, scores = camp
    check, sql = BROKEN[what]
    statement(runs, sql)
    found = unwell(runs)
    assert check in {f.check for f in found}
    assert all(f.state is Severity.FAIL and f.help for f in found)
    kept = results(runs)
    done = repair_campaign("camp", runs)
    assert done
    # No result is invented or altered.
    assert all(kept[run] == body for run, body in results(runs).items())
    assert unwell(runs) == []
    assert again().exported == scores
    assert unwell(runs) == []


@pytest.mark.parametrize("what", BROKEN)
def test_a_run_on_what_is_broken_mends_it_or_names_the_doctor(camp, what):
    again, runs, scores = camp
    statement(runs, BROKEN[what][1])
    try:
        again_scores, advice = again().exported, ""
    except StorageError as error:
        again_scores, advice = scores, error.help
    assert again_scores == scores
    assert advice == "" or "doctor" in advice


def results(runs):
    with closing(sqlite3.connect(runs / "camp" / "campaign.db")) as database:
        return dict(database.execute("select run_id, body from harness_results"))


def test_looking_changes_nothing(camp):
    _, runs, _ = camp
    statement(runs, BROKEN["a changed score"][1])
    before = results(runs)
    for _ in range(2):
        unwell(runs)
    assert results(runs) == before
    assert repair_campaign("camp", runs)
    assert repair_campaign("camp", runs) == []


def test_no_repair_under_a_running_coordinator(camp):
    _, runs, _ = camp
    with lock_campaign(runs / "camp" / "campaign.db", "camp"):
        with pytest.raises(LockedError, match="campaign `camp`"):
            repair_campaign("camp", runs)
        (line,) = [f for f in examine_campaign("camp", runs) if f.check == "coordinator"]
        assert re.match(r"process \d+ on .* since 20", line.value)


def test_a_damaged_database_is_one_clear_line(camp):
    _, runs, _ = camp
    path = runs / "camp" / "campaign.db"
    content = bytearray(path.read_bytes())
    content[4096 * 2 :] = b"x" * len(content[4096 * 2 :])
    path.write_bytes(content)
    (line,) = unwell(runs)
    assert line.check == "database"
    assert "backup" in line.help
    with pytest.raises(StorageError, match=r"damaged|malformed"):
        repair_campaign("camp", runs)


def test_files_beside_the_database(camp):
    _, runs, _ = camp
    model = runs / "camp" / "models" / "ppo@CartPole-v1" / "best.zip"
    with write_with_checksum(model) as beside:
        beside.write_bytes(b"weights")
    assert unwell(runs) == []
    model.write_bytes(b"wEights")
    kept = runs / "camp" / "matrix.json"
    document = json.loads(kept.read_text())
    kept.write_text(json.dumps(document | {"seed": 8}))
    found = {f.check: f for f in unwell(runs)}
    assert found["models"].state is Severity.FAIL
    assert str(model) in found["models"].value
    assert found["matrix.json"].state is Severity.WARN


def test_an_unknown_campaign(camp):
    with pytest.raises(UnknownNameError, match="camq"):
        examine_campaign("camq", camp[1])


def test_a_machine(tmp_path):
    runs = tmp_path / "runs" / "not" / "there"
    found = {f.check: f for f in examine_machine(runs, workers=1)}
    assert not runs.exists()
    assert list(tmp_path.iterdir()) == []
    assert found["cores"].state is Severity.OK
    assert found["write-ahead log"].value == "works"
    crowd = {f.check: f for f in examine_machine(runs, workers=100_000, threads=2)}
    assert crowd["cores"].state is crowd["memory"].state is Severity.WARN
    assert "--workers" in crowd["cores"].help


@pytest.mark.parametrize("held", ["", "Haswell"])
def test_kernels_that_a_variable_chose(held, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", held)
    found = {f.check: f for f in examine_machine(tmp_path, workers=1)}["linear algebra"]
    assert found.state is (Severity.WARN if held else Severity.OK)
    assert ("OPENBLAS_CORETYPE=Haswell" in found.value) is bool(held)

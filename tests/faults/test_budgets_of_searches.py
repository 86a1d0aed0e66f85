"""A budget of a search in whole campaigns: workers, kills, pruning, a larger one, a given time."""

import json

import pytest
from driven import kill

MATRIX = """
name: small
seed: 7
scenarios: [CartPole-v1]
algorithms: [ppo]
search: {budget: 9 runs, steps: 256, evals: 4, episodes: 2}
test: {seeds: 2, steps: 256, evals: 2, episodes: 2}
"""


RUNGS = ("search", "confirm", "test")


def effort_of(campaign):
    out, _ = campaign.command("status", "small", "--json")
    (cell,) = json.loads(out)["cells"]
    return cell["effort"]["used"], cell["search"]["done"], cell["search"]["planned"]


@pytest.mark.training
@pytest.mark.slow
def test_a_budget_is_used_up_whoever_runs_it(campaign):
    alone, killed = campaign("1", MATRIX), campaign("killed", MATRIX)
    alone.run("--workers", "1")
    process = killed.start("--workers", "3")
    killed.wait_for_results(3, process)
    kill(process)
    killed.run("--workers", "3")
    assert alone.scores() == killed.scores()
    used, done, planned = effort_of(alone)
    assert 7 < used <= 10
    assert done == planned >= 3
    page = next((alone.folder / "reports" / "small").rglob("*ppo*art*ole*.html"))
    assert "of 9 default runs" in page.read_text()


def test_a_larger_budget_goes_on_with_the_same_trials(campaign):
    first = campaign("first", MATRIX, faked=True)
    first.run("--workers", "2")
    before = {result["run_id"] for result in first.results()}
    _, trials, _ = effort_of(first)
    first.run("--workers", "2", "--set", "search.budget=14")
    whole = campaign("whole", MATRIX, faked=True)
    whole.run("--workers", "2", "--set", "search.budget=14")
    assert before <= {result["run_id"] for result in first.results()}
    # The last of the smaller budget had to be one that it could afford.
    rows = [each.scores()["trials.csv"].splitlines()[:trials] for each in (first, whole)]
    assert rows[0] == rows[1]
    assert all(13 < effort_of(each)[0] <= 15 for each in (first, whole))


def test_a_time_sizes_what_its_matrix_does_not_and_stays(campaign):
    unsized = MATRIX.replace("budget: 9 runs, ", "")
    timed = campaign("timed", unsized, faked=True)
    timed.run("--workers", "2", "--budget", "20s")
    out, _ = timed.command("status", "small", "--json")
    (cell,) = json.loads(out)["cells"]
    assert cell["effort"]["budget"] >= 20
    # Without a time it goes on with what it was begun with.
    timed.run("--workers", "2", "--budget", "5s")
    out, _ = timed.command("status", "small", "--json")
    assert json.loads(out)["cells"][0]["effort"]["budget"] == cell["effort"]["budget"]


def test_a_plan_has_the_sizes_that_a_run_in_the_same_time_has(campaign):
    unsized = MATRIX.replace("budget: 9 runs, ", "")
    timed = campaign("timed", unsized, faked=True)
    out, _ = timed.command("plan", "matrix.yaml", "--workers", "2", "--budget", "20s", "--json")
    (planned,) = json.loads(out)["cells"]
    timed.run("--workers", "2", "--budget", "20s")
    out, _ = timed.command("status", "small", "--json")
    (cell,) = json.loads(out)["cells"]
    assert planned["search"]["most_runs"] == 4 * cell["effort"]["budget"] + 10
    out, _ = timed.command("plan", "matrix.yaml", "--json")
    (again,) = json.loads(out)["cells"]
    for rung in RUNGS:  # of a search: at least what was suggested, usually what its budget holds
        left = cell[rung]["planned"] - cell[rung]["done"]
        least = again[rung]["runs"]
        assert least <= left <= again[rung].get("most_runs", least)

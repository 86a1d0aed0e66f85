"""A real campaign, killed over and over at random moments, ends with the same numbers.

    pytest tests/faults/test_chaos.py --kills 500 --chaos-seed 7

The seed is printed; it decides what is done and in which order, the machine decides when.
"""

import sqlite3
import sys
from contextlib import closing

import pytest
from chaos import MATRIX, Chaos, Noted

pytestmark = [pytest.mark.training, pytest.mark.slow, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    campaign = Noted(tmp_path_factory.mktemp("undisturbed"), MATRIX)
    campaign.run("--workers", "2")
    return campaign


def ask(campaign, query):
    path = campaign.folder / "runs" / "small" / "campaign.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return database.execute(query).fetchall()


def facts(campaign):
    """What the ledger and Optuna's tables must agree on, whatever happened on the way."""
    return {
        "runs": sorted(result["run_id"] for result in campaign.results()),
        "trials": ask(campaign, "SELECT cell, number, run_id FROM harness_trials ORDER BY 1, 2"),
        "plan": ask(
            campaign,
            "SELECT cell, rung, variant, number, run_id FROM harness_plan ORDER BY 1, 2, 3, 4",
        ),
        "told": ask(
            campaign,
            "SELECT study_name, number, state, value FROM trials JOIN studies USING (study_id) "
            "LEFT JOIN trial_values USING (trial_id) ORDER BY 1, 2",
        ),
    }


def test_a_campaign_killed_again_and_again_ends_with_the_same_bytes(
    undisturbed, tmp_path, pytestconfig, capsys
):
    seed, kills = pytestconfig.getoption("--chaos-seed"), pytestconfig.getoption("--kills")
    say(capsys, f"chaos: --kills {kills} --chaos-seed {seed}")
    pace = max(result["cost"]["wall"] for result in undisturbed.results())
    chaos, wanted = Chaos(seed, kills, pace), undisturbed.scores()
    campaigns = 0
    while len(chaos.done) < kills:
        folder = tmp_path / str(campaigns)
        folder.mkdir()
        campaign = Noted(folder, MATRIX)
        campaigns += 1
        last = chaos.disturb(campaign)
        assert last.process.returncode == 0, last.errors
        assert campaign.scores() == wanted
        found = facts(campaign)
        assert found == facts(undisturbed)
        assert len(set(found["runs"])) == len(found["runs"])
        assert {state for _, _, state, _ in found["told"]} <= {"COMPLETE", "PRUNED", "FAIL"}
        assert all(result["status"] != "failed" for result in campaign.results())
        say(capsys, f"chaos: {len(chaos.done)} kills in {campaigns} campaigns")


def say(capsys, line):
    with capsys.disabled():
        sys.stdout.write(f"\n{line}\n")

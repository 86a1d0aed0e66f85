"""What an environment does wrong is recorded with its reason, and the rest is finished."""

import json

import pytest
from driven import Campaign

pytestmark = [pytest.mark.training, pytest.mark.slow]

MATRIX = """
name: small
seed: 7
scenarios:
  - {name: Works, env: "broken_envs:Works-v0"}
  - {name: Raises, env: "broken_envs:Raises-v0"}
  - {name: NanObservation, env: "broken_envs:NanObservation-v0"}
  - {name: NanReward, env: "broken_envs:NanReward-v0"}
  - {name: Hangs, env: "broken_envs:Hangs-v0"}
  - {name: Eats, env: "broken_envs:Eats-v0"}
  - {name: Dies, env: "broken_envs:Dies-v0"}
overrides: [{match: "ppo@Hangs", timeout: 5}, {match: "ppo@Eats", memory: 1GiB}]
algorithms: [{name: ppo, arguments: {n_steps: 64, n_epochs: 1, batch_size: 32}}]
search: {trials: 1, steps: 128, evals: 1, episodes: 1}
confirm: {top: 1, seeds: 1}
test: {seeds: 1, steps: 128, evals: 1, episodes: 1}
"""

REASONS = {
    "Raises": ("environment", "the simulator lost its joints"),
    "NanObservation": ("diverged", "observation"),
    "NanReward": ("diverged", "reward"),
    "Hangs": ("timeout", "no result after 5 s"),
    "Eats": ("memory", "the limit is 1,024 MiB"),
    "Dies": ("died", "killed by SIGKILL (out of memory?); started 3 times"),
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):

    campaign = Campaign(tmp_path_factory.mktemp("broken"), MATRIX)
    out, err = campaign.run("--workers", "2", code=1)
    return campaign, out, err


def failures(campaign):
    found = {}
    json.loads(campaign.command("status", "small", "--json")[0])
    for line in campaign.scores()["scores.csv"].decode().splitlines()[1:]:
        scenario = line.split(",")[0].partition("@")[2]
        found.setdefault(scenario, []).append(line)
    return found


@pytest.mark.parametrize("scenario", REASONS)
def test_the_failure_is_recorded_with_its_reason(finished, scenario):
    kind, words = REASONS[scenario]
    rows = failures(finished[0])[scenario]
    assert rows
    for row in rows:
        assert f",{kind}," in row
        assert words in row
        assert ",failed,," in row  # no number stands in for the score


def test_only_a_death_is_tried_again(finished):
    attempts = {
        result["failure"]["kind"]: result["cost"]["attempts"]
        for result in finished[0].results()
        if result["failure"]
    }
    assert attempts.pop("died") == 3
    assert set(attempts.values()) == {1}


def test_where_it_happened_is_known(finished):
    steps = {
        result["failure"]["kind"]: result["failure"]["step"]
        for result in finished[0].results()
        if result["failure"]
    }
    assert steps["environment"] == 41
    assert steps["diverged"] == 41
    assert steps["timeout"] is None


def test_the_traceback_names_the_users_own_line(finished):
    (text,) = {
        result["failure"]["traceback"]
        for result in finished[0].results()
        if result["failure"] and result["failure"]["kind"] == "environment"
    }
    assert "broken_envs.py" in text
    assert "the simulator lost its joints" in text


def test_the_rest_of_the_campaign_is_finished(finished):
    rows = failures(finished[0])["Works"]
    # One trial, the default confirmed and kept, one test run under both of its names.
    assert len(rows) == 4
    assert all(",complete," in row for row in rows)


def test_failures_are_said_while_they_happen_and_in_the_report(finished):
    campaign, out, err = finished
    assert "FAIL" in err
    assert 'reason="' in err
    page = (campaign.folder / out.strip().splitlines()[-1]).read_text()
    assert "the simulator lost its joints" in page


def test_a_command_that_goes_on_counts_the_failures_before_it(finished):
    campaign, _, err = finished
    _, again = campaign.run("--workers", "2", code=1)
    ends = [line.split(" ", 1)[1] for line in (err + again).splitlines() if " end " in line]
    assert len(ends) == 2
    assert len(set(ends)) == 1, ends
    campaigns = json.loads(campaign.command("list", "campaigns", "--json")[0])["campaigns"]
    assert f"failed={campaigns[0]['failed']}" in ends[0]

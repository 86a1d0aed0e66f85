"""A night that is too short, and the next one."""

import json

import pytest

pytestmark = [pytest.mark.training, pytest.mark.slow]

MATRIX = """
name: small
scenarios: [{name: Slow, env: "broken_envs:Slow-v0"}]
algorithms: [a2c]
search: {trials: 8, steps: 256, evals: 2, episodes: 1}
confirm: {top: 1, seeds: 1}
test: {seeds: 2, steps: 256, evals: 2, episodes: 1}
"""
"""Every run takes over a second, whatever the machine; a budget of six is too short for all."""


def status(campaign):
    return json.loads(campaign.command("status", "small", "--json")[0])


def test_a_night_too_short_is_partial_and_the_next_one_goes_on(campaign):
    short, whole = campaign("short", MATRIX), campaign("whole", MATRIX)
    out, err = short.run("--workers", "2", "--budget", "6s")
    assert "partial: time ran out" in err
    assert "not done" in err
    found = status(short)
    assert found["status"] == "partial"
    assert [each["cell"] for each in found["unfinished"]] == ["a2c@Slow"]
    page = (short.folder / out.strip().splitlines()[-1]).read_text()
    assert "The campaign is partial" in page
    short.run("--workers", "2")
    whole.run("--workers", "1")
    assert short.scores() == whole.scores()
    assert status(short)["status"] == "complete"

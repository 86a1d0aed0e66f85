"""Campaigns of every kind, from invented results: all that counts their runs counts the same."""

import pytest

from harness.campaign import load
from harness.campaign.campaign_records import record
from harness.campaign.plans.plan_summary import summarize
from harness.cli.commands.status_command import cell_status
from harness.core.matrix import Matrix
from harness.core.settings import Rung
from harness.doctor import Severity, examine_campaign
from harness.report.outcomes import failure_groups

CELLS = """
name: camp
scenarios:
  - {name: CartPole-v1, random: {value: 0}, reference: {value: 1}}
  - {name: Acrobot-v1, random: {value: 0}, reference: {value: 1}}
algorithms: [{name: a2c, space: {gamma: {low: 0.9, high: 0.99}}}]
"""
SEARCH = "search: {trials: 6, steps: 256, evals: 4, episodes: 2"
CONFIRM = "confirm: {top: 2, seeds: 2}\n"
TEST = "test: {seeds: 2, steps: 256, evals: 2, episodes: 2"

KINDS = {
    "plain": f"{SEARCH}}}\n{CONFIRM}{TEST}}}\n",
    "repeats": f"{SEARCH}, repeats: 2}}\n{CONFIRM}{TEST}}}\n",
    "budget": f"search: {{budget: 6 runs, steps: 256, evals: 4, episodes: 2}}\n{TEST}}}\n",
    "plateau": f"{SEARCH}, until: {{plateau: 2}}}}\n{CONFIRM}{TEST}}}\n",
    "seeds of trials": f"{SEARCH}, seeds: 3}}\n{CONFIRM}{TEST}}}\n",
    "winners first": f"{SEARCH}, transfer: true}}\n{CONFIRM}{TEST}}}\n",
    "ensemble": f"{SEARCH}}}\n{CONFIRM}{TEST}, variants: [default, tuned, all]}}\n"
    "variants: {all: {of: top 3}}\n",
    "variant": f"{SEARCH}}}\n{CONFIRM}{TEST}, variants: [default, tuned, own], against: own}}\n"
    "variants: {own: {arguments: {a2c: {gamma: 0.5}}}}\n",
    "added seeds": f"{SEARCH}}}\n{CONFIRM}{TEST}}}\n".replace(
        "seeds: 2, steps", "seeds: {start: 4, step: 2, max: 8}, steps"
    ),
    "transfer": f"{SEARCH}}}\n{CONFIRM}{TEST}}}\ntransfer: {{seeds: 2}}\n",
    "across": f"{SEARCH}}}\n{CONFIRM}{TEST}}}\ntransfer: {{seeds: 1, tune_across: mean}}\n",
    "objectives": f"{SEARCH}, objectives: [return, effort], sampler: nsga2}}\n{CONFIRM}{TEST}}}\n",
}


@pytest.mark.parametrize("kind", list(KINDS))
def test_counts_of_a_campaign(kind, faked, tmp_path):
    path = tmp_path / "m.yaml"
    path.write_text(CELLS + KINDS[kind])
    matrix = load(str(path))
    planned = summarize(Matrix(name="camp", cells=matrix.cells))
    faked(matrix)
    runs = tmp_path / "here" / "runs"
    faults = [each for each in examine_campaign("camp", runs) if each.state is not Severity.OK]
    assert not faults
    known = record("camp", runs)
    for cell in known.cells:
        status = cell_status(cell)
        done = {rung: status[rung.value] for rung in (Rung.CONFIRM, Rung.TEST, Rung.TRANSFER)}
        assert all(each["done"] == each["planned"] for each in done.values())
        count = status["search"]["done"] + sum(each["done"] for each in done.values())
        assert count == len(cell.results)
        assert status["failed"] == sum(group.runs for group in failure_groups(cell))
    total = sum(len(cell.results) for cell in known.cells)
    assert sum(each.runs for each in planned) <= total <= sum(each.most_runs for each in planned)

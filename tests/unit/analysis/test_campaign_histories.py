"""Campaigns over time: where a cell has stepped, and where it has not."""

import dataclasses

import pytest
from sample_records import Truth, synthetic_campaign

from harness import stats
from harness.analysis import campaign_history
from harness.analysis.campaigns.campaign_histories import _cases
from harness.stats.multiplicity import SERIES

PPO = Truth(scenario="A", algorithm="ppo", default=100, tuned=300, sd=20, searched=900, trials=4)


def night(number, seed=None, **truth):
    record = synthetic_campaign(
        f"night-{number}",
        (dataclasses.replace(PPO, **truth),),
        seed=number if seed is None else seed,
    )
    moment = f"2026-11-{number:02d}T21:00:00+00:00"
    return dataclasses.replace(record, created=moment, updated=moment)


def steps_of(*records):
    return [
        (step.campaign, step.variant, step.word, step.since)
        for step in campaign_history(records).steps
    ]


def test_a_loss_is_a_step_once_and_what_comes_after_is_held_against_it():
    nights = [night(1), night(2), night(3, tuned=150), night(4, tuned=150), night(5)]
    assert steps_of(*reversed(nights)) == [
        ("night-5", "tuned", "improved", "night-3"),
        ("night-3", "tuned", "worse", "night-1"),
    ]
    assert list(campaign_history(nights[:4]).worse) == ["ppo@A"]
    assert not campaign_history(nights).worse


def test_a_small_loss_is_seen_after_some_nights_and_begins_where_it_began():
    nights = [night(number) for number in range(1, 8)]
    nights += [night(number, tuned=278) for number in range(8, 15)]
    (step,) = (each for each in campaign_history(nights).steps if each.variant == "tuned")
    assert (step.word, step.first) == ("worse", "night-8")
    assert step.campaign in {"night-9", "night-10", "night-11", "night-12", "night-13", "night-14"}


def test_the_same_runs_again_are_no_evidence():
    nights = [night(1), night(2, seed=1), night(3, tuned=150)]
    history = campaign_history(nights)
    (tuned,) = (series for series in history.series if series.variant == "tuned")
    assert [each.is_same for each in tuned.nights] == [False, True, False]
    assert {(series.cell, series.variant) for series in history.series} == {
        ("ppo@A", "default"), ("ppo@A", "tuned"),
    }  # fmt: skip
    assert {step.seeds for step in history.steps} == {(10, 10)}


def test_the_latest_nights_are_held_together_against_those_before_by_their_new_runs():
    nights = [(f"night-{n}", {f"{n}": float(n), f"{n}b": None}) for n in range(1, 5)]

    def cases(tonight, earlier):
        found = _cases(("ppo@A", "tuned"), tonight, earlier)
        return [(case.since, case.first, case.before, case.after) for case in found]

    assert cases(nights[3], nights[:3]) == [
        ("night-1", "night-4", [1.0, None, 2.0, None, 3.0, None], [4.0, None]),
        ("night-1", "night-2", [1.0, None], [2.0, None, 3.0, None, 4.0, None]),
    ]
    assert [case[1] for case in cases(nights[1], nights[:1])] == ["night-2"]
    # What has no run of its own says nothing again, nor does all that was there together.
    again = ("again", nights[1][1])
    every = ("every", {run: score for _, scores in nights[:3] for run, score in scores.items()})
    assert cases(again, nights[:3]) == cases(every, nights[:3]) == cases(nights[0], []) == []


def test_a_step_counts_the_seeds_that_ended():
    (step,) = campaign_history([night(1), night(2, tuned=100, sd=5, failed_tuned=2)]).steps
    assert (step.word, step.variant, step.seeds) == ("worse", "tuned", (10, 8))
    assert step.difference == pytest.approx(step.after - step.before)
    assert step.low < step.difference < step.high < 0


def test_a_default_that_every_night_ships_counts_once():
    kept = [night(number, tuned=20, searched=20) for number in (1, 2)]
    assert {cell.winner for record in kept for cell in record.cells} == {"default"}
    assert [series.variant for series in campaign_history(kept).series] == ["default"]
    found = [night(3), *kept]
    assert {series.variant for series in campaign_history(found).series} == {"default", "tuned"}


def test_another_test_is_held_against_nothing():
    longer = night(2, tuned=150)
    cell = longer.cells[0]
    test = dataclasses.replace(cell.cell.test, steps=cell.cell.test.steps * 2)
    changed = dataclasses.replace(cell, cell=dataclasses.replace(cell.cell, test=test))
    history = campaign_history([night(1), dataclasses.replace(longer, cells=(changed,))])
    assert not history.steps
    assert [each.is_new for each in history.series[0].nights] == [False, True]


def test_an_unfinished_cell_waits():
    history = campaign_history([night(1), night(2, tuned=150, pending=3)])
    assert history.nights[1].unfinished == ("ppo@A",)
    assert not [step for step in history.steps if step.variant == "tuned"]


def test_a_change_of_version_belongs_to_its_night():
    second = night(2)
    versions = second.provenance["versions"] | {"torch": "2.14.0"}
    second = dataclasses.replace(second, provenance={**second.provenance, "versions": versions})
    nights = campaign_history([night(1), second, night(3)]).nights
    assert nights[1].changes == ('torch: "2.13.0" -> "2.14.0"',)
    assert nights[2].changes == ('torch: "2.14.0" -> "2.13.0"',)


@pytest.mark.parametrize("first", [1, 2, 31, 400])
def test_the_shares_of_a_series_add_up_to_no_more_than_the_level(first):
    assert sum(stats.series_share(number) for number in range(first, first + SERIES)) < 1

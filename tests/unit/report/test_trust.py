"""Checks say what is wrong with a campaign, and hold a report back when asked to."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from sample_records import TRUTHS, synthetic_campaign

from harness.core.record import CampaignRecord, RunRecord
from harness.core.run import DEFAULT
from harness.core.run_result import Failure, Status
from harness.errors import UsageError
from harness.report.campaign_views import campaign_view
from harness.report.trust import Check, all_rules, gate, known_gates

GOOD = dataclasses.replace(TRUTHS[0], trials=40)


def checks(record: CampaignRecord) -> dict[str, Check]:
    return {check.id: check for check in campaign_view(record).checks}


@pytest.fixture(scope="module")
def good() -> CampaignRecord:
    return synthetic_campaign("good", (GOOD,))


@pytest.fixture(scope="module")
def mixed() -> dict[str, Check]:
    return checks(synthetic_campaign())


def with_cell(record: CampaignRecord, **changes: object) -> CampaignRecord:
    cell = dataclasses.replace(record.cells[0], **changes)  # type: ignore[arg-type]
    return dataclasses.replace(record, cells=(cell,))


def with_runs(
    record: CampaignRecord, change: Callable[[RunRecord], RunRecord], rung: str = "test"
) -> CampaignRecord:
    runs = [change(run) if run.rung == rung else run for run in record.cells[0].runs]
    return with_cell(record, runs=tuple(runs))


def with_result(run: RunRecord, **changes: object) -> RunRecord:
    assert run.result is not None
    return dataclasses.replace(run, result=dataclasses.replace(run.result, **changes))  # type: ignore[arg-type]


def test_a_run_that_is_tuned_and_default_diverged_once() -> None:
    truth = dataclasses.replace(TRUTHS[0], tuned=-500.0, published=None)
    record = synthetic_campaign("kept", (truth,))
    assert record.cells[0].winner == DEFAULT
    lost = Failure(kind="diverged", message="NaN")
    failed = {"status": Status.FAILED, "score": None, "failure": lost}
    record = with_runs(record, lambda run: run if run.index else with_result(run, **failed))
    (finding,) = checks(record)["T18"].findings
    assert finding.text == "1 test run diverged"


def test_every_check_is_stated_whether_it_passes_or_not(mixed: dict[str, Check]) -> None:
    assert list(mixed) == [rule.id for rule in all_rules()] == sorted(mixed)
    for check in mixed.values():
        assert check.value
        assert check.threshold
        assert check.why
        assert bool(check.findings) == (check.status in {"warn", "fail"})


def test_a_sound_campaign_passes(good: CampaignRecord) -> None:
    found = checks(good)
    assert {check.status for check in found.values()} <= {"pass", "not applicable"}, found


@pytest.mark.parametrize(
    ("id", "status", "cells"),
    [
        ("T01", "fail", {"dqn@CartPole-v1": "8 scores", "ppo@Pendulum-v1": "3 scores"}),
        ("T06", "warn", {"a2c@CartPole-v1": "promised gain", "dqn@CartPole-v1": "promised gain"}),
        ("T07", "fail", {"a2c@CartPole-v1": "worse"}),
        ("T11", "fail", {"tqc@Pendulum-v1": "23 of 24 trials failed"}),
        ("T14", "warn", {"dqn@CartPole-v1": "2 of 10 tuned runs failed"}),
        ("T18", "fail", {"dqn@CartPole-v1": "2 test runs diverged"}),
        ("T20", "fail", {"tqc@Pendulum-v1": "without", "td3@Pendulum-v1": "at least 14 runs"}),
    ],
)
def test_what_is_wrong_is_found_in_the_right_cells(
    id: str, status: str, cells: dict[str, str], mixed: dict[str, Check]
) -> None:
    assert mixed[id].status == status
    found = {finding.cell: finding.text for finding in mixed[id].findings}
    assert set(found) == set(cells)
    for cell, text in cells.items():
        assert text in found[cell]


def test_a_shared_seed_is_found(good: CampaignRecord) -> None:
    searched = good.cells[0].trials[3].seed
    shared = with_runs(
        good, lambda run: dataclasses.replace(run, seed=searched) if run.index == 0 else run
    )
    assert checks(shared)["T02"].status == "fail"


def test_a_seed_of_the_evaluation_episodes_is_found(good: CampaignRecord) -> None:
    reserved = 3 * 2**29 + 1024
    shared = with_runs(
        good, lambda run: dataclasses.replace(run, seed=reserved) if run.index == 0 else run
    )
    (finding,) = checks(shared)["T02"].findings
    assert "evaluation episodes" in finding.text


def test_unequal_treatment_of_the_arms_is_found(good: CampaignRecord) -> None:
    def longer(run: RunRecord) -> RunRecord:
        return with_result(run, steps=80_000) if run.variant == "tuned" else run

    (finding,) = checks(with_runs(good, longer))["T03"].findings
    assert (finding.status, finding.text) == ("fail", "test: runs of 50k to 80k steps")

    def rounded_up(run: RunRecord) -> RunRecord:
        return with_result(run, steps=51_200) if run.variant == "tuned" else run

    assert checks(with_runs(good, rounded_up))["T03"].status == "pass"

    def reseeded(run: RunRecord) -> RunRecord:
        return dataclasses.replace(run, seed=run.seed + 1) if run.variant == "tuned" else run

    assert checks(with_runs(good, reseeded))["T03"].status == "fail"


@pytest.mark.parametrize(
    ("rung", "variant", "steps", "status"),
    [
        ("test", "tuned", 53_000, "fail"),
        ("test", "default", 52_000, "pass"),
        ("confirm", "default", 131_072, "fail"),
    ],
)
@pytest.mark.parametrize("shipped", ["tuned", "default"])
def test_more_than_one_part_in_twenty_of_the_steps_fails_whatever_is_shipped(
    good, rung, variant, steps, status, shipped
):
    def longer(run: RunRecord) -> RunRecord:
        same = (run.rung, run.variant) == (rung, variant)
        return with_result(run, steps=steps) if same else run

    record = with_runs(good, longer, rung)
    if shipped == "default":
        cells = [dataclasses.replace(cell, winner=DEFAULT) for cell in record.cells]
        record = dataclasses.replace(record, cells=tuple(cells))
    assert checks(record)["T03"].status == status


def test_trials_of_other_lengths_are_found(good):
    (cell,) = good.cells
    first, *others = cell.trials
    assert first.result is not None
    longer = dataclasses.replace(first, result=dataclasses.replace(first.result, steps=90_000))
    changed = dataclasses.replace(cell, trials=(longer, *others))
    (finding,) = checks(dataclasses.replace(good, cells=(changed,)))["T03"].findings
    assert finding.text.startswith("search: runs of")


def test_curves_that_still_rise_are_found(good: CampaignRecord) -> None:
    def rising(run: RunRecord) -> RunRecord:
        assert run.result is not None
        evaluations = tuple(
            dataclasses.replace(e, returns=tuple(10.0 * place + n for n in range(5)))
            for place, e in enumerate(run.result.evaluations)
        )
        return with_result(run, evaluations=evaluations)

    assert checks(with_runs(good, rising))["T15"].status == "warn"


def test_a_ceiling_is_found(good: CampaignRecord) -> None:
    top = with_runs(good, lambda run: with_result(run, score=500.0))
    (finding,) = checks(top)["T16"].findings
    assert "100 % of the way" in finding.text


def test_clocks_machines_and_second_starts_are_found(good: CampaignRecord) -> None:
    def elsewhere(run: RunRecord) -> RunRecord:
        assert run.result is not None
        cost = dataclasses.replace(run.result.cost, cpu_model="another CPU", attempts=2)
        return with_result(run, cost=cost) if run.index == 0 else run

    found = checks(with_runs(good, elsewhere))
    assert found["T22"].status == "warn"
    assert found["T25"].status == "warn"
    changed = dataclasses.replace(good, provenance={"source": {"git tree": "changed"}})
    assert checks(changed)["T23"].status == "warn"
    assert checks(changed)["T21"].status == "warn"


def test_nothing_can_be_wrong_before_anything_ran(good: CampaignRecord) -> None:
    begun = with_cell(good, trials=(), runs=(), winner=None, importances={})
    found = checks(begun)
    assert found["T20"].status == "warn"
    others = {check.status for name, check in found.items() if name not in {"T04", "T19", "T20"}}
    assert others <= {"pass", "not applicable"}
    assert checks(dataclasses.replace(good, cells=()))["T19"].status == "not applicable"


def test_a_gate_holds_back_what_it_names(mixed: dict[str, Check]) -> None:
    found = tuple(mixed.values())
    failing = {check.id for check in found if check.status == "fail"}
    warning = {check.id for check in found if check.status == "warn"}
    assert failing
    assert warning

    def held(*gates: str) -> set[str]:
        return {check.id for check in gate(found, known_gates(gates))}

    assert held() == set()
    assert held("fail") == failing
    assert held("warn") == failing | warning
    assert held("t06", "T02") == {"T06"}
    assert held("fail", "T06") == failing | {"T06"}


def test_an_unknown_check_is_refused_with_a_hint() -> None:
    with pytest.raises(UsageError, match="unknown check `T001`") as caught:
        known_gates(("T001",))
    assert "T01" in caught.value.help
    assert "did you mean" not in caught.value.help  # one number is as far off as another
    with pytest.raises(UsageError, match="unknown check `fial`") as caught:
        known_gates(("fial",))
    assert caught.value.help == "did you mean `fail`?"

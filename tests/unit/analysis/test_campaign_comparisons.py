"""Two nights of one matrix: what is compared, what is refused, what is found."""

from __future__ import annotations

import dataclasses

import pytest
from sample_records import Truth, synthetic_campaign

from harness.analysis import CampaignComparison, compare_campaigns
from harness.core.record import CampaignRecord


def night(
    name: str, *cells: tuple[str, float, float], seed: int = 7, **truth: object
) -> CampaignRecord:
    """(algorithm, default, tuned) of each cell."""
    base: dict[str, object] = {"scenario": "A", "sd": 20.0, "searched": 900.0}
    truths = [
        Truth(**(base | truth | {"algorithm": a, "default": default, "tuned": tuned}))  # type: ignore[arg-type]
        for a, default, tuned in cells
    ]
    return synthetic_campaign(name, truths, seed=seed)


def words(comparison: CampaignComparison) -> dict[tuple[str, str], str | None]:
    return {(one.cell, one.variant): one.word for one in comparison.cells}


def test_a_regression_is_found_and_nothing_else() -> None:
    monday = night("monday", ("ppo", 100, 300), ("a2c", 100, 300), seed=1)
    tuesday = night("tuesday", ("ppo", 100, 200), ("a2c", 100, 300), seed=2)
    found = compare_campaigns([monday, tuesday])
    assert words(found) == {
        ("ppo@A", "default"): "no clear difference",
        ("ppo@A", "tuned"): "worse",
        ("a2c@A", "default"): "no clear difference",
        ("a2c@A", "tuned"): "no clear difference",
    }
    for one in found.cells:
        assert one.low is not None
        assert one.high is not None
        assert (one.low > 0 or one.high < 0) == (one.word == "worse")
    assert words(compare_campaigns([tuesday, monday]))["ppo@A", "tuned"] == "improved"
    assert (found.worse, found.slower) == (("ppo@A",), ())


def with_speed(name: str, factor: float) -> CampaignRecord:
    """A night whose runs trained so many times as fast."""
    record = night(name, ("ppo", 100, 300), seed=2)
    (cell,) = record.cells
    runs = []
    for run in cell.runs:
        assert run.result is not None
        speed = factor * run.result.cost.steps_per_second
        cost = dataclasses.replace(run.result.cost, steps_per_second=speed)
        result = dataclasses.replace(run.result, cost=cost)
        runs.append(dataclasses.replace(run, result=result))
    other = dataclasses.replace(cell, runs=tuple(runs))
    return dataclasses.replace(record, cells=(other,))


@pytest.mark.parametrize("factors", [(0.0, 1.0), (1.0, 0.0), (0.0, 0.0)])
def test_a_speed_that_one_of_them_does_not_have_is_not_compared(
    factors: tuple[float, float],
) -> None:
    nights = [with_speed(name, factor) for name, factor in zip("ab", factors, strict=True)]
    found = compare_campaigns(nights)
    assert {(each.change, each.word) for each in found.speeds} == {(None, None)}
    assert {each.before is None for each in found.speeds} == {factors[0] == 0}
    assert found.slower == ()


@pytest.mark.parametrize(
    ("factor", "word", "slower"),
    [(0.5, "slower", ("ppo@A",)), (2.0, "faster", ()), (0.96, "as fast", ())],
)
def test_speeds_are_compared_by_their_logarithms(
    factor: float, word: str, slower: tuple[str, ...]
) -> None:
    found = compare_campaigns(
        [night("monday", ("ppo", 100, 300), seed=2), with_speed("tuesday", factor)]
    )
    assert [each.word for each in found.speeds] == [word, word]
    assert found.slower == slower
    for each in found.speeds:
        assert each.change == pytest.approx(factor - 1)
        assert each.before is not None
        assert each.after == pytest.approx(factor * each.before)
        assert each.low is not None
        assert each.high is not None
        assert (1 + each.low) * (1 + each.high) == pytest.approx(factor**2)


def test_the_same_runs_are_not_compared() -> None:
    record = night("monday", ("ppo", 100, 300))
    found = compare_campaigns([record, dataclasses.replace(record, name="tuesday")])
    assert set(words(found).values()) == {"same runs"}
    assert {one.p_adjusted for one in found.cells} == {None}


def test_a_default_that_both_ship_is_compared_once() -> None:
    kept = [night(f"kept{seed}", ("ppo", 100, 20), seed=seed, searched=20.0) for seed in (1, 2)]
    assert {cell.winner for record in kept for cell in record.cells} == {"default"}
    found = compare_campaigns(kept)
    assert {each.variant for each in found.cells} == {"default"}
    assert {each.variant for each in found.speeds} == {"default"}


def test_what_is_tested_differently_is_refused_by_name() -> None:
    monday, tuesday = (
        night("monday", ("ppo", 100, 300)),
        night("tuesday", ("ppo", 100, 300), seed=2),
    )
    (cell,) = tuesday.cells
    test = dataclasses.replace(cell.cell.test, steps=cell.cell.test.steps + 1)
    other = dataclasses.replace(cell, cell=dataclasses.replace(cell.cell, test=test))
    found = compare_campaigns([monday, dataclasses.replace(tuesday, cells=(other,))])
    (line,) = found.incomparable
    assert line.startswith("tuesday, ppo@A: test.steps: ")
    assert found.cells == ()


def test_other_settings_are_listed_and_cells_without_a_peer_named() -> None:
    monday = night("monday", ("ppo", 100, 300), ("a2c", 100, 300))
    tuesday = night("tuesday", ("ppo", 100, 300), ("dqn", 100, 300), seed=2)
    versions = {**tuesday.provenance["versions"], "torch": "9.9"}
    tuesday = dataclasses.replace(tuesday, provenance={"versions": versions})
    found = compare_campaigns([monday, tuesday])
    assert any("version of torch" in line for line in found.settings)
    assert any("seed" in line for line in found.settings)
    assert set(found.alone) == {"a2c@A is in monday alone", "dqn@A is in tuesday alone"}
    assert {one.cell for one in found.cells} == {"ppo@A"}


def test_more_campaigns_are_corrected_together() -> None:
    first, second = night("a", ("ppo", 100, 300), seed=1), night("b", ("ppo", 100, 280), seed=2)
    third = night("c", ("ppo", 100, 300), seed=3)
    alone = compare_campaigns([first, second]).cells[1]
    among = compare_campaigns([first, second, third]).cells[1]
    assert (among.campaign, among.difference) == ("b", alone.difference)
    assert (among.p_adjusted or 0) >= (alone.p_adjusted or 0)
    assert len(compare_campaigns([first, second, third]).cells) == 4


@pytest.mark.parametrize("failed", [6])
def test_failed_runs_make_a_comparison_unstable(failed: int) -> None:
    monday = night("monday", ("ppo", 100, 300), seed=1)
    tuesday = night("tuesday", ("ppo", 100, 400), seed=2, failed_tuned=failed)
    assert words(compare_campaigns([monday, tuesday]))["ppo@A", "tuned"] == "unstable"

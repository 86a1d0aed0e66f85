"""What tuning brought over the whole campaign, and where the optimism of a search is from."""

from __future__ import annotations

import pytest
from sample_records import Truth, synthetic_campaign

from harness.analysis import campaign_effect, leaderboard, optimism

NAMES = ("ppo", "a2c", "dqn", "trpo")


def truths(**truth: object) -> list[Truth]:
    base = {"scenario": "A", "default": 100.0, "tuned": 244.0, "sd": 10.0}
    return [Truth(algorithm=name, **(base | truth)) for name in NAMES]  # type: ignore[arg-type]


def test_the_effect_is_on_the_scale_from_random_policy_to_reference() -> None:
    effect = campaign_effect(synthetic_campaign("four", truths()))
    assert effect is not None
    for one in (effect.mean, effect.iqm, effect.typical):
        # From 100 to 244, where 20 is a random policy and 500 the reference.
        assert one.value == pytest.approx(0.3, abs=0.02)
        assert one.low is not None
        assert one.high is not None
        assert one.low < one.value < one.high
        assert one.high - one.low < 0.1
    assert (effect.cells, effect.kept, effect.modelled) == (4, 0, 4)


def test_a_cell_that_ships_its_default_counts_with_nothing() -> None:
    kept = Truth(scenario="B", algorithm="ppo", default=100.0, tuned=20.0, sd=1.0)
    with_kept = campaign_effect(synthetic_campaign("five", [*truths(), kept]))
    without = campaign_effect(synthetic_campaign("four", truths()))
    assert with_kept is not None
    assert without is not None
    assert (with_kept.cells, with_kept.kept, with_kept.modelled) == (5, 1, 4)
    assert with_kept.mean.value == pytest.approx(0.8 * (without.mean.value or 0))


def test_without_fixed_scores_there_is_no_common_scale() -> None:
    assert campaign_effect(synthetic_campaign("four", truths(random=None))) is None


def test_the_parts_of_the_optimism_add_up() -> None:
    table = optimism(leaderboard(synthetic_campaign("four", truths())))
    complete = [row for row in table.rows if row.selection is not None]
    assert complete
    for row in complete:
        assert row.gap is not None
        parts = (row.selection or 0) + (row.winner_change or 0) + (row.remainder or 0)
        assert parts == pytest.approx(row.gap)
        # The confirm rung chooses the best mean: a change of the winner never lowers it.
        assert (row.winner_change or 0) <= 1e-9
    assert table.selection is not None

"""Curriculum: which level a training is on is a function of what it was told, in order."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.curriculum import Curriculum, CurriculumProgress, Level, LevelStart
from harness.core.identity import digest
from harness.core.run_result import RunResult, Status
from harness.core.scenario import Scenario

LEVELS = tuple(Level(name=name, arguments={"g": place}) for place, name in enumerate("abc"))


def climbed(curriculum, told, steps=1000):
    """The progress after (step, returns of episodes, evaluation or None) were told."""
    progress = CurriculumProgress(curriculum, "itself", steps)
    for step, episodes, mean in told:
        for earned in episodes:
            progress.add_episode(earned)
        if mean is not None:
            progress.add_evaluation(mean)
        progress.advance(step)
    return progress


def test_shares_of_the_steps_end_levels():
    curriculum = Curriculum(levels=LEVELS[:2], shares=(0.25, 0.5))
    progress = climbed(curriculum, [(step, (), None) for step in range(10, 1001, 10)])
    assert progress.starts == [
        LevelStart(level="a", step=0),
        LevelStart(level="b", step=250),
        LevelStart(level="itself", step=500),
    ]
    assert progress.is_finished


def test_one_long_step_may_pass_a_level_over():
    curriculum = Curriculum(levels=LEVELS, shares=(0.1, 0.2, 0.9))
    progress = climbed(curriculum, [(300, (), None)])
    assert [start.level for start in progress.starts] == ["a", "c"]


def test_a_threshold_is_of_the_last_episodes_of_the_level():
    curriculum = Curriculum(levels=LEVELS[:2], thresholds=(10.0, 10.0), episodes=2)
    told = [(1, [0], None), (2, [15], None), (3, [5], None), (4, [20], None), (5, [3], None)]
    progress = climbed(curriculum, told)
    # 15 and 5 make 10; the 5 and the 20 belong to different levels.
    assert progress.starts[1] == LevelStart(level="b", step=3, mean=10.0)
    assert progress.starts[2] == LevelStart(level="itself", step=5, mean=11.5)


def test_evaluations_count_only_where_they_are_asked_for():
    by_episodes = Curriculum(levels=LEVELS[:1], thresholds=(1.0,), episodes=1)
    by_evaluations = Curriculum(levels=LEVELS[:1], thresholds=(1.0,), evaluations=1)
    assert not climbed(by_episodes, [(1, [], 5.0)]).is_finished
    assert not climbed(by_evaluations, [(1, [5.0], None)]).is_finished
    assert climbed(by_evaluations, [(1, [], 5.0)]).is_finished


def test_a_share_ends_a_level_whose_threshold_is_out_of_reach():
    curriculum = Curriculum(levels=LEVELS[:1], thresholds=(99.0,), episodes=1, shares=(0.5,))
    progress = climbed(curriculum, [(400, [1.0], None), (500, [1.0], None)])
    assert progress.starts[-1] == LevelStart(level="itself", step=500)


@given(
    shares=st.booleans(),
    count=st.integers(1, 3),
    episodes=st.integers(0, 3),
    rewards=st.lists(st.lists(st.floats(-10, 10), max_size=3), min_size=1, max_size=60),
    stride=st.integers(1, 400),
)
def test_any_training_goes_up_and_every_start_has_its_reason(
    shares, count, episodes, rewards, stride
):
    curriculum = Curriculum(
        levels=LEVELS[:count],
        shares=(0.2, 0.5, 0.8)[:count] if shares or not episodes else (),
        thresholds=(2.0, 0.0, -2.0)[:count] if episodes else (),
        episodes=episodes,
    )
    told = [((place + 1) * stride, each, None) for place, each in enumerate(rewards)]
    progress = climbed(curriculum, told)
    assert climbed(curriculum, told).starts == progress.starts
    names = [*(level.name for level in curriculum.levels), "itself"]
    places = [names.index(start.level) for start in progress.starts]
    steps = [start.step for start in progress.starts]
    assert places[0] == steps[0] == 0
    assert places == sorted(set(places))
    assert steps == sorted(set(steps))
    assert progress.level_index == places[-1]
    for before, after, start in zip(places, places[1:], progress.starts[1:], strict=False):
        if start.mean is None:
            assert start.step >= curriculum.shares[after - 1] * 1000
        else:
            assert after == before + 1
            assert start.mean >= curriculum.thresholds[before]
    if curriculum.shares:
        due = sum(told[-1][0] >= share * 1000 for share in curriculum.shares)
        assert progress.level_index >= due


def test_a_level_is_the_scenario_with_other_arguments():
    curriculum = Curriculum(levels=LEVELS[:1], shares=(0.5,))
    scenario = Scenario(
        name="s", env="s", action="Box", arguments={"g": 9, "h": 1}, curriculum=curriculum
    )
    assert scenario.at_level(LEVELS[0]).arguments == {"g": 0, "h": 1}
    assert scenario.at_level(None) == replace(scenario, curriculum=None)


def test_levels_that_are_only_offered_change_no_number_and_a_curriculum_does():
    plain = Scenario(name="s", env="s", action="Box")
    curriculum = Curriculum(levels=LEVELS[:1], shares=(0.5,))
    assert digest(replace(plain, levels=LEVELS)) == digest(plain)
    found = {
        digest(replace(plain, curriculum=each))
        for each in (None, curriculum, replace(curriculum, shares=(0.6,)))
    }
    assert len(found) == 3


def test_starts_survive_the_ledger_and_older_results_have_none():
    result = RunResult(
        run_id="u",
        status=Status.COMPLETE,
        score=1.0,
        steps=10,
        levels=(LevelStart(level="a", step=0), LevelStart(level="b", step=4, mean=0.5)),
    )
    data = result.to_json()
    assert RunResult.from_json(data) == result
    del data["levels"]
    assert RunResult.from_json(data).levels == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"shares": (0.25,)}, "a (to 25.0% of the steps) -> itself"),
        (
            {"thresholds": (7.0,), "episodes": 20},
            "a (to a mean of 7 over 20 episodes) -> itself",
        ),
        (
            {"thresholds": (7.0,), "evaluations": 1, "shares": (0.5,)},
            "a (to a mean of 7 over one evaluation, to at most 50.0% of the steps) -> itself",
        ),
    ],
)
def test_a_curriculum_can_be_read(changes, said):
    assert Curriculum(levels=LEVELS[:1], **changes).describe("itself") == said

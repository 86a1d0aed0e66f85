"""Trainings that go through a curriculum: real ones, of a few hundred steps."""

from dataclasses import replace
from typing import ClassVar

import gymnasium
import numpy as np
import pytest
import torch

from harness.core.curriculum import Curriculum, CurriculumProgress, Level
from harness.core.run_result import Status
from harness.core.scenario import Normalize
from harness.errors import UsageError
from harness.training import build, train
from harness.training.learner import make_environments
from harness.training.vec_envs import CurriculumVecEnv, curriculum_progress_of

pytestmark = pytest.mark.training


class Stair(gymnasium.Env):
    """Episodes of `length` steps that observe the step and the height, and earn the height."""

    made: ClassVar[list] = []

    def __init__(self, *, height=9, length=5, size=2):
        self.observation_space = gymnasium.spaces.Box(-1, 10 + height, (size,), np.float32)
        self.action_space = gymnasium.spaces.Discrete(2)
        self._height, self._length, self._size, self._time = height, length, size, 0
        self.closed = False
        self.seeds = []
        self.made.append(self)
        np.random.seed(0)  # noqa: NPY002
        torch.set_num_threads(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.seeds.append(seed)
        self._time = 0
        return self._observe(), {}

    def step(self, action):
        self._time += 1
        return self._observe(), float(self._height), self._time == self._length, False, {}

    def close(self):
        self.closed = True

    def _observe(self):
        return np.resize(np.array([self._time, self._height], np.float32), self._size)


@pytest.fixture(autouse=True)
def stairs():
    Stair.made.clear()
    gymnasium.register("Stair-v0", entry_point=Stair)
    yield
    del gymnasium.registry["Stair-v0"]


def levels(*heights):
    return tuple(Level(name=f"low {h}", arguments={"height": h}) for h in heights)


@pytest.fixture
def stair(corridor_of):
    def make(curriculum, **changes):
        changes = {"name": "stair", "env": "Stair-v0", "arguments": {}, "n_envs": 2} | changes
        return replace(corridor_of(), curriculum=curriculum, **changes)

    return make


def played(env, steps):
    """(observations, rewards, dones, infos) of some steps."""
    actions = np.zeros(env.num_envs, dtype=int)
    return [env.step(actions) for _ in range(steps)]


def test_all_environments_change_in_one_step_and_cut_episodes_are_no_ends(stair, run):
    scenario = stair(Curriculum(levels=levels(1), shares=(0.25,)))
    env = make_environments(run("ppo", scenario, steps=32))
    env.seed(5)
    env.reset()
    np.random.seed(7)  # noqa: NPY002
    torch.set_num_threads(1)
    *_, before, change, after = played(env, 5)
    # The constructors of a level change nothing of the learner's.
    assert np.random.random() == np.random.RandomState(7).random()  # noqa: NPY002
    assert torch.get_num_threads() == 1
    assert not before[2].any()
    # 8 of 32 steps: the fourth of two environments, one step before their episodes' end.
    assert change[2].all()
    assert [info["TimeLimit.truncated"] for info in change[3]] == [True, True]
    assert change[3][0]["terminal_observation"].tolist() == [4.0, 1.0]
    assert change[1].tolist() == [1.0, 1.0]
    assert change[0].tolist() == [[0.0, 9.0], [0.0, 9.0]]
    assert after[1].tolist() == [9.0, 9.0]
    env.close()
    assert all(made.closed for made in Stair.made)
    assert [made.seeds[0] for made in Stair.made if made.seeds] == [5, 6, 5, 6]


def test_an_episode_that_ends_by_itself_in_that_step_is_an_end(stair, run):
    scenario = stair(Curriculum(levels=levels(1), thresholds=(5.0,), episodes=2))
    env = make_environments(run("ppo", scenario, steps=1000))
    env.reset()
    change = played(env, 5)[-1]
    assert change[2].all()
    assert not any(info["TimeLimit.truncated"] for info in change[3])
    assert change[0].tolist() == [[0.0, 9.0], [0.0, 9.0]]
    env.close()


def test_saved_models_name_the_spaces_of_the_scenario_itself(stair, run):
    scenario = stair(Curriculum(levels=levels(1), shares=(0.5,)))
    learner = build(run("ppo", scenario))
    assert learner.observation_space.high.tolist() == [19.0, 19.0]
    learner.env.close()


def test_a_level_with_other_spaces_is_refused(stair, run):
    other = (Level(name="wide", arguments={"size": 3}),)
    scenario = stair(Curriculum(levels=other, shares=(0.25,)))
    env = make_environments(run("ppo", scenario, steps=32))
    env.reset()
    with pytest.raises(UsageError, match="level `stair` has other spaces"):
        played(env, 5)
    env.close()


@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize("backend", ["sb3", "fast"])
def test_a_training_goes_through_its_levels_and_repeats_itself(stair, run, normalize, backend):
    curriculum = Curriculum(
        levels=levels(1, 4), thresholds=(5.0, 20.0), episodes=3, shares=(0.4, 0.9)
    )
    scenario = stair(curriculum, normalize=Normalize(observation=normalize, reward=normalize))
    work = run("ppo", scenario, backend=backend)
    result = train(work)
    assert result.status is Status.COMPLETE, result.failure
    # Two episodes end at once; raw returns are 5 and 20 whatever is normalised.
    assert [(each.level, each.step, each.mean) for each in result.levels] == [
        ("low 1", 0, None),
        ("low 4", 20, 5.0),
        ("stair", 40, 20.0),
    ]
    # Evaluation is on the stair itself.
    assert {earned for each in result.evaluations for earned in each.returns} == {45.0}
    again = train(work)
    assert (again.levels, again.evaluations) == (result.levels, result.evaluations)


def test_evaluations_on_the_scenario_itself_can_end_a_level(stair, run):
    curriculum = Curriculum(levels=levels(1), thresholds=(45.0,), evaluations=1)
    result = train(run("ppo", stair(curriculum)))
    assert [each.level for each in result.levels] == ["low 1", "stair"]
    assert result.levels[1].mean == 45.0
    assert result.levels[1].step > result.evaluations[0].step


def test_statistics_of_normalisation_go_on_over_the_levels(stair, run):
    curriculum = Curriculum(levels=levels(1), shares=(0.5,))
    scenario = stair(curriculum, normalize=Normalize(observation=True))
    learner = build(run("ppo", scenario, steps=192))
    learner.learn(192)
    progress = curriculum_progress_of(learner)
    assert isinstance(progress, CurriculumProgress)
    assert progress.is_finished
    mean = learner.get_vec_normalize_env().obs_rms.mean
    # Heights 1 and 9, for about equally many steps.
    assert 3 < mean[1] < 7
    learner.env.close()


@pytest.mark.parametrize("name", ["dqn", "ars"])
def test_other_kinds_of_learners_go_through_levels_too(stair, run, name):
    curriculum = Curriculum(levels=levels(1), shares=(0.3,))
    result = train(run(name, stair(curriculum)))
    assert result.status is Status.COMPLETE, result.failure
    assert [each.level for each in result.levels] == ["low 1", "stair"]


def test_batches_of_environments_change_as_one(run):
    from scenarios import SCENARIOS

    hard = next(each for each in SCENARIOS if each.name == "bucket_brigade/hard-v0")
    scenario = replace(hard, curriculum=Curriculum(levels=hard.levels, shares=(0.2, 0.4, 0.6)))
    result = train(run("ppo", scenario))
    assert result.status is Status.COMPLETE, result.failure
    assert [each.level for each in result.levels] == [
        "trivial_cooperation",
        "easy",
        "default",
        "bucket_brigade/hard-v0",
    ]


def test_without_a_curriculum_there_are_no_levels(stair, run):
    learner = build(run("ppo", stair(None)))
    assert curriculum_progress_of(learner) is None
    assert not isinstance(learner.env, CurriculumVecEnv)
    learner.env.close()

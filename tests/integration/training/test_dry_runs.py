"""What breaks when a run is only begun, and what is to blame for it."""

import random

import gymnasium
import numpy as np
import pytest

from harness.algorithms import ALGORITHMS
from harness.core.evaluation import Schedule
from harness.core.run import Run
from harness.core.scenario import Normalize, Scenario, Wrapper
from harness.training.dry_runs import dry_run

pytestmark = pytest.mark.training


class OldGym(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-1, 1, (2,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self):
        return np.zeros(2, np.float32)


gymnasium.register("OldGym-v0", entry_point=OldGym)


def run(configuration=(), learner="ppo", **scenario):
    world = Scenario(
        **{"name": "Pendulum-v1", "env": "Pendulum-v1", "action": "Box", "observation": "vector"}
        | scenario
    )
    algorithm = next(each for each in ALGORITHMS if each.name == learner)
    return Run(
        scenario=world,
        algorithm=algorithm,
        policy=algorithm.policies[world.observation],
        arguments=dict(configuration),
        seed=1,
        steps=100,
        schedule=Schedule(evals=1, episodes=1, seed=2),
    )


def test_what_can_begin_has_no_fault():
    assert dry_run([run(), run({"use_sde": True}), run(learner="sac")]) == ()


def test_the_argument_to_blame_is_named():
    nested = {"gamma": 0.9, "policy_kwargs": {"net_arch": [8], "optimizer_kwargs": {"epsi": 1}}}
    first, second = dry_run([run({"tau": 1}), run(), run(nested)])
    assert (first.run, first.path) == (0, ("arguments", "tau"))
    assert (second.run, second.path) == (2, ("arguments", "policy_kwargs", "optimizer_kwargs"))
    assert "epsi" in second.message


def test_a_wrapper_that_wants_a_function_is_named():
    wrapper = Wrapper(path="gymnasium.wrappers.TransformReward", arguments={"func": "abs"})
    (fault,) = dry_run([run(wrappers=(wrapper,))])
    assert fault.path == ("wrappers", "0", "arguments", "func")
    assert "takes a function" in fault.message


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"name": "OldGym-v0", "env": "OldGym-v0", "action": "Discrete"}, "old Gym"),
        ({"arguments": {"gaol": 1}}, "gaol"),
        (
            {
                "env": "FrozenLake-v1",
                "action": "Discrete",
                "normalize": Normalize(observation=True),
            },
            "cannot be normalised",
        ),
    ],
)
def test_an_environment_that_cannot_be_used_is_said_once(changes, part):
    (fault,) = dry_run([run(**changes), run({"gamma": 0.9}, **changes)])
    assert part in fault.message
    assert fault.help


def test_an_argument_that_only_learning_breaks_on_is_named():
    # Adam takes any tuple when it is made.
    broken = {"policy_kwargs": {"optimizer_kwargs": {"betas": [0.9, "x"]}}}
    (fault,) = dry_run([run(broken)])
    assert fault.path[:2] == ("arguments", "policy_kwargs")


class Still(gymnasium.Env):
    """Shows the same whatever is done, of a kind."""

    observation_space = gymnasium.spaces.MultiDiscrete([2, 3])

    def __init__(self, kind):
        make = getattr(gymnasium.spaces, kind)
        self.action_space = make(-1, 1, (2,)) if kind == "Box" else make(SIZES[kind])

    def reset(self, *, seed=None, options=None):
        return np.array([1, 2]), {}

    def step(self, action):
        return np.array([1, 2]), 0.0, True, False, {}


FLAT = Wrapper(path="gymnasium.wrappers.FlattenObservation")
SIZES = {"Discrete": 3, "MultiDiscrete": [2, 3], "MultiBinary": 2}
gymnasium.register("Still-v0", entry_point=Still)


@pytest.mark.parametrize("learner", [each.name for each in ALGORITHMS])
def test_every_learner_takes_its_learning_step_in_the_rarest_of_its_kinds_of_action(learner):
    algorithm = next(each for each in ALGORITHMS if each.name == learner)
    kind = max(algorithm.actions, key=["Box", *SIZES].index)
    world = {"name": "Still-v0", "env": "Still-v0", "arguments": {"kind": kind}, "action": kind}
    assert dry_run([run({}, learner, n_envs=2, wrappers=(FLAT,), **world)]) == ()


def test_a_memory_of_choices_of_several_kinds_needs_a_wrapper():
    world = {"name": "Still-v0", "env": "Still-v0", "action": "Box", "arguments": {"kind": "Box"}}
    (fault,) = dry_run([run({}, "ppo_recurrent", **world)])
    assert "FlattenObservation" in fault.help


def test_what_breaks_the_first_steps_and_is_nobodys_fault_is_told():
    arguments = {"kind": "MultiBinary"}
    world = {"name": "Still-v0", "env": "Still-v0", "action": "MultiBinary", "wrappers": (FLAT,)}
    (note,) = dry_run([run({}, "ppo_recurrent", arguments=arguments, **world)])
    assert note.is_note
    assert "the first steps of `ppo_recurrent` in `Still-v0`: RuntimeError" in note.message


class FloatPicture(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(0, 1, (40, 40, 3), np.float32)
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        return np.zeros((40, 40, 3), np.float32), {}

    def step(self, action):
        return np.ones((40, 40, 3), np.float32), 0.0, True, False, {}


gymnasium.register("FloatPicture-v0", entry_point=FloatPicture)


def test_an_image_of_floats_is_said_to_be_trained_as_numbers():
    world = {"name": "FloatPicture-v0", "env": "FloatPicture-v0", "action": "Discrete"}
    (fault,) = dry_run([run(**world)])
    assert fault.is_note
    assert "row of 4,800 numbers" in fault.message


def test_a_share_of_the_rollout_is_no_larger_than_the_rollout_itself():
    scarce = {"n_steps": 32, "batch_size": 16, "sub_sampling_factor": 7}
    assert dry_run([run(scarce, "trpo")]) == ()


class Noisy(gymnasium.Env):
    """Draws its observations, or rewards, from one of the generators that there are.

    Where it is careless, a reset without a seed makes another one, from nowhere.
    """

    observation_space = gymnasium.spaces.Dict(x=gymnasium.spaces.Box(0, 1, (), np.float64))
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, generator, rewards=False):
        self.generators = {"own": np.random.default_rng(), "global": np.random, "python": random}
        self.generator, self.count = generator, 0
        self.rewards = rewards

    def draw(self):
        self.count += 1
        if self.generator == "statistics":
            return 1 / self.count
        return self.generators.get(self.generator, self.np_random).random()

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        if self.generator == "careless":
            self.generators["careless"] = np.random.default_rng(seed)
        if self.generator == "reseeded":
            np.random.seed(seed)  # noqa: NPY002
        self.steps = 0
        return {"x": 0.5 if self.rewards else self.draw()}, {}

    def step(self, action):
        self.steps += 1
        x, reward = (0.5, self.draw()) if self.rewards else (self.draw(), 0.0)
        return {"x": x}, reward, self.steps == 9, False, {}


gymnasium.register("Noisy-v0", entry_point=Noisy)


@pytest.mark.parametrize(
    ("arguments", "moment"),
    [
        ({"generator": "own"}, "from the reset on"),
        ({"generator": "own", "rewards": True}, "from step 1 on"),
        ({"generator": "careless"}, "from step 9 on"),
        ({"generator": "reseeded"}, "the generators that everybody shares"),
        ({"generator": "seeded"}, None),
        ({"generator": "seeded", "rewards": True}, None),
        # A run seeds these itself.
        ({"generator": "global"}, None),
        ({"generator": "statistics"}, "outlasts an episode"),
        ({"generator": "python"}, None),
    ],
)
def test_what_the_seed_does_not_reach_is_said(arguments, moment):
    world = {"name": "Noisy-v0", "env": "Noisy-v0", "action": "Discrete", "observation": "dict"}
    faults = dry_run([run(**world, arguments=arguments, n_envs=2)])
    assert len(faults) == (moment is not None)
    for fault in faults:
        assert fault.is_note
        assert moment in fault.message


class Masked(gymnasium.Env):
    """Ends its episode at once where its second choice is not the second one."""

    observation_space = gymnasium.spaces.Box(-1, 1, (2,), np.float32)
    action_space = gymnasium.spaces.MultiDiscrete([2, 3])

    def __init__(self, size=5):
        self.size = size

    def reset(self, *, seed=None, options=None):
        return np.zeros(2, np.float32), {}

    def step(self, action):
        assert action[1] == 1
        return np.ones(2, np.float32), 0.0, True, False, {}

    def action_masks(self):
        return np.array([1, 1, 0, 1, 0])[: self.size]


gymnasium.register("Masked-v0", entry_point=Masked)


def test_masks_hold_for_learners_that_take_them_alone():
    world = {"name": "Masked-v0", "env": "Masked-v0", "action": "MultiDiscrete"}
    assert dry_run([run({}, "ppo_mask", **world)]) == ()
    (fault,) = dry_run([run({}, "ppo_mask", arguments={"size": 4}, **world)])
    assert "action mask of Masked-v0 has the shape (4,), not (5,)" in fault.message

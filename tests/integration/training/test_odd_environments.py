"""Environments with spaces that few have: what a dry run accepts is trained, nothing else is."""

from dataclasses import replace
from typing import ClassVar

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector.utils import batch_space

from harness.algorithms import ALGORITHMS
from harness.core.backend import obstacle
from harness.core.evaluation import Schedule
from harness.core.run import Run
from harness.core.scenario import Normalize, Scenario, Wrapper
from harness.envs.environment_inspection import space_kinds
from harness.errors import UsageError
from harness.training.dry_runs import dry_run
from harness.training.train_run import train_seed

pytestmark = [
    pytest.mark.training,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.*maximum and minimum values are equal"),
]

IMAGE = spaces.Box(0, 255, (40, 40, 3), np.uint8)

ACTIONS = {
    "float64": spaces.Box(-1, 1, (2,), np.float64),
    "whole numbers": spaces.Box(0, 10, (2,), np.int32),
    "a byte": spaces.Box(0, 255, (1,), np.uint8),
    "a scalar": spaces.Box(-1, 1, ()),
    "a table": spaces.Box(-1, 1, (2, 2)),
    "nothing": spaces.Box(-1, 1, (0,)),
    "a constant": spaces.Box(np.array([-1.0, 0.0]), np.array([1.0, 0.0]), dtype=np.float64),
    "without a bound": spaces.Box(-np.inf, 1, (1,)),
    "half precision": spaces.Box(-1, 1, (2,), np.float16),
    "one choice": spaces.Discrete(1),
    "a short choice": spaces.Discrete(2, dtype=np.int8),
    "short choices": spaces.MultiDiscrete([2, 3], dtype=np.int8),
    "switches": spaces.MultiBinary(3),
}
OBSERVATIONS = {
    "a scalar": spaces.Box(-1, 1, ()),
    "a table": spaces.Box(-1, 1, (2, 3)),
    "half precision": spaces.Box(-1, 1, (3,), np.float16),
    "flags": spaces.Box(0, 1, (3,), np.bool_),
    "a vector and an image": spaces.Dict(a=spaces.Box(-1, 1, (2,)), i=IMAGE),
    "a name with a dot": spaces.Dict({"a.b": spaces.Box(-1, 1, (2,))}),
    "a name of torch": spaces.Dict({"forward": spaces.Box(-1, 1, (2,))}),
    "a small image": spaces.Dict(i=spaces.Box(0, 255, (20, 20, 3), np.uint8)),
    "an image": IMAGE,
    "a choice": spaces.Discrete(4),
    "a choice of very many": spaces.Discrete(400_000),
}
INFORMATION = {
    "TimeLimit.truncated": "yes",
    "_final_obs": False,
    "episode": {"r": 5, "l": 3},
    "final_info": 1,
    "final_obs": 3,
    "is_success": "maybe",
    "return_parts": 7,
    "terminal_observation": "x",
}
"""What libraries that make or train environments keep in a step's information."""

SMALL = {
    "ars": {"n_delta": 1, "n_top": 1},
    "ppo": {"n_steps": 32, "batch_size": 32, "n_epochs": 1, "policy_kwargs": {"net_arch": [8]}},
    "replay": {
        "learning_starts": 20,
        "batch_size": 8,
        "train_freq": 4,
        "gradient_steps": 1,
        "policy_kwargs": {"net_arch": [8]},
    },
}


class Odd(gymnasium.Env):
    """Refuses what is no element of its action space."""

    def __init__(self, action="", observation="", information=None):
        self.action_space = ACTIONS.get(action, spaces.Discrete(2))
        self.observation_space = OBSERVATIONS.get(observation, spaces.Box(-1, 1, (2,)))
        self.observed = OBSERVATIONS.get(observation, spaces.Box(-1, 1, (2,)))
        self.information = information or {}
        if information:
            # Names that environments of this project have, too.
            self.gaps = self.pool = self.take_over = self.batch = self.n_envs = "mine"

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return self.observed.sample(), {}

    def step(self, action):
        if isinstance(self.action_space, spaces.Box):
            action = np.asarray(action)
        assert self.action_space.contains(action), (action, self.action_space)
        self.steps += 1
        return self.observed.sample(), 1.0, self.steps == 5, False, dict(self.information)


gymnasium.register("Odd-v0", entry_point=Odd)


def make_run(learner, *, normalize=False, **arguments):
    """A short run, and its scenario as `check` would have it."""
    action, observation = space_kinds(Odd(**arguments))
    algorithm = next(each for each in ALGORITHMS if each.name == learner)
    if action not in algorithm.actions or observation not in algorithm.policies:
        pytest.skip("nobody could ask for it")
    parameters = SMALL.get(learner, SMALL["ppo" if algorithm.on_policy else "replay"])
    return Run(
        scenario=Scenario(
            name="Odd-v0",
            env="Odd-v0",
            action=action,
            observation=observation,
            arguments=arguments,
            normalize=Normalize(observation=normalize, reward=normalize and learner != "ars"),
        ),
        algorithm=algorithm,
        policy=algorithm.policies[observation],
        arguments=parameters,
        seed=1,
        steps=64,
        schedule=Schedule(evals=1, episodes=1, seed=2),
    )


def expect_agreement(run):
    """What a dry run says, and that training says the same on every backend."""
    faults = [fault for fault in dry_run([run]) if not fault.is_note]
    is_covered = obstacle(run.algorithm, run.scenario, run.arguments) is None
    for backend in ("sb3", "fast") if is_covered else ("sb3",):
        failure = train_seed(replace(run, backend=backend)).failure
        assert (failure is None) == (not faults), failure or faults
    return faults


@pytest.mark.parametrize("learner", ["ppo", "dqn", "sac", "ars"])
@pytest.mark.parametrize("action", list(ACTIONS))
def test_actions(action, learner):
    if action == "nothing":
        with pytest.raises(UsageError, match="no number"):
            make_run(learner, action=action)
        return
    faults = expect_agreement(make_run(learner, action=action))
    is_scaled = learner == "sac" and action == "a constant"
    assert bool(faults) == (is_scaled or action == "without a bound")
    assert all(fault.help for fault in faults)


@pytest.mark.parametrize("learner", ["ppo", "dqn", "ars"])
@pytest.mark.parametrize("observation", list(OBSERVATIONS))
def test_observations(observation, learner):
    faults = expect_agreement(make_run(learner, observation=observation))
    unnamed = observation in {"a name with a dot", "a name of torch", "a small image"}
    assert bool(faults) == unnamed


@pytest.mark.parametrize("learner", ["ppo", "dqn"])
@pytest.mark.parametrize(
    "observation", ["a vector and an image", "an image", "a choice", "a scalar", "a table"]
)
def test_normalised_observations(observation, learner):
    faults = expect_agreement(make_run(learner, observation=observation, normalize=True))
    assert bool(faults) == (observation in {"an image", "a choice"})


def test_an_image_stays_one_beside_normalised_numbers():
    from harness.training.learner import build

    run = make_run("ppo", observation="a vector and an image", normalize=True)
    learner = build(run)
    assert learner.observation_space["i"].dtype == np.uint8
    assert learner.get_vec_normalize_env().norm_obs_keys == ["a"]
    learner.env.close()


@pytest.mark.parametrize("learner", ["ppo", "sac"])
@pytest.mark.parametrize("backend", ["sb3", "fast"])
def test_what_an_environment_says_and_has_beside_is_its_own_matter(backend, learner):
    action = "float64" if learner == "sac" else ""
    silent, talking = (
        train_seed(replace(make_run(learner, action=action, **words), backend=backend))
        for words in ({}, {"information": INFORMATION})
    )
    assert talking.failure is None
    assert [each.mean for each in talking.evaluations] == [each.mean for each in silent.evaluations]


class Walk(gymnasium.Env):
    """Returns what it keeps, and goes on writing into it, if `shared`: its state for all episodes.

    Information is one dictionary for all environments then.
    """

    observation_space = spaces.Box(-9, 9, (1,))
    action_space = spaces.Box(-1, 1, (1,))
    one_for_all: ClassVar[dict[str, object]] = {}

    def __init__(self, *, shared):
        self.shared = shared
        self.state = np.zeros(1, np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        self.state[:] = self.np_random.uniform(-1, 1, 1)
        return self.answer(self.state), self.answer(self.one_for_all)

    def answer(self, value):
        return value if self.shared else value.copy()

    def step(self, action):
        self.steps += 1
        self.state += action
        if self.shared:
            action[:] = 0
        reward = -abs(float(self.state[0]))
        info = self.answer(self.one_for_all)
        return self.answer(self.state), reward, False, self.steps == 7, info


class Walks(gymnasium.vector.VectorEnv):
    """Several of them as a batch."""

    metadata: ClassVar[dict[str, object]] = {
        "autoreset_mode": gymnasium.vector.AutoresetMode.SAME_STEP
    }

    def __init__(self, num_envs, *, shared):
        self.num_envs, self.shared = num_envs, shared
        self.single_observation_space, self.single_action_space = (
            Walk.observation_space,
            Walk.action_space,
        )
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.state = np.zeros((num_envs, 1), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        self.state[:] = self.np_random.uniform(-1, 1, self.state.shape)
        return self.answer(), {}

    def answer(self):
        return self.state if self.shared else self.state.copy()

    def step(self, actions):
        self.steps += 1
        self.state += actions
        rewards, ends = -np.abs(self.state[:, 0]), np.full(self.num_envs, self.steps == 7)
        info = {"final_obs": self.state.copy()} if ends[0] else {}
        answer = self.reset()[0] if ends[0] else self.answer()
        return answer, rewards, np.zeros_like(ends), ends, info


gymnasium.register("Walk-v0", entry_point=Walk)
gymnasium.register("Walks-v0", entry_point=Walk, vector_entry_point=Walks)
STACKED = Wrapper(path="harness.envs.StackObservations", arguments={"count": 3})


@pytest.mark.parametrize("learner", ["ppo", "td3"])
@pytest.mark.parametrize("backend", ["sb3", "fast"])
@pytest.mark.parametrize(
    ("env", "wrappers"),
    [("Walk-v0", ()), ("Walk-v0", (STACKED,)), ("Walks-v0", ())],
    ids=["single", "stacked", "batch"],
)
def test_what_an_environment_keeps_and_changes_later_is_learned_as_it_was(
    backend, learner, env, wrappers
):
    run = make_run(learner, action="float64")
    scenario = replace(run.scenario, env=env, wrappers=wrappers, n_envs=3)
    careless, careful = (
        train_seed(
            replace(run, backend=backend, scenario=replace(scenario, arguments={"shared": shared}))
        )
        for shared in (True, False)
    )
    assert careless.failure is None
    means = [[each.mean for each in side.evaluations] for side in (careless, careful)]
    assert means[0] == means[1]


class Drawn(Walk):
    """Draws from numpy's global generator when it is made."""

    def __init__(self):
        super().__init__(shared=False)
        np.random.normal()  # noqa: NPY002


gymnasium.register("Drawn-v0", entry_point=Drawn)


def test_a_training_is_the_same_however_many_environments_evaluate_it():
    from harness.training.train_run import Training, attempt

    run = make_run("td3", action="float64")
    run = replace(run, scenario=replace(run.scenario, env="Drawn-v0", arguments={}))
    weights = []
    for episodes in (1, 3):
        training = Training(replace(run, schedule=replace(run.schedule, episodes=episodes)))
        assert attempt(training, None).failure is None
        parameters = training.learner.policy.parameters()
        weights.append(np.concatenate([each.detach().numpy().ravel() for each in parameters]))
    assert np.array_equal(*weights)

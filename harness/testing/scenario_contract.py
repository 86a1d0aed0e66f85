"""What every scenario has to hold to.

A package that offers scenarios runs the suite in its own tests::

    import pytest
    from harness.testing.scenario_contract import ScenarioContract
    from my_package import SCENARIOS

    class TestMyScenarios(ScenarioContract):
        @pytest.fixture(params=SCENARIOS, ids=lambda scenario: scenario.name)
        def scenario(self, request):
            return request.param
"""

from __future__ import annotations

import copy
import warnings
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils.env_checker import check_env

from harness.core.scenario import PETTINGZOO_PREFIX, Scenario
from harness.envs import make, space_kinds, spaces_of
from harness.envs.multi_agent_game import Game
from harness.envs.shared_spaces import SharedSpaceEnv
from harness.testing import expect
from harness.testing.scenario_facts import ScenarioFacts

_SEED = 7
_STEPS = 150
_CYCLES = 25


class ScenarioContract(ScenarioFacts):
    """Tests of one scenario, of its data and then of its environment.

    Attributes:
        steps: Length of the rollouts that are compared; fewer for slow simulators.
    """

    steps = _STEPS

    def test_its_spaces_are_as_declared(self, scenario: Scenario) -> None:
        env = make(scenario)
        kinds = (scenario.action, scenario.observation)
        expect(space_kinds(env) == kinds, f"declared {kinds}, found {space_kinds(env)}")
        env.close()

    def test_its_levels_suit_one_policy(self, scenario: Scenario) -> None:
        own = spaces_of(scenario.at_level(None))
        for level in scenario.levels:
            spaces = spaces_of(scenario.at_level(level))
            expect(spaces == own, f"level {level.name} has {spaces}, the scenario {own}")

    def test_an_episode_ends_at_its_limit(self, scenario: Scenario) -> None:
        limit = scenario.max_episode_steps
        if limit is None:
            return
        env = make(scenario)
        env.reset(seed=_SEED)
        env.action_space.seed(_SEED)
        done = False
        for _ in range(limit):
            _, _, terminated, truncated, _ = env.step(env.action_space.sample())
            done = terminated or truncated
            if done:
                break
        expect(done, f"an episode goes on after {limit} steps")
        env.close()

    def test_the_same_seed_gives_the_same_rollout(self, scenario: Scenario) -> None:
        first, second = (rollout(make(scenario), steps=self.steps) for _ in range(2))
        expect(_equal(first, second), f"two environments with seed {_SEED} differ")

    def test_the_guard_changes_nothing(self, scenario: Scenario) -> None:
        behind_guard, bare = (
            rollout(make(scenario, guard=guard), steps=self.steps) for guard in (True, False)
        )
        expect(_equal(behind_guard, bare), "the rollout differs behind the guard")

    def test_gymnasium_accepts_it(self, scenario: Scenario) -> None:
        env = make(scenario, guard=False)
        with warnings.catch_warnings():
            # Advice on unbounded spaces and the like; what is wrong raises.
            warnings.simplefilter("ignore")
            check_env(env, skip_render_check=True)
        env.close()

    def test_it_can_be_trained_in(self, scenario: Scenario) -> None:
        env = make(scenario, training=True)
        kinds = (scenario.action, scenario.observation)
        expect(space_kinds(env) == kinds, "what belongs to training alone changes the spaces")
        env.close()

    def test_stable_baselines3_accepts_it(self, scenario: Scenario) -> None:
        from stable_baselines3.common import env_checker

        env = make(scenario)
        with warnings.catch_warnings():
            # It advises against action ranges that are not -1 .. 1, which belong to the task.
            warnings.simplefilter("ignore", UserWarning)
            env_checker.check_env(env)
        env.close()

    def test_pettingzoo_accepts_it(self, scenario: Scenario) -> None:
        if not scenario.env.startswith(PETTINGZOO_PREFIX):
            return
        with warnings.catch_warnings(), redirect_stdout(StringIO()):
            # Advice again; and importing its tests imports a game of its own the deprecated way.
            warnings.simplefilter("ignore")
            from pettingzoo import test

            team = _team(scenario)
            if team.in_turn:
                test.api_test(team.env.aec_env, num_cycles=_CYCLES)
                test.seed_test(lambda: _team(scenario).env.aec_env, num_cycles=_CYCLES)
            else:
                test.parallel_api_test(team.env, num_cycles=_CYCLES)
                test.parallel_seed_test(lambda: _team(scenario).env, num_cycles=_CYCLES)
        team.env.close()


def _team(scenario: Scenario) -> SharedSpaceEnv:
    return Game(scenario.env.removeprefix(PETTINGZOO_PREFIX), **scenario.arguments).shared


def rollout(env: gymnasium.Env, *, seed: int = _SEED, steps: int = _STEPS) -> list[object]:
    """Everything an environment returns to random actions, over as many episodes as fit.

    Args:
        env: Closed at the end.
        seed: Of the first reset and of the actions; later resets go on with their own stream.
        steps: How many steps.
    """
    # Some environments make a new space at every reset, which no seed has reached.
    actions = copy.deepcopy(env.action_space)
    actions.seed(seed)
    trajectory: list[object] = [env.reset(seed=seed)[0]]
    for _ in range(steps):
        observation, reward, terminated, truncated, _ = env.step(actions.sample())
        trajectory.append((observation, float(reward), terminated, truncated))
        if terminated or truncated:
            trajectory.append(env.reset()[0])
    env.close()
    return trajectory


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_equal, one, other))
    return bool(np.array_equal(one, other))

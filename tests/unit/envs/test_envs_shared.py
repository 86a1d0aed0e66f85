"""One policy for all agents of a PettingZoo environment: slots, turns, seeds, refusals."""

from __future__ import annotations

import sys
import types
from typing import Any

import numpy as np
import pytest
from descriptions import probe
from gymnasium import spaces

from harness.core.scenario import Scenario, Wrapper
from harness.envs import describe, make, make_vector, random_score
from harness.errors import EnvironmentFailedError, MissingExtraError, UsageError


class Pair:
    """Two unlike agents: ``tall`` sees three numbers and has four actions, ``small`` one and two.

    The reward is the agent's own action; the episode is over after `last` steps, or cut off.
    """

    def __init__(
        self, last: int = 3, cut: bool = False, leaves: bool = False, spaces_of: Any = None
    ):
        self.possible_agents = ["tall", "small"]
        self.agents: list[str] = []
        self.seeds: list[int | None] = []
        self._last, self._cut, self._leaves = last, cut, leaves
        self._spaces = spaces_of
        self.actions: list[dict[str, int]] = []

    def observation_space(self, name: str) -> spaces.Space[Any]:
        return spaces.Box(-2, 2, (3,)) if name == "tall" else spaces.Box(0, 9, (1,))

    def action_space(self, name: str) -> spaces.Space[Any]:
        if self._spaces is not None:
            return self._spaces[name]
        return spaces.Discrete(4 if name == "tall" else 2)

    def reset(self, seed: int | None = None, options: Any = None) -> tuple[Any, Any]:
        self.agents, self._time = list(self.possible_agents), 0
        self.seeds.append(seed)
        self._noise = np.random.default_rng(seed)
        return self._seen(), {name: {} for name in self.agents}

    def step(self, actions: dict[str, int]) -> Any:
        self._time += 1
        self.actions.append(actions)
        names = list(self.agents)
        done = self._time == self._last
        seen = self._seen()
        if done:
            self.agents = []
        elif self._leaves:
            self.agents = ["tall"]
        ended = dict.fromkeys(names, done and not self._cut)
        stopped = dict.fromkeys(names, done and self._cut)
        return seen, {name: float(actions[name]) for name in names}, ended, stopped, {}

    def _seen(self) -> dict[str, Any]:
        tall = np.array([self._time, self._noise.uniform(-1, 1), 1.0], dtype=np.float32)
        return {"tall": tall, "small": np.array([self._time], dtype=np.float32)}

    def close(self) -> None:
        pass


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Any:
    module = types.ModuleType("pair_v0")
    module.parallel_env = Pair  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pair_v0", module)

    def scenario(*, n_envs: int = 1, **changes: Any) -> Scenario:
        fields = {k: changes.pop(k) for k in ("wrappers", "max_episode_steps") if k in changes}
        return Scenario(
            name="pair",
            env="pettingzoo:pair_v0",
            action="Discrete",
            arguments=changes,
            n_envs=n_envs,
            **fields,
        )

    return scenario


def test_unlike_agents_see_and_act_alike(pair: Any) -> None:
    seen = describe(make(pair()))
    assert (seen.action, seen.observation) == ("Discrete", "vector")
    env = make_vector(pair(n_envs=2))
    assert env is not None
    assert (env.num_envs, env.single_action_space) == (4, spaces.Discrete(4))
    observations, _ = env.reset(seed=0)
    # Three numbers each, filled up with zeros, and whose they are.
    assert observations.shape == (4, 5)
    assert observations[:, 3:].tolist() == [[1, 0], [0, 1]] * 2
    assert observations[1].tolist() == [0, 0, 0, 0, 1]
    assert all(env.single_observation_space.contains(row) for row in observations)


def test_an_agent_with_fewer_actions_counts_them_round(pair: Any) -> None:
    env = make_vector(pair())
    env.reset(seed=0)
    _, rewards, *_ = env.step(np.array([3, 3]))
    assert rewards.tolist() == [3.0, 1.0]


@pytest.mark.parametrize("cut", [False, True])
def test_the_end_and_the_limit_are_told_apart(pair: Any, cut: bool) -> None:
    env = make_vector(pair(n_envs=2, cut=cut))
    env.reset(seed=0)
    for step in range(1, 7):
        seen, _, over, stopped, told = env.step(np.zeros(4, dtype=int))
        done = step % 3 == 0
        assert over.tolist() == [done and not cut] * 4
        assert stopped.tolist() == [done and cut] * 4
        if done:
            assert [row[0] for row in told["final_obs"]] == [3.0] * 4
            assert seen[:, 0].tolist() == [0.0] * 4


def test_copies_differ_and_a_seed_repeats_all_of_them(pair: Any) -> None:
    def play(seed: int) -> tuple[Any, list[Any]]:
        env = make_vector(pair(n_envs=2))
        seen = [env.reset(seed=seed)[0].tolist()]
        seen += [env.step(np.zeros(4, dtype=int))[0].tolist() for _ in range(7)]
        return [game.shared.env.seeds for game in env.unwrapped._games], seen

    seeds, seen = play(5)
    assert [copy[0] for copy in seeds] == [5, 6]
    # Later episodes have seeds too: left to themselves, some environments ask the machine.
    flat = [seed for copy in seeds for seed in copy]
    assert None not in flat
    assert len(set(flat)) == len(flat)
    assert play(5) == (seeds, seen)
    assert play(6)[1] != seen


def test_in_evaluation_agents_choose_in_turn_and_the_team_is_paid(pair: Any) -> None:
    env = make(pair(last=2))
    observation, _ = env.reset(seed=1)
    owners, rewards, ends = [observation[3:].tolist()], [], []
    for action in (3, 1, 2, 0):
        observation, reward, over, stopped, _ = env.step(action)
        owners.append(observation[3:].tolist())
        rewards.append(reward)
        ends.append((over, stopped))
    assert owners[:4] == [[1, 0], [0, 1], [1, 0], [0, 1]]
    assert rewards == [0, 4, 0, 2]
    assert ends == [(False, False)] * 3 + [(True, False)]


def test_the_team_of_random_policies_is_measured(pair: Any) -> None:
    # Three steps of 1.5 and 0.5 on average.
    assert random_score(pair(), episodes=300, seed=1).value == pytest.approx(6.0, abs=0.5)


def test_agents_that_leave_early_are_refused_where_nobody_can_leave_their_steps_out(
    pair: Any,
) -> None:
    env = make_vector(pair(leaves=True))
    env.reset(seed=0)
    with pytest.raises(EnvironmentFailedError, match="`small` does not act while others do"):
        env.step(np.array([0, 0]))
    turns = make(pair(leaves=True))
    turns.reset(seed=0)
    ends = [turns.step(0)[2] for _ in range(4)]
    assert ends == [False, False, False, True]


def test_what_cannot_share_a_policy(pair: Any) -> None:
    unlike = {"tall": spaces.Discrete(3), "small": spaces.Box(0, 1, (2,))}
    with pytest.raises(UsageError, match=r"their action spaces are Box\(.*\), Discrete\(3\)"):
        make(pair(spaces_of=unlike))
    with pytest.raises(UsageError, match="a wrapper of single agents"):
        make_vector(pair(wrappers=(Wrapper(path="gymnasium.wrappers.NormalizeReward"),)))
    with pytest.raises(UsageError, match="counts steps of the game or of agents"):
        make_vector(pair(max_episode_steps=5))
    with pytest.raises(UsageError, match="neither `parallel_env` nor `env`"):
        make(Scenario(name="x", env="pettingzoo:json", action="Box"))
    with pytest.raises(MissingExtraError, match="not installed"):
        make(Scenario(name="x", env="pettingzoo:no_such_package.game_v0", action="Box"))


def test_any_module_is_found_out(pair: Any) -> None:
    pair()
    found = probe("pettingzoo:pair_v0")
    assert found is not None
    assert (found.family, found.action, found.observation) == ("pettingzoo", "Discrete", "vector")

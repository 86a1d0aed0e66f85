"""The game as gymnasium and pettingzoo see it: interfaces, seeds, batches, pictures."""

from __future__ import annotations

import warnings
from typing import Any

import gymnasium
import numpy as np
import pytest
from bucket_brigade_reference import FIGURES
from gymnasium.utils.env_checker import check_env

from scenarios.bucket_brigade.env import BucketBrigade, BucketBrigadeVector, Controlled
from scenarios.bucket_brigade.game import RUINED
from scenarios.bucket_brigade.parallel import parallel_env
from scenarios.bucket_brigade.rules import CLASSIC, V1

SETTINGS = [
    {"scenario": "easy"},
    {"scenario": "easy", "flat": True},
    {"scenario": "hard", "opponents": 5},
    {"scenario": "hard", "opponents": ["hero", [0.5] * 10, "uniform", "fight_first"]},
    {"scenario": "rest_trap", "mode": "joint", "agents": 2},
    {"scenario": "default", "rules": "v1"},
    {"scenario": "v2_minimal", "rules": "v1", "flat": True},
    {"scenario": "positional_default", "rules": "v1", "mode": "joint"},
    {"scenario": "default_continuous", "rules": "v1", "parameters": {"nights": 3}},
]


def games(env: gymnasium.Env[Any, Any], *, steps: int = 60, seed: int = 4) -> list[Any]:
    env.action_space.seed(seed)
    seen = [env.reset(seed=seed)[0].tolist()]
    for _ in range(steps):
        observation, reward, over, _, _ = env.step(env.action_space.sample())
        seen.append((observation.tolist(), reward, over))
        if over:
            seen.append(env.reset()[0].tolist())
    return seen


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_gymnasium_accepts_one_game(settings: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        # Advice on what a constructor alone cannot tell; what is wrong raises.
        warnings.simplefilter("ignore", UserWarning)
        check_env(BucketBrigade(render_mode="rgb_array", **settings))


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_a_seed_fixes_the_games_that_follow(settings: dict[str, Any]) -> None:
    env = BucketBrigade(**settings)
    first = games(env)
    # The same object after other games: nothing of them is left.
    assert games(env) == first
    assert games(BucketBrigade(**settings)) == first
    assert games(env, seed=5) != first


def test_games_without_a_seed_differ_from_one_object_to_the_next() -> None:
    def start(env: BucketBrigade) -> list[float]:
        return [x for _ in range(5) for x in env.reset()[0][:10].tolist()]

    assert start(BucketBrigade(scenario="hard")) != start(BucketBrigade(scenario="hard"))


def test_houses_lost_in_one_game_pay_nothing_in_the_next() -> None:
    """The published object kept them in mind, and paid for their being whole again."""
    lonely = {"initial": 0.0, "ignition": 1.0, "last_ignition": 2, "nights": 4}
    env = BucketBrigade(scenario="hard", opponents=["rest"], parameters=lonely)
    env.reset(seed=1)
    over = False
    while not over:
        _, _, over, _, _ = env.step(np.array([0, 0]))
    assert (env._games.state.houses == RUINED).any()
    env = BucketBrigade(scenario="hard", opponents=["rest"], parameters={**lonely, "ignition": 0.0})
    env.reset()
    assert env.step(np.array([0, 0]))[1] == pytest.approx(10.5)


def test_a_controller_plays_the_published_game_of_its_seed() -> None:
    published = next(
        game
        for game in FIGURES["v1"]["trajectory_returns"]
        if (game["scenario"], game["seed"], game["policy"]) == ("default-v1", 1, "always_rest")
    )
    learner = BucketBrigade(scenario="default", rules="v1", opponents=["rest"] * 3)
    assert played(learner, [0, 0, 0], seed=1) == pytest.approx(published["returns"][0])
    everyone = BucketBrigade(scenario="default", rules="v1", mode="joint")
    rest = [part for agent in range(4) for part in (agent, 0, 0)]
    assert played(everyone, rest, seed=1) == pytest.approx(sum(published["returns"]))


def played(env: BucketBrigade, action: list[int], *, seed: int) -> float:
    """Return of one game of always the same action."""
    env.reset(seed=seed)
    total, over = 0.0, False
    while not over:
        _, reward, over, _, _ = env.step(np.array(action))
        total += reward
    return total


def test_opponents_have_no_say_in_what_burns() -> None:
    """They draw from a stream of their own; where nobody works, the same houses burn."""
    first, second = (
        BucketBrigade(scenario="hard", opponents=others, parameters={"extinguish": 0.0})
        for others in (["rest", "rest"], ["random", "uniform"])
    )
    for env in (first, second):
        env.reset(seed=9)
    for _ in range(10):
        one, other = (env.step(np.array([0, 0]))[0][:10] for env in (first, second))
        assert one.tolist() == other.tolist()


def test_a_flat_action_is_every_combination_once() -> None:
    flat = Controlled("easy", "v1", flat=True)
    decoded = flat._decode(np.arange(40))[:, 0]
    assert len({tuple(action) for action in decoded.tolist()}) == 40
    assert decoded[5].tolist() == [1, 0, 1]
    classic = Controlled("easy", flat=True)._decode(np.arange(20))[:, 0]
    assert classic[3].tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"mode": "solo"}, ValueError, "no mode `solo`"),
        ({"mode": "joint", "opponents": 2}, ValueError, "belong to the mode learner_vs"),
        ({"agents": 3}, ValueError, "belongs to the mode joint"),
        ({"opponents": "hero"}, TypeError, r"write \[hero\]"),
        ({"opponents": ["hreo"]}, ValueError, "no agent `hreo`"),
        ({"mode": "joint", "rules": "v1", "flat": True}, ValueError, "2,560,000 values"),
    ],
)
def test_settings_that_do_not_hold(
    settings: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        BucketBrigade(scenario="easy", **settings)


def test_an_action_outside_of_the_space_is_refused() -> None:
    env = BucketBrigade(scenario="easy")
    env.reset(seed=0)
    with pytest.raises(ValueError, match="outside"):
        env.step(np.array([10, 0]))
    with pytest.raises(ValueError, match="call `reset` first"):
        BucketBrigade(scenario="easy").step(np.array([0, 0]))


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_a_batch_of_one_is_the_single_game(settings: dict[str, Any]) -> None:
    single, batch = BucketBrigade(**settings), BucketBrigadeVector(num_envs=1, **settings)
    one, many = single.reset(seed=3)[0], batch.reset(seed=3)[0][0]
    single.action_space.seed(3)
    for _ in range(60):
        assert one.tolist() == many.tolist()
        action = np.asarray(single.action_space.sample())
        one, reward, over, _, _ = single.step(action)
        seen, rewards, overs, _, told = batch.step(action[None])
        many = seen[0]
        assert (rewards[0], bool(overs[0])) == (reward, over)
        if over:
            assert told["final_obs"][0].tolist() == one.tolist()
            one = single.reset()[0]


def test_a_batch_begins_anew_only_where_a_game_is_over() -> None:
    batch = BucketBrigadeVector(num_envs=40, scenario="deceptive_calm", rules="v1")
    batch.reset(seed=0)
    batch.action_space.seed(0)
    nights = np.zeros(40, dtype=int)
    for _ in range(60):
        _, _, over, cut, told = batch.step(batch.action_space.sample())
        nights += 1
        assert not cut.any()
        assert told.get("_final_obs", np.zeros(40, dtype=bool)).tolist() == over.tolist()
        assert (nights[over] > 20).all()
        nights[over] = 0
        assert batch._games.state.night.tolist() == nights.tolist()


def test_a_time_limit_is_no_end_of_the_game() -> None:
    batch = BucketBrigadeVector(num_envs=3, max_episode_steps=4, scenario="easy")
    batch.reset(seed=0)
    for step in range(1, 9):
        _, _, over, cut, told = batch.step(np.zeros((3, 2), dtype=int))
        assert not over.any()
        assert cut.tolist() == [step % 4 == 0] * 3
        assert ("final_obs" in told) == (step % 4 == 0)


def test_all_ids_are_registered_with_their_batch() -> None:
    for table, version in ((CLASSIC, "v0"), (V1, "v1")):
        for name in table:
            spec = gymnasium.registry[f"bucket_brigade/{name}-{version}"]
            assert spec.vector_entry_point.endswith("BucketBrigadeVector")


@pytest.mark.parametrize("rules", ["classic", "v1"])
def test_pettingzoo_accepts_the_game(rules: str, capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        # Importing its tests imports one of its own games the deprecated way.
        warnings.simplefilter("ignore", DeprecationWarning)
        from pettingzoo.test import parallel_api_test, parallel_seed_test
    parallel_api_test(parallel_env("hard", rules), num_cycles=200)
    parallel_seed_test(lambda: parallel_env("hard", rules), num_cycles=50)
    assert "Passed" in capsys.readouterr().out


def test_the_state_of_the_game_says_what_all_see() -> None:
    env = parallel_env("hard", "v1")
    observations, _ = env.reset(seed=2)
    state = env.state()
    assert env.state_space.contains(state)
    for seat, name in enumerate(env.agents):
        assert observations[name][:-4].tolist() == state.tolist()
        assert observations[name][-4:].tolist() == np.eye(4)[seat].tolist()
        assert env.observation_space(name).contains(observations[name])


def test_parallel_agents_end_together_and_are_cut_off_together() -> None:
    env = parallel_env("easy", "classic", agents=3, max_cycles=4)
    env.reset(seed=0)
    for _ in range(4):
        _, _, over, cut, _ = env.step(dict.fromkeys(env.agents, np.array([0, 0])))
    assert (set(over.values()), set(cut.values()), env.agents) == ({False}, {True}, [])


def test_a_game_can_be_looked_at() -> None:
    env = BucketBrigade(scenario="hard", render_mode="ansi")
    env.reset(seed=0)
    env.step(np.array([3, 1]))
    shown = env.render()
    assert shown.startswith("night 1\n")
    assert "house 3" in shown
    assert "0*" in next(line for line in shown.splitlines() if line.startswith("house 3"))
    env = BucketBrigade(scenario="hard", render_mode="rgb_array")
    env.reset(seed=0)
    before = env.render()
    assert (before.shape, before.dtype) == ((320, 320, 3), np.uint8)
    env.step(np.array([3, 1]))
    assert (env.render() != before).any()

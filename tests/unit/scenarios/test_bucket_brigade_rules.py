"""The rules against figures of the published game: steps, whole games, and probabilities."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from bucket_brigade_reference import FIGURES, agent, classic, v1

from scenarios.bucket_brigade.agents import Cast
from scenarios.bucket_brigade.features import observe_agent, observe_common
from scenarios.bucket_brigade.game import BURNING, RUINED, SAFE, State, begin, homes, play
from scenarios.bucket_brigade.measure import play_out
from scenarios.bucket_brigade.rules import CLASSIC, V1, Rules, rules_of


def at(rules: Rules, houses: list[int], *, before: list[int], night: int) -> State:
    fresh = begin(rules, 1, np.random.RandomState(0))
    return replace(
        fresh,
        houses=np.array([houses], dtype=np.int8),
        houses_before=np.array([before], dtype=np.int8),
        night=np.array([night]),
    )


def full(actions: list[list[int]]) -> np.ndarray[Any, Any]:
    return np.array([[[*action, action[1]][:3] for action in actions]])


@pytest.mark.parametrize("step", FIGURES["v1"]["single_steps"], ids=lambda step: step["what"])
def test_a_night_of_v1_goes_as_published(step: dict[str, Any]) -> None:
    rules = v1(step["scenario"], step["overrides"])
    state = at(
        rules,
        step["houses_before"],
        before=step["prev_state_for_reward"],
        night=step["night_index"],
    )
    after, rewards, over = play(rules, state, full(step["actions"]), np.random.RandomState(5))
    assert after.houses[0].tolist() == step["houses_after"]
    assert rewards[0] == pytest.approx(step["rewards"], abs=1e-5)
    assert bool(over[0]) is step["done"]
    for name in ("signals", "locations", "last_actions"):
        assert getattr(after, name)[0].tolist() == step[name]


@pytest.mark.parametrize("step", FIGURES["classic"]["single_steps"], ids=lambda step: step["what"])
def test_a_night_of_classic_goes_as_published(step: dict[str, Any]) -> None:
    rules = classic(step["scenario"], step["num_agents"], step["overrides"])
    state = at(
        rules, step["houses_before"], before=step["houses_before"], night=step["night_index"]
    )
    after, rewards, over = play(rules, state, full(step["actions"]), np.random.RandomState(5))
    assert after.houses[0].tolist() == step["houses_after"]
    assert rewards[0] == pytest.approx(step["rewards"], abs=1e-5)
    assert bool(over[0]) is step["done"]
    assert after.signals[0].tolist() == step["signals"]


def test_a_fire_of_the_start_earns_nothing_when_put_out_at_once() -> None:
    rules = v1("default", {"prob_house_catches_fire": 0.0, "kappa": 1.0})
    state = at(rules, [1, 1] + [0] * 8, before=[0] * 10, night=0)
    actions = full([[0, 1], [5, 0], [2, 0], [3, 0]])
    _, rewards, _ = play(rules, state, actions, np.random.RandomState(0))
    assert rewards[0].tolist() == [79.5, 40.5, 80.5, 80.5]


@pytest.mark.parametrize("scenario", FIGURES["v1"]["initial_burning_by_seed"])
def test_games_of_v1_begin_as_published(scenario: str) -> None:
    for seed, burning in FIGURES["v1"]["initial_burning_by_seed"][scenario].items():
        state = begin(v1(scenario), 1, np.random.RandomState(int(seed)))
        assert np.flatnonzero(state.houses[0] == BURNING).tolist() == burning


def test_games_of_classic_begin_as_published() -> None:
    for seed, burning in FIGURES["classic"]["initial_burning_by_seed_default"].items():
        state = begin(rules_of("default"), 1, np.random.RandomState(int(seed)))
        assert np.flatnonzero(state.houses[0] == BURNING).tolist() == burning
    for name, count in FIGURES["classic"]["initial_burning_count"].items():
        state = begin(rules_of(name), 3, np.random.RandomState(0))
        assert (state.houses == BURNING).sum(axis=1).tolist() == [count] * 3


@pytest.mark.parametrize(
    "game", FIGURES["v1"]["trajectories"], ids=lambda game: f"{game['scenario']}-{game['policy']}"
)
def test_a_seed_replays_the_published_game(game: dict[str, Any]) -> None:
    rules = v1(game["scenario"])
    chance, thoughts = np.random.RandomState(game["seed"]), np.random.default_rng(0)
    state = begin(rules, 1, chance)
    cast = Cast(rules, range(rules.agents), [agent(game["policy"])] * rules.agents)
    cast.begin(np.ones(1, dtype=bool), 1, thoughts)
    assert state.houses[0].tolist() == game["initial_houses"]
    for step in game["steps"]:
        actions = cast.act(state, thoughts)
        assert actions[0].tolist() == step["actions"]
        state, rewards, over = play(rules, state, actions, chance)
        assert state.houses[0].tolist() == step["houses"]
        assert rewards[0] == pytest.approx(step["rewards"], abs=1e-4)
        assert bool(over[0]) is step["done"]


@pytest.mark.parametrize("game", FIGURES["v1"]["trajectory_returns"])
def test_returns_of_published_games(game: dict[str, Any]) -> None:
    rules = v1(game["scenario"])
    team = [agent(game["policy"])] * rules.agents
    played = play_out(rules, team, games=1, seed=game["seed"])
    assert played.returns[0] == pytest.approx(game["returns"], abs=1e-3)
    assert played.nights.tolist() == [game["len"]]


def test_every_scenario_of_both_rule_sets_is_here() -> None:
    assert set(CLASSIC) == set(FIGURES["classic"]["initial_burning_count"])
    assert set(CLASSIC) | {
        "minimal_specialization",
        "positional_default",
        "v2_minimal",
        "default_continuous",
        "asym_b05_k09_c05",
        "asym_b09_k09_c05",
    } == set(V1)


@pytest.mark.parametrize("name", FIGURES["v1"]["ownership"])
def test_homes_are_as_published(name: str) -> None:
    assert homes(v1(name)).tolist() == FIGURES["v1"]["ownership"][name]["agent_home_positions"]


@pytest.mark.parametrize("workers", range(5))
def test_chance_of_putting_a_fire_out_in_v1(workers: int) -> None:
    rules = v1("default", {"prob_house_catches_fire": 0.0})
    exact = FIGURES["extinguish"][str(workers)]["exact"]
    assert put_out(rules, workers, 4) == pytest.approx(exact, abs=0.015)


@pytest.mark.parametrize("name", FIGURES["classic"]["extinguish_probability"])
def test_chance_of_putting_a_fire_out_in_classic(name: str) -> None:
    for workers, figures in FIGURES["classic"]["extinguish_probability"][name].items():
        rules = classic(name, 3, {"p_spark": 0.0})
        assert put_out(rules, int(workers), 3) == pytest.approx(figures["exact"], abs=0.015)


def put_out(rules: Rules, workers: int, agents: int) -> float:
    """Share of 20,000 fires that so many workers put out; 0.0035 is its standard error."""
    games = 20_000
    state = begin(rules, games, np.random.RandomState(0))
    burning = np.zeros((games, 10), dtype=np.int8)
    burning[:, 0] = BURNING
    actions = np.tile(full([[0, int(i < workers)] for i in range(agents)]), (games, 1, 1))
    after, _, _ = play(rules, replace(state, houses=burning), actions, np.random.RandomState(1))
    assert set(np.unique(after.houses[:, 0])) <= {SAFE, RUINED}
    return float((after.houses[:, 0] == SAFE).mean())


def test_spread_plays_no_part_where_fires_burn_out() -> None:
    games = [
        play_out(
            rules_of("hard", "v1", parameters={"spread": spread}), ["rest"] * 4, games=50, seed=3
        )
        for spread in (0.0, 1.0)
    ]
    assert np.array_equal(games[0].returns, games[1].returns)


def test_continuous_fires_spread_in_the_order_of_the_ring() -> None:
    rules = rules_of(
        "default_continuous", "v1", parameters={"spread": 1.0, "ignition": 0.0, "suppression": 0.4}
    )
    state = at(rules, [0, 0, 1] + [0] * 7, before=[0] * 10, night=0)
    rest = full([[0, 0]] * 4)
    after, _, _ = play(rules, state, rest, np.random.RandomState(0))
    # House 2 lights 1 and 3; 3 comes later in the order and lights 4, and so on to 9 and on to 0.
    assert after.houses[0].tolist() == [BURNING] * 10
    after, _, _ = play(replace_spread(rules), state, rest, np.random.RandomState(0))
    assert after.houses[0].tolist() == state.houses[0].tolist()


def replace_spread(rules: Rules) -> Rules:
    return replace(rules, spread=0.0)


def test_continuous_fires_go_out_when_enough_work_has_gone_into_them() -> None:
    rules = rules_of(
        "default_continuous", "v1", parameters={"spread": 0.0, "ignition": 0.0, "suppression": 0.4}
    )
    state = at(rules, [1] + [0] * 9, before=[0] * 10, night=0)
    seen = []
    for _ in range(3):
        actions = full([[0, 1], [1, 0], [2, 0], [3, 0]])
        state, _, _ = play(rules, state, actions, np.random.RandomState(0))
        seen.append(int(state.houses[0, 0]))
    assert seen == [BURNING, BURNING, SAFE]


@pytest.mark.parametrize("name", CLASSIC)
def test_a_classic_game_has_a_fixed_length(name: str) -> None:
    played = play_out(rules_of(name, agents=3), ["uniform"] * 3, games=200, seed=1)
    assert set(played.nights) == {CLASSIC[name].nights + 1}


@pytest.mark.parametrize("name", FIGURES["classic"]["fire_free_resting_return"])
def test_a_classic_game_without_fire(name: str) -> None:
    rules = rules_of(name, agents=3, parameters={"initial": 0.0, "ignition": 0.0})
    played = play_out(rules, ["rest"] * 3, games=1, seed=0)
    expected = FIGURES["classic"]["fire_free_resting_return"][name]
    assert played.returns[0] == pytest.approx([expected] * 3)


def test_observations_are_as_published() -> None:
    published = FIGURES["observations"]
    rules = rules_of("default", "v1")
    state = begin(rules, 1, np.random.RandomState(2))
    assert observe_agent(rules, state, 1)[0] == pytest.approx(published["v1"], abs=1e-6)
    rules = rules_of("easy", agents=3)
    state = begin(rules, 1, np.random.RandomState(0))
    assert observe_agent(rules, state, 0)[0] == pytest.approx(published["classic"], abs=1e-6)
    assert observe_common(rules, state).dtype == np.float32


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scenario": "esay"}, "no scenario `esay` in `classic`; there are: default, easy"),
        ({"scenario": "easy", "rules": "v2"}, "no rule set `v2`"),
        ({"scenario": "easy", "parameters": {"kappa": 1}}, "no parameter `kappa`"),
        ({"scenario": "easy", "parameters": {"ignition": 1.5}}, "is no probability"),
        ({"scenario": "easy", "agents": 0}, "at least one"),
        (
            {"scenario": "positional_default", "rules": "v1", "agents": 3},
            "does not give each of 3 agents",
        ),
    ],
)
def test_what_does_not_hold_is_said(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rules_of(**arguments)

"""Scripted players of the games of several agents, and that they beat chance."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from harness.envs.multi_agent_game import Game
from harness.envs.players import players_of
from scenarios import SCENARIOS
from scenarios.bucket_brigade.agents import NAMES
from scenarios.bucket_brigade.parallel import BucketBrigadeParallel
from scenarios.bucket_brigade.rules import RuleSet
from scenarios.multi_agent_players import BOARD_PLAYERS, LINES, MOTIONS, PURSUIT_PLAYERS

BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
MARL = [scenario for scenario in SCENARIOS if scenario.requires == "rl-harness[marl]"]


def board(*rows: str) -> dict[str, np.ndarray]:
    """The last rows of a board; x is the player's own."""
    padded = ["......."] * (6 - len(rows)) + list(rows)
    cells = np.array([list(row) for row in padded])
    seen = np.stack([cells == "x", cells == "o"], axis=-1).astype(np.int8)
    return {"observation": seen, "action_mask": (cells[0] == ".").astype(np.int8)}


@pytest.mark.parametrize(
    ("seen", "column"),
    [
        (board("xxx...."), 3),
        (board("ooo...."), 3),
        # Winning comes before preventing.
        (board("ooo....", "xxx...."), 3),
        (board(".....x.", ".....x.", "ooo..x."), 5),
        (board("...o...", "..oxx..", ".oxoxx.", "oxoxxox"), None),
        (board("....x..", "..xo...", ".xoo...", "xooo..."), None),
    ],
)
def test_a_tactical_player_wins_and_prevents(
    seen: dict[str, np.ndarray], column: int | None
) -> None:
    rng = np.random.default_rng(0)
    act = BOARD_PLAYERS["tactical"](None, "player_0", rng)
    chosen = {act(seen) for _ in range(30)}
    if column is not None:
        assert chosen == {column}
    assert all(seen["action_mask"][one] for one in chosen)


def test_a_diagonal_counts() -> None:
    act = BOARD_PLAYERS["tactical"](None, "player_0", np.random.default_rng(0))
    assert {act(board("..xo...", ".xoo...", "xooo...")) for _ in range(9)} == {3}
    assert len(LINES) == 69


class Layer:
    """Those of one kind on the board of pursuit."""

    def __init__(self, *places: tuple[int, int]) -> None:
        self.places = [np.array(place) for place in places]

    def get_position(self, i: int) -> np.ndarray:
        return self.places[i]

    def n_agents(self) -> int:
        return len(self.places)


def hunted(evader: tuple[int, int], steps: int) -> list[tuple[int, int]]:
    """Where four pursuers from the corners of a walled board are after a while."""
    board = np.zeros((12, 12))
    board[5:7, 3:9] = -1
    pursuers = Layer((0, 0), (11, 0), (0, 11), (11, 11))
    game = SimpleNamespace(
        map_matrix=board, n_pursuers=4, pursuer_layer=pursuers, evader_layer=Layer(evader)
    )
    env = SimpleNamespace(unwrapped=SimpleNamespace(env=game))
    rng = np.random.default_rng(0)
    acts = [PURSUIT_PLAYERS["surround"](env, f"pursuer_{i}", rng) for i in range(4)]
    for _ in range(steps):
        moves = [MOTIONS[act(None)] for act in acts]
        for place, move in zip(pursuers.places, moves, strict=True):
            np.add(place, move, out=place)
            assert board[tuple(place)] == 0
    return [tuple(map(int, place)) for place in pursuers.places]


def test_pursuers_come_from_all_sides() -> None:
    sides = {(3, 5), (5, 5), (4, 4), (4, 6)} - {(5, 5)}
    # One side is a wall; three do, and the fourth comes along.
    assert sides < set(hunted((4, 5), steps=20))
    assert set(hunted((9, 2), steps=20)) == {(8, 2), (10, 2), (9, 1), (9, 3)}
    assert {(1, 0), (0, 1)} <= set(hunted((0, 0), steps=20))


def test_pursuers_rest_when_nobody_is_left() -> None:
    game = SimpleNamespace(
        map_matrix=np.zeros((3, 3)), n_pursuers=1, pursuer_layer=Layer((1, 1)), evader_layer=Layer()
    )
    env = SimpleNamespace(unwrapped=SimpleNamespace(env=game))
    act = PURSUIT_PLAYERS["surround"](env, "pursuer_0", np.random.default_rng(0))
    assert not MOTIONS[act(None)].any()


def test_the_whole_board_in_sight_makes_a_hunt() -> None:
    pytest.importorskip("pygame", reason="the extra `marl` is not installed")
    name = "sisl/pursuit-v5"
    short = {**BY_NAME[name].arguments, "max_cycles": 40}
    (surround,) = played(name, "surround", 1, short)
    (random,) = played(name, "random", 1, short)
    # A catch is worth 20 to the team, a step costs it 0.8.
    assert surround > random + 20


def played(
    name: str, player: str, episodes: int, arguments: Mapping[str, Any] | None = None
) -> list[float]:
    scenario = BY_NAME[name]
    game = Game(scenario.env.removeprefix("pettingzoo:"), **(arguments or scenario.arguments))
    ((_, begin),) = players_of(scenario.arguments.get("players", ""), [player])
    returns = []
    for seed in range(episodes):
        game.begin(seed, training=False)
        rng = np.random.default_rng(seed)
        acts = {agent: begin(game.shared.env, agent, rng) for agent in game.learners}
        while game.waiting:
            game.play({agent: acts[agent](game._observations[agent]) for agent in game.waiting})
        returns.append(sum(game.returns.values()))
    return returns


@pytest.mark.parametrize(
    ("name", "player", "package"),
    [
        ("mpe/simple_spread-v3", "cover", "mpe2"),
        ("mpe/simple_reference-v3", "point", "mpe2"),
        ("mpe/simple_tag-v3", "chase", "mpe2"),
        ("classic/connect_four-v3", "tactical", "pygame"),
    ],
)
def test_a_script_earns_what_it_is_said_to(name: str, player: str, package: str) -> None:
    pytest.importorskip(package, reason="the extra `marl` is not installed")
    score = BY_NAME[name].baselines[player]
    error = float(re.search(r"error ([\d.e-]+)", score.source)[1])  # type: ignore[index]
    count = int(re.search(r"(\d+) episodes", score.source)[1])  # type: ignore[index]
    episodes = 30
    found = np.mean(played(name, player, episodes))
    # Five standard errors of the smaller sample.
    assert abs(found - score.value) < 5 * error * (count / episodes) ** 0.5


@pytest.mark.parametrize("scenario", MARL, ids=lambda scenario: scenario.name)
def test_what_a_scenario_says_of_itself(scenario) -> None:  # type: ignore[no-untyped-def]
    panel = scenario.choices["panel"]
    players = players_of(scenario.arguments.get("players", ""), panel)
    assert [name for name, _ in players] == list(panel)
    assert set(scenario.arguments.get("panel", ())) <= set(scenario.choices["panel"])
    assert scenario.licence
    assert scenario.packages
    assert scenario.max_episode_steps is None


@pytest.mark.parametrize("rules", ["classic", "v1"])
@pytest.mark.parametrize("name", NAMES)
def test_agents_of_the_firefighters_play_in_the_pettingzoo_game(name: str, rules: str) -> None:
    version = "v0" if rules == "classic" else "v1"
    arguments = {**BY_NAME[f"bucket_brigade/hard-selfplay-{version}"].arguments, "panel": [name]}
    game = Game("scenarios.bucket_brigade.parallel", **arguments)
    game.begin(3, training=False)
    while game.waiting:
        game.play({"agent_0": np.zeros(2 if rules == "classic" else 3, dtype=np.int64)})
    assert game.steps > 15


def test_selfplay_is_tested_in_the_very_games_of_the_duel() -> None:
    for version, rest in (("v0", [0, 0]), ("v1", [0, 0, 0])):
        scenario = BY_NAME[f"bucket_brigade/easy-selfplay-{version}"]
        game = Game("scenarios.bucket_brigade.parallel", **scenario.arguments)
        returns = []
        for seed in range(50):
            game.begin(seed, training=False)
            while game.waiting:
                game.play({"agent_0": np.array(rest)})
            returns.append(game.returns["agent_0"])
        known = scenario.baselines["rest"].value
        spread = np.std(returns, ddof=1) / len(returns) ** 0.5
        assert abs(np.mean(returns) - known) < 5 * spread


@pytest.mark.parametrize("rules", ["classic", "v1"])
def test_a_snapshot_finds_in_every_seat_what_it_learned_as_agent_0(rules: RuleSet) -> None:
    game = BucketBrigadeParallel("hard", rules, agents=3, as_first=True)
    game.reset(seed=4)
    width = len(game.rules.action)
    seen: dict[str, np.ndarray] = {}
    for _ in range(3):
        seen = game.step(dict.fromkeys(game.agents, np.ones(width, dtype=int)))[0]
    houses = game.rules.houses
    assert [int(place) for place in game.current_state.locations[0]] == [1, 2, 3]
    for seat, name in enumerate(game.agents):
        ring = [
            int(game.current_state.houses[0, (house + seat) % houses]) for house in range(houses)
        ]
        assert list(seen[name][:houses]) == ring
    if rules == "v1":
        assert all(list(view[-3:]) == [1, 0, 0] for view in seen.values())


@pytest.mark.parametrize("name", [name for name in NAMES if name != "uniform"])
def test_scripted_agents_play_alike_however_the_game_is_told(name: str) -> None:
    arguments = {**BY_NAME["bucket_brigade/hard-selfplay-v1"].arguments, "panel": [name]}
    told = []
    for as_first in (True, False):
        game = Game("scenarios.bucket_brigade.parallel", **{**arguments, "as_first": as_first})
        game.begin(3, training=False)
        while game.waiting:
            game.play({"agent_0": np.array([1, 1, 0])})
        told.append((game.steps, game.returns))
    assert told[0] == told[1]

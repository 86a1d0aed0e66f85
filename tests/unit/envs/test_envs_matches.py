"""Games in turn, opponents, seats, masks and agents that leave, on two small games."""

from __future__ import annotations

import sys
import types
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from descriptions import probe
from gymnasium import spaces
from pettingzoo import AECEnv

from harness.core.evaluation import RETURN_PARTS
from harness.core.scenario import Scenario
from harness.envs import make, make_vector, random_score
from harness.envs.multi_agent_game import Game
from harness.envs.players import SnapshotPool, play_at_random
from harness.envs.shared_spaces import SharedSpaceEnv
from harness.errors import EnvironmentFailedError, UnknownNameError, UsageError


class Nim(AECEnv):  # type: ignore[misc]
    """Two players take one or two of five matches by turns; who takes the last one wins."""

    metadata = {"render_modes": [], "name": "nim_v0", "is_parallelizable": False}  # noqa: RUF012

    def __init__(self, matches: int = 5) -> None:
        self.possible_agents = ["first", "second"]
        self._all = matches
        self.render_mode = None

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        return spaces.Dict(
            {
                "observation": spaces.Box(0, 9, (1,), np.float32),
                "action_mask": spaces.Box(0, 1, (2,), np.int8),
            }
        )

    def action_space(self, agent: str) -> spaces.Space[Any]:
        return spaces.Discrete(2)

    def reset(self, seed: int | None = None, options: Any = None) -> None:
        self.agents = list(self.possible_agents)
        self.left = self._all
        self.rewards = dict.fromkeys(self.agents, 0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self.infos: dict[str, Any] = {name: {} for name in self.agents}
        self.agent_selection = "first"

    def observe(self, agent: str) -> Any:
        turn = agent == self.agent_selection
        allowed = np.array([self.left >= 1, self.left >= 2], dtype=np.int8) * turn
        return {"observation": np.array([self.left], np.float32), "action_mask": allowed}

    def step(self, action: Any) -> None:
        if self.terminations[self.agent_selection]:
            self._was_dead_step(action)
            return
        mover = self.agent_selection
        other = "second" if mover == "first" else "first"
        self.left -= int(action) + 1
        self.agent_selection = other
        if self.left <= 0:
            self.rewards = {mover: 1, other: -1}
            self.terminations = dict.fromkeys(self.agents, True)

    def close(self) -> None:
        pass


class Relay:
    """Three agents act at once; agent i leaves after i + 1 steps, having earned 10 i + step."""

    metadata: dict[str, Any] = {}  # noqa: RUF012

    def __init__(self) -> None:
        self.possible_agents = ["a", "b", "c"]
        self.agents: list[str] = []
        self.seeds: list[Any] = []

    def observation_space(self, name: str) -> spaces.Space[Any]:
        return spaces.Box(0, 9, (1,), np.float32)

    def action_space(self, name: str) -> spaces.Space[Any]:
        return spaces.Discrete(2 if name == "a" else 3)

    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        self.agents, self._time = list(self.possible_agents), 0
        self.seeds.append(seed)
        return {name: np.zeros(1, np.float32) for name in self.agents}, {}

    def step(self, actions: dict[str, int]) -> Any:
        assert set(actions) == set(self.agents), "a dead agent acts, or a live one does not"
        self._time += 1
        names = list(self.agents)
        seat = {name: self.possible_agents.index(name) for name in names}
        over = {name: seat[name] < self._time for name in names}
        self.agents = [name for name in names if not over[name]]
        seen = {name: np.array([self._time], np.float32) for name in names}
        earned = {name: 10.0 * seat[name] + self._time for name in names}
        # The last one is taken out by a limit.
        cut = {name: over[name] and name == "c" for name in names}
        return seen, earned, {n: over[n] and not cut[n] for n in names}, cut, {}

    def close(self) -> None:
        pass


def _one(env: Any, agent: str, rng: Any) -> Any:
    return lambda seen: 0


def _two(env: Any, agent: str, rng: Any) -> Any:
    return lambda seen: 1 if seen["action_mask"][1] else 0


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> None:
    nim: Any = types.ModuleType("nim_v0")
    nim.env, nim.PLAYERS = Nim, {"one": _one, "two": _two}
    relay: Any = types.ModuleType("relay_v0")
    relay.parallel_env = Relay
    for module in (nim, relay):
        monkeypatch.setitem(sys.modules, module.__name__, module)


def scenario(name: str, *, n_envs: int = 1, **arguments: Any) -> Scenario:
    return Scenario(
        name=name, env=f"pettingzoo:{name}", action="Discrete", arguments=arguments, n_envs=n_envs
    )


VERSUS = {"mode": "learner_vs", "players": "nim_v0"}


def test_in_a_game_of_turns_both_seats_are_paid(modules: None) -> None:
    env = make_vector(scenario("nim_v0"))
    gaps = env.unwrapped.gaps
    gaps.allowed = True
    env.reset(seed=0)
    turns, paid, ends = [gaps.acting.tolist()], [], []
    # Takes two, two, one: the first player wins in its second turn.
    for action in (1, 1, 0):
        _, rewards, over, cut, told = env.step(np.array([action, action]))
        turns.append(gaps.acting.tolist())
        paid.append(rewards.tolist())
        ends.append(over.tolist())
        assert not cut.any()
    assert turns[:3] == [[True, False], [False, True], [True, False]]
    assert paid == [[0, 0], [0, 0], [1, -1]]
    assert ends == [[False, False], [False, False], [True, True]]
    assert [row[0] for row in told["final_obs"]] == [0, 0]
    assert (gaps.game_steps, gaps.agent_steps) == (3, 3)


def test_forbidden_actions_are_masked_and_idle_slots_are_free(modules: None) -> None:
    env = make_vector(scenario("nim_v0", matches=1))
    env.unwrapped.gaps.allowed = True
    env.reset(seed=0)
    assert env.unwrapped.action_masks().tolist() == [[True, False], [True, True]]
    # The random policy keeps to the rules as well: with one match the first player always wins.
    versus = scenario("nim_v0", matches=1, **VERSUS, learners=["first"])
    assert random_score(versus, episodes=20, seed=1).value == 1.0


def test_agents_of_unlike_choices_are_masked(modules: None) -> None:
    env = make(scenario("relay_v0"))
    env.reset(seed=0)
    masks = env.get_wrapper_attr("action_masks")
    assert masks().tolist() == [True, True, False]
    env.step(0)
    assert masks().tolist() == [True, True, True]


def test_agents_that_leave_are_gaps_until_the_game_ends_for_all(modules: None) -> None:
    env = make_vector(scenario("relay_v0", n_envs=2))
    gaps = env.unwrapped.gaps
    gaps.allowed = True
    env.reset(seed=0)
    for step, (acted, rewards, over, cut) in enumerate(
        [
            ([1, 1, 1], [1, 11, 21], [1, 0, 0], [0, 0, 0]),
            ([0, 1, 1], [0, 12, 22], [0, 1, 0], [0, 0, 0]),
            ([0, 0, 1], [0, 0, 23], [0, 0, 0], [0, 0, 1]),
            ([1, 1, 1], [1, 11, 21], [1, 0, 0], [0, 0, 0]),
        ]
    ):
        found = env.step(np.zeros(6, dtype=int))
        assert gaps.acted.tolist() == [bool(x) for x in acted * 2], step
        assert found[1].tolist() == rewards * 2, step
        assert found[2].tolist() == [bool(x) for x in over * 2], step
        assert found[3].tolist() == [bool(x) for x in cut * 2], step
    assert gaps.game_steps == 8
    assert gaps.agent_steps == 2 * (3 + 2 + 1 + 3)


def test_gaps_are_refused_unless_somebody_leaves_them_out(modules: None) -> None:
    with pytest.raises(EnvironmentFailedError, match="`second` does not act while others do"):
        make_vector(scenario("nim_v0")).reset(seed=0)


def test_evaluation_passes_over_who_has_left(modules: None) -> None:
    env = make(scenario("relay_v0"))
    observation, _ = env.reset(seed=0)
    owners, earned, done = [], [], False
    while not done:
        owners.append("abc"[int(observation[1:].argmax())])
        observation, reward, over, cut, info = env.step(0)
        earned.append(reward)
        done = over or cut
    assert "".join(owners) == "abcbcc"
    assert earned == [0, 0, 33, 0, 34, 23]
    assert (over, cut) == (False, True)
    assert info[RETURN_PARTS] == {"a": 1.0, "b": 23.0, "c": 66.0}


def test_a_panel_and_the_seats_take_turns_by_the_seed(modules: None) -> None:
    game = Game("nim_v0", **VERSUS, panel=["one", "two"])
    seen = []
    for chance in range(4):
        game.begin(chance, training=False)
        seen.append((game.opponent, *game.learners))
        # In the second seat the opponent has moved already.
        assert game.shared.env.aec_env.left == 5 - (game.learners[0] == "second") * (
            2 if game.opponent == "two" else 1
        )
    assert seen == [("one", "first"), ("two", "first"), ("one", "second"), ("two", "second")]


def test_what_is_earned_against_whom_is_told(modules: None) -> None:
    env = make(scenario("nim_v0", **VERSUS, panel=["one", "two"]))
    parts = {}
    for seed in range(4):
        env.reset(seed=seed)
        done = False
        while not done:
            _, reward, done, _, info = env.step(0)
        parts[seed] = (info[RETURN_PARTS], reward)
    # One by one, the first seat takes the last of five.
    assert parts[0] == ({"against one": 1.0, "as first": 1.0}, 1.0)
    assert parts[2] == ({"against one": -1.0, "as second": -1.0}, -1.0)
    assert set(parts[1][0]) == {"against two", "as first"}


def test_agents_that_do_not_learn_are_played(modules: None) -> None:
    env = make_vector(scenario("relay_v0", learners=["b", "c"]))
    env.unwrapped.gaps.allowed = True
    env.reset(seed=0)
    _, rewards, *_ = env.step(np.zeros(2, dtype=int))
    assert rewards.tolist() == [11, 21]


def test_selfplay_meets_snapshots_in_training_and_the_panel_in_evaluation(modules: None) -> None:
    plays = scenario("nim_v0", n_envs=2, mode="selfplay", players="nim_v0", panel=["one"])
    env = make_vector(plays)
    asked: list[tuple[Any, Any]] = []

    def mind(observations: Any, masks: Any) -> Any:
        asked.append((observations, masks))
        return np.array([1 if masks[0][1] else 0])

    env.unwrapped.pool.add(mind)
    env.reset(seed=0)
    for _ in range(6):
        env.step(np.zeros(2, dtype=int))
    assert asked
    assert {(o.shape, m.shape) for o, m in asked} == {((1, 3), (1, 2))}
    asked.clear()
    single = make(plays)
    for seed in range(4):
        single.reset(seed=seed)
        while not single.step(0)[2]:
            pass
    assert not asked


def test_a_pool_keeps_the_latest(modules: None) -> None:
    game = Game("nim_v0", mode="selfplay", pool=2)
    assert game.pool.sample(np.random.default_rng(0)) is None
    for name in "xyz":
        game.pool.add(name)  # type: ignore[arg-type]
    drawn = {game.pool.sample(np.random.default_rng(seed)) for seed in range(20)}
    assert drawn == {"y", "z"}


def test_training_and_opponents_are_fixed_by_the_seed(modules: None) -> None:
    def play(seed: int) -> list[Any]:
        env = make_vector(scenario("nim_v0", n_envs=3, mode="learner_vs", matches=9))
        seen = [env.reset(seed=seed)[0].tolist()]
        return seen + [env.step(np.zeros(3, dtype=int))[0].tolist() for _ in range(12)]

    assert play(4) == play(4)
    assert play(4) != play(5)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"mode": "solo"}, UnknownNameError, "unknown mode `solo`"),
        ({"panel": ["onne"], "players": "nim_v0"}, UnknownNameError, "unknown player `onne`"),
        ({"panel": "one"}, UsageError, "`panel` is a list"),
        ({"panel": ["json:nothing"]}, UsageError, "has no `nothing`"),
        ({"learners": ["third"]}, UnknownNameError, "unknown agent `third`"),
        ({"mode": "selfplay", "pool": 0}, UsageError, "`pool` is 0"),
    ],
)
def test_arguments_that_do_not_hold(
    modules: None, arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        Game("nim_v0", **arguments)


def test_a_game_of_turns_is_found_by_its_module(modules: None) -> None:
    found = probe("pettingzoo:nim_v0")
    assert found is not None
    assert (found.action, found.observation) == ("Discrete", "vector")
    assert "selfplay" in found.choices["mode"]


def test_a_pool_of_one_snapshot_keeps_the_latest_and_smaller_ones_are_refused() -> None:
    pool = SnapshotPool(every=1, keep=1)
    for snapshot in "xy":
        pool.add(snapshot)  # type: ignore[arg-type]
    assert pool.sample(np.random.default_rng(0)) == "y"
    for arguments in ({"every": 0, "keep": 1}, {"every": 1, "keep": 0}):
        with pytest.raises(UsageError, match="`pool` is"):
            SnapshotPool(**arguments)


def test_random_players_keep_to_the_mask_and_repeat_with_their_seed() -> None:
    env = SimpleNamespace(action_space=lambda agent: spaces.Discrete(4))
    masked = {"observation": np.zeros(2), "action_mask": np.array([0, 1, 0, 1])}

    def acts(observation: Any, seed: int) -> list[int]:
        act = play_at_random(env, "first", np.random.default_rng(seed))
        return [act(observation) for _ in range(40)]

    assert set(acts(masked, 0)) == {1, 3}
    # An observation without a mask, a dictionary or not, allows everything.
    for observation in ({"observation": np.zeros(2)}, np.zeros(2)):
        assert set(acts(observation, 0)) == {0, 1, 2, 3}
    assert acts(masked, 1) == acts(masked, 1) != acts(masked, 2)


def test_a_game_of_turns_that_says_so_is_played_all_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class AtOnce(Nim):
        metadata = {**Nim.metadata, "is_parallelizable": True}  # noqa: RUF012

    module = types.ModuleType("both_v0")
    module.env = AtOnce  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "both_v0", module)
    shared = SharedSpaceEnv("both_v0")
    shared.env.reset(seed=0)
    assert not shared.in_turn
    assert shared.agents_to_act() == ["first", "second"]


@pytest.mark.parametrize(
    ("action", "size"),
    [
        (spaces.Discrete(3), 3),
        (spaces.MultiDiscrete([3, 2]), 5),
        (spaces.MultiBinary(4), 8),
        (spaces.Box(0, 1, (2,)), 1),
    ],
)
def test_the_mask_of_any_shared_action_space_forbids_nothing(
    monkeypatch: pytest.MonkeyPatch, action: spaces.Space[Any], size: int
) -> None:
    class Acting(Nim):
        def action_space(self, agent: str) -> spaces.Space[Any]:
            return action

        def observation_space(self, agent: str) -> spaces.Space[Any]:
            return spaces.Box(0, 5, (1,))

    module = types.ModuleType("acting_v0")
    module.env = Acting  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "acting_v0", module)
    shared = SharedSpaceEnv("acting_v0")
    assert shared.action == action
    assert not shared.masked
    assert shared.action_mask("first", np.zeros(1)).tolist() == [True] * size

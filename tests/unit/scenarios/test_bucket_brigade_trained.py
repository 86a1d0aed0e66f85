"""Trained agents in the seats of Bucket Brigade: what they see and how they act."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from scenarios.bucket_brigade.agents import Cast
from scenarios.bucket_brigade.env import BucketBrigade, BucketBrigadeVector, Controlled
from scenarios.bucket_brigade.features import agent_space, observe_agent
from scenarios.bucket_brigade.game import State
from scenarios.bucket_brigade.rules import Rules, rules_of


class Fake:
    """Always the same action, or chance; remembers what it saw."""

    name = "model 01234567"

    def __init__(self, rules: Rules, action: Any = None, *, flat: bool = False) -> None:
        self.observation_space = agent_space(rules)
        own = list(rules.action)
        self.action_space = (
            spaces.Discrete(int(np.prod(own))) if flat else spaces.MultiDiscrete(own)
        )
        self._action, self._choices = action, own
        self.seen: list[Any] = []

    def __call__(self, observations: Any, masks: Any, rng: np.random.Generator) -> Any:
        assert masks is None
        self.seen.append(np.array(observations))
        if self._action is None:
            return rng.integers(self._choices, size=(len(observations), len(self._choices)))
        return np.array([self._action] * len(observations))


CLASSIC = rules_of("hard", "classic", agents=3)
V1 = rules_of("hard", "v1", agents=4)


def position(rules: Rules) -> State:
    """One game in which no two agents or houses are alike."""
    agents = np.arange(rules.agents)
    return State(
        houses=(np.arange(rules.houses) % 3)[None],
        houses_before=np.zeros((1, rules.houses)),
        effort=np.zeros((1, rules.houses)),
        signals=(agents % 2)[None],
        locations=(2 * agents)[None],
        last_actions=np.stack((2 * agents, agents % 2), axis=-1)[None],
        night=np.array([3]),
    )


@pytest.mark.parametrize("rules", [CLASSIC, V1], ids=["classic", "v1"])
def test_everybody_sees_the_game_from_the_own_seat(rules: Rules) -> None:
    fake = Fake(rules, [0] * len(rules.action))
    state = position(rules)
    Cast(rules, [2], [fake]).act(state, np.random.default_rng(0))
    # Told by hand: agents from the third on, and houses from the third on.
    seat, houses = 2, rules.houses
    order = [(seat + i) % rules.agents for i in range(rules.agents)]
    ring = [(seat + h) % houses for h in range(houses)]
    places = [(int(state.locations[0, a]) - seat) % houses for a in order]
    told = replace(
        state,
        houses=state.houses[:, ring],
        signals=state.signals[:, order],
        locations=np.array([places]),
        last_actions=np.array(
            [[[p, state.last_actions[0, a, 1]] for p, a in zip(places, order, strict=True)]]
        ),
    )
    assert fake.seen[0].tolist() == observe_agent(rules, told, 0).tolist()
    assert fake.seen[0].tolist() != observe_agent(rules, state, 2).tolist()


def test_before_the_first_night_nobody_has_been_anywhere() -> None:
    fake = Fake(CLASSIC, [0, 0])
    zeros = np.zeros((1, 3), dtype=np.int64)
    start = replace(
        position(CLASSIC),
        locations=zeros,
        last_actions=np.zeros((1, 3, 2), dtype=np.int64),
        night=np.array([0]),
    )
    Cast(CLASSIC, [2], [fake]).act(start, np.random.default_rng(0))
    assert not fake.seen[0][0, CLASSIC.houses + 3 : CLASSIC.houses + 12].any()


@pytest.mark.parametrize(
    ("rules", "action", "flat", "expected"),
    [
        (CLASSIC, [9, 1], False, [1, 1, 1]),
        (CLASSIC, 2 * 9 + 1, True, [1, 1, 1]),
        (V1, [3, 1, 0], False, [5, 1, 0]),
        (V1, 4 * 3 + 2, True, [5, 1, 0]),
    ],
)
def test_its_houses_are_counted_from_its_own(
    rules: Rules, action: Any, flat: bool, expected: list[int]
) -> None:
    cast = Cast(rules, [1, 2], ["rest", Fake(rules, action, flat=flat)])
    acted = cast.act(position(rules), np.random.default_rng(0))
    assert acted[0, 1].tolist() == expected


def test_a_seed_fixes_games_against_one_that_samples() -> None:
    def rewards(seed: int) -> list[float]:
        env = BucketBrigade(scenario="hard", opponents=[Fake(CLASSIC), "random"])
        env.reset(seed=seed)
        return [env.step(np.array([0, 0]))[1] for _ in range(8)]

    assert rewards(1) == rewards(1)
    assert rewards(1) != rewards(2)


def test_a_batch_asks_it_once_for_all_games() -> None:
    fake = Fake(CLASSIC, [0, 1])
    env = BucketBrigadeVector(num_envs=5, scenario="hard", opponents=[fake, fake])
    env.reset(seed=0)
    env.step(np.zeros((5, 2), dtype=np.int64))
    assert [seen.shape for seen in fake.seen] == [(5, *fake.observation_space.shape)] * 2


@pytest.mark.parametrize(
    ("trained_in", "message"),
    [
        (rules_of("hard", "classic", agents=4), "another number of agents"),
        (rules_of("hard", "v1", agents=3), "another number of agents"),
    ],
)
def test_one_of_another_game_is_refused(trained_in: Rules, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Controlled("hard", opponents=[Fake(trained_in), "random"])


def test_one_that_acts_otherwise_is_refused() -> None:
    fake = Fake(CLASSIC)
    fake.action_space = spaces.Discrete(7)
    with pytest.raises(ValueError, match="acts in Discrete"):
        Controlled("hard", opponents=[fake, "random"])


@pytest.mark.parametrize("wrong", [{"savedmodel": "a.zip"}, 3])
def test_what_is_no_agent_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match="is no agent"):
        Controlled("hard", opponents=[wrong, "random"])

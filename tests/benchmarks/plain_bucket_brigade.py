"""The classic Bucket Brigade in plain Python: lists, one game, what batches are measured against.

Rules, opponents and observations are those of `scenarios.bucket_brigade`; only the order of the
random draws is another. Importing this makes `ID` known to gymnasium.
"""

from __future__ import annotations

import math
import random
from typing import Any

import gymnasium
import numpy as np

from scenarios.bucket_brigade.catalogue import LIMIT
from scenarios.bucket_brigade.features import agent_space, observe_agent
from scenarios.bucket_brigade.game import BURNING, RUINED, SAFE, begin
from scenarios.bucket_brigade.rules import rules_of

ID = "plain_bucket_brigade/easy-v0"


class PlainGame(gymnasium.Env[Any, Any]):
    """One learner among opponents whose heuristic's parameters are drawn for every game."""

    def __init__(self, opponents: int = 2) -> None:
        rules = self.rules = rules_of("easy", "classic", agents=opponents + 1)
        self.observation_space = agent_space(rules)
        self.action_space = gymnasium.spaces.MultiDiscrete(rules.action)
        first = observe_agent(rules, begin(rules, 1, np.random.RandomState(0)), 0)[0]
        self.facts = first[rules.houses + 4 * rules.agents :].tolist()
        self.rng = random.Random(0)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        if seed is not None:
            self.rng = random.Random(seed)
        rules = self.rules
        self.houses = [SAFE] * rules.houses
        for place in self.rng.sample(range(rules.houses), round(rules.initial * rules.houses)):
            self.houses[place] = BURNING
        self.known = [SAFE] * rules.houses
        self.moves = [(0, 0)] * rules.agents
        self.night = 0
        others = range(rules.agents - 1)
        self.characters = [[self.rng.random() for _ in range(10)] for _ in others]
        return self.seen(), {}

    def seen(self) -> Any:
        told = [
            *self.houses,
            *(mode for _, mode in self.moves),
            *(house for house, _ in self.moves),
        ]
        for move in self.moves:
            told += move
        return np.array(told + self.facts, dtype=np.float32)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        rules, draw = self.rules, self.rng.random
        mine = (int(action[0]), int(action[1]))
        seats = range(1, rules.agents)
        moves = [mine, *(self.heuristic(seat, self.characters[seat - 1]) for seat in seats)]
        workers = [0] * rules.houses
        for house, mode in moves:
            workers[house] += mode
        houses = self.houses
        for place, what in enumerate(houses):
            if what == BURNING:
                chance = 1.0 - math.exp(-rules.extinguish * workers[place])
                houses[place] = SAFE if draw() < chance else RUINED
        if rules.last_ignition is None or self.night < rules.last_ignition:
            for place, what in enumerate(houses):
                if what == SAFE and draw() < rules.ignition:
                    houses[place] = BURNING
        earned = self.earned(*mine)
        over = self.night >= rules.nights and BURNING not in houses
        self.known, self.moves, self.night = houses.copy(), moves, self.night + 1
        return self.seen(), earned, over, False, {}

    def earned(self, house: int, mode: int) -> float:
        """What the night was worth to the learner, agent 0."""
        rules = self.rules
        apart = min(house, rules.houses - house)
        cost = rules.work_cost + apart * rules.distance_cost
        earned = -cost if mode else rules.rest_reward
        safe = ruined = 0
        for place, (before, now) in enumerate(zip(self.known, self.houses, strict=True)):
            own = place % rules.agents == 0
            if now == SAFE:
                safe += 1
                if before != SAFE:
                    earned += rules.own_reward if own else rules.other_reward
            elif now == RUINED:
                ruined += 1
                earned -= rules.own_penalty if own else rules.other_penalty
        team = rules.team_reward * safe - rules.team_penalty * ruined
        return earned + 0.1 * team / rules.houses

    def heuristic(self, seat: int, character: list[float]) -> tuple[int, int]:
        """House and mode, as `scenarios.bucket_brigade.agents.heuristic` chooses them."""
        honesty, work, help_, own, risk, together, explore, fatigue, rest, altruism = character
        draw, count = self.rng.random, self.rules.houses
        if draw() < fatigue and self.night > 0:
            return self.moves[seat]
        if draw() < explore:
            return self.rng.randrange(count), self.rng.randrange(2)
        fires = [what == BURNING for what in self.houses]
        intent = work + risk * sum(fires) / count + 0.5 * own * fires[seat]
        intent = min(max(intent * (1.0 - rest), 0.0), 1.0)
        signal = (intent > 0.5) == (draw() < honesty)
        crowd = [0] * count
        for place, _ in self.moves:
            crowd[place] += 1
        weights = []
        for place in range(count):
            apart = min(abs(seat - place), count - abs(seat - place))
            nearby = fires[place - 1] + fires[(place + 1) % count]
            drawn = 0.1 / (1.0 + apart) + own * (apart == 0) + 0.5 * fires[place]
            drawn += 0.3 * help_ * (nearby > 0) + 0.1 * together * crowd[place]
            weights.append(max(drawn - 0.2 * risk * nearby, 0.01))
        (house,) = self.rng.choices(range(count), weights)
        return house, int(draw() < (honesty if signal else intent * altruism))


gymnasium.register(
    id=ID,
    entry_point="plain_bucket_brigade:PlainGame",
    max_episode_steps=LIMIT["classic"],
)

"""Bucket Brigade's scenarios as data: one learner among scripted agents, or for all of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from harness.core.curriculum import Level
from harness.core.scenario import (
    MULTI_AGENT_MODES,
    PETTINGZOO_PREFIX,
    ActionKind,
    Normalize,
    Scenario,
    Score,
)
from scenarios.bucket_brigade.agents import NAMES
from scenarios.bucket_brigade.rules import CLASSIC, V1, RuleSet

BASELINES: Final = (
    "rest",
    "free_rider",
    "firefighter",
    "coordinator",
    "hero",
    "specialist",
    "fight_first",
)
"""Scripted agents whose scores a scenario carries."""

LIMIT: Final[Mapping[RuleSet, int]] = MappingProxyType({"classic": 50, "v1": 100})
"""Nights after which a game is cut off; games as published end long before."""

PARALLEL: Final = f"{PETTINGZOO_PREFIX}scenarios.bucket_brigade.parallel"
"""The game in which every agent acts."""

GAMES: Final = 10_000
"""Over how many games scores are measured; random play over more where it takes them."""

SCORES: Final[Mapping[str, Mapping[str, Mapping[str, list[float]]]]] = json.loads(
    Path(__file__).with_name("scores.json").read_text(encoding="utf-8")
)

NOTES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "default": "the middle of everything",
        "easy": "few fires, easily put out",
        "hard": "many fires, rarely put out",
        "trivial_cooperation": "hardly any fire",
        "early_containment": "much depends on the first nights",
        "greedy_neighbor": "work is dear",
        "sparse_heroics": "long, with few fires and dear work",
        "rest_trap": "fires are put out almost surely, so that resting looks safe",
        "chain_reaction": "many fires over many nights",
        "deceptive_calm": "long and dry: quiet at first",
        "overcrowding": "many workers are needed, and safe houses are worth half",
        "mixed_motivation": "own houses against everybody's",
        "minimal_specialization": "own houses count most",
        "positional_default": "agents live apart, and working far from home costs more",
        "v2_minimal": "two houses, two of the agents without one",
        "default_continuous": "fires burn on and spread until enough work has gone into them",
        "asym_b05_k09_c05": "own houses count most, fires are put out almost surely",
        "asym_b09_k09_c05": "own houses count most, fires are put out almost surely",
    }
)


LADDER: Final = ("trivial_cooperation", "easy", "default", "hard")
"""From easy to hard; the levels of each are those before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Game:
    """A named scenario of one rule set; `others` play beside a single learner."""

    name: str
    rules: RuleSet
    version: str
    agents: int
    others: int

    @property
    def id(self) -> str:
        return f"bucket_brigade/{self.name}-{self.version}"

    def mode(self, word: str) -> str:
        """The scenario's name in a mode."""
        return f"bucket_brigade/{self.name}-{word}-{self.version}"


def _games() -> Iterator[_Game]:
    for name, rules in CLASSIC.items():
        yield _Game(name=name, rules="classic", version="v0", agents=rules.agents, others=2)
    for name, rules in V1.items():
        yield _Game(name=name, rules="v1", version="v1", agents=rules.agents, others=3)


def _duel(game: _Game) -> Scenario:
    return _scenario(
        game,
        name=game.id,
        env=game.id,
        scores=SCORES[f"{game.rules} learner_vs"],
        players=f"{game.others} agents of random character beside the learner's",
        alternatives={"Discrete": {"flat": True}},
    )


def _joint(game: _Game) -> Scenario:
    return _scenario(
        game,
        name=game.mode("joint"),
        env=game.id,
        scores=SCORES[f"{game.rules} team"],
        players=f"one controller for all {game.agents}",
        arguments={"mode": "joint"},
    )


def _shared_policy(game: _Game) -> Scenario:
    return _scenario(
        game,
        name=game.mode("shared"),
        env=PARALLEL,
        scores=SCORES[f"{game.rules} team"],
        players=f"one policy for each of {game.agents} agents",
        arguments={"scenario": game.name, "rules": game.rules, "max_cycles": LIMIT[game.rules]},
    )


def _selfplay(game: _Game) -> Scenario:
    # Evaluated in the very games of learner_vs, so that its scores hold here too.
    return _scenario(
        game,
        name=game.mode("selfplay"),
        env=PARALLEL,
        scores=SCORES[f"{game.rules} learner_vs"],
        players=f"trained among earlier selves, tested among {game.others} of random character",
        arguments={
            "scenario": game.name,
            "rules": game.rules,
            "agents": 1 + game.others,
            "max_cycles": LIMIT[game.rules],
            "as_first": True,
            "mode": "selfplay",
            "learners": ["agent_0"],
            "players": "scenarios.bucket_brigade.parallel",
            "panel": ["random"],
        },
    )


def _scenario(
    game: _Game,
    *,
    name: str,
    env: str,
    scores: Mapping[str, Mapping[str, list[float]]],
    players: str,
    arguments: Mapping[str, object] = MappingProxyType({}),
    alternatives: Mapping[ActionKind, Mapping[str, object]] = MappingProxyType({}),
) -> Scenario:
    returns = scores[game.name]
    best = max(BASELINES, key=lambda agent: returns[agent][0])
    return Scenario(
        name=name,
        env=env,
        family="bucket_brigade",
        action="MultiDiscrete",
        arguments=dict(arguments),
        imports=() if env == PARALLEL else ("scenarios.bucket_brigade.env",),
        n_envs=4,
        normalize=Normalize(observation=True, reward=True),
        # Where agents share a policy, the game itself is told.
        max_episode_steps=None if "max_cycles" in arguments else LIMIT[game.rules],
        random=_score("uniformly random policy", returns["uniform"]),
        reference=_score(f"scripted agent {best}, the best of {len(BASELINES)}", returns[best]),
        baselines={agent: _score(f"scripted agent {agent}", returns[agent]) for agent in BASELINES},
        # A fire lives for one night: horizons shorter than elsewhere are worth a look.
        ranges={"gamma": {"low": 0.5, "high": 0.999}},
        alternatives=dict(alternatives),
        levels=tuple(
            Level(name=level, arguments={"scenario": level}) for level in _before(game.name)
        ),
        choices=_choices(env, arguments),
        steps=200_000,
        licence="rl-harness: MIT",
        description=f"Fight fires on a ring of houses, {players}: {NOTES[game.name]}.",
    )


def _before(setting: str) -> tuple[str, ...]:
    return LADDER[: LADDER.index(setting)] if setting in LADDER else ()


def _choices(env: str, arguments: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    rules = {"rules": ("classic", "v1")}
    if env != PARALLEL:
        return {**rules, "mode": ("learner_vs", "joint"), "opponents": NAMES}
    panel = {"panel": NAMES} if "players" in arguments else {}
    return {**rules, "mode": MULTI_AGENT_MODES, **panel}


def _score(who: str, figures: list[float]) -> Score:
    mean, error, games = figures
    return Score(
        value=mean, source=f"measured: {who}, {games:g} episodes, standard error {error:g}"
    )


SCENARIOS: Final = tuple(
    build(game) for build in (_duel, _joint, _shared_policy, _selfplay) for game in _games()
)

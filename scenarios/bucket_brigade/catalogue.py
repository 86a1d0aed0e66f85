"""Bucket Brigade's scenarios as data: one learner among scripted agents, or for all of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from harness.core.curriculum import Level
from harness.core.scenario import Normalize, Scenario, Score
from scenarios.bucket_brigade.agents import NAMES
from scenarios.bucket_brigade.rules import CLASSIC, V1, Rules, RuleSet

__all__ = ["BASELINES", "LIMIT", "SCENARIOS"]

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


def _scenarios() -> Iterator[Scenario]:
    for name in CLASSIC:
        yield _duel("classic", name, version="v0", opponents=2)
    for name in V1:
        yield _duel("v1", name, version="v1", opponents=3)
    for name, rules in CLASSIC.items():
        yield _joint("classic", name, rules, version="v0")
    for name, rules in V1.items():
        yield _joint("v1", name, rules, version="v1")
    for name, rules in CLASSIC.items():
        yield _shared("classic", name, rules, version="v0")
    for name, rules in V1.items():
        yield _shared("v1", name, rules, version="v1")
    for name in CLASSIC:
        yield _selfplay("classic", name, version="v0", opponents=2)
    for name in V1:
        yield _selfplay("v1", name, version="v1", opponents=3)


def _duel(rules: RuleSet, name: str, *, version: str, opponents: int) -> Scenario:
    return _scenario(
        rules,
        name=f"bucket_brigade/{name}-{version}",
        env=f"bucket_brigade/{name}-{version}",
        scores=SCORES[f"{rules} learner_vs"][name],
        described=f"{opponents} agents of random character beside the learner's",
        setting=name,
        alternatives={"Discrete": {"flat": True}},
    )


def _joint(rules: RuleSet, name: str, given: Rules, *, version: str) -> Scenario:
    return _scenario(
        rules,
        name=f"bucket_brigade/{name}-joint-{version}",
        env=f"bucket_brigade/{name}-{version}",
        scores=SCORES[f"{rules} team"][name],
        described=f"one controller for all {given.agents}",
        setting=name,
        arguments={"mode": "joint"},
    )


def _shared(rules: RuleSet, name: str, given: Rules, *, version: str) -> Scenario:
    return _scenario(
        rules,
        name=f"bucket_brigade/{name}-shared-{version}",
        env="pettingzoo:scenarios.bucket_brigade.parallel",
        scores=SCORES[f"{rules} team"][name],
        described=f"one policy for each of {given.agents} agents",
        setting=name,
        arguments={"scenario": name, "rules": rules, "max_cycles": LIMIT[rules]},
    )


def _selfplay(rules: RuleSet, name: str, *, version: str, opponents: int) -> Scenario:
    # Evaluated in the very games of learner_vs, so that its scores hold here too.
    return _scenario(
        rules,
        name=f"bucket_brigade/{name}-selfplay-{version}",
        env="pettingzoo:scenarios.bucket_brigade.parallel",
        scores=SCORES[f"{rules} learner_vs"][name],
        described=f"trained among earlier selves, tested among {opponents} of random character",
        setting=name,
        arguments={
            "scenario": name,
            "rules": rules,
            "agents": 1 + opponents,
            "max_cycles": LIMIT[rules],
            "mode": "selfplay",
            "learners": ["agent_0"],
            "players": "scenarios.bucket_brigade.players",
            "panel": ["random"],
        },
    )


def _scenario(
    rules: RuleSet,
    *,
    name: str,
    env: str,
    scores: Mapping[str, list[float]],
    described: str,
    setting: str,
    arguments: Mapping[str, Any] = MappingProxyType({}),
    alternatives: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> Scenario:
    best = max(BASELINES, key=lambda agent: scores[agent][0])
    return Scenario(
        name=name,
        env=env,
        family="bucket_brigade",
        action="MultiDiscrete",
        arguments=dict(arguments),
        imports=() if env.startswith("pettingzoo:") else ("scenarios.bucket_brigade.env",),
        n_envs=4,
        normalize=Normalize(observation=True, reward=True),
        # Where agents share a policy, the game itself is told.
        max_episode_steps=None if "max_cycles" in arguments else LIMIT[rules],
        random=_score("uniformly random policy", scores["uniform"]),
        reference=_score(f"scripted agent {best}, the best of {len(BASELINES)}", scores[best]),
        baselines={agent: _score(f"scripted agent {agent}", scores[agent]) for agent in BASELINES},
        # A fire lives for one night: horizons shorter than elsewhere are worth a look.
        ranges={"gamma": {"low": 0.5, "high": 0.999}},
        alternatives=dict(alternatives),
        levels=tuple(
            Level(name=level, arguments={"scenario": level}) for level in _before(setting)
        ),
        choices=_choices(env, arguments),
        steps=200_000,
        licence="rl-harness: MIT",
        description=f"Fight fires on a ring of houses, {described}: {NOTES[setting]}.",
    )


def _before(setting: str) -> tuple[str, ...]:
    return LADDER[: LADDER.index(setting)] if setting in LADDER else ()


def _choices(env: str, arguments: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    rules = {"rules": ("classic", "v1")}
    if not env.startswith("pettingzoo:"):
        return {**rules, "mode": ("learner_vs", "joint"), "opponents": NAMES}
    panel = {"panel": NAMES} if "players" in arguments else {}
    return {**rules, "mode": ("shared", "learner_vs", "selfplay"), **panel}


def _score(who: str, measured: list[float]) -> Score:
    mean, error, games = measured
    return Score(
        value=mean, source=f"measured: {who}, {games:g} episodes, standard error {error:g}"
    )


SCENARIOS: Final = tuple(_scenarios())

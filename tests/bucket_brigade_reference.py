"""Figures of the published game, and its own names for agents and parameters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scenarios.bucket_brigade.rules import Rules, rules_of

FIGURES: dict[str, Any] = json.loads(
    (Path(__file__).parent / "golden" / "bucket_brigade.json").read_text(encoding="utf-8")
)

AGENTS = {
    "uniform_random": "uniform",
    "always_rest": "rest",
    "always_work_own": "work_own",
    "first_burning_else_rest": "fight_first",
    "random_params": "random",
}

PARAMETERS = {
    "prob_fire_spreads_to_neighbor": "spread",
    "prob_solo_agent_extinguishes_fire": "extinguish",
    "prob_house_catches_fire": "ignition",
    "kappa": "extinguish",
    "p_spark": "ignition",
}


def agent(name: str) -> str:
    return AGENTS.get(name, name)


def v1(name: str, overrides: Mapping[str, float] | None = None) -> Rules:
    changes = {PARAMETERS[key]: value for key, value in (overrides or {}).items()}
    return rules_of(name.removesuffix("-v1"), "v1", parameters=changes)


def classic(name: str, agents: int, overrides: Mapping[str, float] | None = None) -> Rules:
    changes = {PARAMETERS[key]: value for key, value in (overrides or {}).items()}
    return rules_of(name, "classic", agents=agents, parameters=changes)

"""Where the scores of the built-in scenarios come from, in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from harness.core.scenario import Score

__all__ = [
    "ARLBENCH",
    "CONTRIB",
    "RANDOM",
    "SCORES",
    "SLM_LAB",
    "ZOO",
    "measured",
    "published",
    "recorded",
]

SCORES = Path(__file__).with_name("scores.json")
"""Mean returns of policies that learn nothing, written by ``tests/benchmarks/scores.py``."""

ARLBENCH = "ARLBench (Becktepe et al. 2024), best of 256 Sobol configurations"
CONTRIB = "sb3-contrib documentation of {}"
SLM_LAB = "SLM-Lab docs/BENCHMARKS.md (2026), moving average of training returns"
ZOO = "rl-baselines3-zoo benchmark.md"

RANDOM = "random"
"""The uniformly random policy among them; the others are scripted."""


def published(
    value: float,
    *,
    algorithm: str,
    steps: str,
    runs: str,
    source: str,
    task: str = "",
    scale: str = "",
) -> Score:
    """A published mean return of a trained policy.

    Args:
        value: Mean return.
        algorithm: Who reached it, and whether it was tuned.
        steps: Environment steps of the training.
        runs: How many training seeds the mean is over, with its spread.
        source: Where it is published.
        task: The version it was reached on, where that is another one.
        scale: What the two versions' returns have in common, and what not; needed with a task.
    """
    other = f"; reached on {task}: {scale}" if task else ""
    return Score(value=value, source=f"{algorithm}, {steps} steps, {runs}, {source}{other}")


def recorded(name: str) -> Score | None:
    """Mean return of the uniformly random policy on a scenario, from `SCORES`.

    None for a scenario that was never measured.
    """
    return measured(name).get(RANDOM)


@cache
def measured(name: str) -> Mapping[str, Score]:
    """Policy -> its mean return on a scenario, from `SCORES`; empty where none was measured."""
    known = _scores().get(name, {})
    return MappingProxyType({policy: Score(**score) for policy, score in known.items()})


@cache
def _scores() -> dict[str, dict[str, dict[str, Any]]]:
    found: dict[str, dict[str, dict[str, Any]]] = json.loads(SCORES.read_text(encoding="utf-8"))
    return found

"""Where the scores of the built-in scenarios come from, in words."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from harness.core.scenario import Score

__all__ = ["SCORES", "measured", "published", "recorded"]

SCORES = Path(__file__).with_name("random_scores.json")
"""Scores of the random policy, written by ``tests/benchmarks/random_scores.py``."""

GYMNASIUM = "gymnasium 1.4.0"
MUJOCO = "mujoco 3.10.0"


def measured(
    value: float, *, episodes: int, error: float, versions: tuple[str, ...] = (GYMNASIUM,)
) -> Score:
    """Mean return of the uniformly random policy, measured with `harness.envs.random_score`.

    Args:
        value: Mean return.
        episodes: How many episodes; the seed was 2026.
        error: Standard error of the mean.
        versions: Packages that decide the number.
    """
    return Score(
        value=value,
        source="measured: uniformly random policy, "
        f"{episodes} episodes, standard error {error:g}, {', '.join(versions)}",
    )


def published(
    value: float, *, algorithm: str, steps: str, runs: str, source: str, task: str = ""
) -> Score:
    """A published mean return of a trained policy.

    Args:
        value: Mean return.
        algorithm: Who reached it, and whether it was tuned.
        steps: Environment steps of the training.
        runs: How many training seeds the mean is over, with its spread.
        source: Where it is published.
        task: The version it was reached on, where that is another one.
    """
    other = f"; reached on {task}, an earlier version of this task" if task else ""
    return Score(value=value, source=f"{algorithm}, {steps} steps, {runs}, {source}{other}")


def recorded(name: str) -> Score | None:
    """Mean return of the uniformly random policy on a scenario, from `SCORES`.

    None for a scenario that was never measured.
    """
    found = _scores().get(name)
    return None if found is None else Score(value=found["value"], source=found["source"])


@cache
def _scores() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(SCORES.read_text(encoding="utf-8"))
    return found

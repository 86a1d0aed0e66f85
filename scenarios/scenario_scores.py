"""Scenarios of one family from a shared draft, and the sources of their scores."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from harness.core.scenario import Scenario, Score

SCORES = Path(__file__).with_name("scores.json")
"""Mean returns of policies that learn nothing, written by ``tests/benchmarks/scores.py``."""

ARLBENCH = "ARLBench (Becktepe et al. 2024), best of 256 Sobol configurations"
CONTRIB = "sb3-contrib documentation of {}"
SLM_LAB = "SLM-Lab docs/BENCHMARKS.md (2026), moving average of training returns"
ZOO = "rl-baselines3-zoo benchmark.md"

RANDOM = "random"
"""Name of the uniformly random policy in `SCORES`; the others are scripted."""


def published_score(
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
        algorithm: The algorithm that reached it, and whether it was tuned.
        steps: Environment steps of the training.
        runs: Number of training seeds that the mean is over, and their spread.
        source: The publication.
        task: The version it was reached on, if that is another one.
        scale: How returns of the two versions compare; needed with a task.
    """
    version = f"; reached on {task}: {scale}" if task else ""
    return Score(value=value, source=f"{algorithm}, {steps} steps, {runs}, {source}{version}")


def scenario(
    draft: Scenario, name: str, description: str, *, reference: Score | None = None, **fields: Any
) -> Scenario:
    """One scenario of a family, with the random score that was measured on it.

    Args:
        draft: What the family shares.
        name: Its name, which is also the Gymnasium id unless `fields` has another ``env``.
        description: One line for listings.
        reference: A strong published return; None for the draft's.
        fields: Further fields of the scenario, instead of the draft's.
    """
    fields = {
        "env": name,
        "random": measured_scores(name).get(RANDOM),
        "reference": reference or draft.reference,
        **fields,
    }
    return replace(draft, name=name, description=description, **fields)


@cache
def measured_scores(name: str) -> Mapping[str, Score]:
    """Policy -> its mean return on a scenario, from `SCORES`; empty where none was measured."""
    scores = _scores().get(name, {})
    return MappingProxyType({policy: Score(**score) for policy, score in scores.items()})


@cache
def _scores() -> dict[str, dict[str, dict[str, Any]]]:
    scores: dict[str, dict[str, dict[str, Any]]] = json.loads(SCORES.read_text(encoding="utf-8"))
    return scores

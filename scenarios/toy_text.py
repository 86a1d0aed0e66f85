"""Gymnasium's toy text tasks: few states, known by number, given to the learner one-hot.

A single number is made one-hot by the learner's own preprocessing; Blackjack's three by
`FlattenObservation`.
"""

from __future__ import annotations

from harness.core.scenario import Scenario, Score, Wrapper
from scenarios.sources import recorded

__all__ = ["SCENARIOS"]


def _optimal(value: float, how: str = "by dynamic programming") -> Score:
    # `tests/benchmarks/optima.py` computes them again.
    return Score(value=value, source=f"computed: the best policy there is, {how}")


def _task(
    name: str,
    description: str,
    *,
    reference: Score,
    limit: int | None,
    threshold: float | None = None,
    steps: int = 100_000,
    wrappers: tuple[Wrapper, ...] = (),
) -> Scenario:
    return Scenario(
        name=name,
        env=name,
        family="toy_text",
        action="Discrete",
        wrappers=wrappers,
        max_episode_steps=limit,
        threshold=threshold,
        random=recorded(name),
        reference=reference,
        steps=steps,
        licence="gymnasium: MIT",
        description=description,
    )


SCENARIOS = (
    _task(
        "FrozenLake-v1",
        "Cross a slippery frozen lake of 16 fields without falling into a hole.",
        reference=_optimal(0.7442),
        limit=100,
        threshold=0.7,
    ),
    _task(
        "FrozenLake8x8-v1",
        "Cross a slippery frozen lake of 64 fields.",
        reference=_optimal(0.9132),
        limit=200,
        threshold=0.85,
        steps=500_000,
    ),
    _task(
        "Taxi-v4",
        "Fetch a passenger and take them to one of four places.",
        reference=_optimal(7.93),
        limit=200,
        threshold=8.0,
        steps=500_000,
    ),
    _task(
        "CliffWalking-v1",
        "Walk along a cliff; -1 a step and -100 for falling.",
        reference=_optimal(-13.0, "13 steps along the edge"),
        # It has no limit of its own, and a policy that stands still would never end.
        limit=200,
    ),
    _task(
        "Blackjack-v1",
        "Draw cards against a dealer; the house wins in the long run.",
        reference=_optimal(-0.0431),
        limit=None,
        wrappers=(Wrapper(path="gymnasium.wrappers.FlattenObservation"),),
    ),
)

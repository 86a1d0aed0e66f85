"""Scores on a fixed scale, so that scenarios can be put side by side."""

from __future__ import annotations

import math

__all__ = ["normalise"]


def normalise(score: float, random: float, reference: float) -> float:
    """Place of a score between a random policy (0) and a published strong one (1).

    The two ends are constants of the scenario, never taken from the entrants, so that adding an
    algorithm moves nobody's score. Values below 0 and above 1 are kept.

    Args:
        score: Mean return; NaN stays NaN.
        random, reference: Mean returns that mean 0 and 1; reference may lie below random.

    Returns:
        Dimensionless; NaN if the two ends coincide.

    Source: Mnih et al. (2015), Human-level control through deep RL, human-normalised score.
    """
    if math.isclose(random, reference, rel_tol=1e-12):
        return math.nan
    return (score - random) / (reference - random)

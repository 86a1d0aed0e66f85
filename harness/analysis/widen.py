"""A wider range for a parameter whose best value lies at the edge."""

from __future__ import annotations

import math
from typing import Final, Literal

from harness.core.domain import Domain, Float, Int, PowerOfTwo

__all__ = ["widened"]

_SHARES: Final = frozenset(
    {"gamma", "gae_lambda", "tau", "clip_range", "exploration_fraction", "exploration_final_eps"}
)
"""Parameters of stable-baselines3 that are shares: nothing above 1 is one."""


def widened(name: str, domain: Domain, side: Literal["low", "high"]) -> float | None:
    """The bound moved out by half the length of the axis, to two digits.

    Returns:
        In values; None where the range has no order or its end is as far out as values go.
    """
    if isinstance(domain, PowerOfTwo):
        return _power(domain, side)
    if isinstance(domain, Float) and domain.complement:
        return _complement(domain, side)
    if not isinstance(domain, Float | Int):
        return None
    bound = domain.low if side == "low" else domain.high
    moved = _moved(domain.low, domain.high, side, log=domain.log)
    if side == "low" and domain.low >= 0:
        moved = max(moved, 1.0 if isinstance(domain, Int) and domain.low >= 1 else 0.0)
    if side == "high" and name in _SHARES:
        moved = min(moved, 1.0)
    moved = _rounded(moved, whole=isinstance(domain, Int))
    return moved if (moved < bound if side == "low" else moved > bound) else None


def _power(domain: PowerOfTwo, side: Literal["low", "high"]) -> int | None:
    if side == "high":
        return domain.high * 4
    # One step or a batch of one is no smaller amount but another thing.
    return None if domain.low <= 2 else max(2, domain.low // 4)


def _complement(domain: Float, side: Literal["low", "high"]) -> float | None:
    """Distances from 1 instead of values: the high end is the short distance."""
    near, far = 1 - domain.high, 1 - domain.low
    if side == "high":
        moved = _moved(near, far, "low", log=domain.log)
        return round(1 - _rounded(moved, whole=False), 12) if 0 < moved < near else None
    # Not more than halfway to 0: beyond that a discount loses its meaning.
    moved = min(_moved(near, far, "high", log=domain.log), (1 + far) / 2)
    return round(1 - _rounded(moved, whole=False), 12) if moved > far else None


def _moved(low: float, high: float, side: Literal["low", "high"], *, log: bool) -> float:
    if log:
        ratio = math.sqrt(high / low)
        return low / ratio if side == "low" else high * ratio
    half = (high - low) / 2
    return low - half if side == "low" else high + half


def _rounded(value: float, *, whole: bool) -> float:
    return round(value) if whole else float(f"{value:.1e}")

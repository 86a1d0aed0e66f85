"""Mean returns of random and scripted players, as `tests/benchmarks/marl_scores.py` measures them.

Those who learn play the named player, the other seats the scenario's panel; the seed is 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["SCORES", "Measured"]

Measured = tuple[float, float, int, str]
"""Mean return, its standard error, episodes, version of the package."""

SCORES: Final[Mapping[str, Mapping[str, Measured]]] = MappingProxyType(
    {
        "mpe/simple_spread-v3": {"random": (0.0, 1.0, 1, ""), "cover": (1.0, 1.0, 1, "")},
        "mpe/simple_reference-v3": {"random": (0.0, 1.0, 1, ""), "point": (1.0, 1.0, 1, "")},
        "mpe/simple_tag-v3": {"random": (0.0, 1.0, 1, ""), "chase": (1.0, 1.0, 1, "")},
        "sisl/multiwalker-v9": {"random": (0.0, 1.0, 1, "")},
        "sisl/pursuit-v5": {"random": (0.0, 1.0, 1, ""), "hunt": (1.0, 1.0, 1, "")},
        "butterfly/knights_archers_zombies-v11": {
            "random": (0.0, 1.0, 1, ""),
            "aim": (1.0, 1.0, 1, ""),
        },
        "classic/connect_four-v3": {"random": (0.0, 1.0, 1, ""), "tactical": (1.0, 1.0, 1, "")},
    }
)

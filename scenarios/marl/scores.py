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
        "mpe/simple_spread-v3": {
            "random": (-79.131, 0.75, 1000, "1.1.1"),
            "stay": (-72.163, 0.79, 1000, "1.1.1"),
            "cover": (-36.842, 0.42, 1000, "1.1.1"),
        },
        "mpe/simple_reference-v3": {
            "random": (-56.564, 0.58, 1000, "1.1.1"),
            "stay": (-52.063, 0.57, 1000, "1.1.1"),
            "point": (-19.366, 0.26, 1000, "1.1.1"),
        },
        "mpe/simple_tag-v3": {
            "random": (7.17, 0.73, 1000, "1.1.1"),
            "stay": (7.23, 0.77, 1000, "1.1.1"),
            "chase": (126.36, 3.2, 1000, "1.1.1"),
        },
        "sisl/multiwalker-v9": {"random": (-304.02, 2.4, 500, "1.27.0")},
        "sisl/pursuit-v5": {
            "random": (-370.86, 2.4, 10, "1.27.0"),
            "hunt": (-342.06, 3.2, 10, "1.27.0"),
        },
        "butterfly/knights_archers_zombies-v11": {
            "random": (2.58, 0.12, 200, "1.27.0"),
            "aim": (17.0, 3.2, 10, "1.27.0"),
        },
        "classic/connect_four-v3": {
            "random": (-0.468, 0.02, 2000, "1.27.0"),
            "tactical": (0.464, 0.02, 2000, "1.27.0"),
        },
    }
)

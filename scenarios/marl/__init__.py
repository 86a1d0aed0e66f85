"""Games of several agents from PettingZoo and mpe2, and scripted players for them.

Importing this package imports no simulator.
"""

from scenarios.marl.catalogue import SCENARIOS

__all__ = ["SCENARIOS"]

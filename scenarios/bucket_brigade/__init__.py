"""Bucket Brigade: a multi-agent firefighting game, single-agent tasks made of it included.

Importing this package imports no simulator; `env` registers the ids with gymnasium, `parallel`
holds the game as a PettingZoo environment.
"""

from scenarios.bucket_brigade.catalogue import SCENARIOS

__all__ = ["SCENARIOS"]

"""The gymnasium and pettingzoo door: make, wrap, guard, probe.

A scenario goes in as data and comes out as a `gymnasium.Env`; what gymnasium, a simulator or an
environment raises leaves as one of `harness.errors`.
"""

from harness.envs.build import make
from harness.envs.guard import Guard
from harness.envs.ids import known_ids
from harness.envs.picture import picture
from harness.envs.probing import probe
from harness.envs.random_policy import random_score
from harness.envs.spaces import Description, describe, kinds
from harness.envs.vectors import VectorGuard, make_vector

__all__ = [
    "Description",
    "Guard",
    "VectorGuard",
    "describe",
    "kinds",
    "known_ids",
    "make",
    "make_vector",
    "picture",
    "probe",
    "random_score",
]

"""The gymnasium and pettingzoo door: make, wrap, guard, probe.

A scenario goes in as data and comes out as a `gymnasium.Env`; what gymnasium, a simulator or an
environment raises leaves as one of `harness.errors`.
"""

from harness.envs.build import make
from harness.envs.drawing import drawn, frame_rate, make_drawn, render_modes
from harness.envs.guard import Guard
from harness.envs.headless import has_display, without_display
from harness.envs.ids import known_ids
from harness.envs.picture import picture
from harness.envs.probing import probe, spaces_of
from harness.envs.random_policy import random_returns, random_score, sourced
from harness.envs.spaces import Description, describe, kinds, layout
from harness.envs.vectors import VectorGuard, make_vector

__all__ = [
    "Description",
    "Guard",
    "VectorGuard",
    "describe",
    "drawn",
    "frame_rate",
    "has_display",
    "kinds",
    "known_ids",
    "layout",
    "make",
    "make_drawn",
    "make_vector",
    "picture",
    "probe",
    "random_returns",
    "random_score",
    "render_modes",
    "sourced",
    "spaces_of",
    "without_display",
]

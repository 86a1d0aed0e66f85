"""The gymnasium and pettingzoo door: make, wrap, guard, inspect and draw environments.

A scenario goes in as data and comes out as a `gymnasium.Env`; what gymnasium, a simulator or an
environment raises leaves as one of `harness.errors`.
"""

from harness.envs.environment_inspection import (
    describe,
    describe_scenario,
    find_scenario,
    observation_layout,
    space_kinds,
    spaces_of,
)
from harness.envs.environment_lookup import known_ids
from harness.envs.guards import Guard, VectorGuard
from harness.envs.make_environments import (
    has_display,
    make,
    make_vector,
    prepare_display,
    render_into_memory,
)
from harness.envs.random_policy import random_returns, random_score, score_source
from harness.envs.rendering import (
    frame_rate,
    make_renderable,
    render_frame,
    render_modes,
    render_picture,
)
from harness.envs.space_wrappers import FlattenAction, StackObservations

"""Tasks of the DeepMind Control Suite, through shimmy.

Their observations are dictionaries of vectors; `FlattenObservation` makes one vector of them. Every
episode has 1,000 steps and a reward of at most 1 in each.
"""

from __future__ import annotations

from harness.core.scenario import Family, Normalize, Scenario, Score, Wrapper
from scenarios.sources import recorded

__all__ = ["FAMILIES", "SCENARIOS"]

_TASK = Scenario(
    name="",
    env="",
    action="Box",
    family="dm_control",
    imports=("shimmy",),
    normalize_on_policy=Normalize(observation=True, reward=True),
    wrappers=(Wrapper(path="gymnasium.wrappers.FlattenObservation"),),
    max_episode_steps=1000,
    reference=Score(
        value=1000.0,
        source="the highest return there is: 1,000 steps with a reward of at most 1, "
        "Tassa et al. 2018, https://arxiv.org/abs/1801.00690",
    ),
    steps=1_000_000,
    requires="rl-harness[dm-control]",
    packages=("dm-control", "shimmy"),
    licence="dm_control: Apache-2.0, models included; shimmy: MIT",
    description="A task of the DeepMind Control Suite.",
)


def _task(name: str, description: str) -> Scenario:
    full = f"dm_control/{name}-v0"
    return _TASK.named(full, random=recorded(full), description=description)


SCENARIOS = (
    _task("ball_in_cup-catch", "Swing a ball on a string into the cup it hangs from."),
    _task("cartpole-swingup", "Swing a pole up on a cart and hold it there."),
    _task("cheetah-run", "Run forward in the plane, rewarded up to a speed of 10 m/s."),
    _task("finger-spin", "Keep a body spinning with a planar finger."),
    _task("hopper-hop", "Hop forward on one leg; no reward for standing alone."),
    _task("humanoid-walk", "Walk with a humanoid of 21 motors; falling ends nothing."),
    _task("reacher-easy", "Move the tip of a two-link arm into a large target."),
    _task("walker-run", "Run on two legs in the plane."),
    _task("walker-stand", "Stand up on two legs in the plane."),
    _task("walker-walk", "Walk on two legs in the plane."),
)

FAMILIES = (Family(ids=("dm_control/*",), draft=_TASK),)

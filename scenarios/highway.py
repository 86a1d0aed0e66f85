"""Driving tasks of highway-env: slow simulators (10 to 200 ms a step), small observations."""

from __future__ import annotations

from dataclasses import replace

from harness.core.scenario import Family, Scenario, Score, Wrapper
from scenarios.scenario_scores import ZOO, measured_scores, published_score, scenario

_ROAD = Scenario(
    name="",
    env="",
    action="Discrete",
    family="highway",
    imports=("highway_env",),
    steps=100_000,
    requires="rl-harness[highway]",
    packages=("highway-env",),
    licence="highway-env: MIT, no assets",
    description="A driving task of highway-env.",
)

_PARKING = replace(
    _ROAD,
    action="Box",
    observation="dict",
    wrappers=(Wrapper(path="scenarios.env_wrappers.GoalReward"),),
)

SCENARIOS = (
    scenario(
        _ROAD,
        "highway-fast-v0",
        "Drive fast on three lanes among slower cars; at most 1 a second for 30 seconds.",
        reference=Score(
            value=30.0,
            source="the highest return there is: 30 decisions with a reward of at most 1",
        ),
    ),
    scenario(
        _ROAD,
        "merge-v1",
        "Let a car merge from a ramp without a crash; time on the road pays more than speed.",
        # Fast drivers earn more a second, but for fewer seconds.
        reference=measured_scores("merge-v1").get("slow"),
    ),
    scenario(
        _ROAD,
        "roundabout-v1",
        "Pass a roundabout with traffic; at most 1 a second for 11 seconds.",
        reference=Score(
            value=11.0,
            source="the highest return there is: 11 decisions with a reward of at most 1",
        ),
    ),
    scenario(
        _PARKING,
        "parking-v0",
        "Park a car in the space and direction that are asked for; a goal environment.",
        reference=published_score(
            -6.762,
            algorithm="TQC with hindsight replay, tuned",
            steps="100,000",
            runs="one run (std over episodes 2.7)",
            source=ZOO,
        ),
    ),
)

FAMILIES = (
    Family(ids=("parking-*",), draft=_PARKING),
    Family(
        ids=(
            "exit-*",
            "highway-*",
            "intersection-*",
            "lane-keeping-*",
            "merge-*",
            "racetrack-*",
            "roundabout-*",
            "two-way-*",
            "u-turn-*",
        ),
        draft=_ROAD,
    ),
)

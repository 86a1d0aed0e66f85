"""Gymnasium's classic control, toy text and Box2D tasks.

Toy text has few states, known by number, which reach the learner one-hot: a single number by the
learner's own preprocessing, Blackjack's three numbers by `FlattenObservation`.
"""

from __future__ import annotations

from dataclasses import replace

from harness.core.curriculum import Level
from harness.core.scenario import Scenario, Score, Wrapper
from scenarios.scenario_scores import ARLBENCH, CONTRIB, SLM_LAB, ZOO, published_score, scenario

_DISCRETE = Scenario(
    name="", env="", family="classic_control", action="Discrete", licence="gymnasium: MIT"
)
_BOX = replace(_DISCRETE, action="Box")

CLASSIC_CONTROL = (
    scenario(
        _DISCRETE,
        "CartPole-v1",
        "Balance a pole on a cart that is pushed left or right.",
        max_episode_steps=500,
        threshold=475.0,
        reference=published_score(
            500.0,
            algorithm="PPO tuned",
            steps="100,000",
            runs="10 seeds (std 0.0)",
            source=f"{ARLBENCH}; the highest return there is",
        ),
        steps=50_000,
    ),
    scenario(
        _DISCRETE,
        "Acrobot-v1",
        "Swing a two-link arm above a line with a motor at its elbow.",
        max_episode_steps=500,
        threshold=-100.0,
        reference=published_score(
            -73.9,
            algorithm="DQN tuned",
            steps="100,000",
            runs="10 seeds (std 3.3)",
            source=ARLBENCH,
        ),
        steps=100_000,
    ),
    scenario(
        _DISCRETE,
        "MountainCar-v0",
        "Rock an underpowered car out of a valley; no reward before the goal.",
        max_episode_steps=200,
        threshold=-110.0,
        reference=published_score(
            -106.7,
            algorithm="DQN tuned",
            steps="120,000",
            runs="10 seeds (std 5.5)",
            source=ARLBENCH,
        ),
        steps=120_000,
    ),
    scenario(
        _BOX,
        "MountainCarContinuous-v0",
        "The same car with a throttle; force is costly, so doing nothing looks good.",
        max_episode_steps=999,
        threshold=90.0,
        reference=published_score(
            94.679,
            algorithm="SAC tuned",
            steps="50,000",
            runs="one run (std over episodes 1.1)",
            source=ZOO,
        ),
        steps=50_000,
    ),
    scenario(
        _BOX,
        "Pendulum-v1",
        "Swing a pendulum up and hold it there with a weak motor.",
        max_episode_steps=200,
        reference=published_score(
            -153.6,
            algorithm="SAC tuned",
            steps="20,000",
            runs="10 seeds (std 3.6)",
            source=ARLBENCH,
        ),
        levels=(
            Level(name="g=2", arguments={"g": 2.0}),
            Level(name="g=5", arguments={"g": 5.0}),
        ),
        steps=100_000,
    ),
)


def _optimal(value: float, method: str = "by dynamic programming") -> Score:
    # `tests/benchmarks/optima.py` computes these values again.
    return Score(value=value, source=f"computed: the best policy there is, {method}")


_TOY_TEXT = replace(_DISCRETE, family="toy_text", steps=100_000)

TOY_TEXT = (
    scenario(
        _TOY_TEXT,
        "FrozenLake-v1",
        "Cross a slippery frozen lake of 16 fields without falling into a hole.",
        reference=_optimal(0.7442),
        max_episode_steps=100,
        threshold=0.7,
    ),
    scenario(
        _TOY_TEXT,
        "FrozenLake8x8-v1",
        "Cross a slippery frozen lake of 64 fields.",
        reference=_optimal(0.9132),
        max_episode_steps=200,
        threshold=0.85,
        steps=500_000,
    ),
    scenario(
        _TOY_TEXT,
        "Taxi-v4",
        "Fetch a passenger and take them to one of four places.",
        reference=_optimal(7.93),
        max_episode_steps=200,
        threshold=8.0,
        steps=500_000,
    ),
    scenario(
        _TOY_TEXT,
        "CliffWalking-v1",
        "Walk along a cliff; -1 a step and -100 for falling.",
        reference=_optimal(-13.0, "13 steps along the edge"),
        # The environment has no limit, and a policy that stands still would never end.
        max_episode_steps=200,
    ),
    scenario(
        _TOY_TEXT,
        "Blackjack-v1",
        "Draw cards against a dealer; the house wins in the long run.",
        reference=_optimal(-0.0431),
        wrappers=(Wrapper(path="gymnasium.wrappers.FlattenObservation"),),
    ),
)

_BOX2D = replace(
    _BOX,
    family="box2d",
    max_episode_steps=1000,
    requires="gymnasium[box2d]",
    licence="gymnasium: MIT; Box2D: zlib",
)

BOX2D = (
    scenario(
        replace(_BOX2D, action="Discrete"),
        "LunarLander-v3",
        "Land between two flags with three engines that are on or off.",
        threshold=200.0,
        reference=published_score(
            265.9,
            algorithm="double DQN with prioritised replay, hand-tuned",
            steps="300,000",
            runs="4 seeds",
            source=SLM_LAB,
        ),
        steps=300_000,
    ),
    scenario(
        _BOX2D,
        "LunarLanderContinuous-v3",
        "Land between two flags with engines that can be throttled.",
        threshold=200.0,
        reference=published_score(
            283.5,
            algorithm="SAC tuned",
            steps="500,000",
            runs="10 seeds (std 6.4)",
            source=ARLBENCH,
            task="LunarLanderContinuous-v2",
            scale="the same rewards; -v3 corrects what was left over from earlier episodes",
        ),
        steps=500_000,
    ),
    scenario(
        _BOX2D,
        "BipedalWalker-v3",
        "Walk on two legs over slightly uneven ground.",
        max_episode_steps=1600,
        threshold=300.0,
        reference=published_score(
            329.808,
            algorithm="TQC tuned",
            steps="500,000",
            runs="one run (std over episodes 45)",
            source=ZOO,
        ),
        steps=1_000_000,
    ),
    scenario(
        _BOX2D,
        "BipedalWalkerHardcore-v3",
        "Walk on two legs over ladders, stumps and pits.",
        max_episode_steps=2000,
        threshold=300.0,
        reference=published_score(
            228.0,
            algorithm="TQC tuned",
            steps="2,000,000",
            runs="3 seeds (spread 18)",
            source=CONTRIB.format("TQC"),
        ),
        steps=2_000_000,
    ),
    scenario(
        _BOX2D,
        "CarRacing-v3",
        "Drive around a track seen from above.",
        observation="image",
        # One frame shows no speed; colours add nothing to shades of grey.
        wrappers=(
            Wrapper(path="gymnasium.wrappers.GrayscaleObservation"),
            Wrapper(path="gymnasium.wrappers.FrameStackObservation", arguments={"stack_size": 4}),
        ),
        threshold=900.0,
        reference=published_score(
            862.549,
            algorithm="recurrent PPO tuned",
            steps="4,000,000",
            runs="one run (std over episodes 97)",
            source=ZOO,
            task="CarRacing-v0",
            scale="the same rewards; the lap is found to be complete otherwise",
        ),
        steps=4_000_000,
    ),
)

SCENARIOS = (*CLASSIC_CONTROL, *TOY_TEXT, *BOX2D)

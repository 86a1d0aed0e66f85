"""Gymnasium's Box2D tasks."""

from __future__ import annotations

from harness.core.scenario import Scenario, Wrapper
from scenarios.sources import ARLBENCH, CONTRIB, SLM_LAB, ZOO, published, recorded

__all__ = ["SCENARIOS"]

_REQUIRES = "gymnasium[box2d]"
_LICENCE = "gymnasium: MIT; Box2D: zlib"

SCENARIOS = (
    Scenario(
        name="LunarLander-v3",
        env="LunarLander-v3",
        family="box2d",
        action="Discrete",
        max_episode_steps=1000,
        threshold=200.0,
        random=recorded("LunarLander-v3"),
        reference=published(
            265.9,
            algorithm="double DQN with prioritised replay, hand-tuned",
            steps="300,000",
            runs="4 seeds",
            source=SLM_LAB,
        ),
        steps=300_000,
        requires=_REQUIRES,
        licence=_LICENCE,
        description="Land between two flags with three engines that are on or off.",
    ),
    Scenario(
        name="LunarLanderContinuous-v3",
        env="LunarLanderContinuous-v3",
        family="box2d",
        action="Box",
        max_episode_steps=1000,
        threshold=200.0,
        random=recorded("LunarLanderContinuous-v3"),
        reference=published(
            283.5,
            algorithm="SAC tuned",
            steps="500,000",
            runs="10 seeds (std 6.4)",
            source=ARLBENCH,
            task="LunarLanderContinuous-v2",
            scale="the same rewards; -v3 corrects what was left over from earlier episodes",
        ),
        steps=500_000,
        requires=_REQUIRES,
        licence=_LICENCE,
        description="Land between two flags with engines that can be throttled.",
    ),
    Scenario(
        name="BipedalWalker-v3",
        env="BipedalWalker-v3",
        family="box2d",
        action="Box",
        max_episode_steps=1600,
        threshold=300.0,
        random=recorded("BipedalWalker-v3"),
        reference=published(
            329.808,
            algorithm="TQC tuned",
            steps="500,000",
            runs="one run (std over episodes 45)",
            source=ZOO,
        ),
        steps=1_000_000,
        requires=_REQUIRES,
        licence=_LICENCE,
        description="Walk on two legs over slightly uneven ground.",
    ),
    Scenario(
        name="BipedalWalkerHardcore-v3",
        env="BipedalWalkerHardcore-v3",
        family="box2d",
        action="Box",
        max_episode_steps=2000,
        threshold=300.0,
        random=recorded("BipedalWalkerHardcore-v3"),
        reference=published(
            228.0,
            algorithm="TQC tuned",
            steps="2,000,000",
            runs="3 seeds (spread 18)",
            source=CONTRIB.format("TQC"),
        ),
        steps=2_000_000,
        requires=_REQUIRES,
        licence=_LICENCE,
        description="Walk on two legs over ladders, stumps and pits.",
    ),
    Scenario(
        name="CarRacing-v3",
        env="CarRacing-v3",
        family="box2d",
        action="Box",
        observation="image",
        # One frame shows no speed; colours say nothing that grey does not.
        wrappers=(
            Wrapper(path="gymnasium.wrappers.GrayscaleObservation"),
            Wrapper(path="gymnasium.wrappers.FrameStackObservation", arguments={"stack_size": 4}),
        ),
        max_episode_steps=1000,
        threshold=900.0,
        random=recorded("CarRacing-v3"),
        reference=published(
            862.549,
            algorithm="recurrent PPO tuned",
            steps="4,000,000",
            runs="one run (std over episodes 97)",
            source=ZOO,
            task="CarRacing-v0",
            scale="the same rewards; the lap is found to be complete otherwise",
        ),
        steps=4_000_000,
        requires=_REQUIRES,
        licence=_LICENCE,
        description="Drive around a track seen from above.",
    ),
)

"""Gymnasium's classic control: five small tasks that train in minutes."""

from __future__ import annotations

from harness.core.curriculum import Level
from harness.core.scenario import Scenario
from scenarios.sources import ARLBENCH, ZOO, published, recorded

__all__ = ["SCENARIOS"]

_LICENCE = "gymnasium: MIT"

SCENARIOS = (
    Scenario(
        name="CartPole-v1",
        env="CartPole-v1",
        family="classic_control",
        action="Discrete",
        max_episode_steps=500,
        threshold=475.0,
        random=recorded("CartPole-v1"),
        reference=published(
            500.0,
            algorithm="PPO tuned",
            steps="100,000",
            runs="10 seeds (std 0.0)",
            source=f"{ARLBENCH}; the highest return there is",
        ),
        steps=50_000,
        licence=_LICENCE,
        description="Balance a pole on a cart that is pushed left or right.",
    ),
    Scenario(
        name="Acrobot-v1",
        env="Acrobot-v1",
        family="classic_control",
        action="Discrete",
        max_episode_steps=500,
        threshold=-100.0,
        random=recorded("Acrobot-v1"),
        reference=published(
            -73.9,
            algorithm="DQN tuned",
            steps="100,000",
            runs="10 seeds (std 3.3)",
            source=ARLBENCH,
        ),
        steps=100_000,
        licence=_LICENCE,
        description="Swing a two-link arm above a line with a motor at its elbow.",
    ),
    Scenario(
        name="MountainCar-v0",
        env="MountainCar-v0",
        family="classic_control",
        action="Discrete",
        max_episode_steps=200,
        threshold=-110.0,
        random=recorded("MountainCar-v0"),
        reference=published(
            -106.7,
            algorithm="DQN tuned",
            steps="120,000",
            runs="10 seeds (std 5.5)",
            source=ARLBENCH,
        ),
        steps=120_000,
        licence=_LICENCE,
        description="Rock an underpowered car out of a valley; no reward before the goal.",
    ),
    Scenario(
        name="MountainCarContinuous-v0",
        env="MountainCarContinuous-v0",
        family="classic_control",
        action="Box",
        max_episode_steps=999,
        threshold=90.0,
        random=recorded("MountainCarContinuous-v0"),
        reference=published(
            94.679,
            algorithm="SAC tuned",
            steps="50,000",
            runs="one run (std over episodes 1.1)",
            source=ZOO,
        ),
        steps=50_000,
        licence=_LICENCE,
        description="The same car with a throttle; force is costly, so doing nothing looks good.",
    ),
    Scenario(
        name="Pendulum-v1",
        env="Pendulum-v1",
        family="classic_control",
        action="Box",
        max_episode_steps=200,
        random=recorded("Pendulum-v1"),
        reference=published(
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
        licence=_LICENCE,
        description="Swing a pendulum up and hold it there with a weak motor.",
    ),
)

"""Gymnasium's MuJoCo tasks in version 5.

Few strong results are published on the -v5 tasks; most references were reached on earlier
versions and say so. They fix the scale on which scores are averaged, they are no target.
"""

from __future__ import annotations

from harness.core.scenario import Normalize, Scenario, Score
from scenarios.sources import CONTRIB, SLM_LAB, published, recorded

__all__ = ["SCENARIOS"]

_TIANSHOU = "tianshou examples/mujoco/README.md"
# What Gymnasium's version histories say about returns.
_SAME = "the same rewards"
_HEALTHY = "the same rewards but for the last step of a fall, which -v5 does not pay"


def _sac(value: float, std: float, task: str, scale: str) -> Score:
    return published(
        value,
        algorithm="SAC, one lightly hand-tuned setting",
        steps="1,000,000",
        runs=f"10 seeds (std {std:g})",
        source=_TIANSHOU,
        task=task,
        scale=scale,
    )


def _task(
    name: str,
    *,
    reference: Score,
    description: str,
    threshold: float | None = None,
    limit: int = 1000,
    steps: int = 1_000_000,
) -> Scenario:
    return Scenario(
        name=name,
        env=name,
        family="mujoco",
        action="Box",
        # rl-baselines3-zoo normalises for PPO, A2C and TRPO, and not for SAC, TD3 and TQC.
        normalize_on_policy=Normalize(observation=True, reward=True),
        max_episode_steps=limit,
        threshold=threshold,
        random=recorded(name),
        reference=reference,
        steps=steps,
        requires="gymnasium[mujoco]",
        licence="gymnasium: MIT; MuJoCo: Apache-2.0",
        description=description,
    )


SCENARIOS = (
    _task(
        "Ant-v5",
        threshold=6000.0,
        reference=_sac(5850.2, 475.7, "Ant-v3", _HEALTHY),
        description="Run forward on four legs.",
    ),
    _task(
        "HalfCheetah-v5",
        threshold=4800.0,
        reference=_sac(12138.8, 1049.3, "HalfCheetah-v3", _SAME),
        description="Run forward in the plane; it cannot fall.",
    ),
    _task(
        "Hopper-v5",
        threshold=3800.0,
        reference=_sac(3542.2, 51.5, "Hopper-v3", _HEALTHY),
        description="Hop forward on one leg without falling.",
    ),
    _task(
        "Walker2d-v5",
        reference=_sac(
            5007.0, 251.5, "Walker2d-v3", f"{_HEALTHY}; its right foot had less friction"
        ),
        description="Walk forward on two legs in the plane.",
    ),
    _task(
        "Humanoid-v5",
        reference=published(
            5035.36,
            algorithm="TD3 with the paper's hyperparameters",
            steps="1,000,000",
            runs="3 seeds (std 21.67)",
            source="CleanRL docs/rl-algorithms/td3.md, last 100 training episodes",
            task="Humanoid-v4",
            scale=f"{_HEALTHY}, and the small cost of contacts, which -v5 has again",
        ),
        steps=2_000_000,
        description="Walk forward with a humanoid body of 17 motors.",
    ),
    _task(
        "HumanoidStandup-v5",
        reference=published(
            150912.66,
            algorithm="CrossQ hand-tuned",
            steps="2,000,000",
            runs="4 seeds",
            source=SLM_LAB,
        ),
        steps=2_000_000,
        description="Stand up from lying on the ground.",
    ),
    _task(
        "Swimmer-v5",
        threshold=360.0,
        reference=published(
            359.0,
            algorithm="TRPO tuned",
            steps="1,000,000",
            runs="3 seeds (spread 2)",
            source=CONTRIB.format("TRPO"),
            task="Swimmer-v3",
            scale=_SAME,
        ),
        description="Swim forward with three links; a short horizon misses the way.",
    ),
    _task(
        "Reacher-v5",
        limit=50,
        threshold=-3.75,
        reference=_sac(-2.6, 0.2, "Reacher-v2", "the same rewards, which -v5 takes one step later"),
        description="Move the tip of a two-link arm to a target.",
    ),
    _task(
        "Pusher-v5",
        limit=100,
        threshold=0.0,
        reference=published(
            # The object of earlier versions was lighter than air.
            -37.08,
            algorithm="CrossQ hand-tuned",
            steps="2,000,000",
            runs="4 seeds",
            source=SLM_LAB,
        ),
        description="Push a cylinder to a target with a seven-joint arm.",
    ),
    _task(
        "InvertedPendulum-v5",
        threshold=950.0,
        reference=_sac(1000.0, 0.0, "InvertedPendulum-v2", _HEALTHY),
        description="Balance a pole on a cart with a throttle.",
    ),
    _task(
        "InvertedDoublePendulum-v5",
        threshold=9100.0,
        reference=_sac(9359.5, 0.4, "InvertedDoublePendulum-v2", _HEALTHY),
        description="Balance two linked poles on a cart with a throttle.",
    ),
)

"""Tasks simulated by MuJoCo: Gymnasium's, its walkers on other terrain, DeepMind's Control Suite.

Few strong results are published on Gymnasium's -v5 tasks; most references were reached on earlier
versions and say so. They fix the scale on which scores are averaged and are not targets.

`scenarios.terrain` has the walkers on slopes and with randomised bodies. A policy that copes with
all of them is more robust than one tuned to a single body, and its returns are lower.
"""

from __future__ import annotations

from dataclasses import replace

from harness.core.scenario import Family, Normalize, Scenario, Score, Wrapper
from scenarios.scenario_scores import CONTRIB, SLM_LAB, published_score, scenario

_TASK = Scenario(
    name="",
    env="",
    family="mujoco",
    action="Box",
    # rl-baselines3-zoo normalises for PPO, A2C and TRPO, and not for SAC, TD3 and TQC.
    normalize_on_policy=Normalize(observation=True, reward=True),
    max_episode_steps=1000,
    steps=1_000_000,
    requires="gymnasium[mujoco]",
    licence="gymnasium: MIT; MuJoCo: Apache-2.0",
)

_TIANSHOU = "tianshou examples/mujoco/README.md"
# What Gymnasium's version histories say about returns.
_SAME = "the same rewards"
_HEALTHY = "the same rewards but for the last step of a fall, which -v5 does not pay"


def _sac(value: float, std: float, task: str, scale: str) -> Score:
    return published_score(
        value,
        algorithm="SAC, one lightly hand-tuned setting",
        steps="1,000,000",
        runs=f"10 seeds (std {std:g})",
        source=_TIANSHOU,
        task=task,
        scale=scale,
    )


GYMNASIUM = (
    scenario(
        _TASK,
        "Ant-v5",
        "Run forward on four legs.",
        threshold=6000.0,
        reference=_sac(5850.2, 475.7, "Ant-v3", _HEALTHY),
    ),
    scenario(
        _TASK,
        "HalfCheetah-v5",
        "Run forward in the plane; it cannot fall.",
        threshold=4800.0,
        reference=_sac(12138.8, 1049.3, "HalfCheetah-v3", _SAME),
    ),
    scenario(
        _TASK,
        "Hopper-v5",
        "Hop forward on one leg without falling.",
        threshold=3800.0,
        reference=_sac(3542.2, 51.5, "Hopper-v3", _HEALTHY),
    ),
    scenario(
        _TASK,
        "Walker2d-v5",
        "Walk forward on two legs in the plane.",
        reference=_sac(
            5007.0, 251.5, "Walker2d-v3", f"{_HEALTHY}; its right foot had less friction"
        ),
    ),
    scenario(
        _TASK,
        "Humanoid-v5",
        "Walk forward with a humanoid body of 17 motors.",
        reference=published_score(
            5035.36,
            algorithm="TD3 with the paper's hyperparameters",
            steps="1,000,000",
            runs="3 seeds (std 21.67)",
            source="CleanRL docs/rl-algorithms/td3.md, last 100 training episodes",
            task="Humanoid-v4",
            scale=f"{_HEALTHY}, and the small cost of contacts, which -v5 has again",
        ),
        steps=2_000_000,
    ),
    scenario(
        _TASK,
        "HumanoidStandup-v5",
        "Stand up from lying on the ground.",
        reference=published_score(
            150912.66,
            algorithm="CrossQ hand-tuned",
            steps="2,000,000",
            runs="4 seeds",
            source=SLM_LAB,
        ),
        steps=2_000_000,
    ),
    scenario(
        _TASK,
        "Swimmer-v5",
        "Swim forward with three links; a short horizon misses the way.",
        threshold=360.0,
        reference=published_score(
            359.0,
            algorithm="TRPO tuned",
            steps="1,000,000",
            runs="3 seeds (spread 2)",
            source=CONTRIB.format("TRPO"),
            task="Swimmer-v3",
            scale=_SAME,
        ),
    ),
    scenario(
        _TASK,
        "Reacher-v5",
        "Move the tip of a two-link arm to a target.",
        max_episode_steps=50,
        threshold=-3.75,
        reference=_sac(-2.6, 0.2, "Reacher-v2", "the same rewards, which -v5 takes one step later"),
    ),
    scenario(
        _TASK,
        "Pusher-v5",
        "Push a cylinder to a target with a seven-joint arm.",
        max_episode_steps=100,
        threshold=0.0,
        reference=published_score(
            # The object of earlier versions was lighter than air.
            -37.08,
            algorithm="CrossQ hand-tuned",
            steps="2,000,000",
            runs="4 seeds",
            source=SLM_LAB,
        ),
    ),
    scenario(
        _TASK,
        "InvertedPendulum-v5",
        "Balance a pole on a cart with a throttle.",
        threshold=950.0,
        reference=_sac(1000.0, 0.0, "InvertedPendulum-v2", _HEALTHY),
    ),
    scenario(
        _TASK,
        "InvertedDoublePendulum-v5",
        "Balance two linked poles on a cart with a throttle.",
        threshold=9100.0,
        reference=_sac(9359.5, 0.4, "InvertedDoublePendulum-v2", _HEALTHY),
    ),
)

_RANDOM_RANGES = {"friction": [0.5, 1.5], "mass": [0.8, 1.2], "gravity": [0.9, 1.1]}
_BODIES = {
    "Ant": "an ant",
    "HalfCheetah": "a cheetah",
    "Hopper": "a hopper",
    "Humanoid": "a humanoid",
    "Walker2d": "a walker",
}

TERRAIN = tuple(
    scenario(
        replace(_TASK, family="locomotion"),
        f"locomotion/{task}-{kind}-v5",
        description.format(body),
        env=f"scenarios.terrain:locomotion/{task}-v5",
        arguments=arguments,
        steps=2_000_000 if task == "Humanoid" else 1_000_000,
    )
    for kind, arguments, description in (
        (
            "randomised",
            _RANDOM_RANGES,
            "Run with {} whose friction, mass and gravity change with every episode.",
        ),
        ("slope", {"slope": 5.0}, "Run with {} up a slope of five degrees."),
    )
    for task, body in _BODIES.items()
)

_DM_CONTROL = replace(
    _TASK,
    family="dm_control",
    imports=("shimmy",),
    # The observations are dictionaries of vectors.
    wrappers=(Wrapper(path="gymnasium.wrappers.FlattenObservation"),),
    reference=Score(
        value=1000.0,
        source="the highest return there is: 1,000 steps with a reward of at most 1, "
        "Tassa et al. 2018, https://arxiv.org/abs/1801.00690",
    ),
    requires="rl-harness[dm-control]",
    packages=("dm-control", "shimmy"),
    licence="dm_control: Apache-2.0, models included; shimmy: MIT",
    description="A task of the DeepMind Control Suite.",
)

DM_CONTROL = tuple(
    scenario(_DM_CONTROL, f"dm_control/{task}-v0", description)
    for task, description in {
        "ball_in_cup-catch": "Swing a ball on a string into the cup it hangs from.",
        "cartpole-swingup": "Swing a pole up on a cart and hold it there.",
        "cheetah-run": "Run forward in the plane, rewarded up to a speed of 10 m/s.",
        "finger-spin": "Keep a body spinning with a planar finger.",
        "hopper-hop": "Hop forward on one leg; no reward for standing alone.",
        "humanoid-walk": "Walk with a humanoid of 21 motors; falling ends nothing.",
        "reacher-easy": "Move the tip of a two-link arm into a large target.",
        "walker-run": "Run on two legs in the plane.",
        "walker-stand": "Stand up on two legs in the plane.",
        "walker-walk": "Walk on two legs in the plane.",
    }.items()
)

SCENARIOS = (*GYMNASIUM, *TERRAIN, *DM_CONTROL)
FAMILIES = (Family(ids=("dm_control/*",), draft=_DM_CONTROL),)

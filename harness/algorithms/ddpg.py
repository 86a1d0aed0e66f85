"""DDPG: deep deterministic policy gradients."""

from __future__ import annotations

from harness.algorithms import ranges, rules
from harness.algorithms.priors import priors_of
from harness.core.algorithm import Algorithm
from harness.core.space import Space

ALGORITHM = Algorithm(
    name="ddpg",
    title="DDPG",
    learner="stable_baselines3.ddpg.ddpg:DDPG",
    policies=ranges.POLICIES,
    actions=frozenset({"Box"}),
    on_policy=False,
    source="Lillicrap et al. 2016, https://arxiv.org/abs/1509.02971",
    importance=ranges.DETERMINISTIC_IMPORTANCE,
    priors=priors_of("ddpg"),
    space=Space(
        parameters=(
            *ranges.OFF_POLICY,
            ranges.CONTINUOUS_BATCH_SIZE,
            ranges.GAMMA,
            ranges.TAU,
            *ranges.replay(ratio=1.0),
            *ranges.ACTION_NOISE,
            ranges.network("big", "small", "[128, 128]", "medium", "[512, 512]"),
            ranges.activation("relu"),
        ),
        rules=(*rules.OFF_POLICY, rules.action_noise, rules.network),
    ),
)

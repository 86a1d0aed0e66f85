"""DDPG: deep deterministic policy gradients."""

from __future__ import annotations

from harness.algorithms import ranges, rules
from harness.core.algorithm import Algorithm
from harness.core.space import Space

__all__ = ["ALGORITHM"]

ALGORITHM = Algorithm(
    name="ddpg",
    title="DDPG",
    learner="stable_baselines3.ddpg.ddpg:DDPG",
    policies=ranges.POLICIES,
    actions=frozenset({"Box"}),
    on_policy=False,
    source="Lillicrap et al. 2016, https://arxiv.org/abs/1509.02971",
    space=Space(
        parameters=(
            ranges.LEARNING_RATE,
            ranges.LR_SCHEDULE,
            ranges.BUFFER_SIZE,
            ranges.LEARNING_STARTS,
            ranges.batch_size(
                32, 1024, source="locomotion guide (256 .. 1024); rl-baselines3-zoo (4 .. 2048)"
            ),
            ranges.GAMMA,
            ranges.TAU,
            *ranges.replay(ratio=1.0),
            *ranges.action_noise(),
            ranges.network("big", "small", "[128, 128]", "medium", "[512, 512]"),
            ranges.activation("relu"),
        ),
        rules=(
            rules.bounded_warmup,
            rules.bounded_train_freq,
            rules.whole_updates,
            rules.updates_per_step,
            rules.scheduled_learning_rate,
            rules.action_noise,
            rules.network,
        ),
    ),
)

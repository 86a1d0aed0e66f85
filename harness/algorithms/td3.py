"""TD3: deterministic policy gradients with twin delayed critics."""

from __future__ import annotations

from harness.algorithms import ranges, rules
from harness.core.algorithm import Algorithm
from harness.core.domain import Float, Int
from harness.core.space import Parameter, Space

__all__ = ["ALGORITHM"]

ALGORITHM = Algorithm(
    name="td3",
    title="TD3",
    learner="stable_baselines3.td3.td3:TD3",
    policies=ranges.POLICIES,
    actions=frozenset({"Box"}),
    on_policy=False,
    source="Fujimoto et al. 2018, https://arxiv.org/abs/1802.09477",
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
            Parameter(
                name="policy_delay",
                domain=Int(low=1, high=4),
                source="Fujimoto et al. 2018 (2)",
            ),
            Parameter(
                name="target_policy_noise",
                domain=Float(low=0.05, high=0.5),
                source="Fujimoto et al. 2018 (0.2)",
            ),
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

"""CrossQ: SAC with batch renormalisation and no target networks."""

from __future__ import annotations

from harness.algorithms import ranges, rules
from harness.core.algorithm import Algorithm
from harness.core.domain import Int
from harness.core.space import Parameter, Space

__all__ = ["ALGORITHM"]

ALGORITHM = Algorithm(
    name="crossq",
    title="CrossQ",
    learner="sb3_contrib.crossq.crossq:CrossQ",
    policies={"vector": "MlpPolicy"},
    actions=frozenset({"Box"}),
    on_policy=False,
    source="Bhatt et al. 2024, https://openreview.net/forum?id=PczQtTsTIX",
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
            *ranges.replay(ratio=1.0),
            ranges.temperature(),
            Parameter(
                name="policy_delay",
                domain=Int(low=1, high=4),
                source="Bhatt et al. 2024 (3)",
            ),
            *ranges.GSDE,
            ranges.network(
                '{"pi": [256, 256], "qf": [1024, 1024]}',
                "small",
                "medium",
                '{"pi": [256, 256], "qf": [512, 512]}',
            ),
            ranges.activation("relu"),
        ),
        rules=(
            rules.bounded_warmup,
            rules.bounded_train_freq,
            rules.whole_updates,
            rules.updates_per_step,
            rules.scheduled_learning_rate,
            rules.network,
        ),
    ),
)

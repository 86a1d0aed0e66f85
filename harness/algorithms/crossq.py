"""CrossQ: SAC with batch renormalisation and no target networks."""

from __future__ import annotations

from harness.algorithms import ranges, rules
from harness.algorithms.priors import priors_of
from harness.core.algorithm import Algorithm
from harness.core.space import Space
from harness.core.spaces.domain import Int
from harness.core.spaces.parameter import Parameter

ALGORITHM = Algorithm(
    name="crossq",
    title="CrossQ",
    learner="sb3_contrib.crossq.crossq:CrossQ",
    policies={"vector": "MlpPolicy"},
    actions=frozenset({"Box"}),
    on_policy=False,
    source="Bhatt et al. 2024, https://openreview.net/forum?id=PczQtTsTIX",
    # An order by hand, after Eimer et al. 2023 (tuning in RL), Henderson et al. 2018, rl-
    # baselines3-zoo; Bhatt et al. 2024.
    importance=(
        "learning_rate",
        "gamma",
        "replay_ratio",
        "batch_size",
        "policy_delay",
        "train_freq",
        "ent_coef",
        "learning_starts",
    ),
    priors=priors_of("crossq"),
    space=Space(
        parameters=(
            *ranges.OFF_POLICY,
            ranges.CONTINUOUS_BATCH_SIZE,
            ranges.GAMMA,
            *ranges.replay(ratio=1.0),
            ranges.TEMPERATURE,
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
                '{"pi": [256, 256], "qf": [2048, 2048]}',
            ),
            ranges.activation("relu"),
        ),
        rules=(*rules.OFF_POLICY, rules.network),
    ),
)

"""SAC: the soft actor-critic."""

from __future__ import annotations

from harness.algorithms import ranges, rules
from harness.algorithms.priors import priors_of
from harness.core.algorithm import Algorithm
from harness.core.space import Space

ALGORITHM = Algorithm(
    name="sac",
    title="SAC",
    learner="stable_baselines3.sac.sac:SAC",
    policies=ranges.POLICIES,
    actions=frozenset({"Box"}),
    on_policy=False,
    source="Haarnoja et al. 2018, https://arxiv.org/abs/1801.01290",
    # An order by hand, after Eimer et al. 2023 (tuning in RL), Henderson et al. 2018, rl-
    # baselines3-zoo.
    importance=(
        "learning_rate",
        "gamma",
        "replay_ratio",
        "batch_size",
        "train_freq",
        "tau",
        "ent_coef",
        "learning_starts",
    ),
    priors=priors_of("sac"),
    space=Space(
        parameters=(
            *ranges.OFF_POLICY,
            ranges.CONTINUOUS_BATCH_SIZE,
            ranges.GAMMA,
            ranges.TAU,
            *ranges.replay(ratio=1.0),
            ranges.TEMPERATURE,
            *ranges.GSDE,
            ranges.network("medium", "small", "[128, 128]", "[512, 512]", "big"),
            ranges.activation("relu"),
        ),
        rules=(*rules.OFF_POLICY, rules.network),
    ),
)

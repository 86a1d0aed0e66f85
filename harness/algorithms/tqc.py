"""TQC: SAC with truncated quantile critics."""

from __future__ import annotations

from harness.algorithms import ranges, rules
from harness.algorithms.priors import priors_of
from harness.core.algorithm import Algorithm
from harness.core.space import Space
from harness.core.spaces.domain import Int
from harness.core.spaces.parameter import Parameter

ALGORITHM = Algorithm(
    name="tqc",
    title="TQC",
    learner="sb3_contrib.tqc.tqc:TQC",
    policies=ranges.POLICIES,
    actions=frozenset({"Box"}),
    on_policy=False,
    source="Kuznetsov et al. 2020, https://arxiv.org/abs/2005.04269",
    # An order by hand, after Eimer et al. 2023 (tuning in RL), Henderson et al. 2018, rl-
    # baselines3-zoo; Kuznetsov et al. 2020.
    importance=(
        "learning_rate",
        "gamma",
        "replay_ratio",
        "batch_size",
        "train_freq",
        "tau",
        "ent_coef",
        "top_quantiles_to_drop_per_net",
    ),
    priors=priors_of("tqc"),
    space=Space(
        parameters=(
            *ranges.OFF_POLICY,
            ranges.CONTINUOUS_BATCH_SIZE,
            ranges.GAMMA,
            ranges.TAU,
            *ranges.replay(ratio=1.0),
            ranges.TEMPERATURE,
            Parameter(
                name="n_quantiles",
                domain=Int(low=5, high=50),
                default=25,
                target="policy_kwargs.n_quantiles",
                source=f"{ranges.ZOO} (5 .. 50)",
            ),
            Parameter(
                name="top_quantiles_to_drop_per_net",
                domain=Int(low=0, high=10),
                source=f"Kuznetsov et al. 2020 (0 .. 7 of 25); {ranges.ZOO} (0 .. 5)",
            ),
            *ranges.GSDE,
            # The last is what the zoo's tuned files have with hindsight.
            ranges.network("medium", "small", "[128, 128]", "[512, 512]", "big", "[512, 512, 512]"),
            ranges.activation("relu"),
        ),
        rules=(*rules.OFF_POLICY, rules.kept_quantiles, rules.network),
    ),
)

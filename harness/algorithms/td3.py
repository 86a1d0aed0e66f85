"""TD3: deterministic policy gradients with twin delayed critics."""

from __future__ import annotations

from harness.algorithms import ranges, rules
from harness.algorithms.priors import priors_of
from harness.core.algorithm import Algorithm
from harness.core.space import Space
from harness.core.spaces.domain import Float, Int
from harness.core.spaces.parameter import Parameter

ALGORITHM = Algorithm(
    name="td3",
    title="TD3",
    learner="stable_baselines3.td3.td3:TD3",
    policies=ranges.POLICIES,
    actions=frozenset({"Box"}),
    on_policy=False,
    source="Fujimoto et al. 2018, https://arxiv.org/abs/1802.09477",
    importance=ranges.DETERMINISTIC_IMPORTANCE,
    priors=priors_of("td3"),
    space=Space(
        parameters=(
            *ranges.OFF_POLICY,
            ranges.CONTINUOUS_BATCH_SIZE,
            ranges.GAMMA,
            ranges.TAU,
            *ranges.replay(ratio=1.0),
            *ranges.ACTION_NOISE,
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
        rules=(*rules.OFF_POLICY, rules.action_noise, rules.network),
    ),
)

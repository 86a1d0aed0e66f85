"""QR-DQN: DQN that learns quantiles of the return."""

from __future__ import annotations

from harness.algorithms import ranges, rules
from harness.algorithms.priors import priors_of
from harness.core.algorithm import Algorithm
from harness.core.space import Space
from harness.core.spaces.domain import Int
from harness.core.spaces.parameter import Parameter

ALGORITHM = Algorithm(
    name="qrdqn",
    title="QR-DQN",
    learner="sb3_contrib.qrdqn.qrdqn:QRDQN",
    policies=ranges.POLICIES,
    actions=frozenset({"Discrete"}),
    on_policy=False,
    source="Dabney et al. 2018, https://arxiv.org/abs/1710.10044",
    importance=ranges.DQN_IMPORTANCE,
    priors=priors_of("qrdqn"),
    space=Space(
        parameters=(
            *ranges.OFF_POLICY,
            ranges.DISCRETE_BATCH_SIZE,
            ranges.GAMMA,
            *ranges.replay(ratio=0.25),
            ranges.TARGET_UPDATE_INTERVAL,
            *ranges.EXPLORATION,
            Parameter(
                name="n_quantiles",
                domain=Int(low=5, high=200),
                default=200,
                target="policy_kwargs.n_quantiles",
                source=f"{ranges.ZOO} (5 .. 200)",
            ),
            ranges.network("small", "tiny", "[128, 128]", "medium", "[512, 512]"),
            ranges.activation("relu"),
        ),
        rules=(*rules.DQN, rules.network),
    ),
)

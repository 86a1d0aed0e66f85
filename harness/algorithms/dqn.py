"""DQN: deep Q-learning with a target network."""

from __future__ import annotations

from harness.algorithms import ranges, rules
from harness.algorithms.priors import priors_of
from harness.core.algorithm import Algorithm
from harness.core.space import Space

ALGORITHM = Algorithm(
    name="dqn",
    title="DQN",
    learner="stable_baselines3.dqn.dqn:DQN",
    policies=ranges.POLICIES,
    actions=frozenset({"Discrete"}),
    on_policy=False,
    source="Mnih et al. 2015, https://doi.org/10.1038/nature14236",
    importance=ranges.DQN_IMPORTANCE,
    priors=priors_of("dqn"),
    space=Space(
        parameters=(
            *ranges.OFF_POLICY,
            ranges.DISCRETE_BATCH_SIZE,
            ranges.GAMMA,
            *ranges.replay(ratio=0.25),
            ranges.TARGET_UPDATE_INTERVAL,
            *ranges.EXPLORATION,
            ranges.network("small", "tiny", "[128, 128]", "medium", "[512, 512]"),
            ranges.activation("relu"),
        ),
        rules=(*rules.DQN, rules.network),
    ),
)

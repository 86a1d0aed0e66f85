"""Maskable PPO: PPO that never takes an action the environment forbids."""

from __future__ import annotations

from harness.algorithms import ranges, rules
from harness.algorithms.priors import priors_of
from harness.core.algorithm import Algorithm
from harness.core.space import Space

ALGORITHM = Algorithm(
    name="ppo_mask",
    title="Maskable PPO",
    learner="sb3_contrib.ppo_mask.ppo_mask:MaskablePPO",
    policies=ranges.POLICIES,
    actions=frozenset({"Discrete", "MultiDiscrete", "MultiBinary"}),
    on_policy=True,
    masks=True,
    source="Huang and Ontanon 2022, https://arxiv.org/abs/2006.14171",
    importance=ranges.PPO_IMPORTANCE,
    priors=priors_of("ppo_mask"),
    space=Space(
        parameters=(
            *ranges.PPO,
            ranges.network("small", "tiny", "[128, 128]", "medium", "[512, 512]"),
            ranges.activation("tanh"),
        ),
        budget_rules=(rules.bounded_rollout, rules.fitted_batch),
        rules=(rules.scheduled_learning_rate, rules.entropy_bonus, rules.network),
    ),
)

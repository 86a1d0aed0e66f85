"""PPO: proximal policy optimisation with a clipped objective."""

from __future__ import annotations

from harness.algorithms import ranges, rules
from harness.algorithms.priors import priors_of
from harness.core.algorithm import Algorithm
from harness.core.space import Space

ALGORITHM = Algorithm(
    name="ppo",
    title="PPO",
    learner="stable_baselines3.ppo.ppo:PPO",
    policies=ranges.POLICIES,
    actions=ranges.ACTOR_CRITIC_ACTIONS,
    on_policy=True,
    source="Schulman et al. 2017, https://arxiv.org/abs/1707.06347",
    importance=ranges.PPO_IMPORTANCE,
    priors=priors_of("ppo"),
    space=Space(
        parameters=(
            *ranges.PPO,
            *ranges.GSDE,
            ranges.network("small", "tiny", "[128, 128]", "medium", "[512, 512]"),
            ranges.activation("tanh"),
        ),
        budget_rules=(rules.bounded_rollout, rules.fitted_batch),
        rules=(rules.scheduled_learning_rate, rules.entropy_bonus, rules.network),
    ),
)

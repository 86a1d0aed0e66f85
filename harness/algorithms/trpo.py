"""TRPO: trust region policy optimisation."""

from __future__ import annotations

from harness.algorithms import ranges, rules
from harness.algorithms.priors import priors_of
from harness.core.algorithm import Algorithm
from harness.core.space import Space
from harness.core.spaces.domain import Float, Int
from harness.core.spaces.parameter import Parameter

ALGORITHM = Algorithm(
    name="trpo",
    title="TRPO",
    learner="sb3_contrib.trpo.trpo:TRPO",
    policies=ranges.POLICIES,
    actions=ranges.ACTOR_CRITIC_ACTIONS,
    on_policy=True,
    source="Schulman et al. 2015, https://arxiv.org/abs/1502.05477",
    # An order by hand, after Andrychowicz et al. 2021 (on-policy study), Eimer et al. 2023
    # (tuning in RL), rl-baselines3-zoo; Schulman et al. 2015.
    importance=(
        "learning_rate",
        "target_kl",
        "gamma",
        "n_steps",
        "gae_lambda",
        "n_critic_updates",
        "batch_size",
        "cg_max_steps",
    ),
    priors=priors_of("trpo"),
    space=Space(
        parameters=(
            ranges.LEARNING_RATE,
            ranges.LR_SCHEDULE,
            ranges.n_steps(32, 8192, source=f"{ranges.ZOO} (32 .. 4096), longer for locomotion"),
            ranges.batch_size(16, 1024, source=f"{ranges.ZOO} (4 .. 1024)"),
            ranges.GAMMA,
            ranges.GAE_LAMBDA,
            Parameter(
                name="target_kl",
                domain=Float(low=0.001, high=0.1, log=True),
                source=f"{ranges.ZOO} (0.001 .. 0.1)",
            ),
            Parameter(
                name="n_critic_updates",
                domain=Int(low=5, high=30),
                source=f"{ranges.ZOO} (5 .. 30)",
            ),
            Parameter(
                name="cg_max_steps",
                domain=Int(low=5, high=30),
                source=f"{ranges.ZOO} (5 .. 30)",
            ),
            *ranges.GSDE,
            ranges.network("small", "tiny", "[128, 128]", "medium", "[512, 512]"),
            ranges.activation("tanh"),
        ),
        budget_rules=(rules.bounded_rollout, rules.fitted_batch),
        rules=(rules.scheduled_learning_rate, rules.network),
    ),
)

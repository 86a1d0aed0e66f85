"""Maskable PPO: PPO that never takes an action the environment forbids."""

from __future__ import annotations

from harness.algorithms import ranges, rules
from harness.algorithms.priors import priors_of
from harness.core.algorithm import Algorithm
from harness.core.space import Space

__all__ = ["ALGORITHM"]

ALGORITHM = Algorithm(
    name="ppo_mask",
    title="Maskable PPO",
    learner="sb3_contrib.ppo_mask.ppo_mask:MaskablePPO",
    policies=ranges.POLICIES,
    actions=frozenset({"Discrete", "MultiDiscrete", "MultiBinary"}),
    on_policy=True,
    masks=True,
    source="Huang and Ontanon 2022, https://arxiv.org/abs/2006.14171",
    # An order by hand, after Andrychowicz et al. 2021 (on-policy study), Eimer et al. 2023
    # (tuning in RL), rl-baselines3-zoo.
    importance=(
        "learning_rate",
        "gamma",
        "n_steps",
        "n_epochs",
        "gae_lambda",
        "batch_size",
        "entropy_bonus",
        "ent_coef",
    ),
    priors=priors_of("ppo_mask"),
    space=Space(
        parameters=(
            ranges.LEARNING_RATE,
            ranges.LR_SCHEDULE,
            ranges.n_steps(
                8,
                8192,
                source=f"{ranges.ZOO} (32 .. 4096); {ranges.TUNED_ZOO} (8 .. 2048); locomotion "
                "guide (1024 .. 8192)",
            ),
            ranges.batch_size(
                16, 4096, source="tutorials (16 .. 4096); locomotion guide (64 .. 512)"
            ),
            ranges.N_EPOCHS,
            ranges.GAMMA,
            ranges.GAE_LAMBDA,
            ranges.CLIP_RANGE,
            *ranges.ENTROPY,
            ranges.VF_COEF,
            ranges.MAX_GRAD_NORM,
            ranges.network("small", "tiny", "[128, 128]", "medium", "[512, 512]"),
            ranges.activation("tanh"),
        ),
        budget_rules=(rules.bounded_rollout, rules.fitted_batch),
        rules=(
            rules.scheduled_learning_rate,
            rules.entropy_bonus,
            rules.network,
        ),
    ),
)

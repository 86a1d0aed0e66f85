"""A2C: the synchronous advantage actor-critic."""

from __future__ import annotations

from harness.algorithms import ranges, rules
from harness.algorithms.priors import priors_of
from harness.core.algorithm import Algorithm
from harness.core.space import Space
from harness.core.spaces.domain import Choice, Float, Int
from harness.core.spaces.parameter import Parameter

ALGORITHM = Algorithm(
    name="a2c",
    title="A2C",
    learner="stable_baselines3.a2c.a2c:A2C",
    policies=ranges.POLICIES,
    actions=ranges.ACTOR_CRITIC_ACTIONS,
    on_policy=True,
    source="Mnih et al. 2016, https://arxiv.org/abs/1602.01783",
    # An order by hand, after Andrychowicz et al. 2021 (on-policy study), Eimer et al. 2023
    # (tuning in RL), rl-baselines3-zoo.
    importance=(
        "learning_rate",
        "gamma",
        "n_steps",
        "gae_lambda",
        "entropy_bonus",
        "ent_coef",
        "use_rms_prop",
        "normalize_advantage",
    ),
    priors=priors_of("a2c"),
    space=Space(
        parameters=(
            ranges.LEARNING_RATE,
            ranges.LR_SCHEDULE,
            Parameter(
                name="n_steps",
                # The default, 5, is no power of two.
                domain=Int(low=4, high=1024, log=True),
                source=f"{ranges.ZOO} (32 .. 2048); {ranges.TUNED_ZOO} (5 .. 100); tutorials "
                "(5 .. 128)",
            ),
            ranges.GAMMA,
            Parameter(
                name="gae_lambda",
                # The default is 1, which has no place on a logarithmic axis of 1 - value.
                domain=Float(low=0.8, high=1.0),
                source=f"{ranges.EARLIER_ZOO} (0.8 .. 1.0); {ranges.ZOO} (0.9 .. 0.9999)",
            ),
            *ranges.ENTROPY,
            ranges.VF_COEF,
            ranges.MAX_GRAD_NORM,
            Parameter(
                name="use_rms_prop",
                domain=Choice(options=(True, False)),
                source=ranges.EARLIER_ZOO,
            ),
            Parameter(
                name="normalize_advantage",
                domain=Choice(options=(False, True)),
                source=ranges.EARLIER_ZOO,
            ),
            *ranges.GSDE,
            ranges.network("small", "tiny", "[128, 128]", "medium", "[512, 512]"),
            ranges.activation("tanh"),
        ),
        budget_rules=(rules.bounded_rollout,),
        rules=(rules.scheduled_learning_rate, rules.entropy_bonus, rules.network),
    ),
)

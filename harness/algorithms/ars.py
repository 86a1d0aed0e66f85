"""ARS: augmented random search over the weights of a linear policy."""

from __future__ import annotations

from harness.algorithms import ranges, rules
from harness.algorithms.priors import priors_of
from harness.core.algorithm import Algorithm
from harness.core.space import Space
from harness.core.spaces.domain import Choice, Float, Int
from harness.core.spaces.parameter import Parameter

ALGORITHM = Algorithm(
    name="ars",
    title="ARS",
    learner="sb3_contrib.ars.ars:ARS",
    policies={"vector": "LinearPolicy"},
    actions=frozenset({"Box", "Discrete"}),
    on_policy=True,
    source="Mania et al. 2018, https://arxiv.org/abs/1803.07055",
    # An order by hand, after Mania et al. 2018, rl-baselines3-zoo.
    importance=(
        "learning_rate",
        "delta_std",
        "n_delta",
        "top_fraction",
        "zero_policy",
        "lr_schedule",
    ),
    priors=priors_of("ars"),
    space=Space(
        parameters=(
            Parameter(
                name="learning_rate",
                domain=Float(low=1e-5, high=0.1, log=True),
                source=f"{ranges.ZOO} (1e-5 .. 0.002); {ranges.TUNED_ZOO} (0.01 .. 0.03); "
                "Mania et al. 2018 (0.01 .. 0.03)",
            ),
            ranges.LR_SCHEDULE,
            Parameter(
                name="delta_std",
                domain=Float(low=0.005, high=0.3, log=True),
                source=f"Mania et al. 2018 (0.0075 .. 0.1); {ranges.ZOO} (0.01 .. 0.3)",
            ),
            Parameter(
                name="n_delta",
                # Not more than 64: one update costs two episodes per direction.
                domain=Int(low=1, high=64, log=True),
                source=f"{ranges.ZOO} (4 .. 64); {ranges.TUNED_ZOO} (1 .. 64, and 256 once)",
            ),
            Parameter(
                name="top_fraction",
                domain=Float(low=0.05, high=1.0),
                default=1.0,
                target="n_top",
                source=f"{ranges.ZOO} (0.05 .. 1)",
            ),
            Parameter(
                name="zero_policy",
                domain=Choice(options=(True, False)),
                source=ranges.EARLIER_ZOO,
            ),
        ),
        rules=(rules.whole_directions, rules.top_directions, rules.scheduled_learning_rate),
    ),
)

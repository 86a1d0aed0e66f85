"""Data only; the learner is imported when it trains."""

from harness.core.algorithm import Algorithm
from harness.core.space import Space
from harness.core.spaces.domain import Float, Int
from harness.core.spaces.parameter import Parameter

ALGORITHMS = (
    Algorithm(
        name="quick_a2c",
        title="Quick A2C",
        learner="corridor_plugin.learner:QuickA2C",
        policies={"vector": "MlpPolicy"},
        actions=frozenset({"Discrete"}),
        on_policy=True,
        space=Space(
            parameters=(
                Parameter(name="learning_rate", domain=Float(low=1e-4, high=1e-2, log=True)),
                Parameter(name="n_steps", domain=Int(low=2, high=8)),
            )
        ),
    ),
)

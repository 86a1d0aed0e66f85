"""The defaults that the spaces state are those of the library's own models."""

import pytest
import torch

from harness.algorithms import ALGORITHMS
from harness.core.spaces.value_rules import Context
from harness.testing.algorithm_contract import resolve_space
from harness.training import build

pytestmark = pytest.mark.training

PLAIN = (bool, int, float, str, type(None))


def described(learner):
    """All settings of a learner that can be compared, and its first weights."""
    schedules = ("lr_schedule", "clip_range", "delta_std_schedule", "exploration_schedule")
    optimizers = {
        name: (type(module.optimizer).__name__, module.optimizer.defaults)
        for name, module in learner.policy.named_modules()
        if hasattr(module, "optimizer")
    }
    vector = torch.nn.utils.parameters_to_vector(learner.policy.parameters())
    return {
        "network": str(learner.policy),
        "weights": vector.detach().numpy().tobytes(),
        "optimizers": optimizers,
        "settings": {k: v for k, v in vars(learner).items() if isinstance(v, PLAIN)},
        "noise": learner.action_noise,
        "train_freq": getattr(learner, "train_freq", None),
        "schedules": {
            name: [getattr(learner, name)(share) for share in (1.0, 0.5, 0.0)]
            for name in schedules
            if callable(getattr(learner, name, None))
        },
    }


@pytest.mark.parametrize(
    ("algorithm", "action"),
    [
        pytest.param(algorithm, action, id=f"{algorithm.name}-{action}")
        for algorithm in ALGORITHMS
        for action in ("Discrete", "Box")
        if action in algorithm.actions
    ],
)
def test_the_default_point_builds_the_default_model(algorithm, action, run, cartpole, pendulum):
    scenario = cartpole if action == "Discrete" else pendulum
    space = resolve_space(algorithm, action)
    # A budget at which no rule has to shorten anything.
    context = Context(n_envs=1, steps=10_000_000, action=action)
    stated = space.arguments(space.default_values(), context)

    library = build(run(algorithm.name, scenario, arguments={}))
    ours = build(run(algorithm.name, scenario, arguments=stated))
    try:
        assert described(ours) == described(library)
    finally:
        ours.env.close()
        library.env.close()

"""`backend: fast` is held to everything a cell may train."""

from dataclasses import replace

import pytest

from harness.algorithms import ALGORITHMS
from harness.config.checks.cell_checks import backend_of, check_backend
from harness.config.documents.nodes import build
from harness.core.matrix import Cell, NamedConfiguration
from harness.core.scenario import Scenario
from harness.core.space import Space
from harness.core.spaces.domain import Choice

BY_NAME = {algorithm.name: algorithm for algorithm in ALGORITHMS}


def cell(action, **changes):
    algorithm = BY_NAME["ppo"]
    return Cell(
        scenario=Scenario(name="Toy-v0", env="Toy-v0", action=action),
        algorithm=algorithm,
        space=algorithm.space.for_actions(action).with_defaults(
            {"n_steps": 2048, "batch_size": 64}
        ),
        **changes,
    )


def problems(given, asked="fast"):
    return [problem.message for problem in check_backend(given, asked, build({}))]


@pytest.mark.parametrize("action", ["Discrete", "Box", "MultiDiscrete"])
def test_the_whole_space_of_ppo_is_covered(action):
    assert problems(cell(action)) == []


def test_one_option_of_the_search_is_enough_to_refuse():
    given = cell("Discrete")
    odd = replace(
        given.space["activation_fn"], domain=Choice(options=("tanh", "gelu")), default="tanh"
    )
    given = replace(given, space=given.space.with_parameter(odd))
    assert problems(given) == [
        "`backend: fast` cannot train `ppo@Toy-v0`: activation `gelu` is not accelerated"
    ]
    assert problems(given, "auto") == []


def test_a_gpu_trains_nothing_fast():
    (message,) = set(problems(cell("Discrete", device="cuda")))
    assert message == "`backend: fast` cannot train `ppo@Toy-v0`: it trains on a GPU"
    assert problems(cell("Discrete", device="cuda"), "sb3") == []


def test_variants_count():
    odd = NamedConfiguration(name="odd", arguments={"policy_kwargs": {"optimizer_class": "sgd"}})
    (message,) = problems(cell("Box", variants=(odd,)))
    assert "`sgd`" in message


def test_a_part_of_the_search_that_is_not_covered():
    """As the exploration of SAC that depends on the state."""
    algorithm = BY_NAME["sac"]
    scenario = Scenario(name="Toy-v0", env="Toy-v0", action="Box")
    (part,) = (part for part in algorithm.space.parameters if part.name == "use_sde")
    space = Space(parameters=(part,)).with_defaults({"use_sde": False})
    given = Cell(scenario=scenario, algorithm=algorithm, space=space)
    (message,) = problems(given)
    assert "state-dependent exploration of `sac`" in message
    assert problems(given, "auto") == []
    assert problems(replace(given, space=Space(parameters=()))) == []


@pytest.mark.parametrize(
    ("asked", "changes", "backend"),
    [
        ("auto", {}, "fast"),
        ("fast", {}, "fast"),
        ("sb3", {}, "sb3"),
        ("auto", {"device": "cuda"}, "sb3"),
        ("fast", {"device": "cuda"}, "sb3"),
        ("auto", {"algorithm": BY_NAME["trpo"]}, "sb3"),
        ("sb3", {"device": "cuda"}, "sb3"),
    ],
)
def test_a_backend_is_what_was_asked_for_where_it_can_train(asked, changes, backend):
    assert backend_of(replace(cell("Discrete"), **changes), asked) == backend

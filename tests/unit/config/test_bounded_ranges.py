"""Ranges that the budget cuts, and library defaults that lie outside their ranges."""

import random

import pytest

from harness.algorithms import ALGORITHMS
from harness.config import load_matrix
from harness.core.costs.training_steps import EQUAL, overshoot
from harness.core.learner_arguments import cell_arguments
from harness.core.scenario import Scenario
from harness.core.spaces.domain import Choice, Int, PowerOfTwo
from harness.errors import MatrixError
from harness.registry import Registry, component_paths

REAL = {algorithm.name: algorithm for algorithm in ALGORITHMS}


def registry_of(scenario):
    return Registry(
        scenarios={scenario.name: scenario},
        algorithms=REAL,
        samplers=component_paths("sampler"),
        pruners=component_paths("pruner"),
    )


@pytest.fixture
def matrix(write):
    """A matrix of one cell with the algorithms as they are registered."""

    def load(algorithm, space="", *, steps=20_000, n_envs=1, arguments="", more=""):
        action = "Discrete" if "Discrete" in REAL[algorithm].actions else "Box"
        scenario = Scenario(name="Toy-v0", env="Toy-v0", action=action, n_envs=n_envs)
        text = (
            "scenarios: [Toy-v0]\n"
            f"algorithms: [{{name: {algorithm}, arguments: {{{arguments}}}}}]\n"
            f"search: {{trials: 3, steps: {steps}}}\ntest: {{steps: {steps}}}\n"
            f"space: {{{space}}}\n{more}"
        )
        return load_matrix(write(text), registry_of(scenario))

    return load


@pytest.fixture
def cell(matrix):
    return lambda *words, **options: matrix(*words, **options).cells[0]


def texts(matrix):
    return [note.text for note in matrix.notes]


@pytest.mark.parametrize(
    ("written", "log"),
    [
        ("{low: 0.0, high: 0.01}", False),
        ("{low: 1e-6, high: 0.01}", True),
        ("{low: 1e-6, high: 0.01, log: false}", False),
    ],
)
def test_a_range_that_begins_at_0_has_no_ratios(cell, written, log):
    domain = cell("ppo", f"ent_coef: {written}").space["ent_coef"].domain
    assert (domain.log, domain.high) == (log, 0.01)


@pytest.mark.parametrize(
    ("algorithm", "space", "name", "default"),
    [
        ("ppo", "lr_schedule: linear", "lr_schedule", "constant"),
        ("ppo", "entropy_bonus: true, ent_coef: {low: 1e-3, high: 0.1}", "entropy_bonus", False),
        ("ppo", "batch_size: {choices: [128, 256, 512]}", "batch_size", 64),
        ("ppo", "gamma: {low: 0.995}", "gamma", 0.99),
        ("ppo", "target_kl: {low: 0.01, high: 0.1, optional: false}", "target_kl", None),
        ("ppo", "net_arch: {choices: [tiny, [32]]}", "net_arch", "small"),
        ("ppo", "n_steps: {high: 512}", "n_steps", 2048),
        ("sac", "replay_ratio: 0.5", "replay_ratio", 1.0),
        ("td3", "noise: normal", "noise", "none"),
        ("sac", "ent_coef: {low: 0.001, high: 0.1, log: true}", "ent_coef", "auto"),
    ],
)
def test_a_default_outside_its_range_is_legal_and_stays_what_it_is(
    matrix, algorithm, space, name, default
):
    loaded = matrix(algorithm, space)
    (cell,) = loaded.cells
    values = cell_arguments.default_values(cell)
    assert values[name] == default
    assert cell_arguments.configuration(cell, 0, {}) == (values, {})
    assert not cell.space.contains(values)
    (note,) = [note for note in loaded.notes if f"the default of `{name}`" in note.text]
    assert "lies outside" in note.text
    assert note.source == "m.yaml:5"


def test_a_default_inside_has_no_note(matrix):
    notes = texts(matrix("ppo", "gamma: {low: 0.95}", steps=2048 * 40))
    assert not [text for text in notes if "outside" in text]


@pytest.mark.parametrize(
    ("algorithm", "options", "name", "domain"),
    [
        ("ppo", {}, "n_steps", PowerOfTwo(low=16, high=4096)),
        ("ppo", {"n_envs": 16}, "n_steps", PowerOfTwo(low=8, high=256)),
        ("ppo", {"steps": 1000}, "batch_size", PowerOfTwo(low=16, high=128)),
        ("ppo", {"steps": 64}, "n_steps", PowerOfTwo(low=16, high=16)),
        ("dqn", {"steps": 1000}, "learning_starts", Int(low=10, high=100, log=True)),
        ("dqn", {"steps": 500}, "target_update_interval", Int(low=1, high=50, log=True)),
        ("dqn", {"n_envs": 200}, "target_update_interval", Int(low=200, high=2000, log=True)),
        ("sac", {"steps": 100, "n_envs": 2}, "train_freq", PowerOfTwo(low=1, high=4)),
        (
            "tqc",
            {"arguments": "policy_kwargs: {n_quantiles: 5}"},
            "top_quantiles_to_drop_per_net",
            Int(low=0, high=4),
        ),
        ("ppo", {"arguments": "n_steps: 64"}, "batch_size", PowerOfTwo(low=16, high=64)),
        ("trpo", {"arguments": "batch_size: 128"}, "n_steps", PowerOfTwo(low=128, high=4096)),
    ],
)
def test_a_range_has_what_may_be_trained_of_it(matrix, algorithm, options, name, domain):
    loaded = matrix(algorithm, **options)
    parameter = loaded.cells[0].space[name]
    assert parameter.domain == domain
    assert parameter.full_domain is not None
    assert any(
        f"`{name}` in {domain.describe()} instead of {parameter.full_domain.describe()}" in text
        for text in texts(loaded)
    )


def test_a_written_range_that_is_cut_is_noted_where_it_stands(matrix):
    loaded = matrix("sac", "learning_starts: {low: 100, high: 10000}", steps=5000)
    assert loaded.cells[0].space["learning_starts"].domain.high == 500
    assert "m.yaml:5" in {n.source for n in loaded.notes if "`learning_starts` in" in n.text}


@pytest.mark.parametrize(
    ("space", "domain"),
    [
        ("learning_starts: {choices: [100, 1000, 10000]}", Choice(options=(100, 1000))),
        ("learning_starts: {choices: [5000, 10000]}", Choice(options=(2000,))),
        ("learning_starts: {low: 5000, high: 10000}", Int(low=2000, high=2000)),
        ("learning_starts: {powers_of_two: [16, 8192]}", PowerOfTwo(low=16, high=1024)),
    ],
)
def test_whatever_is_cut_the_space_can_be_searched(cell, space, domain):
    found = cell("sac", space).space
    assert found["learning_starts"].domain == domain
    assert found.problems() == []


def test_where_no_power_of_two_can_be_trained_whole_numbers_are(cell):
    space = cell("ppo", "n_steps: {choices: [100, 200]}").space
    assert space["batch_size"].domain == Int(low=20, high=200, log=True)


@pytest.mark.parametrize(
    ("algorithm", "space", "arguments"),
    [
        ("ppo", "", ""),
        ("ppo", "n_steps: {low: 64, high: 3000, log: true}", ""),
        ("ppo", "n_steps: {choices: [96, 128]}, batch_size: {choices: [48, 64]}", ""),
        ("ppo", "n_steps: {choices: [100, 200]}", ""),
        ("a2c", "n_steps: {choices: [5, 7, 5000]}", ""),
        ("trpo", "", ""),
        ("ppo_recurrent", "", ""),
        ("sac", "", ""),
        ("sac", "replay_ratio: {choices: [0.3, 1, 2]}", ""),
        ("sac", "replay_ratio: {low: 0.1, high: 2}", ""),
        ("sac", "train_freq: {choices: [1, 4]}", ""),
        ("dqn", "", "train_freq: 3"),
        ("qrdqn", "", ""),
        ("tqc", "n_quantiles: {low: 2, high: 8}", ""),
        ("td3", "noise: normal", ""),
        ("ars", "", ""),
        ("ars", "top_fraction: {low: 0.1, high: 0.3}, n_delta: {low: 4}", ""),
    ],
)
@pytest.mark.parametrize(("steps", "n_envs"), [(20_000, 1), (20_000, 6), (700, 3)])
def test_every_trial_is_a_point_of_the_space_and_comes_to_itself(
    cell, algorithm, space, arguments, steps, n_envs
):
    found = cell(algorithm, space, arguments=arguments, steps=steps, n_envs=n_envs)
    draw = random.Random(0)
    for _ in range(60):
        coordinates = {p.axis.name: draw.choice(p.domain.grid(9)) for p in found.space.parameters}
        values, given = cell_arguments.configuration(found, 1, coordinates)
        assert found.space.contains(values), values
        assert cell_arguments.configuration(found, 1, found.space.coordinates(values)) == (
            values,
            given,
        )
        for name in values:
            if name in given and isinstance(given[name], int | float):
                assert given[name] == values[name]
        if "gradient_steps" in given and "replay_ratio" in values:
            every = given["train_freq"]
            assert given["gradient_steps"] / every == pytest.approx(values["replay_ratio"])


@pytest.mark.parametrize(
    ("algorithm", "steps", "n_envs", "n_steps"),
    [
        ("ppo", 20_000, 64, 64),
        ("ppo", 20_000, 16, 256),
        ("ppo", 300, 1, 16),
        ("trpo", 5000, 1, 1024),
        ("ppo_recurrent", 1000, 8, 16),
    ],
)
def test_the_default_and_variants_are_held_to_the_budget_as_trials_are(
    matrix, algorithm, steps, n_envs, n_steps
):
    loaded = matrix(
        algorithm,
        steps=steps,
        n_envs=n_envs,
        more=f"variants: {{mine: {{arguments: {{{algorithm}: {{n_steps: 4096}}}}}}}}\n",
    )
    (cell,) = loaded.cells
    for arguments in (
        cell_arguments.default_arguments(cell),
        cell_arguments.within_budget(cell, {"n_steps": 4096}),
    ):
        assert arguments["n_steps"] == n_steps
        assert n_steps * n_envs % arguments.get("batch_size", 1) == 0
        assert overshoot(steps, n_steps * n_envs) <= EQUAL
    values, given = cell_arguments.configuration(cell, 0, {})
    assert values["n_steps"] == given["n_steps"] == n_steps
    default = cell.space["n_steps"].default
    assert any(f"`default` trains `n_steps` {default} -> {n_steps}" in t for t in texts(loaded))
    assert any(f"`mine` trains `n_steps` 4096 -> {n_steps}" in t for t in texts(loaded))


def test_a_default_that_the_budget_holds_is_the_librarys_own(cell):
    for algorithm in ("ppo", "a2c", "sac", "dqn"):
        assert cell_arguments.default_arguments(cell(algorithm)) == {}


def test_steps_that_are_really_trained_are_noted(matrix):
    assert any("`default` trains 20,480 steps where 20,000" in t for t in texts(matrix("ppo")))
    exact = texts(matrix("ppo", steps=2048 * 10))
    assert not [text for text in exact if "are asked for" in text]


def test_what_the_matrix_fixes_is_not_moved_but_noted(matrix):
    loaded = matrix("ppo", steps=300, arguments="n_steps: 2048")
    assert cell_arguments.default_arguments(loaded.cells[0]) == {"n_steps": 2048}
    (note,) = [note for note in loaded.notes if "are asked for" in note.text]
    assert "every run trains 2,048 steps where 300 are asked for" in note.text
    assert note.source == "m.yaml:2"


def test_the_shorter_of_the_budgets_counts(write):
    text = (
        "scenarios: [Toy-v0]\nalgorithms: [ppo]\n"
        "search: {trials: 3, steps: 100000}\ntest: {steps: 5000}\n"
    )
    scenario = Scenario(name="Toy-v0", env="Toy-v0", action="Discrete")
    (cell,) = load_matrix(write(text), registry_of(scenario)).cells
    assert cell.space["n_steps"].domain.high == 1024
    assert cell_arguments.default_arguments(cell) == {"n_steps": 1024}


@pytest.mark.parametrize(
    ("algorithm", "space", "message"),
    [
        ("ppo", "batch_size: {low: 0, high: 64, log: false}", "must be at least 1, not 0"),
        ("ppo", "n_steps: {choices: [-5, 64]}", "must be at least 1, not -5"),
        ("ppo", "n_steps: {choices: [null, 64]}", "must be a whole number, not null"),
        ("ppo", "n_steps: {choices: [64.5]}", "must be a whole number, not 64.5"),
        ("sac", "learning_starts: {choices: [all, 10]}", "must be a whole number"),
        ("sac", "replay_ratio: {choices: [0, 1]}", "`replay_ratio` must be a number above 0"),
        ("sac", "replay_ratio: {low: 0, high: 1}", "`replay_ratio` must be a number above 0"),
        ("sac", "train_freq: {choices: [0, 4]}", "must be at least 1, not 0"),
        ("ars", "top_fraction: {low: 0, high: 1}", "`top_fraction` must be a number above 0"),
    ],
)
def test_values_that_no_rule_can_move_are_problems_of_their_line(matrix, algorithm, space, message):
    with pytest.raises(MatrixError) as caught:
        matrix(algorithm, space)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert problem.line == 5


def test_first_configurations_are_held_to_the_budget_and_say_so(matrix):
    loaded = matrix(
        "ppo", steps=1000, more="overrides: [{match: '*@*', search: {first: [{n_steps: 4096}]}}]\n"
    )
    (cell,) = loaded.cells
    values, given = cell_arguments.configuration(cell, 1, {})
    assert values["n_steps"] == given["n_steps"] == 128
    assert any(
        "trial 1, of `search.first`, trains `n_steps` 4096 -> 128" in t for t in texts(loaded)
    )


@pytest.mark.parametrize(
    ("written", "cut"),
    [
        # No rollout of a power of two is whole batches of any of these.
        ("{low: 50, high: 500, step: 50}", Int(low=64, high=256)),
        ("{low: 36, high: 60}", Int(low=64, high=64)),
        ("{low: 32, high: 96, step: 32}", Int(low=32, high=64, step=32)),
    ],
)
def test_steps_that_no_rollout_has_are_searched_as_whole_numbers(cell, written, cut):
    searched = cell("ppo", f"batch_size: {written}, n_steps: {{high: 256}}")
    assert searched.space["batch_size"].domain == cut
    draw = random.Random(1)
    for _ in range(50):
        values = {
            parameter.name: parameter.domain.from_axis(draw.choice(parameter.domain.grid(9)))
            for parameter in searched.space.parameters
        }
        trained = cell_arguments.trained_values(searched, values)
        assert cut.contains(trained["batch_size"])

"""From a document to cells: which ones, with which settings."""

from __future__ import annotations

import json

import pytest
from sample_records import synthetic_campaign

from harness.analysis import best_parameters
from harness.config import keep_cells
from harness.core.decisions.plan import plan_test
from harness.core.matrix import NamedConfiguration
from harness.core.scenario import Normalize, Score, Wrapper
from harness.core.settings import Resources
from harness.errors import MatrixError, UsageError

TWO = "scenarios: [CartPole-v1, Pendulum-v1]\nalgorithms: [ppo, a2c]\n"
ONE = "scenarios: [CartPole-v1]\nalgorithms: [ppo]\n"


def names(matrix):
    return [cell.name for cell in matrix.cells]


def test_cells_come_scenario_by_scenario(load):
    assert names(load(TWO)) == [
        "ppo@CartPole-v1",
        "a2c@CartPole-v1",
        "ppo@Pendulum-v1",
        "a2c@Pendulum-v1",
    ]


def test_exclude_thins_the_product_and_include_adds_to_it(load):
    matrix = load(
        TWO + "exclude: ['a2c@*', {algorithm: ppo, scenario: Cart*}]\n"
        "include: [dqn@CartPole-v1, {scenario: Acrobot-v1, algorithm: ppo}]\n"
    )

    assert names(matrix) == ["ppo@Pendulum-v1", "dqn@CartPole-v1", "ppo@Acrobot-v1"]


@pytest.mark.parametrize(
    ("pattern", "cells"),
    [
        ("*", {"ppo@CartPole-v1", "a2c@CartPole-v1", "ppo@Pendulum-v1", "a2c@Pendulum-v1"}),
        ("*@*", {"ppo@CartPole-v1", "a2c@CartPole-v1", "ppo@Pendulum-v1", "a2c@Pendulum-v1"}),
        ("ppo", {"ppo@CartPole-v1", "ppo@Pendulum-v1"}),
        ("Cart*", {"ppo@CartPole-v1", "a2c@CartPole-v1"}),
        ("*2c", {"a2c@CartPole-v1", "a2c@Pendulum-v1"}),
        ("ppo@*lum-v?", {"ppo@Pendulum-v1"}),
    ],
)
def test_a_pattern_means_the_same_cells_wherever_cells_are_named(load, pattern, cells):
    everything = load(TWO)
    others = set(names(everything)) - cells
    settings = load(TWO + f"overrides: [{{match: '{pattern}', n_envs: 3}}]\n")
    variant = load(TWO + f"variants: {{mine: {{arguments: {{'{pattern}': {{gamma: 0.5}}}}}}}}\n")

    assert {cell.name for cell in settings.cells if cell.scenario.n_envs == 3} == cells
    assert {cell.name for cell in variant.cells if cell.variants} == cells
    assert set(names(keep_cells(everything, [pattern]))) == cells
    if others:
        assert set(names(load(TWO + f"exclude: ['{pattern}']\n"))) == others


@pytest.mark.parametrize(
    ("pattern", "help"),
    [
        ("pppo", "did you mean `ppo`?"),
        ("ppo@CartPol-v1", "did you mean `ppo@CartPole-v1`?"),
        ("sac", "cells: ppo@CartPole-v1, a2c@CartPole-v1, ppo@Pendulum-v1, a2c@Pendulum-v1;"),
    ],
)
def test_a_pattern_that_matches_nothing_is_answered_with_what_there_is(load, pattern, help):
    with pytest.raises(UsageError) as at_the_prompt:
        keep_cells(load(TWO), [pattern])
    with pytest.raises(MatrixError) as in_the_matrix:
        load(TWO + f"exclude: ['{pattern}']\n")

    assert at_the_prompt.value.help.startswith(help)
    assert in_the_matrix.value.problems[0].help.startswith(help)


def test_include_takes_whole_names_alone(load):
    with pytest.raises(MatrixError) as caught:
        load(TWO + "include: [ppo]\n")
    assert caught.value.problems[0].message == "`include` takes cells, not `ppo`"


def test_exclusion_lifts_what_cannot_be(load):
    matrix = load(
        "scenarios: [CartPole-v1, Pendulum-v1]\nalgorithms: [ppo, sac]\nexclude: [sac@CartPole-v1]"
    )

    assert names(matrix) == ["ppo@CartPole-v1", "ppo@Pendulum-v1", "sac@Pendulum-v1"]


def test_scenario_settings(load):
    matrix = load(
        "algorithms: [ppo]\nscenarios:\n"
        "  - name: heavy\n"
        "    env: Pendulum-v1\n"
        "    n_envs: 4\n"
        "    normalize: true\n"
        "    wrappers: [a.B, {path: 'a:C', arguments: {k: 1}}]\n"
        "    max_episode_steps: 50\n"
        "    arguments: {m: 2.0}\n"
        "    imports: [somewhere]\n"
        "    random: -1200\n"
        "    reference: {value: -150, source: a book}\n"
    )

    scenario = matrix.cells[0].scenario
    assert (scenario.name, scenario.env) == ("heavy", "Pendulum-v1")
    assert scenario.n_envs == 4
    assert scenario.normalize == Normalize(observation=True, reward=True)
    assert scenario.wrappers == (Wrapper(path="a.B"), Wrapper(path="a:C", arguments={"k": 1}))
    assert scenario.max_episode_steps == 50
    assert scenario.arguments == {"g": 10.0, "m": 2.0}
    assert scenario.imports == ("somewhere",)
    assert scenario.random == Score(value=-1200, source="m.yaml:11")
    assert scenario.reference == Score(value=-150, source="a book")


def test_one_environment_under_two_names(load):
    matrix = load(
        "algorithms: [ppo]\nscenarios:\n  - CartPole-v1\n"
        "  - {name: short, env: CartPole-v1, max_episode_steps: 50}\n"
    )

    assert names(matrix) == ["ppo@CartPole-v1", "ppo@short"]
    assert matrix.cells[0].scenario.random == Score(value=22, source="measured")


def test_an_environment_nobody_registered_is_looked_up(load):
    matrix = load(
        "algorithms: [ppo]\nscenarios: [Unregistered-v3, {name: Maze-v0, imports: [my_envs]}]\n"
    )

    maze = matrix.cells[1].scenario
    assert names(matrix) == ["ppo@Unregistered-v3", "ppo@Maze-v0"]
    assert (maze.env, maze.imports) == ("Maze-v0", ("my_envs",))


def test_a_wrapper_may_change_the_kind_of_observation(load):
    matrix = load("algorithms: [ppo]\nscenarios: [{name: Pixels-v0, observation: vector}]\n")

    assert matrix.cells[0].policy == "MlpPolicy"


def test_overrides_apply_in_order_to_what_they_match(load):
    matrix = load(
        TWO + "search: {steps: 1000}\noverrides:\n"
        "  - {match: 'ppo@*', n_envs: 4, search: {steps: 2000, trials: 3}}\n"
        "  - match: {scenario: Pend*}\n"
        "    normalize: {observation: true}\n"
        "    search: {steps: 3000}\n"
        "    confirm: {top: 1}\n"
        "    test: {seeds: [5, 6]}\n"
        "    timeout: 60\n"
        "    memory: 1.5 GiB\n"
        "    resources: {gpus: 0.25}\n"
        "    threads: 2\n"
        "    baseline: 475\n"
        "    arguments: {gamma: 0.9}\n"
        "    env_arguments: {g: 9.81}\n"
        "    max_episode_steps: 100\n"
        "    wrappers: [a.B]\n"
    )

    plain, both = matrix["a2c@CartPole-v1"], matrix["ppo@Pendulum-v1"]
    assert (plain.search.steps, plain.scenario.n_envs, plain.timeout) == (1000, 1, None)
    assert matrix["ppo@CartPole-v1"].search.steps == 2000
    assert (both.search.steps, both.search.trials, both.scenario.n_envs) == (3000, 3, 4)
    assert both.scenario.normalize == Normalize(observation=True)
    assert (both.confirm.top, both.test.seeds) == (1, (5, 6))
    assert (both.timeout, both.threads, both.baseline) == (60, 2, 475)
    assert (plain.memory, both.memory) == (None, 3 * 2**29)
    assert (plain.device, plain.resources) == ("cpu", Resources(cpus=1, gpus=0))
    assert (both.device, both.resources) == ("cuda", Resources(cpus=1, gpus=0.25))
    assert both.arguments == {"gamma": 0.9}
    assert both.scenario.arguments == {"g": 9.81}
    assert both.scenario.max_episode_steps == 100
    assert both.scenario.wrappers == (Wrapper(path="a.B"),)


def test_part_of_a_normalisation_can_be_taken_back(load):
    matrix = load(
        "algorithms: [ppo]\nscenarios: [{name: CartPole-v1, normalize: true}]\n"
        "overrides: [{match: '*@*', normalize: {reward: false}}]\n"
    )

    assert matrix.cells[0].scenario.normalize == Normalize(observation=True, reward=False)


def test_a_time_limit_can_be_lifted(load):
    matrix = load(
        "algorithms: [ppo]\nscenarios: [{name: CartPole-v1, max_episode_steps: 50}]\n"
        "overrides: [{match: '*@*', max_episode_steps: null}]\n"
    )

    assert matrix.cells[0].scenario.max_episode_steps is None


def test_a_variant_lies_over_what_is_fixed_and_is_tested(load):
    matrix = load(
        "scenarios: [CartPole-v1, Acrobot-v1]\n"
        "algorithms: [{name: ppo, arguments: {vf_coef: 0.4, gamma: 0.9}}]\n"
        "test: {variants: [default, tuned, published], seeds: 2}\n"
        "variants:\n  published:\n    source: a book\n    arguments:\n"
        "      ppo: {gamma: 0.98}\n"
        "      ppo@Acrobot-v1: {n_epochs: 4}\n"
    )

    cart, acrobot = matrix.cells
    assert cart.variants == (
        NamedConfiguration(
            name="published", arguments={"vf_coef": 0.4, "gamma": 0.98}, source="a book"
        ),
    )
    assert acrobot.variants[0].arguments == {"vf_coef": 0.4, "gamma": 0.9, "n_epochs": 4}
    runs = [p for p in plan_test(cart, None) if p.variant == "published"]
    assert [run.run.arguments["gamma"] for run in runs] == [0.98, 0.98]


def test_a_cell_without_arguments_does_not_have_the_variant(load):
    matrix = load(
        TWO + "test: {variants: [default, tuned, mine]}\n"
        "variants: {mine: {arguments: {ppo@CartPole-v1: {gamma: 0.9}}}}\n"
    )

    assert [bool(cell.variants) for cell in matrix.cells] == [True, False, False, False]


def test_a_variant_from_a_file(load, write):
    cells = {
        "ppo@CartPole-v1": {"arguments": {"gamma": 0.91}, "score": 3},
        "sac@Elsewhere-v1": {"arguments": {"tau": 0.1}},
    }
    write(json.dumps(cells), "best.json")

    matrix = load(ONE + "variants: {before: {from_file: best.json}}\n")

    (variant,) = matrix.cells[0].variants
    assert variant == NamedConfiguration(
        name="before", arguments={"gamma": 0.91}, source="best.json"
    )
    assert matrix.document["variants"]["before"]["arguments"]["ppo@CartPole-v1"] == {"gamma": 0.91}


def test_a_variant_from_an_exported_campaign(load, write):
    best = best_parameters(synthetic_campaign())
    # Invented, but never with actions that are not continuous.
    del best["a2c@CartPole-v1"]["arguments"]["use_sde"]
    write(json.dumps(best), "best.json")

    matrix = load(
        "scenarios: [CartPole-v1]\nalgorithms: [ppo, a2c]\n"
        "variants: {before: {from_file: best.json}}\n"
    )

    assert names(matrix) == ["ppo@CartPole-v1", "a2c@CartPole-v1"]
    for cell in matrix.cells:
        (variant,) = cell.variants
        assert best[cell.name]["arguments"]
        assert dict(variant.arguments) == best[cell.name]["arguments"]


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"ppo@CartPole-v1": {"gamma": 0.9}}'])
def test_a_file_without_parameters_is_refused(problems, write, text):
    write(text, "best.json")

    (found,) = problems(ONE + "variants: {before: {from_file: best.json}}\n")

    assert found.message.startswith("`best.json` ")
    assert (found.line, found.column) == (3, 32)


def test_seed_lists_that_touch_nothing_are_taken(load):
    matrix = load(
        "scenarios: [{name: CartPole-v1, n_envs: 2}]\nalgorithms: [ppo]\n"
        "confirm: {seeds: [1, 3]}\ntest: {seeds: [5, 7]}\n"
    )

    assert matrix.cells[0].confirm.seeds == (1, 3)


def test_a_given_seed_cannot_be_one_the_search_derives(load, problems):
    from harness.core.decisions.plan import search_seeds

    taken = search_seeds(load(ONE).cells[0])[0]

    (found,) = problems(ONE + f"test: {{seeds: [{taken}]}}\n")

    assert found.message == f"search and test share the seed {taken}"


def test_a_given_seed_cannot_be_one_of_the_episodes(load, problems):
    from harness.core.decisions.plan import plan_test

    episodes = plan_test(load(ONE).cells[0], None)[0].run.schedule.seed

    (found,) = problems(ONE + f"confirm: {{seeds: [{episodes}]}}\n")

    assert found.message == f"confirm and evaluation share the seed {episodes}"


def test_the_backend_of_a_cell_is_decided_by_what_is_covered(load):
    odd = "{name: Acrobot-v1, observation: dict}"
    text = f"scenarios: [CartPole-v1, Pendulum-v1, {odd}]\nalgorithms: [ppo, dqn, sac]\n"
    exclude = "exclude: [dqn@Pendulum-v1, sac@CartPole-v1, sac@Acrobot-v1, dqn@Acrobot-v1]\n"
    usual = {cell.name: cell.backend for cell in load(text + exclude).cells}
    assert usual == {
        "ppo@CartPole-v1": "fast",
        "dqn@CartPole-v1": "fast",
        "ppo@Pendulum-v1": "fast",
        "sac@Pendulum-v1": "fast",
        "ppo@Acrobot-v1": "sb3",
    }
    override = "overrides: [{match: ppo@Pend*, backend: fast}]\n"
    plain = load(text + exclude + "backend: sb3\n" + override)
    assert plain["ppo@CartPole-v1"].backend == "sb3"
    assert plain["ppo@Pendulum-v1"].backend == "fast"


def test_cells_that_nothing_accelerates_keep_their_identity(load):
    text = "scenarios: [CartPole-v1, {name: Acrobot-v1, observation: dict}]\nalgorithms: [dqn]\n"
    usual, plain = load(text), load(text + "backend: sb3\n")
    assert usual["dqn@Acrobot-v1"].identity() == plain["dqn@Acrobot-v1"].identity()
    assert usual["dqn@CartPole-v1"].identity()["backend"] == "fast"

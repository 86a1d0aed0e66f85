"""A budget of a search, what follows from it, and hyperparameters that are named, in matrices."""

from __future__ import annotations

import json

import pytest

from harness.core.costs.budget_split import split
from harness.core.learner_arguments.cell_arguments import (
    arguments_of,
    default_arguments,
    default_values,
)
from harness.core.search_settings import Component
from harness.registry import Registry

ONE = "scenarios: [Pendulum-v1]\nalgorithms: [ppo]\n"


@pytest.fixture(scope="module")
def registry():
    """What is installed: the order of importance is that of real algorithms."""
    return Registry.from_packages()


def cell_of(load, text, **options):
    return load(text, **options).cells[0]


@pytest.mark.parametrize("written", ["60", "60 runs", "60.0", "'60 runs'"])
def test_what_follows_from_a_budget_is_resolved(load, written):
    matrix = load(ONE + f"search: {{budget: {written}}}\n")
    cell, counts = matrix.cells[0], split(60)
    assert cell.search.budget == 60
    assert (cell.search.trials, cell.confirm.top, cell.confirm.seeds) == (
        counts.trials,
        counts.top,
        counts.seeds,
    )
    assert cell.search.sampler == Component(name="auto")
    for path in ("search.trials", "confirm.top", "confirm.seeds", "search.cost_aware"):
        assert matrix.origins[path] == "follows from `search.budget`"
    assert counts.parameters is None
    assert len(cell.space.names) == 16
    (note,) = [note.text for note in matrix.notes if note.text.startswith("a budget")]
    assert "60 runs is about 44 trials" in note


def test_a_small_budget_searches_what_matters_most(load):
    matrix = load(ONE + "search: {budget: 20 runs}\n")
    (cell,) = matrix.cells
    assert set(cell.space.names) == set(cell.algorithm.importance[: split(20).parameters])
    assert any("searches 4 of 16 hyperparameters" in note.text for note in matrix.notes)


def test_a_sampler_by_hand_stays_as_it_is(load):
    for written in ("tpe", "{name: tpe, n_startup_trials: 10}", "random"):
        cell = cell_of(load, ONE + f"search: {{budget: 60, sampler: {written}}}\n")
        by_hand = cell_of(load, ONE + f"search: {{trials: 60, sampler: {written}}}\n")
        assert cell.search.sampler == by_hand.search.sampler


def test_a_budget_counts_runs_as_long_as_the_test(load):
    steps = "test: {steps: 40000}\n"
    short = cell_of(load, ONE + "search: {budget: 10, steps: 10000}\n" + steps)
    assert (short.confirm.top, short.confirm.seeds) == (split(40).top, split(40).seeds)


def test_what_is_written_by_hand_wins(load):
    text = ONE + (
        "search: {budget: 60, pruner: none, sampler: random, cost_aware: false, "
        "parameters: [gamma]}\nconfirm: {seeds: 2}\n"
    )
    cell = cell_of(load, text)
    assert (cell.confirm.top, cell.confirm.seeds) == (split(60).top, 2)
    assert cell.search.pruner.name == "none"
    assert cell.search.sampler == Component(name="random")
    assert cell.search.cost_aware is None
    assert cell.space.names == ("gamma",)
    ranges = cell_of(load, ONE + "search: {budget: 20}\nspace: {gamma: {low: 0.95}}\n")
    assert len(ranges.space.names) == 16


@pytest.mark.parametrize(
    ("below", "above", "budget", "trials"),
    [
        ("{trials: 7}", "search.budget=60 runs", 60, split(60).trials),
        ("{budget: 60}", "search.trials=7", None, 7),
        ("{budget: 60}", "search.budget=20", 20, split(20).trials),
    ],
)
def test_the_upper_layer_says_how_a_search_is_measured(load, below, above, budget, trials):
    cell = cell_of(load, ONE + f"search: {below}\n", sets=[above])
    assert (cell.search.budget, cell.search.trials) == (budget, trials)
    override = ONE + f"search: {below}\noverrides: [{{match: 'ppo@*', search: {{trials: 3}}}}]\n"
    assert cell_of(load, override).search.trials == 3
    assert cell_of(load, override).search.budget is None


@pytest.mark.parametrize(
    ("search", "message", "help_"),
    [
        ("{budget: -3}", "`budget` must be above 0 and at most 10,000 runs, not -3", ""),
        ("{budget: 3 bananas}", "`budget` must be a number of runs, e.g. `60 runs`", ""),
        ("{budget: true}", "`budget` must be a number of runs", ""),
        ("{budget: 60, trials: 5}", "`search` has both `budget` and `trials`", "keep one"),
        ("{budget: 3}", "`search.budget` is 3 runs of 50,000 steps, but 4 are the least", "write"),
        ("{parameters: [learning_rat]}", "`ppo` searches no", "did you mean `learning_rate`?"),
        (
            "{parameters: [rms_prop_eps]}",
            "`ppo` searches no `rms_prop_eps`",
            "it searches: learning_rate",
        ),
        ("{parameters: gamma}", "`parameters` must be a list", "write `[gamma]`"),
    ],
)
def test_what_is_wrong_with_a_size_is_said_where_it_stands(problems, search, message, help_):
    (problem,) = problems(ONE + f"search: {search}\n")
    assert problem.message.startswith(message)
    assert problem.help.startswith(help_)
    assert problem.line == 3


def test_confirm_runs_by_hand_need_their_part_of_a_budget(problems):
    (problem,) = problems(ONE + "search: {budget: 12}\nconfirm: {top: 3, seeds: 4}\n")
    assert "18 are the least" in problem.message
    assert problem.help == "write `budget: 18 runs`"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("{}", "`ppo` searches no `tau`"),
        ("{gamma: 0.9}", "`gamma` is in `search.parameters`, but fixed or without effect here"),
    ],
)
def test_an_override_names_what_the_algorithm_searches(problems, arguments, message):
    name = "tau" if arguments == "{}" else "gamma"
    text = ONE + (
        f"overrides: [{{match: 'ppo@*', arguments: {arguments}, "
        f"search: {{parameters: [learning_rate, {name}]}}}}]\n"
    )
    (problem,) = problems(text)
    assert problem.message == message


def test_names_for_all_algorithms_are_searched_where_there_are_such(load):
    text = (
        "scenarios: [Pendulum-v1]\nalgorithms: [ppo, sac]\n"
        "search: {parameters: [learning_rate, clip_range]}\n"
    )
    ppo, sac = load(text).cells
    assert ppo.space.names == ("learning_rate", "clip_range")
    assert sac.space.names == ("learning_rate",)


def test_names_that_no_algorithm_has_are_said_once(problems):
    text = "scenarios: [Pendulum-v1]\nalgorithms: [ppo, sac]\n"
    text += "search: {parameters: [gamma, learning_rat]}\n"
    (problem,) = problems(text)
    assert problem.message == "no algorithm here has a hyperparameter `learning_rat`"
    assert problem.help == "did you mean `learning_rate`?"


SEVERAL = "scenarios: [Pendulum-v1]\nalgorithms: [ppo, sac]\n"


def test_names_for_all_algorithms_may_be_of_ranges_of_the_matrix(load):
    text = (
        "space: {scenario.arguments.g: {low: 5.0, high: 9.0}, n_envs: {choices: [1, 2]}, "
        "rate: {target: learning_rate, low: 1e-4, high: 1e-3}, clip_range_vf: {low: 0.1}}\n"
        "search: {parameters: [scenario.arguments.g, n_envs, rate, clip_range_vf, optimizer]}\n"
    )
    ppo, sac = load(SEVERAL + text).cells
    both = {"scenario.arguments.g", "n_envs", "rate", "optimizer"}
    assert set(sac.space.names) == both
    assert set(ppo.space.names) == {*both, "clip_range_vf.use", "clip_range_vf"}


@pytest.mark.parametrize("name", ["n_envs", "scenario.arguments.g", "clip_range.final", "tau.x"])
@pytest.mark.parametrize(
    ("document", "who"), [(ONE, "`ppo` has"), (SEVERAL, "no algorithm here has a")]
)
def test_a_name_without_a_range_is_said(problems, document, who, name):
    (problem,) = problems(document + f"search: {{parameters: [learning_rate, {name}]}}\n")
    if name == "tau.x":
        assert "range" not in problem.message
        return
    assert problem.message.startswith(who)
    assert problem.message.endswith(f"range of `{name}`")
    assert problem.help.startswith(f"give it one: `space: {{{name}: {{low: ...")


def test_another_word_for_the_names_is_explained(problems):
    (problem,) = problems(ONE + "search: {only: [learning_rate]}\n")
    assert problem.help == "`search.parameters` lists the only hyperparameters that are searched"


def test_all_but_the_named_ones_stay_at_the_default(load):
    cell = cell_of(load, ONE + "search: {parameters: [learning_rate, n_steps]}\n")
    values = {"learning_rate": 0.001, "n_steps": 512}
    assert arguments_of(cell, values) == values
    # What the rollout asks for is no default any more.
    assert arguments_of(cell, values | {"n_steps": 32}) == values | {
        "n_steps": 32,
        "batch_size": 32,
    }


def test_trial_0_is_told_as_it_is_trained(load):
    matrix = load(ONE + "search: {parameters: [learning_rate, ent_coef]}\n")
    (cell,) = matrix.cells
    assert default_values(cell) == {"learning_rate": 0.0003, "ent_coef": 0.0}
    assert not cell.space.contains(default_values(cell))
    assert any("the default of `ent_coef`, 0.0, lies outside" in n.text for n in matrix.notes)


def test_a_rollout_that_is_not_searched_keeps_to_the_budget(load):
    text = ONE + "search: {steps: 1000, parameters: [gamma]}\ntest: {steps: 1000}\n"
    cell = cell_of(load, text)
    moved = default_arguments(cell)
    assert moved["n_steps"] < 1000
    assert arguments_of(cell, {"gamma": 0.9}) == moved | {"gamma": 0.9}


@pytest.mark.parametrize(
    ("names", "values", "arguments"),
    [
        ("[ent_coef]", {"ent_coef": 0.01}, {"ent_coef": 0.01}),
        ("[entropy_bonus]", {"entropy_bonus": True}, {"ent_coef": 0.01}),
        (
            "[lr_schedule]",
            {"lr_schedule": "linear"},
            {"learning_rate": {"schedule": "linear", "initial": 0.0003}},
        ),
        ("[sde_sample_freq]", {"sde_sample_freq": 4}, {"use_sde": True, "sde_sample_freq": 4}),
        ("[net_arch]", {"net_arch": "tiny"}, {"policy_kwargs": {"net_arch": [64]}}),
    ],
)
def test_what_depends_on_a_parameter_that_is_not_searched(load, names, values, arguments):
    cell = cell_of(load, ONE + f"search: {{parameters: {names}}}\n")
    assert cell.space.names == tuple(values)
    assert arguments_of(cell, values) == arguments


def test_a_larger_budget_of_the_same_band_is_the_same_search(load):
    digests = [
        cell_of(load, ONE + f"search: {{budget: {runs}}}\n").study_digest()
        for runs in (30, 60, 300, 29)
    ]
    assert digests[0] == digests[1] == digests[2] != digests[3]


def test_what_followed_follows_again_when_the_document_is_read_again(load):
    text = ONE + (
        "search: {budget: 60 runs}\noverrides: [{match: 'ppo@*', search: {steps: 25000}}]\n"
    )
    matrix = load(text)
    assert not {"trials", "pruner"} & matrix.document["search"].keys()
    again = load(json.dumps(matrix.document))
    assert again.cells == matrix.cells
    assert again.cells[0].confirm.seeds == split(120).seeds


@pytest.mark.parametrize("own", ["trials: 7", "trials: 7, sampler: qmc", "trials: 7, pruner: none"])
def test_from_the_budget_of_a_document_nothing_follows_in_a_cell_with_trials(load, own):
    override = f"overrides: [{{match: 'ppo@*', search: {{{own}}}}}]\n"
    with_budget = load(ONE + "search: {budget: 60 runs}\n" + override)
    assert with_budget.cells == load(ONE + override).cells
    assert with_budget.origins["search.sampler.name"] == "follows from `search.budget`"
    assert load(json.dumps(with_budget.document)).cells == with_budget.cells


def test_a_sequence_in_an_override_goes_with_a_budget(load):
    override = "overrides: [{match: 'ppo@*', search: {sampler: qmc}}]\n"
    cell = cell_of(load, ONE + "search: {budget: 60 runs}\n" + override)
    assert (cell.search.budget, cell.search.cost_aware) == (60, None)
    assert cell.confirm.seeds == split(60).seeds


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("search: {parameters: [gamma, n_steps]}\n", "searches 2 of 16 hyperparameters (n_steps, "),
        ("space: {gamma: 0.99}\n", "searches 15 of 16 hyperparameters (without gamma)"),
        ("overrides: [{match: 'ppo@*', arguments: {gamma: 0.9}}]\n", "searches 15 of 16 hyper"),
        ("space: {gamma: {low: 0.9}}\n", ""),
    ],
)
def test_how_many_hyperparameters_are_searched_is_said_where_not_all_are(load, text, count):
    notes = [note.text for note in load(ONE + text).notes if note.text.startswith("searches")]
    assert [note.startswith(count) for note in notes] == ([True] if count else [])


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("until: {}", "must be written `{plateau: 10}`, or with another rule: plateau, regret, "),
        ("until: 10", "must be written `{plateau: 10}`, or with another rule: plateau, regret, "),
        ("until: {plateau: 0}", "at least 1"),
        ("until: {plato: 3}", "unknown key `plato`"),
        ("until: {emmr: 2}", "at most 1"),
        ("until: {regret: 0}", "above 0"),
        ("until: {regret: 5}", "measured of 20 complete trials at least, and the search has 20"),
        ("trials: 30, until: {emmr: 0.1}", "measured of 30 complete trials at least"),
        ("trials: 60, until: {noise: 1}", "`search.until.noise` needs several seeds of each trial"),
    ],
)
def test_an_end_that_cannot_come_is_refused(problems, written, message):
    (problem,) = problems(ONE + f"search: {{{written}}}\n")
    assert message in problem.message
    assert problem.line == 3


def test_a_search_may_end_by_several_rules(load):
    written = "trials: 60, seeds: 2, until: {plateau: 10, regret: 5, noise: 1, emmr: 0.05}"
    until = cell_of(load, ONE + f"search: {{{written}}}\n").search.until
    assert (until.plateau, until.limits) == (10, {"regret": 5, "noise": 1, "emmr": 0.05})


def test_what_joins_seeds_is_told_to_have_none(load):
    for seeds, count in (("", 1), ("seeds: 2, ", 0)):
        notes = load(ONE + f"search: {{{seeds}over_seeds: iqm}}\n").notes
        assert sum("`search.over_seeds` joins nothing" in note.text for note in notes) == count


@pytest.mark.parametrize(
    ("search", "idle"),
    [
        ("evals: 1, pruner: median", True),
        ("evals: 1", False),
        ("evals: 1, pruner: none", False),
        ("evals: 2, pruner: median", False),
        ("evals: 1, seeds: 2, pruner: median", False),
        ("evals: 1, pruner: {name: hyperband, min_share: 0.1}", False),
    ],
)
def test_a_pruner_that_never_looks_is_said_to_give_nothing_up(load, search, idle):
    notes = load(ONE + f"search: {{{search}}}\n").notes
    assert any("gives nothing up" in note.text for note in notes) is idle

"""Defaults, extends, the file, a profile, settings by hand: who wins, and who said it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.config import load_matrix, render_problems
from harness.core.search_settings import Component, Search
from harness.errors import MatrixError, UsageError

TEXT = """\
scenarios: [CartPole-v1]
algorithms: [ppo]
search:
  trials: 8
  sampler: {name: tpe, n_startup_trials: 3}
profiles:
  smoke:
    search: {trials: 2}
"""


def test_what_is_not_written_has_its_default(load):
    matrix = load("scenarios: [CartPole-v1]\nalgorithms: [ppo]\n")

    (cell,) = matrix.cells
    assert cell.search == Search()
    assert (matrix.name, matrix.seed, cell.threads, cell.timeout) == ("m", 0, 1, None)


def test_every_leaf_of_the_resolved_document_has_an_origin(load):
    matrix = load(TEXT, profile="smoke", sets=["search.steps=300"])

    assert matrix.origins["search.trials"] == "profile smoke (m.yaml:8)"
    assert matrix.origins["search.steps"] == "--set #1"
    assert matrix.origins["search.sampler.n_startup_trials"] == "m.yaml:5"
    assert matrix.origins["search.evals"] == "default"
    assert matrix.origins["scenarios.0"] == "m.yaml:1"
    assert set(matrix.origins) == set(_leaves(matrix.document))


def _leaves(value, path=""):
    if isinstance(value, dict | list) and value:
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in pairs:
            yield from _leaves(item, f"{path}.{key}" if path else str(key))
    else:
        yield path


def test_the_resolved_document_is_the_same_matrix(load, write, registry):
    matrix = load(TEXT, profile="smoke", sets=["overrides=[{match: '*@*', n_envs: 2}]"])

    again = load_matrix(write(json.dumps(matrix.document), "again.yaml"), registry)

    assert again.cells == matrix.cells
    assert again.document == matrix.document


@pytest.mark.parametrize(
    ("sampler", "expected"),
    [
        ("random", Component(name="random")),
        ("{n_startup_trials: 9}", Component(name="tpe", options={"n_startup_trials": 9})),
        ("{name: random}", Component(name="random")),
    ],
)
def test_another_sampler_does_not_inherit_options(load, sampler, expected):
    matrix = load(TEXT, sets=[f"search.sampler={sampler}"])

    assert matrix.cells[0].search.sampler == expected


def test_settings_by_hand_win_in_their_order(load):
    matrix = load(TEXT, profile="smoke", sets=["search.trials=5", "search.trials=6"])

    assert matrix.cells[0].search.trials == 6


@pytest.mark.parametrize("number", ["1e3", "1_000", "1000.0"])
def test_whole_numbers_may_be_written_as_floats(load, number):
    steps = load(TEXT, sets=[f"search.steps={number}"]).cells[0].search.steps

    assert steps == 1000
    assert type(steps) is int


def test_a_setting_reaches_into_a_list(load):
    matrix = load(TEXT, sets=["scenarios.0.n_envs=2", "algorithms.0.arguments.gamma=0.9"])

    (cell,) = matrix.cells
    assert cell.scenario.n_envs == 2
    assert cell.arguments == {"gamma": 0.9}


def test_lists_are_replaced_and_mappings_mix(load, write):
    write("scenarios: [Acrobot-v1]\nalgorithms: [a2c]\nsearch: {trials: 9, evals: 3}\n", "b.yaml")

    matrix = load("extends: b.yaml\nscenarios: [CartPole-v1]\nsearch: {trials: 4}\n")

    (cell,) = matrix.cells
    assert cell.name == "a2c@CartPole-v1"
    assert (cell.search.trials, cell.search.evals) == (4, 3)
    assert matrix.origins["search.evals"] == "b.yaml:3"


def test_a_base_is_found_beside_its_file_and_gives_no_name(write, registry):
    write("name: base\nscenarios: [Acrobot-v1]\nalgorithms: [a2c]\n", "low/base.yaml")
    write("extends: base.yaml\nseed: 4\n", "low/middle.yaml")

    matrix = load_matrix(write("extends: low/middle.yaml\n", "top.yaml"), registry)

    assert (matrix.name, matrix.seed) == ("top", 4)
    assert matrix.origins["algorithms.0"] == f"{Path('low/base.yaml')}:3"


def test_a_built_in_can_be_extended(load):
    matrix = load("extends: builtin:quick\nseed: 1\n")

    assert len(matrix.cells) == 4
    assert matrix.origins["search.trials"].startswith("builtin:quick:")


def test_a_built_in_can_be_extended_in_a_folder(write, registry):
    source = write("extends: builtin:quick\nseed: 1\n", "folder/m.yaml")

    assert len(load_matrix(source, registry).cells) == 4


def test_bases_that_go_round(write, registry):
    write("extends: b.yaml\n", "a.yaml")
    write("extends: a.yaml\n", "b.yaml")

    with pytest.raises(MatrixError) as caught:
        load_matrix("a.yaml", registry)

    assert caught.value.problems[0].message == "`extends` goes round: a.yaml -> b.yaml -> a.yaml"
    assert caught.value.problems[0].source == "b.yaml"


def test_a_fault_of_the_base_is_shown_in_the_base(write, registry):
    write("scenarios: [CartPole-v1]\nalgorithms: [ppo]\nserch: {}\n", "base.yaml")

    with pytest.raises(MatrixError) as caught:
        load_matrix(write("extends: base.yaml\n"), registry)

    (problem,) = caught.value.problems
    assert (problem.source, problem.line, problem.message) == (
        "base.yaml",
        3,
        "unknown key `serch`",
    )


def test_a_missing_file_names_those_that_are_near(write, registry):
    write(TEXT, "locomotion.yaml")

    with pytest.raises(UsageError) as caught:
        load_matrix("locomtion.yaml", registry)

    assert caught.value.message == "there is no matrix `locomtion.yaml`"
    assert caught.value.help.startswith("did you mean `locomotion.yaml`")


@pytest.mark.parametrize("name", ["quick", "builtin:quick"])
def test_a_built_in_goes_by_its_name(registry, name, write):
    assert load_matrix(name, registry).name == "quick"


def test_a_file_wins_over_a_built_in_of_that_name(registry, write):
    write("scenarios: [CartPole-v1]\nalgorithms: [ppo]\n", "quick")

    assert len(load_matrix("quick", registry).cells) == 1


@pytest.mark.parametrize(
    ("content", "message"), [(b"a: \xff\n", "is not UTF-8 text"), (None, "is a folder")]
)
def test_what_is_no_text_is_refused(tmp_path, registry, content, message):
    path = tmp_path / "x.yaml"
    path.mkdir() if content is None else path.write_bytes(content)

    with pytest.raises(UsageError, match=message):
        load_matrix(path, registry)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path, registry):
    path = tmp_path / "x.yaml"
    path.write_text("\ufeffscenarios: [CartPole-v1]\nalgorithms: [ppo]\n", encoding="utf-8")

    assert load_matrix(path, registry).name == "x"


def refused(registry, *arguments, **options):
    with pytest.raises((UsageError, MatrixError)) as caught:
        load_matrix(*arguments, registry, **options)
    return caught.value


def test_a_name_that_is_near_nothing_is_told_what_there_is(registry, write):
    hint = refused(registry, "zzzzzzzz").help
    assert hint.startswith("give the path of a YAML file, or one of the built-in matrices: ")
    assert "quick" in hint
    assert refused(registry, "builtin:quik").help == "did you mean `quick`?"
    write(TEXT, "quick2.yaml")
    assert refused(registry, "quick2.yml").help == "did you mean `quick2.yaml` or `quick`?"
    assert "built-in" in refused(registry, "nowhere/zzzzzz.yaml").help
    assert "built-in" in refused(registry, "z" * 5000).help


@pytest.mark.parametrize(
    ("profiles", "words"),
    [
        ("{smoke: {seed: 3}, nightly: {seed: 4}}", "known: smoke, nightly"),
        ("{}", "the matrix has no profiles"),
        ("{smoke: {seed: 3}}", "did you mean `smoke`?"),
    ],
)
def test_a_profile_that_is_not_there_is_told_those_that_are(registry, write, profiles, words):
    text = f"scenarios: [CartPole-v1]\nalgorithms: [ppo]\nprofiles: {profiles}\n"
    asked = "smok" if "did" in words else "zzzz"
    (problem,) = refused(registry, write(text), profile=asked).problems
    assert (problem.help, problem.source) == (words, f"--profile {asked}")


def test_what_a_profile_says_is_told_from_the_rest(load):
    matrix = load(TEXT, profile="smoke")
    assert matrix.cells[0].search.trials == 2
    assert matrix.origins["search.trials"].startswith("profile smoke")


@pytest.mark.parametrize(
    "text", ["seed", "=3", "search.=3", ".seed=3", "search..trials=3", " =1", "a." * 500 + "b=1"]
)
def test_what_is_no_setting_is_shown_as_it_was_given(registry, write, text):
    problem, *others = refused(registry, write(TEXT), sets=[text]).problems
    assert others == []
    assert (problem.message, problem.source, problem.line) == ("no setting", "--set #1", 1)
    assert problem.text == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("extends=builtin:quick", "`extends` counts in a file alone"),
        ("profiles.smoke.search.trials=9", "`profiles` counts in a file alone"),
        ("scenarios.9.n_envs=4", "it has no item of that number"),
        ("algorithms.-1.arguments={}", "it has no item of that number"),
        ("space.clip_range.schedule=linear", "`space: {clip_range.schedule: ...}`"),
        ("space.policy_kwargs.log_std_init=-2", "`space: {policy_kwargs.log_std_init: ...}`"),
    ],
)
def test_a_setting_that_would_change_nothing_is_refused(registry, write, text, words):
    (problem,) = refused(registry, write(TEXT), profile="smoke", sets=[text]).problems
    assert words in f"{problem.message} {problem.help}"
    assert problem.source == "--set #1"


@pytest.mark.parametrize(
    ("name", "words"),
    [("", "the name of a matrix is empty"), ("search.trials=5", "`--set search.trials=5`")],
)
def test_what_is_no_matrix_is_said(registry, name, words):
    with pytest.raises(UsageError, match=words):
        load_matrix(name, registry)


def test_a_setting_without_a_value_is_null(load):
    assert load(TEXT, sets=["timeout="]).cells[0].timeout is None
    assert load(TEXT, sets=[" search.trials = 3"]).cells[0].search.trials == 3


@pytest.mark.parametrize(
    ("text", "column", "width"),
    [("serch.trials=3", 1, 5), ("search.trails=3", 8, 6), ("  search.trails=3", 10, 6)],
)
def test_a_fault_in_a_setting_is_shown_where_it_is(registry, write, text, column, width):
    (problem,) = refused(registry, write(TEXT), sets=["seed=1", text]).problems
    assert (problem.source, problem.line, problem.text) == ("--set #2", 1, text)
    assert (problem.column, problem.width) == (column, width)


def test_a_fault_in_the_value_of_a_setting_is_shown_there(registry, write):
    (problem,) = refused(registry, write(TEXT), sets=["search.trials=many"]).problems
    assert (problem.source, problem.column, problem.width) == ("--set #1", 15, 4)


def test_what_an_option_stands_for_is_called_by_the_option(load, registry, write):
    matrix = load(TEXT, sets=["search.trials=3"], options={"--fit": "search.budget=60"})
    assert matrix.cells[0].search.budget == 60
    assert matrix.origins["search.budget"] == "--fit"
    notes = [note for note in matrix.notes if "a budget of 60 runs" in note.text]
    assert notes
    assert {note.source for note in notes} == {"--fit"}
    options = {"--name": "name=two words"}
    (problem,) = refused(registry, write(TEXT), options=options).problems
    assert problem.source == "--name"
    assert "--> --name\n" in render_problems([problem])


@pytest.mark.parametrize("text", ["- CartPole-v1\n", "just words\n"])
def test_a_matrix_is_a_mapping(registry, write, text):
    (problem,) = refused(registry, write(text)).problems
    assert problem.message == "a matrix is a mapping of keys such as `scenarios:`"
    assert problem.help == "write `key: value` lines"


def test_a_base_that_is_not_there_is_a_fault_of_its_line(registry, write):
    text = "scenarios: [CartPole-v1]\nextends: bsae.yaml\nalgorithms: [ppo]\n"
    write("seed: 4\n", "base.yaml")
    problems = refused(registry, write(text)).problems
    (problem,) = [each for each in problems if "bsae" in each.message]
    assert problem.line == 2
    assert "base.yaml" in problem.help


def test_a_name_belongs_to_its_own_file_and_a_file_gives_one(registry, write):
    write("name: below\nseed: 4\n", "base.yaml")
    top = "extends: base.yaml\nscenarios: [CartPole-v1]\nalgorithms: [ppo]\n"
    assert load_matrix(write(top, "top.yml"), registry).name == "top"
    named = load_matrix(write(f"name: own\n{top}", "other.yaml"), registry)
    assert (named.name, named.seed) == ("own", 4)

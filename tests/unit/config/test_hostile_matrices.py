"""Matrices that are beyond what anybody needs: refused with a reason, whatever else they hold."""

import pytest

from harness.config.documents.yaml_text import parse

MATRIX = "scenarios: [CartPole-v1]\nalgorithms: [ppo]\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 3000, "more than 50 levels"),
        ("- " * 3000, "more than 50 levels"),
        ("a: " + "{a: " * 100 + "1" + "}" * 100, "more than 50 levels"),
        ("a: [" + "1, " * 30_000 + "1]", "more than 20,000 keys and values"),
        ("a: " + "9" * 5000, "an integer of more than 64 bits"),
        ("a: 0x" + "f" * 5000, "an integer of more than 64 bits"),
        ("a: 9223372036854775808", "an integer of more than 64 bits"),
        ('a: "\\0"', "a character that no text can hold"),
        ('"\\ud800": 1', "a character that no text can hold"),
        ("a: !!python/object:os.system x", "tag `tag:yaml.org,2002:python/object:os.system`"),
        ("a: !!binary aGk=", "tag `tag:yaml.org,2002:binary`"),
    ],
    ids=lambda text: text[:16],
)
def test_is_refused_with_a_reason(text, message):
    _, problems = parse(text, "m.yaml")
    assert any(problem.message.startswith(message) for problem in problems)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MATRIX + "test: {seeds: 1e11}\n", "`seeds` must be 1,000 seeds at most"),
        (MATRIX + "search: {trials: 1e11}\n", "`trials` must be at most 10000, not 100000000000"),
        (MATRIX + "threads: 1e6\n", "`threads` must be at most 1024, not 1000000"),
        (
            f"scenarios: {[f'a{n}' for n in range(300)]}\nalgorithms: {[*'abcdefghij']}\n",
            "the matrix has 3,000 cells; 2,000 are the most",
        ),
    ],
)
def test_what_is_listed_one_by_one_has_a_bound(problems, text, message):
    assert message in [problem.message for problem in problems(text)]


@pytest.mark.parametrize("name", ["a" * 300, "é" * 100, "..", "a/b", "../../x", "a\\\\b"])
def test_a_variant_names_a_folder(problems, name):
    text = MATRIX + f'variants: {{"{name}": {{arguments: {{ppo: {{n_epochs: 3}}}}}}}}\n'
    assert "cannot name a folder" in problems(text)[0].message


def test_a_scenario_names_a_folder(problems):
    text = f"scenarios: [{{name: {'é' * 100}, env: CartPole-v1}}]\nalgorithms: [ppo]\n"
    assert "the scenario's name is too long" in [each.message for each in problems(text)]


def test_the_seeds_of_many_environments_are_compared_as_ranges(load, problems):
    seeds = f"test: {{seeds: {[*range(0, 900_000, 1024)]}}}\n"
    text = MATRIX + seeds + "overrides: [{match: '*@*', n_envs: 1024}]\n"
    assert load(text + "confirm: {seeds: [2000000]}\n").cells
    (problem,) = problems(text + "confirm: {seeds: [5]}\n")
    assert problem.message == "confirm and test share the seeds 5, 6, 7, ..."


@pytest.mark.parametrize("written", ["1e6", "1000000.0", "1_000_000", "0xF4240"])
def test_a_whole_number_may_be_written_in_any_way(load, written):
    matrix = load(MATRIX + f"seed: {written}\ntest: {{seeds: 3.0}}\n")
    assert (matrix.seed, matrix.cells[0].seed) == (1_000_000, 1_000_000)
    assert matrix.document["seed"] == 1_000_000
    assert type(matrix.document["seed"]) is type(matrix.document["test"]["seeds"]) is int

import json

import pytest

from harness.errors import MatrixError

MATRIX = """
scenarios: [CartPole-v1]
algorithms: [ppo]
search:
  trials: 5
  first:
    - {more}
"""


def first(load, more):
    return load(MATRIX.format(more=more)).cells[0].search.first


def problems(load, more):
    with pytest.raises(MatrixError) as caught:
        first(load, more)
    return caught.value.problems


def test_what_an_entry_leaves_out_is_the_defaults(load):
    cell = load(MATRIX.format(more="{learning_rate: 1e-3}")).cells[0]
    assert cell.search.first == (cell.space.default_values() | {"learning_rate": 1e-3},)


def test_without_any_the_study_is_the_one_it_was(load):
    plain = MATRIX.partition("  first:")[0]
    known = load(MATRIX.format(more="{learning_rate: 1e-3}")).cells[0]
    none = load(plain + "  first: []\n").cells[0]
    assert load(plain).cells[0].study_digest() == none.study_digest() != known.study_digest()


@pytest.mark.parametrize(
    ("more", "message", "help"),
    [
        ("{lerning_rate: 1e-3}", "`lerning_rate` is not searched here", "`learning_rate`"),
        ("{learning_rate: 3.0}", "`learning_rate`: 3.0 is outside", "widen"),
        ("{net_arch: huge}", "`net_arch`: 'huge' is outside", "widen"),
        ("{from_file: none.json}", "`none.json` cannot be read", "harness export"),
        ("{from_file: none.json, gamma: 0.9}", "cannot be read", "harness export"),
    ],
)
def test_what_does_not_hold_is_told_where_it_stands(load, more, message, help):
    (problem,) = problems(load, more)
    assert message in problem.message
    assert help in problem.help
    assert problem.line == 7


def test_there_must_be_a_trial_for_each(load):
    (problem,) = problems(load, "\n    - ".join(["{gamma: 0.95}"] * 5))
    assert "takes 5 trials" in problem.message


def test_a_grid_takes_none(load):
    text = MATRIX.format(more="{gamma: 0.95}") + "  sampler: grid\n"
    with pytest.raises(MatrixError) as caught:
        load(text)
    assert any("`grid`" in problem.message for problem in caught.value.problems)


@pytest.fixture
def exported(tmp_path):
    """What `harness export --format json` wrote of another campaign."""
    cells = {
        "ppo@CartPole-v1": {"arguments": {}, "values": {"gamma": 0.95, "unheard_of": 1}},
        "ppo@Acrobot-v1": {"arguments": {}, "values": {"gamma": 0.97}},
    }
    path = tmp_path / "best.json"
    path.write_text(json.dumps(cells))
    return path


@pytest.mark.parametrize(
    ("more", "gamma"), [("", 0.95), (', cell: "ppo@Acrobot-v1"', 0.97)], ids=["own", "another's"]
)
def test_a_file_gives_its_cells_values_as_far_as_they_are_searched(load, exported, more, gamma):
    matrix = load(MATRIX.format(more=f"{{from_file: {exported}{more}}}"))
    cell = matrix.cells[0]
    assert cell.search.first == (cell.space.default_values() | {"gamma": gamma},)
    # The campaign's own matrix does without the file.
    exported.unlink()
    kept = json.dumps(matrix.document)
    assert load(kept).cells[0].search.first == cell.search.first


def test_a_file_without_the_cell_is_told(load, exported):
    (problem,) = problems(load, f'{{from_file: {exported}, cell: "ppo@Acrobat-v1"}}')
    assert "no cell `ppo@Acrobat-v1`" in problem.message
    assert "`ppo@Acrobot-v1`" in problem.help


def test_values_beside_a_file_are_refused(load, exported):
    (problem,) = problems(load, f"{{from_file: {exported}, gamma: 0.9}}")
    assert "`gamma` stands beside" in problem.message


def test_an_override_gives_them_to_some_cells(load):
    text = """
scenarios: [CartPole-v1]
algorithms: [ppo, a2c]
overrides:
  - {match: "ppo@*", search: {first: [{gamma: 0.95}]}}
"""
    assert [len(cell.search.first) for cell in load(text).cells] == [1, 0]


def test_a_parameter_that_is_not_there_says_what_it_waits_for(load):
    text = MATRIX.format(more="{sde_sample_freq: 4}").replace("CartPole-v1", "Pendulum-v1")
    with pytest.raises(MatrixError) as caught:
        load(text)
    (problem,) = caught.value.problems
    assert "only if `use_sde` is true" in problem.message

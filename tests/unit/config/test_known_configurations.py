import json

import pytest

from harness.core.learner_arguments.cell_arguments import configuration
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
        "ppo@CartPole-v1": {"arguments": {"gamma": 0.95}, "values": {"gamma": 0.95, "odd": 1}},
        "ppo@Acrobot-v1": {"arguments": {"gamma": 0.97}, "values": {"gamma": 0.97}},
    }
    path = tmp_path / "best.json"
    path.write_text(json.dumps(cells))
    return path


@pytest.mark.parametrize(
    ("more", "gamma"), [("", 0.95), (', cell: "ppo@Acrobot-v1"', 0.97)], ids=["own", "another's"]
)
def test_a_file_gives_its_cells_values(load, exported, more, gamma):
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


def test_what_a_value_needs_is_on(load):
    text = MATRIX.format(more="{sde_sample_freq: 4}").replace("CartPole-v1", "Pendulum-v1")
    (values,) = load(text).cells[0].search.first
    assert (values["use_sde"], values["sde_sample_freq"]) == (True, 4)


def test_a_parameter_that_is_not_there_says_what_it_waits_for(load):
    more = "{use_sde: false, sde_sample_freq: 4}"
    text = MATRIX.format(more=more).replace("CartPole-v1", "Pendulum-v1")
    with pytest.raises(MatrixError) as caught:
        load(text)
    (problem,) = caught.value.problems
    assert "only if `use_sde` is true" in problem.message


FINE = """
scenarios: [{scenario}]
algorithms: [{{name: {algorithm}, arguments: {{{arguments}}}}}]
space: {{{space}}}
search: {{trials: 5, steps: 1000000, first: [{{from_file: {file}}}]}}
"""


@pytest.fixture
def fine(load, tmp_path):
    """The cell that begins with exported arguments and values, or its problems."""

    def of(exported, values=None, *, algorithm="ppo", arguments="", space="", registry=None):
        scenario = "Pendulum-v1" if algorithm == "sac" else "CartPole-v1"
        path = tmp_path / "best.json"
        held = {"arguments": exported, "values": values or {}}
        path.write_text(json.dumps({f"{algorithm}@{scenario}": held}))
        text = FINE.format(
            scenario=scenario, algorithm=algorithm, arguments=arguments, space=space, file=path
        )
        (cell,) = load(text).cells
        return cell

    return of


NETWORKS = ["small", [64, 64], {"pi": [64, 64], "vf": [64, 64]}]


@pytest.mark.parametrize(
    ("exported", "values", "more"),
    [
        # What the coarse search fixed is searched here, or fixed here, too.
        ({"n_steps": 512, "gamma": 0.95}, {"gamma": 0.95}, {}),
        ({"n_steps": 512, "gamma": 0.95}, {"gamma": 0.95}, {"arguments": "n_steps: 512"}),
        ({"n_steps": 512, "gamma": 0.95}, {"gamma": 0.95}, {"space": "n_steps: 512, gamma: 0.95"}),
        ({"vf_coef": 0.7}, {}, {"space": "vf_coef: {low: 0, high: 1}"}),
        # Narrower ranges.
        ({"learning_rate": 1e-3}, {"learning_rate": 1e-3},
         {"space": "learning_rate: {low: 5e-4, high: 2e-3}"}),
        # Ranges that it lies outside of, as the default may.
        ({"n_steps": 500}, {}, {}),
        ({"gamma": 0.95}, {"gamma": 0.95}, {"space": "gamma: {low: 0.98}"}),
        # A schedule, searched or fixed there.
        ({"learning_rate": {"schedule": "linear", "initial": 1e-3}}, {}, {}),
        ({"learning_rate": {"schedule": "linear", "initial": 1e-3}},
         {"learning_rate": 1e-3, "lr_schedule": "linear"},
         {"space": "lr_schedule: linear, learning_rate: 1e-3"}),
        ({"learning_rate": {"schedule": "constant", "initial": 1e-3}}, {}, {}),
        # Networks.
        *[({"policy_kwargs": {"net_arch": network}}, {}, {}) for network in NETWORKS],
        *[({"policy_kwargs": {"net_arch": network}}, {},
           {"space": "net_arch: {choices: [[64, 64], big]}"}) for network in NETWORKS],
        *[({"policy_kwargs": {"net_arch": network}}, {},
           {"arguments": "policy_kwargs: {net_arch: {pi: [64, 64], vf: [64, 64]}}"})
          for network in NETWORKS],
        ({"policy_kwargs": {"net_arch": [256, 256]}}, {"net_arch": "[256, 256]"}, {}),
        ({}, {}, {"arguments": "policy_kwargs: {net_arch: small}"}),
        # Ratios.
        ({"train_freq": 4, "gradient_steps": 8}, {}, {"algorithm": "sac"}),
        ({"train_freq": 4, "gradient_steps": 8}, {"replay_ratio": 2.0, "train_freq": 4},
         {"algorithm": "sac", "arguments": "train_freq: 4, gradient_steps: 8"}),
    ],
)  # fmt: skip
def test_a_search_begins_exactly_where_another_ended(fine, exported, values, more):
    cell = fine(exported, values, **more)
    _, arguments = configuration(cell, 1, {})
    defaults = {"n_steps": 2048, "gamma": 0.99, "vf_coef": 0.5, "learning_rate": 3e-4}
    if more.get("algorithm") == "sac":
        defaults = {}
    for name, default in {**defaults, **exported}.items():
        wanted = exported.get(name, default)
        if name == "policy_kwargs":
            network = arguments[name]["net_arch"]
            flat = network if isinstance(network, list) else network["pi"]
            assert flat == ([256, 256] if wanted["net_arch"] == [256, 256] else [64, 64])
        elif isinstance(wanted, dict) and wanted["schedule"] == "constant":
            assert arguments[name] == wanted["initial"]
        else:
            assert arguments.get(name, default) == wanted


@pytest.mark.parametrize(
    ("exported", "values", "more", "message"),
    [
        ({"gae_lambda": 0.8}, {"gae_lambda": 0.8}, {}, "`gae_lambda` 0.8, here 0.95"),
        ({"n_steps": 512}, {}, {"arguments": "n_steps: 64"}, "`n_steps` 512, here 64"),
        ({"policy_kwargs": {"net_arch": {"pi": [64, 64], "vf": [8]}}}, {}, {},
         "`policy_kwargs.net_arch` {\"pi\": [64, 64], \"vf\": [8]}, here [64, 64]"),
        ({"learning_rate": {"schedule": "cosine", "initial": 1e-3}}, {}, {}, "cosine"),
        ({"train_freq": 1, "gradient_steps": 3}, {}, {"algorithm": "sac"}, "`gradient_steps` 3"),
        ({"gamma": 0.95, "n_steps": "many"}, {}, {}, "many"),
        ({"learning_rate": {"schedule": "linear"}}, {}, {}, "cannot be trained here"),
    ],
)  # fmt: skip
def test_what_cannot_be_the_files_configuration_is_told(fine, exported, values, more, message):
    with pytest.raises(MatrixError) as caught:
        fine(exported, values, **more)
    (fault,) = caught.value.problems
    assert message in fault.message
    assert fault.line == 5


def test_a_network_in_another_spelling_is_the_same(load):
    text = MATRIX.replace("search:", "space: {{net_arch: {{choices: [[64, 64], big]}}}}\nsearch:")
    (cell,) = load(text.format(more="{net_arch: small}")).cells
    assert cell.search.first[0]["net_arch"] == "[64, 64]"

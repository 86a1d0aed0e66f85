"""Hyperparameter files of rl-baselines3-zoo as variants and first trials; own snippets."""

import json
from dataclasses import replace

import pytest

from harness.analysis import zoo_export
from harness.config import load_matrix
from harness.config.documents.nodes import plain
from harness.config.documents.yaml_text import parse
from harness.config.foreign.foreign_names import python_value
from harness.config.foreign.zoo_entries import zoo_entry
from harness.errors import MatrixError
from harness.registry import Registry

PPO = """
default:
  n_timesteps: !!float 1e6
  policy: 'MlpPolicy'

CartPole-v1: &small
  n_envs: 4
  n_timesteps: !!float 1e5
  policy: 'MlpPolicy'
  n_steps: 32
  batch_size: 64
  learning_rate: lin_0.002
  normalize: "{'norm_obs': True, 'norm_reward': False}"
  policy_kwargs: "dict(net_arch=dict(pi=[64], vf=[64]), activation_fn=nn.ReLU)"

Acrobot-v0:
  <<: *small
  n_envs: 2
"""

MATRIX = """
scenarios: [CartPole-v1]
algorithms: [ppo]
variants: {zoo: {from_zoo: ppo.yml}}
search: {trials: 5, steps: 100000}
test: {variants: [default, tuned, zoo], steps: 100000}
"""


@pytest.fixture
def zoo(tmp_path):
    (tmp_path / "ppo.yml").write_text(PPO)
    return tmp_path


def the_problem(load, text):
    with pytest.raises(MatrixError) as caught:
        load(text)
    (problem,) = caught.value.problems
    return problem


def entry(text, algorithm="ppo"):
    return zoo_entry(parse(text, "own.yml")[0], algorithm)


def values(nodes):
    return {name: plain(node) for name, node in nodes.items()}


def test_an_entry_is_a_variant_and_its_other_lines_are_the_scenarios(load, zoo):
    matrix = load(MATRIX)
    (cell,) = matrix.cells
    (variant,) = cell.variants
    assert variant.source == "ppo.yml"
    assert variant.arguments == {
        "n_steps": 32,
        "batch_size": 64,
        "learning_rate": {"schedule": "linear", "initial": 0.002},
        "policy_kwargs": {"net_arch": {"pi": [64], "vf": [64]}, "activation_fn": "relu"},
    }
    assert cell.scenario.n_envs == 4
    assert (cell.scenario.normalize.observation, cell.scenario.normalize.reward) == (True, False)
    (note,) = [note for note in matrix.notes if "ppo.yml" in note.text]
    assert "the scenario's, for every variant: n_envs 4, normalize {'norm_obs'" in note.text
    assert "not taken: n_timesteps 100000 (`search.steps`" in note.text
    assert note.source.endswith("m.yaml:4")


def test_the_campaigns_own_matrix_does_without_the_file(load, zoo):
    matrix = load(MATRIX)
    (zoo / "ppo.yml").unlink()
    again = load(json.dumps(matrix.document))
    assert again.cells == matrix.cells


def test_what_the_matrix_says_of_a_scenario_goes_before_the_file(load, zoo):
    matrix = load(MATRIX.replace("[CartPole-v1]", "[{name: CartPole-v1, n_envs: 2}]"))
    assert matrix.cells[0].scenario.n_envs == 2
    assert matrix.cells[0].scenario.normalize.observation
    assert any("n_envs 4 (the matrix says otherwise)" in note.text for note in matrix.notes)
    override = 'overrides: [{match: "*@*", n_envs: 8}]\n'
    assert load(MATRIX + override).cells[0].scenario.n_envs == 8


def test_another_entry_can_be_named_and_a_folder_has_a_file_per_algorithm(load, zoo):
    text = MATRIX.replace("ppo.yml}", "ppo.yml, entry: Acrobot-v0}")
    assert load(text).cells[0].scenario.n_envs == 2
    (zoo / "all").mkdir()
    for name in ("ppo.yml", "a2c.yml"):
        (zoo / "all" / name).write_text("CartPole-v1: {n_steps: 64}\n")
    text = MATRIX.replace("[ppo]", "[ppo, a2c]").replace("ppo.yml", "all")
    assert [cell.variants[0].arguments for cell in load(text).cells] == [{"n_steps": 64}] * 2


@pytest.mark.parametrize(
    ("change", "message", "help"),
    [
        (("ppo.yml", "none.yml"), "`none.yml` cannot be read", "hyperparams/ppo.yml"),
        (("ppo.yml}", "ppo.yml, entry: Acrobat-v0}"), "no entry `Acrobat-v0`", "`Acrobot-v0`"),
        (("CartPole-v1", "Acrobot-v1"), "no entry for Acrobot-v1", "`entry: Acrobot-v0` takes"),
        (("[ppo]", "[a2c]"), "`ppo.yml` is for ppo, which no cell trains", "named after"),
    ],
)
def test_what_a_file_lacks_is_told(load, zoo, change, message, help):
    problem = the_problem(load, MATRIX.replace(*change))
    assert message in problem.message
    assert help in problem.help
    assert problem.line in {3, 4}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("n_envs: many", "`n_envs` must be a whole number"),
        ("policy_kwargs: \"dict(net_arch=__import__('os').system('x'))\"", "line"),
        ("noise_type: pink", "none of normal, ornstein_uhlenbeck"),
        ("noise_type: normal", "no `noise_std`"),
        ("n_stepz: 3", "no hyperparameter `n_stepz`"),
        ("env_wrapper: 3", "`env_wrapper` is a name"),
    ],
)
def test_what_an_entry_should_not_have_is_told(load, zoo, line, message):
    (zoo / "ppo.yml").write_text(f"CartPole-v1:\n  {line}\n")
    assert message in the_problem(load, MATRIX).message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no hyperparameters by environment"),
        ("[1, 2]", "holds no hyperparameters by environment"),
        ("CartPole-v1: 3\n", "holds no hyperparameters by environment"),
        ("CartPole-v1: {n_steps: 8}\nother: 3\n", "holds no hyperparameters by environment"),
        ("CartPole-v1: {n_steps: 8\n", ", line "),
    ],
)
def test_what_is_no_file_of_the_zoo_is_told(load, zoo, text, message):
    (zoo / "ppo.yml").write_text(text)
    problem = the_problem(load, MATRIX)
    assert problem.message.startswith("`ppo.yml`")
    assert message in problem.message


def test_a_search_begins_as_near_to_an_entry_as_it_comes(load, zoo):
    text = """
scenarios: [CartPole-v1]
algorithms: [ppo, a2c]
search: {trials: 5, steps: 100000, first: [{from_zoo: ppo.yml}]}
"""
    matrix = load(text)
    ppo, a2c = matrix.cells
    (first,) = ppo.search.first
    assert first["learning_rate"] == 0.002
    assert first["lr_schedule"] == "linear"
    assert ppo.scenario.n_envs == 4
    assert (a2c.search.first, a2c.scenario.n_envs) == ((), 1)
    (note,) = [note for note in matrix.notes if "as near as" in note.text]
    assert "`batch_size` 64, here" in note.text or "`policy_kwargs" in note.text
    (zoo / "ppo.yml").unlink()
    assert load(json.dumps(matrix.document)).cells == matrix.cells


EXACT = {
    "td3": "{noise_type: normal, noise_std: 0.37, policy_kwargs: 'dict(net_arch=[256, 256])'}",
    "tqc": "{policy_kwargs: 'dict(n_quantiles=11, net_arch=[512, 512, 512])'}",
    "crossq": "{policy_kwargs: 'dict(net_arch=dict(pi=[256, 256], qf=[2048, 2048]))'}",
    "sac": "{ent_coef: 0.01, gamma: 0.98}",
}


@pytest.mark.parametrize("algorithm", EXACT)
def test_a_search_begins_exactly_there_where_its_ranges_reach(tmp_path, algorithm):
    (tmp_path / f"{algorithm}.yml").write_text(f"Pendulum-v1: {EXACT[algorithm]}\n")
    matrix = tmp_path / "m.yaml"
    first = f"first: [{{from_zoo: {algorithm}.yml}}]"
    matrix.write_text(f"scenarios: [Pendulum-v1]\nalgorithms: [{algorithm}]\nsearch: {{{first}}}\n")
    loaded = load_matrix(matrix, Registry.from_packages())
    assert not [note.text for note in loaded.notes if "as near as" in note.text]


def test_noise_wrappers_and_limits_are_written_otherwise_here():
    own = entry(
        "{noise_type: ornstein-uhlenbeck, noise_std: 0.5, clip_range_vf: -1, n_envs: 2, n_steps: 8,"
        " batch_size: 256, frame_stack: 3, env_kwargs: {g: 9.8}, policy: MlpPolicy,"
        " env_wrapper: [gymnasium.wrappers.ClipReward: {max_reward: 1.0}]}"
    )
    assert values(own.arguments) == {
        "action_noise": {"noise": "ornstein_uhlenbeck", "sigma": 0.5},
        "clip_range_vf": None,
        "n_steps": 8,
        "batch_size": 16,
    }
    settings = values(own.settings)
    assert [each["path"].rpartition(".")[2] for each in settings["wrappers"]] == [
        "ClipReward",
        "StackObservations",
    ]
    assert settings["env_arguments"] == {"g": 9.8}
    assert "batch_size 256 (a rollout has 16)" in own.others


def test_a_time_limit_is_no_argument_of_the_environment():
    own = entry("env_kwargs: {g: 9.8, max_episode_steps: 30}")
    assert values(own.settings) == {"env_arguments": {"g": 9.8}, "max_episode_steps": 30}
    assert set(own.lines.values()) == {"env_kwargs {'g': 9.8}", "max_episode_steps 30"}
    assert "env_arguments" not in entry("env_kwargs: {max_episode_steps: 30}").settings


@pytest.mark.parametrize(
    ("normalize", "is_told"), [("true", True), ("dict(norm_obs=False)", False), ("false", False)]
)
def test_another_order_of_stack_and_normalisation_is_told(normalize, is_told):
    own = entry(f"{{frame_stack: 3, normalize: {normalize}}}")
    assert ("the zoo stacks normalised observations" in own.lines["wrappers"]) == is_told


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("{n_steps: 8, batch_size: 17}", {"n_steps": 8, "batch_size": 8}),
        ("{n_steps: 8, batch_size: 8}", {"n_steps": 8, "batch_size": 8}),
        ("{n_steps: 8, batch_size: 9, n_envs: 2}", {"n_steps": 8, "batch_size": 9}),
        ("{batch_size: 99}", {"batch_size": 99}),
        ("{n_steps: 8, batch_size: many}", {"n_steps": 8, "batch_size": "many"}),
        ("{clip_range_vf: 0.0}", {"clip_range_vf": 0.0}),
        ("{noise_type: null, noise_std: 0.3}", {}),
        ("{replay_buffer_kwargs: 'dict(n_sampled_goal=4)'}",
         {"replay_buffer_kwargs": {"n_sampled_goal": 4}}),
    ],
)  # fmt: skip
def test_a_value_is_taken_as_the_learner_would(text, arguments):
    assert values(entry(text).arguments) == arguments


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("true", (True, True)),
        ("false", (False, False)),
        ("\"{'norm_obs': False}\"", (False, True)),
        ('"dict(norm_reward=False, gamma=0.9)"', (True, False)),
    ],
)
def test_what_is_normalised_is_told_apart(text, flags):
    own = entry(f"normalize: {text}")
    assert values(own.settings)["normalize"] == dict(
        zip(("observation", "reward"), flags, strict=True)
    )
    assert [other for other in own.others if "normalize gamma" in other] == (
        ["normalize gamma (statistics are kept one way)"] if "gamma" in text else []
    )


@pytest.mark.parametrize(
    ("text", "algorithm", "reason"),
    [
        ("{env_wrapper: nowhere.Wrapper, frame_stack: 2}", "ppo", "`nowhere.Wrapper` is not inst"),
        ("{policy_kwargs: 'dict(net_arch=[16])'}", "ars", "its policy is linear here"),
        ("{policy_kwargs: 'dict(optimizer_class=RMSpropTFLike)'}", "a2c", "rmsprop is the near"),
        ("{callback: a.B}", "ppo", "callbacks are no part"),
    ],
)
def test_what_cannot_be_taken_is_left_out_with_its_reason(text, algorithm, reason):
    own = entry(text, algorithm)
    assert own.settings == {}
    assert any(reason in other for other in own.others)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("dict(a=-2, b=(1, None), c=dict())", {"a": -2, "b": [1, None], "c": {}}),
        ("{'norm_obs': True}", {"norm_obs": True}),
        ("dict(optimizer_class=th.optim.Adam)", {"optimizer_class": "adam"}),
    ],
)
def test_python_text_is_read(text, value):
    assert python_value(text) == value


@pytest.mark.parametrize("text", ["open('x')", "dict(1)", "[x for x in y]", "1 +", "dict(**a)"])
def test_python_that_does_something_is_refused(text):
    with pytest.raises(ValueError):
        python_value(text)


def test_what_is_exported_for_the_zoo_is_read_back():
    arguments = {
        "learning_rate": {"schedule": "linear", "initial": 1e-05},
        "ent_coef": "auto",
        "action_noise": {"noise": "ornstein_uhlenbeck", "sigma": 0.1},
        "policy_kwargs": {"net_arch": {"pi": [8], "qf": [8, 8]}, "activation_fn": "relu"},
        "train_freq": [1, "episode"],
        "replay_buffer_class": "HerReplayBuffer",
    }
    lines = [
        line for name, value in arguments.items() for line in zoo_export._argument(name, value)
    ]
    assert values(entry("\n".join(lines)).arguments) == arguments


def test_a_label_of_a_network_is_written_out():
    (line,) = zoo_export._argument("policy_kwargs", {"net_arch": "small"})
    assert line == '  policy_kwargs: "dict(net_arch=[64, 64])"'


CAMPAIGN = """
scenarios: [CartPole-v1]
algorithms: [ppo]
search: {trials: 5, first: [{from_campaign: coarse}]}
"""


def test_a_search_begins_with_what_another_campaign_ships(load, write, registry):
    held = {"ppo@CartPole-v1": {"arguments": {"gamma": 0.95}, "values": {"gamma": 0.95}}}
    knowing = replace(registry, best_of={"coarse": held}.__getitem__)
    matrix = load_matrix(write(CAMPAIGN), knowing)
    assert matrix.cells[0].search.first[0]["gamma"] == 0.95
    assert load(json.dumps(matrix.document)).cells == matrix.cells
    unknown = replace(registry, best_of=registry.scenario)
    with pytest.raises(MatrixError) as caught:
        load_matrix(write(CAMPAIGN), unknown)
    (problem,) = caught.value.problems
    assert "coarse" in problem.message
    assert problem.line == 4
    problem = the_problem(load, CAMPAIGN)
    assert "campaign `coarse` ships nothing yet" in problem.message
    assert "harness status" in problem.help

import pytest

from harness.config import load_matrix, option_answer
from harness.config.foreign.foreign_names import value_hint
from harness.errors import MatrixError

MATRIX = "scenarios: [CartPole-v1]\nalgorithms: [ppo]\n"


def the_problem(load, text):
    with pytest.raises(MatrixError) as caught:
        load(text)
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(
    ("word", "here"),
    [
        ("lr", "learning_rate"),
        ("discount", "gamma"),
        ("hidden_size", "net_arch"),
        ("num_epochs", "n_epochs"),
        ("minibatch_size", "batch_size"),
    ],
)
def test_a_hyperparameter_of_another_library_is_named(load, word, here):
    problem = the_problem(load, f"{MATRIX}space: {{{word}: 1}}\n")
    assert problem.help == f"did you mean `{here}`?"


@pytest.mark.parametrize("entry", ["algorithms: [ppo, {algo: a2c}]", "scenarios: [{task: x}]"])
def test_an_entry_says_by_name_what_it_is(load, entry):
    both = {"scenarios": "scenarios: [CartPole-v1]", "algorithms": "algorithms: [ppo]"}
    text = "".join(f"{line}\n" for line in ({**both, entry.partition(":")[0]: entry}).values())
    with pytest.raises(MatrixError) as caught:
        load(text)
    assert "did you mean `name`?" in [each.help for each in caught.value.problems]


@pytest.mark.parametrize(
    ("line", "help"),
    [
        ("confirm: false", "its keys are top, seeds"),
        ("timeout: 1h", "seconds after which a run is ended and recorded as failed;"),
        ("search: {budget: 8h}", "for a length of time `harness run --budget 8h`"),
        ("test: {seeds: 0..9}", "write `10`, or `[0, 1, 2]`"),
    ],
)
def test_a_value_of_the_wrong_kind_is_answered_with_what_the_key_holds(load, line, help):
    problem = the_problem(load, f"{MATRIX}{line}\n")
    assert help in problem.help


def test_only_what_an_algorithm_has_is_named(load):
    problem = the_problem(load, f"{MATRIX}space: {{replay_size: 1}}\n")
    assert problem.help == "`harness show algorithm ppo` shows what there is"


@pytest.mark.parametrize(
    ("line", "help"),
    [
        ("n_jobs: 4", "--workers"),
        ("search: {n_jobs: 4}", "--workers"),
        ("search: {timeout: 3600}", "--budget"),
        ("search: {storage: x}", "--storage"),
        ("search: {direction: maximize}", "maximised"),
        ("search: {n_startup_trials: 5}", "option of the sampler"),
        ("search: {eval_freq: 5}", "`evals`"),
        ("algo: ppo", "`algorithms`"),
        ("search: {n_trials: 5}", "`trials`"),
        # Keys of a matrix, in a wrong place.
        ("defaults: {n_envs: 4}", "what stands at the top holds for every cell (`search`, `test`,"),
        ("n_envs: 4", 'it is set per cell; for all: `overrides: [{match: "*", n_envs: 4}]`'),
        ("search: {normalize: true}", '`overrides: [{match: "*", normalize: true}]`'),
        ("profiles: {x: {n_envs: 4}}", '`overrides: [{match: "*", n_envs: 4}]`'),
        ("trials: 5", "did you mean `search.trials`?"),
        ("num_trials: 5", "did you mean `search.trials`?"),
        ("confirm: {steps: 5}", "did you mean `search.steps` or `test.steps`?"),
        ("seeds: 5", "did you mean `seed`, `search.seeds`, `confirm.seeds`, `test.seeds` or"),
        ("gamma: 0.9", "a hyperparameter: `space: {gamma: ...}` searches it"),
        ("lr: 0.1", "a hyperparameter: `space: {learning_rate: ...}` searches it"),
        ("env_kwargs: {g: 1}", "`scenarios: [{name: ..., arguments: ...}]`"),
        ("search: {variants: [tuned]}", "did you mean `test.variants`?"),
        ("search: {extends: x}", "`extends` stands at the top of a matrix"),
        ("overrides: [{match: ppo, seed: 1}]", "`seed` stands at the top of a matrix"),
        ("verbose: 1", "`harness run --quiet`"),
        ("zebra: 1", "known here: name, seed,"),
    ],
)
def test_a_key_of_another_tool_or_place_says_where_that_is_said_here(load, line, help):
    problem = the_problem(load, f"{MATRIX}{line}\n")
    assert "unknown key" in problem.message
    assert help in problem.help


@pytest.mark.parametrize(
    ("text", "help"),
    [
        (
            "scenarios: [{name: CartPole-v1, steps: 500}]\nalgorithms: [ppo]\n",
            'it is set per cell: `overrides: [{match: "CartPole-v1", search: {steps: 500}}]`',
        ),
        (
            "scenarios: [CartPole-v1]\nalgorithms: [{name: ppo, n_envs: 4}]\n",
            'it is set per cell: `overrides: [{match: "ppo", n_envs: 4}]`',
        ),
        (
            "scenarios: [CartPole-v1]\nalgorithms: [{name: ppo, gamma: 0.9}]\n",
            "`algorithms: [{name: ..., arguments: {gamma: ...}}]` fixes it",
        ),
    ],
)
def test_what_an_entry_cannot_say_an_override_for_its_cells_can(load, text, help):
    assert help in the_problem(load, text).help


@pytest.mark.parametrize("word", ["cells", "tags", "cores", "title", "report", "net_arch", "stop"])
def test_a_word_that_is_only_alike_is_not_suggested(load, word):
    assert "did you mean" not in the_problem(load, f"{MATRIX}{word}: 1\n").help


@pytest.mark.parametrize(
    ("line", "help"),
    [
        ("search: {sampler: TPESampler}", "did you mean `tpe`?"),
        ("search: {pruner: optuna.pruners.MedianPruner}", "did you mean `median`?"),
        ("search: {pruner: false}", "`pruner: none` ends no trial early"),
        ("search: {steps: 50k}", "write `50_000`"),
        ("search: {steps: 2M}", "write `2_000_000`"),
        ("overrides: {ppo: {n_envs: 4}}", "write `overrides: [{match: ppo, ...}]`"),
        ("space: {gamma: {min: 0.9}}", "did you mean `low`?"),
        ("space: {gamma: {values: [0.9]}}", "did you mean `choices`?"),
        ("space: {learning_rate: [1e-5, 1e-2]}", "a range is `{low: ..., high: ...}`, a choice"),
        ("variants: {x: {gamma: 0.9}}", "name the algorithm first: `arguments: {ppo: {gamma: "),
        ("CartPole-v1: {n_timesteps: 5, policy: MlpPolicy}", "`variants: {zoo: {from_zoo: FILE}}`"),
    ],
)
def test_a_form_of_another_tool_is_answered_with_the_form_here(load, line, help):
    with pytest.raises(MatrixError) as caught:
        load(f"{MATRIX}{line}\n")
    assert help in caught.value.problems[0].help


@pytest.mark.parametrize(
    ("entry", "help"),
    [
        ("{CartPole-v1: {n_envs: 4}}", "write `{name: CartPole-v1, ...}`"),
        (
            "{name: CartPole-v1, wrappers: [{a.b.Wrap: {x: 1}}]}",
            "write `{path: a.b.Wrap, arguments: {...}}`",
        ),
    ],
)
def test_an_entry_that_is_a_mapping_of_its_name_is_answered_with_its_form(load, entry, help):
    with pytest.raises(MatrixError) as caught:
        load(f"scenarios: [{entry}]\nalgorithms: [ppo]\n")
    assert help in [each.help for each in caught.value.problems]


@pytest.mark.parametrize(
    ("file", "message", "help"),
    [("my study.yaml", "not `my study`", "add `name: study`"), ("x" * 101 + ".yaml", "100", "")],
)
def test_a_file_whose_name_is_no_campaigns(file, message, help, write, registry):
    with pytest.raises(MatrixError) as caught:
        load_matrix(write(MATRIX, file), registry)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert help in problem.help


def test_a_number_for_a_name_is_shown_as_text(load):
    assert the_problem(load, f"{MATRIX}name: 2026\n").help == 'write `"2026"`'


@pytest.mark.parametrize(
    ("name", "text", "form"),
    [
        ("learning_rate", "lin_3e-4", "{schedule: linear, initial: 3e-4}"),
        ("policy_kwargs", "dict(log_std_init=-2, ortho_init=False)", "{log_std_init: -2, ortho"),
        ("policy_kwargs", "{'activation_fn': torch.nn.ELU}", "{activation_fn: elu}"),
        ("policy_kwargs", "dict(net_arch=dict(pi=[8], vf=[8]))", "{net_arch: {pi: [8], vf: [8]}}"),
        ("action_noise", "OrnsteinUhlenbeckActionNoise", "{noise: ornstein_uhlenbeck, sigma"),
    ],
)
def test_python_text_is_answered_with_its_form_here(name, text, form):
    assert form in value_hint(name, text)


@pytest.mark.parametrize("text", ["small", "dict(", "__import__('os')", "1 + 1", "(" * 300])
def test_other_text_has_no_form(text):
    assert value_hint("policy_kwargs", text) == ""


@pytest.mark.parametrize(
    ("option", "answer"),
    [
        ("trials", "did you mean `--set search.trials=...`?"),
        ("trails", "did you mean `--set search.trials=...`?"),
        ("epsiodes", "did you mean `--set search.episodes=...`?"),
        ("seed", "did you mean `--set seed=...`?"),
        ("variants", "did you mean `--set variants=...`?"),
        ("zzzzz", ""),
        ("env", "a matrix says that: `scenarios` is the list of them"),
        ("workers", "a matrix says that: it is no part of a matrix: `harness run --workers 4`"),
        ("n_envs", ("a matrix says that: it is set per cell; for all: "
         '`overrides: [{match: "*", n_envs: ...}]`')),
        ("num_envs", ("a matrix says that: `num_envs` is a setting of the scenario: "
         "`scenarios: [{name: ..., n_envs: ...}]`")),
        ("lr", ("a matrix says that: a hyperparameter: `space: {learning_rate: ...}` searches it, "
         "`algorithms: [{name: ..., arguments: {learning_rate: ...}}]` fixes it")),
    ],
)  # fmt: skip
def test_an_option_that_is_a_key_of_a_matrix_is_answered_with_it(option, answer):
    assert option_answer(option) == answer

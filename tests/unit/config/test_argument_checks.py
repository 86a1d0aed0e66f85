"""What a matrix searches must be what training can build."""

import pytest

from harness.config import load_matrix
from harness.errors import MatrixError
from harness.registry import Registry

MATRIX = "scenarios: [Pendulum-v1]\nalgorithms: [td3]\nspace: {{{space}}}\n"


@pytest.fixture(scope="module")
def registry():
    return Registry.from_packages()


@pytest.mark.parametrize(
    "space",
    [
        "lr_schedule: {choices: [constant, cosine]}",
        "activation_fn: {choices: [relu, silu]}",
        "activation_fn: gelu",
        "noise: {choices: [none, ornstein_uhlenbeck]}",
        "noise: {choices: [none, normal]}, noise_sigma: {low: 0.1, high: 0.2}",
        "net_arch: {choices: [big, [32, 32]]}",
        "train_freq: {choices: [1, 3]}",
    ],
)
def test_words_of_the_grammar_are_searched(space, registry, tmp_path):
    path = tmp_path / "matrix.yaml"
    path.write_text(MATRIX.format(space=space))
    assert load_matrix(path, registry).cells


@pytest.mark.parametrize(
    ("space", "message", "hint"),
    [
        ("lr_schedule: {choices: [constant, lineer]}", "unknown schedule `lineer`", "`linear`"),
        ("activation_fn: {choices: [relu, tahn]}", "unknown activation `tahn`", "`tanh`"),
        ("activation_fn: tahn", "unknown activation `tahn`", "`tanh`"),
        ("noise: {choices: [none, norml]}", "unknown action noise `norml`", "normal"),
        ("gamma: {low: 0.9, high: 0.99, optional: true}", "`gamma` must be a number, not null", ""),
    ],
)
def test_other_words_are_refused_where_they_are_written(space, message, hint, registry, tmp_path):
    path = tmp_path / "matrix.yaml"
    path.write_text(MATRIX.format(space=space))
    with pytest.raises(MatrixError) as caught:
        load_matrix(path, registry)
    (problem,) = caught.value.problems
    assert (problem.message, problem.line) == (message, 3)
    assert hint in problem.help


@pytest.mark.parametrize(
    ("envs", "steps", "batch", "sizes"),
    [(4, 1, 3, "2 or 4"), (4, 8, 5, "4 or 8"), (1, 7, 5, "1 or 7"), (2, 8, 99, "8 or 16")],
)
def test_a_batch_that_does_not_divide_the_rollout_gets_the_nearest_that_do(
    envs, steps, batch, sizes, registry, tmp_path
):
    path = tmp_path / "matrix.yaml"
    path.write_text(
        f"scenarios: [{{name: Pendulum-v1, n_envs: {envs}}}]\n"
        f"algorithms: [{{name: ppo, arguments: {{n_steps: {steps}, batch_size: {batch}}}}}]\n"
    )
    with pytest.raises(MatrixError) as caught:
        load_matrix(path, registry)
    (problem,) = caught.value.problems
    assert f"does not divide the rollout of {envs * steps}" in problem.message
    assert problem.help == f"take {sizes}"
    path.write_text(path.read_text().replace(f"size: {batch}", f"size: {sizes.split()[-1]}"))
    assert load_matrix(path, registry).cells


@pytest.mark.parametrize(("line", "count"), [("true", 1), ("false", 0)])
def test_a_replay_that_saves_memory_counts_time_limits_as_ends(line, count, registry, tmp_path):
    path = tmp_path / "matrix.yaml"
    saving = f"arguments: {{optimize_memory_usage: {line}}}"
    fixed = f"algorithms: [{{name: td3, {saving}}}]\n"
    named = f"variants: {{own: {{{saving.replace('{', '{td3: {')}}}}}}}\n"
    for more in (fixed, f"algorithms: [td3]\ntest: {{variants: [default, tuned, own]}}\n{named}"):
        path.write_text(f"scenarios: [Pendulum-v1]\n{more}")
        texts = [note.text for note in load_matrix(path, registry).notes]
        assert sum("a time limit counts as an end" in text for text in texts) == count


ENVIRONMENTS = "{scenario: {n_envs: 5}, n_steps: 32, batch_size: 40}"
"""A rollout of 160 steps."""


@pytest.mark.parametrize(
    ("algorithm", "more", "message"),
    [
        ("ppo", (f"variants: {{own: {{arguments: {{ppo: {ENVIRONMENTS}}}}}}}\n"
                 "test: {variants: [default, tuned, own]}"), ""),
        ("ppo", "space: {n_envs: {low: 1, high: 8}}\nconfirm: {seeds: [101]}\ntest: {seeds: [107]}",
         "confirm and test share the seeds 107, 108"),
        ("ppo", "space: {n_envs: {low: 1, high: 4}}\nconfirm: {seeds: [101]}\ntest: {seeds: [107]}",
         ""),
        ("{name: sac, arguments: {train_freq: [1, episode]}}", "space: {n_envs: {choices: [1, 3]}}",
         "`train_freq` cannot count episodes of 3 environments (`n_envs`)"),
    ],
)  # fmt: skip
def test_environments_are_those_of_the_configuration(algorithm, more, message, registry, tmp_path):
    path = tmp_path / "matrix.yaml"
    path.write_text(f"scenarios: [Pendulum-v1]\nalgorithms: [{algorithm}]\n{more}\n")
    if message:
        with pytest.raises(MatrixError) as caught:
            load_matrix(path, registry)
        assert [each.message for each in caught.value.problems] == [message]
    else:
        assert load_matrix(path, registry).cells


def test_steps_really_trained_are_those_in_the_environments_of_the_variant(registry, tmp_path):
    path = tmp_path / "matrix.yaml"
    path.write_text(
        "scenarios: [Pendulum-v1]\nalgorithms: [ppo]\nvariants: {own: {arguments: {ppo: "
        "{scenario: {n_envs: 3}, n_steps: 100, batch_size: 50}}}}\n"
        "search: {steps: 10_000}\ntest: {variants: [default, tuned, own], steps: 10_000}\n"
    )
    (text,) = (each.text for each in load_matrix(path, registry).notes if "`own`" in each.text)
    assert "`own` trains 10,200 steps where 10,000 are asked for" in text
    assert "whole rollouts of 300 (`n_steps` 100 x `n_envs` 3)" in text

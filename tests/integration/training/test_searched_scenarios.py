"""What a space in the language of a matrix searches is what is trained: models and environments."""

from __future__ import annotations

import json

import pytest
import torch
from driven import Campaign
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecNormalize, unwrap_vec_normalize

from harness.campaign import record
from harness.config import load_matrix
from harness.core.decisions.plan import plan_trial
from harness.core.learner_arguments.cell_arguments import configuration
from harness.core.run import Run
from harness.core.run_result import Status
from harness.registry import Registry
from harness.training import build, train
from harness.training.train_run import Training

pytestmark = pytest.mark.training

MATRIX = """
name: language
seed: 4
scenarios:
  - {name: Pendulum-v1, curriculum: {levels: [{arguments: {g: 2.0}}]}}
algorithms: [{name: ppo, arguments: {n_epochs: 1}}]
ranges: {rate: {low: 1e-5, high: 1e-3, log: true}}
space:
  optimizer: {choices: [adam, sgd, rmsprop]}
  learning_rate: {range: rate, when: {optimizer: [adam, rmsprop]}}
  sgd_rate: {target: learning_rate, low: 1e-3, high: 1e-2, log: true, when: {optimizer: sgd}}
  betas: {choices: [[0.9, 0.999], [0.8, 0.99]], when: {optimizer: adam}}
  momentum: {low: 0, high: 0.9, step: 0.1, when: {optimizer: [sgd, rmsprop]}}
  policy_kwargs.optimizer_kwargs.weight_decay: {low: 1e-6, high: 1e-2, log: true}
  net_arch: {pi: {layers: [1, 2], widths: [8, 16]}, vf: {layers: 1, widths: [8, 16]}}
  target_kl: {low: 0.01, high: 0.1}
  clip_range_vf: {low: 0.1, high: 0.4}
  clip_range.schedule: linear
  clip_range.final: {low: 0.01, high: 0.02}
  ent_coef.schedule: linear
  ent_coef.final: {low: 0.0, high: 1e-9}
  entropy_bonus: true
  n_envs: {choices: [1, 2]}
  normalize: {choices: [true, false]}
  frame_stack: {choices: [1, 3]}
  scenario.arguments.g: {low: 5.0, high: 9.0}
  curriculum.at: {low: 0.2, high: 0.4}
  n_steps: {choices: [32, 64]}
search: {trials: 8, steps: 256, evals: 2, episodes: 1, sampler: random}
confirm: {top: 1, seeds: 1}
test: {seeds: 2, steps: 256, evals: 2, episodes: 1}
"""
CLASSES = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD, "rmsprop": torch.optim.RMSprop}


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    campaign = Campaign(tmp_path_factory.mktemp("language"), MATRIX)
    campaign.run("--save-models", "--workers", "1")
    return campaign


@pytest.fixture(scope="module")
def cell(campaign):
    (cell,) = record("language", campaign.folder / "runs").cells
    return cell


@pytest.fixture(scope="module")
def matrix(campaign):
    return load_matrix(campaign.folder / "matrix.yaml", Registry.from_packages())


def run_of(matrix, trial) -> Run:
    """The run of a trial, made anew from what was suggested."""
    (cell,) = matrix.cells
    _, arguments = configuration(cell, trial.number, trial.suggestion.coordinates)
    return plan_trial(cell, trial.number, arguments, ()).run


def test_every_trial_was_trained(cell):
    assert [trial.result.failure for trial in cell.trials] == [None] * 8


def test_models_and_environments_are_what_the_values_say(cell, matrix):
    kinds = set()
    for trial in cell.trials[1:]:
        values, run = trial.values, run_of(matrix, trial)
        assert run.arguments == trial.arguments
        learner = build(run)
        kind = values["optimizer"]
        kinds.add(kind)
        assert type(learner.policy.optimizer) is CLASSES[kind]
        (group,) = learner.policy.optimizer.param_groups
        rate = values["sgd_rate" if kind == "sgd" else "learning_rate"]
        assert learner.lr_schedule(1.0) == pytest.approx(rate)
        assert group["weight_decay"] == values["policy_kwargs.optimizer_kwargs.weight_decay"]
        if kind == "adam":
            assert list(group["betas"]) == json.loads(values["betas"])
        else:
            assert group["momentum"] == pytest.approx(values["momentum"])
        widths = [values[f"net_arch.pi.width_{n + 1}"] for n in range(values["net_arch.pi.layers"])]
        actor = [
            each for each in learner.policy.mlp_extractor.policy_net if hasattr(each, "weight")
        ]
        assert [layer.out_features for layer in actor] == widths
        assert (learner.target_kl is None) == (not values["target_kl.use"])
        assert (learner.clip_range_vf is None) == (not values["clip_range_vf.use"])
        assert learner.clip_range(0.0) == pytest.approx(values["clip_range.final"])
        env = learner.get_env()
        assert env.num_envs == values["n_envs"]
        normalized = unwrap_vec_normalize(env)
        assert isinstance(normalized, VecNormalize) == values["normalize"]
        assert env.observation_space.shape == (3 * values["frame_stack"],)
        assert env.get_attr("g") == [2.0] * values["n_envs"]  # the curriculum's level comes first
        env.close()
    assert kinds == set(CLASSES)


def test_levels_and_arguments_of_the_environment_are_those_of_the_trial(cell, matrix):
    trial = cell.trials[1]
    for each in cell.trials[1:]:
        _, level = each.result.levels
        share = each.values["curriculum.at"]
        rollout = each.values["n_envs"]
        assert share * 256 <= level.step <= share * 256 + rollout
    training = Training(run_of(matrix, trial), None)
    training.train(None)
    env = training.learner.get_env()
    assert env.get_attr("g") == [trial.values["scenario.arguments.g"]] * env.num_envs
    # Evaluation stays on the scenario itself.
    (evaluated, *_) = training._arena._environments
    assert evaluated.unwrapped.g == 10.0
    training.close()


def test_an_entropy_bonus_decays_to_its_end(cell, matrix):
    for backend in ("sb3", "fast"):
        run = run_of(matrix, cell.trials[1])
        arguments = {
            "n_steps": 64,
            "batch_size": 64,
            "ent_coef": {"schedule": "linear", "initial": 0.1, "final": 0.02},
        }
        training = Training(
            type(run)(**{**vars_of(run), "arguments": arguments, "backend": backend}), None
        )
        training.train(None)
        assert training.learner.ent_coef == pytest.approx(0.02)
        training.close()


def vars_of(run):
    names = set(Run.__dataclass_fields__)
    return {name: getattr(run, name) for name in names}


def test_a_trial_repeats_itself(cell, matrix):
    trial = cell.trials[2]
    result = train(run_of(matrix, trial))
    assert result.status is Status.COMPLETE
    assert result.evaluations == trial.result.evaluations


DECAY = """
name: decay
seed: 3
scenarios:
  - {name: Pendulum-v1, curriculum: {levels: [{arguments: {g: 2.0}}, {arguments: {g: 5.0}}]}}
algorithms: [a2c]
space:
  entropy_bonus: true
  ent_coef: {low: 0.05, high: 0.1}
  ent_coef.schedule: {choices: [constant, linear]}
  ent_coef.final: {low: 0.001, high: 0.01}
  curriculum.rate: {low: 0.02, high: 0.1}
search: {trials: 6, steps: 200, evals: 2, episodes: 1, sampler: random, pruner: none}
confirm: {top: 1, seeds: 1}
test: {seeds: 1, steps: 200, evals: 2, episodes: 1}
"""


def test_a2c_decays_its_entropy_and_goes_through_levels_at_the_rate_of_the_trial(tmp_path):
    campaign = Campaign(tmp_path, DECAY)
    campaign.run("--workers", "1")
    (cell,) = record("decay", tmp_path / "runs").cells
    (planned,) = load_matrix(tmp_path / "matrix.yaml", Registry.from_packages()).cells
    kinds = set()
    for trial in cell.trials[1:]:
        assert trial.result.failure is None
        values = trial.values
        share, rollout = 0.01 / values["curriculum.rate"], values["n_steps"]
        starts = [level.step for level in trial.result.levels]
        assert len(starts) == 3
        assert [
            start - share * 200 * part for start, part in zip(starts, (0, 0.5, 1), strict=True)
        ] == (pytest.approx([0, 0, 0], abs=rollout))
        training = Training(plan_trial(planned, trial.number, trial.arguments, ()).run, None)
        training.train(None)
        kinds.add(values["ent_coef.schedule"])
        is_decaying = values["ent_coef.schedule"] == "linear"
        last = values["ent_coef.final" if is_decaying else "ent_coef"]
        assert training.learner.ent_coef == pytest.approx(last, rel=1e-6)
        training.close()
    assert kinds == {"constant", "linear"}


def test_exports_and_pages_show_the_configuration(cell, campaign):
    campaign.command("export", "language", "--format", "json", "--out", "json")
    (path,) = campaign.folder.glob("json/*.json")
    exported = json.loads(path.read_text())["ppo@Pendulum-v1"]
    page = next((campaign.folder / "reports").rglob("ppo*Pendulum*.html")).read_text()
    for name in ("scenario.arguments.g", "net_arch.pi.layers", "n_envs", "sgd_rate"):
        assert name in page
    if cell.winner != "default":
        assert exported["arguments"]["scenario"]["n_envs"] in {1, 2}
        models = list((campaign.folder / "runs").rglob("tuned*/**/*.zip"))
        models += list((campaign.folder / "runs").rglob("*tuned*.zip"))
        PPO.load(models[0], device="cpu")


def test_the_trials_are_the_same_for_any_number_of_workers(tmp_path, cell):
    other = Campaign(tmp_path, MATRIX)
    other.run("--workers", "3")
    (repeated,) = record("language", other.folder / "runs").cells
    assert [trial.values for trial in repeated.trials] == [trial.values for trial in cell.trials]
    scores = [[trial.result.score for trial in each.trials] for each in (repeated, cell)]
    assert scores[0] == scores[1]

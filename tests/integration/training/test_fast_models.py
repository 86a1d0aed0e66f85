"""An accelerated learner is an ordinary model to everybody else."""

import subprocess
import sys
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch
from fast_worlds import KINDS, environments, learner, weights
from stable_baselines3 import PPO

from harness.core.evaluation import Schedule
from harness.core.settings import FAST
from harness.learners.accelerated import NonFiniteError
from harness.learners.on_policy import FastOnPolicy
from harness.training import build, train
from harness.training.evaluate import Arena

pytestmark = pytest.mark.training

SMALL = {"n_steps": 32, "batch_size": 16, "n_epochs": 2, "learning_rate": 3e-3}
FITTING = {"a2c": {"n_steps": 8}, "ppo": SMALL, "ppo_mask": SMALL}


@pytest.fixture(params=["ppo", "a2c", "ppo_mask"])
def name(request):
    return request.param


def made(name, kind):
    masked = name == "ppo_mask"
    return learner(KINDS[name][kind], FITTING[name], masked=masked, count=2)


def test_the_plain_class_loads_it_and_goes_on_the_same_way(name, tmp_path):
    """Weights, optimiser state and schedules survive in both directions."""
    for kind in (0, 1):
        model = made(name, kind)
        model.learn(128)
        model.save(tmp_path / type(model).__name__)
    before = weights(model)
    plain, fast = KINDS[name]
    worlds = {"masked": name == "ppo_mask", "count": 2}
    ends = []
    for kind, saved in ((plain, plain), (plain, fast), (fast, plain), (fast, fast)):
        path = tmp_path / saved.__name__
        model = kind.load(path, environments(**worlds), device="cpu")
        model.set_random_seed(4)
        assert model.policy.optimizer.state_dict()["state"][0]["step"] > 0
        model.learn(128, reset_num_timesteps=False)
        assert isinstance(model, FastOnPolicy) == (kind is fast)
        ends.append(weights(model))
    for end in ends[1:]:
        assert np.abs(end - ends[0]).max() < 1e-5
    assert np.abs(ends[0] - before).max() > 1e-4


def test_a_saved_model_does_not_mention_us(name, tmp_path):
    model = made(name, 1)
    model.learn(64)
    model.save(tmp_path / "model.zip")
    with zipfile.ZipFile(tmp_path / "model.zip") as archive:
        assert b"harness" not in b"".join(archive.read(part) for part in archive.namelist())
    code = (
        "import sys\n"
        f"from {KINDS[name][0].__module__} import {KINDS[name][0].__name__} as kind\n"
        f"kind.load({str(tmp_path / 'model.zip')!r}, device='cpu')\n"
        "assert not [module for module in sys.modules if module.startswith('harness')]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_torch_sees_every_update_at_once():
    model = learner(KINDS["ppo"][1], SMALL)
    seen = []

    def follow(_locals, _globals):
        memory = model.engine.memory.parameters
        seen.append((weights(model).sum(), memory.sum()))
        return True

    model.learn(96, callback=follow)
    assert len({torch_side for torch_side, _ in seen}) == 3
    assert all(one == pytest.approx(other, rel=1e-4, abs=1e-4) for one, other in seen)


def test_loading_parameters_between_two_trainings_counts():
    donor, model = learner(KINDS["ppo"][0], SMALL), learner(KINDS["ppo"][1], SMALL)
    donor.learn(96)
    model.learn(32)
    model.set_parameters(donor.get_parameters())
    observations = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    wanted, _ = donor.predict(observations, deterministic=True)
    assert np.array_equal(model.predict(observations, deterministic=True)[0], wanted)
    before = model.policy.optimizer.state_dict()["state"][0]["step"].item()
    model.learn(32)
    assert model.policy.optimizer.state_dict()["state"][0]["step"] == before + 4


@pytest.mark.parametrize("deterministic", [True, False])
@pytest.mark.parametrize("actions", ["Discrete", "MultiDiscrete", "Box"])
@pytest.mark.parametrize("sde", [False, True])
def test_predictions(actions, deterministic, sde):
    if sde and actions != "Box":
        pytest.skip("continuous only")
    model = learner(KINDS["ppo"][1], SMALL | {"use_sde": sde}, actions=actions)
    model.learn(32)
    observations = np.random.default_rng(0).normal(size=(7, 3)).astype(np.float32)
    torch.manual_seed(1)
    found, _ = model.predict(observations, deterministic=deterministic)
    torch.manual_seed(1)
    wanted, _ = PPO.predict(model, observations, deterministic=deterministic)
    assert found.dtype == wanted.dtype
    assert np.allclose(found, wanted, atol=1e-6)
    single, _ = model.predict(observations[0], deterministic=True)
    assert single.shape == model.action_space.shape


def test_masked_predictions():
    model = learner(KINDS["ppo_mask"][1], SMALL, masked=True)
    model.learn(32)
    plain = learner(KINDS["ppo_mask"][0], SMALL, masked=True)
    plain.set_parameters(model.get_parameters())
    observations = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    masks = np.random.default_rng(1).random((60, 3)) < 0.5
    masks[:, 0] = True
    for deterministic in (True, False):
        torch.manual_seed(1)
        found, _ = model.predict(observations, deterministic=deterministic, action_masks=masks)
        torch.manual_seed(1)
        wanted, _ = plain.predict(observations, deterministic=deterministic, action_masks=masks)
        assert np.array_equal(found, wanted)
        assert masks[np.arange(60), found].all()


@pytest.mark.parametrize("deterministic", [True, False])
@pytest.mark.parametrize("normalize", [True, False])
def test_evaluations_are_those_of_the_plain_policy(run, pendulum, deterministic, normalize):
    scenario = replace(
        pendulum, normalize=replace(pendulum.normalize, observation=normalize, reward=normalize)
    )
    schedule = Schedule(evals=1, episodes=4, seed=7, deterministic=deterministic)
    learning = build(run("ppo", scenario, schedule=schedule, backend=FAST))
    learning.learn(64)
    arena = Arena(scenario, schedule, masks=False)
    found = arena.evaluate(learning)
    learning._engine = None  # from here on it predicts as the class it derives from
    fast, FastOnPolicy.predict = FastOnPolicy.predict, PPO.predict
    try:
        wanted = arena.evaluate(learning)
    finally:
        FastOnPolicy.predict = fast
        arena.close()
        learning.env.close()
    assert found.returns == pytest.approx(wanted.returns, rel=1e-4)
    assert found.lengths == wanted.lengths
    assert len(set(found.returns)) == 4


@pytest.mark.parametrize("name", ["ppo", "a2c"])
def test_a_run_trains_on_its_backend_and_says_so(name, run, cartpole):
    plain, fast = train(run(name, cartpole)), train(run(name, cartpole, backend=FAST))
    assert (plain.backend, fast.backend) == ("sb3", "fast")
    assert plain.run_id != fast.run_id
    assert fast.failure is None
    assert plain.score == pytest.approx(fast.score, rel=0.05)
    again = train(run(name, cartpole, backend=FAST))
    assert again.evaluations == fast.evaluations


@pytest.mark.parametrize("deterministic", [True, False])
def test_evaluating_does_not_disturb_training(deterministic, run, cartpole, learned):
    rare = run("ppo", cartpole, schedule=Schedule(evals=1, episodes=3, seed=7), backend=FAST)
    schedule = Schedule(evals=5, episodes=2, seed=8, deterministic=deterministic)
    assert np.array_equal(learned(rare), learned(replace(rare, schedule=schedule)))


@pytest.mark.parametrize("options", [{}, {"continuous": True}], ids=["discrete", "continuous"])
def test_weights_that_are_not_finite_end_it(options, run, corridor_of):
    arguments = {"n_steps": 32, "batch_size": 16, "learning_rate": 1e30}
    result = train(run("ppo", corridor_of(**options), arguments=arguments, backend=FAST))
    assert result.failure is not None
    assert result.failure.kind == "diverged"
    assert 0 < result.failure.step <= 192


def test_outputs_that_are_not_finite_end_it():
    model = learner(KINDS["ppo"][1], SMALL)
    model.learn(32)

    def spoil(_locals, _globals):
        with torch.no_grad():
            model.policy.action_net.weight[:] = torch.nan
        return True

    with pytest.raises(NonFiniteError, match="not finite") as caught:
        model.learn(64, callback=spoil)
    assert caught.value.step == 32

"""An accelerated off-policy learner is an ordinary model to everybody else."""

import zipfile

import numpy as np
import pytest
import torch
from fast_worlds import OFF_POLICY, environments, learner, steady, weights

from harness.core.settings import FAST
from harness.errors import DivergedError
from harness.learners.off_policy import FastOffPolicy
from harness.training import build

pytestmark = pytest.mark.training

CONTINUOUS = ("crossq", "ddpg", "sac", "td3", "tqc")


def actions(name):
    return "Box" if name in CONTINUOUS else "Discrete"


def made(name, kind):
    arguments = {
        "learning_starts": 10,
        "batch_size": 8,
        "train_freq": 1,
        "learning_rate": 3e-3,
        "buffer_size": 100,
        "policy_kwargs": {"net_arch": [8]},
    }
    arguments = steady(name, arguments)
    return learner(OFF_POLICY[name][kind], arguments, actions=actions(name), count=2)


@pytest.mark.parametrize("name", OFF_POLICY)
def test_the_plain_class_loads_it_and_goes_on_the_same_way(name, tmp_path):
    """Weights, targets, optimisers and temperature survive in both directions."""
    for kind in (0, 1):
        model = made(name, kind)
        model.learn(32)
        model.save(tmp_path / type(model).__name__)
        model.save_replay_buffer(tmp_path / f"{type(model).__name__}.pkl")
    with zipfile.ZipFile(tmp_path / f"{OFF_POLICY[name][1].__name__}.zip") as archive:
        assert b"harness" not in b"".join(archive.read(part) for part in archive.namelist())
    before = weights(model)
    plain, fast = OFF_POLICY[name]
    ends = []
    for kind, saved in ((plain, plain), (plain, fast), (fast, plain), (fast, fast)):
        worlds = environments(actions=actions(name), count=2)
        model = kind.load(tmp_path / saved.__name__, worlds, device="cpu")
        model.load_replay_buffer(tmp_path / f"{saved.__name__}.pkl")
        model.set_random_seed(4)
        model.learn(24, reset_num_timesteps=False)
        assert isinstance(model, FastOffPolicy) == (kind is fast)
        ends.append(weights(model))
    for end in ends[1:]:
        assert np.abs(end - ends[0]).max() < 1e-4
    assert np.abs(ends[0] - before).max() > 1e-3


@pytest.mark.parametrize("name", OFF_POLICY)
@pytest.mark.parametrize("deterministic", [True, False])
@pytest.mark.parametrize("size", [3, 40])
def test_predictions(name, deterministic, size):
    model = made(name, 1)
    model.learn(24)
    model.exploration_rate = 0.0
    observations = np.random.default_rng(0).normal(size=(size, 3)).astype(np.float32)
    outcomes = []
    for predict in (model.predict, super(FastOffPolicy, model).predict):
        np.random.seed(1)  # noqa: NPY002  (the one that SB3 draws from)
        torch.manual_seed(1)
        outcomes.append(predict(observations, deterministic=deterministic)[0])
    assert outcomes[0].dtype == outcomes[1].dtype
    assert np.allclose(*outcomes, atol=1e-5)
    single, _ = model.predict(observations[0], deterministic=True)
    assert single.shape == model.action_space.shape
    assert np.array_equal(model.predict(observations)[0].shape, outcomes[0].shape)


@pytest.mark.parametrize("name", ["dqn", "qrdqn"])
def test_random_actions_come_at_the_same_moments(name):
    plain, fast = made(name, 0), made(name, 1)
    observations = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    drawn = []
    for model in (plain, fast):
        model.learn(24)
        model.exploration_rate = 0.5
        np.random.seed(1)  # noqa: NPY002  (the one that SB3 draws from)
        model.action_space.seed(1)
        drawn.append([model.predict(observations)[0].tolist() for _ in range(20)])
    assert drawn[0] == drawn[1]
    assert len({tuple(actions) for actions in drawn[0]}) > 2


def test_units_choose(run, pendulum):
    """By their backend; a training that breaks is noticed at its first broken loss."""
    small = {"learning_starts": 10, "batch_size": 8, "policy_kwargs": {"net_arch": [8]}}
    plain = build(run("sac", pendulum, arguments=small))
    model = build(run("sac", pendulum, arguments=small | {"learning_rate": 1e30}, backend=FAST))
    try:
        assert not isinstance(plain, FastOffPolicy)
        assert isinstance(model, FastOffPolicy)
        with pytest.raises(DivergedError):
            model.learn(300)
    finally:
        plain.env.close()
        model.env.close()

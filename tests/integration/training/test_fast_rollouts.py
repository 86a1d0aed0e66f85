"""Rollouts: the same steps and bootstrapped values."""

import numpy as np
import pytest
from fast_worlds import KINDS, environments, learner
from stable_baselines3.common.vec_env import DummyVecEnv

from harness.training.vec_envs import ArrayDummyVecEnv


def collected(kind, arguments, **world):
    made = learner(kind, arguments, **world)
    made.learn(made.n_steps * made.n_envs)
    return made.rollout_buffer


def by_step(array, steps):
    """SB3 flattens its buffers environment by environment when it trains."""
    return array.reshape(-1, steps, *array.shape[1:]).swapaxes(0, 1)


@pytest.mark.training
@pytest.mark.parametrize("actions", ["Discrete", "MultiDiscrete", "Box"])
def test_a_rollout_holds_the_same_steps(actions):
    arguments = {"n_steps": 24, "batch_size": 24, "n_epochs": 1}
    plain, fast = (
        collected(kind, arguments, actions=actions, count=2, limit=7) for kind in KINDS["ppo"]
    )
    for name in ("observations", "actions", "rewards", "values", "log_probs", "advantages"):
        wanted = getattr(plain, name)
        if name != "rewards":  # the only one that training does not touch
            wanted = by_step(wanted, 24)
        wanted = wanted.reshape(getattr(fast, name).shape)
        assert np.allclose(getattr(fast, name), wanted, rtol=1e-5, atol=1e-5), name
    assert np.array_equal(fast.episode_starts, plain.episode_starts)


@pytest.mark.training
def test_only_a_time_limit_is_bootstrapped():
    arguments = {"n_steps": 24, "batch_size": 24, "n_epochs": 1}

    def rewards(**world):
        return [collected(kind, arguments, **world).rewards for kind in KINDS["ppo"]]

    cut, free = rewards(limit=6, risk=0.0), rewards(limit=99, risk=0.0)
    assert np.allclose(*cut, atol=1e-5)
    assert np.allclose(*free, atol=1e-5)
    assert np.allclose(cut[1][:5], free[1][:5])
    assert not np.allclose(cut[1][5], free[1][5], atol=1e-3)
    assert np.allclose(*rewards(limit=99, risk=0.4), atol=1e-5)


@pytest.mark.parametrize("observations", ["float64", "Discrete", "MultiBinary"])
def test_environments_step_as_the_ones_they_derive_from(observations):
    original = environments(observations=observations, count=3)
    makers = [lambda: environments(observations=observations).envs[0] for _ in range(3)]
    lean = ArrayDummyVecEnv(makers)
    assert isinstance(lean, DummyVecEnv)
    for made in (original, lean):
        made.seed(5)
    assert np.array_equal(original.reset(), lean.reset())
    seen = []
    for step in range(40):
        actions = np.array([step % 3, (step + 1) % 3, 0])
        wanted, found = original.step(actions), lean.step(actions)
        for one, other in zip(wanted[:3], found[:3], strict=True):
            assert one.dtype == other.dtype
            assert np.array_equal(one, other)
        assert [sorted(info) for info in wanted[3]] == [sorted(info) for info in found[3]]
        seen.append(found)
    # Nothing that was handed out is written to later.
    assert any(not np.array_equal(seen[0][0], later[0]) for later in seen[1:])
    assert any(later[2].any() for later in seen)

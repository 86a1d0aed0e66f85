"""Accelerated off-policy learners walk the path of those they derive from."""

import numpy as np
import pytest
import torch
from fast_worlds import OFF_POLICY, steady, stepped
from stable_baselines3.common.buffers import ReplayBuffer
from stable_baselines3.common.noise import NormalActionNoise, OrnsteinUhlenbeckActionNoise
from stable_baselines3.common.utils import LinearSchedule

pytestmark = pytest.mark.training

SMALL = {"learning_starts": 12, "batch_size": 20, "learning_rate": 3e-3, "buffer_size": 30}
NETS = {"policy_kwargs": {"net_arch": [12, 7]}}
GREEDY = SMALL | NETS | {"target_update_interval": 5, "train_freq": 1}
CONTINUOUS = ("crossq", "ddpg", "sac", "td3", "tqc")
NOISE = {
    "normal": lambda: NormalActionNoise(np.zeros(2), np.full(2, 0.3)),
    "drifting": lambda: OrnsteinUhlenbeckActionNoise(np.zeros(2), np.full(2, 0.3)),
}


def same_path(name, arguments, steps=36, **world):
    """Both learners' weights and statistics after every step, and their buffers."""
    plain, fast = stepped(name, steady(name, arguments), steps, **world)
    moved = np.abs(plain.path[-1] - plain.path[0]).max()
    assert moved > 1e-3
    assert plain.path.shape == fast.path.shape
    # Both round every operation to 6e-8; the optimisers divide by small numbers.
    assert np.abs(plain.path - fast.path).max() < 1e-5 + 1e-3 * moved
    statistics = (each.learner.policy.named_buffers() for each in (plain, fast))
    for (path, wanted), (_, found) in zip(*statistics, strict=True):
        assert torch.allclose(wanted, found, rtol=1e-3, atol=1e-3 * moved), path
    wanted, found = plain.learner.replay_buffer, fast.learner.replay_buffer
    assert (wanted.pos, wanted.full) == (found.pos, found.full)
    for array in ("observations", "actions", "next_observations", "rewards", "dones", "timeouts"):
        assert np.allclose(getattr(wanted, array), getattr(found, array), atol=1e-3), array
    assert plain.learner._n_updates == fast.learner._n_updates
    return plain, fast


def fitting(name):
    return GREEDY if name in ("dqn", "qrdqn") else SMALL | NETS


def world(name, **more):
    return {"actions": "Box" if name in CONTINUOUS else "Discrete"} | more


@pytest.mark.parametrize("name", OFF_POLICY)
@pytest.mark.parametrize(
    "arguments",
    [
        {"gamma": 0.8, "tau": 0.1, "policy_kwargs": {"net_arch": []}, "n_steps": 3},
        {
            "train_freq": (1, "episode"),
            "gradient_steps": -1,
            "learning_rate": LinearSchedule(1e-2, 1e-3, 1.0),
            "policy_kwargs": {"net_arch": [9], "activation_fn": torch.nn.Tanh},
        },
        {
            "policy_kwargs": {
                "net_arch": [140, 120],  # enough for the fused optimiser
                "activation_fn": torch.nn.ELU,
                "optimizer_class": torch.optim.AdamW,
                "optimizer_kwargs": {"weight_decay": 0.3},
            }
        },
    ],
    ids=["no layer, n steps", "episodes, schedule, tanh", "wide, decay"],
)
def test_settings(name, arguments):
    if name == "crossq":
        # It has no targets.
        arguments = {key: value for key, value in arguments.items() if key != "tau"}
    plain, _ = same_path(name, fitting(name) | arguments, **world(name))
    assert plain.learner._n_updates > 10


@pytest.mark.parametrize("name", OFF_POLICY)
@pytest.mark.parametrize("normalize", [True, False])
def test_several_environments(name, normalize):
    arguments = fitting(name) | {"train_freq": 2, "gradient_steps": 3}
    same_path(name, arguments, **world(name, count=3, normalize=normalize), steps=48)


@pytest.mark.parametrize(
    "observations",
    ["float64", "table", "Discrete", "MultiDiscrete", "MultiBinary", "picture"],
)
def test_every_kind_of_vector_observation(observations):
    same_path("dqn", GREEDY, observations=observations, steps=30)


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("count", [1, 2])
def test_action_noise(noise, count):
    arguments = SMALL | NETS | {"action_noise": NOISE[noise]()}
    same_path("td3", arguments, actions="Box", count=count)


@pytest.mark.parametrize(
    "arguments",
    [
        {"ent_coef": 0.2},
        {"ent_coef": "auto_0.1", "target_entropy": -0.5},
        {"target_update_interval": 3, "gradient_steps": 4},
        {"policy_kwargs": {"net_arch": {"pi": [6], "qf": [8, 8]}, "n_critics": 3}},
    ],
    ids=["fixed temperature", "given temperature", "rare targets", "three critics"],
)
def test_settings_of_sac(arguments):
    same_path("sac", SMALL | NETS | arguments, actions="Box")


RENORMED = {"net_arch": {"pi": [8], "qf": [9, 6]}, "renorm_warmup_steps": 7}


@pytest.mark.parametrize(
    "arguments",
    [
        {"ent_coef": 0.2},
        {"ent_coef": "auto_0.1", "target_entropy": -0.5, "policy_delay": 1},
        {"policy_kwargs": RENORMED},
        {"policy_kwargs": RENORMED | {"activation_fn": torch.nn.Tanh}, "policy_delay": 2},
        {
            "policy_kwargs": RENORMED | {"batch_norm_momentum": 0.2, "batch_norm_eps": 0.1},
            "gradient_steps": 3,
        },
        {"policy_kwargs": {"net_arch": [9, 7], "batch_norm": False}},
        {"policy_kwargs": {"net_arch": [8], "n_critics": 3, "share_features_extractor": True}},
        {"policy_kwargs": {"net_arch": {"pi": [], "qf": [8]}, "n_critics": 1}},
    ],
    ids=[
        "fixed temperature",
        "given temperature",
        "after the warm-up",
        "after the warm-up, tanh",
        "momentum",
        "not renormalised",
        "three critics",
        "one critic",
    ],
)
def test_settings_of_crossq(arguments):
    plain, _ = same_path("crossq", SMALL | NETS | arguments, actions="Box")
    steps = [value for name, value in plain.learner.policy.named_buffers() if "steps" in name]
    assert not steps or max(steps) > 20


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("td3", {"policy_delay": 3, "target_policy_noise": 0.5, "target_noise_clip": 0.2}),
        ("tqc", {"top_quantiles_to_drop_per_net": 0}),
        ("tqc", {"policy_kwargs": {"n_quantiles": 7, "n_critics": 3, "net_arch": [8]}}),
        ("qrdqn", {"policy_kwargs": {"n_quantiles": 5, "net_arch": [8]}}),
        ("qrdqn", {"max_grad_norm": 0.05}),
        ("dqn", {"max_grad_norm": 0.05}),
        ("dqn", {"tau": 0.3, "exploration_fraction": 0.9, "exploration_final_eps": 0.4}),
    ],
)
def test_own_settings(name, arguments):
    same_path(name, fitting(name) | arguments, **world(name))


def test_a_buffer_that_keeps_its_memory_small():
    arguments = {
        "optimize_memory_usage": True,
        "replay_buffer_class": ReplayBuffer,
        "replay_buffer_kwargs": {"handle_timeout_termination": False},
    }
    plain, fast = stepped("dqn", GREEDY | arguments, 48)
    assert np.abs(plain.path - fast.path).max() < 1e-4
    assert np.abs(plain.path[-1] - plain.path[0]).max() > 1e-3


@pytest.mark.parametrize("name", OFF_POLICY)
def test_logs(name):
    plain, fast = same_path(name, fitting(name), **world(name))
    assert len(plain.logs) == len(fast.logs) > 2
    times = {"time/fps", "time/time_elapsed"}
    for wanted, found in zip(plain.logs, fast.logs, strict=True):
        assert wanted.keys() == found.keys()
        for key in wanted.keys() - times:
            assert found[key] == pytest.approx(wanted[key], rel=1e-3, abs=1e-4), key
    assert any("loss" in key for key in plain.logs[-1])

"""Accelerated learners walk the path of the plain ones, update by update."""

import numpy as np
import pytest
import torch
from fast_worlds import trained
from stable_baselines3.common.utils import LinearSchedule

pytestmark = [
    pytest.mark.training,
    pytest.mark.filterwarnings("ignore:You have specified a mini-batch size"),
]

SMALL = {"n_steps": 32, "batch_size": 16, "n_epochs": 2, "learning_rate": 3e-3}
THIN = {"net_arch": {"pi": [8], "vf": [6, 5]}}
NAMED = {
    "plain": {},
    "one layer each": {"policy_kwargs": {"net_arch": [7]}},
    "no hidden layers": {"policy_kwargs": {"net_arch": []}},
    "critic without layers": {"policy_kwargs": {"net_arch": {"pi": [8], "vf": []}}},
    "unequal networks": {"policy_kwargs": THIN},
    "relu": {"policy_kwargs": {"activation_fn": torch.nn.ReLU, "ortho_init": False}},
    "elu": {"policy_kwargs": {"activation_fn": torch.nn.ELU}},
    "short last minibatch": {"n_steps": 21},
    "last minibatch of one": {"n_steps": 17},
    "one minibatch": {"batch_size": 32},
    "entropy bonus": {"ent_coef": 0.1},
    "value clipping": {"clip_range_vf": 0.05},
    "tight ratio": {"clip_range": 0.01, "n_epochs": 4},
    "advantages as they are": {"normalize_advantage": False},
    "gradients cut short": {"max_grad_norm": 0.01},
    "gradients never cut": {"max_grad_norm": 1e6},
    "early stop": {"target_kl": 0.004, "n_epochs": 8},
    "schedules": {
        "learning_rate": LinearSchedule(1e-2, 1e-3, 1.0),
        "clip_range": LinearSchedule(0.3, 0.05, 1.0),
        "clip_range_vf": LinearSchedule(0.3, 0.05, 1.0),
    },
    "short horizon": {"gamma": 0.8, "gae_lambda": 0.7},
    "other Adam": {"policy_kwargs": {"optimizer_kwargs": {"betas": (0.8, 0.9), "eps": 1e-3}}},
    "weight decay": {"policy_kwargs": {"optimizer_kwargs": {"weight_decay": 0.1}}},
    "AdamW": {
        "policy_kwargs": {
            "optimizer_class": torch.optim.AdamW,
            "optimizer_kwargs": {"weight_decay": 0.5},
        }
    },
    "RMSprop": {"policy_kwargs": {"optimizer_class": torch.optim.RMSprop}},
}


def same_path(name, arguments, learn=None, **world):
    plain, fast = trained(name, arguments, learn=learn, **world)
    assert np.array_equal(plain.start, fast.start)
    assert len(plain.path) == len(fast.path) == 3
    moved = np.abs(plain.path[0] - plain.start).max()
    assert moved > 1e-4
    for wanted, found in zip(plain.path, fast.path, strict=True):
        # Both round every operation to 6e-8; the optimisers divide by small numbers.
        assert np.abs(wanted - found).max() < 1e-5 + 1e-4 * moved
    return plain.learner, fast.learner


@pytest.mark.parametrize("actions", ["Discrete", "MultiDiscrete", "Box"])
@pytest.mark.parametrize("case", NAMED)
def test_ppo(case, actions):
    arguments = SMALL | NAMED[case]
    plain, fast = same_path("ppo", arguments, actions=actions, count=2 if case == "plain" else 1)
    assert plain._n_updates == fast._n_updates
    stopped = plain._n_updates < 3 * arguments["n_epochs"]
    assert stopped == (case == "early stop")


@pytest.mark.parametrize(
    "observations",
    ["float32", "float64", "table", "Discrete", "MultiDiscrete", "MultiBinary", "picture"],
)
def test_every_kind_of_vector_observation(observations):
    same_path("ppo", SMALL, observations=observations, count=2)


@pytest.mark.parametrize("name", ["ppo", "a2c"])
def test_normalised_environments(name):
    same_path(name, SMALL if name == "ppo" else {}, count=2, actions="Box", normalize=True)


@pytest.mark.parametrize("name", ["ppo", "a2c"])
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("frequency", [-1, 4])
@pytest.mark.parametrize("full", [True, False])
def test_state_dependent_exploration(name, count, frequency, full):
    arguments = {
        "use_sde": True,
        "sde_sample_freq": frequency,
        "ent_coef": 0.01,
        "policy_kwargs": {"full_std": full, "net_arch": [8]},
    }
    base = SMALL if name == "ppo" else {"n_steps": 8}
    same_path(name, base | arguments, actions="Box", count=count)


@pytest.mark.parametrize("actions", ["Discrete", "MultiDiscrete", "Box"])
@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"use_rms_prop": False},
        {"normalize_advantage": True, "gae_lambda": 0.9},
        {"ent_coef": 0.05, "policy_kwargs": THIN},
        {"learning_rate": LinearSchedule(1e-2, 1e-3, 1.0), "rms_prop_eps": 1e-3},
    ],
    ids=["plain", "Adam", "normalised advantages", "entropy bonus", "schedule"],
)
def test_a2c(arguments, actions):
    same_path("a2c", {"n_steps": 8} | arguments, actions=actions, count=2)


@pytest.mark.parametrize("actions", ["Discrete", "MultiDiscrete"])
@pytest.mark.parametrize("use_masking", [True, False])
def test_maskable_ppo(actions, use_masking):
    plain, fast = same_path(
        "ppo_mask",
        SMALL | {"ent_coef": 0.05},
        learn={"use_masking": use_masking},
        actions=actions,
        masked=True,
        count=2,
    )
    masks = plain.rollout_buffer.action_masks
    assert (masks.min() == 0) == use_masking
    assert np.array_equal(masks.reshape(2, 32, -1).swapaxes(0, 1), fast.rollout_buffer.action_masks)


@pytest.mark.parametrize("name", ["ppo", "a2c"])
def test_logs(name):
    plain, fast = (
        dict(outcome.learner.logger.name_to_value)
        for outcome in trained(name, SMALL if name == "ppo" else {}, actions="Box", iterations=1)
    )
    times = {"time/fps", "time/time_elapsed", "time/total_timesteps", "time/iterations"}
    assert plain.keys() - times == fast.keys() - times
    assert len(plain) >= 6
    for key in plain.keys() - times:
        assert fast[key] == pytest.approx(plain[key], rel=1e-3, abs=1e-5), key

"""Gradients by hand are autograd's, and so are the steps along them."""

import numpy as np
import pytest
import torch
from fast_worlds import ACTIONS, KINDS, learner
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from harness.learners.on_policy_updates import (
    ActorCriticEngine,
    LossWeights,
    PpoSettings,
    a2c_update,
    ppo_update,
)
from harness.learners.optimizers import clip_gradient, numpy_optimizer
from harness.learners.rollouts import Samples

LIGHT = settings(max_examples=25, deadline=None, derandomize=True)
networks = st.lists(st.integers(1, 9), max_size=3)
shapes = st.fixed_dictionaries(
    {
        "actions": st.sampled_from(sorted(ACTIONS)),
        "pi": networks,
        "vf": networks,
        "alike": st.booleans(),
        "activation": st.sampled_from([torch.nn.Tanh, torch.nn.ReLU, torch.nn.ELU]),
        "size": st.integers(2, 20),
        "seed": st.integers(0, 2**16),
    }
)


def policy_of(shape, **more):
    net = {"pi": shape["pi"], "vf": shape["pi"] if shape["alike"] else shape["vf"]}
    kwargs = {"net_arch": net, "activation_fn": shape["activation"], "ortho_init": False}
    made = learner(KINDS["ppo"][0], {"policy_kwargs": kwargs, **more}, actions=shape["actions"])
    with torch.no_grad():
        for parameter in made.policy.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.3)
    return made.policy


def data_of(policy, shape):
    draw = np.random.default_rng(shape["seed"])
    size = shape["size"]
    inputs = draw.normal(size=(size, 3)).astype(np.float32)
    with torch.no_grad():
        actions, values, log_probs = policy(torch.from_numpy(inputs))
    moved = draw.normal(0, 0.3, (2, size)).astype(np.float32)
    return Samples(
        inputs=inputs,
        actions=actions.numpy().reshape(size, -1),
        values=values.numpy()[:, 0] + moved[0],
        log_probs=log_probs.numpy() + moved[1],
        advantages=draw.normal(size=size).astype(np.float32),
        returns=draw.normal(size=size).astype(np.float32),
    )


def judged(policy, data):
    """SB3's evaluation of the data: values, log-probabilities, entropies, and the data."""
    tensors = {name: torch.from_numpy(np.array(getattr(data, name))) for name in
               ("inputs", "actions", "values", "log_probs", "advantages", "returns")}  # fmt: skip
    discrete = policy.action_space.__class__.__name__ == "Discrete"
    actions = tensors["actions"].flatten() if discrete else tensors["actions"]
    values, log_probs, entropies = policy.evaluate_actions(tensors["inputs"], actions)
    return values.flatten(), log_probs, entropies, tensors


def gradient_of(policy, loss, engine):
    """Autograd's gradient in the order of the engine's memory."""
    policy.zero_grad()
    loss.backward()
    own = dict(policy.named_parameters())
    return np.concatenate(
        [own[name].grad.numpy().ravel() for name in engine.memory._shapes]  # its order
    )


def caught(engine, most=1e9):
    """Have the engine keep its first gradient instead of stepping along it."""
    kept = []
    engine.optimizer.step = lambda norm: kept.append(engine.memory.gradient.copy())
    return kept


def close(found, wanted):
    scale = np.abs(wanted).max()
    assert scale > 0
    assert np.abs(found - wanted).max() <= 2e-5 * scale + 1e-7


@LIGHT
@given(
    shape=shapes,
    clip_range=st.floats(0.05, 0.4),
    clip_range_vf=st.none() | st.floats(0.05, 0.4),
    entropy=st.sampled_from([0.0, 0.1]),
)
def test_ppo(shape, clip_range, clip_range_vf, entropy):
    policy = policy_of(shape)
    data = data_of(policy, shape)
    engine = ActorCriticEngine(policy)
    kept = caught(engine)
    ppo_update(
        engine,
        data,
        PpoSettings(
            clip_range=clip_range,
            clip_range_vf=clip_range_vf,
            epochs=1,
            batch_size=len(data),
            normalize=False,
            target_kl=None,
        ),
        LossWeights(entropy=entropy, value=0.7, max_norm=1.0),
    )
    values, log_probs, entropies, given_ = judged(policy, data)
    ratios = torch.exp(log_probs - given_["log_probs"])
    gains = given_["advantages"]
    bounded = gains * torch.clamp(ratios, 1 - clip_range, 1 + clip_range)
    loss = -torch.min(gains * ratios, bounded).mean() - entropy * entropies.mean()
    if clip_range_vf is not None:
        change = torch.clamp(values - given_["values"], -clip_range_vf, clip_range_vf)
        values = given_["values"] + change
    loss = loss + 0.7 * functional.mse_loss(given_["returns"], values)
    close(kept[0], gradient_of(policy, loss, engine))


def check_a2c(policy, data, entropy):
    engine = ActorCriticEngine(policy)
    kept = caught(engine)
    weights = LossWeights(entropy=entropy, value=0.7, max_norm=1.0)
    a2c_update(engine, data, weights, normalize=False)
    values, log_probs, entropies, given_ = judged(policy, data)
    loss = -(given_["advantages"] * log_probs).mean() - entropy * entropies.mean()
    loss = loss + 0.7 * functional.mse_loss(given_["returns"], values)
    close(kept[0], gradient_of(policy, loss, engine))


@LIGHT
@given(shape=shapes, entropy=st.sampled_from([0.0, 0.1]))
def test_a2c(shape, entropy):
    policy = policy_of(shape)
    check_a2c(policy, data_of(policy, shape), entropy)


@LIGHT
@given(shape=shapes, full=st.booleans(), entropy=st.sampled_from([0.0, 0.1]))
def test_state_dependent_exploration(shape, full, entropy):
    shape = shape | {"actions": "Box", "pi": shape["pi"] or [4]}
    more = {"use_sde": True}
    policy = policy_of(shape, **more)
    if not full:
        kwargs = {"net_arch": [4], "full_std": False}
        policy = learner(KINDS["ppo"][0], {"policy_kwargs": kwargs, **more}, actions="Box").policy
    check_a2c(policy, data_of(policy, shape), entropy)


OPTIMIZERS = {
    "Adam": lambda p: torch.optim.Adam(p, lr=0.01, eps=1e-5),
    "Adam with decay": lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.7, 0.8), weight_decay=0.1),
    "AdamW": lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1),
    "RMSprop": lambda p: torch.optim.RMSprop(p, lr=0.01, alpha=0.9, eps=1e-5, weight_decay=0.1),
}


def torch_step(policy, gradients, most):
    for parameter, gradient in zip(policy.parameters(), gradients, strict=True):
        parameter.grad = gradient.clone()
    torch.nn.utils.clip_grad_norm_(policy.parameters(), most)
    policy.optimizer.step()


def fast_step(engine, policy, gradients, most):
    for (name, _), gradient in zip(policy.named_parameters(), gradients, strict=True):
        engine.memory.gradients(name)[0] = gradient.numpy()
    engine.optimizer.synchronise()
    engine.optimizer.step(most)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("most", [0.05, 1e3], ids=["cut", "not cut"])
def test_optimizers_step_as_torch(name, most):
    """Half of the steps by torch itself: both work on one state, whoever made it."""
    shape = {"actions": "Box", "pi": [5], "vf": [4], "alike": False, "activation": torch.nn.Tanh}
    plain, fast = policy_of(shape), policy_of(shape)
    fast.load_state_dict(plain.state_dict())
    for policy in (plain, fast):
        policy.optimizer = OPTIMIZERS[name](policy.parameters())
    engine = None
    for step in range(12):
        gradients = [torch.randn_like(parameter) for parameter in plain.parameters()]
        torch_step(plain, gradients, most)
        if step < 3 or step >= 9:
            torch_step(fast, gradients, most)
        else:
            engine = engine or ActorCriticEngine(fast)
            fast_step(engine, fast, gradients, most)
    for one, other in zip(plain.parameters(), fast.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-6)
    states = [policy.optimizer.state_dict()["state"] for policy in (plain, fast)]
    for wanted, found in zip(states[0].values(), states[1].values(), strict=True):
        assert wanted.keys() == found.keys()
        assert all(torch.allclose(wanted[key], found[key], atol=1e-6) for key in wanted)


@LIGHT
@given(size=st.integers(1, 50), most=st.floats(1e-3, 10), seed=st.integers(0, 2**16))
def test_clipping(size, most, seed):
    gradient = np.random.default_rng(seed).normal(size=size).astype(np.float32)
    parameter = torch.nn.Parameter(torch.zeros(size))
    parameter.grad = torch.from_numpy(gradient.copy())
    norm = torch.nn.utils.clip_grad_norm_([parameter], most)
    assert clip_gradient(gradient, most) == pytest.approx(float(norm), rel=1e-5)
    assert np.allclose(gradient, parameter.grad.numpy(), rtol=1e-5, atol=1e-8)


def test_what_has_no_counterpart_is_refused():
    policy = policy_of({"actions": "Box", "pi": [2], "vf": [2], "alike": True,
                        "activation": torch.nn.Tanh})  # fmt: skip
    engine = ActorCriticEngine(policy)
    for optimizer in (
        torch.optim.SGD(policy.parameters(), lr=0.1),
        torch.optim.Adam(policy.parameters(), amsgrad=True),
        torch.optim.RMSprop(policy.parameters(), momentum=0.9),
    ):
        with pytest.raises(ValueError):
            numpy_optimizer(engine.memory, optimizer)

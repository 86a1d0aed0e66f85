"""Gradients by hand of the off-policy learners' parts are autograd's."""

from itertools import pairwise

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sb3_contrib.common.utils import quantile_huber_loss
from stable_baselines3.common.distributions import SquashedDiagGaussianDistribution
from stable_baselines3.common.utils import polyak_update
from torch import nn

from harness.learners.critics import QuantileLoss
from harness.learners.flat_memory import FlatMemory
from harness.learners.maximum_entropy import SquashedSample
from harness.learners.mlp import Mlp, linear_layers, parameter_names

LIGHT = settings(max_examples=25, deadline=None, derandomize=True)
seeds = st.integers(0, 2**16)


def close(found, wanted, part=2e-5):
    wanted = wanted.detach().numpy() if isinstance(wanted, torch.Tensor) else wanted
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() <= part * max(1e-3, np.abs(wanted).max())


class Holder(nn.Module):
    def __init__(self, widths, activation):
        super().__init__()
        parts = []
        for one, other in pairwise(widths):
            parts += [nn.Linear(one, other), activation()]
        self.net = nn.Sequential(*parts[:-1])
        self.kind = activation


def numpy_side(module):
    layers = linear_layers("net", module.net)
    memory = FlatMemory(module, parameter_names(layers))
    return memory, layers, Mlp(memory, [[layer] for layer in layers], module.kind)


@LIGHT
@given(
    widths=st.lists(st.integers(1, 9), min_size=2, max_size=4),
    activation=st.sampled_from([nn.Tanh, nn.ReLU, nn.ELU]),
    size=st.integers(1, 32),
    seed=seeds,
)
def test_networks(widths, activation, size, seed):
    torch.manual_seed(seed)
    module = Holder(widths, activation)
    memory, layers, net = numpy_side(module)
    inputs = torch.randn(size, widths[0], requires_grad=True)
    d_out = torch.randn(size, widths[-1])
    rows = np.flatnonzero(np.random.default_rng(seed).random(size) < 0.5)
    out = module.net(inputs)
    close(net.forward(inputs.detach().numpy()), out)
    out.backward(d_out)
    net.backward(d_out.numpy())
    own = dict(module.named_parameters())
    for name in parameter_names(layers):
        close(memory.gradients(name)[0], own[name].grad)
    close(net.input_gradient(d_out.numpy(), size), inputs.grad)
    if len(rows):
        close(net.input_gradient(d_out.numpy()[rows], size, rows), inputs.grad[rows])
    # The first rows of a pass are as good as a pass of their own.
    net.backward(d_out.numpy()[:1], size)
    module.zero_grad()
    module.net(inputs[:1].detach()).backward(d_out[:1])
    for name in parameter_names(layers):
        close(memory.gradients(name)[0], own[name].grad)


@LIGHT
@given(
    batch=st.integers(1, 6),
    quantiles=st.integers(1, 9),
    copies=st.integers(1, 3),
    targets=st.integers(1, 9),
    seed=seeds,
)
def test_quantile_regression(batch, quantiles, copies, targets, seed):
    torch.manual_seed(seed)
    current = (2 * torch.randn(batch, copies, quantiles)).requires_grad_()
    wanted = 2 * torch.randn(batch, targets)
    flat = current.detach().numpy().reshape(batch, -1)
    loss = QuantileLoss(quantiles, copies)
    total, gradient = loss(flat, wanted.numpy())
    mean = quantile_huber_loss(current, wanted[:, None], sum_over_quantiles=False)
    mean.backward()
    pairs = flat.size * targets
    close(np.array([total / pairs]), mean[None])
    close(gradient / pairs, current.grad.reshape(batch, -1))


def test_quantile_regression_in_parts(monkeypatch):
    draw = np.random.default_rng(0)
    current, targets = (draw.normal(size=(9, 5)).astype(np.float32) for _ in range(2))
    whole = QuantileLoss(5)(current, targets)
    monkeypatch.setattr("harness.learners.critics.CHUNK", 2 * 25)
    parts = QuantileLoss(5)(current, targets)
    assert np.isclose(parts[0], whole[0])
    close(parts[1], whole[1])


@LIGHT
@given(batch=st.integers(1, 6), count=st.integers(1, 4), weight=st.floats(-1, 1), seed=seeds)
def test_squashed_actions(batch, count, weight, seed):
    """Widths beyond their bounds have no gradient; others have."""
    torch.manual_seed(seed)
    scale = torch.tensor([1.0] * count + [4.0] * count)
    out = (torch.randn(batch, 2 * count) * scale).requires_grad_()
    d_actions = torch.randn(batch, count)
    logs = torch.clamp(out[:, count:], -20, 2)
    distribution = SquashedDiagGaussianDistribution(count)
    state = torch.random.get_rng_state()
    actions, log_probs = distribution.log_prob_from_params(out[:, :count], logs)
    torch.random.set_rng_state(state)
    found = SquashedSample(out.detach().numpy(), torch.empty(batch, count).normal_().numpy())
    close(found.actions, actions)
    close(found.log_probs, log_probs)
    ((actions * d_actions).sum() + weight * log_probs.sum()).backward()
    close(found.gradient(d_actions.numpy(), weight), out.grad, part=1e-4)


def test_polyak_updates():
    torch.manual_seed(0)
    ahead, behind, wanted = (Holder([3, 4, 2], nn.ReLU) for _ in range(3))
    wanted.load_state_dict(behind.state_dict())
    polyak_update(ahead.parameters(), wanted.parameters(), 0.3)
    numpy_side(behind)[0].polyak_update(numpy_side(ahead)[0], 0.3)
    for one, other in zip(behind.parameters(), wanted.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-7)

"""Batch renormalisation by hand is the library's, and its gradients are autograd's."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sb3_contrib.common.torch_layers import BatchRenorm1d
from torch import nn

from harness.learners.batch_renorm import Renorm, RenormMlp, renorm_layers, renorm_parameter_names
from harness.learners.flat_memory import FlatMemory
from harness.learners.mlp import linear_layers, parameter_names

LIGHT = settings(max_examples=40, deadline=None, derandomize=True)
seeds = st.integers(0, 2**16)
WARMUP = 3


def close(found, wanted, part=1e-4):
    """Within a part of the largest number, or of the gradients that go in, which are about 1."""
    wanted = wanted.detach().numpy()
    assert found.shape == wanted.shape
    # Where the library's own gradient is NaN, ours is.
    numbers = ~np.isnan(wanted)
    assert np.array_equal(~np.isnan(found), numbers)
    found, wanted = found[numbers], wanted[numbers]
    assert np.abs(found - wanted).max(initial=0) <= part * max(1, np.abs(wanted).max(initial=0))


def parts(width, steps, momentum=0.1):
    """A module that has seen some batches already, and its twin by hand."""
    pair = []
    for _ in range(2):
        torch.manual_seed(width)
        module = BatchRenorm1d(width, momentum=momentum, warmup_steps=WARMUP)
        module.ra_mean.normal_()
        module.ra_var.uniform_(0.05, 4)
        module.steps += steps
        nn.init.normal_(module.scale)
        nn.init.normal_(module.bias)
        pair.append(module)
    holder = nn.Sequential(pair[1])
    memory = FlatMemory(holder, renorm_parameter_names([("0", pair[1])]))
    return pair[0], pair[1], memory, Renorm(memory, "0", pair[1])


def same_statistics(one, other):
    for (name, wanted), (_, found) in zip(one.named_buffers(), other.named_buffers(), strict=True):
        assert torch.allclose(wanted, found, rtol=1e-5, atol=1e-5), name


@LIGHT
@given(
    width=st.integers(1, 6),
    size=st.integers(2, 40),
    steps=st.integers(0, 2 * WARMUP),
    where=st.sampled_from([(0, 0.05), (0, 1), (-3, 0.5), (1, 20), (30, 5)]),
    seed=seeds,
)
def test_batches(width, size, steps, where, seed):
    """Before, at and after the end of the warm-up, and where corrections meet their bounds."""
    module, twin, memory, renorm = parts(width, steps)
    random = np.random.default_rng(seed)
    for _ in range(3):
        values = random.normal(*where, (size, width)).astype(np.float32)
        inputs = torch.from_numpy(values.copy()).requires_grad_()
        wanted = module(inputs)
        deviations, out, d_inputs = (np.empty_like(values) for _ in range(3))
        renorm.forward_by_batch(values, deviations, out)
        close(out, wanted)
        same_statistics(module, twin)
        rows = int(random.integers(1, size + 1))
        d_out = random.normal(size=(rows, width)).astype(np.float32)
        module.zero_grad()
        wanted[:rows].backward(torch.from_numpy(d_out.copy()))
        renorm.backward(d_out, d_inputs)
        close(d_inputs, inputs.grad)
        close(memory.gradients("0.scale")[0], module.scale.grad)
        close(memory.gradients("0.bias")[0], module.bias.grad)
    assert int(twin.steps) == steps + 3


@LIGHT
@given(width=st.integers(1, 6), size=st.integers(1, 20), seed=seeds)
def test_running_statistics(width, size, seed):
    module, twin, _, renorm = parts(width, 0)
    module.eval()
    values = np.random.default_rng(seed).normal(size=(size, width)).astype(np.float32)
    inputs = torch.from_numpy(values.copy()).requires_grad_()
    out = np.empty_like(values)
    renorm.forward(values, out)
    wanted = module(inputs)
    close(out, wanted)
    wanted.sum().backward()
    close(np.tile(renorm.slope(), (size, 1)), inputs.grad)
    same_statistics(module, twin)


def test_statistics_that_are_loaded_count():
    module, twin, _, renorm = parts(3, 0)
    twin.load_state_dict({name: value * 0.5 for name, value in module.state_dict().items()})
    values = np.ones((4, 3), np.float32)
    out = np.empty_like(values)
    renorm.forward(values, out)
    close(out, twin.eval()(torch.from_numpy(values)))


class Holder(nn.Module):
    def __init__(self, widths, activation, seed):
        super().__init__()
        torch.manual_seed(seed)
        layers = []
        for one, other in pairwise(widths):
            layers += [BatchRenorm1d(one, warmup_steps=WARMUP), nn.Linear(one, other), activation()]
        self.net = nn.Sequential(*layers[:-1])
        self.kind = activation


def by_hand(module):
    layers = linear_layers("net", module.net, (BatchRenorm1d,))
    renorms = renorm_layers("net", module.net)
    memory = FlatMemory(module, [*parameter_names(layers), *renorm_parameter_names(renorms)])
    return memory, RenormMlp(memory, [[layer] for layer in layers], module.kind, renorms)


def same_gradients(memory, module, part=1e-4):
    for name, parameter in module.named_parameters():
        close(memory.gradients(name)[0], parameter.grad, part)


@LIGHT
@given(
    widths=st.lists(st.integers(1, 8), min_size=2, max_size=4),
    activation=st.sampled_from([nn.Tanh, nn.ReLU, nn.ELU]),
    size=st.integers(4, 40),
    seed=seeds,
)
def test_networks(widths, activation, size, seed):
    module, twin = (Holder(widths, activation, seed) for _ in range(2))
    memory, net = by_hand(twin)
    random = np.random.default_rng(seed)
    for _ in range(WARMUP + 3):
        values = random.normal(1, 2, (size, widths[0])).astype(np.float32)
        rows = int(random.integers(1, size + 1))
        d_out = random.normal(size=(rows, widths[-1])).astype(np.float32)
        module.train().zero_grad()
        wanted = module.net(torch.from_numpy(values))
        close(net.forward_by_batch(values), wanted, part=1e-3)
        wanted[:rows].backward(torch.from_numpy(d_out))
        # Neurons that are off for all of a batch have no variance to divide by.
        with np.errstate(all="ignore"):
            net.backward(d_out, size)
        same_gradients(memory, module, part=1e-3)
        same_statistics(module, twin)
    inputs = torch.from_numpy(values.copy()).requires_grad_()
    wanted = module.eval().net(inputs)
    close(net.forward(values), wanted, part=1e-3)
    heard = np.flatnonzero(random.random(size) < 0.5)
    d_out = random.normal(size=(len(heard), widths[-1])).astype(np.float32)
    wanted[heard].backward(torch.from_numpy(d_out))
    close(net.input_gradient(d_out, size, heard), inputs.grad[heard], part=1e-3)


def test_runs_that_are_off_for_all_of_a_batch():
    """Their variance is 0, by which the gradient of a correction is divided."""
    module, twin = (Holder([3, 5, 2], nn.ReLU, 1) for _ in range(2))
    for each in (module, twin):
        each.net[1].bias.data[2] = -100
        for part in (each.net[0], each.net[3]):
            part.steps += WARMUP + 1
            part.ra_mean += 0.1
    memory, net = by_hand(twin)
    values = np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32)
    wanted = module.net(torch.from_numpy(values))
    with np.errstate(all="ignore"):
        close(net.forward_by_batch(values), wanted)
        wanted.sum().backward()
        net.backward(np.ones((8, 2), np.float32))
    assert np.isfinite(memory.gradient).all()
    same_gradients(memory, module)


def test_what_has_no_counterpart():
    module = BatchRenorm1d(3, affine=False)
    memory = FlatMemory(nn.Sequential(module), ["0.scale", "0.bias"])
    with pytest.raises(ValueError, match="without parameters"):
        Renorm(memory, "0", module)
    module = Holder([3, 4, 2], nn.ReLU, 0)
    layers = linear_layers("net", module.net, (BatchRenorm1d,))
    renorms = renorm_layers("net", module.net)
    memory = FlatMemory(module, [*parameter_names(layers), *renorm_parameter_names(renorms)])
    with pytest.raises(ValueError, match="1 renormalisations of 2 layers"):
        RenormMlp(memory, [[layer] for layer in layers], nn.ReLU, renorms[:1])
    with pytest.raises(ValueError, match="BatchRenorm1d"):
        linear_layers("net", module.net)

"""One layer's arithmetic: the product with its weights, and its activation in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import nn

from harness.learners.flat_memory import Floats

TORCH_FORWARD_SIZE: Final = 4096
"""Numbers from which one call of torch is quicker than one of numpy."""

TORCH_BACKWARD_SIZE: Final = 4 * TORCH_FORWARD_SIZE
"""Numbers from which one call of torch is quicker than two of numpy."""

FEW_ROWS: Final = 32
WIDE_WEIGHT: Final = 2**16
"""Rows up to which, and weights from which, the transposed product is quicker."""


def prefers_transposed(inputs: Floats, weight: Floats) -> bool:
    """Whether few rows meet a large layer, which takes OpenBLAS with AVX-512 twice as long."""
    return len(inputs) <= FEW_ROWS and weight.size >= WIDE_WEIGHT


def affine(inputs: Floats, weight: Floats, bias: Floats, out: Floats) -> None:
    """Write ``inputs @ weight.T + bias`` to `out`.

    Args:
        inputs: Shape (B, d).
        weight: Shape (n, d), as torch keeps it.
        bias: Shape (n,).
        out: Shape (B, n).
    """
    if prefers_transposed(inputs, weight):
        np.add(np.dot(weight, inputs.T).T, bias, out=out)
    else:
        np.dot(inputs, weight.T, out=out)
        np.add(out, bias, out=out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """An activation, whose derivative is a function of its output.

    Attributes:
        apply: Overwrites the inputs with the outputs.
        slope: (outputs, out): writes the derivative at each output to `out`.
        chain: (outputs, gradient): torch's own backward step, which overwrites the gradient of the
            outputs with that of the inputs.
    """

    apply: Callable[[Floats], object]
    slope: Callable[[Floats, Floats], object]
    chain: Callable[[torch.Tensor, torch.Tensor], object]

    def backward(self, outputs: Floats, delta: Floats, scratch: Floats) -> None:
        """Turn the gradient of the outputs into that of the inputs, in place."""
        if outputs.size >= TORCH_BACKWARD_SIZE:
            self.torch_backward(outputs, delta)
        else:
            self.slope(outputs, scratch)
            np.multiply(delta, scratch, out=delta)

    def torch_backward(self, outputs: Floats, delta: Floats) -> None:
        """The same by torch, where a derivative of 0 makes 0 even of NaN and infinity."""
        self.chain(torch.from_numpy(outputs), torch.from_numpy(delta))


def _tanh_slope(outputs: Floats, out: Floats) -> None:
    np.multiply(outputs, outputs, out=out)
    np.subtract(np.float32(1), out, out=out)


def _relu(inputs: Floats) -> None:
    if inputs.size < TORCH_FORWARD_SIZE:
        np.maximum(inputs, 0, out=inputs)
    else:
        torch.relu_(torch.from_numpy(inputs))


def _relu_slope(outputs: Floats, out: Floats) -> None:
    np.greater(outputs, 0, out=out, casting="unsafe")


def _elu(inputs: Floats) -> None:
    below = np.minimum(inputs, 0)
    np.expm1(below, out=below)
    np.maximum(inputs, 0, out=inputs)
    inputs += below


def _elu_slope(outputs: Floats, out: Floats) -> None:
    # Below zero the output is exp(x) - 1, the slope exp(x).
    np.minimum(outputs, 0, out=out)
    out += np.float32(1)


def _tanh_chain(outputs: torch.Tensor, delta: torch.Tensor) -> None:
    torch.ops.aten.tanh_backward.grad_input(delta, outputs, grad_input=delta)


def _relu_chain(outputs: torch.Tensor, delta: torch.Tensor) -> None:
    torch.ops.aten.threshold_backward.grad_input(delta, outputs, 0, grad_input=delta)


def _elu_chain(outputs: torch.Tensor, delta: torch.Tensor) -> None:
    # Factors of the three pieces of the formula; True says that these are outputs.
    torch.ops.aten.elu_backward.grad_input(delta, 1, 1, 1, True, outputs, grad_input=delta)


FAST_ACTIVATIONS: dict[type[nn.Module], Activation] = {
    nn.ELU: Activation(apply=_elu, slope=_elu_slope, chain=_elu_chain),
    nn.ReLU: Activation(apply=_relu, slope=_relu_slope, chain=_relu_chain),
    nn.Tanh: Activation(
        apply=lambda inputs: np.tanh(inputs, inputs), slope=_tanh_slope, chain=_tanh_chain
    ),
}

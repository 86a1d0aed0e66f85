"""Activations of hidden layers, in place, and their slopes told from their outputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import nn

from harness.training.fast.memory import Floats

__all__ = ["ACTIVATIONS", "Activation"]

LARGE: Final = 4096
"""Numbers from which torch's call repays its overhead."""

LARGER: Final = 4 * LARGE
"""The same where two calls of numpy do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """An activation.

    Attributes:
        apply: Overwrites the inputs with the outputs.
        slope: (outputs, out): writes the derivative at each output to `out`.
        chain: (outputs, gradient): torch's own backward step, which overwrites the gradient of the
            outputs with that of the inputs.
    """

    apply: Callable[[Floats], object]
    slope: Callable[[Floats, Floats], object]
    chain: Callable[[torch.Tensor, torch.Tensor], object]

    def back(self, outputs: Floats, delta: Floats, scratch: Floats) -> None:
        """Turn the gradient of the outputs into that of the inputs, in place."""
        if outputs.size >= LARGER:
            self.back_as_torch(outputs, delta)
        else:
            self.slope(outputs, scratch)
            np.multiply(delta, scratch, out=delta)

    def back_as_torch(self, outputs: Floats, delta: Floats) -> None:
        """The same where even what is no number becomes 0 if torch's derivative is 0 there."""
        self.chain(torch.from_numpy(outputs), torch.from_numpy(delta))


def _tanh_slope(outputs: Floats, out: Floats) -> None:
    np.multiply(outputs, outputs, out=out)
    np.subtract(np.float32(1), out, out=out)


def _relu(inputs: Floats) -> None:
    if inputs.size < LARGE:
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


ACTIVATIONS: dict[type[nn.Module], Activation] = {
    nn.ELU: Activation(apply=_elu, slope=_elu_slope, chain=_elu_chain),
    nn.ReLU: Activation(apply=_relu, slope=_relu_slope, chain=_relu_chain),
    nn.Tanh: Activation(
        apply=lambda inputs: np.tanh(inputs, inputs), slope=_tanh_slope, chain=_tanh_chain
    ),
}

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """An activation.

    Attributes:
        apply: Overwrites the inputs with the outputs.
        slope: (outputs, out): writes the derivative at each output to `out`.
        silences: Whether a derivative of 0 makes 0 of anything, of what is not a number too.
    """

    apply: Callable[[Floats], object]
    slope: Callable[[Floats, Floats], object]
    silences: bool = False

    def back(self, outputs: Floats, delta: Floats, scratch: Floats) -> None:
        """Turn the gradient of the outputs into that of the inputs, in place."""
        if self.silences:
            tensor = torch.from_numpy(delta)
            torch.ops.aten.threshold_backward.grad_input(
                tensor, torch.from_numpy(outputs), 0, grad_input=tensor
            )
            return
        self.slope(outputs, scratch)
        delta *= scratch


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


ACTIVATIONS: dict[type[nn.Module], Activation] = {
    nn.ELU: Activation(apply=_elu, slope=_elu_slope),
    nn.ReLU: Activation(apply=_relu, slope=_relu_slope, silences=True),
    nn.Tanh: Activation(apply=lambda inputs: np.tanh(inputs, inputs), slope=_tanh_slope),
}

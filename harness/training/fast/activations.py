"""Activations of hidden layers, in place, and their slopes told from their outputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from torch import nn

from harness.training.fast.memory import Floats

__all__ = ["ACTIVATIONS", "Activation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """An activation.

    Attributes:
        apply: Overwrites the inputs with the outputs.
        slope: (outputs, out): writes the derivative at each output to `out`.
    """

    apply: Callable[[Floats], object]
    slope: Callable[[Floats, Floats], object]


def _tanh_slope(outputs: Floats, out: Floats) -> None:
    np.multiply(outputs, outputs, out=out)
    np.subtract(np.float32(1), out, out=out)


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
    nn.ReLU: Activation(apply=lambda inputs: np.maximum(inputs, 0, out=inputs), slope=_relu_slope),
    nn.Tanh: Activation(apply=lambda inputs: np.tanh(inputs, out=inputs), slope=_tanh_slope),
}

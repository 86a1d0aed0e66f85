"""A fully connected network on flat memory: forward, and backward to weights or to inputs.

Passes of a batch leave their layers in arrays of their own, which the next pass of as many inputs
overwrites.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from torch import nn

from harness.training.fast.activations import ACTIVATIONS, Activation
from harness.training.fast.memory import Floats, Memory
from harness.training.fast.products import affine

__all__ = ["Mlp", "hidden_layers", "sequential_layers"]

Layer = tuple[str, str]
"""Names of a layer's weight and bias."""

Rows = NDArray[np.intp] | slice
WHOLE: Final = slice(None)


def sequential_layers(
    path: str, net: nn.Sequential, others: tuple[type[nn.Module], ...] = ()
) -> list[Layer]:
    """Names of the linear layers of a network that lies at a path of its module.

    Raises:
        ValueError: It has more parts that compute than these, activations and `others`.
    """
    known = (nn.Linear, nn.Flatten, *ACTIVATIONS, *others)
    odd = [type(part).__name__ for part in net if not isinstance(part, known)]
    if odd:
        raise ValueError(f"layer {odd[0]}")
    places = [place for place, part in enumerate(net) if isinstance(part, nn.Linear)]
    return [(f"{path}.{place}.weight", f"{path}.{place}.bias") for place in places]


def hidden_layers(layers: Sequence[Layer]) -> list[str]:
    """All names of some layers, in order."""
    return [name for layer in layers for name in layer]


@dataclass(frozen=True, slots=True)
class Linear:
    """Arrays of a layer: weight (out, in), bias (out,), and the slots of their gradients."""

    weight: Floats
    bias: Floats
    d_weight: Floats
    d_bias: Floats


class Pass:
    """What one batch size needs: layers' outputs and their gradients."""

    def __init__(self, widths: Sequence[int], size: int) -> None:
        def arrays() -> list[Floats]:
            return [np.empty((size, width), np.float32) for width in widths]

        self.outputs, self.deltas, self.scratch = arrays(), arrays(), arrays()
        self.ones = np.ones(size, np.float32)
        self.inputs: Floats = np.empty(0, np.float32)


class Mlp:
    """One network: hidden layers with an activation, then a linear one.

    Shapes: inputs (B, d), outputs (B, n).
    """

    def __init__(
        self, memory: Memory, layers: Sequence[Sequence[Layer]], activation: type[nn.Module]
    ) -> None:
        """Find the layers.

        Args:
            memory: Holds them.
            layers: For each layer the names of its parts, which are stacked to one.
            activation: Of hidden layers.
        """
        self._activation: Activation = ACTIVATIONS[activation]
        self._layers = [_linear(memory, parts) for parts in layers]
        self._passes: dict[int, Pass] = {}

    def forward(self, inputs: Floats) -> Floats:
        """Outputs, which the next pass of as many inputs overwrites."""
        known = self._pass(len(inputs))
        known.inputs = last = inputs
        for place, out in enumerate(known.outputs):
            self._layer(place, last, out)
            last = out
        return last

    def backward(self, d_out: Floats, size: int | None = None) -> None:
        """Write the gradients of weights and biases.

        Args:
            d_out: Gradient of the outputs (n, out).
            size: Of the latest pass meant, of which these are the first rows; n if None.
        """
        known = self._pass(size or len(d_out))
        rows = slice(len(d_out))
        delta = d_out
        for place in range(len(self._layers) - 1, -1, -1):
            layer = self._layers[place]
            below = (known.outputs[place - 1] if place else known.inputs)[rows]
            np.dot(delta.T, below, out=layer.d_weight)
            np.dot(known.ones[rows], delta, out=layer.d_bias)
            if place:
                lower, slopes = known.deltas[place - 1][rows], known.scratch[place - 1][rows]
                np.dot(delta, layer.weight, out=lower)
                self._activation.back(below, lower, slopes)
                delta = lower

    def to_inputs(self, d_out: Floats, size: int, rows: Rows = WHOLE) -> Floats:
        """Gradient of the inputs; that of the weights is not wanted.

        Args:
            d_out: Gradient of the outputs in these rows.
            size: Of the latest pass meant.
            rows: Those that have a gradient.
        """
        known = self._pass(size)
        delta = d_out
        for place in range(len(self._layers) - 1, 0, -1):
            delta = np.dot(delta, self._layers[place].weight)
            slopes = known.scratch[place - 1][: len(delta)]
            self._activation.back(known.outputs[place - 1][rows], delta, slopes)
        found: Floats = np.dot(delta, self._layers[0].weight)
        return found

    def _layer(self, place: int, inputs: Floats, out: Floats) -> None:
        """From what a layer reads to what it says."""
        layer = self._layers[place]
        affine(inputs, layer.weight, layer.bias, out)
        if place < len(self._layers) - 1:
            self._activation.apply(out)

    def _pass(self, size: int) -> Pass:
        known = self._passes.get(size)
        if known is None:
            widths = [len(layer.bias) for layer in self._layers]
            known = self._passes[size] = Pass(widths, size)
        return known


def _linear(memory: Memory, parts: Sequence[Layer]) -> Linear:
    weights, biases = zip(*parts, strict=True)

    def joined(stack: Floats) -> Any:
        return stack.reshape(-1, *stack.shape[2:])

    return Linear(
        weight=joined(memory.values(*weights)),
        bias=joined(memory.values(*biases)),
        d_weight=joined(memory.gradients(*weights)),
        d_bias=joined(memory.gradients(*biases)),
    )

"""Batch renormalisation (Ioffe 2017), and networks whose layers read inputs normalised by it.

Formulas are those of sb3-contrib: the batch's own statistics until the warm-up is over, then these
corrected towards the running ones; a correction has no gradient. Running statistics are the
buffers of the torch module, which are changed in place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sb3_contrib.common.torch_layers import BatchRenorm1d
from torch import nn

from harness.learners.flat_memory import FlatMemory, Floats
from harness.learners.mlp import ALL_ROWS, Layer, Mlp, PassArrays, Rows

RenormLayer = tuple[str, BatchRenorm1d]
"""Path of a module, and the module."""


def renorm_layers(path: str, net: nn.Sequential) -> list[RenormLayer]:
    """The renormalisations in a network that lies at a path of its module."""
    return [
        (f"{path}.{index}", part)
        for index, part in enumerate(net)
        if isinstance(part, BatchRenorm1d)
    ]


def renorm_parameter_names(layers: Sequence[RenormLayer]) -> list[str]:
    """Names of the parameters of some renormalisations."""
    return [f"{path}.{name}" for path, _ in layers for name in ("scale", "bias")]


@dataclass(frozen=True, slots=True)
class BatchStatistics:
    """What the gradient of a batch needs; features (f,) but for the first.

    Attributes:
        deviations: Inputs less their mean (N, f).
        var: Variance of the inputs.
        shift: Mean of the inputs less the mean that was subtracted.
        ratio: Standard deviation of the inputs over `width`; None where they are the same.
        width: What the deviations were divided by.
    """

    deviations: Floats
    var: Floats
    shift: Floats
    ratio: Floats | None
    width: Floats


class Renorm:
    """One renormalisation.

    Shapes: inputs and outputs (N, f).
    """

    _statistics: BatchStatistics

    def __init__(self, memory: FlatMemory, path: str, module: BatchRenorm1d) -> None:
        """Take a module over, whose parameters are in memory.

        Raises:
            ValueError: It has none.
        """
        if not module.affine:
            raise ValueError("renormalisation without parameters")
        names = renorm_parameter_names([(path, module)])
        self._scale, self._bias = (memory.values(name)[0] for name in names)
        self._d_scale, self._d_bias = (memory.gradients(name)[0] for name in names)
        buffers = dict(module.named_buffers())
        self._mean: Floats = buffers["ra_mean"].numpy()
        self._var: Floats = buffers["ra_var"].numpy()
        self._steps: np.ndarray = buffers["steps"].numpy()
        self._eps, self._momentum = np.float32(module.eps), np.float32(module.momentum)
        self._rmax, self._dmax = np.float32(module.rmax), np.float32(module.dmax)
        self._warmup = module.warmup_steps

    def slope(self) -> Floats:
        """Derivative (f,) of outputs by running statistics."""
        slope: Floats = self._scale / np.sqrt(self._var + self._eps)
        return slope

    def forward(self, inputs: Floats, out: Floats) -> None:
        """Normalise by the running statistics."""
        np.subtract(inputs, self._mean, out=out)
        np.multiply(out, self.slope(), out=out)
        np.add(out, self._bias, out=out)

    def forward_by_batch(self, inputs: Floats, deviations: Floats, out: Floats) -> None:
        """Normalise by the batch's statistics, and move the running ones towards them.

        `deviations` is scratch (N, f) that stays as it is until `backward`.
        """
        size = len(inputs)
        mean = np.add.reduce(inputs, axis=0) / np.float32(size)
        np.subtract(inputs, mean, out=deviations)
        var = np.einsum("ij,ij->j", deviations, deviations) / np.float32(size - 1)
        self._statistics = statistics = self._correct(mean, var, deviations)
        self._mean += self._momentum * (mean - self._mean)
        self._var += self._momentum * (var - self._var)
        self._steps += 1
        factor = self._scale / statistics.width
        np.multiply(deviations, factor, out=out)
        np.add(out, self._bias + statistics.shift * factor, out=out)

    def _correct(self, mean: Floats, var: Floats, deviations: Floats) -> BatchStatistics:
        own = np.sqrt(var + self._eps)
        if self._steps <= self._warmup:
            return BatchStatistics(deviations, var, np.zeros_like(mean), None, own)
        running = np.sqrt(self._var + self._eps)
        ratio = np.clip(own / running, 1 / self._rmax, self._rmax)
        offset = np.clip((mean - self._mean) / running, -self._dmax, self._dmax)
        width = np.sqrt(var / (ratio * ratio) + self._eps)
        return BatchStatistics(deviations, var, offset * np.sqrt(var) / ratio, ratio, width)

    def backward(self, d_out: Floats, d_inputs: Floats | None = None) -> None:
        """Write the gradients of the parameters and, if asked for, that of the inputs.

        Args:
            d_out: Gradient of the first rows of outputs (n, f), those of others being 0; is
                overwritten.
            d_inputs: Where the gradient of the inputs (N, f) goes.
        """
        batch, rows = self._statistics, slice(len(d_out))
        total = np.add.reduce(d_out, axis=0, out=self._d_bias)
        along = np.einsum("ij,ij->j", d_out, batch.deviations[rows]) + batch.shift * total
        np.divide(along, batch.width, out=self._d_scale)
        if d_inputs is None:
            return
        size = len(d_inputs)
        factor = self._scale / batch.width
        d_mean = -factor * total
        d_var = np.float32(-0.5) * factor * self._d_scale / batch.width
        if batch.ratio is not None:
            d_var /= batch.ratio * batch.ratio
            d_var -= np.float32(0.5) * d_mean * batch.shift / batch.var
        np.multiply(batch.deviations, np.float32(2 / max(size - 1, 1)) * d_var, out=d_inputs)
        d_inputs += d_mean / np.float32(size)
        d_out *= factor
        d_inputs[rows] += d_out


class RenormPassArrays(PassArrays):
    """The arrays of one batch size, with what the layers read after renormalisation."""

    def __init__(self, in_widths: Sequence[int], widths: Sequence[int], size: int) -> None:
        super().__init__(widths, size)
        self.normalised, self.deviations = (
            [np.empty((size, width), np.float32) for width in in_widths] for _ in range(2)
        )


class RenormMlp(Mlp):
    """One network, with a renormalisation before every layer, or before none.

    Shapes: inputs (B, d), outputs (B, n).
    """

    def __init__(
        self,
        memory: FlatMemory,
        layers: Sequence[Sequence[Layer]],
        activation: type[nn.Module],
        renorms: Sequence[RenormLayer],
    ) -> None:
        """Make a network of parameters in memory.

        Args:
            memory, layers, activation: As of `Mlp`.
            renorms: One for each layer, or none at all.

        Raises:
            ValueError: There are some, but not one for each layer.
        """
        super().__init__(memory, layers, activation)
        if renorms and len(renorms) != len(layers):
            raise ValueError(f"{len(renorms)} renormalisations of {len(layers)} layers")
        self._renorms = [Renorm(memory, path, module) for path, module in renorms]
        self._renorm_passes: dict[int, RenormPassArrays] = {}

    def forward(self, inputs: Floats) -> Floats:
        """Outputs by running statistics, which the next pass of as many inputs overwrites."""
        if not self._renorms:
            return super().forward(inputs)
        arrays = self._renorm_arrays(len(inputs))
        for index, below in enumerate([inputs, *arrays.outputs[:-1]]):
            self._renorms[index].forward(below, arrays.normalised[index])
            self._apply_layer(index, arrays.normalised[index], arrays.outputs[index])
        return arrays.outputs[-1]

    def forward_by_batch(self, inputs: Floats) -> Floats:
        """Outputs by the statistics of the batch, which move the running ones."""
        if not self._renorms:
            return super().forward(inputs)
        arrays = self._renorm_arrays(len(inputs))
        for index, below in enumerate([inputs, *arrays.outputs[:-1]]):
            normalised = arrays.normalised[index]
            self._renorms[index].forward_by_batch(below, arrays.deviations[index], normalised)
            self._apply_layer(index, normalised, arrays.outputs[index])
        return arrays.outputs[-1]

    def backward(self, d_out: Floats, size: int | None = None) -> None:
        """Write the gradients of all parameters after a pass by the batch's statistics.

        Args:
            d_out: Gradient of the outputs (n, out).
            size: Batch size of that pass, of whose rows these are the first; n if None.
        """
        if not self._renorms:
            super().backward(d_out, size)
            return
        arrays = self._renorm_arrays(size or len(d_out))
        delta = d_out
        for index in range(len(self._layers) - 1, -1, -1):
            layer, renorm, rows = self._layers[index], self._renorms[index], slice(len(delta))
            np.dot(delta.T, arrays.normalised[index][rows], out=layer.d_weight)
            np.dot(arrays.ones[rows], delta, out=layer.d_bias)
            if not index:
                renorm.backward(np.dot(delta, layer.weight))
                return
            upper, lower = arrays.scratch[index - 1], arrays.deltas[index - 1]
            np.dot(delta, layer.weight, out=upper[rows])
            # Statistics are of all rows, so each has a gradient from here on.
            renorm.backward(upper[rows], lower)
            # A neuron that was off for all of the batch has no gradient, and no variance to
            # divide by: torch's own step makes 0 of the NaN.
            self._activation.torch_backward(arrays.outputs[index - 1], lower)
            delta = lower

    def input_gradient(self, d_out: Floats, size: int, rows: Rows = ALL_ROWS) -> Floats:
        """Gradient of the inputs of a pass by running statistics; see `Mlp`."""
        if not self._renorms:
            return super().input_gradient(d_out, size, rows)
        arrays = self._renorm_arrays(size)
        delta = d_out
        for index in range(len(self._layers) - 1, -1, -1):
            delta = np.dot(delta, self._layers[index].weight)
            delta *= self._renorms[index].slope()
            if index:
                self._activation.torch_backward(arrays.outputs[index - 1][rows], delta)
        return delta

    def _renorm_arrays(self, size: int) -> RenormPassArrays:
        arrays = self._renorm_passes.get(size)
        if arrays is None:
            in_widths = [layer.weight.shape[1] for layer in self._layers]
            widths = [len(layer.bias) for layer in self._layers]
            arrays = self._renorm_passes[size] = RenormPassArrays(in_widths, widths, size)
        return arrays

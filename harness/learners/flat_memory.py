"""A policy's parameters, gradients and optimiser state, side by side in flat arrays.

The torch parameters and the tensors of the optimiser's state become views of numpy arrays. Both
sides see every change at once, and one numpy call updates a whole network.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class HasParameters(Protocol):
    """What is needed of a policy or any other torch module."""

    def named_parameters(self) -> Iterable[tuple[str, torch.Tensor]]:
        """Its parameters by their names."""


class FlatMemory:
    """The flat arrays of one module.

    Attributes:
        parameters: All parameters.
        gradient: Gradients, in the same order; filled by whoever computes them.
    """

    def __init__(self, module: HasParameters, names: Sequence[str]) -> None:
        """Move the parameters of a module into flat memory.

        Args:
            module: Has parameters of float32 on the CPU.
            names: All its parameters, in the order of the flat arrays.
        """
        self.tensors = dict(module.named_parameters())
        if sorted(names) != sorted(self.tensors):
            raise ValueError(f"parameters {sorted(self.tensors)} are not {sorted(names)}")
        self._shapes = {name: tuple(self.tensors[name].shape) for name in names}
        self._starts: dict[str, int] = {}
        size = 0
        for name, shape in self._shapes.items():
            self._starts[name] = size
            size += prod(shape)
        flat = torch.empty(size)
        self.parameters: Floats = flat.numpy()
        self.gradient: Floats = np.zeros(size, np.float32)
        for name, parameter in self.tensors.items():
            parameter.data = self.move(parameter.data, flat, name)

    def values(self, *names: str) -> Floats:
        """View of parameters of one shape that lie side by side, stacked along a new first axis."""
        return self._stack(self.parameters, names)

    def gradients(self, *names: str) -> Floats:
        """View of their gradients, likewise."""
        return self._stack(self.gradient, names)

    def polyak_update(self, other: FlatMemory, tau: float) -> None:
        """Move the parameters by the share `tau` towards those of a memory of the same order."""
        own = torch.from_numpy(self.parameters)
        own.mul_(1 - tau)
        own.add_(torch.from_numpy(other.parameters), alpha=tau)

    def move(self, old: torch.Tensor, flat: torch.Tensor, name: str) -> torch.Tensor:
        """Copy a tensor of a parameter's shape to that parameter's part of `flat`; the view."""
        shape = self._shapes[name]
        start = self._starts[name]
        view = flat[start : start + prod(shape)].view(shape)
        view.copy_(old)
        return view

    def _stack(self, flat: Floats, names: Sequence[str]) -> Floats:
        shape = self._shapes[names[0]]
        start = self._starts[names[0]]
        for index, name in enumerate(names):
            if self._shapes[name] != shape or self._starts[name] != start + index * prod(shape):
                raise ValueError(f"{names} do not lie side by side")
        return flat[start : start + len(names) * prod(shape)].reshape(len(names), *shape)


class OptimizerState:
    """What a torch optimiser keeps between steps, as flat arrays that stay its own state.

    Attributes:
        steps: Steps taken so far, once per parameter.
        arrays: Key of the state (``exp_avg``) -> flat array.
    """

    def __init__(
        self, memory: FlatMemory, optimizer: torch.optim.Optimizer, keys: Sequence[str]
    ) -> None:
        tensors = {key: torch.zeros(len(memory.parameters)) for key in keys}
        steps = torch.zeros(len(memory.tensors))
        for index, (name, parameter) in enumerate(memory.tensors.items()):
            state = optimizer.state[parameter]
            steps[index] = float(state.get("step", 0.0))
            state["step"] = steps[index]
            for key, flat in tensors.items():
                old = state.get(key, torch.zeros(()))
                state[key] = memory.move(old, flat, name)
        self.steps: Floats = steps.numpy()
        self.arrays: dict[str, Floats] = {key: flat.numpy() for key, flat in tensors.items()}
        self._probe = next(iter(memory.tensors.values()))
        self._step = optimizer.state[self._probe]["step"]

    def belongs_to(self, optimizer: torch.optim.Optimizer) -> bool:
        """Whether the optimiser still works on these arrays; loading a state replaces them."""
        return optimizer.state[self._probe].get("step") is self._step

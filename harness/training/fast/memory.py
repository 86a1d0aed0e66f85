"""A policy's parameters, gradients and optimiser state, side by side in flat memory.

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

__all__ = ["Floats", "Memory"]

Floats = NDArray[np.float32]


class Parametrised(Protocol):
    """What a policy has, and any other module."""

    def named_parameters(self) -> Iterable[tuple[str, torch.Tensor]]:
        """Its parameters by their names."""
        ...


class Memory:
    """The flat arrays of one policy.

    Attributes:
        parameters: All parameters.
        gradient: Gradients, in the same order; filled by whoever computes them.
    """

    def __init__(self, policy: Parametrised, names: Sequence[str]) -> None:
        """Move the parameters of a policy.

        Args:
            policy: With parameters of float32 on the CPU.
            names: All its parameters, in the order of the flat arrays.
        """
        self._own = dict(policy.named_parameters())
        if sorted(names) != sorted(self._own):
            raise ValueError(f"parameters {sorted(self._own)} are not {sorted(names)}")
        self._shapes = {name: tuple(self._own[name].shape) for name in names}
        self._starts: dict[str, int] = {}
        size = 0
        for name, shape in self._shapes.items():
            self._starts[name] = size
            size += prod(shape)
        tensor = torch.empty(size)
        self.parameters: Floats = tensor.numpy()
        self.gradient: Floats = np.zeros(size, np.float32)
        for name, parameter in self._own.items():
            parameter.data = self._moved(parameter.data, tensor, name)

    def values(self, *names: str) -> Floats:
        """View of parameters of one shape that lie side by side, stacked along a new first axis."""
        return self._stacked(self.parameters, names)

    def gradients(self, *names: str) -> Floats:
        """View of their gradients, likewise."""
        return self._stacked(self.gradient, names)

    def follow(self, other: Memory, share: float) -> None:
        """Move the parameters towards those of another memory of the same order (Polyak)."""
        own = torch.from_numpy(self.parameters)
        own.mul_(1 - share)
        own.add_(torch.from_numpy(other.parameters), alpha=share)

    def share(self, optimizer: torch.optim.Optimizer, keys: Sequence[str]) -> State:
        """Move the state of the policy's optimiser; see `State`."""
        return State(self, optimizer, keys)

    def _stacked(self, flat: Floats, names: Sequence[str]) -> Floats:
        shape = self._shapes[names[0]]
        start = self._starts[names[0]]
        for place, name in enumerate(names):
            if self._shapes[name] != shape or self._starts[name] != start + place * prod(shape):
                raise ValueError(f"{names} do not lie side by side")
        return flat[start : start + len(names) * prod(shape)].reshape(len(names), *shape)

    def _moved(self, old: torch.Tensor, flat: torch.Tensor, name: str) -> torch.Tensor:
        shape = self._shapes[name]
        start = self._starts[name]
        view = flat[start : start + prod(shape)].view(shape)
        view.copy_(old)
        return view


class State:
    """What a torch optimiser keeps, as flat arrays that stay its own state.

    Attributes:
        steps: Steps taken so far, once per parameter.
        arrays: Key of the state (``exp_avg``) -> flat array.
    """

    def __init__(
        self, memory: Memory, optimizer: torch.optim.Optimizer, keys: Sequence[str]
    ) -> None:
        self._state = optimizer.state
        own = memory._own  # noqa: SLF001
        tensors = {key: torch.zeros(len(memory.parameters)) for key in keys}
        steps = torch.zeros(len(own))
        for place, (name, parameter) in enumerate(own.items()):
            known = self._state[parameter]
            steps[place] = float(known.get("step", 0.0))
            known["step"] = steps[place]
            for key, flat in tensors.items():
                old = known.get(key, torch.zeros(()))
                known[key] = memory._moved(old, flat, name)  # noqa: SLF001
        self.steps: Floats = steps.numpy()
        self.arrays: dict[str, Floats] = {key: flat.numpy() for key, flat in tensors.items()}
        self._probe = next(iter(own.values()))
        self._shared = self._state[self._probe]["step"]

    def holds(self, optimizer: torch.optim.Optimizer) -> bool:
        """Whether the optimiser still works on these arrays; loading a state replaces them."""
        return optimizer.state[self._probe].get("step") is self._shared

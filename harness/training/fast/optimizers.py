"""Gradient clipping and the optimisers of the policies, on flat memory.

Formulas and their order of operations are those of torch.optim, single-tensor, and of
torch.nn.utils.clip_grad_norm_.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
import torch

from harness.training.fast.memory import Floats, Memory

__all__ = ["Adam", "Descent", "RMSprop", "clip", "descent"]


def clip(gradient: Floats, most: float) -> float:
    """Scale a gradient down to the norm `most`, in place; returns its norm before."""
    norm = math.sqrt(float(np.dot(gradient, gradient)))
    share = most / (norm + 1e-6)
    if not share >= 1.0:
        gradient *= np.float32(share)
    return norm


class Descent(ABC):
    """One optimiser of one policy."""

    KEYS: ClassVar[tuple[str, ...]]
    PLAIN: ClassVar[tuple[str, ...]]
    """Options that change the formula, and have to be off."""

    def __init__(self, memory: Memory, optimizer: torch.optim.Optimizer) -> None:
        if len(optimizer.param_groups) != 1:
            raise ValueError("parameters in several groups")
        group = optimizer.param_groups[0]
        odd = [name for name in self.PLAIN if group.get(name)]
        if odd:
            raise ValueError(f"{type(optimizer).__name__} with {odd[0]}")
        self._memory = memory
        self._optimizer = optimizer
        self._take_state()

    def begin(self) -> None:
        """Take up the optimiser's present options and state, before a series of steps."""
        if not self._state.holds(self._optimizer):
            self._take_state()
        group = self._optimizer.param_groups[0]
        self._rate = float(group["lr"])
        self._decay = float(group["weight_decay"])
        self._read(group)

    def step(self, most: float | None) -> None:
        """Clip the gradient in memory to the norm `most`, if given, and descend along it."""
        gradient = self._memory.gradient
        if most is not None:
            clip(gradient, most)
        self._state.steps += 1
        if self._decay:
            self._decayed(gradient)
        self._descend(self._memory.parameters, gradient)

    def _decayed(self, gradient: Floats) -> None:
        gradient += np.float32(self._decay) * self._memory.parameters

    def _take_state(self) -> None:
        self._state = self._memory.share(self._optimizer, self.KEYS)

    @abstractmethod
    def _read(self, group: dict[str, Any]) -> None: ...

    @abstractmethod
    def _descend(self, parameters: Floats, gradient: Floats) -> None: ...


class Adam(Descent):
    """Adam (Kingma and Ba 2015, algorithm 1) and AdamW (Loshchilov and Hutter 2019)."""

    KEYS = ("exp_avg", "exp_avg_sq")
    PLAIN = ("amsgrad", "maximize", "differentiable", "capturable")

    def _take_state(self) -> None:
        super()._take_state()
        memory, state = self._memory, self._state.arrays
        flat = (memory.parameters, memory.gradient, *(state[key] for key in self.KEYS))
        self._tensors = [[torch.from_numpy(each)] for each in flat]
        # Written by numpy, because filling a tensor costs as much as a small step.
        self._steps = np.zeros((), np.float32)
        self._counted = [torch.from_numpy(self._steps)]

    def _read(self, group: dict[str, Any]) -> None:
        self._betas = (float(group["betas"][0]), float(group["betas"][1]))
        self._eps = float(group["eps"])
        self._decoupled = bool(group.get("decoupled_weight_decay", False))
        self._count = int(self._state.steps[0])

    def _decayed(self, gradient: Floats) -> None:
        if self._decoupled:
            self._memory.parameters[:] *= np.float32(1 - self._rate * self._decay)
        else:
            super()._decayed(gradient)

    def _descend(self, parameters: Floats, gradient: Floats) -> None:
        """One pass over the memory, by the kernel of torch's fused Adam."""
        # Past the function that torch.optim offers for it, which looks at its arguments for longer
        # than the kernel takes for most policies.
        self._count += 1
        self._steps.fill(self._count)
        values, gradients, mean, square = self._tensors
        torch._fused_adam_(
            values,
            gradients,
            mean,
            square,
            [],
            self._counted,
            lr=self._rate,
            beta1=self._betas[0],
            beta2=self._betas[1],
            weight_decay=0.0,
            eps=self._eps,
            amsgrad=False,
            maximize=False,
        )


class RMSprop(Descent):
    """RMSprop (Hinton 2012, lecture 6e), neither centred nor with momentum."""

    KEYS = ("square_avg",)
    PLAIN = ("momentum", "centered", "maximize", "differentiable", "capturable")

    def _take_state(self) -> None:
        super()._take_state()
        size = len(self._memory.parameters)
        self._one, self._two = np.empty(size, np.float32), np.empty(size, np.float32)

    def _read(self, group: dict[str, Any]) -> None:
        self._alpha = float(group["alpha"])
        self._eps = np.float32(group["eps"])

    def _descend(self, parameters: Floats, gradient: Floats) -> None:
        one, two = self._one, self._two
        square = self._state.arrays["square_avg"]
        square *= np.float32(self._alpha)
        np.multiply(gradient, gradient, out=one)
        one *= np.float32(1 - self._alpha)
        square += one
        np.sqrt(square, out=one)
        one += self._eps
        np.divide(gradient, one, out=two)
        two *= np.float32(self._rate)
        parameters -= two


def descent(memory: Memory, optimizer: torch.optim.Optimizer) -> Descent:
    """The counterpart of a torch optimiser, sharing its state.

    Raises:
        ValueError: There is none for it.
    """
    kinds: dict[type[torch.optim.Optimizer], type[Descent]] = {
        torch.optim.Adam: Adam,
        torch.optim.AdamW: Adam,
        torch.optim.RMSprop: RMSprop,
    }
    kind = kinds.get(type(optimizer))
    if kind is None:
        raise ValueError(f"optimiser {type(optimizer).__name__}")
    return kind(memory, optimizer)

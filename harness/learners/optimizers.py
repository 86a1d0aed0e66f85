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

from harness.learners.flat_memory import FlatMemory, Floats, OptimizerState


def clip_gradient(gradient: Floats, max_norm: float) -> float:
    """Scale a gradient down to the norm `max_norm`, in place; returns its norm before."""
    norm = math.sqrt(float(np.dot(gradient, gradient)))
    scale = max_norm / (norm + 1e-6)
    if not scale >= 1.0:
        gradient *= np.float32(scale)
    return norm


class NumpyOptimizer(ABC):
    """The counterpart of one torch optimiser, working on its state."""

    STATE_KEYS: ClassVar[tuple[str, ...]]
    UNSUPPORTED: ClassVar[tuple[str, ...]]
    """Options that change the formula, and have to be off."""

    def __init__(self, memory: FlatMemory, optimizer: torch.optim.Optimizer) -> None:
        if len(optimizer.param_groups) != 1:
            raise ValueError("parameters in several groups")
        options = optimizer.param_groups[0]
        active = [name for name in self.UNSUPPORTED if options.get(name)]
        if active:
            raise ValueError(f"{type(optimizer).__name__} with {active[0]}")
        self._memory = memory
        self._optimizer = optimizer
        self._adopt_state()

    def synchronise(self) -> None:
        """Read the torch optimiser's present options and state, before a series of steps."""
        if not self._state.belongs_to(self._optimizer):
            self._adopt_state()
        options = self._optimizer.param_groups[0]
        self._rate = float(options["lr"])
        self._decay = float(options["weight_decay"])
        self._read_options(options)

    def step(self, max_norm: float | None) -> None:
        """Descend along the gradient in memory, clipped to `max_norm` unless that is None."""
        gradient = self._memory.gradient
        if max_norm is not None:
            clip_gradient(gradient, max_norm)
        self._state.steps += 1
        if self._decay:
            self._decay_weights(gradient)
        self._descend(self._memory.parameters, gradient)

    def _decay_weights(self, gradient: Floats) -> None:
        gradient += np.float32(self._decay) * self._memory.parameters

    def _adopt_state(self) -> None:
        self._state = OptimizerState(self._memory, self._optimizer, self.STATE_KEYS)

    @abstractmethod
    def _read_options(self, options: dict[str, object]) -> None: ...

    @abstractmethod
    def _descend(self, parameters: Floats, gradient: Floats) -> None: ...


class Adam(NumpyOptimizer):
    """Adam (Kingma and Ba 2015, algorithm 1) and AdamW (Loshchilov and Hutter 2019)."""

    STATE_KEYS = ("exp_avg", "exp_avg_sq")
    UNSUPPORTED = ("amsgrad", "maximize", "differentiable", "capturable")

    def _adopt_state(self) -> None:
        super()._adopt_state()
        memory, state = self._memory, self._state.arrays
        arrays = (memory.parameters, memory.gradient, *(state[key] for key in self.STATE_KEYS))
        self._tensors = [[torch.from_numpy(array)] for array in arrays]
        # Written by numpy, because filling a tensor costs as much as a small step.
        self._step = np.zeros((), np.float32)
        self._step_tensors = [torch.from_numpy(self._step)]

    def _read_options(self, options: dict[str, Any]) -> None:
        self._betas = (float(options["betas"][0]), float(options["betas"][1]))
        self._eps = float(options["eps"])
        self._decoupled = bool(options.get("decoupled_weight_decay", False))
        self._count = int(self._state.steps[0])

    def _decay_weights(self, gradient: Floats) -> None:
        if self._decoupled:
            self._memory.parameters[:] *= np.float32(1 - self._rate * self._decay)
        else:
            super()._decay_weights(gradient)

    def _descend(self, parameters: Floats, gradient: Floats) -> None:
        """One pass over the memory, by the kernel of torch's fused Adam."""
        # Past the function that torch.optim offers for it, which looks at its arguments for longer
        # than the kernel takes for most policies.
        self._count += 1
        self._step.fill(self._count)
        values, gradients, mean, square = self._tensors
        torch._fused_adam_(
            values,
            gradients,
            mean,
            square,
            [],
            self._step_tensors,
            lr=self._rate,
            beta1=self._betas[0],
            beta2=self._betas[1],
            weight_decay=0.0,
            eps=self._eps,
            amsgrad=False,
            maximize=False,
        )


class RMSprop(NumpyOptimizer):
    """RMSprop (Hinton 2012, lecture 6e), neither centred nor with momentum."""

    STATE_KEYS = ("square_avg",)
    UNSUPPORTED = ("momentum", "centered", "maximize", "differentiable", "capturable")

    def _adopt_state(self) -> None:
        super()._adopt_state()
        size = len(self._memory.parameters)
        self._denominator, self._update = np.empty(size, np.float32), np.empty(size, np.float32)

    def _read_options(self, options: dict[str, Any]) -> None:
        self._alpha = float(options["alpha"])
        self._eps = np.float32(options["eps"])

    def _descend(self, parameters: Floats, gradient: Floats) -> None:
        denominator, update = self._denominator, self._update
        square = self._state.arrays["square_avg"]
        square *= np.float32(self._alpha)
        np.multiply(gradient, gradient, out=denominator)
        denominator *= np.float32(1 - self._alpha)
        square += denominator
        np.sqrt(square, out=denominator)
        denominator += self._eps
        np.divide(gradient, denominator, out=update)
        update *= np.float32(self._rate)
        parameters -= update


KINDS: dict[type[torch.optim.Optimizer], type[NumpyOptimizer]] = {
    torch.optim.Adam: Adam,
    torch.optim.AdamW: Adam,
    torch.optim.RMSprop: RMSprop,
}


def numpy_optimizer(memory: FlatMemory, optimizer: torch.optim.Optimizer) -> NumpyOptimizer:
    """The counterpart of a torch optimiser, sharing its state.

    Raises:
        ValueError: There is none for it.
    """
    kind = KINDS.get(type(optimizer))
    if kind is None:
        raise ValueError(f"optimiser {type(optimizer).__name__}")
    return kind(memory, optimizer)

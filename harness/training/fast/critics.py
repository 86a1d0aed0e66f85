"""Critics of an action: K networks that read observations and actions side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.training.fast.memory import Floats, Memory
from harness.training.fast.mlp import Mlp, hidden_layers, sequential_layers
from harness.training.fast.optimizers import Descent, descent

__all__ = ["Critics", "joined", "raised", "squared"]


class Critics:
    """The critics of one policy and the slower ones that they are drawn to.

    Shapes: outputs of a critic (B, n).

    Attributes:
        nets, targets: One network per critic.
        descent: The optimiser of the first ones.
    """

    def __init__(self, critic: Any, slower: Any, activation: Any) -> None:
        layers = [
            sequential_layers(f"qf{place}", net) for place, net in enumerate(critic.q_networks)
        ]
        names = [name for net in layers for name in hidden_layers(net)]
        self._memory, self._slower = Memory(critic, names), Memory(slower, names)
        self.nets, self.targets = (
            [Mlp(memory, [[layer] for layer in net], activation) for net in layers]
            for memory in (self._memory, self._slower)
        )
        self.descent: Descent = descent(self._memory, critic.optimizer)

    def follow(self, share: float) -> None:
        """Move the slower critics towards the others."""
        self._slower.follow(self._memory, share)

    def judge(self, inputs: Floats, actions: NDArray[Any], *, slow: bool = False) -> list[Floats]:
        """Outputs of every critic for inputs (B, d) and actions (B, k)."""
        pairs = joined(inputs, actions)
        return [net.forward(pairs) for net in (self.targets if slow else self.nets)]

    def descend(self, slopes: Sequence[Floats]) -> None:
        """One step, given the gradient of each critic's latest outputs."""
        for net, slope in zip(self.nets, slopes, strict=True):
            net.backward(slope)
        self.descent.begin()
        self.descent.step(None)


def joined(inputs: Floats, actions: NDArray[Any]) -> Floats:
    """What the critics read: (B, d + k)."""
    return np.concatenate([inputs, actions.astype(np.float32, copy=False)], axis=1)


def squared(found: Sequence[Floats], wanted: Floats) -> tuple[float, list[Floats]]:
    """Half the sum of the critics' squared errors, and the gradients of their outputs (B, 1)."""
    errors = [values - wanted[:, None] for values in found]
    loss = sum(float(np.mean(error * error)) for error in errors)
    return 0.5 * loss, [error * np.float32(1 / len(wanted)) for error in errors]


def raised(nets: Sequence[Mlp], pairs: Floats) -> tuple[Floats, Floats]:
    """The least of the critics' values (B,), and the gradient of its negative mean by pairs."""
    size = len(pairs)
    found = np.concatenate([net.forward(pairs) for net in nets], axis=1)
    least = found.argmin(axis=1)
    slopes = np.empty_like(pairs)
    for place, net in enumerate(nets):
        # Only the critic that says least is heard.
        rows = np.flatnonzero(least == place)
        d_out = np.full((len(rows), 1), -1 / size, np.float32)
        slopes[rows] = net.to_inputs(d_out, size, rows)
    return found[np.arange(size), least], slopes

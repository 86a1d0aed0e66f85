"""Actor and critic: forward and backward passes of a policy's fully connected networks.

Hidden layers of equal widths are stacked, so that one call serves the actor and the critic.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from stable_baselines3.common.policies import ActorCriticPolicy
from torch import nn

from harness.training.fast.activations import ACTIVATIONS, Activation
from harness.training.fast.memory import Floats, Memory

__all__ = ["Network", "parameter_order"]

ACTION = ("action_net.weight", "action_net.bias")
VALUE = ("value_net.weight", "value_net.bias")

Layer = tuple[str, str]
"""Names of a layer's weight and bias."""


def parameter_order(policy: ActorCriticPolicy) -> list[str]:
    """Names of all parameters, such that layers to be stacked lie side by side."""
    actor, critic = _layers(policy)
    names: list[str] = []
    if _alike(policy):
        for one, other in zip(actor, critic, strict=True):
            names += [one[0], other[0], one[1], other[1]]
    else:
        names += [name for layer in (*actor, *critic) for name in layer]
    names += [*ACTION, *VALUE]
    return names + (["log_std"] if hasattr(policy, "log_std") else [])


def _layers(policy: ActorCriticPolicy) -> tuple[list[Layer], list[Layer]]:
    extractor = policy.mlp_extractor

    def named(path: str, net: nn.Sequential) -> list[Layer]:
        places = [place for place, part in enumerate(net) if isinstance(part, nn.Linear)]
        return [
            (f"mlp_extractor.{path}.{place}.weight", f"mlp_extractor.{path}.{place}.bias")
            for place in places
        ]

    return named("policy_net", extractor.policy_net), named("value_net", extractor.value_net)


def _alike(policy: ActorCriticPolicy) -> bool:
    extractor = policy.mlp_extractor
    widths = [
        [part.out_features for part in net if isinstance(part, nn.Linear)]
        for net in (extractor.policy_net, extractor.value_net)
    ]
    return widths[0] == widths[1]


class Tower:
    """The hidden layers of K networks of equal widths that read the same inputs.

    Shapes: inputs (B, d), outputs of a layer (K, B, width).
    """

    def __init__(
        self, memory: Memory, networks: Sequence[Sequence[Layer]], activation: Activation
    ) -> None:
        self._activation = activation
        self._values, self._slots = [], []
        for layers in zip(*networks, strict=True):
            weights, biases = zip(*layers, strict=True)
            self._values.append((memory.values(*weights), memory.values(*biases)[:, None]))
            self._slots.append((memory.gradients(*weights), memory.gradients(*biases)[:, None]))
        self._transposed = [
            (weight.transpose(0, 2, 1), bias) for weight, bias in self._values
        ]
        self.widths = [weight.shape[1] for weight, _ in self._values]
        self.networks = len(networks)

    def forward(self, inputs: Floats, outputs: Sequence[Floats]) -> None:
        """Fill `outputs`, one array per layer."""
        last = inputs
        apply = self._activation.apply
        for (weight, bias), output in zip(self._transposed, outputs, strict=True):
            np.matmul(last, weight, out=output)
            output += bias
            apply(output)
            last = output

    def backward(
        self,
        inputs: Floats,
        outputs: Sequence[Floats],
        deltas: Sequence[Floats],
        scratch: Sequence[Floats],
        ones: Floats,
    ) -> None:
        """Fill the gradients.

        Args:
            inputs, outputs: Of the forward pass.
            deltas: One array per layer; the last holds the gradient of the outputs, and all are
                overwritten.
            scratch: One array per layer.
            ones: Shape (1, B).
        """
        for place in range(len(outputs) - 1, -1, -1):
            delta = deltas[place]
            self._activation.slope(outputs[place], scratch[place])
            delta *= scratch[place]
            weights, biases = self._slots[place]
            below = outputs[place - 1] if place else inputs
            np.matmul(delta.transpose(0, 2, 1), below, out=weights)
            np.matmul(ones, delta, out=biases)
            if place:
                np.matmul(delta, self._values[place][0], out=deltas[place - 1])


class Batch:
    """The arrays of a pass with a batch of one size through towers."""

    def __init__(self, towers: Sequence[Tower], size: int, outputs: int) -> None:
        def arrays() -> list[list[Floats]]:
            return [
                [np.empty((tower.networks, size, width), np.float32) for width in tower.widths]
                for tower in towers
            ]

        self.hidden, self.deltas, self.scratch = arrays(), arrays(), arrays()
        self.ones = np.ones((1, size), np.float32)
        self.out = np.empty((size, outputs), np.float32)
        self.values = np.empty((size, 1), np.float32)

    def last(self, arrays: Sequence[Sequence[Floats]]) -> tuple[Floats | None, Floats | None]:
        """Of the arrays of the last hidden layers, the actor's and the critic's."""
        ends = [net for tower in arrays if tower for net in tower[-1]]
        if len(arrays) == 1:
            return (ends[0], ends[1]) if ends else (None, None)
        return (arrays[0][-1][0] if arrays[0] else None, arrays[1][-1][0] if arrays[1] else None)


class Network:
    """A policy's networks on its flat memory."""

    def __init__(self, policy: ActorCriticPolicy, memory: Memory) -> None:
        actor, critic = _layers(policy)
        activation = ACTIVATIONS[policy.activation_fn]
        self._actor = Tower(memory, [actor], activation)
        self._critic = Tower(memory, [critic], activation)
        pair = Tower(memory, [actor, critic], activation) if _alike(policy) else None
        self._towers = [pair] if pair is not None else [self._actor, self._critic]
        self._action = [memory.values(name)[0] for name in ACTION]
        self._value = [memory.values(name)[0] for name in VALUE]
        self._action_slots = [memory.gradients(name)[0] for name in ACTION]
        self._value_slots = [memory.gradients(name)[0] for name in VALUE]
        self._batches: dict[int, Batch] = {}

    def forward(self, inputs: Floats) -> tuple[Floats, Floats, Floats]:
        """Both networks; the arrays are overwritten by the next pass of as many inputs.

        Args:
            inputs: Shape (B, d).

        Returns:
            The actor's outputs (B, n), its last hidden outputs (B, width), and values (B,).
        """
        batch = self._batch(len(inputs))
        for tower, hidden in zip(self._towers, batch.hidden, strict=True):
            tower.forward(inputs, hidden)
        actor, critic = batch.last(batch.hidden)
        latent = inputs if actor is None else actor
        self._read(latent, self._action, batch.out)
        self._read(inputs if critic is None else critic, self._value, batch.values)
        return batch.out, latent, batch.values[:, 0]

    def act(self, inputs: Floats) -> tuple[Floats, Floats]:
        """The actor's outputs (B, n) and its last hidden outputs (B, width)."""
        latent = self._through(self._actor, inputs)
        out = np.empty((len(inputs), len(self._action[1])), np.float32)
        self._read(latent, self._action, out)
        return out, latent

    def value(self, inputs: Floats) -> Floats:
        """Values (B,)."""
        out = np.empty((len(inputs), 1), np.float32)
        self._read(self._through(self._critic, inputs), self._value, out)
        return out[:, 0]

    def backward(self, inputs: Floats, d_out: Floats, d_values: Floats) -> None:
        """Write the gradients of all weights and biases to memory, after `forward`.

        Args:
            inputs: Those of the latest forward pass of this size.
            d_out: Gradient of the actor's outputs, (B, n).
            d_values: Gradient of the values, (B,).
        """
        batch = self._batch(len(inputs))
        latents, deltas = batch.last(batch.hidden), batch.last(batch.deltas)
        ends = (
            (d_out, self._action, self._action_slots),
            (d_values[:, None], self._value, self._value_slots),
        )
        for (delta, (weight, _), (slot, bias_slot)), latent, below in zip(
            ends, latents, deltas, strict=True
        ):
            np.matmul(delta.T, inputs if latent is None else latent, out=slot)
            np.matmul(batch.ones[0], delta, out=bias_slot)
            if below is not None:
                np.matmul(delta, weight, out=below)
        for tower, hidden, below, scratch in zip(
            self._towers, batch.hidden, batch.deltas, batch.scratch, strict=True
        ):
            tower.backward(inputs, hidden, below, scratch, batch.ones)

    def _batch(self, size: int) -> Batch:
        batch = self._batches.get(size)
        if batch is None:
            batch = self._batches[size] = Batch(self._towers, size, len(self._action[1]))
        return batch

    @staticmethod
    def _through(tower: Tower, inputs: Floats) -> Floats:
        hidden = [np.empty((1, len(inputs), width), np.float32) for width in tower.widths]
        tower.forward(inputs, hidden)
        return hidden[-1][0] if hidden else inputs

    @staticmethod
    def _read(latent: Floats, layer: Sequence[Floats], out: Floats) -> None:
        weight, bias = layer
        np.matmul(latent, weight.T, out=out)
        out += bias

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
from harness.training.fast.products import affine, is_flat

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
        self._weights, self._biases, self._slots = [], [], []
        for layers in zip(*networks, strict=True):
            weights, biases = zip(*layers, strict=True)
            self._weights.append(memory.values(*weights))
            self._biases.append(memory.values(*biases)[:, None])
            self._slots.append((memory.gradients(*weights), memory.gradients(*biases)[:, None]))
        # `dot` is twice as quick as `matmul` where the second operand is transposed.
        self._transposed = [[net.T for net in weight] for weight in self._weights]
        self.widths = [weight.shape[1] for weight in self._weights]
        self.networks = len(networks)

    def forward(self, inputs: Floats, outputs: Sequence[Floats]) -> None:
        """Fill `outputs`, one array per layer."""
        last: Sequence[Floats] | Floats = [inputs] * self.networks
        for place, output in enumerate(outputs):
            biases = self._biases[place]
            if is_flat(inputs, self._weights[place][0]):
                layers = zip(last, self._weights[place], biases[:, 0], output, strict=True)
                for below, weight, bias, out in layers:
                    affine(below, weight, bias, out)
            else:
                for below, weight, out in zip(last, self._transposed[place], output, strict=True):
                    np.dot(below, weight, out=out)
                # One call for all networks.
                np.add(output, biases, out=output)
            self._activation.apply(output)
            last = output

    def through(self, inputs: Floats) -> Floats:
        """Outputs (B, width) of the last layer of the first network."""
        last = inputs
        for (weight, *_), bias in zip(self._transposed, self._biases, strict=True):
            last = last.dot(weight)
            last += bias[0]
            self._activation.apply(last)
        return last

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
            self._activation.back(outputs[place], delta, scratch[place])
            weights, biases = self._slots[place]
            below = outputs[place - 1] if place else inputs
            np.matmul(delta.transpose(0, 2, 1), below, out=weights)
            np.matmul(ones, delta, out=biases)
            if place:
                np.matmul(delta, self._weights[place], out=deltas[place - 1])


class Batch:
    """The arrays of a pass with a batch of one size through towers."""

    def __init__(self, towers: Sequence[Tower], size: int) -> None:
        def arrays() -> list[list[Floats]]:
            return [
                [np.empty((tower.networks, size, width), np.float32) for width in tower.widths]
                for tower in towers
            ]

        self.hidden, self.deltas, self.scratch = arrays(), arrays(), arrays()
        self.ones = np.ones((1, size), np.float32)
        self.latents, self.ends = self._last(self.hidden), self._last(self.deltas)

    @staticmethod
    def _last(arrays: Sequence[Sequence[Floats]]) -> tuple[Floats | None, Floats | None]:
        """The last layers of the actor and of the critic; None where there is no hidden layer."""
        if len(arrays) == 1 and arrays[0]:
            return arrays[0][-1][0], arrays[0][-1][1]
        actor, critic = arrays if len(arrays) == 2 else ([], [])
        return (actor[-1][0] if actor else None, critic[-1][0] if critic else None)


class Network:
    """A policy's networks on its flat memory.

    Shapes: inputs (B, d), outputs of the actor (n, B), values (B,).
    """

    def __init__(self, policy: ActorCriticPolicy, memory: Memory) -> None:
        actor, critic = _layers(policy)
        activation = ACTIVATIONS[policy.activation_fn]
        self._actor = Tower(memory, [actor], activation)
        self._critic = Tower(memory, [critic], activation)
        pair = Tower(memory, [actor, critic], activation) if _alike(policy) else None
        self._towers = [pair] if pair is not None else [self._actor, self._critic]
        self._action = (memory.values(ACTION[0])[0], memory.values(ACTION[1])[0][:, None])
        self._action_slots = (memory.gradients(ACTION[0])[0], memory.gradients(ACTION[1])[0])
        self._value = (memory.values(VALUE[0])[0, 0], memory.values(VALUE[1])[0])
        self._value_slots = (memory.gradients(VALUE[0])[0, 0], memory.gradients(VALUE[1])[0])
        self._batches: dict[int, Batch] = {}

    def forward(self, inputs: Floats) -> tuple[Floats, Floats, Floats]:
        """Both networks, ready for `backward`.

        Returns:
            The actor's outputs (n, B), its last hidden outputs (B, width), which the next pass
            of as many inputs overwrites, and values (B,).
        """
        batch = self._batch(len(inputs))
        for tower, hidden in zip(self._towers, batch.hidden, strict=True):
            tower.forward(inputs, hidden)
        actor, critic = batch.latents
        latent = inputs if actor is None else actor
        values = self._valued(inputs if critic is None else critic)
        return self._acted(latent), latent, values

    def act(self, inputs: Floats) -> tuple[Floats, Floats]:
        """The actor's outputs (n, B) and its last hidden outputs (B, width)."""
        latent = self._actor.through(inputs)
        return self._acted(latent), latent

    def value(self, inputs: Floats) -> Floats:
        """Values (B,)."""
        return self._valued(self._critic.through(inputs))

    def backward(self, inputs: Floats, d_out: Floats, d_values: Floats) -> None:
        """Write the gradients of all weights and biases to memory, after `forward`.

        Args:
            inputs: Those of the latest forward pass of this size.
            d_out: Gradient of the actor's outputs, (n, B).
            d_values: Gradient of the values, (B,).
        """
        batch = self._batch(len(inputs))
        actor, critic = (inputs if latent is None else latent for latent in batch.latents)
        np.dot(d_out, actor, out=self._action_slots[0])
        np.dot(d_out, batch.ones[0], out=self._action_slots[1])
        np.dot(d_values, critic, out=self._value_slots[0])
        np.add.reduce(d_values, keepdims=True, out=self._value_slots[1])
        below_action, below_value = batch.ends
        if below_action is not None:
            np.dot(d_out.T, self._action[0], out=below_action)
        if below_value is not None:
            np.multiply(d_values[:, None], self._value[0], out=below_value)
        for tower, hidden, deltas, scratch in zip(
            self._towers, batch.hidden, batch.deltas, batch.scratch, strict=True
        ):
            tower.backward(inputs, hidden, deltas, scratch, batch.ones)

    def _batch(self, size: int) -> Batch:
        batch = self._batches.get(size)
        if batch is None:
            batch = self._batches[size] = Batch(self._towers, size)
        return batch

    def _acted(self, latent: Floats) -> Floats:
        weight, bias = self._action
        out: Floats = np.dot(weight, latent.T)
        out += bias
        return out

    def _valued(self, latent: Floats) -> Floats:
        weight, bias = self._value
        values: Floats = latent.dot(weight)
        values += bias
        return values

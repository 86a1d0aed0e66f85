"""Actor and critic: forward and backward passes of a policy's fully connected networks.

Hidden layers of equal widths are stacked, so that one call serves the actor and the critic.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from stable_baselines3.common.policies import ActorCriticPolicy
from torch import nn

from harness.learners.flat_memory import FlatMemory, Floats
from harness.learners.layer_math import FAST_ACTIVATIONS, Activation, affine, prefers_transposed
from harness.learners.mlp import Layer, linear_layers, parameter_names

ACTION = ("action_net.weight", "action_net.bias")
VALUE = ("value_net.weight", "value_net.bias")


def parameter_order(policy: ActorCriticPolicy) -> list[str]:
    """Names of all parameters, such that layers to be stacked lie side by side."""
    actor, critic = _hidden_layers(policy)
    names: list[str] = []
    if _has_equal_widths(policy):
        for one, other in zip(actor, critic, strict=True):
            names += [one[0], other[0], one[1], other[1]]
    else:
        names += parameter_names([*actor, *critic])
    names += [*ACTION, *VALUE]
    return names + (["log_std"] if hasattr(policy, "log_std") else [])


def _hidden_layers(policy: ActorCriticPolicy) -> tuple[list[Layer], list[Layer]]:
    extractor = policy.mlp_extractor
    return (
        linear_layers("mlp_extractor.policy_net", extractor.policy_net),
        linear_layers("mlp_extractor.value_net", extractor.value_net),
    )


def _has_equal_widths(policy: ActorCriticPolicy) -> bool:
    extractor = policy.mlp_extractor
    actor, critic = (
        [part.out_features for part in net if isinstance(part, nn.Linear)]
        for net in (extractor.policy_net, extractor.value_net)
    )
    return actor == critic


class Tower:
    """The hidden layers of K networks of equal widths that read the same inputs.

    Shapes: inputs (B, d), outputs of a layer (K, B, width).
    """

    def __init__(
        self, memory: FlatMemory, networks: Sequence[Sequence[Layer]], activation: Activation
    ) -> None:
        self._activation = activation
        self._weights, self._biases, self._gradients = [], [], []
        for layers in zip(*networks, strict=True):
            weights, biases = zip(*layers, strict=True)
            self._weights.append(memory.values(*weights))
            self._biases.append(memory.values(*biases)[:, None])
            self._gradients.append((memory.gradients(*weights), memory.gradients(*biases)[:, None]))
        # `dot` is twice as quick as `matmul` where the second operand is transposed.
        self._transposed = [[net.T for net in weight] for weight in self._weights]
        self.widths = [weight.shape[1] for weight in self._weights]
        self.networks = len(networks)

    def forward(self, inputs: Floats, outputs: Sequence[Floats]) -> None:
        """Fill `outputs`, one array per layer."""
        last: Sequence[Floats] | Floats = [inputs] * self.networks
        for index, output in enumerate(outputs):
            biases = self._biases[index]
            if prefers_transposed(inputs, self._weights[index][0]):
                layers = zip(last, self._weights[index], biases[:, 0], output, strict=True)
                for below, weight, bias, out in layers:
                    affine(below, weight, bias, out)
            else:
                for below, weight, out in zip(last, self._transposed[index], output, strict=True):
                    np.dot(below, weight, out=out)
                # One call for all networks.
                np.add(output, biases, out=output)
            self._activation.apply(output)
            last = output

    def forward_first(self, inputs: Floats) -> Floats:
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
        for index in range(len(outputs) - 1, -1, -1):
            delta = deltas[index]
            self._activation.backward(outputs[index], delta, scratch[index])
            weights, biases = self._gradients[index]
            below = outputs[index - 1] if index else inputs
            np.matmul(delta.transpose(0, 2, 1), below, out=weights)
            np.matmul(ones, delta, out=biases)
            if index:
                np.matmul(delta, self._weights[index], out=deltas[index - 1])


class TowerArrays:
    """The arrays of a pass with one batch size through towers."""

    def __init__(self, towers: Sequence[Tower], size: int) -> None:
        def arrays() -> list[list[Floats]]:
            return [
                [np.empty((tower.networks, size, width), np.float32) for width in tower.widths]
                for tower in towers
            ]

        self.hidden, self.deltas, self.scratch = arrays(), arrays(), arrays()
        self.ones = np.ones((1, size), np.float32)
        self.latents = self._last_layers(self.hidden)
        self.latent_deltas = self._last_layers(self.deltas)

    @staticmethod
    def _last_layers(arrays: Sequence[Sequence[Floats]]) -> tuple[Floats | None, Floats | None]:
        """The last layers of the actor and of the critic; None where there is no hidden layer."""
        if len(arrays) == 1 and arrays[0]:
            return arrays[0][-1][0], arrays[0][-1][1]
        actor, critic = arrays if len(arrays) == 2 else ([], [])
        return (actor[-1][0] if actor else None, critic[-1][0] if critic else None)


class ActorCriticNetwork:
    """A policy's networks on its flat memory.

    Shapes: inputs (B, d), outputs of the actor (n, B), values (B,).
    """

    def __init__(self, policy: ActorCriticPolicy, memory: FlatMemory) -> None:
        actor, critic = _hidden_layers(policy)
        activation = FAST_ACTIVATIONS[policy.activation_fn]
        self._actor = Tower(memory, [actor], activation)
        self._critic = Tower(memory, [critic], activation)
        pair = Tower(memory, [actor, critic], activation) if _has_equal_widths(policy) else None
        self._towers = [pair] if pair is not None else [self._actor, self._critic]
        self._action = (memory.values(ACTION[0])[0], memory.values(ACTION[1])[0][:, None])
        self._action_gradients = (memory.gradients(ACTION[0])[0], memory.gradients(ACTION[1])[0])
        self._value = (memory.values(VALUE[0])[0, 0], memory.values(VALUE[1])[0])
        self._value_gradients = (memory.gradients(VALUE[0])[0, 0], memory.gradients(VALUE[1])[0])
        self._arrays_by_size: dict[int, TowerArrays] = {}

    def forward(self, inputs: Floats) -> tuple[Floats, Floats, Floats]:
        """Both networks, ready for `backward`.

        Returns:
            The actor's outputs (n, B), its last hidden outputs (B, width), which the next pass
            of as many inputs overwrites, and values (B,).
        """
        arrays = self._arrays(len(inputs))
        for tower, outputs in zip(self._towers, arrays.hidden, strict=True):
            tower.forward(inputs, outputs)
        actor, critic = arrays.latents
        latent = inputs if actor is None else actor
        values = self._values(inputs if critic is None else critic)
        return self._action_outputs(latent), latent, values

    def act(self, inputs: Floats) -> tuple[Floats, Floats]:
        """The actor's outputs (n, B) and its last hidden outputs (B, width)."""
        latent = self._actor.forward_first(inputs)
        return self._action_outputs(latent), latent

    def value(self, inputs: Floats) -> Floats:
        """Values (B,)."""
        return self._values(self._critic.forward_first(inputs))

    def backward(self, inputs: Floats, d_out: Floats, d_values: Floats) -> None:
        """Write the gradients of all weights and biases to memory, after `forward`.

        Args:
            inputs: Those of the latest forward pass of this size.
            d_out: Gradient of the actor's outputs, (n, B).
            d_values: Gradient of the values, (B,).
        """
        arrays = self._arrays(len(inputs))
        actor, critic = (inputs if latent is None else latent for latent in arrays.latents)
        np.dot(d_out, actor, out=self._action_gradients[0])
        np.dot(d_out, arrays.ones[0], out=self._action_gradients[1])
        np.dot(d_values, critic, out=self._value_gradients[0])
        np.add.reduce(d_values, keepdims=True, out=self._value_gradients[1])
        below_action, below_value = arrays.latent_deltas
        if below_action is not None:
            np.dot(d_out.T, self._action[0], out=below_action)
        if below_value is not None:
            np.multiply(d_values[:, None], self._value[0], out=below_value)
        for tower, outputs, deltas, scratch in zip(
            self._towers, arrays.hidden, arrays.deltas, arrays.scratch, strict=True
        ):
            tower.backward(inputs, outputs, deltas, scratch, arrays.ones)

    def _arrays(self, size: int) -> TowerArrays:
        arrays = self._arrays_by_size.get(size)
        if arrays is None:
            arrays = self._arrays_by_size[size] = TowerArrays(self._towers, size)
        return arrays

    def _action_outputs(self, latent: Floats) -> Floats:
        weight, bias = self._action
        out: Floats = np.dot(weight, latent.T)
        out += bias
        return out

    def _values(self, latent: Floats) -> Floats:
        weight, bias = self._value
        values: Floats = latent.dot(weight)
        values += bias
        return values

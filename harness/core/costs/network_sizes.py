"""How large a learner's networks are, from its arguments alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from harness.core.arguments import NETWORKS
from harness.core.costs.cost_coefficients import LearnerDefaults
from harness.core.scenario import ObservationKind

INPUTS: Final = 16
"""Numbers in an observation; a scenario does not say, and hidden layers matter more."""

IMAGE_FEATURES: Final = 512
"""Numbers that stable-baselines3's network for images makes of one."""

_CONVOLUTIONS: Final = (
    (8 * 8 * 4 * 32, 20 * 20),
    (4 * 4 * 32 * 64, 9 * 9),
    (3 * 3 * 64 * 64, 7 * 7),
)
"""Weights of that network's convolutions (Mnih et al. 2015) on 84 x 84 x 4, and places of each."""

_LAST: Final = 7 * 7 * 64 * IMAGE_FEATURES

IMAGE_WEIGHTS: Final = sum(weights for weights, _ in _CONVOLUTIONS) + _LAST
IMAGE_PRODUCTS: Final = sum(weights * places for weights, places in _CONVOLUTIONS) + _LAST


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSize:
    """Of a learner's actor and critic together.

    Attributes:
        weights: Of all layers.
        products: Products of a weight and a number for one sample; a convolution has one of every
            weight at each of its places.
        image_products: Those among them of what looks at images.
        quantiles: Of a return; 0 where only its mean is learned.
        lstms: Networks that are recurrent.
    """

    weights: int
    products: int
    image_products: int
    quantiles: int
    lstms: int


def network_size(
    arguments: Mapping[str, object], defaults: LearnerDefaults, observation: ObservationKind
) -> NetworkSize:
    """Size of the networks that a learner builds.

    Args:
        arguments: Constructor arguments as JSON.
        defaults: What the learner has where they say nothing.
        observation: Kind of the scenario's observations; images are looked at by one network that
            actor and critic share, and without `net_arch` there is no hidden layer above it.
    """
    policy = arguments.get("policy_kwargs")
    policy = policy if isinstance(policy, Mapping) else {}
    is_image = observation == "image"
    quantiles = _quantiles(policy, defaults)
    inputs = IMAGE_FEATURES if is_image else INPUTS
    gates, lstms = 0, []
    if defaults.lstm:
        lstms = _lstms(policy, defaults)
        # Each of the four gates sees what comes in and what the layer said before.
        gates = sum(
            4 * (below + width) * width
            for widths in lstms
            for below, width in pairwise((inputs, *widths))
        )
        inputs = lstms[0][-1]
    layers = sum(
        below * above
        for widths in _hidden_layers(policy, defaults, is_image=is_image)
        for below, above in pairwise((inputs, *widths, quantiles or 1))
    )
    return NetworkSize(
        weights=layers + gates + is_image * IMAGE_WEIGHTS,
        products=layers + gates + is_image * IMAGE_PRODUCTS,
        image_products=is_image * IMAGE_PRODUCTS,
        quantiles=quantiles,
        lstms=len(lstms),
    )


def _lstms(policy: Mapping[str, Any], defaults: LearnerDefaults) -> list[list[int]]:
    """Layers of the actor's LSTM and of the critic's, if it has one."""
    width = read_count(policy, "lstm_hidden_size", defaults.lstm)
    layers = [width] * read_count(policy, "n_lstm_layers", 1)
    return [layers, layers] if policy.get("enable_critic_lstm", True) else [layers]


def _quantiles(policy: Mapping[str, Any], defaults: LearnerDefaults) -> int:
    return read_count(policy, "n_quantiles", defaults.quantiles) if defaults.quantiles else 0


def _hidden_layers(
    policy: Mapping[str, Any], defaults: LearnerDefaults, *, is_image: bool
) -> list[list[int]]:
    """Hidden layers of the actor and of the critic."""
    net_arch = policy.get("net_arch")
    if isinstance(net_arch, Mapping):
        networks = [_widths(widths) for widths in net_arch.values()]
        return networks * (2 if len(networks) == 1 else 1) or [[], []]
    if net_arch is None and is_image:
        return [[], []]
    if net_arch is None:
        return [list(defaults.widths), list(defaults.critic or defaults.widths)]
    widths = _widths(net_arch)
    return [widths, widths]


def _widths(layers: object) -> list[int]:
    if isinstance(layers, str):
        layers = NETWORKS.get(layers, ())
    return (
        [each for each in layers if isinstance(each, int)] if isinstance(layers, Sequence) else []
    )


def read_count(arguments: Mapping[str, object], name: str, default: int | None) -> int:
    """A number of an argument, at least 1; the default for anything that is none."""
    value = arguments.get(name, default)
    return value if isinstance(value, int) and value > 0 else (default or 1)

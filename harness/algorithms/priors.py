"""Values of hyperparameters that were good elsewhere, from `priors.json`.

`tests/benchmarks/search/priors.py` writes that file from two sources, in equal parts where both
know a parameter. *Published landscapes* (ARLBench, Becktepe et al. 2024, BSD-3-Clause): the best
of 256 configurations in each environment, of parameters that explain a good part of the variance
there. *Tuned configurations of others* (rl-baselines3-zoo, Raffin 2020, MIT): what its authors
train each environment with. They are values alone, a dozen quantiles of each, not which
environment they come from.

Landscapes of PPO also speak for its maskable and its recurrent form, which optimise the same
objective; DQN's for QR-DQN; SAC's for TQC, TD3 and DDPG, which train the same networks by the same
optimiser from a replay buffer. CrossQ (batch normalisation), A2C (another optimiser), TRPO (no
gradient steps of the policy) and ARS (no gradients) have the second source alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from harness.core.spaces.axis import Scalar


def priors_of(algorithm: str) -> Mapping[str, tuple[Scalar, ...]]:
    """Parameter -> values that were good elsewhere, each as often as it shall be drawn."""
    return {name: tuple(values) for name, values in _priors().get(algorithm, {}).items()}


@cache
def _priors() -> dict[str, dict[str, list[Scalar]]]:
    text = files(__package__).joinpath("priors.json").read_text(encoding="utf-8")
    priors: dict[str, dict[str, list[Scalar]]] = json.loads(text)["priors"]
    return priors

"""Writes `harness/algorithms/priors.json`: what other environments say of good values.

export RL_LANDSCAPES=FOLDER RL_ZOO=FOLDER
python tests/benchmarks/search/priors.py
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import learned
from published_values import REGISTRY

import harness.algorithms
from harness.core.algorithm import Algorithm
from harness.tuning.prior_draws import is_inside

SOURCES: Final = {
    "ARLBench": "Becktepe et al. 2024, https://github.com/automl/arlbench, BSD-3-Clause: the best "
    "15 % of 256 configurations in each environment",
    "rl-baselines3-zoo": "Raffin 2020, https://github.com/DLR-RM/rl-baselines3-zoo, MIT: "
    "hyperparameters that its authors train each environment with",
}


def main() -> None:
    """Write the file, a line for each parameter."""
    algorithms = harness.algorithms.ALGORITHMS
    lines = ",\n".join(
        f"  {json.dumps(each.name)}: {{\n{_lines(each)}\n  }}" for each in algorithms
    )
    sources = json.dumps(SOURCES, indent=1)
    path = Path(harness.algorithms.__file__).with_name("priors.json")
    path.write_text(f'{{\n"sources": {sources},\n"priors": {{\n{lines}\n}}\n}}\n', encoding="utf-8")


def _lines(algorithm: Algorithm) -> str:
    return ",\n".join(
        f"    {json.dumps(name)}: {json.dumps(values)}" for name, values in _values(algorithm)
    )


def _values(algorithm: Algorithm) -> Iterator[tuple[str, list[Any]]]:
    """Values in our own ranges, of the parameters where they are not all one."""
    values = learned.priors(algorithm.name)
    full = algorithm.space.with_defaults(REGISTRY.learner(algorithm).parameters)
    for parameter in full.parameters:
        known = values.get(parameter.name, ())
        inside = [value for value in known if is_inside(parameter.domain, value)]
        if len(set(inside)) > 1:
            yield parameter.name, inside


if __name__ == "__main__":
    main()

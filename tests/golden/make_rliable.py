"""Figures of rliable for made-up arrays, written to ``rliable.json`` beside this file.

rliable 1.2.0 needs pandas 2, so it has an environment of its own: ``tox -e rliable``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from rliable import library, metrics

RESAMPLES = {"aggregates": 5_000, "profiles": 2_000, "improvement": 1_000}
THRESHOLDS = [round(0.1 * k, 1) for k in range(13)]


def arrays() -> dict[str, np.ndarray]:
    """Made-up scores (n_seeds, n_scenarios); the shapes leave a rest when cut into quarters."""
    generator = np.random.default_rng(2024)
    levels = generator.uniform(0.2, 1.1, 7)
    normal = levels + generator.normal(0, 0.15, (10, 7))
    skewed = levels * generator.lognormal(-0.3, 0.5, (10, 7))
    high, low = generator.normal(0.95, 0.05, (5, 7)), generator.normal(0.1, 0.05, (5, 7))
    bimodal = np.where(generator.random((5, 7)) < levels / 1.2, high, low)
    found = {"normal": normal, "skewed": skewed, "bimodal": bimodal}
    return {name: scores.round(4) for name, scores in found.items()}


def figures(scores: dict[str, np.ndarray]) -> dict[str, Any]:
    def all_four(x: np.ndarray) -> np.ndarray:
        return np.array(
            [
                metrics.aggregate_iqm(x),
                metrics.aggregate_mean(x),
                metrics.aggregate_median(x),
                metrics.aggregate_optimality_gap(x),
            ]
        )

    points, bounds = library.get_interval_estimates(scores, all_four, reps=RESAMPLES["aggregates"])
    shares, bands = library.create_performance_profile(
        scores, np.array(THRESHOLDS), reps=RESAMPLES["profiles"]
    )
    pairs = {
        f"{first},{second}": (scores[first], scores[second])
        for first in scores
        for second in scores
        if first < second
    }
    chances, limits = library.get_interval_estimates(
        pairs, metrics.probability_of_improvement, reps=RESAMPLES["improvement"]
    )
    return {
        "aggregates": {
            name: {"value": points[name].tolist(), "bounds": bounds[name].tolist()}
            for name in scores
        },
        "profiles": {
            name: {"value": shares[name].tolist(), "bounds": bands[name].tolist()}
            for name in scores
        },
        "improvement": {
            name: {"value": float(chances[name]), "bounds": np.ravel(limits[name]).tolist()}
            for name in pairs
        },
    }


if __name__ == "__main__":
    np.random.seed(0)  # noqa: NPY002 - rliable draws from the global generator
    given = arrays()
    document = {
        "rliable": "1.2.0",
        "resamples": RESAMPLES,
        "thresholds": THRESHOLDS,
        "scores": {name: scores.tolist() for name, scores in given.items()},
        **figures(given),
    }
    text = json.dumps(document, indent=1) + "\n"
    Path(__file__).with_name("rliable.json").write_text(text, encoding="utf-8")

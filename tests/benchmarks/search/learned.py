"""What other environments say of an algorithm's parameters: which matter, and where they are good.

Learned from all landscapes of the algorithm but those of the environment that is replayed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any, Final

import numpy as np
from landscapes import names, read
from scipy.stats import rankdata
from sklearn.ensemble import ExtraTreesRegressor

from harness.core.evaluation import late_count
from harness.core.space import Space

GOOD: Final = 0.15
"""Share of the configurations that count as good."""


def others(name: str) -> list[str]:
    """The same algorithm's landscapes of other environments."""
    word = name.rpartition("_")[2]
    return [each for each in names() if each.endswith(f"_{word}") and each != name]


def true_scores(name: str) -> np.ndarray:
    """Mean late return of each configuration; where it diverged, the worst return there is."""
    _, curves, _ = read(name)
    late = curves[..., -late_count(curves.shape[-1]) :]
    return np.where(np.isnan(late), np.nanmin(curves), late).mean(axis=(1, 2))


@cache
def shares_of(name: str) -> dict[str, float]:
    """Parameter -> its share of the variance between the ranks of the configurations."""
    rows, _, _ = read(name)
    points = rows.astype(float).rank(pct=True).fillna(0.5)
    forest = ExtraTreesRegressor(60, min_samples_leaf=3, random_state=0, max_features=0.5)
    forest.fit(points, rankdata(true_scores(name)) / len(rows))
    return dict(zip(rows.columns, forest.feature_importances_.tolist(), strict=True))


@cache
def ranking(name: str) -> tuple[str, ...]:
    """Parameters by their mean share of the variance elsewhere, largest first."""
    shares: dict[str, float] = {}
    for each in map(shares_of, others(name)):
        for parameter, share in each.items():
            shares[parameter] = shares.get(parameter, 0.0) + share
    return tuple(sorted(shares, key=lambda each: -shares[each]))


@cache
def good_values(name: str) -> dict[str, np.ndarray]:
    """Values of the good configurations elsewhere, by parameter, sorted."""
    values: dict[str, list[Any]] = {}
    for other in others(name):
        rows, _, _ = read(other)
        scores = true_scores(other)
        enough = np.median(scores) + 0.2 * (scores.max() - np.median(scores))
        best = rows[scores >= max(np.quantile(scores, 1 - GOOD), enough)]
        for parameter in rows.columns:
            values.setdefault(parameter, []).extend(best[parameter].dropna().astype(float))
    return {parameter: np.sort(np.array(each)) for parameter, each in values.items()}


def few_parameters(space: Space, name: str, count: int) -> Space:
    """The space of the parameters that matter most, without those that another one switches on."""
    order = [each for each in ranking(name) if each in space][:count]
    return replace(
        space,
        parameters=tuple(
            each
            for each in space.parameters
            if each.name in order and (each.when is None or each.when.parameter in order)
        ),
    )


region: dict[str, Any] = {}
order: tuple[str, ...] = ()
"""What samplers know of the landscape that is being replayed."""


@contextmanager
def good_region(name: str) -> Iterator[None]:
    """Samplers draw from what is good elsewhere."""
    global region, order
    region, order = good_values(name), ranking(name)
    yield
    region, order = {}, ()

"""What other environments say of an algorithm's parameters: which matter, and where they are good.

Learned from all landscapes of the algorithm but those of the environment that is replayed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Final

import numpy as np
from landscapes import names, read
from published_values import elsewhere
from scipy.stats import rankdata
from sklearn.ensemble import ExtraTreesRegressor

from harness.core.evaluation import late_count
from harness.core.space import Space

GOOD: Final = 0.15
"""Share of the configurations that count as good."""

TELLING: Final = 0.04
"""Share of the variance from which on a parameter's good values say more than its range."""

LANDSCAPES: Final = "landscapes"
PUBLISHED: Final = "published"
BOTH: Final = "both"

RELATIVES: Final = {
    "ppo_mask": "ppo",
    "ppo_recurrent": "ppo",
    "qrdqn": "dqn",
    "tqc": "sac",
    "td3": "sac",
    "ddpg": "sac",
}
"""Algorithm -> the one whose landscapes speak for it too, see `harness/algorithms/priors.py`."""


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
def good_values(word: str, environment: str = "") -> dict[str, list[Any]]:
    """Values of the good configurations of an algorithm in all other environments, by parameter.

    Of those parameters alone that explain a part of the variance there: of the others they would
    only say which range was searched.
    """
    values: dict[str, list[Any]] = {}
    shares: dict[str, list[float]] = {}
    for other in others(f"{environment}_{word}"):
        rows, _, _ = read(other)
        scores = true_scores(other)
        enough = np.median(scores) + 0.2 * (scores.max() - np.median(scores))
        best = rows[scores >= max(np.quantile(scores, 1 - GOOD), enough)]
        for parameter in rows.columns:
            values.setdefault(parameter, []).extend(best[parameter].dropna().tolist())
            shares.setdefault(parameter, []).append(shares_of(other)[parameter])
    return {name: each for name, each in values.items() if np.mean(shares[name]) >= TELLING}


def sketch(values: Sequence[Any], size: int = 12) -> tuple[Any, ...]:
    """So many of the values, evenly spaced in their order; options as often as their share."""
    ordered = sorted(values, key=lambda each: (str(type(each)), each))
    places = (np.arange(size) + 0.5) / size * len(ordered)
    return tuple(_plain(ordered[int(place)]) for place in places) if ordered else ()


def _plain(value: Any) -> Any:
    """A number as JSON has it, with four digits."""
    value = value.item() if isinstance(value, np.generic) else value
    return float(f"{value:.4g}") if type(value) is float else value


@cache
def priors(word: str, environment: str = "", sources: str = BOTH) -> dict[str, tuple[Any, ...]]:
    """Parameter -> values that were good elsewhere, of both sources in equal parts.

    Args:
        word: The algorithm.
        environment: Left out of both sources; empty for none.
        sources: `LANDSCAPES`, `PUBLISHED` or `BOTH`.
    """
    known: list[dict[str, list[Any]]] = []
    if sources in {LANDSCAPES, BOTH}:
        known.append(good_values(RELATIVES.get(word, word), environment))
    if sources in {PUBLISHED, BOTH}:
        family, _, rest = environment.partition("_")
        known.append(elsewhere(word, environment if family == "atari" else rest))
    names = dict.fromkeys(name for each in known for name in each)
    return {name: tuple(v for each in known for v in sketch(each.get(name, ()))) for name in names}


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

"""Grid search as a pure function of the trial number."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial

from harness.core.space import Space
from harness.core.spaces.axis import Scalar
from harness.tuning.optuna_trials import distributions

LIMIT = 100_000
"""Largest grid; a larger one is a sign of too many parameters, not of patience."""


class GridSampler(BaseSampler):
    """Trial k gets point k - 1 of the shuffled grid; after the last one it starts over.

    Optuna's own grid sampler picks a point at random among those that no trial has finished, so
    the trials in flight would decide the order. It also repeats points that differ only in
    parameters which are not active.
    """

    def __init__(self, *, seed: int, space: Space, points: int) -> None:
        """Enumerate the grid.

        Raises:
            ValueError: `points` is below 1, or the grid has more than `LIMIT` points.
        """
        if points < 1:
            raise ValueError(f"`points` = {points} is below 1")
        size = space.grid_size(points)
        if size > LIMIT:
            raise ValueError(
                f"the grid has {size:,} points, more than {LIMIT:,}; "
                "search fewer parameters or fewer `points`"
            )
        self._space = space
        self._points = points
        self._axes = distributions(space)
        self._order = np.random.default_rng(seed).permutation(
            sum(1 for _ in grid_points(space, points))
        )

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return dict(self._axes)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, object]:
        index = int(self._order[(trial.number - 1) % len(self._order)])
        return next(islice(grid_points(self._space, self._points), index, None))

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> object:
        raise ValueError(f"`{param_name}` is no axis of the grid")


def grid_points(space: Space, points: int) -> Iterator[dict[str, Scalar]]:
    """Coordinates of every distinct configuration of the grid, active parameters only."""

    def extend(
        position: int, coordinates: dict[str, Scalar], values: dict[str, Scalar]
    ) -> Iterator[dict[str, Scalar]]:
        if position == len(space.parameters):
            yield coordinates
            return
        parameter = space.parameters[position]
        if not space.is_active(parameter, values):
            yield from extend(position + 1, coordinates, values)
            return
        axis = parameter.axis.name
        for coordinate in parameter.domain.grid(points):
            value = parameter.domain.from_axis(coordinate)
            yield from extend(
                position + 1, {**coordinates, axis: coordinate}, {**values, parameter.name: value}
            )

    return extend(0, {}, {})

"""Adding seeds in groups and looking in between, without more false positives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from harness.stats.bootstrap import Array
from harness.stats.intervals import as_scores

Decision = Literal["improved", "worse", "undecided", "no clear difference"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SequentialTest:
    """What is decided after some interim looks; tuples have one entry per comparison.

    Attributes:
        decisions: ``undecided`` asks for the next group of seeds; after the last look it becomes
            ``no clear difference``.
        decided_at: The look, from 1, at which a difference was found; None without one.
        looks, planned: Looks taken and planned.
        statistics: Standardised difference of the sums at the latest look that counted.
        boundary: What a statistic had to exceed at the latest look; NaN if nothing was open.
        boundaries: What each comparison's had to exceed at the latest look that counted.
    """

    decisions: tuple[Decision, ...]
    decided_at: tuple[int | None, ...]
    looks: int
    planned: int
    statistics: tuple[float, ...]
    boundary: float
    boundaries: tuple[float, ...]

    @property
    def open(self) -> tuple[int, ...]:
        """Indices of the comparisons that need more seeds."""
        return tuple(k for k, word in enumerate(self.decisions) if word == "undecided")


def adastop(
    tuned: npt.ArrayLike,
    default: npt.ArrayLike,
    groups: Sequence[int],
    *,
    alpha: float = 0.05,
    resamples: int = 10_000,
    seed: int = 0,
) -> SequentialTest:
    """Group-sequential permutation test of many tuned-against-default comparisons.

    The probability of any false positive, over all comparisons and all looks, is at most `alpha`:
    labels are permuted within each group of seeds, the largest statistic is compared with a
    boundary that has spent ``alpha * k / K`` by look k of K, and rejected hypotheses leave
    (step-down). Statistics are divided by the spread within groups, so that cells of any returns
    can be tested jointly.

    The whole test is replayed from the first look every time: the same scores and the same seed
    give the same decisions, however often it was called in between.

    Args:
        tuned, default: Shape (n_seeds, n_comparisons), seeds in the order of the groups.
            NaN = failed, or not run because the comparison was already decided.
        groups: Seeds per look, all planned looks, e.g. (5, 5, 5, 5).
        alpha: Family-wise level, two-sided.
        resamples: Permutations, the observed labels among them.
        seed: Seed of the random permutations.

    Raises:
        ValueError: The number of seeds is not that of a look, or the shapes differ.

    Source: Mathieu et al. (2024), AdaStop: adaptive statistical testing for sound comparisons of
    deep RL agents; boundaries are computed anew for the comparisons that remain, as
    in the step-down max-T test of Romano and Wolf (2005).
    """
    first, second, looks = _validate(tuned, default, groups)
    paths = _paths(first, second, groups[:looks], resamples, seed)
    count = first.shape[1]
    decision_looks: list[int | None] = [None] * count
    statistics, boundary = np.zeros(count), float("nan")
    boundaries = np.full(count, np.nan)
    candidates = list(range(count))
    for look in range(looks):
        statistics[candidates] = paths[look][0, candidates]
        while candidates:
            size = np.abs(paths[: look + 1, :, candidates]).max(axis=2)
            boundary = _boundary(size, [alpha * (k + 1) / len(groups) for k in range(look + 1)])
            boundaries[candidates] = boundary
            if size[look, 0] <= boundary:
                break
            largest = candidates[int(np.abs(paths[look, 0, candidates]).argmax())]
            decision_looks[largest] = look + 1
            candidates.remove(largest)
    return SequentialTest(
        decisions=tuple(
            _decision(at, float(statistics[k]), last=looks == len(groups))
            for k, at in enumerate(decision_looks)
        ),
        decided_at=tuple(decision_looks),
        looks=looks,
        planned=len(groups),
        statistics=tuple(statistics.tolist()),
        boundary=boundary if candidates or looks else float("nan"),
        boundaries=tuple(boundaries.tolist()),
    )


def _decision(at: int | None, statistic: float, *, last: bool) -> Decision:
    if at is None:
        return "no clear difference" if last else "undecided"
    return "improved" if statistic > 0 else "worse"


def _validate(
    tuned: npt.ArrayLike, default: npt.ArrayLike, groups: Sequence[int]
) -> tuple[Array, Array, int]:
    first, second = as_scores(tuned), as_scores(default)
    if first.ndim != 2 or first.shape != second.shape:
        raise ValueError(
            f"both sides need one shape (n_seeds, n_comparisons), not {first.shape}, {second.shape}"
        )
    ends = np.cumsum(groups).tolist()
    if len(first) not in ends:
        raise ValueError(f"{len(first)} seeds are no look; the groups end at {ends}")
    return first, second, ends.index(len(first)) + 1


def _paths(tuned: Array, default: Array, groups: Sequence[int], resamples: int, seed: int) -> Array:
    """Signed statistics, shape (n_looks, resamples, n_comparisons); resample 0 is observed."""
    count, start = tuned.shape[1], 0
    total, squares = np.zeros((resamples, count)), np.zeros(count)
    paths = np.zeros((len(groups), resamples, count))
    for look, size in enumerate(groups):
        rows = slice(start, start + size)
        start += size
        _add_group(tuned[rows], default[rows], total, squares, (seed, look))
        spread = np.sqrt(squares)
        positive = spread > 1e-12
        # Splits that mirror each other must tie whatever the order of summation.
        paths[look][:, positive] = np.round(total[:, positive] / spread[positive], 10)
    return paths


def _add_group(
    tuned: Array, default: Array, total: Array, squares: Array, key: tuple[int, int]
) -> None:
    """Add one group's permuted sums to `total` and its spread to `squares`."""
    shapes: dict[tuple[int, int], list[int]] = {}
    for k in range(tuned.shape[1]):
        sizes = tuple(int((~np.isnan(side[:, k])).sum()) for side in (tuned, default))
        if min(sizes) > 0:
            shapes.setdefault((sizes[0], sizes[1]), []).append(k)
    for (n, m), columns in shapes.items():
        # Scores stay in the order of their seeds: all comparisons share the splits, and an order
        # that depends on the scores would make their largest statistics alike, and too small.
        union = np.concatenate(
            [_missing_last(side[:, columns])[:k] for side, k in ((tuned, n), (default, m))]
        )
        centre = union.mean(axis=0)
        deviations = union - centre
        # Rounding leaves a little spread in groups of one repeated score.
        deviations[:, np.abs(deviations).max(axis=0) <= 1e-12 * np.abs(centre)] = 0.0
        generator = np.random.default_rng([*key, n, m])
        order = generator.random((len(total), n + m)).argsort(axis=1)
        order[0] = np.arange(n + m)
        total[:, columns] += (order < n).astype(np.float64) @ deviations
        squares[columns] += (deviations**2).sum(axis=0)


def _missing_last(scores: Array) -> Array:
    """Columns with what is missing at their ends, otherwise in their order."""
    return np.take_along_axis(scores, np.isnan(scores).argsort(axis=0, kind="stable"), axis=0)


def _boundary(largest: Array, levels: Sequence[float]) -> float:
    """Boundary of the last look.

    Args:
        largest: Largest statistic of each resample, shape (n_looks, resamples).
        levels: Level that may be spent up to and including each look.
    """
    alive, rejections, boundary = np.ones(largest.shape[1], dtype=bool), 0, float("inf")
    for at_look, level in zip(largest, levels, strict=True):
        descending = np.sort(at_look[alive])[::-1]
        allowance = int(level * len(alive) + 1e-9) - rejections
        boundary = float(descending[allowance]) if allowance < len(descending) else -1.0
        beyond = alive & (at_look > boundary)
        rejections += int(beyond.sum())
        alive &= ~beyond
    return boundary

"""Published learning curves as cells: what a training would have scored, without training.

A landscape has 256 configurations of an algorithm on an environment, each trained with ten seeds
and evaluated ten times (ARLBench, Becktepe et al. 2024, BSD-3-Clause). Its ranges are ARLBench's
and differ from ours, so a landscape's cell searches ARLBench's own space under the names of our
arguments. A configuration between the rows is answered by the nearest one or by a surrogate.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesRegressor

from harness.core.costs.effort import effort
from harness.core.decisions.plan import retrain
from harness.core.evaluation import late_count
from harness.core.matrix import Cell
from harness.core.scenario import Scenario
from harness.core.search_settings import Search
from harness.core.seeds import STRIDE
from harness.core.settings import FAST, Confirm, Test
from harness.core.space import Space
from harness.core.spaces.domain import Choice, Domain, Float, PowerOfTwo
from harness.core.spaces.parameter import Parameter, When
from harness.registry import Registry

FOLDER: Final = "RL_LANDSCAPES"
"""Environment variable: the folder with `landscapes.npz` and `configs_<algorithm>.csv.gz`."""

NAMES: Final = {
    "buffer_batch_size": "batch_size",
    "minibatch_size": "batch_size",
    "clip_eps": "clip_range",
    "vf_clip_eps": "clip_range_vf",
    "initial_epsilon": "exploration_initial_eps",
    "target_epsilon": "exploration_final_eps",
}
"""ARLBench's names -> ours, where they differ."""

WITHOUT_COUNTERPART: Final = {
    "buffer_prio_sampling": False,
    "buffer_alpha": 0.6,
    "buffer_beta": 0.4,
    "buffer_epsilon": 1e-6,
    "use_target_network": True,
    "reward_scale": 1.0,
    "clip_range_vf": 0.5,
}
"""What stable-baselines3 has not, or not by default -> the value that comes closest to its default.

The last one clips hardly anything.
"""

SWITCHES: Final = {
    "buffer_alpha": "buffer_prio_sampling",
    "buffer_beta": "buffer_prio_sampling",
    "buffer_epsilon": "buffer_prio_sampling",
    "tau": "use_target_network",
    "target_update_interval": "use_target_network",
}
"""Parameter -> the one that switches it on."""

CHOSEN_ON: Final = (
    "atari_battle_zone_dqn",
    "box2d_bipedal_walker_sac",
    "box2d_lunar_lander_dqn",
    "brax_hopper_sac",
    "cc_cartpole_ppo",
    "cc_mountain_car_dqn",
    "cc_pendulum_sac",
)
"""Cells that defaults are chosen on; the others only report. Every other cell of each algorithm."""

FAMILIES: Final = {"brax": "mujoco", "box2d": "box2d", "cc": "classic_control"}
"""Where a landscape's name begins with it -> the family whose steps cost as much."""

ROWS: Final = "rows"
FOREST: Final = "forest"


@lru_cache(maxsize=1)
def folder() -> Path:
    return Path(os.environ[FOLDER])


def names() -> list[str]:
    """The landscapes in the folder, in alphabetical order."""
    with np.load(folder() / "landscapes.npz") as arrays:
        return sorted(name for name in arrays.files if not name.endswith("__steps"))


@cache
def read(name: str) -> tuple[pd.DataFrame, np.ndarray, int]:
    """Configurations by our names, returns (configuration, seed, evaluation), steps."""
    with np.load(folder() / "landscapes.npz") as arrays:
        curves, steps = arrays[name].astype(float), arrays[f"{name}__steps"]
    with gzip.open(folder() / f"configs_{name.rpartition('_')[2]}.csv.gz") as file:
        every = pd.read_csv(file)
    rows = every[every["cell"] == name].sort_values("config").drop(columns=["cell", "config"])
    rows = rows.dropna(axis="columns", how="all").rename(columns=NAMES).reset_index(drop=True)
    return rows, curves, int(steps[-1])


def domain_of(name: str, column: pd.Series[Any]) -> Domain:
    """The range of a column, searched as evenly as its values lie: by ratios or by differences."""
    values = column.dropna()
    if values.dtype.kind in "bO":
        return Choice(options=(False, True))
    if name == "batch_size":
        return PowerOfTwo(low=int(values.min()), high=int(values.max()))
    low, high = float(values.min()), float(values.max())
    shares = (values - low) / (high - low)
    ratios = np.log(values / low) / np.log(high / low) if low > 0 else shares
    log = low > 0 and abs(ratios.mean() - 0.5) < abs(shares.mean() - 0.5)
    # Whole numbers too: a thousand steps to and fro change nothing, and Optuna takes its time.
    return Float(low=low, high=high, log=bool(log))


def space_of(rows: pd.DataFrame, constructor: Mapping[str, Any]) -> Space:
    """ARLBench's space with the library's defaults, each moved into its range."""
    parameters = []
    for name in sorted(rows.columns, key=lambda name: name in SWITCHES):
        domain = domain_of(name, rows[name])
        default = {**constructor, **WITHOUT_COUNTERPART}[name]
        if not isinstance(domain, Choice):
            default = type(domain.low)(min(max(default, domain.low), domain.high))
        when = When(parameter=SWITCHES[name], values=(True,)) if name in SWITCHES else None
        parameters.append(Parameter(name=name, domain=domain, default=default, when=when))
    return Space(parameters=tuple(parameters))


def cell_of(name: str, registry: Registry, search: Search, confirm: Confirm, seed: int) -> Cell:
    """A landscape as a cell of a matrix."""
    rows, curves, steps = read(name)
    environment, _, word = name.rpartition("_")
    algorithm = registry.algorithm(word)
    kind = next(each for each in ("Discrete", "Box") if each in algorithm.actions)
    return Cell(
        scenario=Scenario(
            name=environment,
            env=environment,
            family=FAMILIES.get(environment.partition("_")[0], "other"),
            action="Box" if word == "sac" else kind,
        ),
        algorithm=algorithm,
        space=space_of(rows, registry.learner(algorithm).parameters),
        search=replace(search, steps=steps, evals=curves.shape[2], episodes=1),
        confirm=confirm,
        test=Test(steps=steps),
        seed=seed,
        backend=FAST,
    )


@dataclass(frozen=True)
class Answer:
    """What a configuration gives.

    Attributes:
        curves: Returns by seed and evaluation; NaN from where a seed diverged.
        quality: Of the true mean of its late returns: 0 the median row, 1 the best.
    """

    curves: np.ndarray
    quality: float


class Landscape:
    """One landscape that answers any configuration of its space."""

    def __init__(self, name: str, cell: Cell, mode: str) -> None:
        self.cell = cell
        self.mode = mode
        rows, curves, _ = read(name)
        lowest = np.nanmin(curves)
        self._rows = np.array([self._point(row) for row in rows.to_dict("records")])
        self._curves = curves
        means = np.where(np.isnan(curves), lowest, curves).mean(axis=1)
        self._means = means
        self._forest = Forest(self._rows, means) if mode == FOREST else None
        if self._forest is not None:
            # The forest's own scale: what it says of the rows.
            means = np.array([self._forest(point) for point in self._rows])
        late = late_mean(means)
        self._median, self._best = np.median(late), late.max()
        self._answers: dict[bytes, Answer] = {}

    def answer(self, values: Mapping[str, Any]) -> Answer:
        """What a configuration gives, by values; the default's may be left out."""
        point = self._point(self.cell.space.default_values() | dict(values))
        nearest = int(((self._rows - point) ** 2).sum(axis=1).argmin())
        key = point.tobytes() if self._forest is not None else nearest.to_bytes(2)
        if key not in self._answers:
            curves, mean = self._curves[nearest], self._means[nearest]
            if self._forest is not None:
                other = self._forest(point)
                # The nearest row's seeds, around another mean.
                curves, mean = curves + (other - mean), other
            self._answers[key] = Answer(curves, self.quality(late_mean(mean)))
        return self._answers[key]

    def quality(self, score: float) -> float:
        """0 for the median row, 1 for the best."""
        return float((score - self._median) / (self._best - self._median))

    def _point(self, values: Mapping[str, Any]) -> np.ndarray:
        """Positions in 0 .. 1; half-way where a parameter is off, as its switch tells apart."""
        point = []
        for parameter in self.cell.space.parameters:
            value = values.get(parameter.name)
            switch = parameter.when
            if value is None or (switch is not None and not values.get(switch.parameter)):
                point.append(0.5)
            elif isinstance(parameter.domain, Choice):
                point.append(float(bool(value)))
            else:
                point.append(parameter.domain.position(value))
        return np.array(point)


def late_mean(curves: np.ndarray) -> np.ndarray:
    """Mean of the late evaluations, on the last axis."""
    return curves[..., -late_count(curves.shape[-1]) :].mean(axis=-1)


def seed_index(seed: int, seeds: int) -> int:
    """Which of a landscape's seeds a training seed stands for: evenly, and again after a few."""
    return seed // STRIDE % seeds


class Forest:
    """Extremely randomised trees of the mean curve, walked one configuration at a time."""

    def __init__(self, points: np.ndarray, curves: np.ndarray, trees: int = 60) -> None:
        forest = ExtraTreesRegressor(trees, min_samples_leaf=2, random_state=0)
        forest.fit(points, curves)
        parts = [each.tree_ for each in forest.estimators_]
        offsets = np.cumsum([0, *(part.node_count for part in parts)])
        self._roots = offsets[:-1]
        join = np.concatenate
        self._left = join([p.children_left + o for p, o in zip(parts, offsets, strict=False)])
        self._right = join([p.children_right + o for p, o in zip(parts, offsets, strict=False)])
        self._feature = join([part.feature for part in parts])
        self._threshold = join([part.threshold for part in parts])
        self._value = join([part.value[:, :, 0] for part in parts])

    def __call__(self, point: np.ndarray) -> np.ndarray:
        nodes = self._roots
        point = point.astype(np.float32)
        while True:
            feature = self._feature[nodes]
            inner = feature >= 0
            if not inner.any():
                return self._value[nodes].mean(axis=0)
            left = point[feature] <= self._threshold[nodes]
            below = np.where(left, self._left[nodes], self._right[nodes])
            nodes = np.where(inner, below, nodes)


def price(cell: Cell, arguments: Mapping[str, Any]) -> float:
    """Effort of a run in multiples of the default's, as it lies in ARLBench's ranges."""
    default = cell.space.default_values()
    return effort(retrain(cell, {**default, **arguments}, 0, 1)) / effort(
        retrain(cell, default, 0, 1)
    )

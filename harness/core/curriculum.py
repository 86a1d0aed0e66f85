"""Curriculum: easier levels of a scenario that a training goes through before the scenario itself.

Only training knows levels. Evaluation is always on the scenario itself, so that every variant and
every matrix is measured by the same thing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """An easier version of a scenario.

    Attributes:
        name: Word for reports, unique in its scenario.
        arguments: Keyword arguments of the environment's constructor, over the scenario's own.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelStart:
    """When a training began a level.

    Attributes:
        level: Its name; that of the scenario for the last one.
        step: Environment steps that were trained before.
        mean: The mean return that ended the level before; None where a share of the budget did.
    """

    level: str
    step: int
    mean: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Curriculum:
    """Levels, the easiest first, and when each is left. The scenario itself follows the last.

    Attributes:
        levels: At least one.
        shares: Share of the training's steps at which each level is left at the latest, rising;
            empty for no such limit.
        thresholds: Mean return at which each level is left; empty for none.
        episodes: Training episodes of a level over which that mean is taken; 0 for none.
        evaluations: Evaluations since a level began over which it is taken instead; 0 for none.
    """

    levels: tuple[Level, ...]
    shares: tuple[float, ...] = ()
    thresholds: tuple[float, ...] = ()
    episodes: int = 0
    evaluations: int = 0

    def describe(self, scenario: str) -> str:
        """E.g. ``easy (to 20 %) -> hard``, with the name of the scenario last."""
        levels = [f"{level.name} ({self._end(i)})" for i, level in enumerate(self.levels)]
        return " -> ".join([*levels, scenario])

    def _end(self, index: int) -> str:
        """When a level is left, in words."""
        conditions = []
        if self.thresholds:
            count, what = (
                (self.episodes, "episode") if self.episodes else (self.evaluations, "evaluation")
            )
            window = f"one {what}" if count == 1 else f"{count} {what}s"
            conditions.append(f"to a mean of {self.thresholds[index]:g} over {window}")
        if self.shares:
            limit = "at most " if conditions else ""
            conditions.append(f"to {limit}{self.shares[index]:.1%} of the steps")
        return ", ".join(conditions)


class CurriculumProgress:
    """One training on its way through a curriculum.

    It depends on nothing but the returns it is given and their order, so that a repeated training
    changes levels at the same steps.

    Attributes:
        level_index: Index of the present level; the number of levels once the scenario itself is
            trained.
        starts: When each level so far began.
    """

    def __init__(self, curriculum: Curriculum, scenario: str, steps: int) -> None:
        """Begin at the first level.

        Args:
            scenario: Name of the scenario that follows them.
            steps: Environment steps of the whole training.
        """
        self._curriculum = curriculum
        self._names = (*(level.name for level in curriculum.levels), scenario)
        self._steps = steps
        self._returns: deque[float] = deque(maxlen=curriculum.episodes or curriculum.evaluations)
        self.level_index = 0
        self.starts = [LevelStart(level=self._names[0], step=0)]

    @property
    def is_finished(self) -> bool:
        """Whether the scenario itself is trained."""
        return self.level_index == len(self._curriculum.levels)

    def add_episode(self, episode_return: float) -> None:
        """Note the return of a training episode on the present level."""
        if self._curriculum.episodes:
            self._returns.append(episode_return)

    def add_evaluation(self, mean: float) -> None:
        """Note the mean return of an evaluation."""
        if self._curriculum.evaluations:
            self._returns.append(mean)

    def advance(self, step: int) -> bool:
        """Whether another level begins now, after `step` environment steps.

        A level may be passed over where its share of the budget ends within one step of all
        environments. A threshold leads to the next level only.
        """
        if self.is_finished:
            return False
        index = sum(step >= share * self._steps for share in self._curriculum.shares)
        mean = None
        if index <= self.level_index:
            mean = self._mean_above_threshold()
            if mean is None:
                return False
            index = self.level_index + 1
        self.level_index = index
        self._returns.clear()
        self.starts.append(LevelStart(level=self._names[index], step=step, mean=mean))
        return True

    def _mean_above_threshold(self) -> float | None:
        """The mean return that ends the present level; None while it does not end."""
        thresholds = self._curriculum.thresholds
        if not thresholds or len(self._returns) < (self._returns.maxlen or 1):
            return None
        mean = sum(self._returns) / len(self._returns)
        return mean if mean >= thresholds[self.level_index] else None

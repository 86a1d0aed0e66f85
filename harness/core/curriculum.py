"""Curriculum: easier levels of a scenario that a training goes through before the scenario itself.

Only training knows levels. Evaluation is always on the scenario itself, so that every variant and
every matrix is measured by the same thing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Ascent", "Curriculum", "Level", "LevelStart"]


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
        step: Environment steps trained before.
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
        parts = [f"{level.name} ({self._left(place)})" for place, level in enumerate(self.levels)]
        return " -> ".join([*parts, scenario])

    def _left(self, place: int) -> str:
        said = []
        if self.thresholds:
            count, what = (
                (self.episodes, "episode") if self.episodes else (self.evaluations, "evaluation")
            )
            over = f"one {what}" if count == 1 else f"{count} {what}s"
            said.append(f"to a mean of {self.thresholds[place]:g} over {over}")
        if self.shares:
            said.append(f"to {'at most ' if said else ''}{self.shares[place]:.1%} of the steps")
        return ", ".join(said)


class Ascent:
    """One training on its way through a curriculum: a function of what it is told, in order.

    Attributes:
        place: Of the present level; the number of levels once the scenario itself is reached.
        starts: When each level reached began.
    """

    def __init__(self, curriculum: Curriculum, scenario: str, steps: int) -> None:
        """On the first level.

        Args:
            curriculum: The levels.
            scenario: Name of what follows them.
            steps: Environment steps of the whole training.
        """
        self._curriculum = curriculum
        self._names = (*(level.name for level in curriculum.levels), scenario)
        self._steps = steps
        self._means: deque[float] = deque(maxlen=curriculum.episodes or curriculum.evaluations)
        self.place = 0
        self.starts = [LevelStart(level=self._names[0], step=0)]

    @property
    def finished(self) -> bool:
        """Whether the scenario itself is trained."""
        return self.place == len(self._curriculum.levels)

    def episode(self, earned: float) -> None:
        """A training episode on the present level ended with that return."""
        if self._curriculum.episodes:
            self._means.append(earned)

    def evaluation(self, mean: float) -> None:
        """An evaluation had that mean return."""
        if self._curriculum.evaluations:
            self._means.append(mean)

    def advance(self, step: int) -> bool:
        """Whether another level begins now, after `step` environment steps.

        A level may be passed over where its share of the budget ends within one step of all
        environments. A threshold leads to the next level only.
        """
        if self.finished:
            return False
        due = sum(step >= share * self._steps for share in self._curriculum.shares)
        mean = None
        if due <= self.place:
            mean = self._reached()
            if mean is None:
                return False
            due = self.place + 1
        self.place = due
        self._means.clear()
        self.starts.append(LevelStart(level=self._names[due], step=step, mean=mean))
        return True

    def _reached(self) -> float | None:
        """The mean that ends the present level, if it does."""
        thresholds = self._curriculum.thresholds
        if not thresholds or len(self._means) < (self._means.maxlen or 1):
            return None
        mean = sum(self._means) / len(self._means)
        return mean if mean >= thresholds[self.place] else None

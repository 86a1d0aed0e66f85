"""A scenario in a matrix, and what may be said of it."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from harness.config.schema.model import ABSENT, Short
from harness.config.schema.values import Arguments, Count, Envs, Share, Threshold
from harness.core.scenario import ActionKind, ObservationKind

__all__ = [
    "CurriculumEntry",
    "LevelEntry",
    "Normalization",
    "ScenarioEntry",
    "ScoreEntry",
    "WrapperEntry",
]


class Normalization(Short):
    """Running normalisation in training; `true` means both."""

    short = ("boolean",)
    observation: bool = False
    reward: bool = False

    @classmethod
    def expand(cls, value: Any) -> Any:
        return {"observation": value, "reward": value} if isinstance(value, bool) else value


class LevelEntry(Short):
    """An easier version of a scenario; a name alone stands for one of the scenario's own."""

    name: str = Field("", description="For reports; its arguments by default.")
    arguments: Arguments = Field(
        ABSENT, min_length=1, description="For the environment's constructor."
    )

    @model_validator(mode="after")
    def _something(self) -> LevelEntry:
        if not self.name and self.arguments is None:
            raise PydanticCustomError("level", "needs `arguments`, or the name of a level")
        return self


class CurriculumEntry(Short):
    """Levels to train on before the scenario itself; `true` takes its own, for equal shares."""

    short = ("boolean",)
    use: bool = Field(True, description="Whether to have one.")
    levels: list[LevelEntry] = Field(ABSENT, min_length=1, description="The easiest first.")
    at: list[Share] = Field(
        ABSENT, description="Share of the steps at which each is left at the latest."
    )
    threshold: Threshold = Field(
        ABSENT, description="Mean return at which a level is left, or one for each."
    )
    episodes: Count = Field(ABSENT, description="Training episodes that mean is taken over.")
    evaluations: Count = Field(ABSENT, description="Evaluations it is taken over instead.")

    @classmethod
    def expand(cls, value: Any) -> Any:
        return {"use": value} if isinstance(value, bool) else value


class WrapperEntry(Short):
    """A `gymnasium.Wrapper` by dotted path, with keyword arguments."""

    path: str = Field(pattern=r"^[^\W\d]\w*(\.[^\W\d]\w*)*[.:][^\W\d]\w*$")
    arguments: Arguments = Field(default_factory=dict)

    @classmethod
    def expand(cls, value: Any) -> Any:
        return {"path": value} if isinstance(value, str) else value


class ScoreEntry(Short):
    """A mean return and where it comes from; a number alone has no source."""

    short = ("number",)
    value: float
    source: str = ""

    @classmethod
    def expand(cls, value: Any) -> Any:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return {"value": value} if number else value


class ScenarioEntry(Short):
    """A scenario and its settings."""

    name: str = Field(min_length=1)
    env: str = Field(ABSENT, description="Gymnasium id, if the name is another.")
    n_envs: Envs = ABSENT
    normalize: Normalization = ABSENT
    wrappers: list[WrapperEntry] = ABSENT
    training_wrappers: list[WrapperEntry] = Field(ABSENT, description="Over those, in training.")
    max_episode_steps: Count | None = None
    curriculum: CurriculumEntry = ABSENT
    arguments: Arguments = Field(ABSENT, description="For the environment's constructor.")
    imports: list[str] = Field(ABSENT, description="Modules that register the environment.")
    action: ActionKind = Field(
        ABSENT, description="Kind of the action space, where a wrapper changes it."
    )
    observation: ObservationKind = Field(
        ABSENT, description="Kind of the observations, where a wrapper changes it."
    )
    random: ScoreEntry = Field(ABSENT, description="Mean return of a random policy.")
    reference: ScoreEntry = Field(ABSENT, description="A strong published return.")

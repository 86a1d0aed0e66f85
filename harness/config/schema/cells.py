"""What can be set for a cell, and for which cells."""

from __future__ import annotations

from typing import Any

from pydantic import Field
from pydantic_core import PydanticCustomError

from harness.config.schema.algorithms import Range
from harness.config.schema.model import ABSENT, Model, Short
from harness.config.schema.rungs import ConfirmEntry, SearchEntry, TestEntry, TransferEntry
from harness.config.schema.scenarios import CurriculumEntry, Normalization, WrapperEntry
from harness.config.schema.values import Arguments, Backend, Count, Envs, Memory, Positive, Share

__all__ = ["Match", "Override", "ResourcesEntry", "Settings"]


class ResourcesEntry(Model):
    """What one training run occupies while it runs."""

    cpus: Positive = Field(ABSENT, description="Worker slots here, CPU cores on a cluster.")
    gpus: Share = Field(ABSENT, description="Share of a GPU; above 0, training is on the GPU.")


class Settings(Model):
    """Everything about a cell that can be set; an override is one of these for some cells."""

    n_envs: Envs = Field(ABSENT, description="Parallel training environments.")
    normalize: Normalization = ABSENT
    max_episode_steps: Count | None = Field(ABSENT, description="Time limit in steps.")
    wrappers: list[WrapperEntry] = ABSENT
    training_wrappers: list[WrapperEntry] = Field(ABSENT, description="Over those, in training.")
    curriculum: CurriculumEntry = ABSENT
    env_arguments: Arguments = Field(ABSENT, description="For the environment's constructor.")
    arguments: Arguments = Field(ABSENT, description="For the learner's constructor.")
    space: dict[str, Range] = ABSENT
    search: SearchEntry = ABSENT
    confirm: ConfirmEntry = ABSENT
    test: TestEntry = ABSENT
    transfer: TransferEntry = ABSENT
    threads: Count = Field(ABSENT, description="Torch threads of one run.")
    backend: Backend = Field(ABSENT, description="What trains: auto, sb3 or fast.")
    timeout: Positive | None = Field(ABSENT, description="Seconds after which a run is ended.")
    memory: Memory | None = Field(ABSENT, description="Resident memory above which it is ended.")
    resources: ResourcesEntry = ABSENT
    baseline: float | None = Field(ABSENT, description="A return you already have.")


class Match(Short):
    """Which cells: ``algorithm@scenario``, both with ``*`` and ``?``."""

    algorithm: str = "*"
    scenario: str = "*"

    @classmethod
    def expand(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        algorithm, at, scenario = value.partition("@")
        if not (algorithm and at and scenario):
            raise PydanticCustomError("match", "must be written `algorithm@scenario`")
        return {"algorithm": algorithm, "scenario": scenario}


class Override(Settings):
    """Settings for the cells that match."""

    match: Match

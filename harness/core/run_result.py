"""What a training run left behind.

NaN never enters: a value that does not exist is None, and a failed run has a `Failure` instead of a
score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from harness.core.curriculum import LevelStart
from harness.core.identity import canonical
from harness.core.printable_text import mask_passwords, truncate_middle, visible
from harness.core.settings import SB3

_LIMITS: Final = {"message": 2_000, "traceback": 20_000}
"""Characters that a failure keeps of what was said."""

_LONGEST_SECRET: Final = 20_000
"""Characters of a private key, and more than it has."""


class Status(StrEnum):
    """How a run ended."""

    COMPLETE = "complete"
    PRUNED = "pruned"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One evaluation of a policy.

    Attributes:
        step: Environment steps trained so far.
        returns: Undiscounted raw return of each episode.
        lengths: Steps of each episode.
        parts: What the mean return is made of, where several agents play: mean return of each
            learner, or of the episodes against one opponent or in one seat.
    """

    step: int
    returns: tuple[float, ...]
    lengths: tuple[int, ...]
    parts: Mapping[str, float] = field(default_factory=dict)

    @property
    def mean(self) -> float:
        return sum(self.returns) / len(self.returns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a run has no score.

    Attributes:
        kind: ``diverged``, ``environment``, ``exception``, ``timeout``, ``memory`` or ``died``.
        message: One line.
        step: Environment step, where known.
        traceback: Text of the traceback; empty for timeouts and deaths.
    """

    kind: str
    message: str
    step: int | None = None
    traceback: str = ""

    def __post_init__(self) -> None:
        # Whoever makes or reads one: what an environment says of itself may hold its passwords, and
        # megabytes, through which nobody looks for passwords.
        for name, limit in _LIMITS.items():
            text = truncate_middle(getattr(self, name), limit + 2 * _LONGEST_SECRET)
            object.__setattr__(self, name, truncate_middle(visible(mask_passwords(text)), limit))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a run took and where it ran; differs from run to run, so never part of a score.

    Attributes:
        wall, cpu: Seconds in all.
        learn, evaluate: Wall seconds of learning (environment steps included) and of evaluation.
        learn_cpu, evaluate_cpu: CPU seconds of the same.
        steps_per_second: Environment steps per second of learning.
        inference: Seconds of the policy for one action, the median of an evaluation and the least
            of these; 0 where not measured.
        peak_memory: Bytes of resident memory at the peak.
        started: UTC, ISO 8601.
        host, cpu_model: Where.
        attempts: How often the run was started.
    """

    wall: float = 0.0
    cpu: float = 0.0
    learn: float = 0.0
    evaluate: float = 0.0
    learn_cpu: float = 0.0
    evaluate_cpu: float = 0.0
    steps_per_second: float = 0.0
    inference: float = 0.0
    peak_memory: int = 0
    started: str = ""
    host: str = ""
    cpu_model: str = ""
    attempts: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What a run left behind.

    Attributes:
        run_id: Of the run.
        status: How it ended.
        score: Mean of the late evaluations; None when failed. A pruned run's is what it had.
        steps: Environment steps really trained; where several agents learn, one for every slot.
        game_steps: Of those, steps of the game; None where one agent learns alone.
        agent_steps: Of those, choices that an agent made: where agents leave or take turns, some
            slots have none. None where one agent learns alone.
        evaluations: In order.
        failure: Only when failed.
        pruner_attrs: What the pruner wrote to the trial while it was replayed.
        backend: What trained it, ``sb3`` or ``fast``.
        levels: When each level of its curriculum began; empty without one.
        parameters: Weights of the networks that choose an action; None where not counted.
        measures: What functions of the user's measured, by their names.
        cost: Time, memory, place.
    """

    run_id: str
    status: Status
    score: float | None
    steps: int
    game_steps: int | None = None
    agent_steps: int | None = None
    evaluations: tuple[Evaluation, ...] = ()
    failure: Failure | None = None
    pruner_attrs: Mapping[str, Any] = field(default_factory=dict)
    backend: str = SB3
    levels: tuple[LevelStart, ...] = ()
    parameters: int | None = None
    measures: Mapping[str, float] = field(default_factory=dict)
    cost: Cost = Cost()

    def to_json(self) -> dict[str, Any]:
        return {name: canonical(getattr(self, name)) for name in self.__slots__}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RunResult:
        """The inverse of `to_json`."""
        failure = data["failure"]
        return cls(
            run_id=data["run_id"],
            status=Status(data["status"]),
            score=data["score"],
            steps=data["steps"],
            game_steps=data.get("game_steps"),
            agent_steps=data.get("agent_steps"),
            evaluations=tuple(
                Evaluation(
                    step=item["step"],
                    returns=tuple(item["returns"]),
                    lengths=tuple(item["lengths"]),
                    parts=item.get("parts", {}),
                )
                for item in data["evaluations"]
            ),
            failure=None if failure is None else Failure(**failure),
            pruner_attrs=data["pruner_attrs"],
            # Results older than these have none.
            backend=data.get("backend", SB3),
            levels=tuple(LevelStart(**item) for item in data.get("levels", ())),
            parameters=data.get("parameters"),
            measures=data.get("measures", {}),
            cost=Cost(**data["cost"]),
        )

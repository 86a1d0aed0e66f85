"""What stands for `harness.campaign`, and what a command left behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


@dataclass
class FakeCampaign:
    """Stands for `harness.campaign`: answers are attributes, calls are kept."""

    answers: dict[str, Any] = field(default_factory=dict)
    calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = field(default_factory=list)

    def function(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls.append((name, args, kwargs))
            answer = self.answers[name]
            if isinstance(answer, Exception) or answer is KeyboardInterrupt:
                raise answer
            return answer(*args, **kwargs) if callable(answer) else answer

        return call

    def called(self, name: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
        (found,) = [(args, kwargs) for called, args, kwargs in self.calls if called == name]
        return found


@dataclass(frozen=True)
class RungPlan:
    runs: int
    steps: int
    most_runs: int = 0
    most_steps: int = 0
    typical: int | None = None
    seconds: float = 0.0
    cheapest: Any = None

    @property
    def usual_runs(self) -> int:
        return self.most_runs if self.typical is None else self.typical

    def __post_init__(self):
        # Fixed numbers of seeds unless a test says otherwise.
        object.__setattr__(self, "most_runs", self.most_runs or self.runs)
        object.__setattr__(self, "most_steps", self.most_steps or self.steps)


@dataclass(frozen=True)
class CellPlan:
    name: str
    rungs: dict[str, RungPlan]
    runs: int
    steps: int
    most_runs: int = 0
    most_steps: int = 0
    curriculum: str = ""
    seconds: float = 0.0
    done: int = 0

    @property
    def algorithm(self) -> str:
        return self.name.partition("@")[0]

    __post_init__ = RungPlan.__post_init__


@dataclass(kw_only=True)
class RunOptions:
    workers: int | None
    runs: Path
    reports: Path
    storage: str | None
    accept_changes: bool
    retry_failed: bool
    save_models: bool
    executor: str
    executor_options: dict[str, Any]
    reuse: str | None
    report_every: float | None
    budget: float | None = None


@dataclass
class Services:
    registry: object

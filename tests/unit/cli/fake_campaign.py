"""What stands for `harness.campaign`, and what a command left behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.campaign.plans.plan_summary import CellPlan, RungPlan
from harness.campaign.plans.training_seconds import TrainingSeconds


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


def rung_plan(
    runs: int, steps: int, most_runs: int = 0, most_steps: int = 0, **facts: Any
) -> RungPlan:
    """A rung with fixed numbers of seeds unless a test says otherwise."""
    most_runs, most_steps = most_runs or runs, most_steps or steps
    return RungPlan(runs=runs, most_runs=most_runs, steps=steps, most_steps=most_steps, **facts)


def cell_plan(
    name: str, rungs: dict[str, RungPlan], seconds: float = 0.0, done: int = 0
) -> CellPlan:
    """A cell whose search takes so many seconds, and nothing else any."""
    training = TrainingSeconds(learning=seconds, evaluation=0.0, start=0.0)
    search = replace(rungs["search"], training=training, least=1.0, usual=1.0, most=1.0)
    return CellPlan(name=name, rungs=rungs | {"search": search}, done=done)


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

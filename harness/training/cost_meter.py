"""What a training costs: wall clock, CPU time, memory, and where it ran."""

from __future__ import annotations

import math
import platform
import resource
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

from harness.core.run_result import Cost

_MEMORY_UNIT: Final = 1 if sys.platform == "darwin" else 1024
"""Bytes in which the system counts: macOS in bytes, others in KiB."""


class Stopwatch:
    """Wall and CPU seconds (of all threads) spent in its blocks."""

    def __init__(self) -> None:
        self.wall = 0.0
        self.cpu = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            self.wall += time.perf_counter() - wall
            self.cpu += time.process_time() - cpu


class Meter:
    """Measures one run from its construction on."""

    def __init__(self) -> None:
        self._started = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        self._training = Stopwatch()
        self._evaluation = Stopwatch()

    def training(self) -> AbstractContextManager[None]:
        """A block of learning, the evaluations inside it included."""
        return self._training.running()

    def evaluating(self) -> AbstractContextManager[None]:
        """A block of evaluation, inside a block of training."""
        return self._evaluation.running()

    def cost(self, steps: int) -> Cost:
        """The cost so far, of a run that has trained for `steps` environment steps."""
        learn = self._training.wall - self._evaluation.wall
        return Cost(
            wall=time.perf_counter() - self._wall,
            cpu=time.process_time() - self._cpu,
            learn=learn,
            evaluate=self._evaluation.wall,
            learn_cpu=self._training.cpu - self._evaluation.cpu,
            evaluate_cpu=self._evaluation.cpu,
            steps_per_second=steps / learn if learn > 0 else 0.0,
            # The peak is the process's, over all its runs.
            peak_memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MEMORY_UNIT,
            started=self._started,
            host=platform.node(),
            cpu_model=processor(),
        )


@cache
def processor() -> str:
    """Model name of the processor."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def total_cost(costs: Sequence[Cost]) -> Cost:
    """What several trainings of one run took together."""
    return replace(
        costs[0],
        wall=math.fsum(cost.wall for cost in costs),
        cpu=math.fsum(cost.cpu for cost in costs),
        learn=math.fsum(cost.learn for cost in costs),
        evaluate=math.fsum(cost.evaluate for cost in costs),
        learn_cpu=math.fsum(cost.learn_cpu for cost in costs),
        evaluate_cpu=math.fsum(cost.evaluate_cpu for cost in costs),
        steps_per_second=math.fsum(cost.steps_per_second for cost in costs) / len(costs),
        peak_memory=max(cost.peak_memory for cost in costs),
        inference=math.fsum(cost.inference for cost in costs) / len(costs),
    )


def sum_of_counts(counts: Iterable[int | None]) -> int | None:
    """The sum of those that were counted; None if none was."""
    numbers = [each for each in counts if each is not None]
    return sum(numbers) if numbers else None

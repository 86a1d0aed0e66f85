"""Orders for trying executors out, and functions that do with them what runs may do.

The functions are importable, so that they reach any worker; none but `train` needs torch.
"""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

from harness.algorithms.a2c import ALGORITHM as A2C
from harness.core.decisions import plan
from harness.core.matrix import Cell
from harness.core.run import Run
from harness.core.run_result import RunResult, Status
from harness.core.scenario import Scenario
from harness.core.settings import Test
from harness.core.space import Space
from harness.execution import Order, execute_run


def order(
    seed: int = 0,
    *,
    timeout: float | None = None,
    log: Path | None = None,
    save_to: Path | None = None,
) -> Order:
    """An A2C training of 64 steps; `seed` tells one order from another."""
    cell = Cell(
        scenario=Scenario(name="trial", env="CartPole-v1", action="Discrete"),
        algorithm=replace(A2C, space=Space()),
        space=Space(),
        test=Test(seeds=1, steps=64, evals=2, episodes=2),
        timeout=timeout,
    )
    run: Run = plan.retrain(cell, {}, seed)
    return Order(run=run, log=log, save_to=save_to)


def train(order: Order) -> RunResult:
    """Train the run and print that it was done."""
    result = execute_run(order)
    print(f"trained with seed {order.run.seed}", flush=True)  # noqa: T201 - for the log
    return result


def answer(order: Order) -> RunResult:
    """Return at once; the score is the seed."""
    score = float(order.run.seed)
    return RunResult(run_id=order.run.id, status=Status.COMPLETE, score=score, steps=0)


def occupy(order: Order) -> RunResult:
    """Keep a worker busy for two seconds; the log says when, and which GPUs it saw."""
    begin = time.time()
    time.sleep(2.0)
    gpus = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    if order.log is not None:
        order.log.write_text(json.dumps({"begin": begin, "end": time.time(), "gpus": gpus}))
    return answer(order)


def fail(order: Order) -> RunResult:
    """Raise an exception of which no executor can know."""
    raise ArithmeticError(f"seed {order.run.seed} fails on purpose")


def die(order: Order) -> RunResult:
    os.kill(os.getpid(), signal.SIGKILL)
    return answer(order)


def sleep(order: Order) -> RunResult:
    """Do nothing for an hour."""
    time.sleep(3600)
    return answer(order)

"""Simulated trainings: cells of `core` whose results follow a formula with seeded noise."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np

from harness.core.algorithm import Algorithm
from harness.core.evaluation import evaluation_steps, late_mean
from harness.core.matrix import Cell, NamedConfiguration
from harness.core.run import PlannedRun
from harness.core.run_result import Cost, Evaluation, Failure, RunResult, Status
from harness.core.scenario import Scenario, Score
from harness.core.search_settings import Search
from harness.core.settings import Adaptive, Confirm, Test, Transfer
from harness.core.space import Space
from harness.core.spaces.domain import Choice, Float, Int, PowerOfTwo
from harness.core.spaces.parameter import Parameter, When
from harness.core.spaces.value_rules import Context

_START: Final = datetime(2026, 11, 20, 21, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is true of one cell, in returns.

    Attributes:
        scenario, algorithm: Names.
        default, tuned: True means of the two variants on held-out seeds.
        searched: True mean of the best configuration in search and confirm; None for `tuned`.
        sd: Spread over training seeds.
        seeds: Held-out seeds per variant, or the rule that adds them.
        trials: Trials of the search.
        failed_tuned: How many of the tuned test runs failed.
        failed_trials: Whether every trial but the default's failed.
        pending: How many runs at the end of the plan have no result yet.
        transfer: Fresh seeds on which other scenarios' winners are trained.
        published: True mean of a named variant `published`; None for none.
        baseline: A number the user already has.
        threshold, random, reference: Of the scenario.
        title: Name of the algorithm in reports.
        message: Message of the failures.
    """

    scenario: str
    algorithm: str
    default: float
    tuned: float
    searched: float | None = None
    sd: float = 20.0
    seeds: int | Adaptive = 10
    trials: int = 24
    failed_tuned: int = 0
    failed_trials: bool = False
    pending: int = 0
    transfer: int = 0
    published: float | None = None
    baseline: float | None = None
    threshold: float | None = None
    random: float | None = 20.0
    reference: float | None = 500.0
    title: str = ""
    message: str = "NaN in the policy's parameters"


def truth_cell(truth: Truth, seed: int) -> Cell:
    """A cell of which `truth` is true."""
    names = ("default", "tuned") + (("published",) if truth.published is not None else ())
    published = NamedConfiguration(
        name="published", arguments={"gamma": 0.98}, source="a published table"
    )
    return Cell(
        scenario=Scenario(
            name=truth.scenario,
            env=truth.scenario,
            family="classic_control",
            action="Discrete",
            threshold=truth.threshold,
            random=_score(truth.random, "measured, 100 episodes"),
            reference=_score(truth.reference, "a published benchmark"),
        ),
        algorithm=Algorithm(
            name=truth.algorithm,
            title=truth.title or truth.algorithm,
            learner=f"stable_baselines3.{truth.algorithm}.{truth.algorithm}:"
            f"{truth.algorithm.upper()}",
            policies={"vector": "MlpPolicy"},
            actions=frozenset({"Discrete", "Box"}),
            on_policy=True,
            space=Space(),
        ),
        space=_space(),
        search=Search(trials=truth.trials, steps=50_000, evals=8, episodes=5),
        confirm=Confirm(top=3, seeds=4),
        test=Test(seeds=truth.seeds, steps=50_000, evals=20, episodes=10, variants=names),
        transfer=Transfer(seeds=truth.transfer),
        variants=(published,) if truth.published is not None else (),
        baseline=truth.baseline,
        seed=seed,
    )


def _score(value: float | None, source: str) -> Score | None:
    return None if value is None else Score(value=value, source=source)


def _space() -> Space:
    return Space(
        parameters=(
            Parameter(
                name="learning_rate", domain=Float(low=1e-5, high=1e-2, log=True), default=3e-4
            ),
            Parameter(
                name="gamma",
                domain=Float(low=0.9, high=0.9999, log=True, complement=True),
                default=0.99,
            ),
            Parameter(name="n_steps", domain=PowerOfTwo(low=32, high=4096), default=2048),
            Parameter(
                name="net_arch",
                domain=Choice(options=("[64, 64]", "[256, 256]")),
                default="[64, 64]",
                target="policy_kwargs.net_arch",
            ),
            Parameter(name="use_sde", domain=Choice(options=(False, True)), default=False),
            Parameter(
                name="sde_sample_freq",
                domain=Int(low=1, high=64, log=True),
                default=4,
                when=When(parameter="use_sde", values=(True,)),
            ),
        ),
        rules=(network_from_text,),
    )


def network_from_text(values: dict[str, Any], context: Context) -> dict[str, Any]:
    """Turn the network, which is written as JSON text, into a list; `context` is not used."""
    del context
    text = values.get("net_arch")
    return values if text is None else {**values, "net_arch": json.loads(text)}


def _generator(planned: PlannedRun) -> np.random.Generator:
    words = np.frombuffer(hashlib.sha256(str(planned).encode()).digest(), dtype="<u4")
    return np.random.default_rng([planned.run.seed, *words])


def sample(space: Space, generator: np.random.Generator) -> dict[str, Any]:
    """A random configuration, drawn evenly over the axes."""
    coordinates: dict[str, Any] = {}
    for parameter in space.parameters:
        axis = parameter.axis
        if axis.kind == "categorical":
            coordinates[axis.name] = axis.choices[int(generator.integers(len(axis.choices)))]
            continue
        share = float(generator.random())
        value = (
            axis.low * (axis.high / axis.low) ** share
            if axis.log
            else axis.low + (axis.high - axis.low) * share
        )
        coordinates[axis.name] = round(value) if axis.kind == "int" else value
    return space.decode(coordinates)


def quality(space: Space, values: dict[str, Any]) -> float:
    """How much of the possible gain a configuration reaches, about 0 .. 1."""
    rate = space["learning_rate"].domain.position(values["learning_rate"]) or 0.0
    gamma = space["gamma"].domain.position(values["gamma"]) or 0.0
    return math.exp(-(((rate - 0.65) / 0.25) ** 2)) * math.exp(-(((gamma - 0.4) / 0.5) ** 2))


def simulated_result(
    planned: PlannedRun, mean: float, truth: Truth, *, pruned: bool = False
) -> RunResult:
    """A result whose returns rise towards a random value around `mean`, seeded by the run."""
    generator = _generator(planned)
    run = planned.run
    final = mean + truth.sd * float(generator.standard_normal())
    start = truth.random if truth.random is not None else 0.0
    evaluations = []
    for step in evaluation_steps(run.steps, run.schedule.evals):
        level = start + (final - start) * (1 - math.exp(-5 * step / run.steps))
        spread = truth.sd * generator.standard_normal(run.schedule.episodes)
        returns = tuple(round(float(value), 3) for value in level + spread)
        evaluations.append(Evaluation(step=step, returns=returns, lengths=(200,) * len(returns)))
    if pruned:
        evaluations = evaluations[: max(1, len(evaluations) // 2)]
    means = [evaluation.mean for evaluation in evaluations]
    return RunResult(
        run_id=run.id,
        backend=run.backend,
        status=Status.PRUNED if pruned else Status.COMPLETE,
        score=late_mean(means, run.schedule.evals),
        steps=evaluations[-1].step,
        evaluations=tuple(evaluations),
        cost=_cost(generator, evaluations[-1].step, planned),
    )


def failed_result(planned: PlannedRun, truth: Truth) -> RunResult:
    """A run without a score, for the reason that `truth` gives."""
    generator = _generator(planned)
    died = "died" in truth.message
    return RunResult(
        run_id=planned.run.id,
        backend=planned.run.backend,
        status=Status.FAILED,
        score=None,
        steps=0 if died else 12_345,
        failure=Failure(
            kind="died" if died else "diverged",
            message=truth.message,
            step=None if died else 12_345,
            traceback="" if died else f"Traceback (most recent call last):\n  {truth.message}",
        ),
        cost=_cost(generator, 12_345, planned),
    )


def _cost(generator: np.random.Generator, steps: int, planned: PlannedRun) -> Cost:
    started = _START + timedelta(seconds=30 * planned.index)
    seconds = steps / 900 * float(generator.uniform(0.9, 1.1))
    return Cost(
        wall=seconds,
        cpu=seconds * 0.99,
        learn=seconds * 0.9,
        evaluate=seconds * 0.1,
        learn_cpu=seconds * 0.89,
        evaluate_cpu=seconds * 0.1,
        steps_per_second=steps / (seconds * 0.9),
        peak_memory=400_000_000,
        started=started.isoformat(),
        host="example",
        cpu_model="example CPU",
    )

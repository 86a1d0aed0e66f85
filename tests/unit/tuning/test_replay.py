from __future__ import annotations

import json
import random
from dataclasses import replace

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from harness.core.evaluation import evaluation_steps, rung_steps
from harness.core.run import Curve, PruningRule
from harness.core.search_settings import Component
from harness.errors import UsageError
from harness.registry import Registry, component_paths
from harness.tuning.components import build_pruner
from harness.tuning.optuna_trials import allow_experimental
from harness.tuning.pruners import warmup
from harness.tuning.pruning_replay import PruningReplay

EVALS = 10
STEPS = 1000
PRUNERS = {
    "median": {},
    "percentile": {"percentile": 40.0},
    "hyperband": {"reduction_factor": 2},
    "successive_halving": {"reduction_factor": 2},
    "patient": {"patience": 1},
    "threshold": {"lower": 0.3},
    "wilcoxon": {"p_threshold": 0.2},
    "none": {},
}
COMPARING = sorted(set(PRUNERS) - {"threshold", "none"})


def function_of(pruner: Component):
    return Registry(pruners=component_paths("pruner")).function("pruner", pruner.name)


def replay_of(rule: PruningRule, evals: int) -> PruningReplay:
    return PruningReplay(rule, STEPS, evals, function_of(rule.pruner))


def component(name: str, **options: object) -> Component:
    return Component(name=name, options=PRUNERS[name] | options)


def means_of(number: int, seed: int) -> list[float]:
    """A learning curve that ends between 0 and 1, never smooth."""
    generator = random.Random(f"{seed} {number}")
    ceiling = generator.random()
    return [ceiling * step / EVALS + generator.gauss(0, 0.05) for step in range(1, EVALS + 1)]


def rule(finished: list[Curve], pruner: Component, number: int | None = None) -> PruningRule:
    return PruningRule(
        study="campaign/ppo@CartPole-v1",
        number=len(finished) if number is None else number,
        pruner=pruner,
        finished=tuple(finished),
    )


def complete(number: int, level: float) -> Curve:
    means = tuple(level * step / EVALS for step in range(1, EVALS + 1))
    return Curve(number=number, state="complete", score=means[-1], means=means)


def replayed(pruner: Component, count: int, seed: int, *, failing: int = 0) -> list[Curve]:
    """Trials one after another, each judged by a replay of those before it."""
    finished: list[Curve] = []
    for number in range(count):
        if failing and number % failing == failing - 1:
            finished.append(Curve(number=number, state="failed", score=None, means=()))
            continue
        replay = replay_of(rule(finished, pruner), EVALS)
        means: list[float] = []
        state = "complete"
        for mean in means_of(number, seed):
            means.append(mean)
            if replay.report(mean):
                state = "pruned"
                break
        # What a ledger gives back.
        attrs = json.loads(json.dumps(dict(replay.attrs)))
        finished.append(
            Curve(number=number, state=state, score=means[-1], means=tuple(means), attrs=attrs)
        )
    return finished


def live(pruner: Component, count: int, seed: int, *, failing: int = 0) -> list[tuple[str, int]]:
    """The same with one Optuna study that lives through all trials: (state, evaluations)."""
    study = optuna.create_study(
        study_name="campaign/ppo@CartPole-v1",
        direction="maximize",
        pruner=build_pruner(pruner, function_of(pruner), evals=EVALS, steps=STEPS),
    )
    for number in range(count):
        trial = study.ask()
        if failing and number % failing == failing - 1:
            study.tell(trial, state=TrialState.FAIL)
            continue
        means = means_of(number, seed)
        for step, mean in enumerate(means, start=1):
            trial.report(mean, step)
            if trial.should_prune() and step < EVALS:
                study.tell(trial, state=TrialState.PRUNED)
                break
        else:
            study.tell(trial, means[-1])
    names = {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed"}
    return [(names[t.state.name], len(t.intermediate_values)) for t in study.trials]


@pytest.mark.parametrize("failing", [0, 4])
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", PRUNERS)
def test_replay_decides_as_a_live_study_does(name: str, seed: int, failing: int) -> None:
    curves = replayed(component(name), 30, seed, failing=failing)
    verdicts = [(curve.state, len(curve.means)) for curve in curves]
    assert verdicts == live(component(name), 30, seed, failing=failing)
    # The comparison means something only where something is pruned.
    assert any(state == "pruned" for state, _ in verdicts) == (name != "none")


@pytest.mark.parametrize("evals", [1, 2, 4, 10, 20])
@pytest.mark.parametrize("name", PRUNERS)
def test_none_is_given_up_before_30_percent(name: str, evals: int) -> None:
    finished = []
    for number in range(12):
        means = tuple(10.0 + number + step for step in range(evals))
        attrs = {"completed_rung_0": means[warmup(evals) - 1]}
        finished.append(
            Curve(number=number, state="complete", score=means[-1], means=means, attrs=attrs)
        )
    first = None
    for number in range(12, 24):  # Hyperband's bracket depends on the number
        ruled = rule(finished, component(name), number)
        replay = replay_of(ruled, evals)
        for step in range(1, evals + 1):
            if replay.report(-1.0 - step):
                assert step / evals >= 0.3
                first = min(first or step, step)
                break
    if evals >= 10 and name != "none":
        # Two trials differ beyond doubt (p = 0.1 or 0.2) only after some evaluations.
        assert first == warmup(evals) or (name in {"wilcoxon", "patient"} and first is not None)


@pytest.mark.parametrize("name", COMPARING)
def test_none_is_given_up_before_five_are_complete(name: str) -> None:
    for count in range(5):
        finished = [complete(number, 100.0) for number in range(count)]
        replay = replay_of(rule(finished, component(name)), EVALS)
        assert not any(replay.report(-float(step)) for step in range(EVALS))


@pytest.mark.parametrize("name", PRUNERS)
def test_failed_trials_are_passed_over(name: str) -> None:
    rivals = [complete(number, 1.0 + number / 10) for number in range(8)]
    glorious = tuple(1000.0 for _ in range(EVALS))
    failed = [
        Curve(
            number=number,
            state="failed",
            score=None,
            means=glorious,
            attrs={"completed_rung_0": 1000.0, "completed_rung_1": 1000.0},
        )
        for number in range(8, 16)
    ]
    blank = [replace(curve, means=(), attrs={}) for curve in failed]
    for level in (0.2, 1.3, 2.5):
        pair = [replay_of(rule(rivals + some, component(name)), EVALS) for some in (failed, blank)]
        for step in range(1, EVALS + 1):
            first, second = (replay.report(level * step / EVALS) for replay in pair)
            assert first == second


def test_early_pruning_is_allowed_when_asked_for() -> None:
    finished = [complete(number, 1.0) for number in range(5)]
    replay = replay_of(rule(finished, component("median", n_warmup_steps=1)), EVALS)
    assert replay.report(-1.0)


def test_trials_in_flight_do_not_count_but_keep_their_numbers() -> None:
    finished = [complete(number, 1.0) for number in range(6)]
    judged = {
        number: replay_of(rule(finished, component("median"), number), EVALS) for number in (6, 9)
    }
    verdicts = {n: [r.report(-1.0) for _ in range(3)] for n, r in judged.items()}
    assert verdicts[6] == verdicts[9] == [False, False, True]


def test_hyperband_reads_the_bracket_from_name_and_number() -> None:
    finished = [complete(number, 1.0) for number in range(6)]
    finished = [replace(c, attrs={"completed_rung_0": c.means[2]}) for c in finished]
    verdicts = []
    for number in range(6, 40):
        replay = replay_of(rule(finished, component("hyperband"), number), EVALS)
        verdicts.append([replay.report(-1.0) for _ in range(3)][-1])
    assert True in verdicts
    assert False in verdicts


def test_rungs_are_kept_for_later_trials() -> None:
    replay = replay_of(rule([], component("successive_halving")), EVALS)
    for step in range(1, EVALS + 1):
        replay.report(float(step))
    assert replay.attrs == {"completed_rung_0": 3.0, "completed_rung_1": 6.0}


def test_a_trial_that_has_ended_is_not_given_up() -> None:
    finished = [complete(number, 1.0) for number in range(6)]
    replay = replay_of(rule(finished, component("median", n_warmup_steps=EVALS)), EVALS)
    assert not any(replay.report(-1.0) for _ in range(EVALS))
    with pytest.raises(ValueError, match="all 10 evaluations"):
        replay.report(-1.0)


@pytest.mark.parametrize("mean", [float("nan"), float("inf")])
def test_a_mean_that_is_no_number_is_refused(mean: float) -> None:
    with pytest.raises(ValueError, match="not finite"):
        replay_of(rule([], component("median")), EVALS).report(mean)


def test_gaps_in_the_finished_trials_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot follow"):
        replay_of(rule([complete(0, 1.0), complete(2, 1.0)], component("median")), EVALS)
    with pytest.raises(ValueError, match="cannot follow"):
        replay_of(rule([complete(0, 1.0), complete(1, 1.0)], component("median"), 1), EVALS)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("threshold", {"lower": None}, "Either lower or upper"),
        ("hyperband", {"min_resource": 11}, "outside 1 .. 10"),
        ("successive_halving", {"min_resource": 0}, "outside 1 .. 10"),
        ("wilcoxon", {"n_startup_trials": -1}, "below 0"),
        ("percentile", {"percentile": 101}, "between 0 and 100"),
    ],
)
def test_options_that_do_not_hold(name: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        replay_of(rule([], component(name, **options)), EVALS)


def test_replay_agrees_with_optuna_given_the_same_finished_trials() -> None:
    """Straight against the library: its own class, its own study, no code of ours."""
    curves = replayed(component("median"), 20, seed=5)
    with allow_experimental():
        study = optuna.create_study(
            direction="maximize",
            pruner=optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=3),
        )
    for curve in curves:
        study.add_trial(
            create_trial(
                state=TrialState.COMPLETE if curve.state == "complete" else TrialState.PRUNED,
                value=curve.score,
                intermediate_values=dict(enumerate(curve.means, start=1)),
            )
        )
    verdicts = set()
    for seed in range(20):
        trial = study.ask()
        replay = replay_of(rule(curves, component("median")), EVALS)
        for step, mean in enumerate(means_of(0, seed)[:-1], start=1):
            trial.report(mean, step)
            verdict = replay.report(mean)
            assert verdict == trial.should_prune()
            verdicts.add(verdict)
        study.tell(trial, state=TrialState.FAIL)
    assert verdicts == {True, False}


@pytest.mark.parametrize("name", ["successive_halving", "hyperband"])
def test_rungs_in_steps_judge_as_one_optuna_study_would(name: str) -> None:
    options = {"min_share": 0.05, "reduction_factor": 2, "n_startup_trials": 2}
    pruner = Component(name=name, options=options)
    at = evaluation_steps(STEPS, EVALS, rung_steps(pruner, STEPS, EVALS))
    assert at[:4] == (50, 100, 200, 300)
    study = optuna.create_study(
        study_name="campaign/ppo@CartPole-v1",
        direction="maximize",
        pruner=build_pruner(pruner, function_of(pruner), evals=EVALS, steps=STEPS),
    )
    finished: list[Curve] = []
    for number in range(30):
        level = random.Random(number).random()
        trial, replay = study.ask(), replay_of(rule(finished, pruner), EVALS)
        means: list[float] = []
        for step in at:
            means.append(level * step)
            trial.report(means[-1], step)
            verdict = trial.should_prune() and step < STEPS
            assert replay.report(means[-1]) == verdict, (number, step)
            if verdict:
                study.tell(trial, state=TrialState.PRUNED)
                break
        else:
            study.tell(trial, means[-1])
        state = "complete" if len(means) == len(at) else "pruned"
        attrs = json.loads(json.dumps(dict(replay.attrs)))
        finished.append(
            Curve(number=number, state=state, score=means[-1], means=tuple(means), attrs=attrs)
        )
    assert {len(each.means) for each in finished} >= {1, 2, len(at)}, "given up at several rungs"


def test_a_pruner_that_sees_effort_judges_expensive_trials_earlier() -> None:
    options = {"min_share": 0.1, "reduction_factor": 2, "by_effort": True, "n_startup_trials": 0}
    pruner = Component(name="successive_halving", options=options)
    assert rung_steps(pruner, STEPS, EVALS) == (100, 200, 400)
    assert rung_steps(pruner, STEPS, EVALS, 4.0) == (25, 50, 100, 200, 400)
    good = [replace(complete(n, 1.0), attrs={"completed_rung_0": 0.5}) for n in range(4)]
    cheap, expensive = (
        replay_of(replace(rule(good, pruner), effort=effort), EVALS) for effort in (1.0, 4.0)
    )
    # 25 steps of four times the effort are what 100 steps of the others are.
    assert expensive.report(0.1)
    assert cheap.report(0.1)
    slow = replay_of(replace(rule(good, pruner), effort=0.5), EVALS)
    assert not slow.report(0.1), "100 steps of half the effort are not yet the first rung"
    assert slow.report(0.1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_share": 0.1, "min_resource": 2}, "only one"),
        ({"min_share": 1.5}, "outside 0 .. 1"),
        ({"by_effort": True}, "needs a `min_share`"),
    ],
)
def test_rungs_that_do_not_hold_are_refused(options: dict[str, object], message: str) -> None:
    pruner = Component(name="successive_halving", options=options)
    with pytest.raises(UsageError, match=message):
        replay_of(rule([], pruner), EVALS)

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.exceptions import UpdateFinishedTrialError
from optuna.pruners import NopPruner
from optuna.samplers import PartialFixedSampler, RandomSampler, TPESampler
from optuna.trial import TrialState, create_trial

from harness.core.costs.effort import relative
from harness.core.learner_arguments.cell_arguments import arguments_of
from harness.core.record import TrialRecord
from harness.core.run_result import Status
from harness.core.search_settings import Component
from harness.core.space import Space
from harness.core.spaces.domain import Choice, Float, Int, PowerOfTwo
from harness.core.spaces.parameter import Parameter
from harness.errors import UnknownNameError, UsageError
from harness.registry import Registry, component_paths
from harness.tuning import samplers
from harness.tuning.components import check
from harness.tuning.grid_sampler import grid_points
from harness.tuning.optuna_trials import allow_experimental, in_memory_study, make_finished_trial
from harness.tuning.suggestion import Suggester

REGISTRY = Registry(samplers=component_paths("sampler"), pruners=component_paths("pruner"))
SAMPLERS = {
    "tpe": {"n_startup_trials": 4},
    "auto": {"n_startup_trials": 4},
    "random": {},
    "cmaes": {"popsize": 4},
    "grid": {"points": 2},
    "qmc": {},
}


def suggest(cell, finished, running):
    return Suggester(REGISTRY, "c", cell).suggest(finished, running)


def quadratic(values: dict[str, object]) -> float:
    return -abs(values["epochs"] - 5) + (2.0 if values["use_sde"] else 0.0)


def test_trial_0_is_the_library_default(cell) -> None:
    suggestion = suggest(cell, [], [])
    assert cell.space.decode(suggestion.coordinates) == cell.space.default_values()
    assert not suggestion.trial_attrs


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_suggestions_lie_inside_the_space(sampler, searching, search) -> None:
    cell = searching(sampler=sampler, options=SAMPLERS[sampler])
    trials = search(cell, 20, quadratic)
    for trial in trials:
        assert set(trial.values) >= {"learning_rate", "gamma", "n_steps", "epochs", "net_arch"}
        for name, value in trial.values.items():
            assert cell.space[name].domain.contains(value), (name, value)
    assert len({json.dumps(trial.values) for trial in trials}) > 15


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_conditional_parameter_is_there_only_when_active(sampler, searching, search) -> None:
    trials = search(searching(sampler=sampler, options=SAMPLERS[sampler]), 20, quadratic)
    assert {trial.values["use_sde"] for trial in trials} == {True, False}
    for trial in trials:
        assert ("sde_freq" in trial.suggestion.coordinates) == trial.values["use_sde"]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_suggestion_is_json(sampler, searching, search) -> None:
    trials = search(searching(sampler=sampler, options=SAMPLERS[sampler]), 12, quadratic)
    for trial in trials:
        for part in (
            trial.suggestion.coordinates,
            trial.suggestion.trial_attrs,
            trial.suggestion.study_attrs,
        ):
            assert json.loads(json.dumps(part, allow_nan=False)) == part


def test_another_campaign_seed_suggests_something_else(searching) -> None:
    cell = searching()
    default = TrialRecord(
        suggestion=suggest(cell, [], []), values={}, arguments={}, seed=1, run_id="u"
    )
    cell = searching(in_flight=2)
    here = suggest(cell, [], [default])
    there = suggest(replace(cell, seed=8), [], [default])
    assert here.coordinates != there.coordinates


@pytest.mark.parametrize("sampler", ["tpe", "cmaes"])
def test_models_find_the_better_half(sampler, searching, search) -> None:
    cell = searching(sampler=sampler, options=SAMPLERS[sampler])
    late = [t.values["epochs"] for t in search(cell, 40, lambda v: -abs(v["epochs"] - 18.0))][-15:]
    assert sum(late) / len(late) > 13


def test_tpe_models_conditional_parameters_too(searching, search) -> None:
    cell = searching(sampler="tpe", options=SAMPLERS["tpe"])
    last = search(cell, 20, quadratic)[-1]
    assert "sde_freq" in json.loads(last.suggestion.trial_attrs["tpe:relative_params:0"])


class Witness(RandomSampler):
    """Notes what it is shown and leaves a mark of its own on trial and study."""

    def __init__(self, shown: list[object]) -> None:
        super().__init__(seed=0)
        self._shown = shown

    def before_trial(self, study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        storage, study_id = study._storage, study._study_id
        self._shown.append(
            (
                [(t.state.name, dict(t.system_attrs), t.value) for t in study.trials[:-1]],
                dict(storage.get_study_system_attrs(study_id)),
            )
        )
        storage.set_trial_system_attr(trial._trial_id, "mark", trial.number)
        storage.set_study_system_attr(study_id, "latest", trial.number)


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module that another package registers functions of."""
    module = ModuleType("plugin")
    monkeypatch.setitem(sys.modules, "plugin", module)
    return module


def test_a_sampler_of_an_injected_registry_is_used_from_check_to_suggestion(
    plugin, searching, search
) -> None:
    def constant(*, seed, space, share: float = 0.5):
        axes = {p.axis.name: p.axis for p in space.parameters}
        return PartialFixedSampler(
            {"learning_rate": axes["learning_rate"].low * 10 ** (4 * share)}, RandomSampler(seed)
        )

    plugin.constant = constant
    registry = Registry(
        samplers={"constant": "plugin:constant"}, pruners={"mine": "harness.tuning.pruners:none"}
    )
    cell = searching(sampler="constant", options={"share": 0.25})
    cell = replace(cell, search=replace(cell.search, pruner=Component(name="mine")))
    check(cell, registry)
    trials = search(cell, 4, lambda v: 1.0, registry)
    assert [t.values["learning_rate"] for t in trials[1:]] == [pytest.approx(1e-4)] * 3
    with pytest.raises(UnknownNameError):
        check(cell, REGISTRY)
    with pytest.raises(UnknownNameError):
        search(cell, 2, lambda v: 1.0)
    with pytest.raises(UsageError, match="no float"):
        check(searching(sampler="constant", options={"share": "all"}), registry)


def test_a_sampler_sees_its_own_marks_on_finished_and_running_trials(
    searching, search, plugin
) -> None:
    shown: list[tuple[list[object], dict[str, object]]] = []
    plugin.witness = lambda *, seed, space: Witness(shown)
    registry = Registry(samplers={"random": "plugin:witness"})
    trials = search(searching(), 4, lambda v: 2.5, registry)
    Suggester(registry, "c", searching(in_flight=2)).suggest(trials[:3], trials[3:])
    seen, study_attrs = shown[-1]
    assert seen == [
        ("COMPLETE", {}, 2.5),
        ("COMPLETE", {"mark": 1}, 2.5),
        ("COMPLETE", {"mark": 2}, 2.5),
        ("RUNNING", {"mark": 3}, None),
    ]
    assert study_attrs == {"latest": 3}


def test_failed_trials_teach_nothing(searching, search) -> None:
    cell = searching(sampler="tpe", options={"n_startup_trials": 3})
    trials = search(cell, 12, lambda v: None if v["use_sde"] else float(v["epochs"]))
    assert any(trial.result.status is Status.FAILED for trial in trials)
    # Stripped of their curves they give the same suggestion: nothing of them is read.
    blank = [
        replace(trial, result=replace(trial.result, evaluations=()))
        if trial.result.status is Status.FAILED
        else trial
        for trial in trials
    ]
    assert suggest(cell, trials, []) == suggest(cell, blank, [])


def test_all_trials_failed_still_goes_on(searching, search) -> None:
    for sampler, options in SAMPLERS.items():
        trials = search(searching(sampler=sampler, options=options), 6, lambda v: None)
        assert len(trials) == 6


class TestOrder:
    @pytest.mark.parametrize(
        ("finished", "running"),
        [
            ([0, 1, 2, 3], []),  # one finished too early
            ([0, 1], [2, 3]),  # one finished too late
            ([0, 2], [1, 3]),  # out of order
            ([1, 0, 2], [3]),
            ([0, 1, 2], []),  # one forgotten
            ([0, 1, 2], [4]),
        ],
    )
    def test_the_trials_must_be_exactly_those_before(
        self, finished, running, searching, search
    ) -> None:
        trials = search(searching(), 5, quadratic)
        with pytest.raises(ValueError, match=r"for trial \d with 2 in flight"):
            suggest(
                searching(in_flight=2),
                [trials[n] for n in finished],
                [trials[n] for n in running],
            )

    def test_a_result_that_waits_is_not_looked_at(self, searching, search) -> None:
        cell = searching(sampler="tpe", options={"n_startup_trials": 2})
        trials = search(cell, 7, quadratic)
        cell = searching(sampler="tpe", options={"n_startup_trials": 2}, in_flight=3)
        waiting = [replace(trial, result=None) for trial in trials[5:]]
        assert suggest(cell, trials[:5], trials[5:]) == suggest(cell, trials[:5], waiting)

    def test_a_finished_trial_needs_a_result(self, searching, search) -> None:
        trials = search(searching(), 2, quadratic)
        open_trial = replace(trials[1], result=None)
        with pytest.raises(ValueError, match="trial 1 has no result"):
            suggest(searching(), [trials[0], open_trial], [])

    def test_coordinates_of_another_space_are_refused(self, searching, search) -> None:
        trials = search(searching(), 2, quadratic)
        cell = searching()
        cell = replace(cell, space=cell.space.without(frozenset({"epochs"})))
        with pytest.raises(ValueError, match=r"another space: \['epochs'\]"):
            suggest(cell, trials, [])


class TestGrid:
    SPACE = Space(
        parameters=(
            Parameter(name="x", domain=Float(low=0.0, high=1.0), default=0.5),
            Parameter(name="kind", domain=Choice(options=("a", "b")), default="a"),
        )
    )

    def test_visits_every_point_once_and_then_starts_over(self, searching, search) -> None:
        cell = replace(searching(sampler="grid"), space=self.SPACE)
        seen = [trial.suggestion.coordinates for trial in search(cell, 13, lambda v: v["x"])]
        points = [json.dumps(point) for point in seen[1:]]
        assert len(set(points[:6])) == 6
        assert points[6:] == points[:6]

    def test_points_that_differ_only_in_inactive_parameters_are_one(self, cell) -> None:
        points = [json.dumps(point) for point in grid_points(cell.space, 2)]
        # 2 learning rates x 2 gammas x 2 n_steps x 2 epochs x 2 networks x (off, on x 2 freq)
        assert len(points) == len(set(points)) == 32 * 3


class TestQmc:
    def test_points_are_one_sequence(self, searching, search) -> None:
        space = Space(
            parameters=(Parameter(name="x", domain=Float(low=0.0, high=1.0), default=0.5),)
        )
        cell = replace(searching(sampler="qmc"), space=space)
        xs = [trial.values["x"] for trial in search(cell, 17, lambda v: None)][1:]
        # The first 16 points of a scrambled Sobol sequence: one in each sixteenth.
        assert sorted(int(16 * x) for x in xs) == list(range(16))


SCRIPT = """
import json, sys
sys.path[:0] = {folders}
import conftest
from dataclasses import replace
from harness.core.search_settings import Component
cell = conftest.small_cell()
search = replace(cell.search, sampler=Component(name="tpe", options={{"n_startup_trials": 4}}))
trials = conftest.run_search(replace(cell, search=search), 14, lambda v: v["epochs"])
print(json.dumps([dict(trial.suggestion.coordinates) for trial in trials]))
"""


def test_suggestions_do_not_depend_on_the_hash_seed() -> None:
    folders = [str(Path(__file__).parents[depth]) for depth in (0, 2)]
    outputs = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT.format(folders=folders)],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(outputs) == 1
    assert "log2(n_steps)" in outputs.pop()


def cost_limited(cell, times=2.0, **search_changes):
    limited = replace(cell.search, cost_aware=times, **search_changes)
    return replace(cell, search=limited)


def costs(cell, trials):
    return [relative(cell, arguments_of(cell, trial.values)) for trial in trials]


@pytest.mark.parametrize("sampler", ["tpe", "random", "cmaes"])
def test_a_cost_aware_search_passes_over_what_is_expensive(
    sampler, searching, search, space
) -> None:
    cell = replace(searching(sampler=sampler, options=SAMPLERS[sampler]), space=space)
    free = search(cell, 15, quality)
    limited = cost_limited(cell)
    bound = search(limited, 15, quality)
    assert max(costs(cell, free)) > 2
    assert max(costs(limited, bound)) <= 2
    again = search(limited, 15, quality)
    assert [trial.values for trial in again] == [trial.values for trial in bound]


def test_the_first_suggestion_stays_where_it_is_affordable(searching, search, space) -> None:
    cell = replace(searching(sampler="random", options={}), space=space)
    free, bound = search(cell, 15, quality), search(cost_limited(cell), 15, quality)
    same = [one.values == other.values for one, other in zip(free, bound, strict=True)]
    assert same == [cost <= 2 for cost in costs(cell, free)]


def test_the_cheapest_is_taken_where_all_are_cost_limited(searching, search, space) -> None:
    cell = replace(searching(sampler="random", options={}), space=space)
    nothing = search(cost_limited(cell, times=1e-9), 4, quality)
    free = search(cell, 4, quality)
    assert all(
        one <= other
        for one, other in zip(costs(cell, nothing)[1:], costs(cell, free)[1:], strict=True)
    )


def test_a_sequence_cannot_be_asked_again(searching, search, space) -> None:
    cell = replace(searching(sampler="qmc", options={}), space=space)
    with pytest.raises(UsageError, match="one point for a trial"):
        search(cost_limited(cell, times=1e-9), 4, quality)


def quality(values: dict[str, object]) -> float:
    return float(values["n_epochs"])


@pytest.fixture
def space() -> Space:
    return Space(
        parameters=(
            Parameter(name="batch_size", domain=PowerOfTwo(low=4, high=1024), default=64),
            Parameter(name="n_epochs", domain=Int(low=1, high=30), default=10),
        )
    )


@pytest.mark.parametrize("sampler", ["tpe", "random", "cmaes", "qmc"])
def test_known_configurations_come_right_after_the_default(sampler, searching, search) -> None:
    cell = searching(sampler=sampler, options=SAMPLERS[sampler])
    default = cell.space.default_values()
    known = (default | {"epochs": 3}, default | {"use_sde": True, "sde_freq": 8})
    trials = search(replace(cell, search=replace(cell.search, first=known)), 12, quadratic)
    assert [trial.values for trial in trials[:3]] == [default, *known]
    assert len({json.dumps(trial.values) for trial in trials}) > 9


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_what_is_remembered_changes_no_suggestion(sampler, searching, search) -> None:
    cell = searching(sampler=sampler, options=SAMPLERS[sampler], in_flight=3)
    trials = search(replace(cell, search=replace(cell.search, in_flight=1)), 14, quadratic)
    suggester = Suggester(REGISTRY, "c", cell)
    for number in [*range(1, len(trials) + 1), 6]:
        count = max(0, number - 2)
        past = trials[:count], trials[count:number]
        assert suggester.suggest(*past) == suggest(cell, *past)


X, Y = FloatDistribution(0.0, 1.0), CategoricalDistribution(("a", "b"))
ONLY = IntDistribution(3, 3)


def seen(state, **axes):
    params = {name: axis.low if axis is not Y else "a" for name, axis in axes.items()}
    value = 1.0 if state in {TrialState.COMPLETE, TrialState.PRUNED} else None
    return create_trial(state=state, value=value, params=params, distributions=axes)


@pytest.mark.parametrize(
    "trials",
    [
        [],
        [seen(TrialState.FAIL, x=X), seen(TrialState.RUNNING, x=X)],
        [seen(TrialState.COMPLETE, y=Y, x=X, o=ONLY), seen(TrialState.PRUNED, o=ONLY, x=X, y=Y)],
        [seen(TrialState.PRUNED, y=Y, x=X), seen(TrialState.FAIL, y=Y)],
        [seen(TrialState.COMPLETE, y=Y, x=X), seen(TrialState.COMPLETE, y=Y)],
        [seen(TrialState.COMPLETE, x=X), seen(TrialState.COMPLETE, y=Y)],
    ],
)
def test_tpe_models_the_axes_that_optunas_own_would(trials) -> None:
    ours = samplers.tpe(seed=1, space=Space())
    with allow_experimental():
        theirs = TPESampler(multivariate=True, constant_liar=True, seed=1)
    found = []
    for sampler in (ours, theirs):
        study, _ = in_memory_study("s", trials, sampler=sampler, pruner=NopPruner())
        new = study.get_trials(deepcopy=False)[0] if trials else None
        found.append(list(sampler.infer_relative_search_space(study, new).items()))
    assert found[0] == found[1]


def test_what_a_sampler_does_to_its_copies_harms_no_later_suggestion(cell, search) -> None:
    (record,) = search(cell, 1, quadratic)
    trials = [make_finished_trial(cell.space, record, {1: 0.5}, values=(0.5,))] * 2

    def study():
        return in_memory_study("s", trials, sampler=RandomSampler(), pruner=NopPruner())[0]

    first = study()
    copies = first.get_trials()
    copies[0].params["epochs"] = 7
    copies[0].intermediate_values[1] = 0.7
    storage = first._storage
    with pytest.raises(UpdateFinishedTrialError):
        storage.set_trial_system_attr(copies[0]._trial_id, "mark", 1)
    assert [trial.number for trial in first.get_trials()] == [0, 1]
    for trial in study().get_trials():
        assert trial.params == record.suggestion.coordinates
        assert trial.intermediate_values == {1: 0.5}


def test_a_sampler_knows_evaluations_by_their_number(cell, search) -> None:
    first, second = search(cell, 2, quadratic)
    scores = (3.0, 1.0, 2.0)
    evaluations = tuple(
        replace(each, returns=(score,))
        for each, score in zip(second.result.evaluations, scores, strict=False)
    )
    told = replace(second, result=replace(second.result, evaluations=evaluations))
    suggester = Suggester(REGISTRY, "c", cell)
    suggester.suggest([first, told], [])
    assert suggester._finished[1].intermediate_values == {1: 3.0, 2: 1.0, 3: 2.0}

"""Seeds in groups, and settings on their way to another scenario."""

from dataclasses import replace

import pytest
from builders import SPACE, cell
from hypothesis import given
from hypothesis import strategies as st

from harness.core.decisions import plan
from harness.core.decisions.plan import Candidate
from harness.core.decisions.transfer import (
    ShippedConfiguration,
    plan_refused_transfer,
    plan_transfer,
    sources,
    transfer_arguments,
    transfer_seeds,
)
from harness.core.learner_arguments import cell_arguments
from harness.core.run import Variant
from harness.core.scenario import Scenario
from harness.core.search_settings import Search
from harness.core.settings import Adaptive, Confirm, Rung, Test, Transfer
from harness.core.space import Space
from harness.core.spaces.domain import Float, PowerOfTwo
from harness.core.spaces.parameter import Parameter

BEST = Candidate(variant=Variant("trial-2"), arguments={"lr": 0.01, "net": "big"})


@given(st.integers(1, 30), st.integers(1, 10), st.integers(0, 60))
def test_groups_add_up_to_the_most(start, step, more):
    rule = Adaptive(start=start, step=step, max=start + more)
    assert sum(rule.groups) == rule.max == rule.ends[-1]
    assert rule.groups[0] == start
    assert all(size == step for size in rule.groups[1:-1])
    assert all(0 < size <= step for size in rule.groups[1:])


def test_seeds_that_a_matrix_lists_are_taken_as_they_are():
    listed = cell(confirm=Confirm(seeds=(7, 5)), test=Test(seeds=(9, 8, 3), steps=200))
    assert plan.confirm_seeds(listed) == (7, 5)
    assert plan.test_seeds(listed) == (9, 8, 3)
    assert plan.first_seeds(listed) == 3


def test_runs_are_as_long_as_the_budget_of_their_rung():
    at = cell(search=Search(trials=6, steps=100), test=Test(seeds=2, steps=200))
    assert {rung.value: plan.steps_of(at, rung) for rung in Rung} == {
        "search": 100,
        "confirm": 100,
        "test": 200,
        "transfer": 200,
    }


def test_the_first_seeds_of_a_growing_number_are_those_of_any_number():
    growing = cell(test=Test(seeds=Adaptive(start=5, step=5, max=20), steps=200))
    fixed = cell(test=Test(seeds=5, steps=200))
    assert plan.first_seeds(growing) == 5
    few, more = (
        [each.run.id for each in plan.plan_test(growing, BEST, seeds)] for seeds in (5, 10)
    )
    assert few == [each.run.id for each in plan.plan_test(fixed, BEST)]
    assert set(few) < set(more)
    assert len(plan.test_seeds(growing)) == 20


def test_only_a_growing_number_of_seeds_has_a_rule():
    rule = Adaptive(start=3, step=2, max=9)
    assert Test(seeds=rule).adaptive == rule
    assert Test(seeds=(1, 2)).adaptive is None


def test_neither_rule_nor_transfer_changes_what_a_cell_is():
    other = cell(test=Test(seeds=Adaptive(start=3, step=2, max=9), steps=200, evals=4, episodes=2))
    assert replace(other, transfer=Transfer(seeds=3)).identity() == cell().identity()


def halved(values, context):
    """A rollout that half the budget holds, unless it is fixed."""
    if "n_steps" not in values or "n_steps" in context.fixed:
        return values
    return values | {"n_steps": min(values["n_steps"], context.steps // (2 * context.n_envs))}


ROLLOUT = Space(
    parameters=(
        *SPACE.parameters,
        Parameter(name="n_steps", domain=PowerOfTwo(low=8, high=1024), default=64),
        Parameter(
            name="sde",
            domain=Float(low=0.1, high=1.0),
            default=0.1,
            actions=frozenset({"Box"}),
            target="policy_kwargs.sde",
        ),
    ),
    rules=(halved,),
)
VALUES = {"lr": 0.01, "net": "big", "n_steps": 512}


def on(name, *, steps=4096, n_envs=1, action="Discrete", **changes):
    toy = cell()
    return cell(
        scenario=Scenario(name=name, env=name, action=action, n_envs=n_envs),
        algorithm=replace(toy.algorithm, space=ROLLOUT, actions=frozenset({"Discrete", "Box"})),
        space=ROLLOUT.for_actions(action),
        search=Search(trials=6, steps=steps, evals=4, episodes=2),
        test=Test(seeds=4, steps=steps, evals=4, episodes=2),
        transfer=Transfer(seeds=3),
        **changes,
    )


def test_in_a_scenario_alike_a_setting_is_what_its_own_trial_was():
    source = on("A")
    assert transfer_arguments(
        ShippedConfiguration(cell=source, values=VALUES), on("B")
    ) == cell_arguments.arguments_of(source, VALUES)


@pytest.mark.parametrize(
    ("steps", "n_envs", "rollout"), [(4096, 1, 512), (512, 1, 256), (4096, 8, 256)]
)
def test_rules_see_the_budget_and_environments_of_the_target(steps, n_envs, rollout):
    target = on("B", steps=steps, n_envs=n_envs)
    assert (
        transfer_arguments(ShippedConfiguration(cell=on("A"), values=VALUES), target)["n_steps"]
        == rollout
    )


def test_what_the_target_fixes_stays_and_what_the_source_fixes_travels():
    source = on("A", arguments={"gamma": 0.9, "lr": 1.0, "policy_kwargs": {"width": 3}})
    target = on("B", arguments={"lr": 0.5, "n_steps": 999, "policy_kwargs": {"depth": 2}})
    assert transfer_arguments(ShippedConfiguration(cell=source, values=VALUES), target) == {
        "gamma": 0.9,
        "lr": 0.5,
        "net": "big",
        "n_steps": 999,
        "policy_kwargs": {"width": 3, "depth": 2},
    }
    assert transfer_arguments(ShippedConfiguration(cell=source, values=None), target) == {
        "gamma": 0.9,
        "lr": 0.5,
        "n_steps": 999,
        "policy_kwargs": {"width": 3, "depth": 2},
    }


def test_what_the_targets_actions_cannot_use_stays_behind():
    shipped = ShippedConfiguration(cell=on("A", action="Box"), values=VALUES | {"sde": 0.3})
    assert transfer_arguments(shipped, on("B", action="Box"))["policy_kwargs"] == {"sde": 0.3}
    assert "policy_kwargs" not in transfer_arguments(shipped, on("B"))


def test_a_shipped_default_is_the_default_of_the_target():
    target = on("B")
    planned = plan_transfer(target, ShippedConfiguration(cell=on("A"), values=None))
    assert {each.run.id for each in planned} == {
        plan.retrain(target, target.arguments, seed).id for seed in transfer_seeds(target)
    }


def test_the_runs_stand_in_the_target_and_train_as_its_test_does():
    source, target = on("A"), on("B")
    planned = plan_transfer(target, ShippedConfiguration(cell=source, values=VALUES, trial=4))
    assert [each.key for each in planned] == [
        (target.name, "transfer", source.name, index) for index in range(3)
    ]
    tested = plan.plan_test(target, None)[0].run
    assert {(each.run.steps, each.run.schedule.evals) for each in planned} == {
        (tested.steps, tested.schedule.evals)
    }
    # The trial is the source's; in the target's own search the number means another.
    assert {each.trial for each in planned} == {None}
    assert len({each.run.seed for each in planned}) == 3


def test_seeds_of_the_transfer_serve_nothing_else():
    target = on("B")
    others = {*plan.search_seeds(target), *plan.confirm_seeds(target), *plan.test_seeds(target)}
    assert not others & set(transfer_seeds(target))


def test_winners_travel_between_scenarios_of_one_algorithm():
    first, second, third = on("A"), on("B"), on("C")
    alone = replace(on("A"), algorithm=replace(first.algorithm, name="other"))
    cells = [first, second, third, alone]
    assert [each.name for each in sources(second, cells)] == ["toy@A", "toy@C"]
    assert sources(alone, cells) == ()
    assert sources(replace(second, transfer=Transfer()), cells) == ()


def test_a_setting_that_no_rule_accepts_has_a_place_all_the_same():
    def strict(values, context):
        if context.n_envs > 1:
            raise ValueError("one environment only")
        return values

    source = replace(on("A"), space=replace(ROLLOUT, rules=(strict,)))
    shipped, target = ShippedConfiguration(cell=source, values=VALUES), on("B", n_envs=2)
    with pytest.raises(ValueError, match="one environment only"):
        plan_transfer(target, shipped)
    never = plan_refused_transfer(target, shipped)
    assert [each.index for each in never] == [0, 1, 2]
    assert {each.rung for each in never} == {Rung.TRANSFER}
    runnable = plan_transfer(on("B"), shipped)
    assert not {each.run.id for each in never} & {each.run.id for each in runnable}

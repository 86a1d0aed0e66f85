"""What a budget leaves: whole rollouts, the default held to it, and what is said of that."""

from dataclasses import replace

import pytest
from builders import cell
from hypothesis import given
from hypothesis import strategies as st

from harness.core.costs.training_steps import (
    overshoot,
    rollout_steps,
    trained_steps,
    whole_rollouts,
)
from harness.core.decisions import plan
from harness.core.learner_arguments import cell_arguments
from harness.core.learner_arguments.cell_arguments import fixed_numbers
from harness.core.matrix import NamedConfiguration
from harness.core.search_settings import Search
from harness.core.settings import Test
from harness.core.space import Space
from harness.core.spaces.domain import Choice, PowerOfTwo
from harness.core.spaces.parameter import Parameter, look_up
from harness.core.spaces.space_notes import budget_notes, cut_ranges, outside_defaults


@given(st.integers(1, 10**9), st.integers(1, 10**6))
def test_whole_rollouts_are_the_fewest_that_reach_a_budget(steps, rollout):
    whole = whole_rollouts(steps, rollout)
    assert whole % rollout == 0
    assert steps <= whole < steps + rollout
    assert overshoot(steps, rollout) == pytest.approx((whole - steps) / steps, abs=1e-9)


@pytest.mark.parametrize(
    ("train_freq", "n_envs", "steps"),
    [
        (None, 1, 132),
        (1, 1, 130),
        (1, 3, 132),
        (7, 1, 133),
        (7, 2, 140),
        ([50, "step"], 1, 150),
        ((50, "step"), 2, 200),
        (1000, 1, 1000),
        ([1, "episode"], 1, 130),
        ("4", 1, 130),
        (True, 1, 130),
    ],
)
def test_a_learner_with_a_replay_buffer_looks_at_the_budget_between_its_updates(
    train_freq, n_envs, steps
):
    small = cell()
    learner = replace(small.algorithm, learner="stable_baselines3.dqn.dqn:DQN", on_policy=False)
    scenario = replace(small.scenario, n_envs=n_envs)
    arguments = {} if train_freq is None else {"train_freq": train_freq}
    assert trained_steps(learner, scenario, arguments, 130) == steps
    foreign = replace(learner, learner="own:Learner")
    assert trained_steps(foreign, scenario, {}, 130) == 130


def held(values, context):
    """A rollout within the budget."""
    most = context.steps // context.n_envs
    return values | {"n_steps": min(values.get("n_steps", most), most)}


def dividing(values, context):
    return values | {"batch_size": min(values["batch_size"], values["n_steps"] * context.n_envs)}


SPACE = Space(
    parameters=(
        Parameter(name="n_steps", domain=PowerOfTwo(low=8, high=64), default=512),
        Parameter(name="batch_size", domain=PowerOfTwo(low=8, high=64), default=64),
        Parameter(
            name="net", domain=Choice(options=("small",)), default="small", target="policy.net"
        ),
    ),
    budget_rules=(held, dividing),
)
NAMED = (NamedConfiguration(name="own", arguments={"n_steps": 300, "batch_size": 16}),)


def budgeted(*, steps=100, n_envs=1, test=None, **changes):
    small = cell(
        space=SPACE,
        search=Search(trials=3, steps=steps, evals=2, episodes=1),
        test=Test(seeds=2, steps=test or steps, evals=2, episodes=1),
        **changes,
    )
    return replace(
        small,
        scenario=replace(small.scenario, n_envs=n_envs),
        algorithm=replace(small.algorithm, space=SPACE),
    )


def texts(notes):
    return [each.text for each in notes]


class TestDefaults:
    def test_rollouts_that_the_budget_holds_stay_the_librarys(self):
        assert cell_arguments.default_arguments(budgeted(steps=1000)) == {}
        assert cell_arguments.default_values(budgeted(steps=1000))["n_steps"] == 512

    def test_the_default_is_held_to_the_budget_as_trials_are(self):
        assert cell_arguments.default_arguments(budgeted(steps=100)) == {"n_steps": 100}
        assert cell_arguments.default_arguments(budgeted(steps=40)) == {
            "n_steps": 40,
            "batch_size": 40,
        }
        assert cell_arguments.default_values(budgeted(steps=40)) == {
            "n_steps": 40, "batch_size": 40, "net": "small",
        }  # fmt: skip

    def test_the_shortest_training_decides_for_all(self):
        assert cell_arguments.default_arguments(budgeted(steps=1000, test=200)) == {"n_steps": 200}
        assert cell_arguments.default_arguments(budgeted(steps=200, test=1000)) == {"n_steps": 200}

    def test_what_the_matrix_fixes_stays_where_nothing_forces_it(self):
        fixed = budgeted(steps=1000, arguments={"batch_size": 128})
        assert cell_arguments.default_arguments(fixed) == {"batch_size": 128}
        assert cell_arguments.within_budget(fixed, {"n_steps": 2000}) == {"n_steps": 1000}

    def test_a_named_variant_is_tested_within_the_budget(self):
        at = budgeted(variants=NAMED)
        at = replace(at, test=replace(at.test, variants=("default", "own")))
        runs = plan.plan_test(at, None)
        assert [each.run.arguments for each in runs] == [
            {"n_steps": 100}, {"n_steps": 100},
            {"n_steps": 100, "batch_size": 16}, {"n_steps": 100, "batch_size": 16},
        ]  # fmt: skip


class TestNotes:
    def test_what_the_budget_moves_is_said(self):
        notes = list(budget_notes(budgeted(variants=NAMED)))
        assert {each.parameter for each in notes} == {"n_steps"}
        assert texts(notes) == [
            "`default` trains `n_steps` 512 -> 100, which 100 steps in 1 environment hold",
            "`own` trains `n_steps` 300 -> 100, which 100 steps in 1 environment hold",
        ]

    def test_steps_beyond_the_budget_are_said(self):
        at = budgeted(steps=1000, test=3000, n_envs=3)
        assert texts(budget_notes(at)) == [
            "`default` trains `n_steps` 512 -> 333, which 1,000 steps in 3 environments hold",
            (
                "`default` trains 1,998 steps where 1,000 are asked for: whole rollouts of "
                "999 (`n_steps` 333 x `n_envs` 3)"
            ),
            (
                "`default` trains 3,996 steps where 3,000 are asked for: whole rollouts of "
                "999 (`n_steps` 333 x `n_envs` 3)"
            ),
        ]

    @pytest.mark.parametrize(
        ("limit", "most"), [(200, [299, 399]), (8, [107]), (6, []), (None, [])]
    )
    def test_whole_episodes_beyond_the_budget_are_said(self, limit, most):
        at = cell(arguments={"train_freq": [1, "episode"]}, variants=NAMED)
        at = replace(
            at,
            scenario=replace(at.scenario, max_episode_steps=limit),
            algorithm=replace(at.algorithm, on_policy=False),
        )
        notes = texts(budget_notes(at))
        assert [note.partition(" where ")[0] for note in notes] == [
            f"every run trains up to {steps} steps" for steps in most
        ]
        assert all(f"whole episodes of at most {limit} (`train_freq`)" in note for note in notes)

    def test_of_fixed_rollouts_it_is_said_once(self):
        at = budgeted(steps=1000, arguments={"n_steps": 300}, variants=NAMED)
        (note,) = texts(budget_notes(at))
        assert note.startswith("every run trains 1,200 steps where 1,000 are asked for")
        assert texts(budget_notes(replace(at, variants=()))) == [note]

    def test_what_the_budget_moves_of_a_first_trial_is_said_with_its_number(self):
        at = budgeted(n_envs=2)
        first = ({"n_steps": 512, "batch_size": 8}, {"n_steps": 8, "batch_size": 8})
        notes = texts(budget_notes(replace(at, search=replace(at.search, first=first))))
        assert notes[-1].startswith("trial 1, of `search.first`, trains `n_steps` 512 -> ")
        assert "in 2 environments" in notes[0]

    def test_a_learner_without_rollouts_takes_the_steps_asked_for(self):
        at = budgeted(steps=1000)
        at = replace(at, algorithm=replace(at.algorithm, on_policy=False))
        assert texts(budget_notes(at)) == []

    def test_a_cut_range_is_shown_beside_the_whole(self):
        full = PowerOfTwo(low=8, high=512)
        first, *others = SPACE.parameters
        cut = replace(SPACE, parameters=(replace(first, full_domain=full), *others))
        notes = list(cut_ranges(replace(budgeted(), space=cut)))
        assert [(each.parameter, each.text) for each in notes] == [
            (
                "n_steps",
                "`n_steps` in 8 .. 64 (powers of two) instead of 8 .. 512 (powers of two)",
            )
        ]
        assert list(cut_ranges(budgeted())) == []

    def test_a_default_outside_its_range_is_said(self):
        far, near = budgeted(steps=1000), budgeted(steps=64)
        (note,) = outside_defaults(far, cell_arguments.default_values(far))
        assert note.parameter == "n_steps"
        assert note.text.startswith("the default of `n_steps`, 512, lies outside 8 .. 64")
        assert list(outside_defaults(near, cell_arguments.default_values(near))) == []


class TestFixed:
    @pytest.mark.parametrize(
        ("target", "outcome"),
        [
            ("a", (True, 1)),
            ("b", (False, None)),
            ("c.d", (True, 2)),
            ("c.e", (False, None)),
            ("c", (True, {"d": 2})),
            ("a.x", (True, None)),  # fixed as a whole, to something without such a part
        ],
    )
    def test_an_argument_is_looked_up_by_its_path(self, target, outcome):
        assert look_up({"a": 1, "c": {"d": 2}}, target) == outcome

    def test_numbers_are_known_by_the_names_of_their_parameters(self):
        inner = Parameter(name="width", domain=PowerOfTwo(low=1, high=8), target="policy.width")
        other = Parameter(name="net", domain=Choice(options=("a",)), target="policy.net")
        space = Space(parameters=(inner, other))
        arguments = {"lr": 0.1, "name": "x", "policy": {"width": 4, "net": "a"}}
        assert fixed_numbers(space, arguments) == {"lr": 0.1, "width": 4}


def test_steps_of_several_agents_are_their_environments():
    small = cell()
    scenario = replace(small.scenario, choices={"mode": ("shared",)})
    learner = replace(small.algorithm, learner="stable_baselines3.ppo.ppo:PPO")
    assert rollout_steps(learner, scenario, {"n_steps": 64}) is None
    assert trained_steps(learner, scenario, {"n_steps": 64}, 100) == 100
    assert rollout_steps(learner, small.scenario, {"n_steps": 64}) == 64


def test_the_environments_own_value_is_nobodys_suggestion():
    free = Parameter(
        name="g", domain=PowerOfTwo(low=1, high=8), default=None, target="scenario.arguments.g"
    )
    searched = cell(space=Space(parameters=(free,)))
    (note,) = outside_defaults(searched, {"g": None})
    assert note.parameter == "g"
    assert note.text.startswith("trial 0 trains the environment's own `g`, which nothing says")
    (note,) = outside_defaults(searched, {"g": 16})
    assert note.text.startswith("the default of `g`, 16, lies outside 1 .. 8 (powers of two)")
    nullable = replace(free, domain=Choice(options=(None, 1)))
    assert list(outside_defaults(cell(space=Space(parameters=(nullable,))), {"g": None})) == []

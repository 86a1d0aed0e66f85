"""What a matrix may write of a search: words, dotted targets, conditions, layers, steps, names."""

from __future__ import annotations

import json
import random

import pytest

from harness.config.documents.nodes import build
from harness.config.ranges.search_spaces import tailor
from harness.core.costs.effort import relative
from harness.core.decisions.plan import plan_trial
from harness.core.learner_arguments.cell_arguments import (
    arguments_of,
    default_arguments,
    trained_values,
)
from harness.core.matrix import Cell
from harness.core.spaces.domain import Float, Int
from harness.core.spaces.value_rules import Context
from harness.registry import Registry

ONE = "scenarios: [{scenario}]\nalgorithms: [{algorithm}]\nspace: {space}\n"


@pytest.fixture(scope="module")
def registry():
    """What is installed: words belong to real learners."""
    return Registry.from_packages()


@pytest.fixture
def cell(load):
    def of(space, algorithm="ppo", scenario="Pendulum-v1", more=""):
        text = ONE.format(scenario=scenario, algorithm=algorithm, space=space) + more
        return load(text).cells[0]

    return of


@pytest.fixture
def fault(problems):
    def of(space, algorithm="ppo", scenario="Pendulum-v1", more=""):
        text = ONE.format(scenario=scenario, algorithm=algorithm, space=space) + more
        (problem,) = problems(text)
        assert problem.line
        return problem

    return of


def points(cell: Cell, count: int = 60):
    """Values all over a space as a sampler would suggest them, and what they come to."""
    draw = random.Random(1)
    for _ in range(count):
        values = {}
        for parameter in cell.space.parameters:
            if cell.space.is_active(parameter, values):
                coordinate = draw.choice(parameter.domain.grid(9))
                values[parameter.name] = parameter.domain.from_axis(coordinate)
        values = trained_values(cell, values)
        yield values, arguments_of(cell, values)


class TestTargets:
    def test_a_dotted_target_is_an_argument_below(self, cell):
        space = "{policy_kwargs.optimizer_kwargs.weight_decay: {low: 1e-6, high: 1e-2, log: true}}"
        for values, arguments in points(cell(space), 5):
            decay = arguments["policy_kwargs"]["optimizer_kwargs"]["weight_decay"]
            assert decay == values["policy_kwargs.optimizer_kwargs.weight_decay"]
            assert arguments["policy_kwargs"]["activation_fn"]

    def test_a_value_of_a_dotted_target_is_fixed_for_all(self, cell):
        fixed = cell("{policy_kwargs.ortho_init: false, n_envs: 4}")
        assert default_arguments(fixed)["policy_kwargs"] == {"ortho_init": False}
        assert fixed.context().n_envs == 4
        assert "n_envs" not in fixed.space

    def test_a_scenario_is_searched_beside_the_learner(self, cell):
        space = (
            "{n_envs: {choices: [1, 4]}, normalize: {choices: [true, false]}, "
            "frame_stack: {choices: [1, 3]}, scenario.arguments.g: {low: 5.0, high: 15.0}}"
        )
        searched = cell(space)
        seen = set()
        for number, (values, arguments) in enumerate(points(searched)):
            run = plan_trial(searched, number % 20, arguments, ()).run
            scenario = run.scenario
            assert scenario.n_envs == values["n_envs"]
            assert scenario.normalize.observation == values["normalize"]
            assert len(scenario.wrappers) == (values["frame_stack"] > 1)
            assert scenario.in_training().arguments["g"] == values["scenario.arguments.g"]
            assert scenario.arguments == searched.scenario.arguments
            rollout = arguments["n_steps"] * values["n_envs"]
            assert rollout % arguments["batch_size"] == 0
            assert rollout * 4 <= searched.search.steps
            seen.add((values["n_envs"], values["normalize"], values["frame_stack"]))
        assert len(seen) == 8

    def test_environments_count_in_the_effort(self, cell):
        searched = cell("{n_envs: {choices: [1, 8]}}")
        few, many = ({"scenario": {"n_envs": count}} for count in (1, 8))
        assert relative(searched, many) < relative(searched, few)

    def test_a_curriculum_ends_when_the_configuration_says(self, cell):
        levels = (
            "overrides: [{match: '*@*', curriculum: {levels: [{arguments: {g: 2.0}}, "
            "{arguments: {g: 5.0}}]}, space: {%s: {low: %s, high: %s}}}]\n"
        )
        at = cell("{}", more=levels % ("curriculum.at", 0.2, 0.8))
        assert at.space["curriculum.at"].default == pytest.approx(2 / 3)
        for values, arguments in points(at, 5):
            shares = plan_trial(at, 1, arguments, ()).run.scenario.curriculum.shares
            end = values["curriculum.at"]
            assert shares == pytest.approx((end / 2, end))
        rate = cell("{}", more=levels % ("curriculum.rate", 0.01, 0.1))
        run = plan_trial(rate, 1, {"scenario": {"curriculum": {"rate": 0.05}}}, ()).run
        assert run.scenario.curriculum.shares == pytest.approx((0.1, 0.2))

    def test_hindsight_brings_its_parameters(self, registry):
        algorithm = registry.algorithms["sac"]
        arguments = {"replay_buffer_class": "HerReplayBuffer"}
        context = Context(n_envs=1, steps=10_000, action="Box")
        tailored = [
            tailor(algorithm, registry.learner(algorithm).parameters, context, fixed, build({}))
            for fixed in (arguments, {})
        ]
        own = {"n_sampled_goal", "goal_selection_strategy"}
        assert [own & set(each.space.names) for each in tailored] == [own, set()]
        values = {"n_sampled_goal": 2, "goal_selection_strategy": "final"}
        assert tailored[0].space.arguments(values, context)["replay_buffer_kwargs"] == values

    @pytest.mark.parametrize(
        ("space", "message", "hint"),
        [
            ("{policy_kwargs.otho_init: false}", "the policy has no argument `otho_init`", ""),
            ("{optimzer: {choices: [adam, sgd]}}", "no algorithm here", "did you mean `optimizer`"),
            ("{policy_kwargs.x: {log: true}}", "`policy_kwargs.x` needs `low` and `high`", ""),
            ("{curriculum.at: {low: 0.1, high: 0.5}}", "`Pendulum-v1` has no curriculum", "write"),
            ("{n_envs: {choices: [0, 4]}}", "`n_envs` must be at least 1, not 0", ""),
            ("{normalize: {choices: [yes]}}", "`normalize` must be true or false", ""),
            ("{frame_stack: {low: 1, high: 100}}", "`frame_stack` must be at most 64", ""),
            ("{optimizer: {choices: [adam, sdg]}}", "unknown optimizer `sdg`", "did you mean"),
            ("{gae_lambda.final: {low: 0.1, high: 0.2}}", "no algorithm here has", ""),
            (
                "{scenario.argument.g: {low: 1, high: 2}}",
                "no",
                "did you mean `scenario.arguments.g`",
            ),
            ("{env_kwargs.g: {low: 1, high: 2}}", "no", "did you mean `scenario.arguments.g`"),
            ("{scenario.n_env: {low: 1, high: 2}}", "no", "did you mean `n_envs`"),
            (
                "{scenario: {arguments: {g: {low: 1}}}}",
                "unknown key",
                "names below others have dots: `space: {scenario.arguments.g",
            ),
            (
                "{curriculum: {at: {low: 0.1}}}",
                "unknown key",
                "names below others have dots: `space: {curriculum.at",
            ),
            (
                "{policy_kwargs: {optimizer_kwargs: {eps: {low: 1}}}}",
                "unknown key",
                "names below others have dots: `space: {policy_kwargs.optimizer_kwargs.eps",
            ),
            ("{n_sampled_goal: {low: 1, high: 4}}", "no algorithm here has", ""),
        ],
    )
    def test_what_does_not_hold_is_said(self, fault, space, message, hint):
        found = fault(space)
        assert found.message.startswith(message)
        assert found.help.startswith(hint)


class TestNoValue:
    def test_a_switch_stands_before_a_value_that_may_be_missing(self, cell):
        searched = cell("{clip_range_vf: {low: 0.1, high: 0.4}}")
        assert searched.space["clip_range_vf.use"].default is False
        assert searched.space.contains(searched.space.default_values())
        outcomes = {arguments["clip_range_vf"] for _, arguments in points(searched)}
        assert None in outcomes
        assert all(0.1 <= each <= 0.4 for each in outcomes - {None})

    def test_what_is_not_optional_always_has_a_value(self, cell):
        searched = cell("{target_kl: {low: 0.01, high: 0.1, optional: false}}")
        assert "target_kl.use" not in searched.space
        assert all(arguments["target_kl"] >= 0.01 for _, arguments in points(searched, 20))

    def test_a_word_has_a_range_of_its_own(self, cell):
        named = cell("{}", more="search: {parameters: [learning_rate, target_kl]}\n")
        assert set(named.space.names) == {"learning_rate", "target_kl.use", "target_kl"}

    def test_null_is_one_of_the_choices(self, cell):
        searched = cell("{target_kl: {choices: [null, 0.02], optional: false}}")
        assert {arguments["target_kl"] for _, arguments in points(searched)} == {None, 0.02}


class TestConditions:
    SPACE = (
        "{optimizer: {choices: [adam, sgd, rmsprop]}, "
        "betas: {choices: [[0.9, 0.999], [0.8, 0.99]], when: {optimizer: adam}}, "
        "momentum: {low: 0, high: 0.99, when: {optimizer: [sgd, rmsprop]}}, "
        "sgd_rate: {target: learning_rate, low: 0.1, high: 1.0, when: {optimizer: sgd}}, "
        "learning_rate: {low: 1e-5, high: 1e-3, log: true, when: {optimizer: [adam, rmsprop]}}}"
    )

    @pytest.mark.parametrize("algorithm", ["ppo", "a2c", "sac"])
    def test_options_follow_the_optimizer(self, cell, algorithm):
        seen = set()
        for values, arguments in points(cell(self.SPACE, algorithm)):
            kind = arguments["policy_kwargs"]["optimizer_class"]
            options = set(arguments["policy_kwargs"]["optimizer_kwargs"])
            assert options == ({"betas"} if kind == "adam" else {"momentum"})
            rate = arguments["learning_rate"]
            rate = rate["initial"] if isinstance(rate, dict) else rate
            assert (rate >= 0.1) == (kind == "sgd")
            assert ("sgd_rate" in values) == (kind == "sgd")
            seen.add(kind)
        assert seen == {"adam", "sgd", "rmsprop"}

    def test_lists_among_choices_are_lists(self, cell):
        for _, arguments in points(cell(self.SPACE)):
            betas = arguments["policy_kwargs"]["optimizer_kwargs"].get("betas")
            assert betas in (None, [0.9, 0.999], [0.8, 0.99])

    def test_options_know_their_optimizers_without_being_told(self, cell):
        space = (
            "{optimizer: {choices: [adam, sgd]}, momentum: {low: 0, high: 0.9}, beta1: {low: 0.8}}"
        )
        for _, arguments in points(cell(space)):
            options = arguments["policy_kwargs"]["optimizer_kwargs"]
            is_sgd = arguments["policy_kwargs"]["optimizer_class"] == "sgd"
            assert set(options) == ({"momentum"} if is_sgd else {"betas"})

    def test_ranges_that_take_the_place_of_an_algorithms_own_decide_its_argument(self, cell):
        space = (
            "{optimizer: {choices: [adam, sgd]}, "
            "tiny_net: {target: net_arch, choices: [tiny], when: {optimizer: adam}}, "
            "net: {target: net_arch, choices: [[8, 8], small], when: {optimizer: sgd}}, "
            "kind: {target: activation_fn, choices: [relu, elu], "
            "when: {normalize_advantage: true}}}"
        )
        layers = {"tiny": [64], "[8, 8]": [8, 8], "small": [64, 64]}
        for values, arguments in points(cell(space)):
            label = values.get("tiny_net") or values["net"]
            assert arguments["policy_kwargs"]["net_arch"] == layers[label]
            assert arguments["policy_kwargs"]["activation_fn"] == values["kind"]
            assert {"net_arch", "activation_fn"}.isdisjoint(arguments)

    def test_all_of_several_conditions_must_hold(self, cell):
        space = (
            "{optimizer: {choices: [adam, sgd]}, gae_lambda: {low: 0.9, high: 0.99, "
            "when: {optimizer: sgd, normalize_advantage: true}}, "
            "normalize_advantage: {choices: [true, false]}}"
        )
        searched = cell(space)
        names = searched.space.names
        assert names.index("gae_lambda") > names.index("normalize_advantage")
        for values, _ in points(searched):
            both = values["optimizer"] == "sgd" and values["normalize_advantage"]
            assert ("gae_lambda" in values) == both
        assert type(searched.space).from_json(searched.space.to_json()).to_json() == (
            searched.space.to_json()
        )

    def test_what_a_parameter_depends_on_by_itself_still_counts(self, cell):
        searched = cell("{ent_coef: {low: 0.01, high: 0.1, when: {use_sde: true}}}")
        for values, arguments in points(searched):
            both = values["use_sde"] and values["entropy_bonus"]
            assert ("ent_coef" in values) == both
            assert arguments.get("ent_coef", 0.0) == (values["ent_coef"] if both else 0.0)

    @pytest.mark.parametrize(
        "target_kl", ["{low: 0.01, high: 0.1}", "{choices: [null, 0.02]}", "{optional: true}"]
    )
    def test_a_condition_may_be_that_there_is_no_value(self, cell, target_kl):
        space = (
            f"{{target_kl: {target_kl}, n_epochs: {{low: 2, high: 5, when: {{target_kl: null}}}}}}"
        )
        seen = set()
        for values, arguments in points(cell(space)):
            assert ("n_epochs" in values) == (arguments["target_kl"] is None)
            seen.add(arguments["target_kl"] is None)
        assert seen == {True, False}

    @pytest.mark.parametrize("when", ["small", "[64, 64]", "[[64, 64]]", "[[64, 64], [9, 9]]"])
    @pytest.mark.parametrize("choices", ["[small, tiny]", "[[64, 64], [64]]"])
    def test_a_network_in_a_condition_may_be_spelled_otherwise(self, cell, when, choices):
        space = (
            f"{{net_arch: {{choices: {choices}}}, gamma: {{low: 0.9, when: {{net_arch: {when}}}}}}}"
        )
        seen = set()
        for values, arguments in points(cell(space)):
            is_wide = arguments["policy_kwargs"]["net_arch"] == [64, 64]
            assert ("gamma" in values) == is_wide
            seen.add(is_wide)
        assert seen == {True, False}
        fixed = f"{{net_arch: [64, 64], gamma: {{low: 0.9, when: {{net_arch: {when}}}}}}}"
        assert cell(fixed).space["gamma"].when is None

    def test_conditions_in_a_circle_are_said(self, fault):
        found = fault(
            "{vf_coef: {low: 0.1, when: {gamma: 0.9}}, gamma: {low: 0.9, when: {gae_lambda: 0.9}}, "
            "gae_lambda: {low: 0.9, when: {gamma: 0.9}}}"
        )
        assert found.message == "`gamma` depends on itself, by way of `gae_lambda`"
        assert found.help.startswith("name another")

    def test_ranges_of_several_algorithms_may_depend_on_what_one_of_them_has(self, load, problems):
        text = (
            "scenarios: [Pendulum-v1]\nalgorithms: [ppo, td3]\n"
            "space: {gamma: {low: 0.9, high: 0.99, when: {%s: true}}}\n"
        )
        ppo, td3 = load(text % "use_sde").cells
        assert ppo.space["gamma"].when is not None
        assert "gamma" not in td3.space
        (found,) = problems(text % "use_sd")
        assert found.message == "`gamma` depends on `use_sd`, which is no hyperparameter here"
        assert found.help == "did you mean `use_sde`?"

    def test_a_condition_on_what_is_fixed_holds_or_leaves(self, cell, fault):
        on = cell("{optimizer: sgd, momentum: {low: 0, high: 0.9}}")
        assert on.space["momentum"].when is None
        found = fault("{optimizer: adam, momentum: {low: 0, high: 0.9}}")
        assert found.message.startswith("`momentum` decides nothing")
        assert fault("{momentum: {low: 0, high: 0.9}}").message == (
            "`momentum` decides nothing: it counts only with another `optimizer`"
        )

    @pytest.mark.parametrize(
        ("when", "message", "hint"),
        [
            ("{optimizer: sdg}", '`gamma` counts only if `optimizer` is "sdg", which', "did you"),
            ("{optimiser: sgd}", "`gamma` depends on `optimiser`, which is no", "did you mean"),
            ("{gamma: 0.9}", "`gamma` depends on itself", "name another"),
            ("{gae_lambda: {low: 0.9}}", "`gamma` counts only if `gae_lambda` has a value", ""),
            ("sgd", "`when` must be a mapping", ""),
        ],
    )
    def test_a_condition_that_makes_no_sense_is_said(self, fault, when, message, hint):
        space = f"{{optimizer: {{choices: [adam, sgd]}}, gamma: {{low: 0.9, when: {when}}}}}"
        found = fault(space)
        assert found.message.startswith(message)
        assert found.help.startswith(hint)


class TestSharedTargets:
    """Several ranges for one argument: never two of them decide it."""

    PART = "%s: {target: gamma, low: %s, high: %s, when: {use_sde: %s}}"

    def test_one_counts_at_a_time(self, cell):
        low, high = self.PART % ("far", 0.8, 0.9, "true"), self.PART % ("near", 0.95, 0.99, "false")
        searched = cell(f"{{{low}, {high}}}")
        assert "gamma" not in searched.space
        for values, arguments in points(searched):
            name = "far" if values["use_sde"] else "near"
            assert arguments["gamma"] == values[name]
            assert {"far", "near"} & set(values) == {name}

    def test_the_own_range_counts_where_no_other_does(self, cell):
        searched = cell(f"{{{self.PART % ('far', 0.8, 0.9, 'true')}}}")
        for values, arguments in points(searched):
            name = "far" if values["use_sde"] else "gamma"
            assert arguments["gamma"] == values[name]
            assert {"far", "gamma"} & set(values) == {name}
        always = cell("{far: {target: gamma, low: 0.8, high: 0.9}}")
        assert "gamma" not in always.space

    @pytest.mark.parametrize(
        "other",
        [
            "gamma: {low: 0.8}",
            PART % ("near", 0.95, 0.99, "true"),
            PART % ("near", 0.9, 0.99, "[]"),
        ],
    )
    def test_two_at_a_time_are_said(self, fault, other):
        found = fault(f"{{{self.PART % ('far', 0.8, 0.9, 'true')}, {other.replace('[]', 'true')}}}")
        assert "both decide `gamma`" in found.message
        assert found.help.startswith("keep one of them")


class TestNetworks:
    def test_layers_have_widths_of_their_own(self, cell):
        searched = cell("{net_arch: {layers: [1, 4], widths: [64, 128, 256, 512]}}")
        assert searched.space.contains(searched.space.default_values())
        depths, widths = set(), set()
        for values, arguments in points(searched, 200):
            network = arguments["policy_kwargs"]["net_arch"]
            assert len(network) == values["net_arch.layers"]
            assert network == [values[f"net_arch.width_{i + 1}"] for i in range(len(network))]
            depths.add(len(network))
            widths |= set(network)
        assert (depths, widths) == ({1, 2, 3, 4}, {64, 128, 256, 512})

    @pytest.mark.parametrize(("algorithm", "other"), [("ppo", "vf"), ("sac", "qf")])
    def test_policy_and_value_apart(self, cell, algorithm, other):
        part = "{layers: %s, widths: [32, 48]}"
        space = f"{{net_arch: {{pi: {part % 2}, {other}: {part % [1, 3]}}}}}"
        sizes = set()
        for _, arguments in points(cell(space, algorithm)):
            network = arguments["policy_kwargs"]["net_arch"]
            assert set(network) == {"pi", other}
            assert len(network["pi"]) == 2
            sizes.add(len(network[other]))
        assert sizes == {1, 2, 3}

    def test_a_single_width_is_a_list_of_one(self, cell, fault):
        for _, arguments in points(cell("{net_arch: {layers: 16, widths: [1, 3]}}"), 9):
            assert len(arguments["policy_kwargs"]["net_arch"]) == 16
            assert set(arguments["policy_kwargs"]["net_arch"]) <= {1, 3}
        for _, arguments in points(cell("{net_arch: {layers: [1, 2], widths: 32}}"), 9):
            assert set(arguments["policy_kwargs"]["net_arch"]) == {32}
        assert fault("{gamma: {layers: 2, widths: 8}}").message.startswith("`gamma` has no layers")

    def test_a_network_that_is_named_is_searched_whole(self, cell):
        layers = "{net_arch: {layers: [1, 2], widths: [8, 16]}}"
        named = cell(layers, more="search: {parameters: [net_arch]}\n")
        assert set(named.space.names) == {f"net_arch.{n}" for n in ("layers", "width_1", "width_2")}

    @pytest.mark.parametrize(
        ("entry", "message"),
        [
            ("{layers: [1, 2]}", "`net_arch` needs `layers` and `widths`"),
            ("{layers: [3, 1], widths: [8]}", "`net_arch` takes `layers` as a number or as two"),
            ("{layers: 1, widths: [0]}", "`net_arch` takes `widths` as whole numbers from 1"),
            ("{layers: 1, widths: [8, 8]}", "`net_arch` takes each of `widths` once, not [8, 8]"),
            ("{layers: [1, 17], widths: [8]}", "`net_arch` takes `layers` as a number or as two"),
            ("{layers: 0, widths: [8]}", "`net_arch` takes `layers` as a number or as two"),
            (
                "{layers: 1, widths: [4], pi: {layers: 1, widths: [4]}}",
                "`net_arch` has `layers` and `widths` for all parts, or for each part; not both",
            ),
            ("{pi: {layers: 1, widths: [8]}}", "`net_arch` has the parts pi"),
            ("{choices: [small], layers: 1}", "`net_arch` must be one of"),
        ],
    )
    def test_what_does_not_hold_is_said(self, fault, entry, message):
        assert fault(f"{{net_arch: {entry}}}").message.startswith(message)


class TestKinds:
    @pytest.mark.parametrize(
        ("name", "entry", "domain"),
        [
            ("n_epochs", "{low: 2, high: 11, step: 3}", Int(low=2, high=11, step=3)),
            ("n_epochs", "{low: 2, high: 10, step: 3}", Int(low=2, high=8, step=3)),
            ("clip_range", "{low: 0.1, high: 0.4, step: 0.1}", Float(low=0.1, high=0.4, step=0.1)),
            ("gamma", "{low: 0.9, high: 0.99, step: 0.03}", Float(low=0.9, high=0.99, step=0.03)),
            ("n_epochs", "{low: 1, high: 64, log: true}", Int(low=1, high=64, log=True)),
            ("n_steps", "{low: 100, high: 500, step: 100}", Int(low=100, high=500, step=100)),
            ("n_steps", "{low: 30, high: 4100}", Int(low=30, high=4100)),
        ],
    )
    def test_steps_and_scales(self, cell, name, entry, domain):
        parameter = cell(f"{{{name}: {entry}}}").space[name]
        assert (parameter.full_domain or parameter.domain) == domain

    def test_a_range_may_have_a_name(self, cell, fault):
        more = "ranges: {rate: {low: 1e-4, high: 1e-2, log: true}}\n"
        space = "{learning_rate: {range: rate}, target_kl: {range: rate, high: 0.1}}"
        named = cell(space, more=more)
        assert named.space["learning_rate"].domain == Float(low=1e-4, high=1e-2, log=True)
        assert named.space["target_kl"].domain == Float(low=1e-4, high=0.1, log=True)
        found = fault("{learning_rate: {range: rate, choices: [1]}}", more=more)
        assert found.message == (
            "`learning_rate` has `choices` beside the `low` and `high` of the range `rate`"
        )
        found = fault("{learning_rate: {range: rat}}", more=more)
        assert (found.message, found.help) == (
            "no range is called `rat`",
            "did you mean `rate`?",
        )

    def test_a_named_range_may_be_a_value_or_name_another(self, cell, fault):
        more = "ranges: {value: 0.95, high: {high: 0.99}, both: {range: high, low: 0.9}, none: }\n"
        named = cell("{gamma: {range: value}, gae_lambda: {range: both}}", more=more)
        assert named.arguments == {"gamma": 0.95}
        domain = named.space["gae_lambda"].domain
        assert (domain.low, domain.high) == (0.9, 0.99)
        found = fault("{gamma: {range: none}}", more=more)
        assert found.message == "`gamma` must be a number, not null"
        loop = "ranges: {one: {range: two}, two: {range: one}}\n"
        assert (
            fault("{gamma: {range: one}}", more=loop).message
            == "`ranges` goes round: one -> two -> one"
        )

    @pytest.mark.parametrize(
        ("entry", "message"),
        [
            ("{low: 2, high: 9, step: 0.5}", "`n_epochs` takes whole numbers: no `step` of 0.5"),
            ("{low: 2, high: 9, step: 20}", "`n_epochs`: step 20 is larger than the range"),
            ("{low: 2, high: 9, step: 0}", "`step` must be above 0"),
            ("{low: 2, high: 9, step: 1, log: true}", "`n_epochs`: a logarithmic range has no"),
        ],
    )
    def test_what_does_not_hold_is_said(self, fault, entry, message):
        assert fault(f"{{n_epochs: {entry}}}").message.startswith(message)


@pytest.mark.parametrize(
    ("algorithm", "scenario", "fixed"),
    [
        ("tqc", "Pendulum-v1", {"n_quantiles": 10}),
        ("qrdqn", "CartPole-v1", {"n_quantiles": 10}),
        ("ppo_recurrent", "CartPole-v1", {"lstm_hidden_size": 16, "enable_critic_lstm": False}),
    ],
)
def test_what_is_fixed_below_an_argument_stands_there_alone(cell, algorithm, scenario, fixed):
    for _, arguments in points(cell(json.dumps(fixed), algorithm, scenario), 3):
        assert fixed.items() <= arguments["policy_kwargs"].items()
        assert fixed.keys().isdisjoint(arguments)


class TestSchedules:
    def test_any_scheduled_argument_has_a_schedule_and_an_end(self, cell):
        space = (
            "{learning_rate.final: {low: 1e-6, high: 1e-5, log: true}, "
            "clip_range.schedule: {choices: [constant, linear]}, "
            "clip_range.final: {low: 0.01, high: 0.04}, "
            "entropy_bonus: true, ent_coef.schedule: cosine, ent_coef.final: 0.0}"
        )
        kinds = set()
        for values, arguments in points(cell(space)):
            rate, clip = arguments["learning_rate"], arguments["clip_range"]
            assert isinstance(rate, dict) == (values["lr_schedule"] != "constant")
            if isinstance(rate, dict):
                assert 1e-6 <= rate["final"] <= 1e-5
            if isinstance(clip, dict):
                assert clip["schedule"] == "linear"
                assert 0.01 <= clip["final"] <= 0.04
            kinds.add(type(clip))
            entropy = arguments["ent_coef"]
            assert (entropy["schedule"], entropy["final"]) == ("cosine", 0.0)
        assert kinds == {dict, float}

    def test_a_value_that_is_held_in_the_search_holds_where_it_is_not_named(self, cell):
        searched = cell("{lr_schedule: linear}", more="search: {parameters: [learning_rate]}")
        for values, arguments in points(searched, 3):
            rate = {"schedule": "linear", "initial": values["learning_rate"]}
            assert arguments == {"learning_rate": rate}

    def test_a_fixed_rate_with_schedule_and_end_is_one_argument(self, cell):
        fixed = cell("{learning_rate: 1e-3, lr_schedule: linear, learning_rate.final: 1e-4}")
        assert fixed.arguments["learning_rate"] == {
            "schedule": "linear",
            "initial": 1e-3,
            "final": 1e-4,
        }

    @pytest.mark.parametrize(
        ("space", "more"),
        [
            ("learning_rate.schedule: {choices: [constant, linear]}", ""),
            ("", "search: {parameters: [learning_rate, learning_rate.schedule, gamma]}"),
        ],
    )
    @pytest.mark.parametrize("name", ["learning_rate.schedule", "lr_schedule"])
    def test_a_rate_has_one_schedule_by_either_name(self, cell, space, more, name):
        searched = cell(f"{{gamma: {{low: 0.9, when: {{{name}: linear}}}}, {space}}}", more=more)
        assert "lr_schedule" not in searched.space
        kinds = set()
        for values, arguments in points(searched):
            rate, kind = arguments["learning_rate"], values["learning_rate.schedule"]
            is_number = kind == "constant"
            assert rate == (
                values["learning_rate"]
                if is_number
                else {"schedule": kind, "initial": values["learning_rate"]}
            )
            assert ("gamma" in values) == (kind == "linear")
            kinds.add(kind)
        assert {"constant", "linear"} <= kinds

    def test_two_schedules_of_a_rate_are_said(self, fault):
        found = fault("{learning_rate.schedule: {choices: [linear]}, lr_schedule: cosine}")
        assert found.message == (
            "`learning_rate.schedule` and `lr_schedule` decide the same argument"
        )

    def test_an_end_needs_a_schedule(self, fault):
        found = fault("{clip_range.final: {low: 0.01, high: 0.04}}")
        assert found.message == (
            "`clip_range.final` decides nothing: it counts only with another `clip_range.schedule`"
        )


def test_a_space_in_the_language_reads_back_from_its_record(cell):
    searched = cell(TestConditions.SPACE)
    data = json.loads(json.dumps(searched.space.to_json()))
    assert type(searched.space).from_json(data).to_json() == data


@pytest.mark.parametrize("decay", ["{low: 1e-4}", "1e-4"])
def test_options_that_the_learner_would_pass_over_are_said(fault, decay):
    found = fault(f"{{weight_decay: {decay}}}", "a2c")
    assert found.line == 3
    for more in (f"weight_decay: {decay}", "betas: {choices: [[0.9, 0.99], [0.8, 0.99]]}"):
        own = fault(f"{{{more}}}", "qrdqn", "CartPole-v1")
        assert own.message == "`optimizer_kwargs` count for nothing where no optimizer is named"
        assert "optimizer: adam" in own.help
    assert found.message == "`optimizer_kwargs` count for nothing beside `use_rms_prop`"
    assert found.help.startswith("name the optimizer too")


def test_options_are_taken_beside_a_named_optimizer(cell, fault):
    space = "{optimizer: {choices: [adam, adamw]}, betas: {choices: [[0.9, 0.99], [0.8, 0.99]]}}"
    assert "betas" in cell(space, "qrdqn", "CartPole-v1").space
    found = fault("{}", "a2c", more="search: {parameters: [learning_rate, weight_decay]}")
    assert found.message == "`optimizer_kwargs` count for nothing beside `use_rms_prop`"
    assert found.line == 4


def test_a_frequency_in_episodes_is_a_choice_like_any_other(cell, fault):
    space = "{train_freq: {choices: [[1, episode], 4]}, gradient_steps: -1}"
    seen = [arguments["train_freq"] for _, arguments in points(cell(space, "sac"))]
    assert {str(each) for each in seen} == {"[1, 'episode']", "4"}
    found = fault("{train_freq: {choices: [[1, episode], 4]}}", "sac")
    assert found.message == "`replay_ratio` needs a `train_freq` in steps"


def test_a_choice_that_is_a_schedule_stays_what_it_is(cell):
    space = "{learning_rate: {choices: [{schedule: linear, initial: 1e-3}, 1e-4]}}"
    rates = [arguments["learning_rate"] for _, arguments in points(cell(space))]
    initial = {rate["initial"] if isinstance(rate, dict) else rate for rate in rates}
    assert initial == {1e-3, 1e-4}


@pytest.mark.parametrize(
    ("space", "algorithm", "message"),
    [
        (
            "{stats_window_size: {low: 2, high: 9, step: 0.5}}",
            "ppo",
            "`stats_window_size` takes whole",
        ),
        (
            "{policy_kwargs.n_critics: {low: 1.0, high: 2.5}}",
            "sac",
            "n_critics` takes whole numbers",
        ),
        (
            "{policy_kwargs: {choices: [x]}, activation_fn: {choices: [relu, elu]}}",
            "ddpg",
            "`policy_kwargs` and `activation_fn` decide the same argument",
        ),
        ("{n_steps: {low: 0, high: 3}}", "ppo", "`n_steps` must be at least 1, not 0"),
        ("{frame_stack: {low: 1, high: 2, step: 0.5}}", "a2c", "`frame_stack` takes whole"),
        ("{batch_size: 0.5}", "ppo", "`batch_size` must be a whole number, not 0.5"),
    ],
)
def test_what_no_trial_could_train_is_refused(problems, space, algorithm, message):
    found = problems(ONE.format(scenario="Pendulum-v1", algorithm=algorithm, space=space))
    assert any(message in each.message for each in found)
    assert all(each.line == 3 for each in found)


@pytest.mark.parametrize(
    ("algorithm", "arguments", "message"),
    [
        ("tqc", "top_quantiles_to_drop_per_net: 16", "`top_quantiles_to_drop_per_net` must"),
        ("trpo", "sub_sampling_factor: 1000", "`sub_sampling_factor` must be below the rollout of"),
    ],
)
def test_what_is_fixed_goes_with_what_is_searched(problems, algorithm, arguments, message):
    text = (
        "scenarios: [Pendulum-v1]\n"
        f"algorithms: [{{name: {algorithm}, arguments: {{{arguments}}}}}]\n"
        "search: {steps: 1000}\ntest: {steps: 1000}\n"
    )
    (found,) = problems(text)
    assert found.message.startswith(message)
    assert found.line == 2

"""Learner arguments: what each may be, which do not go together, and their one form."""

import math
from dataclasses import replace

import pytest
from builders import cell
from hypothesis import given
from hypothesis import strategies as st

from harness.core.arguments import RESERVED, SAVING
from harness.core.learner_arguments.argument_contradictions import Signature
from harness.core.learner_arguments.argument_problems import argument_problems, normal_arguments
from harness.core.learner_arguments.argument_types import (
    ARGUMENTS,
    TEMPERATURE,
    Flag,
    Number,
    Options,
    Unwritable,
    format_value,
)

PPO = Signature(
    parameters={
        "learning_rate": 3e-4,
        "n_steps": 2048,
        "batch_size": 64,
        "n_epochs": 10,
        "gamma": 0.99,
        "gae_lambda": 0.95,
        "clip_range_vf": None,
        "ent_coef": 0.0,
        "normalize_advantage": True,
        "policy_kwargs": None,
        "target_kl": None,
        "own_flag": False,
        "own_number": 2.0,
        "own_object": "x",
    },
    policy={
        "net_arch": None,
        "activation_fn": None,
        "optimizer_class": None,
        "optimizer_kwargs": None,
        "ortho_init": True,
        "log_std_init": 0.0,
        "lr_schedule": None,
    },
)
TQC = Signature(
    parameters={
        "learning_rate": 3e-4,
        "buffer_size": 1_000_000,
        "batch_size": 256,
        "train_freq": 1,
        "action_noise": None,
        "replay_buffer_class": None,
        "replay_buffer_kwargs": None,
        "optimize_memory_usage": False,
        "ent_coef": "auto",
        "top_quantiles_to_drop_per_net": 2,
        "use_sde": False,
    },
    policy={"net_arch": None, "n_quantiles": 25},
)


def problems(arguments, signature=PPO):
    return [(each.path, each.message) for each in argument_problems(arguments, signature)]


def hint(arguments, signature=PPO):
    (each,) = argument_problems(arguments, signature)
    return each.help


class TestNumbers:
    @pytest.mark.parametrize(
        ("kind", "inside", "outside"),
        [
            (Number(low=0, high=1), [0, 1, 0.5, 1.0], [-0.001, 1.001, math.nan, -math.inf, 2]),
            (Number(low=0, above=True), [1e-9, 5], [0, 0.0, -1, math.inf]),
            (Number(), [-1e300, 0], [math.inf, math.nan, "1", None, True]),
            (Number(low=1, whole=True), [1, 2.0, 10**400], [0, 1.5, "1", False]),
            (Number(low=-1, without=0, whole=True), [-1, 1], [0, -2, 0.0]),
            (TEMPERATURE, ["auto", "auto_0.1", "auto_1e-3", 0, 2.5],
             ["auto_0", "auto_0.0", "auto_", "Auto", "0.1", -1]),
            (ARGUMENTS["target_entropy"], ["auto", -3.0], ["auto_1", ""]),
        ],
    )  # fmt: skip
    def test_bounds_are_inside(self, kind, inside, outside):
        assert [value for value in inside if kind.problem(value) is not None] == []
        assert [value for value in outside if kind.problem(value) is None] == []

    @pytest.mark.parametrize(
        ("kind", "value", "words"),
        [
            (Number(low=1, whole=True), "x", 'must be a whole number, not the text "x"'),
            (Number(low=1, whole=True), 2.5, "must be a whole number, not 2.5"),
            (Number(low=1), 0, "must be at least 1, not 0"),
            (Number(low=1, above=True), 1, "must be above 1, not 1"),
            (Number(high=1), 3, "must be at most 1, not 3"),
            (Number(without=3), 3, "must not be 3"),
            (Number(), math.inf, "must be a finite number, not inf"),
            (Number(), None, "must be a number, not null"),
            (TEMPERATURE, True, "must be a number or `auto` or `auto_0.1`, not true"),
            (Flag(), "true", 'must be true or false, not the text "true"'),
            (Flag(), 1, "must be true or false, not 1"),
            (Options(), [1], "must be a mapping, not a list"),
            (Unwritable(), {}, "takes a Python class, which a matrix cannot hold: a mapping"),
        ],
    )
    def test_what_is_wrong_is_said(self, kind, value, words):
        assert kind.problem(value) == words

    def test_what_fits_is_no_problem(self):
        assert Flag().problem(False) is None
        assert Options().problem({}) is None
        assert format_value("a" * 100) == f'the text "{"a" * 60}"'
        assert len(format_value(10**100)) == 60

    @given(st.integers(-(2**53), 2**53))
    def test_a_count_has_one_form(self, count):
        normal = Number(whole=True).normal(float(count))
        assert (normal, type(normal)) == (count, int)
        assert type(Number().normal(float(count))) is float
        assert Number(whole=True).normal(count + 0.5 if abs(count) < 2**40 else "x") != count


class TestOneArgument:
    @pytest.mark.parametrize("name", sorted(RESERVED))
    def test_what_the_harness_gives_is_reserved(self, name):
        (each,) = argument_problems({name: None}, PPO)
        assert (each.path, each.at_key) == ((name,), True)
        assert "given by the harness" in each.message

    @pytest.mark.parametrize(
        "arguments",
        [
            {"target_kl": None},
            {"clip_range_vf": None},
            {"gamma": 1, "n_steps": 5, "batch_size": 1e2},
            {"own_flag": True},
            {"own_number": -3},
            {"own_object": object},  # only its learner knows
            {"unheard_of": "x"},
            {"policy_kwargs": None},
            {"learning_rate": {"schedule": "linear", "initial": 0.1}},
            {"learning_rate": {"schedule": "linear", "initial": 1, "final": 0}},
        ],
    )
    def test_what_a_learner_takes(self, arguments):
        assert problems(arguments) == []

    @pytest.mark.parametrize(
        ("arguments", "path", "words"),
        [
            ({"gamma": None}, ("gamma",), "`gamma` must be a number, not null"),
            ({"gamma": 1.5}, ("gamma",), "`gamma` must be at most 1, not 1.5"),
            ({"own_flag": 1}, ("own_flag",), "`own_flag` must be true or false, not 1"),
            ({"own_number": "x"}, ("own_number",), "must be a number"),
            ({"gamma": {"schedule": "linear", "initial": 1}}, ("gamma",), "takes no schedule"),
            ({"own_number": {"schedule": "linear", "initial": 1}}, ("own_number",), "no schedule"),
            ({"learning_rate": {"schedule": "linaer", "initial": 1}},
             ("learning_rate", "schedule"), "unknown schedule `linaer`"),
            ({"learning_rate": {"schedule": "linear"}},
             ("learning_rate", "initial"), "needs a number `initial`"),
            ({"learning_rate": {"schedule": "linear", "initial": True}},
             ("learning_rate", "initial"), "needs a number `initial`"),
            ({"learning_rate": {"schedule": "linear", "initial": 0}},
             ("learning_rate", "initial"), "`initial` of `learning_rate` must be above 0"),
            ({"learning_rate": {"schedule": "linear", "initial": 1, "final": "0"}},
             ("learning_rate", "final"), "must be a number"),
            ({"learning_rate": {"schedule": "linear", "initial": 1, "final": -1}},
             ("learning_rate", "final"), "must be at least 0, not -1"),
            ({"learning_rate": {"schedule": "linear", "initial": 1, "final": math.inf}},
             ("learning_rate", "final"), "must be at least 0, not inf"),
            ({"learning_rate": {"schedule": "linear", "initial": 1, "end": 2}},
             ("learning_rate", "end"), "unknown key `end` in a schedule"),
        ],
    )  # fmt: skip
    def test_what_it_does_not(self, arguments, path, words):
        ((place, message),) = problems(arguments)
        assert place == path
        assert words in message

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ({"gamma": "0.9"}, "remove the quotes"),
            ({"gamma": "9"}, ""),
            ({"gamma": "much"}, ""),
            ({"gamma": 9}, ""),
            ({"own_flag": "True"}, "remove the quotes: `true` or `false`"),
            ({"own_flag": "off"}, "remove the quotes: `true` or `false`"),
            ({"own_flag": "1"}, ""),
            ({"gamma": "yes"}, ""),
            ({"gamma": {"schedule": "linear", "initial": 1}},
             "these do: learning_rate, clip_range_vf, ent_coef; write a plain value"),
        ],
    )  # fmt: skip
    def test_quotes_are_seen(self, arguments, words):
        assert hint(arguments) == words

    def test_a_learned_temperature_may_be_a_word(self):
        assert problems({"ent_coef": "auto_0.5"}, TQC) == []
        assert problems({"ent_coef": "auto_0.5"}, PPO) != []


class TestReplay:
    @pytest.mark.parametrize(
        "arguments",
        [
            {"train_freq": 4},
            {"train_freq": [1, "episode"]},
            {"train_freq": [8, "step"]},
            {"action_noise": None},
            {"action_noise": {"noise": "normal", "sigma": 0}},
            {"replay_buffer_class": "HerReplayBuffer"},
            {"replay_buffer_kwargs": {"n_sampled_goal": 4, "goal_selection_strategy": "future"}},
        ],
    )
    def test_what_a_learner_takes(self, arguments):
        assert problems(arguments, TQC) == []

    @pytest.mark.parametrize(
        ("arguments", "path", "words"),
        [
            ({"train_freq": [1, "epoch"]}, ("train_freq",), "does not take [1, 'epoch']"),
            ({"train_freq": [0, "step"]}, ("train_freq",), "does not take"),
            ({"train_freq": [1, "step", 2]}, ("train_freq",), "does not take"),
            ({"train_freq": [1]}, ("train_freq",), "does not take"),
            ({"train_freq": 0}, ("train_freq",), "must be at least 1"),
            ({"action_noise": "normal"}, ("action_noise",), "needs a kind of noise"),
            ({"action_noise": {"sigma": 1}}, ("action_noise",), "needs a kind of noise"),
            ({"action_noise": {"noise": "pink", "sigma": 1}}, ("action_noise", "noise"), "unknown"),
            ({"action_noise": {"noise": "normal"}}, ("action_noise", "sigma"), "needs a number"),
            ({"action_noise": {"noise": "normal", "sigma": -1}},
             ("action_noise", "sigma"), "`sigma` must be at least 0"),
            ({"action_noise": {"noise": "normal", "sigma": 1, "mean": 0}},
             ("action_noise", "mean"), "unknown key `mean` in action noise"),
            ({"replay_buffer_class": "Her"}, ("replay_buffer_class",), "unknown replay buffer"),
            ({"replay_buffer_kwargs": {"n_sampled_goal": 0}},
             ("replay_buffer_kwargs", "n_sampled_goal"), "must be at least 1"),
            ({"replay_buffer_kwargs": {"goal_selection_strategy": "past"}},
             ("replay_buffer_kwargs", "goal_selection_strategy"),
             'must be one of future, final, episode, not the text "past"'),
            ({"replay_buffer_kwargs": {"size": 1}}, ("replay_buffer_kwargs", "size"),
             "unknown key `size` in `replay_buffer_kwargs`"),
        ],
    )  # fmt: skip
    def test_what_it_does_not(self, arguments, path, words):
        ((place, message),) = problems(arguments, TQC)
        assert place == path
        assert words in message


class TestPolicy:
    @pytest.mark.parametrize(
        "policy",
        [
            {},
            {"net_arch": "small"},
            {"net_arch": [64, 64.0]},
            {"net_arch": []},
            {"net_arch": None},
            {"net_arch": {"pi": [8], "vf": "big"}},
            {"activation_fn": "tanh", "optimizer_class": "adam"},
            {"ortho_init": False, "log_std_init": -2, "optimizer_kwargs": {"eps": 1e-5}},
        ],
    )
    def test_what_a_policy_takes(self, policy):
        assert problems({"policy_kwargs": policy}) == []

    @pytest.mark.parametrize(
        ("policy", "path", "words"),
        [
            ("small", (), "`policy_kwargs` must be a mapping, not the text"),
            ({"width": 3}, ("width",), "the policy has no argument `width`"),
            ({"lr_schedule": 3}, ("lr_schedule",), "the policy has no argument `lr_schedule`"),
            ({"gamma": 3}, ("gamma",), "the policy has no argument `gamma`"),
            ({"activation_fn": "tahn"}, ("activation_fn",), "unknown activation `tahn`"),
            ({"activation_fn": None}, ("activation_fn",), "unknown activation `None`"),
            ({"optimizer_class": "adma"}, ("optimizer_class",), "unknown optimizer `adma`"),
            ({"ortho_init": None}, ("ortho_init",), "must be true or false, not null"),
            ({"optimizer_kwargs": 3}, ("optimizer_kwargs",), "must be a mapping, not 3"),
            ({"net_arch": "smal"}, ("net_arch",), "unknown network `smal`"),
            ({"net_arch": 64}, ("net_arch",), "`net_arch` must be a list of widths, not 64"),
            ({"net_arch": [0]}, ("net_arch",), "a width in `net_arch` must be at least 1, not 0"),
            ({"net_arch": {"pi": [8]}}, ("net_arch",), "`net_arch` has the parts pi"),
            ({"net_arch": {}}, ("net_arch",), "`net_arch` has the parts none"),
            ({"net_arch": {"pi": [8], "vf": 3}}, ("net_arch", "vf"), "`vf` must be a list"),
            ({"net_arch": {"pi": [8.5], "vf": []}}, ("net_arch", "pi"), "a width in `pi` must be"),
            ({"net_arch": {"pi": {"a": [8]}, "vf": []}}, ("net_arch", "pi"), "has the parts a"),
            ({"log_std_init": 21}, ("log_std_init",), "must be at most 20, not 21"),
        ],
    )
    def test_what_it_does_not(self, policy, path, words):
        ((place, message),) = problems({"policy_kwargs": policy})
        assert place == ("policy_kwargs", *path)
        assert words in message

    def test_where_an_argument_belongs_is_said(self):
        assert "argument of the learner itself" in hint({"policy_kwargs": {"gamma": 0.9}})
        assert "`ortho_init`" in hint({"policy_kwargs": {"orto_init": True}})
        everything = hint({"policy_kwargs": {"q": 1}})
        assert "it takes: activation_fn, log_std_init, net_arch" in everything
        assert "lr_schedule" not in everything

    @pytest.mark.parametrize(
        ("signature", "parts"), [(PPO, ("pi", "vf")), (TQC, ("pi", "qf")), (Signature(), None)]
    )
    def test_networks_are_told_apart_as_the_learner_does(self, signature, parts):
        assert signature.network_parts == parts
        both = {"policy_kwargs": {"net_arch": {"pi": [8], "qf": [8]}}}
        assert bool(problems(both, signature)) == (parts == ("pi", "vf"))
        values = Signature(parameters={"gamma": 0.9})
        assert values.network_parts == ()
        assert hint(both, values) == "it takes a list of widths"
        assert "or `pi` and `vf`, each with one" in hint({"policy_kwargs": {"net_arch": {"a": []}}})

    def test_the_hint_of_a_width_shows_two_networks_where_there_are_two(self):
        wrong = {"policy_kwargs": {"net_arch": [0]}}
        assert "two networks" in hint(wrong)
        assert "two networks" not in hint(wrong, Signature(parameters={"gamma": 0.9}))


def in_scenario(signature, **changes):
    return replace(signature, scenario=replace(cell().scenario, **changes))


class TestContradictions:
    def test_a_buffer_that_saves_memory_or_holds_goals_takes_single_steps(self):
        saving = {"optimize_memory_usage": True}
        assert problems(saving | {"n_steps": 1}, TQC) == []
        assert [path for path, _ in problems(saving | {"n_steps": 2}, TQC)] == [(SAVING,)]
        goals = in_scenario(TQC, observation="dict")
        assert problems({"n_steps": 1}, goals) == []
        assert [path for path, _ in problems({"n_steps": 2}, goals)] == [("n_steps",)]

    def test_an_unknown_word_gets_the_nearest_one_or_all(self):
        optimizer = {"policy_kwargs": {"optimizer_class": "adan"}}
        assert hint(optimizer) == "did you mean `adam`?"
        optimizer = {"policy_kwargs": {"optimizer_class": "zzz"}}
        assert hint(optimizer).startswith("known: adam, ")

    @pytest.mark.parametrize(
        ("arguments", "path"),
        [
            ({"batch_size": 1}, "batch_size"),
            ({"batch_size": 1, "normalize_advantage": False}, None),
            ({"batch_size": 2}, None),
        ],
    )
    def test_one_advantage_cannot_be_normalised(self, arguments, path):
        assert [place[0] for place, _ in problems(arguments)] == ([path] if path else [])
        assert problems({"batch_size": 1}, TQC) == []  # it has no epochs

    @pytest.mark.parametrize(
        ("steps", "n_envs", "wrong"), [(1, 1, True), (1, 2, False), (2, 1, False)]
    )
    def test_nor_one_of_one_environment(self, steps, n_envs, wrong):
        signature = in_scenario(PPO, n_envs=n_envs)
        assert [p for p, _ in problems({"n_steps": steps}, signature)] == [("n_steps",)] * wrong
        assert problems({"n_steps": steps}) == []

    @pytest.mark.parametrize(
        ("saving", "timeouts", "wrong"),
        [(True, True, True), (True, False, False), (False, True, False)],
    )
    def test_a_saving_buffer_has_no_timeouts(self, saving, timeouts, wrong):
        arguments = {
            "optimize_memory_usage": saving,
            "replay_buffer_kwargs": {"handle_timeout_termination": timeouts},
        }
        path = ("replay_buffer_kwargs", "handle_timeout_termination")
        assert [place for place, _ in problems(arguments, TQC)] == [path] * wrong

    def test_no_more_quantiles_are_dropped_than_all_but_one(self):
        few = {"policy_kwargs": {"n_quantiles": 3}}
        assert problems(few | {"top_quantiles_to_drop_per_net": 2}, TQC) == []
        ((path, message),) = problems(few | {"top_quantiles_to_drop_per_net": 3}, TQC)
        assert path == ("top_quantiles_to_drop_per_net",)
        assert "must be at most `n_quantiles` less one, 2, not 3" in message
        assert problems({"top_quantiles_to_drop_per_net": 24}, TQC) == []
        assert problems({"top_quantiles_to_drop_per_net": 25}, TQC) != []

    def test_the_default_counts_beside_what_is_written(self):
        messages = [m for _, m in problems({"policy_kwargs": {"n_quantiles": 2}}, TQC)]
        assert messages == [
            "`top_quantiles_to_drop_per_net` must be at most `n_quantiles` less one, 1, not 2"
        ]

    @pytest.mark.parametrize(
        ("size", "policy", "wrong"),
        [(1, {}, True), (2, {}, False), (1, {"batch_norm": False}, False)],
    )
    def test_one_sample_has_no_variance(self, size, policy, wrong):
        crossq = Signature(
            parameters={"batch_size": 256, "buffer_size": 1}, policy={"batch_norm": True}
        )
        arguments = {"batch_size": size, "policy_kwargs": policy}
        assert [path for path, _ in problems(arguments, crossq)] == [("batch_size",)] * wrong

    @pytest.mark.parametrize(
        ("factor", "n_envs", "normalize", "wrong"),
        [(32, 1, True, True), (31, 1, True, False), (32, 2, True, False), (64, 1, False, False)],
    )
    def test_two_advantages_at_least_are_left_of_a_rollout(self, factor, n_envs, normalize, wrong):
        signature = in_scenario(PPO, n_envs=n_envs)
        signature = replace(signature, parameters=signature.parameters | {"sub_sampling_factor": 1})
        arguments = {
            "n_steps": 32,
            "sub_sampling_factor": factor,
            "normalize_advantage": normalize,
        }
        found = [path for path, _ in problems(arguments, signature)]
        assert found == [("sub_sampling_factor",)] * wrong

    def test_no_more_directions_are_taken_than_tried(self):
        ars = Signature(parameters={"n_delta": 8, "n_top": None})
        assert problems({"n_top": 8}, ars) == []
        ((path, message),) = problems({"n_top": 9}, ars)
        assert (path, "at most `n_delta`, 8, not 9" in message) == (("n_top",), True)

    @pytest.mark.parametrize(
        ("arguments", "changes", "path"),
        [
            ({"use_sde": True}, {}, "use_sde"),
            ({"use_sde": True}, {"action": "Box"}, None),
            ({"use_sde": False}, {}, None),
            ({"train_freq": [1, "episode"]}, {"n_envs": 2}, "train_freq"),
            ({"train_freq": (1, "episode")}, {"n_envs": 2}, "train_freq"),
            ({"train_freq": [1, "episode"]}, {}, None),
            ({"train_freq": [1, "step"]}, {"n_envs": 2}, None),
            ({"n_steps": 3}, {"observation": "dict"}, "n_steps"),
            ({"n_steps": 1}, {"observation": "dict"}, None),
            ({"n_steps": 3}, {}, None),
            ({"optimize_memory_usage": True}, {"observation": "dict"}, "optimize_memory_usage"),
            ({"optimize_memory_usage": True}, {}, None),
        ],
    )
    def test_environments_exclude_arguments(self, arguments, changes, path):
        signature = in_scenario(TQC, **changes)
        assert [place[0] for place, _ in problems(arguments, signature)] == ([path] if path else [])
        assert problems({"n_steps": 3}, in_scenario(PPO, observation="dict")) == []


class TestOneForm:
    def test_counts_are_whole_however_they_were_written(self):
        arguments = {
            "n_steps": 1e3,
            "gamma": 1.0,
            "train_freq": [4.0, "step"],
            "policy_kwargs": {"net_arch": {"pi": [64.0], "vf": "small"}, "n_quantiles": 5.0},
            "replay_buffer_kwargs": {"n_sampled_goal": 4.0, "own": 1.0},
            "own_object": 7.0,
        }
        normal = normal_arguments(arguments, PPO)
        assert repr(normal) == repr(
            {
                "n_steps": 1000,
                "gamma": 1.0,
                "train_freq": [4, "step"],
                "policy_kwargs": {"net_arch": {"pi": [64], "vf": "small"}, "n_quantiles": 5},
                "replay_buffer_kwargs": {"n_sampled_goal": 4, "own": 1.0},
                "own_object": 7.0,
            }
        )

    def test_what_cannot_be_brought_into_form_stays_as_it_is(self):
        odd = {
            "train_freq": [],
            "policy_kwargs": "small",
            "replay_buffer_kwargs": 3,
            "n_steps": "many",
            "learning_rate": {"schedule": "linear", "initial": 1},
        }
        assert normal_arguments(odd, PPO) == odd
        assert normal_arguments({"policy_kwargs": {"net_arch": 7}}, PPO) == {
            "policy_kwargs": {"net_arch": 7}
        }

    @pytest.mark.parametrize(
        ("arguments", "options"),
        [
            ({"optimize_memory_usage": True}, {"handle_timeout_termination": False}),
            (
                {"optimize_memory_usage": True, "replay_buffer_kwargs": {"copy_info_dict": True}},
                {"handle_timeout_termination": False, "copy_info_dict": True},
            ),
            ({"optimize_memory_usage": False}, None),
            ({"optimize_memory_usage": True, "replay_buffer_kwargs": 3}, 3),
        ],
    )
    def test_a_saving_buffer_says_that_it_knows_no_timeouts(self, arguments, options):
        assert normal_arguments(arguments, TQC).get("replay_buffer_kwargs") == options

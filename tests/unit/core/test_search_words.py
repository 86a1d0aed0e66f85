"""What may be searched beyond an algorithm's own space: names, what they stand for, their rules."""

import pytest
from builders import CARTPOLE

from harness.core.space import Space
from harness.core.spaces.domain import Choice, Float, Int
from harness.core.spaces.parameter import Parameter, When
from harness.core.spaces.search_words import NO_RANGE, Vocabulary, scheduled, switched
from harness.core.spaces.training_scenario import SCENARIO_NAMES

CONSTRUCTOR = {
    "learning_rate": 3e-4,
    "n_epochs": 10,
    "gamma": 0.99,
    "clip_range": 0.2,
    "clip_range_vf": None,
    "delta_std": "a function",
    "ent_coef": 0.0,
    "target_kl": None,
    "use_sde": False,
    "replay_buffer_class": None,
    "replay_buffer_kwargs": None,
    "policy_kwargs": None,
    "extra": None,
    "plain": "text",
    "verbose": 0,
    "device": None,
}
POLICY = {
    "net_arch": None,
    "ortho_init": True,
    "full_std": True,
    "optimizer_class": object,
    "optimizer_kwargs": None,
}
SPACE = Space(
    parameters=(
        Parameter(name="gamma", domain=Float(low=0.9, high=0.99), default=0.99),
        Parameter(
            name="ent_coef",
            domain=Float(low=0.0, high=0.1),
            default=0.0,
            when=When(parameter="gamma", values=(0.9,)),
        ),
    )
)
ADAPTIVE = When(parameter="optimizer", values=("adam", "adamw"))
WITH_MOMENTUM = When(parameter="optimizer", values=("sgd", "rmsprop"))
WITH_HINDSIGHT = When(parameter="replay_buffer_class", values=("HerReplayBuffer",))
OPTIONS = "policy_kwargs.optimizer_kwargs"


def vocabulary(**changes):
    return Vocabulary(**{"space": SPACE, "parameters": CONSTRUCTOR, "policy": POLICY} | changes)


def find(name, **changes):
    word = vocabulary(**changes).find(name)
    return None if word is None else word.parameter


@pytest.mark.parametrize(
    ("name", "target", "default", "when"),
    [
        ("optimizer", "policy_kwargs.optimizer_class", "adam", None),
        ("betas", f"{OPTIONS}.betas", "[0.9, 0.999]", ADAPTIVE),
        ("beta1", f"{OPTIONS}.beta1", 0.9, ADAPTIVE),
        ("momentum", f"{OPTIONS}.momentum", 0.0, WITH_MOMENTUM),
        ("weight_decay", f"{OPTIONS}.weight_decay", 0.0, None),
        ("target_kl", "", None, None),
        ("clip_range_vf", "", None, None),
        ("n_sampled_goal", "replay_buffer_kwargs.n_sampled_goal", 4, WITH_HINDSIGHT),
    ],
)
def test_a_word_has_a_range_a_place_and_a_condition(name, target, default, when):
    parameter = find(name)
    assert (parameter.name, parameter.target, parameter.default) == (name, target, default)
    assert parameter.when == when
    assert parameter.domain.problems() == []
    assert parameter.source


def test_the_range_of_sampled_goals_is_that_of_the_zoo():
    assert find("n_sampled_goal").domain == Int(low=1, high=5)


def test_a_word_is_there_where_the_learner_takes_its_argument():
    names = {word.parameter.name for word in vocabulary().words}
    assert {"optimizer", "beta2", "target_kl", "n_sampled_goal"} <= names
    few = {"policy_kwargs": None, "target_kl": None}
    assert {word.parameter.name for word in vocabulary(parameters=few).words} == {
        "optimizer", "betas", "beta1", "beta2", "momentum", "weight_decay", "target_kl",
    }  # fmt: skip
    # The policy has no optimiser of its own here; of an unknown policy all is taken.
    narrow = vocabulary(parameters=few, policy={"net_arch": None})
    assert [word.parameter.name for word in narrow.words] == ["target_kl"]
    assert find("optimizer", parameters=few, policy=None) is not None
    assert find("n_sampled_goal", parameters=few) is None
    # What the space has already is no word beside it.
    own = Space(parameters=(Parameter(name="target_kl", domain=Float(low=0.1, high=0.2)),))
    assert [
        w.parameter.name for w in vocabulary(parameters={"target_kl": 0}, space=own).words
    ] == []


def test_the_default_is_that_of_this_constructor():
    assert find("target_kl", parameters={"target_kl": 0.04}).default == 0.04
    # A2C makes an optimiser that has no name where none is named.
    takes_rms = {"policy_kwargs": None, "use_rms_prop": True}
    assert find("optimizer", parameters=takes_rms).default is None
    assert find("optimizer").default == "adam"


def test_what_a_word_replaces_decides_nothing_beside_it():
    takes_rms = {"policy_kwargs": None, "use_rms_prop": True}
    plain = vocabulary(parameters=takes_rms)
    assert plain.idle_names(SPACE) == frozenset()
    searched = SPACE.with_parameter(find("optimizer"))
    assert plain.idle_names(searched) == {"use_rms_prop"}
    fixed = {"policy_kwargs": {"optimizer_class": "sgd"}}
    assert vocabulary(parameters=takes_rms, arguments=fixed).idle_names(SPACE) == {"use_rms_prop"}
    other = {"policy_kwargs": {"net_arch": [64]}, "target_kl": 0.1}
    assert vocabulary(parameters=takes_rms, arguments=other).idle_names(SPACE) == frozenset()


@pytest.mark.parametrize("name", ["target_kl", "clip_range_vf"])
def test_a_switch_stands_before_what_may_have_no_value(name):
    word = vocabulary().find(name)
    assert (word.nullable, word.rules) == (True, (switched,))
    assert not vocabulary().find("optimizer").nullable


def test_hindsight_brings_its_words():
    assert vocabulary().implied_words == ()
    assert vocabulary(arguments={"replay_buffer_class": "Other"}).implied_words == ()
    hindsight = vocabulary(arguments={"replay_buffer_class": "HerReplayBuffer"})
    names = [word.parameter.name for word in hindsight.implied_words]
    assert names == ["n_sampled_goal", "goal_selection_strategy"]


def test_every_name_to_suggest_stands_for_something():
    names = vocabulary().names
    assert names[:2] == ("gamma", "ent_coef")
    assert set(CONSTRUCTOR) | {"optimizer", "momentum"} | set(SCENARIO_NAMES) <= set(names)
    assert all(find(name) is not None or name in SPACE for name in names)
    assert "momentum" not in vocabulary(parameters={"gamma": 0.9}).names


def test_an_argument_of_the_constructor_needs_a_range():
    parameter = find("n_epochs")
    assert (parameter.domain, parameter.default, parameter.target) == (NO_RANGE, 10, "")
    assert find("n_epoch") is None
    assert find("policy_kwargs.full_std").when == When(parameter="use_sde", values=(True,))
    warm = find("use_sde_at_warmup", parameters={"use_sde_at_warmup": False})
    assert warm.when == When(parameter="use_sde", values=(True,))


def test_a_name_of_the_scenario_has_what_the_scenario_has():
    parameter = find("n_envs", scenario=CARTPOLE)
    assert (parameter.target, parameter.default, parameter.domain) == (
        "scenario.n_envs", 1, NO_RANGE,
    )  # fmt: skip
    assert find("n_envs").default is None
    assert find("scenario.arguments.g").target == "scenario.arguments.g"


class TestSchedules:
    def test_a_scheduled_number_may_have_a_schedule_and_a_last_value(self):
        kind, final = find("clip_range.schedule"), find("clip_range.final")
        assert (kind.domain, kind.default, kind.when) == (
            Choice(options=("constant", "linear", "cosine")), "constant", None,
        )  # fmt: skip
        assert kind.target == "clip_range.schedule"
        assert (final.domain, final.default, final.target) == (NO_RANGE, 0.0, "clip_range.final")
        assert final.when == When(parameter="clip_range.schedule", values=("linear", "cosine"))
        assert vocabulary().find("clip_range.final").rules == (scheduled,)
        assert vocabulary().find("clip_range.schedule").rules == (scheduled,)

    @pytest.mark.parametrize(
        "name",
        [
            "n_epochs.schedule",  # takes no schedule
            "gamma.final",
            "delta_std.schedule",  # no number by default
            "missing.schedule",
            "clip_range.initial",
            "use_sde.final",
        ],
    )
    def test_nothing_else_has(self, name):
        assert find(name) is None

    def test_no_value_may_become_a_number(self):
        assert find("clip_range_vf.schedule") is not None

    def test_it_is_there_when_its_argument_is(self):
        condition = SPACE["ent_coef"].when
        assert find("ent_coef.schedule").when == condition
        assert find("ent_coef.final").when == When(
            parameter="ent_coef.schedule", values=("linear", "cosine"), further=condition
        )

    def test_the_schedule_of_the_learning_rate_may_be_the_spaces_own(self):
        assert find("learning_rate.final").when.parameter == "learning_rate.schedule"
        own = Parameter(name="lr_schedule", domain=Choice(options=("constant", "linear")))
        space = Space(parameters=(own,))
        assert find("learning_rate.final", space=space).when.parameter == "lr_schedule"
        assert find("clip_range.final", space=space).when.parameter == "clip_range.schedule"


class TestBelow:
    @pytest.mark.parametrize(
        ("name", "default"),
        [
            ("policy_kwargs.ortho_init", True),
            ("policy_kwargs.net_arch", None),
            ("policy_kwargs.optimizer_kwargs.eps", None),
            ("policy_kwargs.other", None),
            ("replay_buffer_kwargs.copy_info_dict", None),
            ("extra.ortho_init", None),
        ],
    )
    def test_what_lies_below_an_argument(self, name, default):
        parameter = find(name)
        assert (parameter.name, parameter.target, parameter.domain) == (name, name, NO_RANGE)
        assert parameter.default == default

    @pytest.mark.parametrize(
        "name",
        ["policy_kwargs.", "missing.x", "verbose.x", "device.x", "gamma.x", "use_sde.x", "plain.x"],
    )
    def test_nothing_lies_below_a_number_a_text_or_what_is_reserved(self, name):
        assert find(name) is None

    def test_a_classs_own_default_is_no_value_of_a_search(self):
        policy = POLICY | {"features_extractor": object}
        assert find("policy_kwargs.features_extractor", policy=policy).default is None
        assert find("policy_kwargs.ortho_init", policy=None).default is None

    def test_the_full_name_of_a_word_is_the_word_without_its_range(self):
        word = vocabulary().find(f"{OPTIONS}.beta1")
        assert (word.parameter.name, word.parameter.domain) == (f"{OPTIONS}.beta1", NO_RANGE)
        assert (word.parameter.target, word.parameter.default) == (f"{OPTIONS}.beta1", 0.9)
        assert (word.parameter.when, word.parameter.source) == (ADAPTIVE, "")
        assert word.rules == vocabulary().find("beta1").rules != ()
        whole = find("policy_kwargs.optimizer_class")
        assert (whole.default, whole.domain) == ("adam", NO_RANGE)
        # A policy that has no optimiser has none by its full name either.
        assert find(f"{OPTIONS}.beta1", policy={"net_arch": None}).when is None

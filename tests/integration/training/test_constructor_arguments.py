"""JSON forms of arguments."""

import math

import pytest
import torch
from stable_baselines3.common.noise import NormalActionNoise, OrnsteinUhlenbeckActionNoise

from harness import constructors
from harness.algorithms import ALGORITHMS, ranges
from harness.config.checks.argument_checks import check_arguments
from harness.config.documents.nodes import build
from harness.core.arguments import (
    ACTIVATIONS,
    BUFFERS,
    NETWORKS,
    NOISES,
    OPTIMIZERS,
    RESERVED,
    SCHEDULES,
)
from harness.core.learner_arguments.argument_contradictions import Signature
from harness.errors import UsageError
from harness.training.constructor_arguments import build_arguments, build_schedule

pytestmark = pytest.mark.training


def test_numbers_and_texts_pass_through():
    given = {"learning_rate": 1e-3, "ent_coef": "auto", "n_steps": 5, "target_kl": None}
    assert build_arguments(given, ()) == given


@pytest.mark.parametrize("argument", ["learning_rate", "clip_range"])
@pytest.mark.parametrize(
    ("kind", "values"),
    [("linear", (2.0, 1.0, 0.0)), ("cosine", (2.0, 1.0, 0.0)), ("constant", 2.0)],
)
def test_schedules_fit_any_argument(argument, kind, values):
    built = build_arguments({argument: {"schedule": kind, "initial": 2.0}}, ())[argument]
    found = built if kind == "constant" else tuple(built(share) for share in (1.0, 0.5, 0.0))
    assert found == pytest.approx(values)


def test_cosine_is_above_the_line_first_and_below_it_later():
    cosine = build_schedule({"schedule": "cosine", "initial": 1.0})
    assert cosine(0.75) == pytest.approx((1 + math.cos(math.pi / 4)) / 2)
    assert cosine(0.75) > 0.75
    assert cosine(0.25) < 0.25


@pytest.mark.parametrize("kind", ["linear", "cosine"])
def test_schedules_end_at_their_final_value_and_stay_there(kind):
    built = build_schedule({"schedule": kind, "initial": 1.0, "final": 0.1})
    assert built(0.0) == pytest.approx(0.1)
    assert built(-0.3) == pytest.approx(0.1)


def test_names_become_classes():
    built = build_arguments(
        {"policy_kwargs": {"activation_fn": "silu", "optimizer_class": "adamw", "net_arch": [8]}},
        (),
    )
    assert built["policy_kwargs"] == {
        "activation_fn": torch.nn.SiLU,
        "optimizer_class": torch.optim.AdamW,
        "net_arch": [8],
    }


def test_policy_arguments_are_the_learners_own():
    given = {"policy_kwargs": {"net_arch": [8]}}
    build_arguments(given, ())["policy_kwargs"]["optimizer_class"] = torch.optim.SGD
    assert given == {"policy_kwargs": {"net_arch": [8]}}


@pytest.mark.parametrize(
    ("name", "kind"),
    [("normal", NormalActionNoise), ("ornstein_uhlenbeck", OrnsteinUhlenbeckActionNoise)],
)
def test_noise_has_the_shape_of_an_action(name, kind):
    noise = build_arguments({"action_noise": {"noise": name, "sigma": 0.1}}, (3,))["action_noise"]
    assert isinstance(noise, kind)
    assert noise().shape == (3,)


def test_episodes_as_a_train_frequency_become_a_tuple():
    assert build_arguments({"train_freq": [1, "episode"]}, ()) == {"train_freq": (1, "episode")}


GRAMMAR = {
    "schedule": [{"learning_rate": {"schedule": name, "initial": 0.1}} for name in SCHEDULES],
    "final": [
        {"learning_rate": {"schedule": name, "initial": 0.1, "final": 0.01}} for name in SCHEDULES
    ],
    "activation": [{"policy_kwargs": {"activation_fn": name}} for name in ACTIVATIONS],
    "optimizer": [{"policy_kwargs": {"optimizer_class": name}} for name in OPTIMIZERS],
    "network": [{"policy_kwargs": {"net_arch": name}} for name in NETWORKS],
    "networks": [{"policy_kwargs": {"net_arch": {"pi": name, "qf": [8]}}} for name in NETWORKS],
    "noise": [{"action_noise": {"noise": name, "sigma": 0.1}} for name in NOISES],
    "buffer": [{"replay_buffer_class": name} for name in BUFFERS],
    "frequency": [{"train_freq": value} for value in (4, [2, "step"], [1, "episode"])],
    "nothing": [{"action_noise": None}, {"policy_kwargs": None}, {"replay_buffer_class": None}],
}
OUTSIDE = [
    ({"learning_rate": {"schedule": "lineer", "initial": 1}}, "unknown schedule `lineer`"),
    ({"learning_rate": {"schedule": "linear"}}, "needs a number `initial`"),
    ({"learning_rate": {"schedule": "linear", "initial": "1"}}, "needs a number `initial`"),
    ({"learning_rate": {"schedule": "linear", "initial": 1, "final": "0"}}, "`final` of the"),
    ({"learning_rate": {"schedule": "linear", "initial": 1, "end": 0}}, "unknown key `end`"),
    ({"policy_kwargs": {"activation_fn": "tahn"}}, "unknown activation `tahn`"),
    ({"policy_kwargs": {"activation_fn": None}}, "unknown activation `None`"),
    ({"policy_kwargs": {"optimizer_class": "adm"}}, "unknown optimizer `adm`"),
    ({"policy_kwargs": {"net_arch": "smal"}}, "unknown network `smal`"),
    ({"policy_kwargs": {"net_arch": {"pi": "smal", "qf": [8]}}}, "unknown network `smal`"),
    ({"policy_kwargs": "small"}, "`policy_kwargs` must be a mapping"),
    ({"action_noise": {"noise": "norml", "sigma": 1}}, "unknown action noise `norml`"),
    ({"action_noise": {"noise": "normal"}}, "`action_noise` needs a number `sigma`"),
    ({"action_noise": {"noise": "normal", "sigma": 1, "mean": 0}}, "unknown key `mean`"),
    ({"action_noise": "normal"}, "needs a kind of noise"),
    ({"replay_buffer_class": "HerBuffer"}, "unknown replay buffer `HerBuffer`"),
    ({"train_freq": [1, "episodes"]}, "`train_freq` does not take"),
    *(({name: 1}, f"`{name}` is given by the harness itself") for name in sorted(RESERVED)),
]


def check(arguments, name="td3"):
    algorithm = next(each for each in ALGORITHMS if each.name == name)
    parameters = constructors.read(algorithm.learner).parameters
    policy = constructors.read_policy(algorithm.learner, "MlpPolicy")
    signature = Signature(parameters=parameters, policy=policy)
    return list(check_arguments(name, signature, build(arguments)))


@pytest.mark.parametrize("part", GRAMMAR)
def test_every_name_is_accepted_by_the_check_and_built_by_training(part):
    for arguments in GRAMMAR[part]:
        assert check(arguments) == []
        built = build_arguments(arguments, (2,))
        assert built.keys() == arguments.keys()


@pytest.mark.parametrize(("arguments", "message"), OUTSIDE)
def test_what_is_outside_is_refused_by_both_with_the_same_sentence(arguments, message):
    (problem,) = check(arguments)
    with pytest.raises(UsageError) as caught:
        build_arguments(arguments, (2,))
    assert message in problem.message
    assert (caught.value.message, caught.value.help) == (problem.message, problem.help)


def test_close_names_are_suggested():
    with pytest.raises(UsageError) as caught:
        build_arguments({"policy_kwargs": {"activation_fn": "tahn"}}, ())
    assert caught.value.help == "did you mean `tanh`?"


def test_labels_of_networks_become_widths():
    built = build_arguments({"policy_kwargs": {"net_arch": {"pi": "tiny", "qf": [8, 8]}}}, ())
    assert built == {"policy_kwargs": {"net_arch": {"pi": [64], "qf": [8, 8]}}}


def test_what_is_searched_is_in_the_grammar():
    options = {
        *ranges.activation("tanh").domain.options,
        *ranges.LR_SCHEDULE.domain.options,
        *(option for option in ranges.ACTION_NOISE[0].domain.options if option != "none"),
    }
    assert options <= {*ACTIVATIONS, *SCHEDULES, *NOISES}

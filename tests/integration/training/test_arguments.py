"""JSON forms of arguments."""

import math

import pytest
import torch
from stable_baselines3.common.noise import NormalActionNoise, OrnsteinUhlenbeckActionNoise

from harness.errors import UnknownNameError, UsageError
from harness.training.arguments import ACTIVATIONS, OPTIMIZERS, RESERVED, objects
from harness.training.schedules import schedule

pytestmark = pytest.mark.training


def test_numbers_and_texts_pass_through():
    given = {"learning_rate": 1e-3, "ent_coef": "auto", "n_steps": 5, "target_kl": None}
    assert objects(given, ()) == given


@pytest.mark.parametrize("argument", ["learning_rate", "clip_range"])
@pytest.mark.parametrize(
    ("kind", "values"),
    [("linear", (2.0, 1.0, 0.0)), ("cosine", (2.0, 1.0, 0.0)), ("constant", 2.0)],
)
def test_schedules_fit_any_argument(argument, kind, values):
    built = objects({argument: {"schedule": kind, "initial": 2.0}}, ())[argument]
    found = built if kind == "constant" else tuple(built(share) for share in (1.0, 0.5, 0.0))
    assert found == pytest.approx(values)


def test_cosine_is_above_the_line_first_and_below_it_later():
    cosine = schedule({"schedule": "cosine", "initial": 1.0})
    assert cosine(0.75) == pytest.approx((1 + math.cos(math.pi / 4)) / 2)
    assert cosine(0.75) > 0.75
    assert cosine(0.25) < 0.25


@pytest.mark.parametrize("kind", ["linear", "cosine"])
def test_schedules_end_at_their_final_value_and_stay_there(kind):
    built = schedule({"schedule": kind, "initial": 1.0, "final": 0.1})
    assert built(0.0) == pytest.approx(0.1)
    assert built(-0.3) == pytest.approx(0.1)


def test_names_become_classes():
    built = objects(
        {"policy_kwargs": {"activation_fn": "silu", "optimizer_class": "adamw", "net_arch": [8]}},
        (),
    )
    assert built["policy_kwargs"] == {
        "activation_fn": torch.nn.SiLU,
        "optimizer_class": torch.optim.AdamW,
        "net_arch": [8],
    }
    assert set(ACTIVATIONS) == {"tanh", "relu", "elu", "leaky_relu", "gelu", "silu"}
    assert {"adam", "adamw", "rmsprop", "sgd"} <= set(OPTIMIZERS)


def test_policy_arguments_are_the_learners_own():
    given = {"policy_kwargs": {"net_arch": [8]}}
    objects(given, ())["policy_kwargs"]["optimizer_class"] = torch.optim.SGD
    assert given == {"policy_kwargs": {"net_arch": [8]}}


@pytest.mark.parametrize(
    ("name", "kind"),
    [("normal", NormalActionNoise), ("ornstein_uhlenbeck", OrnsteinUhlenbeckActionNoise)],
)
def test_noise_has_the_shape_of_an_action(name, kind):
    noise = objects({"action_noise": {"noise": name, "sigma": 0.1}}, (3,))["action_noise"]
    assert isinstance(noise, kind)
    assert noise().shape == (3,)


def test_episodes_as_a_train_frequency_become_a_tuple():
    assert objects({"train_freq": [1, "episode"]}, ()) == {"train_freq": (1, "episode")}


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"learning_rate": {"schedule": "lineer", "initial": 1}}, "unknown schedule `lineer`"),
        ({"policy_kwargs": {"activation_fn": "tahn"}}, "unknown activation `tahn`"),
        ({"policy_kwargs": {"optimizer_class": "adm"}}, "unknown optimizer `adm`"),
        ({"action_noise": {"noise": "norml", "sigma": 1}}, "unknown action noise `norml`"),
    ],
)
def test_unknown_names_are_refused_with_a_hint(arguments, what):
    with pytest.raises(UnknownNameError, match=what) as caught:
        objects(arguments, (1,))
    assert "did you mean" in caught.value.help


@pytest.mark.parametrize(
    "arguments",
    [
        {"learning_rate": {"schedule": "linear"}},
        {"learning_rate": {"schedule": "linear", "initial": 1, "end": 0}},
        {"action_noise": {"noise": "normal"}},
        *({name: 1} for name in sorted(RESERVED)),
    ],
)
def test_forms_that_do_not_hold_are_refused(arguments):
    with pytest.raises(UsageError):
        objects(arguments, (1,))

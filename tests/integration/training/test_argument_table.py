"""Every constructor argument of every learner: what the check accepts is what can be trained."""

import warnings

import pytest

from harness.algorithms import ALGORITHMS
from harness.config.checks.argument_checks import check_arguments
from harness.config.documents.nodes import build
from harness.core.arguments import RESERVED
from harness.core.evaluation import Schedule
from harness.core.learner_arguments.argument_problems import normal_arguments
from harness.core.run import Run
from harness.core.scenario import Scenario
from harness.errors import UsageError
from harness.registry import Registry
from harness.training.constructor_arguments import build_arguments
from harness.training.learner import build as build_learner

pytestmark = [pytest.mark.training, pytest.mark.slow]

LINEAR = {"schedule": "linear", "initial": 0.1}
COSINE = {"schedule": "cosine", "initial": 0.2, "final": 0.1}
TEXTS = ["1", "auto_x", "lin_0.1", None, True, [1], {}]
COUNT = [0, -4, 33.5, ".5", True, None, [1], {"schedule": "linear", "initial": 1}]
SHARE = [-0.1, 1.5, "0.5", None, True, float("nan")]
POSITIVE = [0, -1, "0.5", True, float("inf")]
SCHEDULED = [*POSITIVE, "lin_0.1", {"schedule": "liner", "initial": 1}, {"schedule": "linear"}]
FLAG = ["true", 1, 0, None, "no"]
CLASS = ["RolloutBuffer", 1]

VALUES = {
    "action_noise": (
        [None, {"noise": "normal", "sigma": 0.1}, {"noise": "ornstein_uhlenbeck", "sigma": 1}],
        ["NormalActionNoise", 0.1, {"noise": "normal"}, {"noise": "normal", "sigma": -1}],
    ),
    "alive_bonus_offset": ([0, -1.5, 1], ["1", None, True]),
    "batch_size": ([8, 16.0, 32], COUNT),
    "buffer_size": ([200, 1e4, 500], COUNT),
    "cg_damping": ([0.1, 0, 1], [-0.1, "0.1", None]),
    "cg_max_steps": ([1, 5, 10.0], COUNT),
    "clip_range": ([0.2, LINEAR, COSINE], [*SCHEDULED, None]),
    "clip_range_vf": ([None, 0.2, LINEAR], SCHEDULED),
    "delta_std": ([0.05, LINEAR, COSINE], [*SCHEDULED, None]),
    "exploration_final_eps": ([0, 0.05, 1], SHARE),
    "exploration_fraction": ([0.1, 1, 0.5], [0, *SHARE]),
    "exploration_initial_eps": ([1, 0.5, 0], SHARE),
    "gae_lambda": ([0, 0.95, 1], SHARE),
    "gamma": ([0.9, 0.99, 1], SHARE),
    "gradient_steps": ([1, -1, 2.0], [0, -2, 1.5, "1", None]),
    "learning_rate": ([0.001, LINEAR, COSINE], [*SCHEDULED, None]),
    "learning_starts": ([0, 10, 20.0], [-1, 0.5, "1", None, True]),
    "line_search_max_iter": ([1, 10, 5], COUNT),
    "line_search_shrinking_factor": ([0.8, 0.5, 1], [0, *SHARE]),
    "max_grad_norm": ([0.5, 10, 1], POSITIVE),
    "n_critic_updates": ([1, 5, 10], COUNT),
    "n_delta": ([2, 4, 8], COUNT),
    "n_epochs": ([1, 2, 3.0], COUNT),
    "n_eval_episodes": ([1, 2, 1.0], COUNT),
    "n_steps": ([32, 64, 32.0], COUNT),
    "n_top": ([None, 1, 2], [0, -1, 1.5, "1", 1000]),
    "normalize_advantage": ([True, False, True], FLAG),
    "optimize_memory_usage": ([False, True, False], FLAG),
    "policy_delay": ([1, 2, 3], COUNT),
    "policy_kwargs": (
        [None, {}, {"net_arch": [8]}],
        ["dict(net_arch=[8])", {"net_arhc": [8]}, {"net_arch": [0]}, {"activation_fn": "rleu"}, 1],
    ),
    "replay_buffer_class": ([None, None, None], ["ReplayBuffer", "HerBuffer", 1]),
    "replay_buffer_kwargs": (
        [None, {}, {"handle_timeout_termination": False}],
        ["{}", {"handle_timeout_termination": "no"}, {"hindsight": 4}],
    ),
    "rms_prop_eps": ([1e-5, 1e-3, 1], POSITIVE),
    "rollout_buffer_class": ([None, None, None], CLASS),
    "rollout_buffer_kwargs": ([None, {}, None], ["{}", {"gamma": 0.9}]),
    "sde_sample_freq": ([-1, 4, 8.0], [-2, 0.5, "4", None]),
    "stats_window_size": ([1, 100, 10.0], COUNT),
    "sub_sampling_factor": ([1, 2, 1], COUNT),
    "target_entropy": (["auto", -1, 0.5], ["-1", "automatic", None, True]),
    "target_kl": ([0.01, 0.1, 1], POSITIVE),
    "target_noise_clip": ([0.5, 0, 1], [-0.5, "0.5", None]),
    "target_policy_noise": ([0.2, 0, 1], [-0.2, "0.2", None]),
    "target_update_interval": ([1, 10, 100.0], COUNT),
    "tau": ([0.005, 1, 0.5], [0, 2, -1, "1", None]),
    "top_quantiles_to_drop_per_net": ([0, 2, 5], [-1, 25, 0.5, "2", None]),
    "train_freq": (
        [1, [2, "step"], [1, "episode"]],
        [0, [1, "episodes"], [0.5, "step"], "1", None],
    ),
    "use_rms_prop": ([True, False, True], FLAG),
    "use_sde": ([False, True, False], FLAG),
    "use_sde_at_warmup": ([False, True, False], FLAG),
    "vf_coef": ([0.5, 0, 1], [-0.5, "0.5", None, True]),
    "zero_policy": ([True, False, True], FLAG),
}
"""Argument -> three values that train, and some that do not."""

BONUS = ([0.0, 0.01, LINEAR], [-0.1, "auto_0.1", "0.1", None])
TEMPERATURE = (["auto", "auto_0.1", 0.2], [-0.1, "auto_x", "auto_0", "automatic", None, LINEAR])

REGISTRY = Registry.from_packages()
NAMES = [algorithm.name for algorithm in ALGORITHMS]


def signature_of(name):
    algorithm = REGISTRY.algorithm(name)
    if "Box" not in algorithm.actions:
        world = Scenario(name="CartPole-v1", env="CartPole-v1", action="Discrete")
    else:
        world = Scenario(name="Pendulum-v1", env="Pendulum-v1", action="Box", max_episode_steps=20)
    return algorithm, REGISTRY.signature(algorithm, world)


def values_of(argument, signature):
    if argument == "ent_coef":
        return TEMPERATURE if isinstance(signature.parameters[argument], str) else BONUS
    valid, invalid = VALUES[argument]
    if argument == "n_steps" and "buffer_size" in signature.parameters:
        valid = [1, 3, 2.0]
    if argument in {"max_grad_norm", "target_kl"} and signature.parameters[argument] is not None:
        invalid = [*invalid, None]
    return valid, invalid


def arguments_of(signature):
    return [name for name in signature.parameters if name not in RESERVED]


def refusals(name, signature, arguments):
    return list(check_arguments(name, signature, build(arguments)))


@pytest.mark.parametrize("name", NAMES)
def test_every_argument_has_values_here(name):
    _, signature = signature_of(name)
    missing = {*arguments_of(signature)} - VALUES.keys() - {"ent_coef"}
    assert not missing


@pytest.mark.parametrize("index", range(3))
@pytest.mark.parametrize("name", NAMES)
def test_what_the_check_accepts_is_trained(name, index):
    algorithm, signature = signature_of(name)
    arguments = {each: values_of(each, signature)[0][index] for each in arguments_of(signature)}
    if arguments.get("optimize_memory_usage"):
        arguments["n_steps"] = 1  # one transition at a time
    if name == "ars":
        arguments.pop("policy_kwargs")  # a linear policy has no networks
    assert refusals(name, signature, arguments) == []
    run = Run(
        scenario=signature.scenario,
        algorithm=algorithm,
        policy=algorithm.policies["vector"],
        arguments=normal_arguments(arguments, signature),
        seed=1,
        steps=64,
        schedule=Schedule(evals=1, episodes=1, seed=2),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        learner = build_learner(run)
        learner.learn(64, **({"use_masking": False} if algorithm.masks else {}))
    learner.env.close()
    assert learner.num_timesteps >= 64


@pytest.mark.parametrize("name", NAMES)
def test_what_the_check_refuses_no_run_begins_with(name):
    _, signature = signature_of(name)
    for argument in arguments_of(signature):
        for value in values_of(argument, signature)[1]:
            problems = refusals(name, signature, {argument: value})
            assert problems, (argument, value)
            with pytest.raises(UsageError) as caught:
                build_arguments({argument: value}, (1,), signature)
            assert caught.value.message == problems[0].message

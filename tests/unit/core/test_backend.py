"""Which runs the accelerated learners cover."""

from dataclasses import replace

import pytest
from builders import cell

from harness.algorithms import ALGORITHMS
from harness.core.backend import cell_obstacle, obstacle
from harness.core.decisions.plan import retrain
from harness.core.run_result import RunResult, Status
from harness.core.scenario import Scenario
from harness.core.settings import FAST, SB3

BY_NAME = {algorithm.name: algorithm for algorithm in ALGORITHMS}
CART = Scenario(name="CartPole-v1", env="CartPole-v1", action="Discrete")


def test_only_what_is_accelerated_is_covered():
    fitting = {
        name: replace(CART, action="Discrete" if "Discrete" in algorithm.actions else "Box")
        for name, algorithm in BY_NAME.items()
    }
    covered = {
        name
        for name, algorithm in BY_NAME.items()
        if cell_obstacle(algorithm, fitting[name]) is None
    }
    on_policy = {"a2c", "ppo", "ppo_mask"}
    assert covered == on_policy | {"crossq", "ddpg", "dqn", "qrdqn", "sac", "td3", "tqc"}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"action": "MultiBinary"}, "MultiBinary"),
        ({"observation": "image"}, "image"),
        ({"observation": "dict"}, "dict"),
    ],
)
def test_spaces_decide(changes, named):
    assert cell_obstacle(BY_NAME["ppo"], CART) is None
    assert named in cell_obstacle(BY_NAME["ppo"], replace(CART, **changes))


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({}, None),
        ({"use_sde": True, "policy_kwargs": {"full_std": False}}, None),
        ({"policy_kwargs": {"net_arch": [9], "activation_fn": "elu"}}, None),
        ({"policy_kwargs": None}, None),
        (
            {"policy_kwargs": {"optimizer_class": "adamw", "optimizer_kwargs": {"eps": 1e-5}}},
            None,
        ),
        ({"policy_kwargs": {"activation_fn": "gelu"}}, "gelu"),
        ({"policy_kwargs": {"optimizer_class": "sgd"}}, "sgd"),
        ({"policy_kwargs": {"optimizer_kwargs": {"amsgrad": True}}}, "amsgrad"),
        ({"policy_kwargs": {"use_expln": True}}, "use_expln"),
        ({"policy_kwargs": {"features_extractor_class": "mine:Mine"}}, "features_extractor_class"),
        ({"rollout_buffer_class": "mine:Mine"}, "rollout_buffer_class"),
    ],
)
def test_arguments_decide(arguments, named):
    found = obstacle(BY_NAME["ppo"], CART, arguments)
    assert found is None if named is None else named in found


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({}, None),
        ({"use_sde": False, "n_steps": 3, "optimize_memory_usage": True}, None),
        ({"policy_kwargs": {"n_critics": 3, "net_arch": {"pi": [9], "qf": [8]}}}, None),
        ({"use_sde": True}, "state-dependent exploration"),
        ({"replay_buffer_class": "mine:Mine"}, "replay_buffer_class"),
        ({"replay_buffer_kwargs": {"handle_timeout_termination": False}}, "replay_buffer_kwargs"),
        ({"policy_kwargs": {"activation_fn": "gelu"}}, "gelu"),
    ],
)
def test_arguments_decide_off_policy(arguments, named):
    found = obstacle(BY_NAME["sac"], replace(CART, action="Box"), arguments)
    assert found is None if named is None else named in found


@pytest.mark.parametrize(
    "name", ["batch_norm", "batch_norm_eps", "batch_norm_momentum", "renorm_warmup_steps"]
)
def test_renormalisation_is_covered(name):
    box = replace(CART, action="Box")
    assert obstacle(BY_NAME["crossq"], box, {"policy_kwargs": {name: 1}}) is None
    assert "exploration" in obstacle(BY_NAME["crossq"], box, {"use_sde": True})


def test_a_run_falls_back_by_itself():
    fast = replace(cell(), algorithm=BY_NAME["ppo"], backend=FAST)
    plain = replace(fast, backend=SB3)
    odd = {"policy_kwargs": {"activation_fn": "gelu"}}
    assert retrain(fast, {}, 1).backend == FAST
    assert retrain(fast, odd, 1).backend == SB3
    assert retrain(plain, {}, 1).backend == SB3
    # Who trains plainly is the same run whatever its cell prefers, the others are not.
    assert retrain(fast, odd, 1).id == retrain(plain, odd, 1).id
    assert retrain(fast, {}, 1).id != retrain(plain, {}, 1).id
    assert fast.study_digest() != plain.study_digest()


def test_results_without_a_backend_are_plain():
    data = RunResult(run_id="u", status=Status.COMPLETE, score=1.0, steps=1, backend=FAST).to_json()
    assert RunResult.from_json(data).backend == FAST
    del data["backend"]
    assert RunResult.from_json(data).backend == SB3


def test_policy_arguments_that_are_no_mapping_are_not_accelerated():
    assert "MultiBinary" in obstacle(BY_NAME["ppo"], replace(CART, action="MultiBinary"), {})
    found = obstacle(BY_NAME["ppo"], CART, {"policy_kwargs": "small"})
    assert found == "`policy_kwargs` is no mapping"

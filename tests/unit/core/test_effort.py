import json

import pytest
from builders import cell

from harness import constructors
from harness.algorithms import ALGORITHMS
from harness.core import effort
from harness.core.arguments import NETWORKS
from harness.core.backend import OFF_POLICY, ON_POLICY
from harness.core.matrix import Cell
from harness.core.scenario import Scenario
from harness.core.settings import FAST, SB3

BY_NAME = {algorithm.name: algorithm for algorithm in ALGORITHMS}
CARTPOLE = Scenario(
    name="CartPole-v1", env="CartPole-v1", action="Discrete", family="classic_control"
)
KNOWN = {
    algorithm.learner.partition(":")[2]: algorithm.learner
    for algorithm in ALGORITHMS
    if algorithm.learner.partition(":")[2] in effort.LEARNER_DEFAULTS
}


def rate(name, arguments, *, n_envs=1, backend=SB3):
    scenario = Scenario(
        name="x", env="x", action="Discrete", n_envs=n_envs, family="classic_control"
    )
    return effort.rate(BY_NAME[name], scenario, arguments, backend=backend)


@pytest.mark.parametrize("learner", KNOWN)
def test_learner_defaults_are_the_constructors_defaults(learner):
    defaults, given = effort.LEARNER_DEFAULTS[learner], constructors.read(KNOWN[learner]).parameters
    for name, mine in (
        ("n_steps", defaults.n_steps),
        ("batch_size", defaults.batch),
        ("n_epochs", defaults.epochs),
        ("train_freq", defaults.train_freq),
        ("gradient_steps", defaults.gradient_steps),
    ):
        on_policy = name in {"n_steps", "n_epochs"}
        if name in given and on_policy == ("n_epochs" in given or learner in {"A2C", "TRPO"}):
            assert given[name] == mine, name


@pytest.mark.parametrize("learner", sorted(effort.LEARNER_DEFAULTS))
def test_default_layers_are_those_of_the_search_space(learner):
    (algorithm,) = [a for a in ALGORITHMS if a.learner.endswith(f":{learner}")]
    label = algorithm.space["net_arch"].default
    defaults = effort.LEARNER_DEFAULTS[learner]
    if label in NETWORKS:
        assert (NETWORKS[label], None) == (defaults.widths, defaults.critic)
    else:
        layers = json.loads(label)
        assert (layers["pi"], layers["qf"]) == (list(defaults.widths), list(defaults.critic))


@pytest.mark.parametrize("learner", sorted(effort.LEARNER_DEFAULTS))
def test_every_learner_with_defaults_has_coefficients(learner):
    assert (learner, SB3) in effort.COEFFICIENTS


def test_every_accelerated_learner_has_coefficients_of_its_own():
    names = {path.partition(":")[2] for path in ON_POLICY | OFF_POLICY}
    assert names == {learner for learner, backend in effort.COEFFICIENTS if backend == FAST}


@pytest.mark.parametrize("learner", ["QRDQN", "TQC"])
def test_default_quantiles_are_those_of_the_search_space(learner):
    (algorithm,) = [a for a in ALGORITHMS if a.learner.endswith(f":{learner}")]
    assert algorithm.space["n_quantiles"].default == effort.LEARNER_DEFAULTS[learner].quantiles


@pytest.mark.parametrize("backend", [SB3, FAST])
@pytest.mark.parametrize("name", ["qrdqn", "tqc"])
def test_quantiles_cost_more_than_in_proportion(name, backend):
    few, some, many = (
        rate(name, {"policy_kwargs": {"n_quantiles": count}}, backend=backend)
        for count in (50, 100, 150)
    )
    assert many - some > some - few > 0


def test_quantiles_mean_nothing_to_a_learner_of_means():
    asked = {"policy_kwargs": {"n_quantiles": 200}}
    assert rate("dqn", asked) == rate("dqn", {})


@pytest.mark.parametrize(
    ("expensive", "cheap"),
    [
        ({"batch_size": 16}, {"batch_size": 256}),
        ({"n_epochs": 30}, {"n_epochs": 10}),
        ({"policy_kwargs": {"net_arch": [512, 512]}}, {"policy_kwargs": {"net_arch": [64]}}),
        ({"policy_kwargs": {"net_arch": {"pi": [64, 64], "vf": [256, 256]}}}, {}),
    ],
)
@pytest.mark.parametrize("backend", [SB3, FAST])
def test_what_makes_ppo_expensive(expensive, cheap, backend):
    assert rate("ppo", expensive, backend=backend) > rate("ppo", cheap, backend=backend)


def test_what_makes_sac_expensive():
    assert rate("sac", {"gradient_steps": 2}) > 1.5 * rate("sac", {})
    assert rate("sac", {"train_freq": 8}) < rate("sac", {}) / 4
    assert rate("sac", {"train_freq": 8, "gradient_steps": -1}) == pytest.approx(rate("sac", {}))
    assert rate("sac", {"batch_size": 1024}) > rate("sac", {})


def test_batches_are_no_larger_than_the_rollout():
    short = {"n_steps": 32, "batch_size": 4096}
    assert rate("ppo", short) == rate("ppo", {"n_steps": 32, "batch_size": 32})


def test_environments_at_once_share_a_step():
    assert rate("ppo", {}, n_envs=8) < rate("ppo", {}, n_envs=1)


def test_the_accelerated_backend_is_cheaper():
    assert rate("ppo", {}, backend=FAST) < rate("ppo", {}) / 3


def test_a_learner_without_coefficients_costs_the_same_whatever_its_arguments():
    toy = cell()
    assert effort.relative(toy, {"batch_size": 1, "n_epochs": 100}) == 1.0


def ppo(**changes) -> Cell:
    return cell(scenario=CARTPOLE, algorithm=BY_NAME["ppo"], **changes)


def test_relative_effort_is_that_of_the_default():
    assert effort.relative(ppo(), {}) == 1.0
    assert effort.relative(ppo(arguments={"n_epochs": 20}), {"n_epochs": 20}) == 1.0
    assert effort.relative(ppo(), {"batch_size": 4}) > 5


def test_relative_effort_takes_the_backend_that_would_train():
    # An extractor of one's own is plain stable-baselines3's.
    odd = {"policy_kwargs": {"features_extractor_kwargs": {}}}
    assert effort.relative(ppo(backend=FAST), odd) > 3
    assert effort.relative(ppo(), odd) == 1.0

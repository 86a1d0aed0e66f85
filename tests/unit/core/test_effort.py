import json
from dataclasses import replace

import pytest
from builders import cell

from harness import constructors
from harness.algorithms import ALGORITHMS
from harness.core.arguments import NETWORKS
from harness.core.backend import OFF_POLICY, ON_POLICY
from harness.core.costs import effort
from harness.core.costs.cost_coefficients import (
    COEFFICIENTS,
    LEARNER_DEFAULTS,
    OTHER_STEP_SECONDS,
    CostCoefficients,
)
from harness.core.costs.network_sizes import INPUTS
from harness.core.decisions.plan import retrain
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
    if algorithm.learner.partition(":")[2] in LEARNER_DEFAULTS
}


def rate(name, arguments, *, n_envs=1, backend=SB3):
    scenario = Scenario(
        name="x", env="x", action="Discrete", n_envs=n_envs, family="classic_control"
    )
    return effort.rate(BY_NAME[name], scenario, arguments, backend=backend)


@pytest.mark.parametrize("learner", KNOWN)
def test_learner_defaults_are_the_constructors_defaults(learner):
    defaults, given = LEARNER_DEFAULTS[learner], constructors.read(KNOWN[learner]).parameters
    for name, mine in (
        ("n_steps", defaults.n_steps),
        ("batch_size", defaults.batch),
        ("n_epochs", defaults.epochs),
        ("train_freq", defaults.train_freq),
        ("gradient_steps", defaults.gradient_steps),
        ("n_critic_updates", defaults.epochs),
        ("cg_max_steps", defaults.conjugate),
    ):
        on_policy = name in {"n_steps", "n_epochs", "n_critic_updates", "cg_max_steps"}
        if name in given and on_policy == ("n_epochs" in given or learner in {"A2C", "TRPO"}):
            assert given[name] == mine, name


@pytest.mark.parametrize("learner", sorted(LEARNER_DEFAULTS))
def test_default_layers_are_those_of_the_search_space(learner):
    (algorithm,) = [a for a in ALGORITHMS if a.learner.endswith(f":{learner}")]
    label = algorithm.space["net_arch"].default
    defaults = LEARNER_DEFAULTS[learner]
    if label in NETWORKS:
        assert (NETWORKS[label], None) == (defaults.widths, defaults.critic)
    else:
        layers = json.loads(label)
        assert (layers["pi"], layers["qf"]) == (list(defaults.widths), list(defaults.critic))


def test_the_default_recurrent_layer_is_that_of_the_search_space():
    space = BY_NAME["ppo_recurrent"].space
    assert space["lstm_hidden_size"].default == LEARNER_DEFAULTS["RecurrentPPO"].lstm


@pytest.mark.parametrize(
    ("name", "cheap", "expensive"),
    [
        ("ppo_recurrent", {"lstm_hidden_size": 16}, {"lstm_hidden_size": 512}),
        ("ppo_recurrent", {"enable_critic_lstm": False}, {"enable_critic_lstm": True}),
        ("ppo_recurrent", {"n_lstm_layers": 1}, {"n_lstm_layers": 2}),
    ],
)
def test_what_is_recurrent_costs(name, cheap, expensive):
    low, high = (rate(name, {"policy_kwargs": kwargs}) for kwargs in (cheap, expensive))
    assert low < high


@pytest.mark.parametrize("argument", ["n_critic_updates", "cg_max_steps"])
def test_passes_of_both_networks_of_trpo_cost(argument):
    assert rate("trpo", {argument: 5}) < rate("trpo", {}) < rate("trpo", {argument: 30})


@pytest.mark.parametrize("learner", sorted(LEARNER_DEFAULTS))
def test_every_learner_with_defaults_has_coefficients(learner):
    assert (learner, SB3) in COEFFICIENTS


def test_every_accelerated_learner_has_coefficients_of_its_own():
    names = {path.partition(":")[2] for path in ON_POLICY | OFF_POLICY}
    assert names == {learner for learner, backend in COEFFICIENTS if backend == FAST}


@pytest.mark.parametrize("learner", ["QRDQN", "TQC"])
def test_default_quantiles_are_those_of_the_search_space(learner):
    (algorithm,) = [a for a in ALGORITHMS if a.learner.endswith(f":{learner}")]
    assert algorithm.space["n_quantiles"].default == LEARNER_DEFAULTS[learner].quantiles


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


class TestRate:
    """Each coefficient alone counts what it is a coefficient of."""

    def rate(self, name, arguments, n_envs=1, **coefficients):
        """Seconds of a step, the simulator's aside, with all other coefficients zero."""
        scenario = Scenario(name="x", env="x", action="Discrete", n_envs=n_envs)
        table = {(BY_NAME[name].learner.partition(":")[2], SB3): CostCoefficients(**coefficients)}
        whole = effort.rate(BY_NAME[name], scenario, arguments, backend=SB3, coefficients=table)
        return whole - effort.step_seconds(scenario)

    def test_a_step_of_all_environments_and_a_transition(self):
        assert self.rate("ppo", {}, step=6.0) == pytest.approx(6.0)
        assert self.rate("ppo", {}, n_envs=4, step=6.0) == pytest.approx(1.5)
        assert self.rate("ppo", {}, n_envs=4, transition=6.0) == pytest.approx(6.0)

    @pytest.mark.parametrize(
        ("name", "arguments", "n_envs", "updates"),
        [
            ("ppo", {}, 1, 10 / 64),
            ("ppo", {}, 8, 10 / 64),
            ("ppo", {"n_epochs": 3, "batch_size": 32}, 1, 3 / 32),
            ("ppo", {"n_steps": 16, "batch_size": 512}, 2, 10 / 32),
            ("ppo", {"n_steps": 1, "batch_size": 1, "n_epochs": 1}, 1, 1.0),
            ("ppo", {"n_epochs": 0, "batch_size": "many"}, 1, 10 / 64),  # not for a learner
            ("a2c", {}, 1, 1 / 5),
            ("a2c", {"n_steps": 10}, 4, 1 / 40),
            ("dqn", {}, 1, 1 / 4),
            ("dqn", {"train_freq": 8, "gradient_steps": 2}, 2, 1 / 8),
            ("dqn", {"train_freq": 8, "gradient_steps": -1}, 2, 1.0),
            ("sac", {"train_freq": [1, "episode"]}, 1, 1.0),
        ],
    )
    def test_gradient_steps(self, name, arguments, n_envs, updates):
        assert self.rate(name, arguments, n_envs, update=1.0) == pytest.approx(updates)

    @pytest.mark.parametrize(
        ("name", "arguments", "layers"),
        [
            ("ppo", {}, [(64, 64), (64, 64)]),
            ("ppo", {"policy_kwargs": {"net_arch": [8]}}, [(8,), (8,)]),
            ("ppo", {"policy_kwargs": {"net_arch": []}}, [(), ()]),
            ("ppo", {"policy_kwargs": {"net_arch": "tiny"}}, [NETWORKS["tiny"]] * 2),
            ("ppo", {"policy_kwargs": {"net_arch": "no such label"}}, [(), ()]),
            ("ppo", {"policy_kwargs": {"net_arch": {"pi": [8], "vf": [4, 4]}}}, [(8,), (4, 4)]),
            ("ppo", {"policy_kwargs": {"net_arch": {"pi": [8]}}}, [(8,), (8,)]),
            ("ppo", {"policy_kwargs": {"net_arch": {}}}, [(), ()]),
            ("ppo", {"policy_kwargs": {"net_arch": 7}}, [(), ()]),
            ("ppo", {"policy_kwargs": "none"}, [(64, 64), (64, 64)]),
            ("crossq", {}, [(256, 256), (1024, 1024)]),
        ],
    )
    def test_parameters_and_samples(self, name, arguments, layers):
        count = 0
        for widths in layers:
            below = INPUTS
            for width in (*widths, 1):
                count += below * width
                below = width
        updates = self.rate(name, arguments, update=1.0)
        batch = LEARNER_DEFAULTS[BY_NAME[name].learner.partition(":")[2]].batch
        assert self.rate(name, arguments, parameter=1.0) == pytest.approx(updates * count)
        assert self.rate(name, arguments, product=1.0) == pytest.approx(updates * count * batch)
        assert self.rate(name, arguments, pair=1.0) == pytest.approx(0.0)

    def test_quantiles_are_outputs_and_pairs(self):
        widths = {"policy_kwargs": {"net_arch": [2], "n_quantiles": 3}}
        update = 1 / 4
        per_network = INPUTS * 2 + 2 * 3
        assert self.rate("qrdqn", widths, parameter=1.0) == pytest.approx(update * 2 * per_network)
        assert self.rate("qrdqn", widths, pair=1.0) == pytest.approx(update * 32 * 3**2)

    def test_all_parts_add_up(self):
        parts = {"step": 1.0, "transition": 2.0, "update": 3.0, "parameter": 4.0, "product": 5.0}
        whole = self.rate("ppo", {}, n_envs=2, **parts)
        each = [self.rate("ppo", {}, n_envs=2, **{name: value}) for name, value in parts.items()]
        assert whole == pytest.approx(sum(each))

    def test_a_backend_without_coefficients_costs_what_sb3_does(self):
        scenario = Scenario(name="x", env="x", action="Discrete")
        table = {("PPO", SB3): CostCoefficients(step=1.0)}
        both = [
            effort.rate(BY_NAME["ppo"], scenario, {}, backend=each, coefficients=table)
            for each in (FAST, SB3)
        ]
        assert both[0] == both[1] > 1.0
        unknown = effort.rate(BY_NAME["ppo"], scenario, {}, backend=SB3, coefficients={})
        assert unknown == effort.step_seconds(scenario) + effort.UNKNOWN


def test_a_run_takes_its_steps_and_its_evaluations():
    run = retrain(ppo(), {"n_steps": 500}, 0, 1000)
    step = effort.rate(BY_NAME["ppo"], CARTPOLE, {"n_steps": 500}, backend=SB3)
    assert effort.effort(run) == pytest.approx(1000 * step)
    # Four evaluations of two episodes; an environment's limit is unknown here.
    one = effort.step_seconds(CARTPOLE) + effort.ACTION
    assert effort.evaluation(run) == pytest.approx(4 * 2 * effort.EPISODE * one)
    short = replace(run, scenario=replace(CARTPOLE, max_episode_steps=30))
    assert effort.evaluation(short) == pytest.approx(4 * 2 * 30 * one)
    assert effort.step_seconds(replace(CARTPOLE, family="unheard of")) == OTHER_STEP_SECONDS


def test_a_run_is_charged_for_whole_rollouts_and_a_number_of_steps_for_those():
    run = retrain(ppo(), {"n_steps": 300}, 0, 1000)
    assert effort.effort(run) == pytest.approx(1200 / 1000 * effort.effort(run, 1000))


@pytest.mark.parametrize(
    ("name", "arguments", "weights"),
    [
        ("ppo", {"policy_kwargs": {"net_arch": [2]}}, 2 * (INPUTS * 2 + 2)),
        ("ppo", {"policy_kwargs": {"net_arch": {"pi": [2], "vf": []}}}, INPUTS * 3 + 2),
        (
            "qrdqn",
            {"policy_kwargs": {"net_arch": [2], "n_quantiles": 3}},
            2 * (INPUTS * 2 + 2 * 3),
        ),
        # Four gates of each LSTM see the observation and what it said before.
        (
            "ppo_recurrent",
            {"policy_kwargs": {"net_arch": [2], "lstm_hidden_size": 5}},
            2 * (4 * (INPUTS + 5) * 5 + 5 * 2 + 2),
        ),
        (
            "ppo_recurrent",
            {
                "policy_kwargs": {
                    "net_arch": [2],
                    "lstm_hidden_size": 5,
                    "n_lstm_layers": 2,
                    "enable_critic_lstm": False,
                }
            },
            4 * (INPUTS + 5) * 5 + 4 * 10 * 5 + 2 * (5 * 2 + 2),
        ),
    ],
)
def test_the_size_of_a_learners_networks(name, arguments, weights):
    assert effort.parameters_of(BY_NAME[name], CARTPOLE, arguments) == weights


ATARI = replace(CARTPOLE, observation="image", family="atari")


def test_what_looks_at_images_is_most_of_a_learner():
    # Mnih et al. 2015: three convolutions and a layer of 512; nothing hidden above it.
    weights = 8192 + 32768 + 36864 + 3136 * 512 + 2 * 512
    assert effort.parameters_of(BY_NAME["ppo"], ATARI, {}) == weights
    small = {"policy_kwargs": {"net_arch": [2]}}
    assert effort.parameters_of(BY_NAME["ppo"], ATARI, small) == weights + 2 * (512 + 2)


def test_a_pass_over_images_costs_what_a_network_for_them_does():
    """Measured: 1.0 ms a sample of PPO on 84 x 84 x 4, and 3.5 ms a step of one pass."""

    def image_rate(**arguments):
        return effort.rate(BY_NAME["ppo"], ATARI, arguments, backend=SB3)

    one, four = (image_rate(n_epochs=passes, batch_size=64) for passes in (1, 4))
    assert (four - one) / 3 == pytest.approx(1.0e-3, rel=0.2)
    assert one == pytest.approx(3.5e-3, rel=0.4)
    assert one > 2 * rate("ppo", {"n_epochs": 1})
    assert effort.action_seconds(ATARI) > 10 * effort.action_seconds(CARTPOLE)


def test_a_learner_that_nobody_knows_has_the_usual_networks():
    foreign = replace(BY_NAME["ppo"], learner="own:Learner")
    assert effort.parameters_of(foreign, CARTPOLE, {}) == effort.parameters_of(
        BY_NAME["ppo"], CARTPOLE, {}
    )
    one = replace(BY_NAME["qrdqn"], learner="own:Learner")
    assert effort.parameters_of(one, CARTPOLE, {"policy_kwargs": {"n_quantiles": 9}}) == (
        effort.parameters_of(one, CARTPOLE, {})
    )


def test_every_policy_of_an_ensemble_chooses_an_action():
    one, three = (effort.action_seconds(CARTPOLE, count) for count in (1, 3))
    assert three - one == pytest.approx(2 * effort.ACTION)
    assert effort.action_seconds(CARTPOLE) == one
